#include "ext/roster/roster_operations.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "ext/roster/roster.h"
#include "ext/roster/roster_load.h"
#include "ext/roster/roster_state.h"
#include "ext/roster/roster_work.h"
#include "route/errand.h"
#include "xmpp/ns.h"

enum {
	CONTACTS_MAX = 1000, /* in one call */
	ALL_TO_ALL_MAX = 100,
};

static struct str text_of(const json_t *v)
{
	return json_is_string(v) ? str_make(json_string_value(v), json_string_length(v)) : STR_NONE;
}

/* An address that has passed the check of arguments. */
static struct jid address_of(struct str text, struct arena *a)
{
	struct jid j;

	check(jid_parse(&j, text, a));
	return j;
}

/* ---- reading ---- */

/* What is asked of one roster, with the answer on its way back. */
struct question {
	struct errand errand;
	struct arena arena;
	struct operation_call *call;
	struct jid contact; /* getContact */
	json_t *answer;
};

static const char *ask_of(unsigned state)
{
	bool is_in = state & ROSTER_STATE_PENDING_IN, is_out = state & ROSTER_STATE_PENDING_OUT;

	return is_in && is_out ? "both" : is_in ? "in" : is_out ? "out" : "none";
}

static json_t *describe(const struct roster_item *item, struct arena *a)
{
	struct roster_fields f;
	json_t *groups = json_array();

	roster_item_read(item, a, &f);
	for (size_t i = 0; i < f.group_count; i++)
		json_array_append_new(groups, json_stringn(f.groups[i].data, f.groups[i].len));
	return json_pack("{s:s%, s:s%, s:o, s:s, s:s}", "jid", f.address.text, jid_len(f.address), "name", f.name.len ? f.name.data : "", f.name.len,
			 "groups", groups, "subscription", roster_state_subscription(f.state), "ask", ask_of(f.state));
}

static enum answer list_loaded(struct call *c)
{
	struct question *q = container_of(c->errand, struct question, errand);
	const struct roster_list *list = roster_load_find(c->user);

	q->answer = json_array();
	for (uint32_t i = 0; i < list->count; i++)
		json_array_append_new(q->answer, describe(list->items[i], &c->arena));
	return ANSWER_DONE;
}

static enum answer find_loaded(struct call *c)
{
	struct question *q = container_of(c->errand, struct question, errand);
	const struct roster_item *item = roster_list_find(roster_load_find(c->user), q->contact);

	if (item)
		q->answer = describe(item, &c->arena);
	return ANSWER_DONE;
}

static enum answer load_then(struct call *c, enum answer (*then)(struct call *c))
{
	if (!host_find_module(c->host, &roster_module))
		return call_error(c, STANZA_ERROR_SERVICE_UNAVAILABLE, NULL);
	return roster_load_then(c, then);
}

static enum answer list(struct call *c)
{
	return load_then(c, list_loaded);
}

static enum answer find(struct call *c)
{
	return load_then(c, find_loaded);
}

static void on_answered(struct errand *e)
{
	struct question *q = container_of(e, struct question, errand);
	struct operation_call *c = q->call;

	if (!errand_is_done(e))
		errand_fail(e, c);
	else if (q->answer)
		operation_reply(c, q->answer);
	else
		operation_fail(c, "contact_not_found", "%.*s is no contact of %.*s", STR_ARGS(jid_str(q->contact)), STR_ARGS(jid_str(e->from)));
	errand_fini(e);
	arena_fini(&q->arena);
	free(q);
}

static struct question *question_new(struct operation_call *c)
{
	struct question *q = mem_new(sizeof(*q));

	*q = (struct question){.call = c, .errand = {.asker = c->registry, .on_done = on_answered}};
	arena_init(&q->arena, 0);
	q->errand.from = address_of(operation_str(c, "user"), &q->arena);
	return q;
}

static void run_list(struct operation_call *c)
{
	struct question *q = question_new(c);

	q->errand.run = list;
	errand_post(&q->errand);
}

