/* The sections general, listen.c2s.tls, auth and meerkat: rows T-CFG-02, 03, 28 to 33, and what is stored. */
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

/* The options of the tls section of the one listener start on line 6. */
#define TLS "[[listen.c2s]]\nport = 5222\n[listen.c2s.tls]\n"
#define CERTFILE "certfile = \"/etc/passwd\"\n"
#define NO_CERTFILE "warning: listen.c2s[0].tls: there is no \"certfile\": TLS cannot be offered here\n"

/* Loads a text that is whole, and gives nothing back. */
static void check_whole(const char *text, const char *report)
{
	const struct config *c = conf_check(text, report);
	config_unref(&c);
}

static void test_T_CFG_01_syntax_error(void **state)
{
	(void)state;
	check_whole("[general\n", "f:1:9: error: syntax error: expected \"]\" behind the name of the section, got the end of the line\n");
	check_whole("a = 1\na = 2\n", "f:2:5: error: syntax error: the name stands in the file already, with a value; a name can be given once\n");
}

static void test_T_CFG_02_missing_general(void **state)
{
	(void)state;
	check_whole("", "f:1:1: error: the required section [general] is missing\n"
			"f:1:1: warning: there is no section [auth]: nobody can log in\n");
	check_whole("[general]\nhosts = [\"h\"]\n[auth.internal]\n",
		    "f:1:1: error: general: the required key \"default_server_domain\" is missing\n");
	check_whole("general = 5\n[auth.internal]\n", "f:1:11: error: general: expected a table, got 5\n");
}

static void test_T_CFG_03_no_hosts(void **state)
{
	(void)state;
	check_whole("general = {default_server_domain = \"h\"}\n[auth.internal]\n",
		    "f:1:11: error: general: \"hosts\" or \"host_types\" must name at least one\n");
	check_whole("general = {default_server_domain = \"h\", hosts = [], host_types = []}\n[auth.internal]\n",
		    "f:1:11: error: general: \"hosts\" or \"host_types\" must name at least one\n");
	check_whole("general = {default_server_domain = \"h\", hosts = [\"h\", \"H\"]}\n[auth.internal]\n",
		    "f:1:55: error: general.hosts[1]: \"H\" stands twice in the list, the first time on line 1\n");
	check_whole("general = {default_server_domain = \"h\", hosts = [\"h\"], host_types = [\"h\"]}\n[auth.internal]\n",
		    "f:1:69: error: known, but not implemented: general.host_types (line 1); remove what is named, or start with "
		    "--ignore-unsupported\n"
		    "f:1:70: error: general.host_types[0]: \"h\" is one of \"hosts\" already\n");
}

/* Host types belong to domains in a database, which are not there: whatever the methods and modules could do with them, they are refused. */
static void test_T_CFG_49_host_types(void **state)
{
	(void)state;
	check_whole("general = {default_server_domain = \"h\", host_types = [\"x\"]}\n[auth.internal]\n",
		    "f:1:54: error: known, but not implemented: general.host_types (line 1); remove what is named, or start with "
		    "--ignore-unsupported\n");
}

static void refuses_templates_as_hosts(void **state)
{
	(void)state;
	check_whole("general = {default_server_domain = \"@HOST@\", hosts = [\"@HOST@\"]}\n[auth.internal]\n",
		    "f:1:36: error: general.default_server_domain: expected a domain name, got \"@HOST@\"\n"
		    "f:1:55: error: general.hosts[0]: expected a domain name, got \"@HOST@\"\n");
}

static void stores_general(void **state)
{
	(void)state;
	const struct config *c = conf_check("[general]\nhosts = [\"A.example\", \"b.example\"]\ndefault_server_domain = \"A.Example\"\n"
					    "loglevel = \"info\"\nregistration_timeout = \"infinity\"\n[auth.internal]\n",
					    "");
	assert_int_equal(c->general.loglevel, LOG_INFO);
	assert_true(str_is(c->general.default_server_domain, "a.example"));
	assert_true(str_is(c->general.language, "en"));
	assert_true(c->general.registration_timeout_s == OPTION_INFINITY);
	assert_false(c->general.hide_service_name);
	assert_int_equal(c->host_count, 2);
	assert_true(str_is(c->hosts[0].name, "a.example"));
	config_unref(&c);
	c = conf_check(CONF_CHECK_BASE, "");
	assert_int_equal(c->general.loglevel, LOG_WARN);
	config_unref(&c);
}

