#include "route/registry.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "route/annex.h"
#include "route/former.h"
#include "route/departure.h"
#include "route/journal.h"
#include "route/outbox.h"
#include "route/resumption.h"
#include "route/settlement.h"
#include "route/source.h"

struct registry_hosts {
	const struct host_set *set;
	uint32_t uses; /* by the registry, by calls, by users whose host is gone */
};

enum { SCRATCH_KEPT_BYTES = 256 * 1024 };

static _Thread_local struct registry *current;

struct registry *registry_current(void)
{
	return current;
}

void registry_set_current(struct registry *r)
{
	current = r;
}

static struct registry_hosts *new_hosts(const struct host_set *set)
{
	struct registry_hosts *h = mem_new(sizeof(*h));

	host_set_ref(set);
	*h = (struct registry_hosts){set, 1};
	return h;
}

struct registry_hosts *registry_use_hosts(struct registry_hosts *h)
{
	h->uses++;
	return h;
}

void registry_unuse_hosts(struct registry_hosts **h)
{
	struct registry_hosts *old = *h;

	*h = NULL;
	if (!old || --old->uses > 0)
		return;
	host_set_unref(&old->set);
	free(old);
}

static struct str user_key(const void *value)
{
	return jid_str(((const struct user *)value)->address);
}

static struct str session_key(const void *value)
{
	const struct session *s = value;

	return str_make((const char *)&s->id, sizeof(s->id));
}

static struct str source_key(const void *value)
{
	const struct source *s = value;

	return str_make((const char *)&s->id, sizeof(s->id));
}

struct registry *registry_new(int index, struct realm *realm, struct mailbox *mailbox, struct timer_wheel *timers,
			      const struct host_set *hosts)
{
	struct registry *r = mem_new(sizeof(*r));

	r->index = index;
	r->realm = realm;
	r->mailbox = mailbox;
	r->timers = timers;
	r->kept_hosts = new_hosts(hosts);
	r->hosts = hosts;
	map_init(&r->users, user_key);
	map_init(&r->sessions, session_key);
	map_init(&r->sources, source_key);
	list_init(&r->runnable);
	list_init(&r->host_calls);
	list_init(&r->resumptions_due);
	list_init(&r->resumptions_lost);
	buf_init(&r->scratch);
	return r;
}

static void forget_call(struct call *c)
{
	c->origin.registry = -1;
	if (c->settles)
		session_unref(&c->settles);
	call_free(&c);
}

static void forget_calls(struct list *calls)
{
	while (!list_is_empty(calls)) {
		struct list *first = calls->next;

		list_remove(first);
		forget_call(container_of(first, struct call, link));
	}
}

static void free_user(struct user *u)
{
	for (const struct module_def *const *def = module_all(); *def; def++)
		if ((*def)->has_user_state && (*def)->user_free && *user_slot(u, *def))
			(*def)->user_free(u, *user_slot(u, *def));
	registry_unuse_hosts(&u->old_hosts);
	free(u);
}

void registry_free(struct registry **registry)
{
	struct registry *r = *registry;
	size_t cursor = 0;
	struct user *u;

	*registry = NULL;
	check(r->session_count == 0 && !r->running);
	r->running = true;
	outbox_drop(r);
	forget_calls(&r->host_calls);
	while ((u = map_next(&r->users, &cursor))) {
		forget_calls(&u->calls);
		if (u->current)
			forget_call(u->current);
		free_user(u);
	}
	journal_free(r);
	departure_free(r);
	former_free_all(r);
	map_fini(&r->users);
	map_fini(&r->sessions);
	map_fini(&r->sources);
	annex_free_all(r);
	registry_unuse_hosts(&r->kept_hosts);
	buf_fini(&r->scratch);
	free(r);
}

struct user *registry_find_user(const struct registry *r, struct str bare)
{
	return map_find(&r->users, bare);
}

static struct user *new_user(struct registry *r, struct jid bare)
{
	size_t slots_size = (size_t)module_user_slot_count() * sizeof(void *), len = jid_len(bare);
	struct user *u = mem_new(sizeof(*u) + slots_size + len + 1);
	char *text = (char *)u->slots + slots_size;

	u->registry = r;
	u->host = host_find(r->hosts, jid_domain(bare));
	check(u->host && bare.local_len > 0 && realm_home_of(r->realm, jid_str(bare)) == r);
	memcpy(text, bare.text, len);
	u->address = bare;
	u->address.text = text;
	list_init(&u->sessions);
	list_init(&u->calls);
	list_init(&u->link);
	map_add(&r->users, u);
	return u;
}

struct user *registry_get_user(struct registry *r, struct jid bare)
{
	struct user *u = map_find(&r->users, jid_bare_str(bare));

	return u ? u : new_user(r, jid_bare(bare));
}

