#include "conf/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ext/all.h"
#include "support/conf_check.h"

#define CASES(...)                                                              \
	static const struct conf_check_case cases[] = {__VA_ARGS__};            \
	(void)state;                                                            \
	conf_check_cases(cases, sizeof(cases) / sizeof(*cases))

static void is_counted(void **state)
{
	(void)state;
	const struct config *c = conf_check(CONF_CHECK_BASE, ""), *second = c;
	assert_true(str_is(c->path, "f"));
	config_ref(c);
	config_unref(&c);
	assert_null(c);
	assert_int_equal(second->host_count, 1);
	config_unref(&second);
	config_unref(&second);
}

static void finds_hosts(void **state)
{
	(void)state;
	const struct config *c = conf_check(CONF_CHECK_BASE, "");
	assert_ptr_equal(config_find_host(c, STR("h")), &c->hosts[0]);
	assert_null(config_find_host(c, STR("H")));
	assert_null(config_find_host(c, STR("")));
	config_unref(&c);
}

static void gives_modules_their_options(void **state)
{
	(void)state;
	const struct config *c = conf_check(CONF_CHECK_BASE "[modules.mod_two]\nbackend = \"rdbms\"\n[modules.mod_one]\nsize = 7\n", "");
	const struct config_host *h = &c->hosts[0];
	assert_int_equal(h->module_count, 2);
	assert_string_equal(h->modules[0].module->name, "mod_one");
	assert_int_equal(h->modules[0].line, 5);
	assert_int_equal(((const struct conf_check_one *)h->modules[0].options)->size, 7);
	assert_true(str_is(((const struct conf_check_one *)h->modules[0].options)->host, "one.@HOST@"));
	assert_string_equal(h->modules[1].module->name, "mod_two");
	assert_int_equal(h->modules[1].line, 3);
	config_unref(&c);
	c = conf_check(CONF_CHECK_BASE, "");
	assert_int_equal(c->hosts[0].module_count, 0);
	config_unref(&c);
}

static void knows_modules_that_are_missing(void **state)
{
	CASES({"[modules.mod_mam]\nanything = [1, {}]\n[modules.mod_muc_log]\n",
	       "f:3:10: error: known, but not implemented: modules.mod_mam (line 3), modules.mod_muc_log (line 5); "
	       "remove what is named, or "
	       "start with --ignore-unsupported\n"},
	      {"[modules.mod_onne]\n", "f:3:10: error: modules: unknown key \"mod_onne\"; did you mean \"mod_one\"?\n"},
	      {"[modules.mod_two]\nsize = 1\n",
	       "f:4:1: error: modules.mod_two: unknown key \"size\"; it is an option of [modules.mod_one]\n"},
	      {"modules.mod_one = 5\n", "f:3:19: error: modules.mod_one: expected a table, got 5\n"}, );
}

static const char two_hosts[] =
	"general = {hosts = [\"a\", \"b\"], default_server_domain = \"a\"}\n"
	"[auth]\n"
	"password.scram_iterations = 7\n"
	"internal = {}\n"
	"[modules.mod_one]\n"
	"size = 1\n"
	"[modules.mod_two]\n"
	"[[host_config]]\n"
	"host = \"B\"\n"
	"[host_config.auth.internal]\n"
	"[host_config.modules.mod_one]\n"
	"size = 2\n";

static void replaces_sections_for_a_host(void **state)
{
	(void)state;
	const struct config *c = conf_check(two_hosts, "");
	const struct config_host *a = config_find_host(c, STR("a")), *b = config_find_host(c, STR("b"));
	assert_int_equal(a->module_count, 2);
	assert_int_equal(b->module_count, 1);
	assert_int_equal(((const struct conf_check_one *)a->modules[0].options)->size, 1);
	assert_int_equal(((const struct conf_check_one *)b->modules[0].options)->size, 2);
	assert_int_equal(b->modules[0].line, 11);
	assert_int_equal(a->auth->scram_iterations, 7);
	assert_int_equal(b->auth->scram_iterations, 10000);
	assert_ptr_equal(a->access, b->access);
	config_unref(&c);
}

