/* Every name that an option has had from MongooseIM 6.1 to 6.8: the old one means the same as the new one and gives one warning; both at once are an
 * error. What had a meaning only there is accepted with one warning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/difference.h"
#include "conf/layout.h"
#include "ext/all.h"

#define BASE "auth.internal = {}\n"
#define GENERAL "general = {hosts = [\"localhost\"], default_server_domain = \"localhost\"}\n" BASE
/* One more option in [general], in the same line. */
#define GENERAL_WITH(more) "general = {hosts = [\"localhost\"], default_server_domain = \"localhost\", " more "}\n" BASE
#define COMPONENT(name) "[[listen." name "]]\nport = 1\npassword = \"x\"\n"
#define C2S "[[listen.c2s]]\nport = 1\n"
#define HANDLER(name) "[[listen.http]]\nport = 1\n[[listen.http.handlers." name "]]\nhost = \"_\"\npath = \"/\"\n"
#define FAST "[shaper.fast]\nmax_rate = 5\n"
#define POOL "[outgoing_pools.http.x]\nconnection.host = \"http://localhost\"\n"
#define ADDRESSES "[{host = \"example.org\", ip_address = \"192.0.2.1\"}]\n"

static const struct config *load(const char *text, struct buf *report)
{
	struct config_known known = all_known_modules();
	const struct config *c =
		config_load_text(str_from(text), "f", &known, (struct config_flags){.ignore_unsupported = true}, report);
	buf_append_char(report, 0);
	return c;
}

static int count(const char *text, const char *part)
{
	int found = 0;
	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		found++;
	return found;
}

/* All but the old option itself, which only one of them has. */
static void assert_same(const struct config *x, const struct config *y, const char *own)
{
	struct config_known known = all_known_modules();
	struct difference d;
	struct arena a;
	arena_init(&a, 0);
	difference_init(&d);
	difference_find(&d, layout_make(&a, &known), x->file, y->file, 7);
	for (size_t i = 0; i < d.count; i++) {
		bool is_own = own && str_is(d.entries[i].path, own);
		if (!is_own)
			print_error("differs: %.*s\n", STR_ARGS(d.entries[i].path));
		assert_true(is_own);
	}
	difference_fini(&d);
	arena_fini(&a);
}

struct spelling {
	const char *old, *now;
	const char *both; /* NULL: TOML itself does not let them stand together */
	const char *own;  /* the path of the old one, where it is an option of its own */
};

