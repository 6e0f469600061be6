/* Listeners: the rows T-CFG-04 to T-CFG-48 that a file alone decides, and what is stored. */
#include "support/conf_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CASES(...)                                                              \
	static const struct conf_check_case cases[] = {__VA_ARGS__};            \
	(void)state;                                                            \
	conf_check_cases(cases, sizeof(cases) / sizeof(*cases))

/* Its first line is line 3 of the file. */
#define C2S "[[listen.c2s]]\n"
#define PORT C2S "port = 5222\n"

/* The one error about what is not implemented. */
#define IS_UNKNOWN(place, what, line) \
	"f:" place ": error: known, but not implemented: " what " (line " line "); remove what is named, or start with --ignore-unsupported\n"

static const struct config_listen *only_listener(const struct config *c)
{
	assert_non_null(c);
	assert_int_equal(c->listener_count, 1);
	return c->listeners[0];
}

static void test_T_CFG_04_no_listener(void **state)
{
	(void)state;
	const struct config *c = conf_check(CONF_CHECK_BASE, "");
	assert_int_equal(c->listener_count, 0);
	config_unref(&c);
}

static void test_T_CFG_05_unknown_type(void **state)
{
	CASES({"[[listen.foo]]\nport = 5222\n",
	       "f:3:10: error: listen: unknown key \"foo\"; there are \"c2s\", \"s2s\", \"component\" and \"http\"\n"},
	      {"[[listen.c2c]]\nport = 5222\n", "f:3:10: error: listen: unknown key \"c2c\"; did you mean \"c2s\"?\n"},
	      {"[listen.c2s]\nport = 5222\n",
	       "f:3:1: error: listen.c2s: expected a list of tables, got one table; write [[listen.c2s]]\n"},
	      {"[listen]\nc2s = 5\n", "f:4:7: error: listen.c2s: expected a list of tables, got 5\n"},
	      {"[listen]\nc2s = [1]\n", "f:4:8: error: listen.c2s[0]: expected a table, got an integer\n"}, );
}

static void test_T_CFG_06_missing_port(void **state)
{
	CASES({C2S, "f:3:1: error: listen.c2s[0]: the required key \"port\" is missing\n"},
	      {PORT "\n" C2S "backlog = 5\n", "f:6:1: error: listen.c2s[1]: the required key \"port\" is missing\n"}, );
}

static void test_T_CFG_07_port_out_of_range(void **state)
{
	CASES({C2S "port = -1\n", "f:4:8: error: listen.c2s[0].port: expected an integer from 0 to 65535, got -1\n"},
	      {C2S "port = 65536\n",
	       "f:4:8: error: listen.c2s[0].port: expected an integer from 0 to 65535, got 65536\n"},
	      {C2S "port = \"5222\"\n",
	       "f:4:8: error: listen.c2s[0].port: expected an integer from 0 to 65535, got \"5222\"\n"},
	      {C2S "port = 5222.0\n",
	       "f:4:8: error: listen.c2s[0].port: expected an integer from 0 to 65535, got 5222.0\n"},
	      {C2S "port = 65535\n", ""}, );
}

static void test_T_CFG_08_port_zero(void **state)
{
	CASES({C2S "port = 0\n", ""});
}

static void test_T_CFG_09_bad_address(void **state)
{
	CASES({PORT "ip_address = \"not-an-ip\"\n",
	       "f:5:14: error: listen.c2s[0].ip_address: expected an IPv4 or IPv6 address, got \"not-an-ip\"\n"},
	      {PORT "ip_address = \"192.168.1.999\"\n",
	       "f:5:14: error: listen.c2s[0].ip_address: expected an IPv4 or IPv6 address, got \"192.168.1.999\"\n"},
	      {PORT "ip_address = 5\n", "f:5:14: error: listen.c2s[0].ip_address: expected an IPv4 or IPv6 address, got 5\n"}, );
}

static void test_T_CFG_10_bad_ip_version(void **state)
{
	CASES({PORT "ip_version = 7\n", "f:5:14: error: listen.c2s[0].ip_version: expected 4 or 6, got 7\n"},
	      {PORT "ip_version = \"4\"\n", "f:5:14: error: listen.c2s[0].ip_version: expected 4 or 6, got \"4\"\n"}, );
}

