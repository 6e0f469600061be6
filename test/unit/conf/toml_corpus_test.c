/* test/conf/toml/valid.txt and invalid.txt: every rule of TOML 1.0, a case in a line. valid.txt is "TEXT ⇒ TREE", invalid.txt "TEXT ⇒ LINE", where
 * LINE is that of the error. In a text ↵ is a line feed and ‹0d› the byte of that number; a line that begins with ## is a heading.
 * The tree is the parsed one in a form of its own: {key: value}, strings as in JSON, dates as they are. */
#include "conf/toml.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"

#define ARROW " \xe2\x87\x92 "
#define LINE_FEED "\xe2\x86\xb5"
#define BYTE_BEGIN "\xe2\x80\xb9"

enum { BYTE_MARK_LEN = 8, FEWEST_VALID = 150, FEWEST_INVALID = 200 };

/* What the marks of a case stand for. */
static void unfold(struct str marked, struct buf *out)
{
	for (size_t i = 0; i < marked.len;) {
		struct str rest = str_make(marked.data + i, marked.len - i);
		if (str_starts_with(rest, STR(LINE_FEED))) {
			buf_append_char(out, '\n');
			i += strlen(LINE_FEED);
		} else if (str_starts_with(rest, STR(BYTE_BEGIN))) {
			const char digits[] = {rest.data[3], rest.data[4], 0};
			buf_append_char(out, (char)strtol(digits, NULL, 16));
			i += BYTE_MARK_LEN;
		} else {
			buf_append_char(out, marked.data[i++]);
		}
	}
}

static void show_text(struct str text, struct buf *out)
{
	buf_append_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];
		if (c < ' ' || c == 0x7f)
			buf_printf(out, "\\u%04x", c);
		else
			buf_printf(out, c == '"' || c == '\\' ? "\\%c" : "%c", c);
	}
	buf_append_char(out, '"');
}

static void show_key(struct str key, struct buf *out)
{
	bool is_bare = key.len > 0;
	for (size_t i = 0; i < key.len; i++)
		is_bare = is_bare && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", key.data[i]) && key.data[i];
	if (is_bare)
		buf_append_str(out, key);
	else
		show_text(key, out);
}

/* As short as it can be and still the same number. */
static void show_real(double real, struct buf *out)
{
	char text[64] = "nan";
	if (!isnan(real)) {
		int digits = 0;
		do
			snprintf(text, sizeof text, "%.*g", ++digits, real);
		while (strtod(text, NULL) != real && digits < 17);
	}
	buf_append_text(out, text);
	if (isfinite(real) && !strpbrk(text, ".e"))
		buf_append_text(out, ".0");
}

/* Recursion is bounded by TOML_MAX_DEPTH. */
static void show(const struct toml_node *node, struct buf *out)
{
	bool is_table = node->kind == TOML_KIND_TABLE;
	switch (node->kind) {
	case TOML_KIND_TABLE:
	case TOML_KIND_ARRAY:
		buf_append_char(out, is_table ? '{' : '[');
		for (size_t i = 0; i < node->count; i++) {
			buf_append_text(out, i > 0 ? ", " : "");
			if (is_table) {
				show_key(node->items[i].key, out);
				buf_append_text(out, ": ");
			}
			show(&node->items[i], out);
		}
		buf_append_char(out, is_table ? '}' : ']');
		break;
	case TOML_KIND_STRING:
		show_text(node->text, out);
		break;
	case TOML_KIND_INT:
		buf_printf(out, "%" PRId64, node->integer);
		break;
	case TOML_KIND_FLOAT:
		show_real(node->real, out);
		break;
	case TOML_KIND_BOOL:
		buf_append_text(out, node->truth ? "true" : "false");
		break;
	case TOML_KIND_DATE:
		buf_append_str(out, node->text);
		break;
	}
}

/* A line of the file. */
struct sample {
	const char *name;
	unsigned line;
	struct str marked, wanted;
};

static bool is_as_wanted(const struct sample *s, bool is_good, const char *got)
{
	if (!is_good)
		print_error("%s:%u: %.*s\n  got      %s\n  expected %.*s\n", s->name, s->line, STR_ARGS(s->marked), got, STR_ARGS(s->wanted));
	return is_good;
}

static bool valid_is_read(const struct sample *s)
{
	struct arena arena;
	struct buf text, tree;
	struct toml_error error = {0};
	arena_init(&arena, 0);
	buf_init(&text);
	buf_init(&tree);
	unfold(s->marked, &text);
	struct toml_node *root = toml_parse(&arena, buf_str(&text), &error);
	if (root)
		show(root, &tree);
	else
		buf_printf(&tree, "%u:%u: %s", error.at.line, error.at.column, error.text);
	bool is_good = str_equal(buf_str(&tree), s->wanted);
	buf_append_char(&tree, 0);
	is_as_wanted(s, is_good, tree.data);
	buf_fini(&text);
	buf_fini(&tree);
	arena_fini(&arena);
	return is_good;
}

static bool invalid_is_refused(const struct sample *s)
{
	struct arena arena;
	struct buf text;
	struct toml_error error = {0};
	char got[300] = "is accepted", number[16] = "";
	arena_init(&arena, 0);
	buf_init(&text);
	unfold(s->marked, &text);
	if (!toml_parse(&arena, buf_str(&text), &error)) {
		snprintf(got, sizeof got, "%u:%u: %s", error.at.line, error.at.column, error.text);
		snprintf(number, sizeof number, "%u", error.at.line);
	}
	bool is_good = str_is(s->wanted, number) && error.at.column >= 1 && strlen(error.text) > strlen("syntax error: ");
	buf_fini(&text);
	arena_fini(&arena);
	return is_as_wanted(s, is_good, got);
}

/* How many there are; fails if one is not as it should be. */
static size_t replay(const char *name, bool (*is_good)(const struct sample *))
{
	size_t count = 0, wrong = 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *file = fopen(name, "r");
	assert_non_null(file);
	for (unsigned number = 1; (len = getline(&line, &size, file)) >= 0; number++) {
		struct str text = str_make(line, (size_t)len - (line[len - 1] == '\n'));
		const char *arrow = memmem(text.data, text.len, ARROW, strlen(ARROW));
		if (text.len == 0 || str_starts_with(text, STR("##")))
			continue;
		assert_non_null(arrow);
		size_t before = (size_t)(arrow - text.data), after = before + strlen(ARROW);
		struct sample s = {name, number, str_make(text.data, before), str_make(text.data + after, text.len - after)};
		wrong += !is_good(&s);
		count++;
	}
	free(line);
	fclose(file);
	assert_int_equal(wrong, 0);
	return count;
}

static void reads_what_is_valid(void **state)
{
	(void)state;
	assert_true(replay("test/conf/toml/valid.txt", valid_is_read) >= FEWEST_VALID);
}

static void refuses_what_is_invalid(void **state)
{
	(void)state;
	assert_true(replay("test/conf/toml/invalid.txt", invalid_is_refused) >= FEWEST_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_is_valid),
		cmocka_unit_test(refuses_what_is_invalid),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
