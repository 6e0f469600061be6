#include "admin/operations.h"

#include <stdlib.h>
#include <string.h>

#include "admin/arguments.h"
#include "admin/own_operations.h"
#include "base/check.h"
#include "base/mem.h"
#include "route/registry.h"

enum { OPERATIONS_MAX = 256 };

static const struct operation *all[OPERATIONS_MAX + 1];
static size_t count;
static const struct operations_control *server_control;

static const struct {
	const char *name, *help;
} categories[] = {
	{"domain", "the domains that are served, and the passwords of their administrators"},
	{"account", "accounts: make, remove, list, check, ban; passwords"},
	{"session", "sessions: who is connected, from where; ending them"},
	{"server", "the server itself: status, log level, reload, stop"},
	{"stanza", "sending messages and other stanzas"},
	{"roster", "contacts and subscriptions"},
	{"last", "when accounts were last here"},
	{"vcard", "what users tell about themselves"},
	{"private", "what clients keep for themselves"},
	{"offline", "messages that wait for their receivers"},
	{"stat", "how many accounts and sessions there are"},
	{"s2s", "other servers: are they reached, and what waits for them"},
	{"metric", "what the server counts: connections, logins, limits that acted"},
};

/* ---- the list ---- */

static void add_table(const struct operation *table)
{
	for (; table && table->name; table++) {
		check(count < OPERATIONS_MAX);
		all[count++] = table;
	}
}

static size_t rank(const char *category)
{
	size_t i = 0;
	while (i < sizeof(categories) / sizeof(*categories) && strcmp(categories[i].name, category))
		i++;
	return i;
}

/* Insertion sort: stable, and the list is short. */
static void sort_by_category(void)
{
	for (size_t i = 1; i < count; i++) {
		const struct operation *o = all[i];
		size_t at = i;
		for (; at > 0 && rank(all[at - 1]->category) > rank(o->category); at--)
			all[at] = all[at - 1];
		all[at] = o;
	}
}

void operations_init(const struct module_def *const *modules, const struct operations_control *control)
{
	count = 0;
	server_control = control;
	for (size_t i = 0; own_operations_tables[i]; i++)
		add_table(own_operations_tables[i]);
	for (; modules && *modules; modules++)
		add_table((*modules)->operations);
	sort_by_category();
	all[count] = NULL;
}

const struct operations_control *operations_get_control(void)
{
	return server_control;
}

const struct operation *const *operations_all(void)
{
	return all;
}

const struct operation *operations_find(struct str category, struct str name)
{
	const struct operation *of_users = NULL;
	for (size_t i = 0; i < count; i++) {
		if (!str_is(category, all[i]->category) || !str_is(name, all[i]->name))
			continue;
		if (all[i]->permission != OPERATION_FOR_USER_ONLY)
			return all[i];
		of_users = all[i];
	}
	return of_users;
}

bool operations_has_category(struct str category)
{
	for (size_t i = 0; i < count; i++)
		if (str_is(category, all[i]->category))
			return true;
	return false;
}

const char *operations_category_help(struct str category)
{
	for (size_t i = 0; i < sizeof(categories) / sizeof(*categories); i++)
		if (str_is(category, categories[i].name))
			return categories[i].help;
	return "";
}

json_t *operations_lines(struct str report)
{
	json_t *lines = json_array();

	while (report.data && report.len) {
		struct str line = str_split(report, '\n', &report);

		if (line.len)
			json_array_append_new(lines, json_stringn(line.data, line.len));
	}
	return lines;
}

/* ---- starting one ---- */

/* A call with the way back to its transport. */
struct started {
	struct operation_call call;
	void (*on_reply)(void *context, json_t *reply);
	void *context;
};

static void on_reply_of_call(struct operation_call *c, json_t *reply)
{
	struct started *s = container_of(c, struct started, call);
	json_t *data = json_object_get(reply, "data");
	if (data)
		json_object_set_new(reply, "data", json_pack("{s:{s:O}}", c->operation->category, c->operation->name, data));
	s->on_reply(s->context, reply);
	json_decref(c->args);
	json_decref(c->result);
	free(s);
}

static void run_here(struct letter *l)
{
	struct operation_call *c = container_of(l, struct operation_call, letter);
	c->registry = registry_current();
	c->is_last = c->operation->place != OPERATION_EVERYWHERE || c->registry->index == c->registry->realm->count - 1;
	c->operation->run(c);
}

static bool is_permitted(const struct operations_request *r)
{
	switch (r->operation->permission) {
	case OPERATION_FOR_USER:
		return true;
	case OPERATION_FOR_USER_ONLY:
		return r->role == OPERATIONS_USER;
	case OPERATION_FOR_DOMAIN_ADMIN:
		return r->role == OPERATIONS_ADMIN || r->role == OPERATIONS_DOMAIN_ADMIN;
	case OPERATION_FOR_ADMIN:
		break;
	}
	return r->role == OPERATIONS_ADMIN;
}

static struct registry *place_of(struct realm *realm, const struct operation_call *c)
{
	struct arena a;
	struct registry *r = realm->registries[0];
	struct jid user;
	arena_init(&a, 0);
	bool is_at_user = c->operation->place == OPERATION_AT_USER || operation_is_subscription(c->operation);
	if (is_at_user && arguments_user(c, &a, &user))
		r = realm_home_of(realm, jid_bare_str(user));
	arena_fini(&a);
	return r;
}

void operations_start(struct realm *realm, const struct operations_request *r)
{
	const struct operation *o = r->operation;
	struct started *s = mem_new(sizeof(*s));
	*s = (struct started){.call = {.operation = o, .on_reply = on_reply_of_call, .letter.run = run_here, .feed = r->feed},
			      .on_reply = r->on_reply, .context = r->context};
	struct operation_call *c = &s->call;
	struct why why = {""};
	if (!is_permitted(r)) {
		operation_fail(c, "not_permitted", "%s.%s is not for this caller", o->category, o->name);
		return;
	}
	if (operation_is_subscription(o) && !r->feed) {
		operation_fail(c, "not_answered_here", "%s.%s is a subscription: its events come over GraphQL", o->category, o->name);
		return;
	}
	json_t *own = r->role == OPERATIONS_USER ? arguments_with_caller(o, r->args, r->caller) : json_incref((json_t *)r->args);

	c->args = arguments_check(o, own, &why);
	json_decref(own);
	if (!c->args) {
		operation_fail(c, "bad_arguments", "%s", why.text);
		return;
	}
	if (r->role == OPERATIONS_DOMAIN_ADMIN && !arguments_are_within(c, r->domain)) {
		operation_fail(c, "not_permitted", "only for addresses of the own domain");
		return;
	}
	mailbox_post(place_of(realm, c)->mailbox, &c->letter);
}
