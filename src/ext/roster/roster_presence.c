/* RFC 6121 §3: managing presence subscriptions. What each stanza does to a subscription is in roster_state.c. */
#include "ext/roster/roster_presence.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "ext/roster/roster_change.h"
#include "ext/roster/roster_list.h"
#include "ext/roster/roster_load.h"
#include "ext/roster/roster_state.h"
#include "route/registry.h"
#include "route/router.h"
#include "xmpp/ns.h"

static bool is_of_subscription(const struct stanza *s)
{
	return s->type == STANZA_TYPE_SUBSCRIBE || s->type == STANZA_TYPE_SUBSCRIBED ||
	       s->type == STANZA_TYPE_UNSUBSCRIBE || s->type == STANZA_TYPE_UNSUBSCRIBED;
}

static bool gained(const struct roster_change *change, unsigned state_bit)
{
	return !(change->old_state & state_bit) && (change->now.state & state_bit);
}

static bool lost(const struct roster_change *change, unsigned state_bit)
{
	return (change->old_state & state_bit) && !(change->now.state & state_bit);
}

/* What the contact gets to see when it was let in or shut out. */
static void show_presence(const struct roster_change *change)
{
	if (gained(change, ROSTER_STATE_FROM))
		roster_change_send_presence(change->call, change->contact, true);
	if (lost(change, ROSTER_STATE_FROM))
		roster_change_send_presence(change->call, change->contact, false);
}

static void set_state(struct roster_change *change, uint8_t state)
{
	change->now.state = state;
	if (!(state & ROSTER_STATE_PENDING_IN))
		change->now.request = STR_NONE;
}

/* The stanza goes no further, but it may have been an approval in advance. */
static enum answer on_kept_back(struct roster_change *change)
{
	if (change->is_seen)
		roster_change_push(change);
	return ANSWER_DONE;
}

static enum answer on_sent(struct roster_change *change)
{
	struct call *c = change->call;

	if (change->is_seen)
		roster_change_push(change);
	router_send_from(c->registry, c->stanza, c->user->address, change->contact, c->origin);
	show_presence(change);
	return ANSWER_DONE;
}

static enum answer send_loaded(struct call *c)
{
	struct roster_change *change = roster_change_begin(c, jid_bare(c->to));
	struct roster_state_change to = roster_state_after_outbound(change->old_state, c->stanza->type);

	set_state(change, to.state);
	if (c->stanza->type == STANZA_TYPE_SUBSCRIBE)
		change->now.flags |= ROSTER_ITEM_LISTED;
	if (c->stanza->type == STANZA_TYPE_UNSUBSCRIBED)
		change->now.flags &= (uint8_t)~ROSTER_ITEM_APPROVED;
	if (c->stanza->type == STANZA_TYPE_SUBSCRIBED) {
		/* §3.4: without a request it is an approval in advance, unless the contact is subscribed already. */
		if (!to.is_passed_on && !(to.state & ROSTER_STATE_FROM))
			change->now.flags |= ROSTER_ITEM_APPROVED | ROSTER_ITEM_LISTED;
		if (to.is_passed_on)
			change->now.flags |= ROSTER_ITEM_LISTED;
	}
	if (roster_change_is_too_much(change))
		return call_error(c, STANZA_ERROR_RESOURCE_CONSTRAINT, "too many contacts");
	return roster_change_commit(change, to.is_passed_on ? on_sent : on_kept_back);
}

enum answer roster_presence_send(struct call *c, const struct module *m)
{
	(void)m;
	if (!is_of_subscription(c->stanza))
		return ANSWER_PASS;
	if (!jid_is_set(c->to))
		return call_error(c, STANZA_ERROR_BAD_REQUEST, NULL);
	if (jid_bare_equal(c->to, c->user->address))
		return ANSWER_DONE;
	return roster_load_then(c, send_loaded);
}

/* Requests are for available resources, what became of them also for those that only asked for the roster. */
static void deliver(struct call *c, bool is_request)
{
	list_each(link, &c->user->sessions) {
		struct session *s = container_of(link, struct session, link);

		if (s->presence || (s->wants_roster && !is_request))
			session_deliver(s, c->stanza, jid_bare(c->from), c->user->address);
	}
}

static enum answer on_requested(struct roster_change *change)
{
	deliver(change->call, true);
	return ANSWER_DONE;
}

/* §3.1.6, §3.2.3, §3.3.3: the stanza comes before the push. */
static enum answer on_received(struct roster_change *change)
{
	deliver(change->call, false);
	if (change->is_seen)
		roster_change_push(change);
	show_presence(change);
	return ANSWER_DONE;
}

/* §3.4.2: what the user approved in advance. */
static enum answer on_approved(struct roster_change *change)
{
	if (change->is_seen)
		roster_change_push(change);
	roster_change_send_type(change->call, change->contact, "subscribed");
	show_presence(change);
	return ANSWER_DONE;
}

/* The whole stanza, if it is of a decent size. */
static struct str request_text(struct call *c)
{
	struct buf b;
	struct str text;

