/* XEP-0191 §3.2 to §3.5. */
#include "ext/blocking/block_query.h"

#include <inttypes.h>

#include "base/log.h"
#include "ext/blocking/blocking.h"
#include "route/contacts.h"
#include "route/registry.h"
#include "route/router.h"
#include "xmpp/ns.h"

/* A change on its way to the store. In the call's arena. */
struct change {
	struct call *call;
	const char *name;       /* "block" or "unblock" */
	bool is_block;
	struct str *named;      /* what the user named */
	size_t named_count;
	const struct block_list *list; /* as it is to become */
};

enum answer block_query_get(struct call *c, const struct module *m)
{
	const struct block_list *l = blocking_find_list(c->user);
	struct writer *w;

	(void)m;
	if (!l)
		return call_error(c, STANZA_ERROR_INTERNAL_SERVER_ERROR, NULL);
	if (c->session)
		c->session->wants_blocklist = true;
	w = call_begin_result(c);
	writer_open(w, "blocklist", NS_BLOCKING);
	for (size_t i = 0; i < block_list_count(l); i++) {
		writer_open(w, "item", NULL);
		writer_attribute(w, "jid", block_list_at(l, i));
		writer_close(w);
	}
	writer_close(w);
	return call_send_result(c);
}

static enum stanza_error read_named(struct change *change)
{
	struct call *c = change->call;
	const struct node *payload = call_payload(c);
	size_t count = 0;
	struct jid jid;

	for (const struct node *n = node_first_child(c->stanza, payload); n; n = node_next_sibling(c->stanza, n))
		count++;
	/* More can be neither in the list nor have room in it. */
	if (count > BLOCKING_LIST_MAX)
		return STANZA_ERROR_RESOURCE_CONSTRAINT;
	change->named = arena_alloc_array(&c->arena, count, sizeof(*change->named));
	for (const struct node *n = node_first_child(c->stanza, payload); n; n = node_next_sibling(c->stanza, n)) {
		struct str text = node_attribute(c->stanza, n, "jid", &c->arena);

		if (!node_is(c->stanza, n, "item", NS_BLOCKING) || !text.data)
			return STANZA_ERROR_BAD_REQUEST;
		if (!jid_parse(&jid, text, &c->arena))
			return STANZA_ERROR_JID_MALFORMED;
		change->named[change->named_count++] = jid_str(jid);
	}
	return STANZA_ERROR_NONE;
}

/* The list with what is named, or without it (without anything, if nothing is named). */
static const struct block_list *changed_list(const struct change *change)
{
	struct call *c = change->call;
	const struct block_list *old = blocking_find_list(c->user),
				*named = block_list_new(change->named, change->named_count), *l;
	struct str *all = arena_alloc_array(&c->arena, block_list_count(old) + change->named_count, sizeof(*all));
	size_t count = 0;

	for (size_t i = 0; i < block_list_count(old); i++)
		if (change->is_block || (change->named_count > 0 && !block_list_has(named, block_list_at(old, i))))
			all[count++] = block_list_at(old, i);
	for (size_t i = 0; change->is_block && i < change->named_count; i++)
		all[count++] = change->named[i];
	l = block_list_new(all, count);
	block_list_free(&named);
	return l;
}

static void push(const struct change *change)
{
	static _Thread_local uint64_t last_number;
	struct call *c = change->call;
	struct stanza *s;
	struct writer w;
	struct buf b;

	buf_init(&b);
	writer_init(&w, &b);
	writer_open(&w, "iq", NULL);
	writer_attribute_text(&w, "type", "set");
	writer_attribute_text(&w, "id", arena_printf(&c->arena, "%s-%" PRIu64, change->name, ++last_number));
	writer_open(&w, change->name, NS_BLOCKING);
	for (size_t i = 0; i < change->named_count; i++) {
		writer_open(&w, "item", NULL);
		writer_attribute(&w, "jid", change->named[i]);
		writer_close(&w);
	}
	writer_close(&w);
	writer_close(&w);
	s = stanza_from_text(buf_str(&b), NS_CLIENT);
	buf_fini(&b);
	list_each(link, &c->user->sessions) {
		struct session *session = container_of(link, struct session, link);

		if (session->wants_blocklist)
			session_deliver(session, s, c->user->address, session->address);
	}
	stanza_unref(&s);
}

