/* The sections of the methods of [auth], and the pools that they need. */
#include "support/conf_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define GENERAL "general = {hosts = [\"h\", \"i\"], default_server_domain = \"h\"}\n"
#define HTTP_POOL "[outgoing_pools.http.auth]\nconnection.host = \"http://localhost:1\"\n"
#define LDAP "[auth.ldap]\nbase = \"dc=h\"\n"
#define LDAP_POOLS "[outgoing_pools.ldap]\ndefault = {}\nbind = {}\n"

/* Loads a text that is whole, and gives nothing back. */
static void check_whole(const char *text, const char *report)
{
	const struct config *c = conf_check(text, report);
	config_unref(&c);
}

static const struct config_auth *auth_of(const struct config *c, const char *host)
{
	return config_find_host(c, str_from(host))->auth;
}

static void stores_simple_methods(void **state)
{
	(void)state;
	const struct config *c = conf_check(GENERAL "[auth.anonymous]\n[auth.dummy]\n[auth.external]\nprogram = \"a b\"\n", "");
	const struct config_auth *a = auth_of(c, "h");
	const int *methods = a->methods.items;
	assert_int_equal(a->methods.count, 3);
	assert_int_equal(methods[0], CONFIG_AUTH_ANONYMOUS);
	assert_int_equal(methods[2], CONFIG_AUTH_EXTERNAL);
	assert_int_equal(a->anonymous->protocol, CONFIG_SASL_ANON);
	assert_false(a->anonymous->allow_multiple_connections);
	assert_int_equal(a->dummy->base_time_ms, 50);
	assert_int_equal(a->dummy->variance_ms, 450);
	assert_true(str_is(a->external->program, "a b"));
	assert_int_equal(a->external->instances, 1);
	assert_null(a->jwt);
	assert_ptr_equal(a->config, c);
	config_unref(&c);
}

static void counts_the_configuration_of_a_section(void **state)
{
	(void)state;
	const struct config *c = conf_check(GENERAL "[auth.anonymous]\nprotocol = \"both\"\n", "");
	const struct config_auth *a = auth_of(c, "i");
	config_auth_ref(a);
	config_unref(&c);
	assert_int_equal(a->anonymous->protocol, CONFIG_BOTH_ANON);
	config_auth_unref(&a);
	assert_null(a);
}

static void tells_of_rdbms(void **state)
{
	(void)state;
	check_whole(GENERAL "[auth.rdbms]\nusers_number_estimate = true\n",
		    "f:2:1: warning: auth.rdbms: the accounts are those of \"internal\", in the server's own store: there is one database\n"
		    "f:3:1: warning: auth.rdbms.users_number_estimate: has no effect here: accounts are counted quickly anyway\n");
}

static void tells_of_clients_that_prefer_scram(void **state)
{
	static const char warning[] =
		"f:2:1: warning: auth: users of \"dummy\" can log in with PLAIN only, but clients prefer SCRAM, which is offered for other "
		"methods; write sasl_mechanisms = [\"plain\"]\n";
	(void)state;
	check_whole(GENERAL "[auth]\ninternal = {}\ndummy = {}\n", warning);
	check_whole(GENERAL "[auth]\nsasl_mechanisms = [\"plain\"]\ninternal = {}\ndummy = {}\n", "");
}

#define JWT "[auth.jwt]\nalgorithm = \"HS256\"\nusername_key = \"sub\"\n"

static void examines_jwt(void **state)
{
	(void)state;
	check_whole(GENERAL JWT, "f:2:1: error: auth.jwt: the required section [auth.jwt.secret] is missing\n");
	check_whole(GENERAL JWT "secret = {}\n", "f:5:10: error: auth.jwt.secret: expected exactly one of \"file\", \"env\" and \"value\"\n");
	check_whole(GENERAL JWT "secret = {value = \"x\", env = \"Y\"}\n",
		    "f:5:10: error: auth.jwt.secret: expected exactly one of \"file\", \"env\" and \"value\"\n");
	check_whole(GENERAL JWT "secret.file = \"/nowhere\"\n",
		    "f:5:15: error: auth.jwt.secret.file: the file \"/nowhere\" cannot be used: No such file or directory\n");
	check_whole(GENERAL "[auth.jwt]\nsecret.value = \"x\"\nalgorithm = \"none\"\nusername_key = \"\"\n",
		    "f:4:13: error: auth.jwt.algorithm: expected \"HS256\", \"HS384\", \"HS512\", \"RS256\", \"RS384\", \"RS512\", \"ES256\", "
		    "\"ES384\" or \"ES512\", got \"none\"\n"
		    "f:5:16: error: auth.jwt.username_key: expected a non-empty string, got \"\"\n");
	const struct config *c = conf_check(GENERAL JWT "secret.value = \"x\"\n", "");
	const struct config_auth_jwt *j = auth_of(c, "h")->jwt;
	assert_true(str_is(j->secret_value, "x") && str_is(j->algorithm, "HS256") && str_is(j->username_key, "sub"));
	assert_null(j->secret_env.data);
	config_unref(&c);
}

