#include "ext/register/registration.h"

#include "base/metric.h"
#include "ext/register/strength.h"
#include "route/registry.h"
#include "route/router.h"
#include "xmpp/ns.h"

/* ---- reading and checking ---- */

static struct str field(const struct stanza *s, const struct node *query, const char *name, struct arena *a)
{
	const struct node *n = node_find_child(s, query, name, NS_REGISTER);
	return n ? node_text(s, n, a) : STR_NONE;
}

struct registration_wish registration_read(const struct stanza *s, struct arena *a)
{
	const struct node *query = stanza_payload(s);
	return (struct registration_wish){
		.username = field(s, query, "username", a),
		.password = field(s, query, "password", a),
		.wants_removal = node_find_child(s, query, "remove", NS_REGISTER) != NULL,
	};
}

bool registration_ip_is_allowed(const struct registration_options *o, struct ip who)
{
	const struct registration_ip_rule *rules = o->ip_access.items;
	struct ip_range range;
	for (size_t i = 0; i < o->ip_access.count; i++)
		if (ip_range_parse(rules[i].address, &range) && ip_range_contains(&range, who))
			return rules[i].policy == 0;
	return true;
}

enum stanza_error registration_check_password(const struct registration_options *o, struct str password, const char **text_out)
{
	*text_out = "the password is empty";
	if (!password.len)
		return STANZA_ERROR_NOT_ACCEPTABLE;
	*text_out = "the password is too easy to guess";
	return strength_bits(password) < (double)o->password_strength ? STANZA_ERROR_NOT_ACCEPTABLE : STANZA_ERROR_NONE;
}

enum stanza_error registration_check(const struct module *m, const struct registration_wish *w, struct arena *a, struct jid *who_out,
				     const char **text_out)
{
	const struct registration_options *o = m->options;
	struct str local;
	*text_out = "a user name and a password are wanted";
	if (!w->username.len || !w->password.data)
		return STANZA_ERROR_BAD_REQUEST;
	*text_out = "this is not a valid user name";
	if (!jid_prepare_local(w->username, a, &local))
		return STANZA_ERROR_JID_MALFORMED;
	*who_out = jid_make(a, local, m->host->name, STR_NONE);
	*text_out = "this name may not be registered here";
	struct access_subject subject = {.user = local, .server = m->host->name, .current_domain = m->host->name};
	if (!access_allows(m->host->config->access, o->access, &subject))
		return STANZA_ERROR_FORBIDDEN;
	return registration_check_password(o, w->password, text_out);
}

enum stanza_error registration_error(enum err e)
{
	switch (e) {
	case ERR_NONE:
		return STANZA_ERROR_NONE;
	case ERR_EXISTS:
		return STANZA_ERROR_CONFLICT;
	case ERR_INVALID:
		return STANZA_ERROR_NOT_ACCEPTABLE;
	case ERR_NOT_FOUND:
		return STANZA_ERROR_ITEM_NOT_FOUND;
	case ERR_ACCESS:
		return STANZA_ERROR_NOT_ALLOWED;
	case ERR_LIMIT:
		return STANZA_ERROR_RESOURCE_CONSTRAINT;
	default:
		return STANZA_ERROR_INTERNAL_SERVER_ERROR;
	}
}

/* ---- announcing ---- */

static void send_message(struct registry *r, const struct host *h, struct jid to, struct str subject, struct str body)
{
	struct buf text;
	struct writer w;
	struct arena a;
	arena_init(&a, 0);
	buf_init(&text);
	writer_init(&w, &text);
	writer_open(&w, "message", NS_CLIENT);
	writer_attribute_text(&w, "type", "normal");
	if (subject.len)
		writer_leaf(&w, "subject", NULL, subject);
	writer_leaf(&w, "body", NULL, body);
	writer_close(&w);
	struct stanza *s = stanza_from_text(buf_str(&text), NS_CLIENT);
	router_send(r, s, jid_make(&a, STR_NONE, h->name, STR_NONE), to);
	stanza_unref(&s);
	buf_fini(&text);
	arena_fini(&a);
}