static void check_address(const char *options, const char *address, int version)
{
	struct buf text;
	buf_init(&text);
	buf_printf(&text, "%s%s%s", CONF_CHECK_BASE, PORT, options);
	buf_append_char(&text, 0);
	const struct config *c = conf_check(text.data, "");
	assert_true(str_is(only_listener(c)->ip_address, address));
	assert_int_equal(only_listener(c)->ip_version, version);
	config_unref(&c);
	buf_fini(&text);
}

static void test_T_CFG_11_address_of_ip_version(void **state)
{
	(void)state;
	check_address("", "0.0.0.0", 4);
	check_address("ip_version = 4\n", "0.0.0.0", 4);
	check_address("ip_version = 6\n", "::", 6);
}

static void test_T_CFG_12_contradiction(void **state)
{
	CASES({PORT "ip_address = \"127.0.0.1\"\nip_version = 6\n",
	       "f:6:14: error: listen.c2s[0].ip_version: 6 contradicts ip_address = \"127.0.0.1\"\n"},
	      {PORT "ip_address = \"::1\"\nip_version = 4\n", "f:6:14: error: listen.c2s[0].ip_version: 4 contradicts ip_address = \"::1\"\n"},
	      {PORT "ip_address = \"::1\"\nip_version = 6\n", ""}, );
}

static void test_T_CFG_13_version_of_address(void **state)
{
	(void)state;
	check_address("ip_address = \"::1\"\n", "::1", 6);
	check_address("ip_address = \"127.1\"\n", "127.0.0.1", 4);
	check_address("ip_address = \"0\"\n", "0.0.0.0", 4);
}

static void test_T_CFG_14_proto(void **state)
{
	CASES({PORT "proto = \"udp\"\n", "f:5:9: error: listen.c2s[0].proto: expected \"tcp\", got \"udp\"\n"}, {PORT "proto = \"tcp\"\n", ""}, );
}

static void test_T_CFG_15_duplicates(void **state)
{
	CASES({PORT C2S "port = 5222\n", "f:5:1: error: listen.c2s[1]: listens on port 5222 of 0.0.0.0 as listen.c2s[0] on line 3 does\n"},
	      {PORT "ip_address = \"127.0.0.1\"\n" C2S "port = 5222\nip_address = \"127.1\"\n",
	       "f:6:1: error: listen.c2s[1]: listens on port 5222 of 127.0.0.1 as listen.c2s[0] on line 3 does\n"},
	      {C2S "port = 0\n" C2S "port = 0\n",
	       "f:5:1: error: listen.c2s[1]: listens on port 0 of 0.0.0.0 as listen.c2s[0] on line 3 does\n"},
	      {PORT "[[listen.http]]\nport = 5222\n",
	       "f:5:1: error: listen.http[0]: listens on port 5222 of 0.0.0.0 as listen.c2s[0] on line 3 does\n"},
	      {PORT C2S "port = 5222\nbacklog = 0\n",
	       "f:7:11: error: listen.c2s[1].backlog: expected an integer from 1 to 2147483647, got 0\n"}, );
}

static void test_T_CFG_16_same_port_other_address(void **state)
{
	CASES({PORT C2S "port = 5222\nip_address = \"127.0.0.1\"\n", ""}, {PORT C2S "port = 5222\nip_version = 6\n", ""}, );
}

static void test_T_CFG_17_unknown_key(void **state)
{
	CASES({PORT "foo = 1\n", "f:5:1: error: listen.c2s[0]: unknown key \"foo\"\n"},
	      {PORT "max_conections = 1\n", "f:5:1: error: listen.c2s[0]: unknown key \"max_conections\"; did you mean \"max_connections\"?\n"},
	      {PORT "tls.cert = \"x\"\n", "f:5:1: warning: listen.c2s[0].tls: there is no \"certfile\": TLS cannot be offered here\n"
					  "f:5:5: error: listen.c2s[0].tls: unknown key \"cert\"; did you mean \"certfile\"?\n"}, );
}

static void test_T_CFG_18_backlog(void **state)
{
	/* Zero is refused, as the manual says, though MongooseIM takes it. */
	CASES({PORT "backlog = 0\n", "f:5:11: error: listen.c2s[0].backlog: expected an integer from 1 to 2147483647, got 0\n"},
	      {PORT "backlog = -10\n", "f:5:11: error: listen.c2s[0].backlog: expected an integer from 1 to 2147483647, got -10\n"},
	      {PORT "backlog = \"1024\"\n", "f:5:11: error: listen.c2s[0].backlog: expected an integer from 1 to 2147483647, got \"1024\"\n"},
	      {PORT "backlog = 1\n", ""}, );
}

