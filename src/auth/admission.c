#include "auth/admission.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/metric.h"

enum { MINUTE_MS = 60000, KEY_BYTES = 17, NETWORK_BYTES = 8 };

struct entry {
	char key[KEY_BYTES];
	uint32_t waiting;      /* connections that are not logged in */
	uint64_t failed_ms;    /* the last failed login */
	uint64_t debt;         /* failed logins in units of 1 / MINUTE_MS, as of failed_ms */
	struct list link;      /* in failures while it has debt */
};

static struct str key_of(const void *value)
{
	const struct entry *e = value;

	return str_make(e->key, KEY_BYTES);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct map entries = {.key_of = key_of};
static struct list failures = {&failures, &failures}; /* the longest ago first */
static _Atomic int64_t held_bytes;

static void forget_if_idle(struct entry *e)
{
	if (e->waiting || !list_is_empty(&e->link))
		return;
	map_take(&entries, key_of(e));
	free(e);
}

/* A bucket is full again after a minute without failures, whatever its size. */
static void forgive(uint64_t now_ms)
{
	while (!list_is_empty(&failures)) {
		struct entry *e = container_of(failures.next, struct entry, link);

		if (now_ms < e->failed_ms + MINUTE_MS)
			return;
		list_remove(&e->link);
		e->debt = 0;
		forget_if_idle(e);
	}
}

static struct entry *get(struct ip address)
{
	char key[KEY_BYTES] = {(char)address.version};

	/* Who has one address of version 6 has all of its network. */
	memcpy(key + 1, address.bytes, address.version == 6 ? NETWORK_BYTES : sizeof(address.bytes));
	struct entry *e = map_find(&entries, str_make(key, KEY_BYTES));
	if (e)
		return e;
	e = mem_new(sizeof(*e));
	memcpy(e->key, key, KEY_BYTES);
	list_init(&e->link);
	map_add(&entries, e);
	return e;
}

static uint64_t debt_now(const struct entry *e, int64_t per_minute, uint64_t now_ms)
{
	/* Each loop has a clock of its own, and one may be behind the one that noted the last failure. */
	uint64_t passed_ms = now_ms > e->failed_ms ? now_ms - e->failed_ms : 0, paid = passed_ms * (uint64_t)per_minute;

	return paid < e->debt ? e->debt - paid : 0;
}

/* Has it room for one more failure? */
static bool may_fail(const struct entry *e, int64_t per_minute, uint64_t now_ms)
{
	return debt_now(e, per_minute, now_ms) + MINUTE_MS <= (uint64_t)per_minute * MINUTE_MS;
}

enum admission admission_enter(struct ip address, const struct config_meerkat *limits, uint64_t now_ms)
{
	enum admission answer = ADMISSION_GRANTED;

	pthread_mutex_lock(&lock);
	forgive(now_ms);
	struct entry *e = get(address);
	if (e->waiting >= limits->max_unauthenticated_per_address)
		answer = ADMISSION_CROWDED;
	else if (!may_fail(e, limits->max_login_failures_per_address, now_ms))
		answer = ADMISSION_FAILED;
	else
		e->waiting++;
	forget_if_idle(e);
	pthread_mutex_unlock(&lock);
	return answer;
}

void admission_leave(struct ip address)
{
	pthread_mutex_lock(&lock);
	struct entry *e = get(address);
	e->waiting--;
	forget_if_idle(e);
	pthread_mutex_unlock(&lock);
}

bool admission_fail(struct ip address, const struct config_meerkat *limits, uint64_t now_ms)
{
	int64_t per_minute = limits->max_login_failures_per_address;

	pthread_mutex_lock(&lock);
	forgive(now_ms);
	struct entry *e = get(address);
	bool has_room = may_fail(e, per_minute, now_ms);
	e->debt = debt_now(e, per_minute, now_ms) + (has_room ? MINUTE_MS : 0);
	if (now_ms > e->failed_ms)
		e->failed_ms = now_ms;
	list_remove(&e->link);
	list_append(&failures, &e->link);
	has_room = may_fail(e, per_minute, now_ms);
	pthread_mutex_unlock(&lock);
	return has_room;
}

bool admission_may_try(struct ip address, const struct config_meerkat *limits, uint64_t now_ms)
{
	pthread_mutex_lock(&lock);
	forgive(now_ms);
	struct entry *e = get(address);
	bool has_room = may_fail(e, limits->max_login_failures_per_address, now_ms);

	forget_if_idle(e);
	pthread_mutex_unlock(&lock);
	return has_room;
}

bool admission_hold(size_t before, size_t after, const struct config_meerkat *limits)
{
	int64_t change = (int64_t)after - (int64_t)before;

	metric_add(METRIC_input_held_bytes, change);
	return atomic_fetch_add_explicit(&held_bytes, change, memory_order_relaxed) + change <= limits->max_input_bytes;
}

size_t admission_addresses(void)
{
	pthread_mutex_lock(&lock);
	size_t count = entries.count;
	pthread_mutex_unlock(&lock);
	return count;
}