void registration_announce(struct registry *r, const struct module *m, struct jid who, struct ip from)
{
	const struct registration_options *o = m->options;
	const struct str *watchers = o->registration_watchers.items;
	char ip[IP_TEXT_MAX];
	struct arena a;
	struct jid watcher;
	metric_add(METRIC_registrations, 1);
	if (o->welcome_body.len)
		send_message(r, m->host, who, o->welcome_subject, o->welcome_body);
	arena_init(&a, 0);
	for (size_t i = 0; i < o->registration_watchers.count; i++) {
		const char *news = arena_printf(&a, "The account %.*s was registered from %s.", STR_ARGS(jid_str(who)), ip_format(from, false, ip));
		if (jid_parse(&watcher, watchers[i], &a))
			send_message(r, m->host, watcher, STR_NONE, str_from(news));
	}
	arena_fini(&a);
}

/* ---- options ---- */

static void examine_ip_rule(const void *values, struct option_problems *p)
{
	const struct registration_ip_rule *rule = values;
	struct ip_range range;
	if (!ip_range_parse(rule->address, &range))
		option_problem(p, "address", "expected an address or a range like \"10.0.0.0/8\", got \"%.*s\"", STR_ARGS(rule->address));
}

static void examine_watchers(const void *values, struct option_problems *p)
{
	const struct registration_options *o = values;
	const struct str *watchers = o->registration_watchers.items;
	struct arena a;
	struct jid j;
	arena_init(&a, 0);
	for (size_t i = 0; i < o->registration_watchers.count; i++)
		if (!jid_parse(&j, watchers[i], &a))
			option_problem(p, "registration_watchers", "expected addresses, got \"%.*s\"", STR_ARGS(watchers[i]));
	arena_fini(&a);
}

static const struct option ip_options[] = {
	{.key = "address", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .offset = offsetof(struct registration_ip_rule, address),
	 .help = "An address or a range of addresses.", .example = "\"127.0.0.0/8\""},
	{.key = "policy", .type = OPTION_ENUM, .flags = OPTION_REQUIRED, .values = "allow|deny",
	 .offset = offsetof(struct registration_ip_rule, policy), .help = "May it register?"},
	{0},
};
static const struct option_table ip_table = {.name = "modules.mod_register.ip_access", .size = sizeof(struct registration_ip_rule),
					     .options = ip_options, .examine = examine_ip_rule,
					     .help = "Who may register, by address; the first match decides, without a match it is allowed."};

struct welcome {
	struct str subject, body;
};
static const struct option welcome_options[] = {
	{.key = "subject", .type = OPTION_STRING, .offset = offsetof(struct welcome, subject), .help = "Subject of the message."},
	{.key = "body", .type = OPTION_STRING, .offset = offsetof(struct welcome, body), .help = "Text of the message."},
	{0},
};
static const struct option_table welcome_table = {.name = "modules.mod_register.welcome_message", .size = sizeof(struct welcome),
						  .options = welcome_options, .help = "A message to every new account."};
_Static_assert(offsetof(struct registration_options, welcome_body) ==
		       offsetof(struct registration_options, welcome_subject) + offsetof(struct welcome, body),
	       "the two texts are filled as one table");

static const struct option options[] = {
	{.key = "access", .type = OPTION_NAME, .preset = "\"all\"", .offset = offsetof(struct registration_options, access),
	 .help = "Access rule that a new name must pass."},
	{.key = "ip_access", .type = OPTION_TABLES, .table = &ip_table, .offset = offsetof(struct registration_options, ip_access),
	 .help = "Who may register, by address."},
	{.key = "password_strength", .type = OPTION_INT, .min = 0, .max = 1024, .preset = "0", .unit = "bits",
	 .offset = offsetof(struct registration_options, password_strength), .help = "Least entropy of a password."},
	{.key = "registration_watchers", .type = OPTION_LIST_STRING, .offset = offsetof(struct registration_options, registration_watchers),
	 .help = "Addresses that are told of every registration.", .example = "[\"admin@example.org\"]"},
	{.key = "welcome_message", .type = OPTION_TABLE, .table = &welcome_table, .offset = offsetof(struct registration_options, welcome_subject),
	 .help = "A message to every new account."},
	{0},
};

const struct option_table registration_table = {.name = "modules.mod_register", .size = sizeof(struct registration_options), .options = options,
						.examine = examine_watchers, .help = "In-Band Registration (XEP-0077)."};