static void test_T_CFG_19_proxy_protocol(void **state)
{
	CASES({PORT "proxy_protocol = \"good\"\n", "f:5:18: error: listen.c2s[0].proxy_protocol: expected true or false, got \"good\"\n"},
	      {PORT "proxy_protocol = 1\n", "f:5:18: error: listen.c2s[0].proxy_protocol: expected true or false, got 1\n"},
	      {PORT "proxy_protocol = false\n", ""},
	      {PORT "proxy_protocol = true\n", ""}, );
}

static void test_T_CFG_20_hibernate_after(void **state)
{
	CASES({PORT "hibernate_after = 0\n", ""}, {PORT "hibernate_after = 10\n", ""},
	      {PORT "hibernate_after = \"infinity\"\n", ""},
	      {PORT "hibernate_after = -10\n", "f:5:19: error: listen.c2s[0].hibernate_after: expected an integer of "
					       "at least 0 or \"infinity\", got -10\n"},
	      {PORT "hibernate_after = \"inf\"\n",
	       "f:5:19: error: listen.c2s[0].hibernate_after: expected an integer of at least 0 or \"infinity\", got "
	       "\"inf\"; did you mean \"infinity\"?\n"}, );
}

static void test_T_CFG_21_max_stanza_size(void **state)
{
	CASES({PORT "max_stanza_size = 0\n",
	       "f:5:19: error: listen.c2s[0].max_stanza_size: expected an integer of at least 1 or \"infinity\", got 0\n"},
	      {PORT "max_stanza_size = \"unlimited\"\n",
	       "f:5:19: error: listen.c2s[0].max_stanza_size: expected an integer of at least 1 or \"infinity\", got \"unlimited\"\n"},
	      {PORT "max_stanza_size = \"infinity\"\n", ""}, {PORT "max_stanza_size = 10_000\n", ""}, );
}

static void test_T_CFG_22_num_acceptors(void **state)
{
	CASES({PORT "num_acceptors = 0\n", "f:5:17: error: listen.c2s[0].num_acceptors: expected an integer of at least 1, got 0\n"});
}

static void test_T_CFG_23_max_connections(void **state)
{
	CASES({PORT "max_connections = 0\n",
	       "f:5:19: error: listen.c2s[0].max_connections: expected an integer of at least 1 or \"infinity\", got 0\n"});
}

static void test_T_CFG_24_state_timeout(void **state)
{
	CASES({PORT "c2s_state_timeout = -1\n",
	       "f:5:1: warning: listen.c2s[0].c2s_state_timeout: is the old spelling of \"state_timeout\"\n"
	       "f:5:21: error: listen.c2s[0].c2s_state_timeout: expected an integer of at least 0 or \"infinity\", got -1\n"},
	      {PORT "state_timeout = 0\n", ""},
	      {PORT "state_timeout = 1\nc2s_state_timeout = 2\n",
	       "f:6:1: error: listen.c2s[0].c2s_state_timeout: is the old spelling of \"state_timeout\", which stands on line 5 as well; keep "
	       "one of them\n"}, );
}

static void test_T_CFG_25_allowed_auth_methods(void **state)
{
	CASES({PORT "allowed_auth_methods = [\"internal\", \"internal\"]\n",
	       "f:5:37: error: listen.c2s[0].allowed_auth_methods[1]: \"internal\" stands twice in the list, the first time on line 5\n"},
	      {PORT "allowed_auth_methods = [\"interna\"]\n",
	       "f:5:25: error: listen.c2s[0].allowed_auth_methods[0]: expected \"internal\", \"rdbms\", \"anonymous\", \"dummy\", \"http\", "
	       "\"jwt\", \"external\", \"ldap\" or \"pki\", got \"interna\"; did you mean \"internal\"?\n"},
	      {PORT "allowed_auth_methods = []\n", ""}, );
}

static void test_T_CFG_26_empty_names(void **state)
{
	CASES({PORT "access = \"\"\n", "f:5:10: error: listen.c2s[0].access: expected a non-empty string, got \"\"\n"},
	      {PORT "shaper = \"\"\n", "f:5:10: error: listen.c2s[0].shaper: expected a non-empty string, got \"\"\n"}, );
}