static void run_get(struct operation_call *c)
{
	struct question *q = question_new(c);

	q->errand.run = find;
	q->contact = address_of(operation_str(c, "contact"), &q->arena);
	errand_post(&q->errand);
}

/* ---- subscriptions ---- */

static const char *presence_type(struct str action)
{
	if (str_is(action, "invite"))
		return "subscribe";
	if (str_is(action, "accept"))
		return "subscribed";
	return str_is(action, "cancel") ? "unsubscribe" : "unsubscribed";
}

static void on_subscribed(struct errand *e)
{
	struct question *q = container_of(e, struct question, errand);

	if (errand_is_done(e))
		q->answer = json_sprintf("presence of type %s is sent", presence_type(operation_str(q->call, "action")));
	on_answered(e);
}

static void run_subscription(struct operation_call *c)
{
	struct question *q = question_new(c);
	const struct host *h = host_find(c->registry->hosts, jid_domain(q->errand.from));
	const char *text = arena_printf(&q->arena, "<presence type='%s'/>", presence_type(operation_str(c, "action")));

	q->errand.to = q->contact = address_of(operation_str(c, "contact"), &q->arena);
	q->errand.on_done = on_subscribed;
	if (h && !host_find_module(h, &roster_module)) {
		errand_refuse(&q->errand, STANZA_ERROR_SERVICE_UNAVAILABLE, NULL);
		on_answered(&q->errand);
		return;
	}
	q->errand.stanza = stanza_from_text(str_from(text), NS_CLIENT);
	errand_post(&q->errand);
}

/* ---- changes ---- */

static struct jid member_address(const json_t *object, struct arena *a)
{
	return address_of(text_of(json_object_get(object, "jid")), a);
}

static struct roster_work_label label_of(const json_t *contact)
{
	return (struct roster_work_label){text_of(json_object_get(contact, "name")), json_object_get(contact, "groups")};
}

static struct roster_work_item one_contact(const struct roster_work *w, size_t index, struct arena *a)
{
	(void)index;
	return (struct roster_work_item){.user = address_of(operation_str(w->call, "user"), a),
					 .contact = address_of(operation_str(w->call, "contact"), a),
					 .label = label_of(w->call->args)};
}

/* `contacts`, of addresses or of objects with a name. */
static struct roster_work_item contact_of_list(const struct roster_work *w, size_t index, struct arena *a)
{
	const json_t *contact = json_array_get(json_object_get(w->call->args, "contacts"), index);
	bool is_named = json_is_object(contact);

	return (struct roster_work_item){.user = address_of(operation_str(w->call, "user"), a),
					 .contact = is_named ? member_address(contact, a) : address_of(text_of(contact), a),
					 .label = is_named ? label_of(contact) : (struct roster_work_label){STR_NONE, NULL}};
}

static struct roster_work_item two_users(const struct roster_work *w, size_t index, struct arena *a)
{
	(void)index;
	return (struct roster_work_item){.user = address_of(operation_str(w->call, "userA"), a),
					 .contact = address_of(operation_str(w->call, "userB"), a)};
}

static struct roster_work_item pair_of(const json_t *user, const json_t *contact, struct arena *a)
{
	return (struct roster_work_item){.user = member_address(user, a),
					 .contact = member_address(contact, a),
					 .label = label_of(contact),
					 .user_label = label_of(user)};
}

static struct roster_work_item user_and_one_of_list(const struct roster_work *w, size_t index, struct arena *a)
{
	return pair_of(json_object_get(w->call->args, "user"), json_array_get(json_object_get(w->call->args, "contacts"), index), a);
}

/* Of n contacts the first has n - 1 pairs with those behind it, the next n - 2, and so on. */
static struct roster_work_item pair_of_list(const struct roster_work *w, size_t index, struct arena *a)
{
	const json_t *contacts = json_object_get(w->call->args, "contacts");
	size_t first = 0, behind = json_array_size(contacts) - 1;

	for (; index >= behind; behind--, first++)
		index -= behind;
	return pair_of(json_array_get(contacts, first), json_array_get(contacts, first + 1 + index), a);
}

