/* RFC 6121 §2: getting the roster, adding, changing and removing contacts, versions. */
#include "ext/roster/roster_query.h"

#include "ext/roster/roster_change.h"
#include "ext/roster/roster_load.h"
#include "ext/roster/roster_state.h"
#include "xmpp/ns.h"

/* What a set asks for. */
struct request {
	struct jid contact;
	bool is_removal;
	bool is_befriending; /* both see each other from now on, and nobody is asked */
	struct str name;
	struct str *groups;
	size_t group_count;
};

static enum answer send_roster(struct call *c)
{
	const struct roster_list *list = roster_load_find(c->user);
	const char *version = roster_change_version(c);
	struct str known = node_attribute(c->stanza, call_payload(c), "ver", &c->arena);
	struct writer *w;

	if (c->session)
		c->session->wants_roster = true;
	/* §2.6.3: nothing to tell. */
	if (version && str_is(known, version))
		return call_result(c);
	w = call_begin_result(c);
	writer_open(w, "query", NS_ROSTER);
	if (version)
		writer_attribute_text(w, "ver", version);
	for (uint32_t i = 0; i < list->count; i++)
		if (roster_item_is_listed(list->items[i]))
			roster_item_write(list->items[i], w, &c->arena);
	writer_close(w);
	return call_send_result(c);
}

/* §2.3.3: a group has a name, and comes once. */
static enum stanza_error read_groups(struct call *c, const struct node *item, struct request *r)
{
	r->groups = arena_alloc_array(&c->arena, ROSTER_ITEM_GROUPS_MAX, sizeof(*r->groups));
	for (const struct node *n = node_first_child(c->stanza, item); n; n = node_next_sibling(c->stanza, n)) {
		struct str group;

		if (!node_is(c->stanza, n, "group", NS_ROSTER))
			continue;
		group = node_text(c->stanza, n, &c->arena);
		if (group.len == 0 || group.len > ROSTER_ITEM_GROUP_MAX || r->group_count == ROSTER_ITEM_GROUPS_MAX)
			return STANZA_ERROR_NOT_ACCEPTABLE;
		for (size_t i = 0; i < r->group_count; i++)
			if (str_equal(r->groups[i], group))
				return STANZA_ERROR_BAD_REQUEST;
		r->groups[r->group_count++] = group;
	}
	return STANZA_ERROR_NONE;
}

static const struct node *only_item(struct call *c)
{
	const struct node *query = call_payload(c), *item = node_find_child(c->stanza, query, "item", NS_ROSTER);

	for (const struct node *n = item ? node_next_sibling(c->stanza, item) : NULL; n;
	     n = node_next_sibling(c->stanza, n))
		if (node_is(c->stanza, n, "item", NS_ROSTER))
			return NULL;
	return item;
}

static enum stanza_error read_request(struct call *c, struct request *r)
{
	const struct node *item = only_item(c);
	struct str jid, subscription;

	if (!item)
		return STANZA_ERROR_BAD_REQUEST;
	jid = node_attribute(c->stanza, item, "jid", &c->arena);
	if (!jid.data)
		return STANZA_ERROR_BAD_REQUEST;
	if (!jid_parse(&r->contact, jid, &c->arena))
		return STANZA_ERROR_JID_MALFORMED;
	if (jid_bare_equal(r->contact, c->user->address))
		return STANZA_ERROR_NOT_ALLOWED;
	/* Any other value is the server's to set and is ignored (§2.1.2.5). */
	subscription = node_attribute(c->stanza, item, "subscription", &c->arena);
	r->is_removal = str_is(subscription, "remove");
	if (r->is_removal)
		return STANZA_ERROR_NONE;
	r->name = node_attribute(c->stanza, item, "name", &c->arena);
	if (r->name.len > ROSTER_ITEM_NAME_MAX)
		return STANZA_ERROR_NOT_ACCEPTABLE;
	return read_groups(c, item, r);
}

static enum answer on_changed(struct roster_change *change)
{
	/* A set is pushed even when nothing is different, as the client may wait for it (§2.3.2). */
	roster_change_push(change);
	return call_result(change->call);
}

/* §2.5.2: who is removed loses the user's presence, and the user theirs. */
static enum answer on_removed(struct roster_change *change)
{
	struct call *c = change->call;
	struct jid contact = jid_bare(change->contact);

	roster_change_push(change);
	call_result(c);
	if (change->old_state & (ROSTER_STATE_TO | ROSTER_STATE_PENDING_OUT))
		roster_change_send_type(c, contact, "unsubscribe");
	if (change->old_state & ROSTER_STATE_FROM) {
		roster_change_send_type(c, contact, "unsubscribed");
		roster_change_send_presence(c, contact, false);
	}
	return ANSWER_DONE;
}

static enum answer remove_contact(struct roster_change *change)
{
	if (!(change->old_flags & ROSTER_ITEM_LISTED))
		return call_error(change->call, STANZA_ERROR_ITEM_NOT_FOUND, NULL);
	/* A request that waits for an answer goes on waiting. */
	change->now.state &= ROSTER_STATE_PENDING_IN;
	change->now.flags = 0;
	change->now.name = STR_NONE;
	change->now.group_count = 0;
	return roster_change_commit(change, on_removed);
}

/* As if each had asked the other and was let in. */
static enum answer on_befriended(struct roster_change *change)
{
	if (change->is_seen)
		roster_change_push(change);
	if (!(change->old_state & ROSTER_STATE_FROM))
		roster_change_send_presence(change->call, change->contact, true);
	return call_result(change->call);
}

static void befriend(struct roster_change *change)
{
	change->now.state = ROSTER_STATE_BOTH;
	change->now.request = STR_NONE;
}

static enum answer change_contact(struct call *c)
{
	const struct request *r = c->module_state;
	struct roster_change *change = roster_change_begin(c, r->contact);

	if (r->is_removal)
		return remove_contact(change);
	if (r->is_befriending)
		befriend(change);
	change->now.flags |= ROSTER_ITEM_LISTED;
	/* The user's own name for a new friend stays when there is none to replace it. */
	if (!r->is_befriending || r->name.len > 0)
		change->now.name = r->name;
	if (!r->is_befriending || r->group_count > 0) {
		change->now.groups = r->groups;
		change->now.group_count = r->group_count;
	}
	if (roster_change_is_too_much(change))
		return call_error(c, STANZA_ERROR_RESOURCE_CONSTRAINT, "too many contacts");
	return roster_change_commit(change, r->is_befriending ? on_befriended : on_changed);
}

static enum answer set(struct call *c, bool is_befriending)
{
	struct request *r = arena_alloc(&c->arena, sizeof(*r));
	enum stanza_error e = read_request(c, r);

	if (e != STANZA_ERROR_NONE)
		return call_error(c, e, NULL);
	r->is_befriending = is_befriending;
	c->module_state = r;
	return roster_load_then(c, change_contact);
}

enum answer roster_query_befriend(struct call *c)
{
	return set(c, true);
}

enum answer roster_query_run(struct call *c, const struct module *m)
{
	(void)m;
	return c->stanza->type == STANZA_TYPE_GET ? roster_load_then(c, send_roster) : set(c, false);
}
