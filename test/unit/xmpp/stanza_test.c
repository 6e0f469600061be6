#include "xmpp/stanza.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "xmpp/ns.h"

static void assert_str(struct str got, const char *wanted)
{
	if (!str_is(got, wanted))
		fail_msg("got '%.*s', wanted '%s'", STR_ARGS(got), wanted);
}

static void knows_kind_and_type(void **state)
{
	static const struct {
		const char *text, *ns, *kind, *type;
	} cases[] = {
		{"<message/>", NS_CLIENT, "message", ""},
		{"<message type='normal'/>", NS_CLIENT, "message", "normal"},
		{"<message type='chat'/>", NS_CLIENT, "message", "chat"},
		{"<message type='groupchat'/>", NS_CLIENT, "message", "groupchat"},
		{"<message type='headline'/>", NS_CLIENT, "message", "headline"},
		{"<message type='error'/>", NS_CLIENT, "message", "error"},
		{"<message type='Chat'/>", NS_CLIENT, "message", "invalid"},
		{"<message type=''/>", NS_CLIENT, "message", "invalid"},
		{"<presence/>", NS_CLIENT, "presence", ""},
		{"<presence type='unavailable'/>", NS_CLIENT, "presence", "unavailable"},
		{"<presence type='subscribe'/>", NS_CLIENT, "presence", "subscribe"},
		{"<presence type='subscribed'/>", NS_CLIENT, "presence", "subscribed"},
		{"<presence type='unsubscribe'/>", NS_CLIENT, "presence", "unsubscribe"},
		{"<presence type='unsubscribed'/>", NS_CLIENT, "presence", "unsubscribed"},
		{"<presence type='probe'/>", NS_CLIENT, "presence", "probe"},
		{"<presence type='error'/>", NS_CLIENT, "presence", "error"},
		{"<presence type='available'/>", NS_CLIENT, "presence", "invalid"},
		{"<iq/>", NS_CLIENT, "iq", ""},
		{"<iq type='get'/>", NS_CLIENT, "iq", "get"},
		{"<iq type='set'/>", NS_CLIENT, "iq", "set"},
		{"<iq type='result'/>", NS_CLIENT, "iq", "result"},
		{"<iq type='error'/>", NS_CLIENT, "iq", "error"},
		{"<iq type='chat'/>", NS_CLIENT, "iq", "invalid"},
		{"<r type='get'/>", NS_CLIENT, "other", ""},
		{"<message xmlns='jabber:client' type='chat'/>", NS_SERVER, "other", ""},
		{"<message xmlns='jabber:server' type='chat'/>", NS_SERVER, "message", "chat"},
		{"<iq xmlns=\"jabber:component:accept\" type='get'/>", NS_COMPONENT, "iq", "get"},
		{"<p:iq xmlns:p='jabber:client' type='get'/>", NS_CLIENT, "iq", "get"},
		{"<p:iq xmlns:p='x' type='get'/>", NS_CLIENT, "other", ""},
		{"<iq p:type='get' xmlns:p='x'/>", NS_CLIENT, "iq", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stanza *s = stanza_from_text(str_from(cases[i].text), cases[i].ns);

		assert_string_equal(stanza_kind_name(s->kind), cases[i].kind);
		assert_string_equal(stanza_type_name(s->type), cases[i].type);
		assert_str(str_make(s->bytes + s->content_ns, s->content_ns_len), cases[i].ns);
		assert_int_equal(s->len, strlen(cases[i].text));
		stanza_unref(&s);
		assert_null(s);
	}
}

static void reads_addresses(void **state)
{
	static const struct {
		const char *text, *from, *to;
		bool from_is_right, to_is_right;
	} cases[] = {
		{"<iq/>", "", "", true, true},
		{"<iq to='a@b' from='c@d/e'/>", "c@d/e", "a@b", true, true},
		{"<iq to='A@B.'/>", "", "a@b", true, true},
		{"<iq to='a@b/&quot;x&quot;'/>", "", "a@b/\"x\"", true, true},
		{"<iq to='a@b/x&#32;y'/>", "", "a@b/x y", true, true},
		{"<iq to='' from='a@@b'/>", "", "", false, false},
		{"<iq to='a b@c' from='x'/>", "x", "", true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stanza *s = stanza_try_from_text(str_from(cases[i].text), NS_CLIENT);

		assert_int_equal(stanza_address(s), cases[i].to_is_right);
		assert_int_equal(stanza_sender(s), cases[i].from_is_right);
		assert_str(jid_str(s->from), cases[i].from);
		assert_str(jid_str(s->to), cases[i].to);
		assert_int_equal(s->has_from, strstr(cases[i].text, "from=") != NULL);
		assert_int_equal(s->has_to, strstr(cases[i].text, "to=") != NULL);
		stanza_unref(&s);
	}
}

static void is_stamped(void **state)
{
	char local[600];
	struct stanza *s = stanza_from_text(STR("<iq from='a@b/c'><q xmlns='n'/></iq>"), NS_CLIENT);
	struct arena a;
	struct jid j;

	(void)state;
	arena_init(&a, 0);
	memset(local, 'x', sizeof(local));
	assert_str(jid_str(s->from), "a@b/c");
	assert_true(jid_parse(&j, STR("d@e/f"), &a));
	stanza_stamp(s, j);
	assert_str(jid_str(s->from), "d@e/f");
	assert_true(s->from.text != j.text);
	stanza_stamp(s, jid_bare(s->from));
	assert_str(jid_str(s->from), "d@e");
	j = jid_make(&a, str_make(local, sizeof(local)), STR("host"), STR("r"));
	stanza_stamp(s, j);
	assert_true(jid_equal(s->from, j));
	assert_true(s->from.text != j.text);
	assert_str(node_bytes(s, node_root(s)), "<iq from='a@b/c'><q xmlns='n'/></iq>");
	stanza_stamp(s, JID_NONE);
	assert_false(jid_is_set(s->from));
	assert_true(stanza_size(s) > sizeof(*s) + s->len + sizeof(local));
	arena_fini(&a);
	stanza_unref(&s);
}

static void is_copied(void **state)
{
	static const char text[] = "<presence from='a@b/c' to='d@e'><show>away</show><x xmlns='n' xml:lang='en'/></presence>";
	struct stanza *s = stanza_from_text(str_from(text), NS_CLIENT), *copy = stanza_copy(s);

	(void)state;
	assert_true(stanza_size(copy) < stanza_size(s));
	stanza_unref(&s);
	assert_int_equal(copy->kind, STANZA_PRESENCE);
	assert_true(copy->has_from && copy->has_to);
	assert_false(jid_is_set(copy->from) || jid_is_set(copy->to));
	assert_str(node_bytes(copy, node_root(copy)), text);
	assert_non_null(node_find_child(copy, node_root(copy), "show", NS_CLIENT));
	assert_non_null(node_find_child(copy, node_root(copy), "x", "n"));
	assert_true(stanza_sender(copy));
	assert_str(jid_str(copy->from), "a@b/c");
	stanza_unref(&copy);
}

static void has_a_payload(void **state)
{
	static const struct {
		const char *text, *payload;
	} cases[] = {
		{"<iq/>", NULL},
		{"<iq>text</iq>", NULL},
		{"<iq><a/></iq>", "<a/>"},
		{"<iq> <a><b/></a> </iq>", "<a><b/></a>"},
		{"<iq><a/><b/></iq>", NULL},
		{"<iq><a/> <b/></iq>", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stanza *s = stanza_from_text(str_from(cases[i].text), NS_CLIENT);
		const struct node *payload = stanza_payload(s);

		assert_int_equal(payload != NULL, cases[i].payload != NULL);
		if (payload)
			assert_str(node_bytes(s, payload), cases[i].payload);
		stanza_unref(&s);
	}
}

static void shows_its_id(void **state)
{
	struct stanza *s = stanza_from_text(STR("<iq id=\"a'&lt;\"/>"), NS_CLIENT);

	(void)state;
	assert_str(stanza_id_raw(s), "a'&lt;");
	stanza_unref(&s);
	s = stanza_from_text(STR("<iq xmlns:p='x' p:id='1'/>"), NS_CLIENT);
	assert_null(stanza_id_raw(s).data);
	stanza_unref(&s);
}

static void is_counted(void **state)
{
	struct stanza *s = stanza_from_text(STR("<iq/>"), NS_CLIENT), *other = s;

	(void)state;
	stanza_ref(s);
	stanza_unref(&other);
	assert_null(other);
	assert_int_equal(s->node_count, 1);
	stanza_unref(&s);
	stanza_unref(&s);
}

static void refuses_doubtful_text(void **state)
{
	static const char *const cases[] = {
		"", " ", "x", "<a>", "<a/><b/>", "<a/>x", "<a/><", "<a></b>", "<p:a/>", "<!-- x --><a/>", "<a/>\xff",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_null(stanza_try_from_text(str_from(cases[i]), NS_CLIENT));
}

/* Around what a peer may send there is always room for what we put around it. */
static void takes_deep_text_of_our_own(void **state)
{
	struct stanza *s;
	struct buf text;

	(void)state;
	buf_init(&text);
	for (int i = 0; i < 70000; i++)
		buf_append_text(&text, "<a x='1'>");
	for (int i = 0; i < 70000; i++)
		buf_append_text(&text, "</a>");
	assert_null(stanza_try_from_text(buf_str(&text), NS_CLIENT));
	s = stanza_from_text(buf_str(&text), NS_CLIENT);
	assert_int_equal(s->node_count, 140000);
	stanza_unref(&s);
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_kind_and_type),   cmocka_unit_test(reads_addresses),
		cmocka_unit_test(is_stamped), cmocka_unit_test(is_copied),
		cmocka_unit_test(has_a_payload),
		cmocka_unit_test(shows_its_id),          cmocka_unit_test(is_counted),
		cmocka_unit_test(refuses_doubtful_text), cmocka_unit_test(takes_deep_text_of_our_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
