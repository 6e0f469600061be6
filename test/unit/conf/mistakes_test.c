/* test/conf/mistakes.txt: what is said of hundreds of mistakes (reason codes: unexpected_key, missing_mandatory_keys, validate_enum_failed,
 * duplicate_listeners, invalid_filename, module_not_found, undefined_shapers, incorrect_acl_condition_value and all wrong types). */
#include "conf/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ext/all.h"

#define BASE "general = {hosts = [\"localhost\"], default_server_domain = \"localhost\"}\nauth.internal = {}\n"
#define LINE_FEED "\xe2\x86\xb5"
#define ELLIPSIS "\xe2\x80\xa6"

enum { FEWEST = 150 };

static void unfold(struct str marked, struct buf *out)
{
	bool has_base = str_starts_with(marked, STR(ELLIPSIS));
	size_t i = has_base ? strlen(ELLIPSIS) + (marked.len > strlen(ELLIPSIS)) : 0;
	buf_append_text(out, has_base ? BASE : "");
	while (i < marked.len) {
		bool is_feed = str_starts_with(str_make(marked.data + i, marked.len - i), STR(LINE_FEED));
		buf_append_char(out, is_feed ? '\n' : marked.data[i]);
		i += is_feed ? strlen(LINE_FEED) : 1;
	}
}

/* The lines of a report that the file of mistakes has, without the name of the file. */
static void keep_errors(struct str report, struct buf *out)
{
	for (struct str rest = report, line; rest.len > 0;) {
		line = str_split(rest, '\n', &rest);
		bool is_error = memmem(line.data, line.len, ": error: ", 9) && !memmem(line.data, line.len, "known, but not implemented", 26);
		if (is_error && str_starts_with(line, STR("f:")))
			buf_printf(out, "    %.*s\n", (int)line.len - 2, line.data + 2);
	}
}

static bool is_said(struct str marked, struct str wanted)
{
	struct config_known known = all_known_modules();
	struct buf text, report, errors;
	buf_init(&text);
	buf_init(&report);
	buf_init(&errors);
	unfold(marked, &text);
	const struct config *c = config_load_text(buf_str(&text), "f", &known, (struct config_flags){0}, &report);
	assert_null(c);
	keep_errors(buf_str(&report), &errors);
	bool is_good = str_equal(buf_str(&errors), wanted);
	if (!is_good)
		print_error("%.*s\ngot\n%.*sexpected\n%.*s\n", STR_ARGS(marked), STR_ARGS(buf_str(&errors)), STR_ARGS(wanted));
	buf_fini(&text);
	buf_fini(&report);
	buf_fini(&errors);
	return is_good;
}

/* Reads to the next line that is no heading and not empty; false at the end. */
static bool next_line(FILE *file, char **line, size_t *size)
{
	while (getline(line, size, file) >= 0) {
		(*line)[strcspn(*line, "\n")] = 0;
		if ((*line)[0] && strncmp(*line, "##", 2) != 0)
			return true;
	}
	return false;
}

static void says_what_is_wrong(void **state)
{
	FILE *file = fopen("test/conf/mistakes.txt", "r");
	char *line = NULL;
	size_t size = 0, count = 0, wrong = 0;
	struct buf marked, wanted;
	(void)state;
	assert_non_null(file);
	buf_init(&marked);
	buf_init(&wanted);
	for (bool has_line = true; has_line;) {
		has_line = next_line(file, &line, &size);
		bool is_text = !has_line || line[0] != ' ';
		if (is_text && marked.len > 0) {
			wrong += !is_said(buf_str(&marked), buf_str(&wanted));
			count++;
		}
		if (!is_text) {
			buf_printf(&wanted, "%s\n", line);
			continue;
		}
		marked.len = wanted.len = 0;
		buf_append_text(&marked, has_line ? line : "");
	}
	free(line);
	fclose(file);
	buf_fini(&marked);
	buf_fini(&wanted);
	assert_int_equal(wrong, 0);
	assert_true(count >= FEWEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(says_what_is_wrong)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
