#include "support/conf_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct option one_options[] = {
	{.key = "size", .type = OPTION_INT, .offset = offsetof(struct conf_check_one, size), .min = 1, .max = 9, .preset = "3", .help = "a size"},
	{.key = "host", .type = OPTION_DOMAIN, .offset = offsetof(struct conf_check_one, host), .preset = "\"one.@HOST@\"", .help = "a host"},
	{0},
};
static const struct option_table one_table = {
	.name = "modules.mod_one", .size = sizeof(struct conf_check_one), .options = one_options, .help = "The first.",
};
static const struct config_module modules[] = {{"mod_one", &one_table, "The first."}, {"mod_two", NULL, "the second"}};

const struct config_known conf_check_known = {.modules = modules, .module_count = 2};

const struct config *conf_check(const char *text, const char *expected_report)
{
	struct buf report;
	buf_init(&report);
	const struct config *c = config_load_text(str_from(text), "f", &conf_check_known, (struct config_flags){0}, &report);
	buf_append_char(&report, 0);
	if (strcmp(report.data, expected_report) != 0)
		print_error("configuration:\n%s\nexpected:\n%s\ngot:\n%s\n", text, expected_report, report.data);
	assert_string_equal(report.data, expected_report);
	assert_int_equal(c == NULL, strstr(expected_report, ": error: ") != NULL);
	buf_fini(&report);
	return c;
}

void conf_check_cases(const struct conf_check_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct buf text;
		buf_init(&text);
		buf_printf(&text, "%s%s", CONF_CHECK_BASE, cases[i].text);
		buf_append_char(&text, 0);
		const struct config *c = conf_check(text.data, cases[i].report);
		config_unref(&c);
		buf_fini(&text);
	}
}
