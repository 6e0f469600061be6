#include "conf/difference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/layout.h"
#include "support/conf_check.h"

enum { ALL = 7 };

static const struct config *load(const char *text)
{
	struct buf report, whole;
	buf_init(&report);
	buf_init(&whole);
	buf_printf(&whole, "%s%s", CONF_CHECK_BASE, text);
	const struct config *c =
		config_load_text(buf_str(&whole), "f", &conf_check_known, (struct config_flags){.ignore_unsupported = true}, &report);
	if (!c)
		print_error("%.*s", STR_ARGS(buf_str(&report)));
	assert_non_null(c);
	buf_fini(&whole);
	buf_fini(&report);
	return c;
}

static void check_classes(const char *before, const char *after, unsigned classes, const char *expected)
{
	const struct config *x = load(before), *y = load(after);
	struct difference d;
	struct arena a;
	struct buf text;
	arena_init(&a, 0);
	buf_init(&text);
	difference_init(&d);
	difference_find(&d, layout_make(&a, &conf_check_known), x->file, y->file, classes);
	difference_print(&d, &text);
	if (!str_is(buf_str(&text), expected))
		print_error("before:\n%safter:\n%sgot:\n%.*s", before, after, STR_ARGS(buf_str(&text)));
	assert_true(str_is(buf_str(&text), expected));
	difference_fini(&d);
	buf_fini(&text);
	arena_fini(&a);
	config_unref(&x);
	config_unref(&y);
}

static void check_found(const char *before, const char *after, const char *expected)
{
	check_classes(before, after, ALL, expected);
}

#define C2S(port) "[[listen.c2s]]\nport = " port "\n"

static const char everything[] =
	C2S("5222") "ip_address = \"127.0.0.1\"\nallowed_auth_methods = [\"internal\"]\nmax_stanza_size = 9999\ntls = {verify_mode = \"none\"}\n"
	C2S("5223")
	"[modules]\nmod_one = {size = 5, host = \"x.@HOST@\"}\nmod_two = {}\n"
	"[shaper]\nfast = {max_rate = 7}\n"
	"[acl]\nadmin = [{user = \"a\"}, {user_glob = \"b*\"}]\n"
	"[access]\nregister = [{acl = \"admin\", value = \"allow\"}, {acl = \"all\", value = 5}]\n"
	"[[host_config]]\nhost = \"h\"\nauth = {internal = {}}\nacl.admin = [{user = \"c\"}]\nmodules.mod_one = {}\n"
	"[meerkat]\nloops = 3\nproxy_trusted = [\"10.0.0.0/8\"]\n";

static void nothing_has_changed(void **state)
{
	(void)state;
	check_found("", "", "");
	check_found(everything, everything, "");
}

static void values_change(void **state)
{
	(void)state;
	check_found("", "[meerkat]\nlogin_timeout = 9\n", "for new connections: meerkat.login_timeout\n");
	check_found("[meerkat]\nlogin_timeout = 9\n", "[meerkat]\nlogin_timeout = \"infinity\"\n", "for new connections: meerkat.login_timeout\n");
	check_found("[meerkat]\nloops = 1\nstate_dir = \"a\"\nmax_input_bytes = 2_000_000\nmax_depth = 9\n",
		    "[meerkat]\nloops = 2\nstate_dir = \"b\"\nmax_input_bytes = 3_000_000\nmax_depth = 8\n",
		    "applied: meerkat.max_input_bytes\n"
		    "for new connections: meerkat.max_depth\n"
		    "needs a restart: meerkat.state_dir\n"
		    "needs a restart: meerkat.loops\n");
	check_found("[meerkat]\nallow_plain_without_tls = true\n", "", "for new connections: meerkat.allow_plain_without_tls\n");
}

static void defaults_are_values(void **state)
{
	(void)state;
	check_found("[meerkat]\nloops = 0\nlogin_timeout = 30000\nstate_dir = \"/var/lib/meerkat\"\n", "", "");
}

static void lists_change(void **state)
{
	(void)state;
	check_found("[meerkat]\nproxy_trusted = [\"10.0.0.0/8\"]\n", "[meerkat]\nproxy_trusted = [\"10.0.0.0/9\"]\n",
		    "for new connections: meerkat.proxy_trusted\n");
	check_found("auth.password.hash = [\"sha\", \"sha256\"]\n", "auth.password.hash = [\"sha256\", \"sha\"]\n",
		    "applied: auth.password.hash\n");
	/* All may be used, or none. */
	check_found(C2S("1"), C2S("1") "allowed_auth_methods = []\n", "for new connections: listen.c2s[0].allowed_auth_methods\n");
}