static const struct spelling spellings[] = {
	{GENERAL COMPONENT("service"), GENERAL COMPONENT("component"), GENERAL COMPONENT("service") COMPONENT("component"),
	NULL},
	{GENERAL COMPONENT("component") "shaper_rule = \"fast\"\n" FAST,
	GENERAL COMPONENT("component") "shaper = \"fast\"\n" FAST,
	GENERAL COMPONENT("component") "shaper_rule = \"fast\"\nshaper = \"fast\"\n" FAST, NULL},
	{GENERAL C2S "c2s_state_timeout = 7\n", GENERAL C2S "state_timeout = 7\n",
	GENERAL C2S "state_timeout = 7\nc2s_state_timeout = 7\n", NULL},
	{GENERAL HANDLER("mongoose_websocket_handler") "c2s_state_timeout = 7\n",
	GENERAL HANDLER("mongoose_websocket_handler") "state_timeout = 7\n",
	GENERAL HANDLER("mongoose_websocket_handler") "c2s_state_timeout = 7\nstate_timeout = 7\n", NULL},
	{GENERAL HANDLER("mod_bosh"), GENERAL HANDLER("mongoose_bosh_handler"),
	GENERAL HANDLER("mod_bosh") "[[listen.http.handlers.mongoose_bosh_handler]]\nhost = \"_\"\npath = \"/\"\n", NULL},
	{GENERAL HANDLER("mod_websockets"), GENERAL HANDLER("mongoose_websocket_handler"),
	GENERAL HANDLER(
	"mod_websockets") "[[listen.http.handlers.mongoose_websocket_handler]]\nhost = \"_\"\npath = \"/\"\n",
	NULL},
	{GENERAL C2S "tls.protocol_options = [\"no_tlsv1\", \"no_tlsv1_1\", \"no_tlsv1_3\"]\n",
	GENERAL C2S "tls.versions = [\"tlsv1.2\"]\n",
	GENERAL C2S "tls = {versions = [\"tlsv1.2\"], protocol_options = [\"no_tlsv1\"]}\n",
	"listen.c2s[0].tls.protocol_options"},
	{GENERAL "s2s.certfile = \"/etc/passwd\"\n", GENERAL "s2s.outgoing.tls.certfile = \"/etc/passwd\"\n",
	GENERAL "[s2s]\ncertfile = \"/etc/passwd\"\noutgoing.tls.certfile = \"/etc/passwd\"\n", "s2s.certfile"},
	{GENERAL "s2s.ciphers = \"DEFAULT\"\n", GENERAL "s2s.outgoing.tls.ciphers = \"DEFAULT\"\n",
	GENERAL "[s2s]\nciphers = \"DEFAULT\"\noutgoing.tls.ciphers = \"DEFAULT\"\n", "s2s.ciphers"},
	{GENERAL "s2s.max_retry_delay = 7\n", GENERAL "s2s.outgoing.max_retry_delay = 7\n",
	GENERAL "[s2s]\nmax_retry_delay = 7\noutgoing.max_retry_delay = 7\n", "s2s.max_retry_delay"},
	{GENERAL "s2s.dns = {timeout = 7, retries = 3}\n", GENERAL "s2s.outgoing.dns = {timeout = 7, retries = 3}\n",
	GENERAL "[s2s]\ndns.timeout = 7\noutgoing.dns.timeout = 7\n", "s2s.dns"},
	{GENERAL "s2s.address = " ADDRESSES, GENERAL "s2s.outgoing.address = " ADDRESSES,
	GENERAL "[s2s]\naddress = " ADDRESSES "outgoing.address = " ADDRESSES, "s2s.address[0]"},
	{GENERAL POOL "scope = \"single_host_type\"\nhost = \"localhost\"\n",
	GENERAL POOL "scope = \"single_host_type\"\nhost_type = \"localhost\"\n",
	GENERAL POOL "scope = \"single_host_type\"\nhost = \"localhost\"\nhost_type = \"localhost\"\n", NULL},
};

static void takes_old_spellings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
		const struct spelling *s = &spellings[i];
		struct buf old_report, new_report;
		buf_init(&old_report);
		buf_init(&new_report);
		const struct config *old = load(s->old, &old_report), *now = load(s->now, &new_report);
		if (!old || !now || count(old_report.data, "is the old spelling of \"") != 1)
			print_error("%s\n%s\n%s\n", s->old, old_report.data, new_report.data);
		assert_non_null(old);
		assert_non_null(now);
		assert_int_equal(count(old_report.data, "is the old spelling of \""), 1);
		assert_int_equal(count(new_report.data, "is the old spelling of \""), 0);
		assert_int_equal(count(old_report.data, ": warning: "), count(new_report.data, ": warning: ") + 1);
		assert_same(old, now, s->own);
		config_unref(&old);
		config_unref(&now);
		buf_fini(&old_report);
		buf_fini(&new_report);
	}
}

static void refuses_both_spellings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
		struct buf report;
		buf_init(&report);
		const struct config *c = load(spellings[i].both, &report);
		if (c || count(report.data, ": error: ") != 1 || !strstr(report.data, "keep "))
			print_error("%s\n%s\n", spellings[i].both, report.data);
		assert_null(c);
		assert_int_equal(count(report.data, ": error: "), 1);
		assert_non_null(strstr(report.data, "keep "));
		buf_fini(&report);
	}
}

