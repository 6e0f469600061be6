#include "route/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bed.h"
#include "support/bed_accounts.h"

static enum answer pass(struct call *c, const struct module *m)
{
	(void)c;
	(void)m;
	return ANSWER_PASS;
}

static void ask(struct login_query *q)
{
	q->module_state = (void *)(uintptr_t)q->module->def;
}

static enum answer load(struct call *c)
{
	(void)c;
	return ANSWER_PASS;
}

static unsigned flags(struct user *u, struct jid address)
{
	(void)u;
	(void)address;
	return 0;
}

static int next(struct user *u, size_t *cursor, struct contact *out)
{
	(void)u;
	(void)cursor;
	(void)out;
	return 0;
}

static const struct contacts_ops contacts = {load, flags, next};

static const char *const features_a[] = {"urn:z", "urn:a", "urn:m", NULL}, *const features_b[] = {"urn:a", "urn:b", NULL};
static const struct module_query queries_a[] = {
	{"urn:a", "query", QUERY_GET | QUERY_SET, QUERY_HOST | QUERY_OWN, pass},
	{"urn:a", "other", QUERY_GET, QUERY_CONTACT, pass},
	{0},
};
static const struct module_query queries_b[] = {{"urn:b", "query", QUERY_SET, QUERY_ANYONE, pass}, {0}};
static const struct module_query queries_rival[] = {{"urn:a", "other", QUERY_SET, QUERY_HOST, pass}, {0}};
static const struct module_hook hooks_a[] = {{pass, SIDE_RECEIVER, STAGE_FALLBACK, 1 << STANZA_MESSAGE}, {0}};
static const struct module_hook hooks_b[] = {
	{pass, SIDE_RECEIVER, STAGE_FALLBACK, 1 << STANZA_MESSAGE | 1 << STANZA_PRESENCE},
	{pass, SIDE_SENDER, STAGE_COPY, 1 << STANZA_IQ},
	{0},
};
static const struct module_login_query logins[] = {{"jabber:iq:register", "query", ask}, {0}};

static const struct module_def mod_a = {
	.name = "mod_a", .summary = "does this", .host_features = features_a, .account_features = features_b, .queries = queries_a,
	.hooks = hooks_a, .login_queries = logins, .contacts = &contacts,
};
static const struct module_def mod_b = {
	.name = "mod_b", .summary = "does that", .host_features = features_b, .queries = queries_b, .hooks = hooks_b,
};
static const struct module_def mod_rival = {.name = "mod_rival", .summary = "", .queries = queries_rival};
static const struct module_def mod_login_rival = {.name = "mod_login_rival", .summary = "", .login_queries = logins};
static const struct module_def mod_contacts_rival = {.name = "mod_contacts_rival", .summary = "", .contacts = &contacts};
static const struct module_def mod_off = {.name = "mod_off", .summary = "", .queries = queries_rival};

static const struct module_def *const ab[] = {&mod_a, &mod_b, NULL}, *const all[] = {&mod_b, &mod_off, &mod_a, NULL};

static const char two[] = "[general]\nhosts = [\"one.example\", \"two.example\"]\ndefault_server_domain = \"one.example\"\n"
			  "[[host_config]]\nhost = \"two.example\"\n[host_config.modules.mod_b]\n";

static const struct host_set *make(const struct module_def *const *known, const struct module_def *const *defs, const char *toml)
{
	const struct config *c = bed_config(known, toml);
	struct why why;
	const struct host_set *s = host_set_new(c, defs, &why);

	config_unref(&c);
	if (!s)
		fail_msg("%s", why.text);
	return s;
}

static void finds_hosts_modules_and_queries(void **state)
{
	const struct host_set *s = make(ab, all, two);
	const struct host *one = host_find(s, STR("one.example")), *second = host_find(s, STR("two.example"));
	const struct module *m = NULL;

	(void)state;
	assert_non_null(one);
	assert_non_null(second);
	assert_null(host_find(s, STR("three.example")));
	assert_int_equal(one->module_count, 2);
	assert_ptr_equal(one->modules[0].def, &mod_b); /* the order of the definitions */
	assert_ptr_equal(one->modules[1].def, &mod_a);
	assert_ptr_equal(host_find_module(one, &mod_a)->host, one);
	assert_null(host_find_module(one, &mod_off));
	assert_null(host_find_module(second, &mod_a));
	assert_ptr_equal(host_find_query(one, STR("urn:a"), STR("query"))->query, &queries_a[0]);
	assert_ptr_equal(host_find_query(one, STR("urn:a"), STR("other"))->module, host_find_module(one, &mod_a));
	assert_ptr_equal(host_find_query(one, STR("urn:b"), STR("query"))->query, &queries_b[0]);
	assert_null(host_find_query(one, STR("urn:b"), STR("other")));
	assert_null(host_find_query(one, STR("urn:aa"), STR("query")));
	assert_null(host_find_query(second, STR("urn:a"), STR("query")));
	assert_non_null(host_find_login_query(one, STR("jabber:iq:register"), STR("query"), &m));
	assert_ptr_equal(m->def, &mod_a);
	assert_null(host_find_login_query(second, STR("jabber:iq:register"), STR("query"), &m));
	assert_ptr_equal(one->contacts->def, &mod_a);
	assert_null(second->contacts);
	host_set_unref(&s);
}

