#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "xmpp/parser.h"

/* <x xmlns='...'/> with the part so many times. */
static enum parser_result feed_namespace(const char *part, size_t count)
{
	static const struct parser_limits wide = {.element_bytes = SIZE_MAX, .depth = 8, .attributes = 6, .name_bytes = 20, .declarations = 10};
	struct stanza *s;
	struct parser p;
	struct buf text;
	size_t used;
	enum parser_result result;

	buf_init(&text);
	buf_append_text(&text, "<x xmlns='");
	for (size_t i = 0; i < count; i++)
		buf_append_text(&text, part);
	buf_append_text(&text, "'/>");
	parser_init(&p, PARSER_ELEMENTS, &wide);
	result = parser_feed(&p, buf_str(&text), &used, &s);
	stanza_unref(&s);
	parser_fini(&p);
	buf_fini(&text);
	return result;
}

/* What counts is the name and not how it is written: we may write it with more references than the peer did. */
static void limits_namespaces_as_they_are_meant(void **state)
{
	(void)state;
	assert_int_equal(feed_namespace("a", UINT16_MAX), PARSER_STANZA);
	assert_int_equal(feed_namespace("a", UINT16_MAX + 1), PARSER_FAILED);
	assert_int_equal(feed_namespace("&apos;", UINT16_MAX), PARSER_STANZA);
	assert_int_equal(feed_namespace("&apos;", UINT16_MAX + 1), PARSER_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(limits_namespaces_as_they_are_meant)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
