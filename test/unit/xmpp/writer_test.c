#include "xmpp/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/describe.h"
#include "xmpp/ns.h"
#include "xmpp/parser.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_buf(struct buf *out, const char *wanted)
{
	if (!str_is(buf_str(out), wanted))
		fail_msg("got '%.*s', wanted '%s'", STR_ARGS(buf_str(out)), wanted);
	buf_clear(out);
}

static struct jid jid(const char *text, struct arena *a)
{
	struct jid j = JID_NONE;

	if (text)
		assert_true(jid_parse(&j, str_from(text), a));
	return j;
}

static void writes_elements(void **state)
{
	struct writer w;
	struct buf out;
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	buf_init(&out);
	writer_init(&w, &out);
	writer_open(&w, "iq", "jabber:client");
	writer_attribute(&w, "id", STR("<'\">&"));
	writer_attribute_text(&w, "type", "set");
	writer_attribute_int(&w, "n", -9223372036854775807 - 1);
	writer_attribute_jid(&w, "to", jid("a@b/O'Hara & <x>", &a));
	writer_open(&w, "query", "u");
	writer_text(&w, STR("a<b>&'\n"));
	writer_empty(&w, "e", NULL);
	writer_leaf(&w, "l", "v", STR(""));
	writer_leaf(&w, "l", NULL, STR("x&y"));
	writer_raw(&w, STR("<raw/>"));
	writer_close(&w);
	writer_open(&w, "o", NULL);
	writer_raw(&w, STR("<raw/>"));
	writer_close(&w);
	writer_close(&w);
	assert_buf(&out, "<iq xmlns='jabber:client' id='&lt;&apos;&quot;&gt;&amp;' type='set' n='-9223372036854775808' "
			 "to='a@b/O&apos;Hara &amp; &lt;x&gt;'><query xmlns='u'>a&lt;b&gt;&amp;'\n<e/><l xmlns='v'></l>"
			 "<l>x&amp;y</l><raw/></query><o><raw/></o></iq>");
	writer_escape(&out, STR("<\t>"));
	assert_buf(&out, "&lt;&#9;&gt;");
	buf_fini(&out);
	arena_fini(&a);
}

/* The stanza that follows a stream header. */
static struct stanza *receive(const char *header, const char *text)
{
	static const struct parser_limits limits = {
		.element_bytes = SIZE_MAX, .depth = 20, .attributes = 20, .name_bytes = 100};
	struct stanza *s;
	struct parser p;
	size_t used;

	parser_init(&p, PARSER_STREAM, &limits);
	assert_int_equal(parser_feed(&p, str_from(header), &used, &s), PARSER_HEADER);
	stanza_unref(&s);
	assert_int_equal(parser_feed(&p, str_from(text), &used, &s), PARSER_STANZA);
	parser_fini(&p);
	return s;
}

#define CLIENT_HEADER "<stream:stream xmlns='jabber:client' xmlns:stream='" NS_STREAM "' xmlns:p='ns-p' xmlns:c='jabber:client'>"
#define BARE_HEADER "<stream xmlns='" NS_STREAM "'>"
#define PREFIX_HEADER "<s:stream xmlns:s='" NS_STREAM "' xmlns:c='jabber:client'>"