static void examines_host_config(void **state)
{
	CASES({"[[host_config]]\n",
	       "f:3:1: error: host_config[0]: expected \"host\" or \"host_type\", and only one of them\n"},
	      {"[[host_config]]\nhost = \"x\"\n", "f:3:1: error: host_config[0]: \"x\" is none of general.hosts\n"},
	      {"[[host_config]]\nhost = \"h\"\n[[host_config]]\nhost = \"h\"\n",
	       "f:5:1: error: host_config[1]: host_config[0] is for the host \"h\" too\n"},
	      {"[[host_config]]\nhost = \"h\"\ngeneral.loglevel = \"info\"\n",
	       "f:5:9: error: host_config[0].general: unknown key \"loglevel\"; it is an option of [general]\n"},
	      {"[[host_config]]\nhost = \"h\"\n[host_config.listen]\n",
	       "f:5:14: error: host_config[0]: unknown key \"listen\"; it is a section of its own, [listen]\n"},
	      {"[[host_config]]\nhost = \"h\"\n[host_config.modules.mod_one]\nsize = 0\n",
	       "f:6:8: error: host_config[0].modules.mod_one.size: expected an integer from 1 to 9, got 0\n"}, );
}

static void examines_unknown_sections(void **state)
{
	CASES({"[listn]\n", "f:3:2: error: unknown key \"listn\"; did you mean \"listen\"?\n"},
	      {"[outgoing_pools.rdbms.default]\nworkers = 0\n",
	       "f:3:17: error: known, but not implemented: outgoing_pools.rdbms (line 3); remove what is named, or start with "
	       "--ignore-unsupported\n"
	       "f:4:11: error: outgoing_pools.rdbms.default.workers: expected an integer of at least 1, got 0\n"}, );
}

static struct str load_report(const char *path, bool ignore_unsupported, const struct config **config_out, struct buf *report)
{
	struct config_known known = all_known_modules();
	buf_init(report);
	*config_out = config_load(path, &known, (struct config_flags){ignore_unsupported}, report);
	return buf_str(report);
}

static void reports_unreadable_files(void **state)
{
	const struct config *c;
	struct buf report;
	(void)state;
	assert_true(str_is(load_report("/nonexistent.toml", false, &c, &report),
			   "/nonexistent.toml: error: the file cannot be read: No such file or directory\n"));
	assert_null(c);
	buf_fini(&report);
	assert_true(str_is(load_report("/", false, &c, &report), "/: error: the file cannot be read: Is a directory\n"));
	assert_null(c);
	buf_fini(&report);
}

static size_t count_text(struct str text, const char *part)
{
	size_t count = 0;
	const char *at = text.data, *end = text.data + text.len;
	while (at && (at = memmem(at, (size_t)(end - at), part, strlen(part))) != NULL) {
		at += strlen(part);
		count++;
	}
	return count;
}

/* The folder in which an installation finds the files that the samples name. */
struct installation {
	char folder[32], before[512];
};

static const char *const installed_files[] = {"cert.pem", "key.pem", "server.pem", "dh.pem", "ca.pem"};

static int enter_installation(void **state)
{
	struct installation *in = calloc(1, sizeof(*in));
	snprintf(in->folder, sizeof(in->folder), "/tmp/meerkat-conf-XXXXXX");
	if (!getcwd(in->before, sizeof(in->before)) || !mkdtemp(in->folder) || chdir(in->folder) || mkdir("priv", 0700) || mkdir("priv/ssl", 0700))
		return -1;
	for (size_t i = 0; i < sizeof(installed_files) / sizeof(*installed_files); i++) {
		char path[64];
		snprintf(path, sizeof(path), "priv/ssl/%s", installed_files[i]);
		FILE *f = fopen(path, "w");
		if (!f || fclose(f))
			return -1;
	}
	*state = in;
	return 0;
}

static int leave_installation(void **state)
{
	struct installation *in = *state;
	for (size_t i = 0; i < sizeof(installed_files) / sizeof(*installed_files); i++) {
		char path[64];
		snprintf(path, sizeof(path), "priv/ssl/%s", installed_files[i]);
		unlink(path);
	}
	int failed = rmdir("priv/ssl") || rmdir("priv") || chdir(in->before) || rmdir(in->folder);
	free(in);
	return failed ? -1 : 0;
}

