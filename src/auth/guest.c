#include "auth/guest.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"

struct guest {
	size_t sessions;
	size_t len;
	char who[];
};

struct guest_list {
	pthread_mutex_t lock;
	struct map guests;
};

static struct str key_of(const void *value)
{
	const struct guest *g = value;

	return str_make(g->who, g->len);
}

struct guest_list *guest_list_new(void)
{
	struct guest_list *g = mem_new(sizeof(*g));

	check(pthread_mutex_init(&g->lock, NULL) == 0);
	map_init(&g->guests, key_of);
	return g;
}

void guest_list_free(struct guest_list **g)
{
	if (!*g)
		return;
	check((*g)->guests.count == 0);
	map_fini(&(*g)->guests);
	pthread_mutex_destroy(&(*g)->lock);
	free(*g);
	*g = NULL;
}

void guest_arrive(const struct account_service *service, struct jid who)
{
	struct guest_list *l = service->guests;
	struct str name = jid_bare_str(who);
	struct guest *g;

	pthread_mutex_lock(&l->lock);
	g = map_find(&l->guests, name);
	if (!g) {
		g = mem_new(sizeof(*g) + name.len);
		memcpy(g->who, name.data, name.len);
		g->len = name.len;
		map_add(&l->guests, g);
	}
	g->sessions++;
	pthread_mutex_unlock(&l->lock);
}

/* True: it was the last one; the name is still taken. */
static bool end_session(struct guest_list *l, struct str name)
{
	struct guest *g;
	bool is_last;

	pthread_mutex_lock(&l->lock);
	g = map_find(&l->guests, name);
	check(g && g->sessions > 0);
	is_last = --g->sessions == 0;
	pthread_mutex_unlock(&l->lock);
	return is_last;
}

/* Unless somebody has come meanwhile. */
static void free_name(struct guest_list *l, struct str name)
{
	struct guest *g;

	pthread_mutex_lock(&l->lock);
	g = map_find(&l->guests, name);
	if (g && g->sessions == 0)
		free(map_take(&l->guests, name));
	pthread_mutex_unlock(&l->lock);
}

/* The first step fails if there is an account, and leaves nothing if there is none. */
void guest_clear(struct store_job *job, struct str name)
{
	store_value_add(job, name, ACCOUNT_KIND, STR(""));
	store_owner_delete(job, name);
}

static void on_cleared(struct store_job *job, void *context)
{
	struct why why = {""};
	enum err e = store_job_result(job, &why);

	(void)context;
	if (e != ERR_NONE && e != ERR_EXISTS)
		log_event(LOG_DEBUG, "auth", "what a user without account has left cannot be deleted", LOG_TEXT("why", why.text));
	store_job_free(&job);
}

/* The name is free only after the deletion is on its way: whatever is done with the name then comes after it. */
void guest_leave(const struct account_service *s, struct jid who, struct mailbox *reply_to)
{
	struct str name = jid_bare_str(who);
	struct store_job *job;

	if (!end_session(s->guests, name))
		return;
	job = store_job_new(s->store, reply_to, on_cleared, NULL);
	guest_clear(job, name);
	store_submit_post(job);
	free_name(s->guests, name);
}

bool guest_is_here(const struct account_service *s, struct jid who)
{
	bool is_here;

	pthread_mutex_lock(&s->guests->lock);
	is_here = map_find(&s->guests->guests, jid_bare_str(who)) != NULL;
	pthread_mutex_unlock(&s->guests->lock);
	return is_here;
}
