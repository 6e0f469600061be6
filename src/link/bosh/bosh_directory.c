#include "link/bosh/bosh_directory.h"

#include <pthread.h>

#include "base/codec.h"
#include "base/list.h"
#include "base/map.h"

static struct str sid_of(const void *value)
{
	return str_make(((const struct bosh_directory_entry *)value)->sid, BOSH_DIRECTORY_SID_CHARS);
}

/* Requests of BOSH are few and long; one lock is enough for all of them. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct map entries = {.key_of = sid_of};

void bosh_directory_add(struct bosh_directory_entry *e, struct loop *loop)
{
	codec_random_text(e->sid, BOSH_DIRECTORY_SID_CHARS);
	e->loop = loop;
	e->is_logged_in = false;
	pthread_mutex_lock(&lock);
	map_add(&entries, e);
	pthread_mutex_unlock(&lock);
}

void bosh_directory_remove(struct bosh_directory_entry *e)
{
	pthread_mutex_lock(&lock);
	(void)map_take(&entries, sid_of(e));
	if (entries.count == 0)
		map_fini(&entries);
	pthread_mutex_unlock(&lock);
}

void bosh_directory_move(struct bosh_directory_entry *e, struct loop *to, struct letter *l)
{
	pthread_mutex_lock(&lock);
	e->loop = to;
	/* Within the lock: who sees the new loop posts after this. */
	mailbox_post(&to->mailbox, l);
	pthread_mutex_unlock(&lock);
}

void bosh_directory_set_logged_in(struct bosh_directory_entry *e)
{
	pthread_mutex_lock(&lock);
	e->is_logged_in = true;
	pthread_mutex_unlock(&lock);
}

bool bosh_directory_is_logged_in(struct str sid)
{
	const struct bosh_directory_entry *e;
	bool answer;

	pthread_mutex_lock(&lock);
	e = map_find(&entries, sid);
	answer = e && e->is_logged_in;
	pthread_mutex_unlock(&lock);
	return answer;
}

struct bosh_directory_entry *bosh_directory_find(struct str sid, struct loop *here, struct letter *l, bool *posted_out)
{
	struct bosh_directory_entry *e;

	pthread_mutex_lock(&lock);
	e = map_find(&entries, sid);
	*posted_out = e && e->loop != here;
	if (*posted_out) {
		mailbox_post(&e->loop->mailbox, l);
		e = NULL;
	}
	pthread_mutex_unlock(&lock);
	return e;
}

size_t bosh_directory_count(void)
{
	size_t count;

	pthread_mutex_lock(&lock);
	count = entries.count;
	pthread_mutex_unlock(&lock);
	return count;
}