#ifndef MEERKAT_WITHOUT_CURL
static void examines_http(void **state)
{
	(void)state;
	check_whole(GENERAL "[auth.http]\n", "f:2:1: error: auth: needs a section [outgoing_pools.http.auth]\n");
	check_whole(GENERAL "[auth.http]\n[outgoing_pools.http.auth]\n",
		    "f:3:1: error: outgoing_pools.http.auth: the required section [outgoing_pools.http.auth.connection] is missing\n");
	check_whole(GENERAL "[auth.http]\n[outgoing_pools.http.auth]\nconnection.host = \"localhost\"\n",
		    "f:4:19: error: outgoing_pools.http.auth.connection.host: expected a URL like \"https://example.org:8000\", got "
		    "\"localhost\"\n");
	check_whole(GENERAL "[auth.http]\n" HTTP_POOL "strategy = \"best_worker\"\n",
		    "f:5:1: warning: outgoing_pools.http.auth.strategy: has no effect here: all requests wait in one queue for the next free "
		    "worker\n");
}

static void finds_the_pool_of_a_host(void **state)
{
	(void)state;
	const struct config *c = conf_check(GENERAL "[auth.http]\nbasic_auth = \"a:b\"\n" HTTP_POOL
						    "connection.tls = {verify_mode = \"none\"}\n"
						    "[[host_config]]\nhost = \"i\"\n"
						    "[host_config.outgoing_pools.http.auth]\n"
						    "workers = 3\nconnection = {host = \"https://other\", path_prefix = \"/x/\"}\n",
					    "");
	const struct pool_http *h = auth_of(c, "h")->http->pool, *i = auth_of(c, "i")->http->pool;
	assert_true(str_is(h->host, "http://localhost:1") && str_is(h->path_prefix, "/") && str_is(h->common.tag, "auth"));
	assert_int_equal(h->request_timeout_ms, 2000);
	assert_int_equal(h->common.workers, 10);
	assert_int_equal(h->common.call_timeout_ms, 5000);
	assert_int_equal(h->common.queue_max, 100);
	assert_int_equal(h->tls->verify_mode, POOL_VERIFY_NONE);
	assert_true(str_is(i->host, "https://other") && str_is(i->path_prefix, "/x/"));
	assert_int_equal(i->common.workers, 3);
	assert_null(i->tls);
	assert_true(str_is(auth_of(c, "i")->http->basic_auth, "a:b"));
	config_unref(&c);
}

static void knows_pools_of_single_hosts(void **state)
{
	static const char single[] = GENERAL "[auth.http]\n" HTTP_POOL "scope = \"single_host_type\"\nhost_type = \"h\"\n";
	(void)state;
	check_whole(single, "f:2:1: error: auth: needs a section [outgoing_pools.http.auth]\n");
	check_whole(GENERAL "auth.dummy = {}\n" HTTP_POOL "scope = \"single_host\"\n",
		    "f:5:9: error: outgoing_pools.http.auth.scope: a pool of a single host needs \"host_type\", which names it\n");
	check_whole(GENERAL "auth.dummy = {}\n" HTTP_POOL "host_type = \"h\"\n",
		    "f:5:13: error: outgoing_pools.http.auth.host_type: belongs to the scope \"single_host_type\" only\n");
	const struct config *c = conf_check(GENERAL "auth.dummy = {}\n" HTTP_POOL "scope = \"single_host_type\"\nhost_type = \"i\"\n"
						    "[[host_config]]\nhost = \"i\"\nauth.http = {}\n",
					    "");
	assert_non_null(auth_of(c, "i")->http->pool);
	assert_null(auth_of(c, "h")->http);
	config_unref(&c);
}

#endif

