#include "xmpp/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

static void expect_read(const char *raw, enum escape_kind kind, const char *wanted)
{
	size_t len = strlen(raw);
	char *room = malloc(len ? len : 1);
	struct str got = str_make(room, escape_read(str_from(raw), kind, room));

	if (!str_is(got, wanted))
		fail_msg("%s: got '%.*s', wanted '%s'", raw, STR_ARGS(got), wanted);
	free(room);
}

static void reads(void **state)
{
	static const struct {
		const char *raw, *text, *attribute, *section;
	} cases[] = {
		{"", "", "", ""},
		{"plain", "plain", "plain", "plain"},
		{"&lt;&gt;&amp;&quot;&apos;", "<>&\"'", "<>&\"'", "&lt;&gt;&amp;&quot;&apos;"},
		{"a&amp;lt;b", "a&lt;b", "a&lt;b", "a&amp;lt;b"},
		{"\r\n\r\r\n\n\t", "\n\n\n\n\t", "     ", "\n\n\n\n\t"},
		{"&#9;&#10;&#13;", "\t\n\r", "\t\n\r", "&#9;&#10;&#13;"},
		{"&#x41;&#65;&#x00000042;", "AAB", "AAB", "&#x41;&#65;&#x00000042;"},
		{"&#xe9;&#x20aC;&#x10fFfF;", "\xc3\xa9\xe2\x82\xac\xf4\x8f\xbf\xbf", "\xc3\xa9\xe2\x82\xac\xf4\x8f\xbf\xbf",
		 "&#xe9;&#x20aC;&#x10fFfF;"},
		{"\xc3\xa9>x", "\xc3\xa9>x", "\xc3\xa9>x", "\xc3\xa9>x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_read(cases[i].raw, ESCAPE_TEXT, cases[i].text);
		expect_read(cases[i].raw, ESCAPE_ATTRIBUTE, cases[i].attribute);
		expect_read(cases[i].raw, ESCAPE_SECTION, cases[i].section);
	}
}

static void writes(void **state)
{
	static const struct {
		const char *text, *in_text, *in_attribute;
	} cases[] = {
		{"", "", ""},
		{"plain text, 1.5 \xc3\xa9", "plain text, 1.5 \xc3\xa9", "plain text, 1.5 \xc3\xa9"},
		{"<a b=\"c\" d='e'>&", "&lt;a b=\"c\" d='e'&gt;&amp;", "&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt;&amp;"},
		{"\t\n\r", "\t\n&#13;", "&#9;&#10;&#13;"},
		{"x\x01y\x1f", "xy", "xy"},
	};
	struct buf out;

	(void)state;
	buf_init(&out);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&out);
		escape_write(&out, str_from(cases[i].text), ESCAPE_TEXT);
		assert_true(str_is(buf_str(&out), cases[i].in_text));
		buf_clear(&out);
		escape_write(&out, str_from(cases[i].text), ESCAPE_ATTRIBUTE);
		assert_true(str_is(buf_str(&out), cases[i].in_attribute));
	}
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
