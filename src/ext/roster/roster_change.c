/* RFC 6121 §2.1.6, §2.3.2. */
#include "ext/roster/roster_change.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "ext/roster/roster.h"
#include "ext/roster/roster_list.h"
#include "ext/roster/roster_load.h"
#include "ext/roster/roster_state.h"
#include "route/registry.h"
#include "route/router.h"
#include "xmpp/ns.h"

struct roster_change *roster_change_begin(struct call *c, struct jid contact)
{
	struct roster_change *change = arena_alloc(&c->arena, sizeof(*change));
	struct roster_list *list = roster_load_find(c->user);
	const struct roster_item *item;

	check(list);
	item = roster_list_find(list, contact);
	change->call = c;
	change->contact = jid_copy(&c->arena, contact);
	if (item) {
		/* Its texts are in the list until the change takes its place. */
		roster_item_read(item, &c->arena, &change->now);
		change->old_state = item->state;
		change->old_flags = item->flags;
	}
	change->now.address = change->contact;
	return change;
}

bool roster_change_is_too_much(const struct roster_change *change)
{
	const struct roster_list *list = roster_load_find(change->call->user);
	const struct roster_item *old = roster_list_find(list, change->contact);
	size_t old_size = old ? roster_item_size(old) : 0, size = roster_item_size_of(&change->now);

	if (change->now.state == ROSTER_STATE_NONE && change->now.flags == 0)
		return false;
	if (!old && list->count >= ROSTER_LIST_MAX)
		return true;
	return size > old_size && list->bytes - old_size + size > ROSTER_LIST_BYTES_MAX;
}

/* From here others see it. */
static void apply(struct roster_change *change)
{
	struct roster_list *list = roster_load_find(change->call->user);
	uint64_t digest = list->digest;

	if (roster_item_is_needed(change->item)) {
		roster_list_put(list, change->item);
	} else {
		free(change->item);
		roster_list_remove(list, change->contact);
	}
	change->item = NULL;
	change->is_seen = list->digest != digest;
}

static void on_stored(struct store_job *job, void *context)
{
	struct roster_change *change = context;
	struct call *c = change->call;
	struct why why = {0};
	enum err e = store_job_result(job, &why);
	enum answer answer;

	store_job_free(&job);
	if (e == ERR_NONE) {
		apply(change);
		answer = change->then(change);
	} else {
		log_event(LOG_DEBUG, "roster", "cannot store a contact", LOG_TEXT("why", why.text));
		free(change->item);
		answer = call_error(c, STANZA_ERROR_INTERNAL_SERVER_ERROR, NULL);
	}
	if (answer != ANSWER_LATER)
		call_resume(c, answer);
}

static void store(struct roster_change *change)
{
	struct call *c = change->call;
	struct store_job *job =
		store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, on_stored, change);
	struct str owner = jid_bare_str(c->user->address), key = jid_str(change->contact);

	if (roster_item_is_needed(change->item))
		store_map_put(job, owner, "roster", key, roster_item_record(change->item));
	else
		store_map_delete(job, owner, "roster", key);
	store_submit_post(job);
}

enum answer roster_change_commit(struct roster_change *change, enum answer (*then)(struct roster_change *change))
{
	const struct roster_item *old = roster_list_find(roster_load_find(change->call->user), change->contact);
	bool is_same;

	change->item = roster_item_new(&change->now);
	is_same = old ? str_equal(roster_item_record(old), roster_item_record(change->item))
		      : !roster_item_is_needed(change->item);
	if (is_same) {
		free(change->item);
		change->item = NULL;
		return then(change);
	}
	change->then = then;
	store(change);
	return ANSWER_LATER;
}

const char *roster_change_version(struct call *c)
{
	const struct roster_options *o = host_find_module(c->host, &roster_module)->options;
	char *text;

	if (!o->versioning)
		return NULL;
	text = arena_alloc(&c->arena, ROSTER_LIST_VERSION_BYTES);
	roster_list_version(roster_load_find(c->user), text);
	return text;
}

static void write_push(struct buf *out, const struct roster_change *change)
{
	static _Thread_local uint64_t last_number;
	struct call *c = change->call;
	const struct roster_item *item = roster_list_find(roster_load_find(c->user), change->contact);
	const char *version = roster_change_version(c);
	struct writer w;

	writer_init(&w, out);
	writer_open(&w, "iq", NULL);
	writer_attribute_text(&w, "type", "set");
	writer_attribute_text(&w, "id", arena_printf(&c->arena, "push-%" PRIu64, ++last_number));
	writer_open(&w, "query", NS_ROSTER);
	if (version)
		writer_attribute_text(&w, "ver", version);
	if (roster_item_is_listed(item)) {
		roster_item_write(item, &w, &c->arena);
	} else {
		writer_open(&w, "item", NULL);
		writer_attribute_jid(&w, "jid", change->contact);
		writer_attribute_text(&w, "subscription", "remove");
		writer_close(&w);
	}
	writer_close(&w);
	writer_close(&w);
}

void roster_change_push(const struct roster_change *change)
{
	struct user *u = change->call->user;
	struct stanza *push = NULL;

	list_each(link, &u->sessions) {
		struct session *s = container_of(link, struct session, link);

		if (!s->wants_roster)
			continue;
		if (!push) {
			struct buf text;

			buf_init(&text);
			write_push(&text, change);
			push = stanza_from_text(buf_str(&text), NS_CLIENT);
			buf_fini(&text);
		}
		session_deliver(s, push, u->address, s->address);
	}
	if (push)
		stanza_unref(&push);
}

static struct stanza *presence_of_type(struct arena *a, const char *type)
{
	return stanza_from_text(str_from(arena_printf(a, "<presence type='%s'/>", type)), NS_CLIENT);
}

void roster_change_send_type(struct call *c, struct jid to, const char *type)
{
	struct stanza *s = presence_of_type(&c->arena, type);

	router_send(c->registry, s, c->user->address, to);
	stanza_unref(&s);
}

void roster_change_send_presence(struct call *c, struct jid to, bool is_available)
{
	struct stanza *gone = is_available ? NULL : presence_of_type(&c->arena, "unavailable");

	list_each(link, &c->user->sessions) {
		struct session *s = container_of(link, struct session, link);

		if (s->presence)
			router_send(c->registry, is_available ? s->presence : gone, s->address, to);
	}
	if (gone)
		stanza_unref(&gone);
}