static void start_one(struct operation_call *c, enum roster_work_action action,
		      struct roster_work_item (*item)(const struct roster_work *w, size_t index, struct arena *a))
{
	roster_work_start(&(struct roster_work){.call = c, .action = action, .count = 1, .is_single = true, .item = item});
}

static size_t count_contacts(const struct operation_call *c)
{
	return json_array_size(json_object_get(c->args, "contacts"));
}

static bool are_few(struct operation_call *c, size_t most)
{
	if (count_contacts(c) <= most)
		return true;
	operation_fail(c, "too_many_contacts", "at most %zu contacts in one call", most);
	return false;
}

static void start_list(struct operation_call *c, enum roster_work_action action,
		       struct roster_work_item (*item)(const struct roster_work *w, size_t index, struct arena *a))
{
	if (are_few(c, CONTACTS_MAX))
		roster_work_start(&(struct roster_work){.call = c, .action = action, .count = count_contacts(c), .item = item});
}

static void run_add(struct operation_call *c)
{
	start_one(c, ROSTER_WORK_ADD, one_contact);
}

static void run_add_list(struct operation_call *c)
{
	start_list(c, ROSTER_WORK_ADD, contact_of_list);
}

static void run_delete(struct operation_call *c)
{
	start_one(c, ROSTER_WORK_DELETE, one_contact);
}

static void run_delete_list(struct operation_call *c)
{
	start_list(c, ROSTER_WORK_DELETE, contact_of_list);
}

static void run_mutual(struct operation_call *c)
{
	start_one(c, str_is(operation_str(c, "action"), "connect") ? ROSTER_WORK_CONNECT : ROSTER_WORK_DISCONNECT, two_users);
}

static void run_subscribe_to_all(struct operation_call *c)
{
	start_list(c, ROSTER_WORK_CONNECT, user_and_one_of_list);
}

static void run_subscribe_all(struct operation_call *c)
{
	size_t n = count_contacts(c);

	if (are_few(c, ALL_TO_ALL_MAX))
		roster_work_start(&(struct roster_work){
			.call = c, .action = ROSTER_WORK_CONNECT, .count = n > 0 ? n * (n - 1) / 2 : 0, .item = pair_of_list});
}

/* ---- tables ---- */

static const struct operation_type subscription = {.name = "ContactSub", .values = "none|both|from|to"};
static const struct operation_type ask_type = {.name = "ContactAsk", .values = "subscribe|unsubscribe|in|out|both|none"};
static const struct operation_type action = {.name = "SubAction", .values = "invite|accept|decline|cancel"};
static const struct operation_type mutual_action = {.name = "MutualSubAction", .values = "connect|disconnect"};

static const struct operation_field contact_fields[] = {
	{"jid", &operation_type_jid, "whose address it is"},
	{"name", &operation_type_string, "what the user calls the contact"},
	{"groups", &operation_type_strings, "where the user has put it"},
	{"subscription", &subscription, "who sees whose presence: to, the user the contact's; from, the contact the user's"},
	{"ask", &ask_type, "which request waits for an answer: out, the user's; in, the contact's"},
	{0},
};
static const struct operation_type contact = {.name = "Contact", .fields = contact_fields}, contacts = {.item = &contact};
static const struct operation_type texts = {.item = &operation_type_string, .has_gaps = true};

static const struct operation_arg input_fields[] = {
	{"jid", OPERATION_USER, 0, NULL, "the address"},
	{"name", OPERATION_STRING, 0, NULL, "what it is called; may be empty"},
	{"groups", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "where it is put"},
	{0},
};
static const struct operation_type input = {.name = "ContactInput", .inputs = input_fields};

#define ARG_USER {"user", OPERATION_USER, OPERATION_OWN, NULL, "whose roster"}
#define ARG_CONTACT {"contact", OPERATION_USER, OPERATION_ANY_DOMAIN, NULL, "the contact's address"}

