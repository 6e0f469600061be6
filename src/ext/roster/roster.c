/* roster: RFC 6121 §2 and §3: contacts and subscriptions (mod_roster). */
#include "ext/roster/roster.h"
#include "ext/roster/roster_list.h"
#include "ext/roster/roster_load.h"
#include "ext/roster/roster_operations.h"
#include "ext/roster/roster_presence.h"
#include "ext/roster/roster_query.h"
#include "ext/roster/roster_state.h"
#include "xmpp/ns.h"

static unsigned flags_of_item(const struct roster_item *item)
{
	unsigned flags = 0;

	if (!item)
		return 0;
	if (item->state & ROSTER_STATE_FROM)
		flags |= CONTACT_SEES_USER;
	if (item->state & ROSTER_STATE_TO)
		flags |= CONTACT_SEEN_BY_USER;
	if (item->state & ROSTER_STATE_PENDING_IN)
		flags |= CONTACT_ASKS;
	if (roster_item_is_listed(item))
		flags |= CONTACT_IN_ROSTER;
	return flags;
}

static unsigned flags_of(struct user *u, struct jid address)
{
	const struct roster_list *list = roster_load_find(u);

	return list ? flags_of_item(roster_list_find(list, jid_bare(address))) : 0;
}

static int next_contact(struct user *u, size_t *cursor, struct contact *out)
{
	const struct roster_list *list = roster_load_find(u);

	if (!list || *cursor >= list->count)
		return false;
	*out = (struct contact){roster_item_address(list->items[*cursor]), flags_of_item(list->items[*cursor])};
	++*cursor;
	return true;
}

static const struct contacts_ops contacts = {.load = roster_load_contacts, .flags_of = flags_of, .next = next_contact};

static void write_features(const struct module *m, struct writer *w, bool is_logged_in)
{
	const struct roster_options *o = m->options;

	if (!is_logged_in)
		return;
	if (o->versioning)
		writer_empty(w, "ver", NS_ROSTER_VERSIONING);
	writer_empty(w, "sub", NS_PRE_APPROVAL);
}

static const struct option options[] = {
	{.key = "versioning",
	 .type = OPTION_BOOL,
	 .offset = offsetof(struct roster_options, versioning),
	 .preset = "false",
	 .help = "tell clients the version of the roster, so that they ask for it only when it changed"},
	{.key = "store_current_id",
	 .type = OPTION_BOOL,
	 .flags = OPTION_NOT_STORED,
	 .preset = "false",
	 .help = "accepted; the version is computed from the roster, so there is nothing to store"},
	{0},
};

static const struct option_table option_table = {
	.name = "modules.mod_roster",
	.size = sizeof(struct roster_options),
	.options = options,
	.help = "Contact lists and presence subscriptions (RFC 6121).",
};

static const char *const features[] = {NS_ROSTER, NULL};

static const struct module_query queries[] = {
	{.ns = NS_ROSTER, .name = "query", .types = QUERY_GET | QUERY_SET, .targets = QUERY_OWN, .run = roster_query_run},
	{0},
};

static const struct module_hook hooks[] = {
	{.run = roster_presence_send, .side = SIDE_SENDER, .stage = STAGE_DELIVER, .kinds = 1 << STANZA_PRESENCE},
	{.run = roster_presence_receive, .side = SIDE_RECEIVER, .stage = STAGE_DELIVER, .kinds = 1 << STANZA_PRESENCE},
	{.run = roster_presence_remind, .side = SIDE_SENDER, .stage = STAGE_AVAILABLE, .kinds = 1 << STANZA_PRESENCE},
	{0},
};

const struct module_def roster_module = {
	.name = "mod_roster",
	.summary = "contacts and presence subscriptions (RFC 6121)",
	.options = &option_table,
	.account_features = features,
	.host_features = features,
	.queries = queries,
	.hooks = hooks,
	.stream_features = write_features,
	.user_removed = roster_presence_on_user_removed,
	.has_user_state = true,
	.user_free = roster_load_on_user_free,
	.contacts = &contacts,
	.operations = roster_operations,
};
