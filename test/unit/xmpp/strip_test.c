#include "xmpp/strip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "xmpp/node.h"
#include "xmpp/ns.h"
#include "xmpp/writer.h"

static bool is_named(const struct stanza *s, const struct node *child, const void *context)
{
	return str_is(node_name(s, child), context);
}

static void assert_stripped(const char *xml, const char *ns, const char *expected)
{
	struct stanza *s = stanza_from_text(str_from(xml), ns), *rest = strip_children(s, is_named, "bad");
	struct buf b;

	assert_non_null(rest);
	assert_int_equal(rest->kind, s->kind);
	assert_int_equal(rest->type, s->type);
	buf_init(&b);
	writer_stanza(&b, rest, rest->from, rest->to, NS_CLIENT, false);
	buf_append_char(&b, 0);
	assert_string_equal(b.data, expected);
	buf_fini(&b);
	stanza_unref(&s);
	stanza_unref(&rest);
}

static void leaves_the_rest(void **state)
{
	(void)state;
	assert_stripped("<message from='a@b/c' to='d@e' type='chat' id='&lt;1' xml:lang='en'><x "
			"xmlns='urn:x'><bad/></x><bad/><bad xmlns='urn:y'/></message>",
			NS_CLIENT,
			"<message from='a@b/c' to='d@e' type='chat' id='&lt;1' xml:lang='en'><x "
			"xmlns='urn:x'><bad/></x></message>");
	assert_stripped("<message><bad/></message>", NS_CLIENT, "<message></message>");
	assert_stripped("<message xmlns='jabber:client' xmlns:p='urn:p'> <bad>x</bad>a<p:b/><bad/>&amp;</message>", NS_CLIENT,
			"<message xmlns:p='urn:p'> a<p:b/>&amp;</message>");
	assert_stripped("<p:message xmlns:p='jabber:client' xmlns='urn:y'><bad/><good/></p:message>", NS_CLIENT,
			"<p:message xmlns:p='jabber:client' xmlns='urn:y'><good/></p:message>");
}

/* What the children inherited they have themselves afterwards. */
static void keeps_namespaces(void **state)
{
	struct stanza *s = stanza_from_text(
	    STR("<message xmlns:p='urn:p' p:a='1'><p:good p:b='2'/><bad/><body>x</body></message>"), NS_SERVER);
	struct stanza *rest = strip_children(s, is_named, "bad");

	(void)state;
	assert_non_null(rest);
	assert_non_null(node_find_child(rest, node_root(rest), "good", "urn:p"));
	assert_non_null(node_find_child(rest, node_root(rest), "body", NS_SERVER));
	assert_null(node_find_child(rest, node_root(rest), "bad", NULL));
	assert_true(str_is(node_ns(rest, node_root(rest)), NS_SERVER));
	stanza_unref(&s);
	stanza_unref(&rest);
}

/* Children that use prefixes do not all get all the declarations around them. */
static void does_not_grow(void **state)
{
	struct stanza *s, *rest;
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_append_text(&b, "<message");
	for (int i = 0; i < 60; i++)
		buf_printf(&b, " xmlns:p%d='urn:%0500d'", i, i);
	buf_append_text(&b, "><bad/>");
	for (int i = 0; i < 20000; i++)
		buf_append_text(&b, "<p0:a/>");
	buf_append_text(&b, "</message>");
	s = stanza_from_text(buf_str(&b), NS_CLIENT);
	rest = strip_children(s, is_named, "bad");
	assert_non_null(rest);
	assert_true(rest->len < s->len);
	stanza_unref(&s);
	stanza_unref(&rest);
	buf_fini(&b);
}

static void does_nothing_without_need(void **state)
{
	struct stanza *s = stanza_from_text(STR("<message><good><bad/></good></message>"), NS_CLIENT);

	(void)state;
	assert_null(strip_children(s, is_named, "bad"));
	stanza_unref(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_the_rest),
		cmocka_unit_test(keeps_namespaces),
		cmocka_unit_test(does_not_grow),
		cmocka_unit_test(does_nothing_without_need),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