static void test_T_CFG_27_unknown_shaper(void **state)
{
	CASES({PORT "shaper = \"nosuch\"\n",
	       "f:5:10: error: listen.c2s[0].shaper: there is no shaper and no access rule of the name \"nosuch\"\n"},
	      {PORT "shaper = \"none\"\n", ""},
	      {PORT "shaper = \"fast\"\n[shaper.fast]\nmax_rate = 1\n", ""},
	      {PORT "shaper = \"rule\"\n[access]\nrule = []\n", ""},
	      {PORT "access = \"nosuch\"\n",
	       "f:5:10: warning: listen.c2s[0].access: there is no access rule of the name \"nosuch\": nobody is allowed\n"},
	      {PORT "access = \"none\"\n", ""}, );
}

#define SERVICE "[[listen.service]]\nport = 8888\n"
#define COMPONENT "[[listen.component]]\nport = 8888\n"
static void test_T_CFG_34_s2s_tls_mode(void **state)
{
	CASES({"[[listen.s2s]]\nport = 5269\ntls.mode = \"starttls\"\n",
	       "f:5:1: warning: listen.s2s[0].tls: there is no \"certfile\": TLS cannot be offered here\n"});
}

static void test_T_CFG_35_component_password(void **state)
{
	CASES({SERVICE, "f:3:1: error: listen.service[0]: the required key \"password\" is missing\n"
			"f:3:10: warning: listen.service: is the old spelling of \"component\"\n"},
	      {COMPONENT "password = \"\"\n",
	       "f:5:12: error: listen.component[0].password: expected a non-empty string, got \"\"\n"},
	      {COMPONENT "password = 123\n",
	       "f:5:12: error: listen.component[0].password: expected a non-empty string, got an integer\n"}, );
}

static void test_T_CFG_36_conflict_behaviour(void **state)
{
	CASES({COMPONENT "password = \"x\"\nconflict_behaviour = \"kill_server\"\n",
	       "f:6:22: error: listen.component[0].conflict_behaviour: expected \"disconnect\", \"kick_old\" or \"share\", got \"kill_server\"\n"});
}

static void test_T_CFG_37_component_tls(void **state)
{
#define TLS COMPONENT "password = \"x\"\ntls.certfile = \"meson.build\"\n"
	CASES({COMPONENT "password = \"x\"\ntls = {}\n",
	       "f:6:7: error: listen.component[0].tls.mode: nobody could connect here, because there is no \"certfile\"\n"},
	      {TLS "tls.mode = \"starttls\"\n", "f:6:1: warning: listen.component[0].tls: components cannot ask for STARTTLS: nothing is "
						 "encrypted here; mode = \"tls\" encrypts all\n"},
	      {TLS "tls.mode = \"starttls_required\"\n",
	       "f:6:1: error: listen.component[0].tls: components cannot ask for STARTTLS, so nobody could connect here; keep mode = \"tls\"\n"}, );
#undef TLS
}

static void stores_what_a_component_may_be_told(void **state)
{
	(void)state;
	const struct config *c = conf_check(CONF_CHECK_BASE COMPONENT "password = \"x\"\n[[listen.component]]\nport = 8889\n"
					    "password = \"y\"\ncheck_from = false\nhidden_components = true\n"
					    "conflict_behaviour = \"share\"\nshaper_rule = \"none\"\n",
					    "f:12:1: warning: listen.component[1].shaper_rule: is the old spelling of \"shaper\"\n");
	assert_int_equal(c->listener_count, 2);
	assert_string_equal(c->listeners[0]->password.data, "x");
	assert_true(c->listeners[0]->check_from);
	assert_false(c->listeners[0]->hidden_components);
	assert_int_equal(c->listeners[0]->conflict_behaviour, CONFIG_CONFLICT_DISCONNECT);
	assert_string_equal(c->listeners[1]->password.data, "y");
	assert_false(c->listeners[1]->check_from);
	assert_true(c->listeners[1]->hidden_components);
	assert_int_equal(c->listeners[1]->conflict_behaviour, CONFIG_CONFLICT_SHARE);
	config_unref(&c);
}

