#include "conf/handlers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/conf_check.h"

#define HTTP "[[listen.http]]\nport = 5280\n"
#define HANDLER(type, more) "[[listen.http.handlers." type "]]\nhost = \"_\"\npath = \"/x\"\n" more

static const struct config_listen *listen_of(const struct config *c)
{
	assert_int_equal(c->listener_count, 1);
	return c->listeners[0];
}

static void has_presets(void **state)
{
	const struct config *c = conf_check(CONF_CHECK_BASE HTTP HANDLER("mod_websockets", "") HANDLER("mongoose_prometheus_handler", ""),
					    "f:5:24: warning: listen.http[0].handlers.mod_websockets: is the old spelling of "
					    "\"mongoose_websocket_handler\"\n");
	const struct config_listen *l = listen_of(c);
	const struct handlers_websocket *w = l->handlers->websocket.items;
	const struct handlers_entry *all = l->handlers->all.items;

	(void)state;
	assert_int_equal(l->max_connections, 1024);
	assert_int_equal(l->num_acceptors, 100);
	assert_false(l->compress);
	assert_int_equal(l->handlers->websocket.count, 1);
	assert_true(w->timeout_ms == OPTION_INFINITY && w->ping_rate_ms == 0 && w->backwards_compatible_session);
	assert_int_equal(w->state_timeout_ms, 5000);
	assert_int_equal(l->handlers->all.count, 2);
	assert_string_equal(all[0].name, "mongoose_websocket_handler");
	assert_true(str_is(handlers_place_of(&all[1])->path, "/x"));
	assert_false(handlers_lacks_credentials(&all[0]));
	config_unref(&c);
}

#define GRAPHQL HANDLER("mongoose_graphql_handler", "schema_endpoint = \"admin\"\n")
#define USERS HANDLER("mongoose_graphql_handler", "schema_endpoint = \"user\"\n")
#define REST HANDLER("mongoose_admin_api", "")
#define DASHBOARD HANDLER("meerkat_dashboard", "")
#define REFUSAL(line, name)                                                                                                       \
	"f:" line ":1: error: listen.http[0].handlers: " name "[0] has no username and password, and without " \
	"them may only be served on this machine: ip_address = \"127.0.0.1\"\n"

/* Whoever can connect could administrate the server. */
static void wants_credentials_beyond_loopback(void **state)
{
	static const struct conf_check_case cases[] = {
		{HTTP "ip_address = \"127.0.0.1\"\n" GRAPHQL, ""},
		{HTTP "ip_address = \"::1\"\n" GRAPHQL, ""},
		{HTTP GRAPHQL "username = \"a\"\npassword = \"b\"\n", ""},
		{HTTP USERS, ""},
		{HTTP GRAPHQL, REFUSAL("5", "mongoose_graphql_handler")},
		{HTTP "ip_address = \"192.0.2.1\"\n" GRAPHQL, REFUSAL("6", "mongoose_graphql_handler")},
		{HTTP "ip_address = \"127.0.0.1\"\n" REST, ""},
		{HTTP REST "username = \"a\"\npassword = \"b\"\n", ""},
		{HTTP REST, REFUSAL("5", "mongoose_admin_api")}, /* T-HTTP-27 */
		{HTTP "ip_address = \"127.0.0.1\"\n" DASHBOARD, ""},
		{HTTP DASHBOARD "username = \"a\"\npassword = \"b\"\n", ""},
		{HTTP DASHBOARD, REFUSAL("5", "meerkat_dashboard")},
	};

	(void)state;
	conf_check_cases(cases, sizeof cases / sizeof cases[0]);
}

static void says_who_lacks_credentials(void **state)
{
	struct handlers_credentials none = {STR_NONE, STR_NONE}, some = {STR("a"), STR("b")};

	(void)state;
	assert_true(handlers_lacks_credentials(&(struct handlers_entry){.credentials = &none}));
	assert_false(handlers_lacks_credentials(&(struct handlers_entry){.credentials = &some}));
	assert_false(handlers_lacks_credentials(&(struct handlers_entry){.credentials = NULL}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_presets),
		cmocka_unit_test(wants_credentials_beyond_loopback),
		cmocka_unit_test(says_who_lacks_credentials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
