#include "main/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS_MAX = 6 };

static const struct {
	const char *words[WORDS_MAX];
	enum options_action action;
	const char *config; /* or what the error says */
} cases[] = {
	{{"--config", "a.toml"}, OPTIONS_RUN, "a.toml"},
	{{"--config=a.toml"}, OPTIONS_RUN, "a.toml"},
	{{"--check", "--config", "a.toml"}, OPTIONS_CHECK, "a.toml"},
	{{"--config", "a.toml", "--routes", "--ignore-unsupported"}, OPTIONS_ROUTES, "a.toml"},
	{{"--check", "--check", "--config", "a.toml"}, OPTIONS_CHECK, "a.toml"},
	{{"--options"}, OPTIONS_DESCRIBE, NULL},
	{{"--version"}, OPTIONS_VERSION, NULL},
	{{"-h"}, OPTIONS_HELP, NULL},
	{{NULL}, OPTIONS_WRONG, "which configuration"},
	{{"--check"}, OPTIONS_WRONG, "which configuration"},
	{{"--config"}, OPTIONS_WRONG, "needs the name of a file"},
	{{"--config="}, OPTIONS_WRONG, "needs the name of a file"},
	{{"--check", "--routes", "--config", "a.toml"}, OPTIONS_WRONG, "--routes"},
	{{"a.toml"}, OPTIONS_WRONG, "a.toml"},
	{{"--conf", "a.toml"}, OPTIONS_WRONG, "--conf"},
};

static void test_every_command_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *argv[WORDS_MAX + 1] = {(char *)"meerkat"};
		int argc = 1;
		struct options o;
		struct buf error;
		for (; cases[i].words[argc - 1]; argc++)
			argv[argc] = (char *)cases[i].words[argc - 1];
		buf_init(&error);
		options_read(&o, argc, argv, &error);
		buf_append_char(&error, 0);
		assert_int_equal(o.action, cases[i].action);
		if (o.action == OPTIONS_WRONG)
			assert_non_null(strstr(error.data, cases[i].config));
		else if (cases[i].config)
			assert_string_equal(o.config_path, cases[i].config);
		buf_fini(&error);
	}
}

static void test_help_names_every_option(void **state)
{
	static const char *const options[] = {"--config",  "--check",   "--routes", "--ignore-unsupported",
					      "--options", "--version", "--help",   "--markdown"};
	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		assert_non_null(strstr(options_help(), options[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_command_line),
		cmocka_unit_test(test_help_names_every_option),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