static void accepts_tuning_of_others(void **state)
{
	(void)state;
	check_whole("[general]\nhosts = [\"h\"]\ndefault_server_domain = \"h\"\nsm_backend = \"mnesia\"\nmax_fsm_queue = 1000\n"
		    "replaced_wait_timeout = 2000\n[auth.internal]\n",
		    "f:4:1: warning: general.sm_backend: has no effect here: sessions are kept in memory\n"
		    "f:5:1: warning: general.max_fsm_queue: has no effect here: it tunes the inside of MongooseIM\n"
		    "f:6:1: warning: general.replaced_wait_timeout: has no effect here: a session that is replaced ends at once, "
		    "so nobody waits for it\n");
}

static void test_T_CFG_28_missing_certfile(void **state)
{
	CASES({TLS "certfile = \"no/such.pem\"\n",
	       "f:6:12: error: listen.c2s[0].tls.certfile: the file \"no/such.pem\" cannot be used: No such file or directory\n"},
	      {TLS "certfile = \"/etc\"\n", "f:6:12: error: listen.c2s[0].tls.certfile: \"/etc\" is not a regular file\n"},
	      {TLS CERTFILE "crl_files = [\"no/such.pem\"]\n",
	       "f:7:14: error: listen.c2s[0].tls.crl_files[0]: the file \"no/such.pem\" cannot be used: No such file or directory\n"}, );
}

static void test_T_CFG_29_bad_mode(void **state)
{
	CASES({TLS CERTFILE "mode = \"maybe\"\n",
	       "f:7:8: error: listen.c2s[0].tls.mode: expected \"starttls\", \"starttls_required\" or \"tls\", got \"maybe\"\n"},
	      {TLS CERTFILE "mode = \"start_tls\"\n",
	       "f:7:8: error: listen.c2s[0].tls.mode: expected \"starttls\", \"starttls_required\" or \"tls\", got \"start_tls\"; did you mean "
	       "\"starttls\"?\n"}, );
}

/* There is one TLS, which has the options of both of MongooseIM's. */
static void test_T_CFG_30_keyfile(void **state)
{
	CASES({TLS CERTFILE "keyfile = \"/etc/passwd\"\nmodule = \"fast_tls\"\n",
	       "f:8:1: warning: listen.c2s[0].tls.module: has no effect here: there is one TLS\n"});
}

#define OLD_VERSIONS "is the old spelling of \"versions\", which names the versions that are on"

static void test_T_CFG_31_protocol_options(void **state)
{
	CASES({TLS CERTFILE "protocol_options = [\"no_tlsv1\"]\n",
	       "f:7:20: warning: listen.c2s[0].tls.protocol_options: " OLD_VERSIONS "\n"},
	      {TLS CERTFILE "protocol_options = [\"no_tlsv1\"]\nversions = [\"tlsv1.2\"]\n",
	       "f:7:20: error: listen.c2s[0].tls.protocol_options: says the same as \"versions\" in an older way; keep \"versions\"\n"},
	      {TLS CERTFILE "protocol_options = [\"no_tlsv1\", \"no_tlsv1_1\", \"no_tlsv1_2\", \"no_tlsv1_3\"]\n",
	       "f:7:20: error: listen.c2s[0].tls.protocol_options: leaves no version of TLS\n"
	       "f:7:20: warning: listen.c2s[0].tls.protocol_options: " OLD_VERSIONS "\n"}, );
}

static void test_T_CFG_32_selfsigned_peer(void **state)
{
	CASES({TLS CERTFILE "verify_mode = \"selfsigned_peer\"\n", ""},
	      {TLS CERTFILE "verify_mode = \"self\"\n", "f:7:15: error: listen.c2s[0].tls.verify_mode: expected \"peer\", \"selfsigned_peer\" "
							"or \"none\", got \"self\"; did you mean \"selfsigned_peer\"?\n"}, );
}

static void test_T_CFG_33_tls_without_certfile(void **state)
{
	CASES({TLS, "f:5:1: " NO_CERTFILE}, {"[[listen.c2s]]\nport = 5222\ntls = {}\n", "f:5:7: " NO_CERTFILE}, );
}

static const struct config_tls *load_tls(const struct config **config, const char *options)
{
	struct buf text;
	buf_init(&text);
	buf_printf(&text, "%s%s%s%s", CONF_CHECK_BASE, TLS, CERTFILE, options);
	buf_append_char(&text, 0);
	bool is_old = strstr(options, "protocol_options") != NULL;
	*config = conf_check(text.data, is_old ? "f:7:20: warning: listen.c2s[0].tls.protocol_options: " OLD_VERSIONS "\n" : "");
	buf_fini(&text);
	assert_non_null((*config)->listeners[0]->tls);
	return (*config)->listeners[0]->tls;
}

