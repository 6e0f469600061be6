#include "base/log_kept.h"

#include <pthread.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct log_kept ring[LOG_KEPT_MAX];
static uint64_t added;

/* As much as fits, in whole characters. */
static size_t fitting_len(struct str text)
{
	size_t len = LOG_KEPT_BYTES;

	if (text.len <= LOG_KEPT_BYTES)
		return text.len;
	while (len && ((unsigned char)text.data[len] & 0xc0) == 0x80)
		len--;
	return len;
}

void log_kept_add(enum log_level level, int64_t time_ms, struct str text)
{
	struct log_kept *k;

	pthread_mutex_lock(&lock);
	k = &ring[added++ % LOG_KEPT_MAX];
	k->number = added;
	k->time_ms = time_ms;
	k->level = level;
	k->len = fitting_len(text);
	memcpy(k->text, text.data, k->len);
	pthread_mutex_unlock(&lock);
}

size_t log_kept_read(struct log_kept *out)
{
	size_t count;

	pthread_mutex_lock(&lock);
	count = added < LOG_KEPT_MAX ? (size_t)added : LOG_KEPT_MAX;
	for (size_t i = 0; i < count; i++)
		out[i] = ring[(added - count + i) % LOG_KEPT_MAX];
	pthread_mutex_unlock(&lock);
	return count;
}