#define NOT_YET(type) IS_UNKNOWN("5:24", "listen.http[0].handlers." type, "5")
#define HTTP "[[listen.http]]\nport = 5280\n"
#define HANDLER(type) HTTP "[[listen.http.handlers." type "]]\nhost = \"_\"\npath = \"/x\"\n"

static void test_T_CFG_38_xmpp_options_on_http(void **state)
{
	CASES({HTTP "proxy_protocol = true\nbacklog = 5\nmax_stanza_size = 5\nhibernate_after = 5\n",
	       "f:5:1: error: listen.http[0]: unknown key \"proxy_protocol\"; it is an option of [[listen.c2s]]\n"
	       "f:6:1: error: listen.http[0]: unknown key \"backlog\"; it is an option of [[listen.c2s]]\n"
	       "f:7:1: error: listen.http[0]: unknown key \"max_stanza_size\"; it is an option of [[listen.c2s]]\n"});
}

static void test_T_CFG_39_to_41_http_transport(void **state)
{
	CASES({HTTP "transport.max_connections = 0\n", ""},
	      {HTTP "transport.num_acceptors = 0\n",
	       "f:5:27: error: listen.http[0].transport.num_acceptors: expected an integer of at least 1, got 0\n"},
	      {HTTP "protocol.compress = 1\n",
	       "f:5:21: error: listen.http[0].protocol.compress: expected true or false, got 1\n"}, );
}

static void test_T_CFG_42_misspelt_handler(void **state)
{
	CASES({HANDLER("mod_bosch"),
	       "f:5:24: error: listen.http[0].handlers: unknown key \"mod_bosch\"; did you mean \"mongoose_bosh_handler\"?\n"});
}

static void test_T_CFG_43_handler_without_host(void **state)
{
	CASES({HTTP "[[listen.http.handlers.mongoose_prometheus_handler]]\nhost = \"\"\n",
	       "f:5:1: error: listen.http[0].handlers.mongoose_prometheus_handler[0]: the required key \"path\" is missing\n"
	       "f:6:8: error: listen.http[0].handlers.mongoose_prometheus_handler[0].host: expected a non-empty string, got \"\"\n"});
}

#define WS "listen.http[0].handlers.mongoose_websocket_handler[0]."

static void test_T_CFG_44_websocket_options(void **state)
{
	CASES({HANDLER("mongoose_websocket_handler") "ping_rate = 0\ntimeout = -1\nmax_stanza_size = 0\n",
	       "f:8:13: error: " WS "ping_rate: expected an integer of at least 1, got 0\n"
	       "f:9:11: error: " WS "timeout: expected an integer of at least 0 or \"infinity\", got -1\n"
	       "f:10:19: error: " WS "max_stanza_size: expected an integer of at least 1 or \"infinity\", got 0\n"});
}

#define GRAPHQL "listen.http[0].handlers.mongoose_graphql_handler[0]"

static void test_T_CFG_45_and_46_graphql(void **state)
{
	CASES({HANDLER("mongoose_graphql_handler"),
	       "f:5:1: error: " GRAPHQL ": the required key \"schema_endpoint\" is missing\n"},
	      {HANDLER("mongoose_graphql_handler") "schema_endpoint = \"users\"\n",
	       "f:8:19: error: " GRAPHQL ".schema_endpoint: expected \"admin\", \"domain_admin\" or \"user\", got "
					 "\"users\"; did you mean \"user\"?\n"},
	      {HANDLER("mongoose_graphql_handler") "schema_endpoint = \"admin\"\nusername = \"x\"\n",
	       "f:9:12: error: " GRAPHQL ".username: \"username\" and \"password\" are only good together\n"}, );
}

static void test_T_CFG_47_all_errors_at_once(void **state)
{
	CASES({C2S "port = \"x\"\n[modules.mod_one]\nsize = 10\n[shaper.a]\n",
	       "f:4:8: error: listen.c2s[0].port: expected an integer from 0 to 65535, got \"x\"\n"
	       "f:6:8: error: modules.mod_one.size: expected an integer from 1 to 9, got 10\n"
	       "f:7:1: error: shaper.a: the required key \"max_rate\" is missing\n"});
}