static const struct copy_case {
	const char *header, *text, *to_client, *to_server;
} copies[] = {
	{CLIENT_HEADER, "<message to='x' type='chat' from='y' id=\"1\"><body>a&amp;b</body></message>",
	 "<message from='f@g' to='t' type='chat' id=\"1\"><body>a&amp;b</body></message>", NULL},
	{CLIENT_HEADER, "<presence/>", "<presence from='f@g' to='t'/>", NULL},
	{CLIENT_HEADER, "<presence  to='x'\n/>", "<presence from='f@g' to='t'\n/>", NULL},
	{CLIENT_HEADER, "<presence xml:lang = 'de'  a='b\nc' ></presence >",
	 "<presence from='f@g' to='t' xml:lang = 'de'  a='b\nc' ></presence >", NULL},
	{CLIENT_HEADER, "<iq id='1'\tto='x'\n type='get' from='y' a='2'/>", "<iq from='f@g' to='t' id='1'\n type='get' a='2'/>", NULL},
	{CLIENT_HEADER, "<iq xmlns='jabber:client' type='get'><q xmlns='jabber:client'/></iq>",
	 "<iq from='f@g' to='t' type='get'><q xmlns='jabber:client'/></iq>",
	 "<iq from='f@g' to='t' type='get'><q xmlns='jabber:server'/></iq>"},
	{CLIENT_HEADER, "<iq xmlns='jabber&#58;client' type='get'/>", "<iq from='f@g' to='t' type='get'/>", NULL},
	{CLIENT_HEADER, "<message><sent xmlns='urn:xmpp:carbons:2'><message xmlns='jabber:client' to='x'/></sent></message>",
	 "<message from='f@g' to='t'><sent xmlns='urn:xmpp:carbons:2'><message xmlns='jabber:client' to='x'/></sent></message>",
	 NULL},
	{CLIENT_HEADER, "<message p:a='1'><p:b/></message>", "<message from='f@g' to='t' p:a='1' xmlns:p='ns-p'><p:b/></message>",
	 NULL},
	{CLIENT_HEADER, "<message xmlns:p='other' p:a='1'><p:b/></message>",
	 "<message from='f@g' to='t' xmlns:p='other' p:a='1'><p:b/></message>", NULL},
	{CLIENT_HEADER, "<message xmlns:f='f' f:from='1' f:to='2'/>",
	 "<message from='f@g' to='t' xmlns:f='f' f:from='1' f:to='2'/>", NULL},
	{CLIENT_HEADER, "<c:message><body/><c:x/></c:message>",
	 "<c:message from='f@g' to='t' xmlns:c='jabber:client'><body/><c:x/></c:message>",
	 "<c:message from='f@g' to='t' xmlns:c='jabber:server'><body/><c:x/></c:message>"},
	{CLIENT_HEADER, "<d:message xmlns:d='jabber:client' xmlns='v'><body/></d:message>",
	 "<d:message from='f@g' to='t' xmlns:d='jabber:client' xmlns='v'><body/></d:message>",
	 "<d:message from='f@g' to='t' xmlns:d='jabber:server' xmlns='v'><body/></d:message>"},
	{BARE_HEADER, "<message xmlns='jabber:client'><body/></message>", "<message from='f@g' to='t'><body/></message>", NULL},
	{BARE_HEADER, "<c:message xmlns:c='jabber:client'><features/></c:message>",
	 "<c:message from='f@g' to='t' xmlns:c='jabber:client' xmlns='" NS_STREAM "'><features/></c:message>",
	 "<c:message from='f@g' to='t' xmlns:c='jabber:server' xmlns='" NS_STREAM "'><features/></c:message>"},
	{PREFIX_HEADER, "<c:message><body/><c:body/></c:message>",
	 "<c:message from='f@g' to='t' xmlns:c='jabber:client' xmlns=''><body/><c:body/></c:message>",
	 "<c:message from='f@g' to='t' xmlns:c='jabber:server' xmlns=''><body/><c:body/></c:message>"},
};

static void copies_stanzas(void **state)
{
	struct buf out;
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	buf_init(&out);
	for (size_t i = 0; i < COUNT(copies); i++) {
		const struct copy_case *c = &copies[i];
		struct stanza *s = receive(c->header, c->text);

		writer_stanza(&out, s, jid("f@g", &a), jid("t", &a), NS_CLIENT, false);
		assert_buf(&out, c->to_client);
		writer_stanza(&out, s, jid("f@g", &a), jid("t", &a), NS_SERVER, false);
		assert_buf(&out, c->to_server ? c->to_server : c->to_client);
		stanza_unref(&s);
	}
	buf_fini(&out);
	arena_fini(&a);
}

/* What a copy means where it arrives, whatever is declared there, is what was meant. */
static void assert_same_meaning(const struct stanza *s, const char *header, struct buf *copy)
{
	struct stanza *arrived;
	struct buf meant, means;

	buf_init(&meant);
	buf_init(&means);
	buf_append_char(copy, '\0');
	arrived = receive(header, copy->data);
	describe_stanza(&meant, s);
	describe_stanza(&means, arrived);
	if (!str_equal(buf_str(&meant), buf_str(&means)))
		fail_msg("%s\nmeans %.*s\nmeant %.*s", copy->data, STR_ARGS(buf_str(&means)), STR_ARGS(buf_str(&meant)));
	stanza_unref(&arrived);
	buf_fini(&meant);
	buf_fini(&means);
	buf_clear(copy);
}

#define FOREIGN_HEADER "<s:stream xmlns:s='" NS_STREAM "' xmlns='jabber:client' xmlns:p='wrong' xmlns:c='wrong'>"

