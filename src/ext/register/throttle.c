#include "ext/register/throttle.h"

#include <pthread.h>
#include <string.h>

enum { SLOTS = 16384, PROBES = 64 };

struct slot {
	uint8_t key[8];
	int64_t until_ms; /* 0: free */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot slots[SLOTS]; /* untouched pages cost nothing */

static void key_of(struct ip who, uint8_t key[8])
{
	memset(key, 0, 8);
	memcpy(key, who.bytes, who.version == 6 ? 8 : 4);
	if (who.version == 4)
		key[7] = 4;
}

/* The slot of the key, or the first usable one of its neighbourhood (NULL: all of it is taken). */
static struct slot *find(const uint8_t key[8], int64_t now_ms, bool *is_there)
{
	size_t start = (size_t)str_hash(str_make((const char *)key, 8)) % SLOTS;
	struct slot *usable = NULL;
	for (size_t i = 0; i < PROBES; i++) {
		struct slot *s = &slots[(start + i) % SLOTS];
		*is_there = s->until_ms > now_ms && !memcmp(s->key, key, 8);
		if (*is_there)
			return s;
		if (!usable && s->until_ms <= now_ms)
			usable = s;
	}
	return usable;
}

/* Some say "never again" with a large number. */
static int64_t end_of(int64_t now_ms, int64_t timeout_s)
{
	return timeout_s < (INT64_MAX - now_ms) / 1000 ? now_ms + timeout_s * 1000 : INT64_MAX;
}

bool throttle_pass(struct ip who, int64_t now_ms, int64_t timeout_s)
{
	uint8_t key[8];
	bool is_there;
	key_of(who, key);
	pthread_mutex_lock(&lock);
	struct slot *s = find(key, now_ms, &is_there);
	bool passes = s && !is_there;
	if (passes) {
		memcpy(s->key, key, 8);
		s->until_ms = end_of(now_ms, timeout_s);
	}
	pthread_mutex_unlock(&lock);
	return passes;
}

void throttle_forget(struct ip who)
{
	uint8_t key[8];
	bool is_there;
	key_of(who, key);
	pthread_mutex_lock(&lock);
	struct slot *s = find(key, 0, &is_there);
	if (is_there)
		s->until_ms = 0;
	pthread_mutex_unlock(&lock);
}