static void assert_versions(const char *options, size_t count, int first)
{
	const struct config *c;
	const struct config_tls *t = load_tls(&c, options);
	assert_int_equal(t->versions.count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(((const int *)t->versions.items)[i], first + (int)i);
	config_unref(&c);
}

static void chooses_tls_versions(void **state)
{
	(void)state;
	assert_versions("", 0, 0);
	assert_versions("versions = [\"tlsv1.2\", \"tlsv1.3\"]\n", 2, 2);
	assert_versions("protocol_options = [\"no_sslv2\", \"no_sslv3\", \"no_tlsv1\", \"no_tlsv1_1\"]\n", 2, 2);
	assert_versions("protocol_options = [\"no_sslv3\"]\n", 4, 0);
}

/* Mandatory only if both are written: a file of MongooseIM 6.1 may have one of them and mean "if there is one". */
static void asks_for_certificates_of_clients(void **state)
{
	static const struct {
		const char *options;
		bool is_required;
	} cases[] = {
		{"", false},
		{"verify_mode = \"peer\"\n", false},
		{"disconnect_on_failure = true\n", false},
		{"verify_mode = \"peer\"\ndisconnect_on_failure = true\n", true},
		{"verify_mode = \"peer\"\ndisconnect_on_failure = false\n", false},
		{"verify_mode = \"selfsigned_peer\"\ndisconnect_on_failure = true\n", false},
		{"verify_mode = \"none\"\ndisconnect_on_failure = true\n", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct config *c;
		assert_int_equal(load_tls(&c, cases[i].options)->verify_is_required, cases[i].is_required);
		config_unref(&c);
	}
}

static void stores_tls(void **state)
{
	const struct config *c;
	(void)state;
	const struct config_tls *t = load_tls(&c, "mode = \"tls\"\npassword = \"p\"\nciphers = \"HIGH\"\n");
	assert_int_equal(t->mode, CONFIG_TLS);
	assert_true(str_is(t->certfile, "/etc/passwd") && str_is(t->password, "p") && str_is(t->ciphers, "HIGH"));
	assert_null(t->keyfile.data);
	assert_int_equal(t->verify_mode, CONFIG_VERIFY_PEER);
	assert_true(t->disconnect_on_failure);
	config_unref(&c);
	assert_int_equal(load_tls(&c, "")->mode, CONFIG_STARTTLS);
	config_unref(&c);
}

#define GENERAL "general = {hosts = [\"h\"], default_server_domain = \"h\"}\n"
#define GROUP(place, what) \
	"f:" place ": error: known, but not implemented: " what "; remove what is named, or start with --ignore-unsupported\n"
#define NO_METHOD "there is no method of authentication that could be used: nobody can log in\n"

static void examines_auth_methods(void **state)
{
	(void)state;
	check_whole(GENERAL "[auth]\nmethods = [\"internal\"]\n", "f:3:11: error: auth.methods: \"internal\" needs a section [auth.internal]\n");
	check_whole(GENERAL "[auth]\nmethods = [\"riak\"]\n",
		    "f:3:12: error: auth.methods[0]: expected \"internal\", \"rdbms\", \"anonymous\", \"dummy\", \"http\", \"jwt\", "
		    "\"external\", \"ldap\" or \"pki\", got \"riak\"\n");
	check_whole(GENERAL "[auth]\n", "f:2:1: warning: auth: " NO_METHOD);
	check_whole(GENERAL "[auth.dummy]\n[auth.external]\ninstances = 0\n",
		    "f:3:1: error: auth.external: the required key \"program\" is missing\n"
		    "f:4:13: error: auth.external.instances: expected an integer of at least 1, got 0\n");
	check_whole(GENERAL "[auth]\nsasl_mechanisms = [\"scram_sha1\", \"digest\"]\n[auth.internal]\n",
		    GROUP("3:19", "auth.sasl_mechanisms (digest) (line 3)"));
	check_whole(GENERAL "[auth]\nsasl_mechanisms = [\"external\"]\nsasl_external = [\"common_name\", \"standard\"]\n"
		    "sasl_external_common_name.prefix = \"user:\"\n[auth.pki]\n", "");
	check_whole(GENERAL "[auth.pki]\n",
		    "f:2:1: warning: auth.pki: certificates are of no use while \"external\" is not in sasl_mechanisms\n");
	check_whole(GENERAL "[auth]\nsasl_external = [\"my_module\"]\n[auth.internal]\n",
		    "f:3:18: error: auth.sasl_external[0]: expected \"standard\", \"common_name\" or \"auth_id\", got \"my_module\"\n");
	check_whole(GENERAL "[auth.internal]\nbackend = \"mnesia\"\n", "");
}

static void stores_auth(void **state)
{
	(void)state;
	const struct config *c = conf_check(GENERAL "[auth.internal]\n", "");
	const struct config_auth *a = config_find_host(c, STR("h"))->auth;
	assert_int_equal(a->methods.count, 1);
	assert_int_equal(*(const int *)a->methods.items, CONFIG_AUTH_INTERNAL);
	assert_int_equal(a->hashes.count, CONFIG_HASH_COUNT);
	assert_int_equal(((const int *)a->hashes.items)[1], CONFIG_HASH_SHA224);
	assert_int_equal(a->scram_iterations, 10000);
	assert_int_equal(a->plain_format, 0);
	assert_int_equal(a->sasl_mechanisms.count, 12);
	assert_true(str_is(((const struct str *)a->sasl_mechanisms.items)[0], "scram_sha512_plus"));
	config_unref(&c);
	c = conf_check(GENERAL "[auth]\npassword = {format = \"plain\", hash = [\"sha512\"], scram_iterations = 5}\nsasl_mechanisms = [\"plain\"]\n"
			       "[auth.internal]\n",
		       "");
	a = c->hosts[0].auth;
	assert_int_equal(a->plain_format, 1);
	assert_int_equal(a->hashes.count, 1);
	assert_int_equal(*(const int *)a->hashes.items, CONFIG_HASH_SHA512);
	assert_int_equal(a->scram_iterations, 5);
	assert_int_equal(a->sasl_mechanisms.count, 1);
	config_unref(&c);
}

static void stores_meerkat(void **state)
{
	(void)state;
	const struct config *c = conf_check(CONF_CHECK_BASE, "");
	const struct config_meerkat *m = &c->meerkat;
	assert_true(str_is(m->state_dir, "/var/lib/meerkat"));
	assert_int_equal(m->loops, 0);
	assert_int_equal(m->preauth_max_stanza_size, 65536);
	assert_int_equal(m->login_timeout_ms, 30000);
	assert_true(m->max_depth == 128 && m->max_attributes == 64 && m->max_name_bytes == 255);
	assert_int_equal(m->max_unauthenticated_per_address, 64);
	assert_false(m->allow_plain_without_tls);
	config_unref(&c);
	c = conf_check(CONF_CHECK_BASE "[meerkat]\nloops = 7\nstate_dir = \"s\"\n", "");
	assert_int_equal(c->meerkat.loops, 7);
	assert_true(str_is(c->meerkat.state_dir, "s"));
	config_unref(&c);
}

static void examines_meerkat(void **state)
{
	CASES({"[meerkat]\nproxy_trusted = [\"10.0.0.0/8\", \"10.0.0.0/33\"]\n",
	       "f:4:32: error: meerkat.proxy_trusted[1]: expected addresses such as \"10.0.0.0/8\" or \"::1\", got \"10.0.0.0/33\"\n"},
	      {"[meerkat]\nloop = 1\n", "f:4:1: error: meerkat: unknown key \"loop\"; did you mean \"loops\"?\n"}, );
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_T_CFG_01_syntax_error),
		cmocka_unit_test(test_T_CFG_02_missing_general),
		cmocka_unit_test(test_T_CFG_03_no_hosts),
		cmocka_unit_test(test_T_CFG_49_host_types),
		cmocka_unit_test(refuses_templates_as_hosts),
		cmocka_unit_test(stores_general),
		cmocka_unit_test(accepts_tuning_of_others),
		cmocka_unit_test(test_T_CFG_28_missing_certfile),
		cmocka_unit_test(test_T_CFG_29_bad_mode),
		cmocka_unit_test(test_T_CFG_30_keyfile),
		cmocka_unit_test(test_T_CFG_31_protocol_options),
		cmocka_unit_test(test_T_CFG_32_selfsigned_peer),
		cmocka_unit_test(test_T_CFG_33_tls_without_certfile),
		cmocka_unit_test(chooses_tls_versions),
		cmocka_unit_test(asks_for_certificates_of_clients),
		cmocka_unit_test(stores_tls),
		cmocka_unit_test(examines_auth_methods),
		cmocka_unit_test(stores_auth),
		cmocka_unit_test(stores_meerkat),
		cmocka_unit_test(examines_meerkat),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