	buf_init(&b);
	writer_stanza(&b, c->stanza, jid_bare(c->from), c->user->address, NS_CLIENT, true);
	text = b.len <= ROSTER_ITEM_REQUEST_MAX ? arena_str(&c->arena, buf_str(&b)) : STR_NONE;
	buf_fini(&b);
	return text;
}

static enum answer receive_request(struct call *c, struct roster_change *change, struct roster_state_change to)
{
	if (to.is_answered) {
		roster_change_send_type(c, change->contact, "subscribed");
		return ANSWER_DONE;
	}
	if (!to.is_passed_on)
		return ANSWER_DONE;
	if (change->old_flags & ROSTER_ITEM_APPROVED) {
		set_state(change, roster_state_after_outbound(to.state, STANZA_TYPE_SUBSCRIBED).state);
		return roster_change_commit(change, on_approved);
	}
	set_state(change, to.state);
	change->now.request = request_text(c);
	if (roster_change_is_too_much(change))
		return ANSWER_DONE;
	return roster_change_commit(change, on_requested);
}

static enum answer receive_loaded(struct call *c)
{
	struct roster_change *change = roster_change_begin(c, jid_bare(c->from));
	struct roster_state_change to = roster_state_after_inbound(change->old_state, c->stanza->type);

	if (c->stanza->type == STANZA_TYPE_SUBSCRIBE)
		return receive_request(c, change, to);
	if (!to.is_passed_on)
		return ANSWER_DONE;
	set_state(change, to.state);
	return roster_change_commit(change, on_received);
}

enum answer roster_presence_receive(struct call *c, const struct module *m)
{
	(void)m;
	if (!is_of_subscription(c->stanza))
		return ANSWER_PASS;
	if (jid_bare_equal(c->from, c->user->address))
		return ANSWER_DONE;
	return roster_load_then(c, receive_loaded);
}

static void remind(struct call *c, const struct roster_item *item)
{
	struct jid contact = roster_item_address(item);
	struct roster_fields f;
	struct stanza *s = NULL;

	roster_item_read(item, &c->arena, &f);
	if (f.request.len > 0)
		s = stanza_try_from_text(f.request, NS_CLIENT);
	if (!s)
		s = stanza_from_text(STR("<presence type='subscribe'/>"), NS_CLIENT);
	session_deliver(c->session, s, contact, c->user->address);
	stanza_unref(&s);
}

enum answer roster_presence_remind(struct call *c, const struct module *m)
{
	const struct roster_list *list = roster_load_find(c->user);

	(void)m;
	for (uint32_t i = 0; list && i < list->count; i++)
		if (list->items[i]->state & ROSTER_STATE_PENDING_IN)
			remind(c, list->items[i]);
	return ANSWER_PASS;
}

/* An account that is being deleted, when it may be gone from memory already. */
struct parting {
	struct registry *registry;
	size_t len;
	char text[];
};

static void part(struct parting *p, struct jid from, const struct roster_item *item)
{
	struct stanza *unsubscribe = stanza_from_text(STR("<presence type='unsubscribe'/>"), NS_CLIENT);
	struct stanza *unsubscribed = stanza_from_text(STR("<presence type='unsubscribed'/>"), NS_CLIENT);
	struct jid contact = jid_bare(roster_item_address(item));

	if (item->state & (ROSTER_STATE_TO | ROSTER_STATE_PENDING_OUT))
		router_send(p->registry, unsubscribe, from, contact);
	if (item->state & (ROSTER_STATE_FROM | ROSTER_STATE_PENDING_IN))
		router_send(p->registry, unsubscribed, from, contact);
	stanza_unref(&unsubscribe);
	stanza_unref(&unsubscribed);
}

static void on_parted(struct store_job *job, void *context)
{
	struct parting *p = context;
	struct store_rows rows =
		store_job_result(job, NULL) == ERR_NONE ? store_job_rows(job, 0) : (struct store_rows){0};
	struct arena a;
	struct jid from;

	arena_init(&a, 0);
	if (jid_parse(&from, str_make(p->text, p->len), &a)) {
		for (size_t i = 0; i < rows.count; i++) {
			struct roster_item *item = roster_item_from_record(rows.rows[i].key, rows.rows[i].blob);

			if (item)
				part(p, from, item);
			free(item);
		}
	}
	arena_fini(&a);
	store_job_free(&job);
	free(p);
}

void roster_presence_on_user_removed(const struct module *m, struct user *u)
{
	struct str address = jid_bare_str(u->address);
	struct parting *p = mem_new(sizeof(*p) + address.len);
	struct store_job *job = store_job_new(u->registry->realm->accounts.store, u->registry->mailbox, on_parted, p);

	(void)m;
	p->registry = u->registry;
	p->len = address.len;
	memcpy(p->text, address.data, address.len);
	store_map_list(job, address, "roster");
	/* As it writes, the job is done before the one that deletes the account. */
	store_map_delete_all(job, address, "roster");
	store_submit_post(job);
}