static const struct operation_arg args_list[] = {ARG_USER, {0}};
static const struct operation_arg args_contact[] = {ARG_USER, ARG_CONTACT, {0}};
static const struct operation_arg args_add[] = {
	ARG_USER,
	ARG_CONTACT,
	{"name", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "what the user calls the contact"},
	{"groups", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "where it is put"},
	{0},
};
static const struct operation_arg args_add_list[] = {
	ARG_USER,
	{"contacts", OPERATION_INPUT, OPERATION_LIST | OPERATION_ANY_DOMAIN, &input, "the contacts"},
	{0},
};
static const struct operation_arg args_subscription[] = {
	ARG_USER,
	ARG_CONTACT,
	{"action", OPERATION_ENUM, 0, &action,
	 "ask for the contact's presence, let the contact see the user's, refuse that, or see the contact's no more"},
	{0},
};
static const struct operation_arg args_delete_list[] = {
	ARG_USER,
	{"contacts", OPERATION_USER, OPERATION_LIST | OPERATION_ANY_DOMAIN, NULL, "the contacts' addresses"},
	{0},
};
static const struct operation_arg args_mutual[] = {
	{"userA", OPERATION_USER, 0, NULL, "an account"},
	{"userB", OPERATION_USER, 0, NULL, "another one"},
	{"action", OPERATION_ENUM, 0, &mutual_action, "make them see each other, or take each out of the other's roster"},
	{0},
};
static const struct operation_arg args_to_all[] = {
	{"user", OPERATION_INPUT, 0, &input, "an account, and what the others call it"},
	{"contacts", OPERATION_INPUT, OPERATION_LIST, &input, "the others, and what that account calls them"},
	{0},
};
static const struct operation_arg args_all[] = {
	{"contacts", OPERATION_INPUT, OPERATION_LIST, &input, "accounts, and what the others call them; at most 100"},
	{0},
};

const struct operation roster_operations[] = {
	{"roster", "listContacts", "the contacts of a user, and requests that wait", args_list, OPERATION_ANYWHERE, OPERATION_FOR_USER, false,
	 run_list, &contacts},
	{"roster", "getContact", "one contact of a user", args_contact, OPERATION_ANYWHERE, OPERATION_FOR_USER, false, run_get, &contact},
	{"roster", "addContact", "puts a contact into a roster, without asking for its presence", args_add, OPERATION_ANYWHERE,
	 OPERATION_FOR_USER, true, run_add, &operation_type_string},
	{"roster", "addContacts", "puts several contacts into a roster", args_add_list, OPERATION_ANYWHERE_LONG, OPERATION_FOR_USER, true,
	 run_add_list, &texts},
	{"roster", "subscription", "sends a request for presence, or the answer to one", args_subscription, OPERATION_ANYWHERE,
	 OPERATION_FOR_USER, true, run_subscription, &operation_type_string},
	{"roster", "deleteContact", "takes a contact out of a roster; neither sees the other any more", args_contact, OPERATION_ANYWHERE,
	 OPERATION_FOR_USER, true, run_delete, &operation_type_string},
	{"roster", "deleteContacts", "takes several contacts out of a roster", args_delete_list, OPERATION_ANYWHERE_LONG, OPERATION_FOR_USER,
	 true, run_delete_list, &texts},
	{"roster", "setMutualSubscription", "makes two accounts see each other, or not know each other", args_mutual, OPERATION_ANYWHERE,
	 OPERATION_FOR_DOMAIN_ADMIN, true, run_mutual, &operation_type_string},
	{"roster", "subscribeToAll", "makes an account and each of others see each other", args_to_all, OPERATION_ANYWHERE_LONG,
	 OPERATION_FOR_DOMAIN_ADMIN, true, run_subscribe_to_all, &texts},
	{"roster", "subscribeAllToAll", "makes accounts see each other, each with each", args_all, OPERATION_ANYWHERE_LONG,
	 OPERATION_FOR_DOMAIN_ADMIN, true, run_subscribe_all, &texts},
	{0},
};