static void tables_come_and_go(void **state)
{
	(void)state;
	check_found(C2S("1"), C2S("1") "tls = {}\n", "for new connections: listen.c2s[0].tls is new\n");
	check_found(C2S("1") "tls = {}\n", C2S("1"), "for new connections: listen.c2s[0].tls is gone\n");
	check_found(C2S("1") "tls = {verify_mode = \"none\"}\n", C2S("1") "tls = {}\n", "for new connections: listen.c2s[0].tls.verify_mode\n");
	check_found("modules.mod_one = {}\n", "modules.mod_two = {}\n", "applied: modules.mod_one is gone\napplied: modules.mod_two is new\n");
	check_found("modules.mod_one.size = 1\n", "modules.mod_one.size = 2\n", "applied: modules.mod_one.size\n");
	check_found("", "modules.mod_one.size = 2\n", "applied: modules is new\n");
}

/* A listener is its port and address, wherever it stands in the file. */
static void items_are_told_apart(void **state)
{
	(void)state;
	check_found(C2S("1") "backlog = 7\n" C2S("2") "backlog = 8\n", C2S("2") "backlog = 8\n" C2S("1") "backlog = 7\n", "");
	check_found(C2S("1") C2S("2"), C2S("2") "backlog = 9\n" C2S("3") "ip_address = \"::1\"\n",
		    "applied: listen.c2s[0].backlog\n"
		    "applied: listen.c2s[1] is new (port 3, ip_address ::1)\n"
		    "applied: listen.c2s[0] is gone (port 1, ip_address 0.0.0.0)\n");
	check_found("[[host_config]]\nhost = \"h\"\n", "", "applied: host_config[0] is gone (host h)\n");
	check_found("[[host_config]]\nhost = \"h\"\nmodules.mod_one = {}\n", "[[host_config]]\nhost = \"h\"\nmodules.mod_one.size = 1\n",
		    "applied: host_config[0].modules.mod_one.size\n");
}

static void names_are_told_apart(void **state)
{
	(void)state;
	check_found("[shaper]\na.max_rate = 1\nb.max_rate = 2\n", "[shaper]\nb.max_rate = 3\n\"c d\".max_rate = 1\n",
		    "applied: shaper.\"c d\" is new\n"
		    "applied: shaper.a is gone\n"
		    "for new connections: shaper.b.max_rate\n");
	check_found("[acl]\nx = [{}]\ny = [{user = \"a\"}]\n", "[acl]\ny = [{user = \"b\"}]\nz = []\n",
		    "applied: acl.y\n"
		    "applied: acl.z is new\n"
		    "applied: acl.x is gone\n");
	check_found("[access]\nr = [{acl = \"all\", value = 1}]\n", "[access]\nr = [{acl = \"all\", value = \"1\"}]\n", "applied: access.r\n");
	check_found("[access]\nr = [{acl = \"all\", value = 1}]\n", "[access]\nr = [{acl = \"all\", value = 2}]\n", "applied: access.r\n");
	check_found("[access]\nr = [{acl = \"all\", value = 1}]\n", "[access]\nr = []\n", "applied: access.r\n");
}

static void what_has_no_effect_is_passed_over(void **state)
{
	(void)state;
	check_found("", "[modules.mod_mam]\n[outgoing_pools.redis.x]\n", "applied: modules is new\n");
}

static void only_what_is_asked_for(void **state)
{
	(void)state;
	const char *after = "[meerkat]\nloops = 2\nmax_input_bytes = 3_000_000\nmax_depth = 8\n";
	check_classes("", after, 1u << OPTION_RESTART, "needs a restart: meerkat.loops\n");
	check_classes("", after, 1u << OPTION_AT_ONCE | 1u << OPTION_RESTART,
		      "applied: meerkat.max_input_bytes\nneeds a restart: meerkat.loops\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_has_changed),
		cmocka_unit_test(values_change),
		cmocka_unit_test(defaults_are_values),
		cmocka_unit_test(lists_change),
		cmocka_unit_test(tables_come_and_go),
		cmocka_unit_test(items_are_told_apart),
		cmocka_unit_test(names_are_told_apart),
		cmocka_unit_test(what_has_no_effect_is_passed_over),
		cmocka_unit_test(only_what_is_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
