#include "conf/access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/conf_check.h"

static const char file[] =
	"general = {hosts = [\"h\", \"other\"], default_server_domain = \"h\"}\n"
	"auth.internal = {}\n"
	"[shaper]\n"
	"slow.max_rate = 1_000\n"
	"fast.max_rate = 50_000\n"
	"[acl]\n"
	"local = [{}]\n"
	"hosted = [{match = \"any_hosted_domain\"}]\n"
	"nobody = [{match = \"none\"}]\n"
	"admin = [{user = \"Admin\", server = \"H\"}, {match = \"all\", user = \"root\", resource = \"Console\"}]\n"
	"robots = [{match = \"all\", user_regexp = \"^bot\\\\d+$\"}, {match = \"all\", user_glob = \"robot-*\", server_glob = \"*.example\"}]\n"
	"[access]\n"
	"register = [{acl = \"robots\", value = \"deny\"}, {acl = \"local\", value = \"allow\"}]\n"
	"any = [{acl = \"all\", value = \"allow\"}]\n"
	"no = [{acl = \"none\", value = \"allow\"}, {acl = \"nobody\", value = \"allow\"}]\n"
	"sessions = [{acl = \"admin\", value = \"infinity\"}, {acl = \"all\", value = 10}]\n"
	"hosted = [{acl = \"hosted\", value = \"allow\"}]\n"
	"speed = [{acl = \"admin\", value = \"none\"}, {acl = \"local\", value = \"fast\"}, {acl = \"all\", value = \"slow\"}]\n"
	"[[host_config]]\n"
	"host = \"other\"\n"
	"acl.admin = [{user = \"boss\"}]\n"
	"acl.extra = [{}]\n"
	"access.sessions = [{acl = \"extra\", value = 3}]\n"
	"access.only = [{acl = \"extra\", value = \"allow\"}]\n";

static const struct config *config;

static int start(void **state)
{
	(void)state;
	config = conf_check(file, "");
	return config ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	config_unref(&config);
	return 0;
}

static struct access_subject subject(const char *user, const char *server, const char *resource, const char *current)
{
	return (struct access_subject){str_from(user), str_from(server), str_from(resource), str_from(current)};
}

