#include "xmpp/node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "xmpp/ns.h"
#include "xmpp/stanza.h"

static struct stanza *read(const char *text)
{
	return stanza_from_text(str_from(text), NS_CLIENT);
}

static void assert_str(struct str got, const char *wanted)
{
	if (!str_is(got, wanted))
		fail_msg("got '%.*s', wanted '%s'", STR_ARGS(got), wanted);
}

static void walks_children(void **state)
{
	struct stanza *s = read("<a x='1'>t<b/>u<c y='2'><d/><e/></c><b xmlns='n'/><![CDATA[v]]></a>");
	const struct node *root = node_root(s), *n;

	(void)state;
	n = node_first_child(s, root);
	assert_str(node_name(s, n), "b");
	assert_null(node_first_child(s, n));
	assert_null(node_first_content(s, n));
	n = node_next_sibling(s, n);
	assert_str(node_name(s, n), "c");
	assert_str(node_name(s, node_first_child(s, n)), "d");
	assert_str(node_name(s, node_next_sibling(s, node_first_child(s, n))), "e");
	assert_null(node_next_sibling(s, node_next_sibling(s, node_first_child(s, n))));
	n = node_next_sibling(s, n);
	assert_true(node_is(s, n, "b", "n"));
	assert_false(node_is(s, n, "b", NS_CLIENT));
	assert_true(node_is(s, n, "b", NULL));
	assert_null(node_next_sibling(s, n));
	assert_int_equal(node_next_content(s, n)->kind, NODE_TEXT);
	assert_null(node_next_content(s, root));
	stanza_unref(&s);
}

static void walks_content(void **state)
{
	static const char *const wanted[] = {"t", "<b/>", "u&amp;", "<![CDATA[v]]>", "w"};
	struct stanza *s = read("<a x='1' y='2'>t<b/>u&amp;<![CDATA[v]]>w</a>");
	size_t count = 0;

	(void)state;
	for (const struct node *n = node_first_content(s, node_root(s)); n; n = node_next_content(s, n))
		assert_str(node_bytes(s, n), wanted[count++]);
	assert_int_equal(count, 5);
	stanza_unref(&s);
}

static void finds_children(void **state)
{
	struct stanza *s = read("<iq><q xmlns='1'/><q xmlns='2' z=''/><r/></iq>");
	const struct node *root = node_root(s);

	(void)state;
	assert_str(node_bytes(s, node_find_child(s, root, "q", "2")), "<q xmlns='2' z=''/>");
	assert_str(node_bytes(s, node_find_child(s, root, "q", NULL)), "<q xmlns='1'/>");
	assert_str(node_bytes(s, node_find_child(s, root, "r", NS_CLIENT)), "<r/>");
	assert_null(node_find_child(s, root, "q", "3"));
	assert_null(node_find_child(s, root, "qq", NULL));
	assert_null(node_find_child(s, node_find_child(s, root, "r", NULL), "r", NULL));
	stanza_unref(&s);
}

static void reads_attributes(void **state)
{
	struct stanza *s = read("<a xmlns:p='n' b='1&amp;2' p:b='3' c=\"4\" xml:lang='de' d=''><e b='5'/></a>");
	const struct node *root = node_root(s), *n;
	struct arena a;
	size_t count = 0;

	(void)state;
	arena_init(&a, 0);
	assert_str(node_attribute_raw(s, root, "b"), "1&amp;2");
	assert_str(node_attribute(s, root, "b", &a), "1&2");
	assert_str(node_attribute_ns(s, root, "b", "n", &a), "3");
	assert_str(node_attribute_ns(s, root, "lang", NS_XML, &a), "de");
	assert_null(node_attribute_ns(s, root, "lang", NS_XMLNS, &a).data);
	assert_null(node_attribute_ns(s, root, "b", "", &a).data);
	assert_str(node_attribute(s, root, "c", &a), "4");
	assert_true(node_attribute(s, root, "c", &a).data >= s->bytes);
	assert_non_null(node_attribute(s, root, "d", &a).data);
	assert_int_equal(node_attribute(s, root, "d", &a).len, 0);
	assert_null(node_attribute(s, root, "lang", &a).data);
	assert_null(node_attribute(s, root, "p", &a).data);
	assert_null(node_attribute_raw(s, root, "e").data);
	for (n = node_first_attribute(s, root); n; n = node_next_attribute(s, n))
		count++;
	assert_int_equal(count, 6);
	assert_str(node_attribute(s, node_first_child(s, root), "b", &a), "5");
	arena_fini(&a);
	stanza_unref(&s);
}

static void reads_text(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"<a/>", ""},
		{"<a></a>", ""},
		{"<a>plain</a>", "plain"},
		{"<a>x&lt;y\r\n</a>", "x<y\n"},
		{"<a>1<b>2</b>3<c/>4</a>", "134"},
		{"<a><b/>3&amp;<b/></a>", "3&"},
		{"<a>1&gt;<![CDATA[2&gt;\r\n]]>3</a>", "1>2&gt;\n3"},
		{"<a><![CDATA[&#65;]]></a>", "&#65;"},
		{"<a><![CDATA[]]></a>", ""},
		{"<a><![CDATA[\r]]></a>", "\n"},
	};
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stanza *s = read(cases[i].text);

		assert_str(node_text(s, node_root(s), &a), cases[i].wanted);
		assert_non_null(node_text(s, node_root(s), &a).data);
		stanza_unref(&s);
	}
	arena_fini(&a);
}

static void shows_bytes(void **state)
{
	struct stanza *s = read("<a b='1' ><c d='2'>x<e/></c ><f /></a>");
	const struct node *c = node_first_child(s, node_root(s));

	(void)state;
	assert_str(node_bytes(s, c), "<c d='2'>x<e/></c >");
	assert_str(node_inner(s, c), "x<e/>");
	assert_str(node_inner(s, node_root(s)), "<c d='2'>x<e/></c ><f />");
	assert_str(node_bytes(s, node_next_sibling(s, c)), "<f />");
	assert_str(node_inner(s, node_next_sibling(s, c)), "");
	stanza_unref(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_children),   cmocka_unit_test(walks_content), cmocka_unit_test(finds_children),
		cmocka_unit_test(reads_attributes), cmocka_unit_test(reads_text),    cmocka_unit_test(shows_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