#ifndef MEERKAT_WITHOUT_LDAP
static void examines_ldap(void **state)
{
	(void)state;
	check_whole(GENERAL "[auth.ldap]\n" LDAP_POOLS, "f:2:1: error: auth.ldap: the required key \"base\" is missing\n");
	check_whole(GENERAL LDAP "[outgoing_pools.ldap.default]\n", "f:2:1: error: auth: needs a section [outgoing_pools.ldap.bind]\n");
	check_whole(GENERAL LDAP "pool_tag = \"x\"\n" LDAP_POOLS, "f:2:1: error: auth: needs a section [outgoing_pools.ldap.x]\n");
	check_whole(GENERAL LDAP "filter = \"(a=b\"\n" LDAP_POOLS,
		    "f:4:10: error: auth.ldap.filter: expected a filter in parentheses like \"(objectClass=person)\", got \"(a=b\"\n");
	check_whole(GENERAL LDAP "filter = \"(a=b)(c=d)\"\n" LDAP_POOLS,
		    "f:4:10: error: auth.ldap.filter: expected a filter in parentheses like \"(objectClass=person)\", got \"(a=b)(c=d)\"\n");
	check_whole(GENERAL LDAP "uids = [{attr = \"uid\", format = \"user\"}]\n" LDAP_POOLS,
		    "f:4:33: error: auth.ldap.uids[0].format: expected \"%u\" once, where the name of the user is, got \"user\"\n");
	check_whole(GENERAL LDAP "uids = []\n" LDAP_POOLS, "f:4:8: error: auth.ldap.uids: expected at least one attribute\n");
	check_whole(GENERAL LDAP "local_filter = {operation = \"less\", attribute = \"a\", values = []}\n" LDAP_POOLS,
		    "f:4:29: error: auth.ldap.local_filter.operation: expected \"equal\" or \"notequal\", got \"less\"\n");
}

static void stores_ldap(void **state)
{
	(void)state;
	const struct config *c = conf_check(GENERAL LDAP LDAP_POOLS, "");
	const struct config_auth_ldap *l = auth_of(c, "h")->ldap;
	const struct config_ldap_uid *uids = l->uids.items;
	assert_true(str_is(l->base, "dc=h") && str_is(uids[0].attribute, "uid") && str_is(uids[0].format, "%u"));
	assert_int_equal(l->uids.count, 1);
	assert_null(l->dn_filter.data);
	assert_null(l->local_attribute.data);
	assert_int_equal(l->pool->port, 389);
	assert_int_equal(l->pool->servers.count, 1);
	assert_int_equal(l->pool->connect_interval_ms, 10000);
	assert_ptr_not_equal(l->pool, l->bind_pool);
	config_unref(&c);

	c = conf_check(GENERAL "[auth.ldap]\nbase = \"dc=h\"\nfilter = \"(&(a=b)(c=d))\"\nderef = \"searching\"\n"
			       "uids = [{attr = \"mail\", format = \"%u@h\"}, {attr = \"cn\"}]\n"
			       "dn_filter = {filter = \"(&(o=%D)(s=%s))\", attributes = [\"sn\"]}\n"
			       "local_filter = {operation = \"notequal\", attribute = \"status\", values = [\"off\"]}\n"
			       "[outgoing_pools.ldap.default]\nconnection.tls = {}\n[outgoing_pools.ldap.bind]\nconnection.port = 7\n",
		       "");
	l = auth_of(c, "h")->ldap;
	uids = l->uids.items;
	assert_true(str_is(uids[0].format, "%u@h") && str_is(uids[1].format, "%u"));
	assert_true(str_is(l->dn_filter, "(&(o=%D)(s=%s))"));
	assert_int_equal(l->dn_filter_attributes.count, 1);
	assert_int_equal(l->local_filter, CONFIG_LOCAL_NOT_EQUAL);
	assert_true(str_is(l->local_attribute, "status"));
	assert_int_equal(l->deref, CONFIG_DEREF_SEARCHING);
	assert_int_equal(l->pool->port, 636);
	assert_int_equal(l->bind_pool->port, 7);
	config_unref(&c);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stores_simple_methods),
		cmocka_unit_test(counts_the_configuration_of_a_section),
		cmocka_unit_test(tells_of_rdbms),
		cmocka_unit_test(tells_of_clients_that_prefer_scram),
		cmocka_unit_test(examines_jwt),
#ifndef MEERKAT_WITHOUT_CURL
		cmocka_unit_test(examines_http),
		cmocka_unit_test(finds_the_pool_of_a_host),
		cmocka_unit_test(knows_pools_of_single_hosts),
#endif
#ifndef MEERKAT_WITHOUT_LDAP
		cmocka_unit_test(examines_ldap),
		cmocka_unit_test(stores_ldap),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