static void answers_rules(void **state)
{
	static const struct {
		const char *rule, *user, *server, *resource;
		bool is_allowed;
	} cases[] = {
		{"all", "a", "far", "r", true},
		{"none", "a", "h", "r", false},
		{"undefined", "a", "h", "r", false},
		{"any", "a", "far", "r", true},
		{"no", "a", "h", "r", false},
		{"register", "a", "h", "", true},
		{"register", "a", "other", "", false},
		{"register", "bot12", "h", "", false},
		{"register", "bot", "h", "", true},
		{"register", "xbot12", "h", "", true},
		{"register", "robot-x", "h", "", true},
		{"hosted", "a", "other", "", true},
		{"hosted", "a", "far", "", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct access_subject who = subject(cases[i].user, cases[i].server, cases[i].resource, "h");
		assert_int_equal(access_allows(config->access, str_from(cases[i].rule), &who), cases[i].is_allowed);
	}
}

static void gives_values(void **state)
{
	(void)state;
	struct access_subject who = subject("admin", "h", "r", "h");
	struct access_value v = access_ask(config->access, STR("sessions"), &who);
	assert_int_equal(v.kind, ACCESS_NUMBER);
	assert_true(v.number == OPTION_INFINITY);
	who = subject("someone", "h", "r", "h");
	assert_int_equal(access_ask(config->access, STR("sessions"), &who).number, 10);
	v = access_ask(config->access, STR("speed"), &who);
	assert_int_equal(v.kind, ACCESS_NAME);
	assert_true(str_is(v.name, "fast"));
	who = subject("root", "far", "Console", "h");
	assert_true(access_ask(config->access, STR("sessions"), &who).number == OPTION_INFINITY);
	who = subject("root", "far", "console", "h");
	assert_int_equal(access_ask(config->access, STR("sessions"), &who).kind, ACCESS_NUMBER);
}

static void knows_which_rules_exist(void **state)
{
	(void)state;
	assert_true(access_rule_exists(config->access, STR("all")));
	assert_true(access_rule_exists(config->access, STR("none")));
	assert_true(access_rule_exists(config->access, STR("register")));
	assert_false(access_rule_exists(config->access, STR("only")));
	assert_true(access_rule_exists(config_find_host(config, STR("other"))->access, STR("only")));
}

static void asks_without_a_current_domain(void **state)
{
	(void)state;
	struct access_subject who = subject("a", "other", "", "");
	assert_true(access_allows(config->access, STR("register"), &who));
	who = subject("a", "far", "", "");
	assert_false(access_allows(config->access, STR("register"), &who));
}

/* The host's clauses come first; acls of both levels are joined. */
static void merges_the_rules_of_a_host(void **state)
{
	(void)state;
	const struct access_rules *rules = config_find_host(config, STR("other"))->access;
	assert_ptr_not_equal(rules, config->access);
	assert_ptr_equal(config_find_host(config, STR("h"))->access, config->access);
	struct access_subject who = subject("boss", "other", "", "other");
	assert_int_equal(access_ask(rules, STR("sessions"), &who).number, 3);
	assert_true(access_allows(rules, STR("only"), &who));
	assert_true(access_allows(rules, STR("any"), &who));
	who = subject("boss", "h", "", "other");
	assert_int_equal(access_ask(rules, STR("sessions"), &who).number, 10);
	who = subject("root", "h", "Console", "other");
	assert_true(access_ask(rules, STR("sessions"), &who).number == OPTION_INFINITY);
}

static void finds_the_rate_of_shapers(void **state)
{
	int64_t rate = 0;
	(void)state;
	assert_true(access_shaper_rate(config->access, STR("slow"), &rate));
	assert_int_equal(rate, 1000);
	assert_false(access_shaper_rate(config->access, STR("none"), &rate));
	struct access_subject who = subject("a", "h", "", "h");
	assert_true(access_shaper_for(config->access, STR("slow"), &who, &rate));
	assert_int_equal(rate, 1000);
	assert_true(access_shaper_for(config->access, STR("speed"), &who, &rate));
	assert_int_equal(rate, 50000);
	who = subject("admin", "h", "", "h");
	assert_false(access_shaper_for(config->access, STR("speed"), &who, &rate));
	assert_false(access_shaper_for(config->access, STR("none"), &who, &rate));
}

#define CASES(...)                                                              \
	static const struct conf_check_case cases[] = {__VA_ARGS__};            \
	(void)state;                                                            \
	conf_check_cases(cases, sizeof(cases) / sizeof(*cases))

static void refuses_bad_patterns(void **state)
{
	CASES({"[acl]\na = [{user = \"a b\"}]\n", "f:4:14: error: acl.a[0].user: \"a b\" can not be this part of an address\n"},
	      {"[acl]\na = [{server = \"a b\"}]\n", "f:4:16: error: acl.a[0].server: \"a b\" can not be this part of an address\n"},
	      {"[acl]\na = [{user_regexp = \"(\"}]\n",
	       "f:4:21: error: acl.a[0].user_regexp: is not a regular expression that can be used: Unmatched ( or \\(\n"},
	      {"[acl]\na = [{match = \"some\"}]\n",
	       "f:4:15: error: acl.a[0].match: expected \"current_domain\", \"any_hosted_domain\", \"all\" or \"none\", got \"some\"\n"},
	      {"[acl]\na = [{usr = \"x\"}]\n", "f:4:7: error: acl.a[0]: unknown key \"usr\"; did you mean \"user\"?\n"}, );
}

static void refuses_bad_clauses(void **state)
{
	CASES({"[access]\na = [{acl = \"all\"}]\n", "f:4:6: error: access.a[0]: the required key \"value\" is missing\n"},
	      {"[access]\na = [{value = \"allow\"}]\n", "f:4:6: error: access.a[0]: the required key \"acl\" is missing\n"},
	      {"[access]\na = [{acl = \"x\", value = 1}]\n",
	       "f:4:13: warning: access.a[0].acl: there is no acl of the name \"x\": this never matches\n"},
	      {"[access]\na = [{acl = \"all\", value = \"fsat\"}]\n[shaper.fast]\nmax_rate = 1\n",
	       "f:4:28: warning: access.a[0].value: \"fsat\" is no answer that a rule can give, and there is no shaper of that name\n"},
	      {"[access]\na = [{acl = \"all\", value = \"fast\"}, {acl = \"none\", value = \"none\"}, {acl = \"all\", value = \"infinity\"}]\n"
	       "[shaper.fast]\nmax_rate = 1\n",
	       ""},
	      {"[shaper.a]\nmax_rate = 0\n", "f:4:12: error: shaper.a.max_rate: expected an integer of at least 1, got 0\n"}, );
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_rules),
		cmocka_unit_test(gives_values),
		cmocka_unit_test(knows_which_rules_exist),
		cmocka_unit_test(asks_without_a_current_domain),
		cmocka_unit_test(merges_the_rules_of_a_host),
		cmocka_unit_test(finds_the_rate_of_shapers),
		cmocka_unit_test(refuses_bad_patterns),
		cmocka_unit_test(refuses_bad_clauses),
	};
	return cmocka_run_group_tests(tests, start, end);
}
