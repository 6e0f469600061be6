#include "base/limited.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct limited kept[LIMITED_MAX];
static size_t kept_count;

static int64_t unix_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME_COARSE, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool is_about(const struct limited *l, enum metric limit, struct ip peer, struct str account)
{
	if (l->limit != limit || l->peer.version != peer.version)
		return false;
	return peer.version ? ip_equal(l->peer, peer) : str_is(account, l->who);
}

/* In whole characters. */
static struct str cut(struct str account)
{
	size_t len = account.len < LIMITED_WHO_BYTES ? account.len : LIMITED_WHO_BYTES - 1;

	while (len && len < account.len && ((unsigned char)account.data[len] & 0xc0) == 0x80)
		len--;
	return str_make(account.data, len);
}

static struct limited *oldest(void)
{
	struct limited *found = &kept[0];

	for (size_t i = 1; i < kept_count; i++)
		if (kept[i].last_ms < found->last_ms)
			found = &kept[i];
	return found;
}

static struct limited *begin(enum metric limit, struct ip peer, struct str account, int64_t now_ms)
{
	struct limited *l = kept_count < LIMITED_MAX ? &kept[kept_count++] : oldest();
	char text[IP_TEXT_MAX];

	*l = (struct limited){.limit = limit, .peer = peer, .first_ms = now_ms};
	if (peer.version)
		account = str_from(ip_format(peer, false, text));
	if (account.len)
		memcpy(l->who, account.data, account.len);
	return l;
}

void limited_note(enum metric limit, struct ip peer, struct str account)
{
	struct limited *l = NULL;

	account = cut(account);
	if (pthread_mutex_trylock(&lock))
		return;
	int64_t now_ms = unix_ms();
	for (size_t i = 0; i < kept_count && !l; i++)
		if (is_about(&kept[i], limit, peer, account))
			l = &kept[i];
	if (!l)
		l = begin(limit, peer, account, now_ms);
	l->last_ms = now_ms;
	l->count++;
	pthread_mutex_unlock(&lock);
}

/* Insertion sort: they are few. */
static void sort_latest_first(struct limited *list, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct limited one = list[i];
		size_t at = i;

		for (; at > 0 && list[at - 1].last_ms < one.last_ms; at--)
			list[at] = list[at - 1];
		list[at] = one;
	}
}

size_t limited_read(struct limited *out)
{
	size_t count;

	pthread_mutex_lock(&lock);
	count = kept_count;
	memcpy(out, kept, count * sizeof(*out));
	pthread_mutex_unlock(&lock);
	sort_latest_first(out, count);
	return count;
}