static void stores_values_and_presets(void **state)
{
	(void)state;
	const struct config *c = conf_check(CONF_CHECK_BASE PORT, "");
	const struct config_listen *l = only_listener(c);
	assert_int_equal(l->kind, CONFIG_LISTEN_C2S);
	assert_int_equal(l->index, 0);
	assert_int_equal(l->line, 3);
	assert_int_equal(l->port, 5222);
	assert_int_equal(l->backlog, 1024);
	assert_int_equal(l->num_acceptors, 100);
	assert_true(l->max_connections == OPTION_INFINITY && l->max_stanza_size == OPTION_INFINITY);
	assert_int_equal(l->state_timeout_ms, 5000);
	assert_int_equal(l->hibernate_after_ms, 0);
	assert_true(l->backwards_compatible_session && !l->reuse_port && !l->proxy_protocol && !l->limits_auth_methods);
	assert_true(str_is(l->access, "all") && str_is(l->shaper, "none"));
	assert_null(l->tls);
	config_unref(&c);

	c = conf_check(CONF_CHECK_BASE PORT "max_connections = 7\nhibernate_after = \"infinity\"\nallowed_auth_methods = [\"pki\"]\n", "");
	l = only_listener(c);
	assert_int_equal(l->max_connections, 7);
	assert_true(l->hibernate_after_ms == OPTION_INFINITY);
	assert_true(l->limits_auth_methods);
	assert_int_equal(l->allowed_auth_methods.count, 1);
	assert_int_equal(*(const int *)l->allowed_auth_methods.items, CONFIG_AUTH_PKI);
	config_unref(&c);
}

static void ignores_what_has_no_meaning(void **state)
{
	CASES({PORT "zlib = 1000\n", "f:5:1: warning: listen.c2s[0].zlib: has no effect here: streams are not compressed\n"});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_T_CFG_04_no_listener),
		cmocka_unit_test(test_T_CFG_05_unknown_type),
		cmocka_unit_test(test_T_CFG_06_missing_port),
		cmocka_unit_test(test_T_CFG_07_port_out_of_range),
		cmocka_unit_test(test_T_CFG_08_port_zero),
		cmocka_unit_test(test_T_CFG_09_bad_address),
		cmocka_unit_test(test_T_CFG_10_bad_ip_version),
		cmocka_unit_test(test_T_CFG_11_address_of_ip_version),
		cmocka_unit_test(test_T_CFG_12_contradiction),
		cmocka_unit_test(test_T_CFG_13_version_of_address),
		cmocka_unit_test(test_T_CFG_14_proto),
		cmocka_unit_test(test_T_CFG_15_duplicates),
		cmocka_unit_test(test_T_CFG_16_same_port_other_address),
		cmocka_unit_test(test_T_CFG_17_unknown_key),
		cmocka_unit_test(test_T_CFG_18_backlog),
		cmocka_unit_test(test_T_CFG_19_proxy_protocol),
		cmocka_unit_test(test_T_CFG_20_hibernate_after),
		cmocka_unit_test(test_T_CFG_21_max_stanza_size),
		cmocka_unit_test(test_T_CFG_22_num_acceptors),
		cmocka_unit_test(test_T_CFG_23_max_connections),
		cmocka_unit_test(test_T_CFG_24_state_timeout),
		cmocka_unit_test(test_T_CFG_25_allowed_auth_methods),
		cmocka_unit_test(test_T_CFG_26_empty_names),
		cmocka_unit_test(test_T_CFG_27_unknown_shaper),
		cmocka_unit_test(test_T_CFG_34_s2s_tls_mode),
		cmocka_unit_test(test_T_CFG_35_component_password),
		cmocka_unit_test(test_T_CFG_36_conflict_behaviour),
		cmocka_unit_test(test_T_CFG_37_component_tls),
		cmocka_unit_test(stores_what_a_component_may_be_told),
		cmocka_unit_test(test_T_CFG_38_xmpp_options_on_http),
		cmocka_unit_test(test_T_CFG_39_to_41_http_transport),
		cmocka_unit_test(test_T_CFG_42_misspelt_handler),
		cmocka_unit_test(test_T_CFG_43_handler_without_host),
		cmocka_unit_test(test_T_CFG_44_websocket_options),
		cmocka_unit_test(test_T_CFG_45_and_46_graphql),
		cmocka_unit_test(test_T_CFG_47_all_errors_at_once),
		cmocka_unit_test(stores_values_and_presets),
		cmocka_unit_test(ignores_what_has_no_meaning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
