#include "admin/rest/rest_events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HEAD "<message xmlns='jabber:client' from='a@b/c' to='d@e' id='1' "

static const struct {
	const char *xml, *told; /* NULL: it is not told */
} cases[] = {
	{HEAD "type='chat'><body>x &amp; y</body></message>",
	 "{\"from\":\"a@b/c\",\"to\":\"d@e\",\"id\":\"1\",\"body\":\"x & y\",\"timestamp\":7}"},
	{HEAD "type='chat'><thread parent='p'>t</thread><body/></message>",
	 "{\"from\":\"a@b/c\",\"to\":\"d@e\",\"id\":\"1\",\"body\":\"\",\"timestamp\":7,\"thread\":\"t\",\"parent\":\"p\"}"},
	{"<message xmlns='jabber:client' type='chat'><body>x</body></message>", "{\"body\":\"x\",\"timestamp\":7}"},
	{HEAD "type='chat'/>", NULL},
	{HEAD "type='chat'><body xmlns='other'>x</body></message>", NULL},
	{HEAD "><body>x</body></message>", NULL},
	{HEAD "type='headline'><body>x</body></message>", NULL},
	{"<presence xmlns='jabber:client'/>", NULL},
	{"<message", NULL},
	{"", NULL},
};

static void test_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *event = json_pack("{s:s}", "stanza", cases[i].xml), *told = rest_events_describe(event, 7);
		json_t *expected = cases[i].told ? json_loads(cases[i].told, 0, NULL) : NULL;

		assert_int_equal(told != NULL, expected != NULL);
		assert_true(!expected || json_equal(told, expected));
		json_decref(event);
		json_decref(told);
		json_decref(expected);
	}
}

static void test_an_event_without_a_stanza_is_not_told(void **state)
{
	json_t *event = json_object();

	(void)state;
	assert_null(rest_events_describe(event, 7));
	json_decref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_messages), cmocka_unit_test(test_an_event_without_a_stanza_is_not_told)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
