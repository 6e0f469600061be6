#include "auth/revocation.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

struct revocation_list {
	pthread_mutex_t lock;
	_Atomic uint64_t count;        /* all there ever were */
	uint64_t who[REVOCATION_KEPT]; /* hashes of the last ones; under the lock */
};

struct revocation_list *revocation_list_new(void)
{
	struct revocation_list *l = mem_new(sizeof(*l));

	check(pthread_mutex_init(&l->lock, NULL) == 0);
	return l;
}

void revocation_list_free(struct revocation_list **l)
{
	if (!*l)
		return;
	pthread_mutex_destroy(&(*l)->lock);
	free(*l);
	*l = NULL;
}

void revocation_note(struct revocation_list *l, struct str who)
{
	uint64_t count;

	pthread_mutex_lock(&l->lock);
	count = atomic_load(&l->count);
	l->who[count % REVOCATION_KEPT] = str_hash(who);
	atomic_store(&l->count, count + 1);
	pthread_mutex_unlock(&l->lock);
}

uint64_t revocation_now(const struct revocation_list *l)
{
	return atomic_load(&l->count);
}

static bool is_among(const struct revocation_list *l, uint64_t hash, uint64_t since, uint64_t count)
{
	for (uint64_t i = since; i < count; i++)
		if (l->who[i % REVOCATION_KEPT] == hash)
			return true;
	return false;
}

bool revocation_came(struct revocation_list *l, struct str who, uint64_t since)
{
	uint64_t count = atomic_load(&l->count);
	bool came;

	if (count == since)
		return false;
	pthread_mutex_lock(&l->lock);
	count = atomic_load(&l->count);
	came = count - since > REVOCATION_KEPT || is_among(l, str_hash(who), since, count);
	pthread_mutex_unlock(&l->lock);
	return came;
}