static void copies_mean_the_same(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out);
	for (size_t i = 0; i < COUNT(copies); i++) {
		struct stanza *s = receive(copies[i].header, copies[i].text);

		if (!s->has_from && !s->has_to) {
			writer_stanza(&out, s, JID_NONE, JID_NONE, NS_CLIENT, false);
			assert_same_meaning(s, FOREIGN_HEADER, &out);
			writer_stanza(&out, s, JID_NONE, JID_NONE, NS_CLIENT, true);
			assert_same_meaning(s, "<stream xmlns='wrong' xmlns:p='wrong' xmlns:c='wrong'>", &out);
		}
		stanza_unref(&s);
	}
	buf_fini(&out);
}

/* Every element of every stanza, on its own. */
static void copies_nodes(void **state)
{
	static const char *const texts[] = {
		"<a xmlns='1'><b xmlns:p='2' xmlns:q='3'><p:c q:x=''><d/><p:e xmlns:p='4'><f p:y='' q:z=''/></p:e></p:c><g/></b></a>",
		"<p:a><b xml:lang='en'/><p:c p:d='&lt;'/><x xmlns:p='5'><p:y/></x></p:a>",
		"<a xmlns:r=\"it's\"><r:b/><c xmlns=''><d/></c></a>",
		("<message><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><body>x</body></message></forwarded>"
		 "</message>"),
	};
	static const char *const headers[] = {CLIENT_HEADER, "<s xmlns:p='&lt;it&apos;s'>"};
	struct buf out, described;

	(void)state;
	buf_init(&out);
	buf_init(&described);
	for (size_t i = 0; i < COUNT(texts) * COUNT(headers); i++) {
		struct stanza *s = receive(headers[i % COUNT(headers)], texts[i / COUNT(headers)]);

		describe_stanza(&described, s);
		for (const struct node *n = s->nodes; n < s->nodes + s->node_count; n++) {
			struct buf alone;
			struct stanza *copy;
			struct writer w;

			if (n->kind != NODE_ELEMENT)
				continue;
			buf_init(&alone);
			writer_init(&w, &out);
			writer_open(&w, "w", "wrong");
			writer_node(&w, s, n);
			writer_close(&w);
			copy = stanza_from_text(buf_str(&out), "wrong");
			describe_stanza(&alone, copy);
			assert_true(str_starts_with(buf_str(&alone), STR("{wrong}w(")));
			buf_consume(&alone, strlen("{wrong}w("));
			alone.len--;
			buf_append_char(&alone, '\0');
			buf_append_char(&described, '\0');
			if (!strstr(described.data, alone.data))
				fail_msg("%.*s\nmeans %s\nwhich is not in %s", STR_ARGS(buf_str(&out)), alone.data, described.data);
			described.len--;
			stanza_unref(&copy);
			buf_fini(&alone);
			buf_clear(&out);
		}
		stanza_unref(&s);
		buf_clear(&described);
	}
	buf_fini(&out);
	buf_fini(&described);
}

static void answers(void **state)
{
	struct stanza *s = receive(CLIENT_HEADER, "<iq type='get' id=\"a'b&amp;\" to='x'><q xmlns='q'/></iq>");
	struct stanza *m = receive(CLIENT_HEADER, "<message/>");
	struct writer w;
	struct buf out;
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	buf_init(&out);
	writer_stanza_error(&out, s, jid("x", &a), jid("f@g/h", &a), STANZA_ERROR_SERVICE_UNAVAILABLE, STR_NONE);
	assert_buf(&out, "<iq from='x' to='f@g/h' type='error' id=\"a'b&amp;\"><error type='cancel'>"
			 "<service-unavailable xmlns='" NS_STANZA_ERROR "'/></error></iq>");
	writer_stanza_error(&out, m, JID_NONE, JID_NONE, STANZA_ERROR_BAD_REQUEST, STR("a<b"));
	assert_buf(&out, "<message type='error'><error type='modify'><bad-request xmlns='" NS_STANZA_ERROR "'/>"
			 "<text xmlns='" NS_STANZA_ERROR "'>a&lt;b</text></error></message>");
	writer_init(&w, &out);
	writer_iq_result(&w, s, jid("x", &a), jid("f@g/h", &a));
	writer_close(&w);
	assert_buf(&out, "<iq from='x' to='f@g/h' type='result' id=\"a'b&amp;\"/>");
	stanza_unref(&s);
	stanza_unref(&m);
	buf_fini(&out);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_elements),
		cmocka_unit_test(copies_stanzas),
		cmocka_unit_test(copies_mean_the_same),
		cmocka_unit_test(copies_nodes),
		cmocka_unit_test(answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