static void has_hooks_in_order(void **state)
{
	const struct host_set *s = make(ab, all, two);
	const struct host *one = host_find(s, STR("one.example"));
	const struct host_hook *hooks;

	(void)state;
	assert_int_equal(host_hooks(one, SIDE_RECEIVER, STAGE_FALLBACK, STANZA_MESSAGE, &hooks), 2);
	assert_ptr_equal(hooks[0].module->def, &mod_b);
	assert_ptr_equal(hooks[1].module->def, &mod_a);
	assert_int_equal(host_hooks(one, SIDE_RECEIVER, STAGE_FALLBACK, STANZA_PRESENCE, &hooks), 1);
	assert_int_equal(host_hooks(one, SIDE_SENDER, STAGE_COPY, STANZA_IQ, &hooks), 1);
	assert_int_equal(host_hooks(one, SIDE_SENDER, STAGE_COPY, STANZA_MESSAGE, &hooks), 0);
	host_set_unref(&s);
}

static void lists_features_once(void **state)
{
	static const char *const expected[] = {"urn:a", "urn:b", "urn:m", "urn:z"};
	const struct host_set *s = make(ab, all, NULL);
	const struct host *h = host_find(s, STR("localhost"));
	const char *const *features;

	(void)state;
	assert_int_equal(host_features(h, false, &features), 4);
	for (int i = 0; i < 4; i++)
		assert_string_equal(features[i], expected[i]);
	assert_int_equal(host_features(h, true, &features), 2);
	host_set_unref(&s);
}

static void names_both_rivals(void **state)
{
	static const struct module_def *const rivals[] = {&mod_rival, &mod_login_rival, &mod_contacts_rival};
	static const char *const texts[] = {
		"host localhost: both mod_a and mod_rival answer queries of <other xmlns='urn:a'/>; one of them must go",
		"host localhost: both mod_a and mod_login_rival answer <query xmlns='jabber:iq:register'/> before login; one of them must go",
		"host localhost: both mod_a and mod_contacts_rival keep contacts; one of them must go",
	};

	(void)state;
	for (int i = 0; i < 3; i++) {
		const struct module_def *const defs[] = {&mod_a, rivals[i], NULL};
		const struct config *c = bed_config(defs, NULL);
		struct why why;

		assert_null(host_set_new(c, defs, &why));
		assert_string_equal(why.text, texts[i]);
		config_unref(&c);
	}
}

static const char description[] =
	"host localhost\n"
	"  modules, in the order of asking\n"
	"    mod_a                does this\n"
	"    mod_b                does that\n"
	"  message\n"
	"    sender's side\n"
	"      DELIVER   (on to the receiver)\n"
	"    receiver's side\n"
	"      ACCEPT    (does the account exist?)\n"
	"      DELIVER   (to the sessions it is for)\n"
	"      FALLBACK  mod_a, mod_b, then (service-unavailable)\n"
	"  presence\n"
	"    sender's side\n"
	"      DELIVER   (on to the receiver)\n"
	"    receiver's side\n"
	"      ACCEPT    (does the account exist?)\n"
	"      DELIVER   (to the sessions it is for)\n"
	"      FALLBACK  mod_b\n"
	"  iq\n"
	"    sender's side\n"
	"      COPY      mod_b\n"
	"      DELIVER   (queries to the own account and to hosts; on to the receiver)\n"
	"    receiver's side\n"
	"      ACCEPT    (does the account exist?)\n"
	"      DELIVER   (queries to the account; to the session)\n"
	"  queries\n"
	"    other    mod_a        urn:a                                        get     contact\n"
	"    query    mod_a        urn:a                                        get set host, own account\n"
	"    query    mod_b        urn:b                                        set     anyone's account\n"
	"  queries before login\n"
	"    query    mod_a        jabber:iq:register\n";

static void describes_itself(void **state)
{
	const struct host_set *s = make(ab, ab, NULL);
	struct buf out;

	(void)state;
	buf_init(&out);
	host_set_describe(s, &out);
	buf_append_char(&out, '\0');
	assert_string_equal(out.data, description);
	buf_fini(&out);
	host_set_unref(&s);
}

static void finds_who_answers_before_login(void **state)
{
	const struct host_set *s = make(ab, ab, NULL);
	struct stanza *known = stanza_from_text(STR("<iq id='1' type='get'><query xmlns='jabber:iq:register'/></iq>"), "jabber:client");
	struct stanza *unknown = stanza_from_text(STR("<iq id='1' type='get'><query xmlns='urn:a'/></iq>"), "jabber:client");
	struct stanza *empty = stanza_from_text(STR("<iq id='1' type='get'/>"), "jabber:client");
	struct login_query q = {.host = host_find(s, STR("localhost")), .stanza = known};

	(void)state;
	assert_true(router_login_query(&q));
	assert_ptr_equal(q.module_state, &mod_a);
	q.stanza = unknown;
	assert_false(router_login_query(&q));
	q.stanza = empty;
	assert_false(router_login_query(&q));
	stanza_unref(&known);
	stanza_unref(&unknown);
	stanza_unref(&empty);
	host_set_unref(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_hosts_modules_and_queries),
		cmocka_unit_test(has_hooks_in_order),
		cmocka_unit_test(lists_features_once),
		cmocka_unit_test(names_both_rivals),
		cmocka_unit_test(describes_itself),
		cmocka_unit_test(finds_who_answers_before_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