static const struct config_listen *find_listener(const struct config *c, int64_t port)
{
	for (size_t i = 0; i < c->listener_count; i++) {
		if (c->listeners[i]->port == port)
			return c->listeners[i];
	}
	return NULL;
}

/* Files as MongooseIM's installations have them: nothing is wrong; what is not implemented, if anything, is one error. */
static void check_sample(const struct installation *in, const char *name)
{
	char path[600];
	const struct config *c;
	struct buf report;
	snprintf(path, sizeof(path), "%s/test/conf/%s", in->before, name);
	struct str text = load_report(path, false, &c, &report);
	int errors = count_text(text, ": error: ");
	if (errors > 1)
		print_error("%.*s", (int)text.len, text.data ? text.data : "");
	assert_true(errors <= 1);
	assert_int_equal(count_text(text, ": error: known, but not implemented: "), errors);
	assert_int_equal(c == NULL, errors > 0);
	config_unref(&c);
	buf_fini(&report);
	text = load_report(path, true, &c, &report);
	assert_int_equal(count_text(text, ": error: "), 0);
	assert_non_null(c);
	const struct config_listen *l = find_listener(c, 5222);
	assert_non_null(l);
	assert_int_equal(l->kind, CONFIG_LISTEN_C2S);
	assert_int_equal(l->max_stanza_size, 65536);
	assert_non_null(l->tls);
	config_unref(&c);
	buf_fini(&report);
}

static void accepts_files_of_mongooseim(void **state)
{
	check_sample(*state, "mongooseim-6.1.toml");
	check_sample(*state, "mongooseim-6.3.toml");
	check_sample(*state, "mongooseim-6.8.toml");
}

static void accepts_the_least_file(void **state)
{
	const struct installation *in = *state;
	char path[600];
	const struct config *c;
	struct buf report;
	snprintf(path, sizeof(path), "%s/test/conf/minimal.toml", in->before);
	assert_int_equal(load_report(path, false, &c, &report).len, 0);
	assert_non_null(c);
	config_unref(&c);
	buf_fini(&report);
}

static void describes_every_option(void **state)
{
	static const char *const parts[] = {
		"`[general]`", "`loglevel`", "`[[listen.c2s]]`", "`max_stanza_size`", "`[listen.c2s.tls]`", "`certfile`", "`[auth]`",
		"`[auth.password]`", "`[shaper.NAME]`", "`[[acl.NAME]]`", "`[[access.NAME]]`", "`[meerkat]`",
		"`[modules.mod_one]`", "`size`", "`[[host_config]]`", "required", "new connections",
	};
	(void)state;
	for (int markdown = 0; markdown < 2; markdown++) {
		struct buf text;
		buf_init(&text);
		config_describe(&conf_check_known, markdown, &text);
		for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
			struct str part = str_from(parts[i]);
			if (!markdown && part.data[0] == '`')
				part = str_make(part.data + 1, part.len - 2);
			assert_non_null(memmem(text.data, text.len, part.data, part.len));
		}
		buf_fini(&text);
	}
}

/* For a terminal of 80 columns. */
static void describes_in_short_lines(void **state)
{
	struct buf text;
	(void)state;
	buf_init(&text);
	config_describe(&conf_check_known, false, &text);
	for (struct str rest = buf_str(&text), line; rest.len > 0;) {
		line = str_split(rest, '\n', &rest);
		if (line.len >= 80)
			print_error("%.*s\n", STR_ARGS(line));
		assert_true(line.len < 80);
	}
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_counted),
		cmocka_unit_test(finds_hosts),
		cmocka_unit_test(gives_modules_their_options),
		cmocka_unit_test(knows_modules_that_are_missing),
		cmocka_unit_test(replaces_sections_for_a_host),
		cmocka_unit_test(examines_host_config),
		cmocka_unit_test(examines_unknown_sections),
		cmocka_unit_test(reports_unreadable_files),
		cmocka_unit_test_setup_teardown(accepts_files_of_mongooseim, enter_installation, leave_installation),
		cmocka_unit_test_setup_teardown(accepts_the_least_file, enter_installation, leave_installation),
		cmocka_unit_test(describes_every_option),
		cmocka_unit_test(describes_in_short_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