void registry_release_user(struct user *u)
{
	if (u->current || !list_is_empty(&u->calls) || u->is_runnable)
		return;
	if (u->session_count)
		return;
	if (u->existence == USER_ABSENT)
		u->existence = USER_UNKNOWN; /* it may be registered at any time */
	if (u->keeps)
		return;
	map_take(&u->registry->users, jid_str(u->address));
	free_user(u);
}

struct session *registry_find_session(const struct registry *r, uint32_t id)
{
	return map_find(&r->sessions, str_make((const char *)&id, sizeof(id)));
}

void registry_make_runnable(struct user *u)
{
	if (u->is_runnable || (u->current && !u->current->is_resumed))
		return;
	u->is_runnable = true;
	list_append(&u->registry->runnable, &u->link);
}

void registry_make_call_runnable(struct call *c)
{
	list_append(&c->registry->host_calls, &c->link);
}

static void add_call(struct user *u, struct call *c, struct list *before)
{
	c->host = u->host;
	c->hosts = registry_use_hosts(u->old_hosts ? u->old_hosts : c->registry->kept_hosts);
	list_insert_before(before, &c->link);
	u->call_count++;
	registry_make_runnable(u);
}

void registry_enqueue(struct call *c)
{
	add_call(c->user, c, &c->user->calls);
	registry_run(c->registry);
}

void registry_put_first(struct call *c)
{
	check(c->registry->running);
	add_call(c->user, c, c->user->calls.next);
}

/* The next call that need not wait for what is unsettled. */
static struct call *take_call(struct user *u)
{
	while (!list_is_empty(&u->calls)) {
		struct call *c = container_of(u->calls.next, struct call, link);

		list_remove(&c->link);
		if (!settlement_holds(c)) {
			u->call_count--;
			return c;
		}
		list_append(&c->session->held, &c->link);
	}
	return NULL;
}

/* One call at most: users take turns, so that what a call sends to others is handled before the next call of the sender. */
static void run_user(struct user *u)
{
	if (!u->current)
		u->current = take_call(u);
	if (u->current) {
		if (!pipeline_run(u->current))
			return;
		/* Its end may wake the session's link, which may do anything; the user stays until that is over. */
		user_keep(u);
		call_free(&u->current);
		u->keeps--;
	}
	if (!list_is_empty(&u->calls))
		registry_make_runnable(u);
	else
		registry_release_user(u);
}

void registry_run(struct registry *r)
{
	if (r->running)
		return;
	r->running = true;
	for (;;) {
		if (!list_is_empty(&r->runnable)) {
			struct user *u = container_of(r->runnable.next, struct user, link);

			list_remove(&u->link);
			u->is_runnable = false;
			run_user(u);
		} else if (!list_is_empty(&r->host_calls)) {
			struct call *c = container_of(r->host_calls.next, struct call, link);

			list_remove(&c->link);
			if (pipeline_run(c))
				call_free(&c);
		} else {
			break;
		}
	}
	r->running = false;
}

bool registry_hold(struct registry *r)
{
	bool was_running = r->running;

	r->running = true;
	return was_running;
}

void registry_let_run(struct registry *r, bool was_running)
{
	r->running = was_running;
	registry_run(r);
}

void registry_end_turn(struct registry *r)
{
	resumption_end_turn(r);
	departure_flush(r);
	outbox_send(r);
	buf_tidy(&r->scratch, SCRATCH_KEPT_BYTES);
}

/* Every user gets its new host. Those whose host is gone keep the old one; they are listed in `gone`, and kept. */
static size_t move_users(struct registry *r, struct registry_hosts *old, struct user **gone)
{
	size_t cursor = 0, count = 0;
	struct user *u;

	while ((u = map_next(&r->users, &cursor))) {
		const struct host *h = host_find(r->hosts, jid_domain(u->address));

		if (h) {
			u->host = h;
			registry_unuse_hosts(&u->old_hosts);
			continue;
		}
		if (!u->old_hosts)
			u->old_hosts = registry_use_hosts(old);
		user_keep(u);
		gone[count++] = u;
	}
	return count;
}

void registry_set_hosts(struct registry *r, const struct host_set *hosts)
{
	struct registry_hosts *old = r->kept_hosts;
	struct user **gone = mem_new_array(r->users.count + 1, sizeof(struct user *));
	bool was_running = registry_hold(r);

	r->kept_hosts = new_hosts(hosts);
	r->hosts = hosts;

	size_t count = move_users(r, old, gone);

	for (size_t i = 0; i < count; i++) {
		while (!list_is_empty(&gone[i]->sessions))
			session_kick(container_of(gone[i]->sessions.next, struct session, link), STREAM_ERROR_HOST_GONE,
				     "This host is served no more");
		user_let_go(gone[i]);
	}
	free(gone);
	registry_unuse_hosts(&old);
	registry_let_run(r, was_running);
}