static void send_presence(struct user *u, struct jid to, struct stanza *instead)
{
	list_each(link, &u->sessions) {
		struct session *s = container_of(link, struct session, link);

		if (s->presence)
			router_send(u->registry, instead ? instead : s->presence, s->address, to);
	}
}

/* Contacts whose view of the user the change takes away or gives back. */
static void show_presence(struct user *u, const struct block_list *old, const struct block_list *now)
{
	struct stanza *gone = stanza_from_text(STR("<presence type='unavailable'/>"), NS_CLIENT);
	struct contact contact;
	size_t cursor = 0;

	while (contacts_next(u, &cursor, &contact)) {
		struct jid to = jid_bare(contact.address);
		bool was = block_list_matches(old, to), is = block_list_matches(now, to);

		if ((contact.flags & CONTACT_SEES_USER) && was != is)
			send_presence(u, to, is ? gone : NULL);
	}
	stanza_unref(&gone);
}

static void on_stored(struct store_job *job, void *context)
{
	struct change *change = context;
	struct call *c = change->call;
	struct why why = {0};

	if (store_job_result(job, &why) == ERR_NONE) {
		show_presence(c->user, blocking_find_list(c->user), change->list);
		blocking_set_list(c->user, change->list);
		call_result(c);
		push(change);
	} else {
		log_event(LOG_DEBUG, "blocking", "cannot store a block list", LOG_TEXT("why", why.text));
		block_list_free(&change->list);
		call_error(c, STANZA_ERROR_INTERNAL_SERVER_ERROR, NULL);
	}
	store_job_free(&job);
	call_resume(c, ANSWER_DONE);
}

static enum answer store(struct change *change)
{
	struct call *c = change->call;
	struct store_job *job =
		store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, on_stored, change);
	struct str owner = jid_bare_str(c->user->address);

	if (change->named_count == 0)
		store_map_delete_all(job, owner, "blocking");
	for (size_t i = 0; i < change->named_count; i++) {
		if (change->is_block)
			store_map_put(job, owner, "blocking", change->named[i], STR(""));
		else
			store_map_delete(job, owner, "blocking", change->named[i]);
	}
	store_submit_post(job);
	return ANSWER_LATER;
}

static enum answer change_list(struct call *c, bool is_block)
{
	struct change *change = arena_alloc(&c->arena, sizeof(*change));
	enum stanza_error e;

	*change = (struct change){.call = c, .is_block = is_block, .name = is_block ? "block" : "unblock"};
	e = read_named(change);
	if (e == STANZA_ERROR_NONE && is_block && change->named_count == 0)
		e = STANZA_ERROR_BAD_REQUEST; /* §3.3 */
	if (e == STANZA_ERROR_NONE && !blocking_find_list(c->user))
		e = STANZA_ERROR_INTERNAL_SERVER_ERROR;
	if (e != STANZA_ERROR_NONE)
		return call_error(c, e, NULL);
	change->list = changed_list(change);
	if (block_list_count(change->list) > BLOCKING_LIST_MAX) {
		block_list_free(&change->list);
		return call_error(c, STANZA_ERROR_RESOURCE_CONSTRAINT, "too many blocked addresses");
	}
	return store(change);
}

enum answer block_query_block(struct call *c, const struct module *m)
{
	(void)m;
	return change_list(c, true);
}

enum answer block_query_unblock(struct call *c, const struct module *m)
{
	(void)m;
	return change_list(c, false);
}

enum answer block_query_prepare(struct call *c, const struct module *m)
{
	const struct node *payload = c->stanza->type == STANZA_TYPE_SET ? call_payload(c) : NULL;

	(void)m;
	return payload && str_is(node_ns(c->stanza, payload), NS_BLOCKING) ? contacts_load(c) : ANSWER_PASS;
}