static void takes_what_has_no_meaning_here(void **state)
{
	static const struct {
		const char *text, *path;
	} cases[] = {
		{GENERAL_WITH("max_fsm_queue = 5"), "general.max_fsm_queue"},
		{GENERAL_WITH("sm_backend = \"mnesia\""), "general.sm_backend"},
		{GENERAL_WITH("all_metrics_are_global = true"), "general.all_metrics_are_global"},
		{GENERAL_WITH("rdbms_server_type = \"pgsql\""), "general.rdbms_server_type"},
		{GENERAL_WITH("mongooseimctl_access_commands = {local = {commands = \"all\"}}"),
		"general.mongooseimctl_access_commands"},
		{GENERAL COMPONENT("component") "max_fsm_queue = 5\n", "listen.component[0].max_fsm_queue"},
		{GENERAL C2S "max_fsm_queue = 5\n", "listen.c2s[0].max_fsm_queue"},
		{GENERAL C2S "zlib = 10000\n", "listen.c2s[0].zlib"},
		{GENERAL C2S "tls.module = \"just_tls\"\n", "listen.c2s[0].tls.module"},
		{GENERAL "[services.service_admin_extra]\nsubmods = [\"node\", \"accounts\"]\n",
		"services.service_admin_extra"},
		{GENERAL "[services.service_mongoose_system_metrics]\nreport = true\n",
		"services.service_mongoose_system_metrics"},
		{GENERAL "[internal_databases.mnesia]\n", "internal_databases"},
		{GENERAL "[[instrumentation.exometer.report.graphite]]\nhost = \"localhost\"\n",
		"instrumentation.exometer"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf report, line;
		buf_init(&report);
		buf_init(&line);
		buf_printf(&line, "warning: %s: has no effect here", cases[i].path);
		buf_append_char(&line, 0);
		const struct config *c = load(cases[i].text, &report);
		if (!c || count(report.data, line.data) != 1)
			print_error("%s\n%s\n", cases[i].text, report.data);
		assert_non_null(c);
		assert_int_equal(count(report.data, line.data), 1);
		config_unref(&c);
		buf_fini(&report);
		buf_fini(&line);
	}
}

/* Names that only some versions have, for things that no other name stands for. */
static void knows_names_of_all_versions(void **state)
{
	static const char *const texts[] = {
		GENERAL HANDLER("mongoose_admin_api") "username = \"u\"\npassword = \"p\"\n",
		GENERAL HANDLER("mongoose_client_api"),
		GENERAL HANDLER("mongoose_prometheus_handler"),
		GENERAL "[modules.mod_bosh]\ninactivity = 9\n",
		GENERAL "[services.service_bosh]\ninactivity = 9\n",
		GENERAL "[modules.mod_pubsub_old]\n",
		GENERAL "[modules.mod_pubsub]\n",
		GENERAL "[modules.mod_jingle_sip]\n",
		GENERAL "[modules.mod_muc_log]\n",
		GENERAL_WITH("domain_certfile = [{domain = \"localhost\", certfile = \"/etc/passwd\"}]"),
		GENERAL "[s2s]\nuse_starttls = \"required\"\n",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct buf report;
		buf_init(&report);
		const struct config *c = load(texts[i], &report);
		if (!c)
			print_error("%s\n%s\n", texts[i], report.data);
		assert_non_null(c);
		config_unref(&c);
		buf_fini(&report);
	}
}

/* What 6.1 refused and newer versions have: the section tls of a listener for components, under both names. */
static void test_T_CFG_37_tls_of_components(void **state)
{
	static const char *const texts[] = {
		GENERAL COMPONENT("service") "tls = {verify_mode = \"none\", certfile = \"meson.build\"}\n",
		GENERAL COMPONENT("component") "tls = {verify_mode = \"none\", certfile = \"meson.build\"}\n",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct buf report;
		buf_init(&report);
		const struct config *c = load(texts[i], &report);
		assert_int_equal(count(report.data, ": error: "), 0);
		assert_non_null(c);
		config_unref(&c);
		buf_fini(&report);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_old_spellings),
		cmocka_unit_test(refuses_both_spellings),
		cmocka_unit_test(takes_what_has_no_meaning_here),
		cmocka_unit_test(knows_names_of_all_versions),
		cmocka_unit_test(test_T_CFG_37_tls_of_components),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
