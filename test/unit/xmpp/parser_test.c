#include "xmpp/parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "support/describe.h"
#include "xmpp/ns.h"

#define HEADER "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct parser_limits limits = {
	.element_bytes = 4096, .depth = 8, .attributes = 6, .name_bytes = 20, .declarations = 10};

/* How the bytes of a text reach the parser: whole, one by one, or cut anywhere. */
enum cutting { WHOLE, BYTES, RANDOM, CUTTINGS = RANDOM + 20 };

static size_t next_len(enum cutting cutting, size_t left)
{
	size_t len = left;

	if (cutting == BYTES)
		len = 1;
	else if (cutting >= RANDOM)
		len = 1 + (size_t)rand() % 17;
	return len < left ? len : left;
}

static void record(struct buf *out, enum parser_result result, const struct stanza *s, const struct parser *p)
{
	switch (result) {
	case PARSER_HEADER:
		buf_append_text(out, "header ");
		describe_stanza(out, s);
		break;
	case PARSER_STANZA:
		buf_printf(out, "%s/%s ", stanza_kind_name(s->kind), stanza_type_name(s->type));
		describe_stanza(out, s);
		break;
	case PARSER_CLOSE:
		buf_append_text(out, "close");
		break;
	case PARSER_FAILED:
		buf_append_text(out, xerror_stream_condition(p->error));
		break;
	case PARSER_MORE:
		return;
	}
	buf_append_char(out, '\n');
}

/* A copy that ends where the bytes end, so that a sanitizer sees who reads on. */
static enum parser_result feed_copy(struct parser *p, struct str bytes, size_t *used, struct stanza **s)
{
	char *copy = str_dup(bytes), *exact = malloc(bytes.len);
	enum parser_result result;

	memcpy(exact, copy, bytes.len);
	free(copy);
	result = parser_feed(p, str_make(exact, bytes.len), used, s);
	free(exact);
	return result;
}

/* What came of the text, one line each; *used_out is how many bytes were taken. */
static void feed_all(struct buf *out, struct parser *p, struct str text, enum cutting cutting, size_t *used_out)
{
	size_t at = 0;

	buf_clear(out);
	while (at < text.len) {
		size_t piece_end = at + next_len(cutting, text.len - at);

		while (at < piece_end) {
			struct stanza *s;
			size_t used;
			enum parser_result result = feed_copy(p, str_make(text.data + at, piece_end - at), &used, &s);

			at += used;
			record(out, result, s, p);
			stanza_unref(&s);
			if (result == PARSER_FAILED) {
				assert_int_equal(parser_held_bytes(p), 0);
				assert_string_not_equal(parser_error_text(p), "");
				*used_out = at;
				return;
			}
			if (result == PARSER_MORE)
				assert_int_equal(at, piece_end);
		}
	}
	*used_out = at;
	buf_append_text(out, parser_held_bytes(p) ? "partial\n" : "");
}

static void expect(enum parser_mode mode, const char *text, const char *wanted, size_t wanted_used)
{
	struct buf out;
	size_t used;

	buf_init(&out);
	for (enum cutting cutting = 0; cutting < CUTTINGS; cutting++) {
		struct parser p;
		bool is_right;

		parser_init(&p, mode, &limits);
		feed_all(&out, &p, str_from(text), cutting, &used);
		is_right = str_is(buf_str(&out), wanted) && used == wanted_used;
		if (!is_right)
			fail_msg("%s\ncut %d: got %zu bytes\n%.*swanted %zu bytes\n%s", text, cutting, used, (int)out.len,
				 out.data ? out.data : "", wanted_used, wanted);
		parser_fini(&p);
	}
	buf_fini(&out);
}

/* One element or more, and what is in it. */
static const struct taken_case {
	const char *text, *wanted;
} taken[] = {
	{"<a/>", "other/ {jabber:client}a()\n"},
	{" \r\n\t<a/> \n<b />\n", "other/ {jabber:client}a()\nother/ {jabber:client}b()\n"},
	{"<a></a><b  ></b \n>", "other/ {jabber:client}a()\nother/ {jabber:client}b()\n"},
	{"<a", "partial\n"},
	{"<message to='a@b' type='chat'><body>hi</body></message>",
	 "message/chat {jabber:client}message to='a@b' type='chat'({jabber:client}body('hi'))\n"},
	{"<message type=\"nonsense\"/>", "message/invalid {jabber:client}message type='nonsense'()\n"},
	{"<message type='subscribe'/>", "message/invalid {jabber:client}message type='subscribe'()\n"},
	{"<presence/>", "presence/ {jabber:client}presence()\n"},
	{"<presence type='unsubscribed'/>", "presence/unsubscribed {jabber:client}presence type='unsubscribed'()\n"},
	{"<iq id='1' type='get'><q xmlns='u'/></iq>",
	 "iq/get {jabber:client}iq id='1' type='get'({u}q())\n"},
	{"<iq xmlns='jabber:client' type='error'/>", "iq/error {jabber:client}iq type='error'()\n"},
	{"<iq xmlns='jabber:server' type='error'/>", "other/ {jabber:server}iq type='error'()\n"},
	{"<c:iq xmlns:c='jabber:client' type='set'/>", "iq/set {jabber:client}iq type='set'()\n"},
	{"<iq xmlns='jabber&#58;client'/>", "iq/ {jabber:client}iq()\n"},
	{"<a b = 'c'\n\td\t=\t\"e\" />", "other/ {jabber:client}a b='c' d='e'()\n"},
	{"<a b='x\ty\nz\r\nw\rv'/>", "other/ {jabber:client}a b='x y z w v'()\n"},
	{"<a b='x&#9;y&#10;&#xD;'/>", "other/ {jabber:client}a b='x\ty\n\r'()\n"},
	{"<a b='\"' c=\"'\"/>", "other/ {jabber:client}a b='\"' c='''()\n"},
	{"<a>x\ty\nz\r\nw\rv\r</a>", "other/ {jabber:client}a('x\ty\nz\nw\nv\n')\n"},
	{"<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#x1F600;&#0000000000000000000067;</a>",
	 "other/ {jabber:client}a('<>&\"'AB\xf0\x9f\x98\x80" "C')\n"},
	{"<a b='&lt;&gt;&amp;&quot;&apos;&#65;'/>", "other/ {jabber:client}a b='<>&\"'A'()\n"},
	{"<a>x<![CDATA[<b>&amp;]]]]><![CDATA[>]]>y</a>", "other/ {jabber:client}a('x<b>&amp;]]>y')\n"},
	{"<a><![CDATA[]]><b/><![CDATA[]]></a>", "other/ {jabber:client}a({jabber:client}b())\n"},
	{"<a><![CDATA[\r\n]]]]></a>", "other/ {jabber:client}a('\n]]')\n"},
	{"<a><![CDATA[x]]>></a>", "other/ {jabber:client}a('x>')\n"},
	{"<a>]]&gt;]>]] ></a>", "other/ {jabber:client}a(']]>]>]] >')\n"},
	{"<a>1<b>2</b>3<c/>4</a>",
	 "other/ {jabber:client}a('1'{jabber:client}b('2')'3'{jabber:client}c()'4')\n"},
	{"<a xmlns='1'><b xmlns='2'><c/></b><d/><e xmlns=''><f/></e></a>",
	 "other/ {1}a({2}b({2}c()){1}d(){}e({}f()))\n"},
	{"<p:a xmlns:p='1' xmlns:q='2' q:x='1' x='2'><p:b xmlns:p='3'><p:c p:y=''/></p:b><p:d/></p:a>",
	 "other/ {1}a {2}x='1' x='2'({3}b({3}c {3}y=''()){1}d())\n"},
	{"<a xml:lang='en'><b xml:space='preserve'/></a>",
	 "other/ {jabber:client}a {" NS_XML "}lang='en'({jabber:client}b {" NS_XML "}space='preserve'())\n"},
	{"<a xmlns:xml='" NS_XML "' xml:lang='en'/>", "other/ {jabber:client}a {" NS_XML "}lang='en'()\n"},
	{"<xml:a/>", "other/ {" NS_XML "}a()\n"},
	{"<a b='>'>></a>", "other/ {jabber:client}a b='>'('>')\n"},
	{"<\xc3\xa9\xc2\xb7 \xc3\xa0\xcc\x80='\xc2\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd\xf4\x8f\xbf\xbf'/>",
	 "other/ {jabber:client}\xc3\xa9\xc2\xb7 "
	 "\xc3\xa0\xcc\x80='\xc2\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd\xf4\x8f\xbf\xbf'()\n"},
	{"<a>\x7f\xc2\xa0\xd0\x9f\xe6\x97\xa5\xf0\x9f\x98\x80</a>",
	 "other/ {jabber:client}a('\x7f\xc2\xa0\xd0\x9f\xe6\x97\xa5\xf0\x9f\x98\x80')\n"},
	{"<a.-_1 _='' />", "other/ {jabber:client}a.-_1 _=''()\n"},
	{"<a abcdefghijklmn:opqrs='' xmlns:abcdefghijklmn='u'/>", "other/ {jabber:client}a {u}opqrs=''()\n"},
};

static void takes_elements(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(taken); i++)
		expect(PARSER_ELEMENTS, taken[i].text, taken[i].wanted, strlen(taken[i].text));
}

/* `good` is fine as far as it goes, and the first byte of `bad` makes the error certain. */
struct error_case {
	const char *good, *bad;
	enum stream_error error;
};

static void expect_errors(enum parser_mode mode, const char *before, const char *transcript, const struct error_case *cases,
			  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct error_case *c = &cases[i];
		struct buf text, wanted;

		buf_init(&text);
		buf_init(&wanted);
		buf_printf(&text, "%s%s%s%c", before, c->good, c->bad, '\0');
		buf_printf(&wanted, "%s%s\n%c", transcript, xerror_stream_condition(c->error), '\0');
		expect(mode, text.data, wanted.data, strlen(before) + strlen(c->good) + 1);
		buf_fini(&text);
		buf_fini(&wanted);
	}
}

static const struct error_case refused[] = {
	/* markup */
	{"<", " a/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<", "1/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<", "</a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<", ">", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a", "=", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a", "<b/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a/", " >", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a", "\x01/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a><!", "x/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a><![CDAT", "T[]]></a>", STREAM_ERROR_NOT_WELL_FORMED},
	/* names */
	{"<", ":a/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a:", "/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a:", "1/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a:b", ":c/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a ", ":b=''/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a ", "-b=''/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<\xc3", "\x97/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a\xe2\x80", "\x80/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<\xc2", "\xb7/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a\xc3", "(/>", STREAM_ERROR_UNSUPPORTED_ENCODING},
	/* attributes */
	{"<a b", "/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a b", ">", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a b ", "c=''/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a b=", "c/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a b='1'", "c='2'/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a b='x", "<'/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a b='x", "\x1f'/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a b='' c='' b", "=''/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a x:b='' xmlns:x='1' x:b", " =''/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a xmlns='1' xmlns", "='2'/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a x:b='' y:b='' xmlns:y='1' xmlns:x='1'", "/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a x:b='' y:b='' xmlns:y='&#49;' xmlns:x='1'", ">", STREAM_ERROR_NOT_WELL_FORMED},
	/* closing tags */
	{"<abc></ab", "d>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<abc></ab", ">", STREAM_ERROR_NOT_WELL_FORMED},
	{"<abc></abc", "d>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<abc></abc ", "/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<x:a xmlns:x='1' xmlns:y='1'></", "y:a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a><b></", "a></b>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<", "/a>", STREAM_ERROR_NOT_WELL_FORMED},
	/* characters */
	{"<a>x", "\x01</a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a>\xef\xbf", "\xbe</a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a b='\xef\xbf", "\xbf'/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a>", "\x80</a>", STREAM_ERROR_UNSUPPORTED_ENCODING},
	{"<a>\xd0", "<</a>", STREAM_ERROR_UNSUPPORTED_ENCODING},
	{"<a>", "\xc1\xbf</a>", STREAM_ERROR_UNSUPPORTED_ENCODING},
	{"<a>\xe0", "\x9f\xbf</a>", STREAM_ERROR_UNSUPPORTED_ENCODING},
	{"<a>\xed", "\xa0\x80</a>", STREAM_ERROR_UNSUPPORTED_ENCODING},
	{"<a>\xe6\x97", "x</a>", STREAM_ERROR_UNSUPPORTED_ENCODING},
	{"<a>\xf0", "\x8f\xbf\xbf</a>", STREAM_ERROR_UNSUPPORTED_ENCODING},
	{"<a>\xf4", "\x90\x80\x80</a>", STREAM_ERROR_UNSUPPORTED_ENCODING},
	{"<a>", "\xf5\x80\x80\x80</a>", STREAM_ERROR_UNSUPPORTED_ENCODING},
	{"<a>\xf0\x9f\x98", "x</a>", STREAM_ERROR_UNSUPPORTED_ENCODING},
	{"<a><![CDATA[", "\xff]]></a>", STREAM_ERROR_UNSUPPORTED_ENCODING},
	{"<a>x]]", "></a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a>]]]]]", "></a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a>&#65;]]", "></a>", STREAM_ERROR_NOT_WELL_FORMED},
	/* references */
	{"<a>&", ";</a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a>&", " </a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a>&", "1;</a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a>&amp", " </a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a>&amp", "</a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a>&#", ";</a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a>&#x", ";</a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a>&#x4", "g;</a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a>&#", "X41;</a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a>&#4", "a;</a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a>&#0", ";</a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a>&#xD800", ";</a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a>&#xFFFE", ";</a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a>&#x11000", "0;</a>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a b='&", "'/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a b='&#11", ";'/>", STREAM_ERROR_NOT_WELL_FORMED},
	/* what RFC 6120 §11.1 takes out */
	{"<a>&", "foo;</a>", STREAM_ERROR_RESTRICTED_XML},
	{"<a>&am", ";</a>", STREAM_ERROR_RESTRICTED_XML},
	{"<a>&amp", "x;</a>", STREAM_ERROR_RESTRICTED_XML},
	{"<a b='&", "nbsp;'/>", STREAM_ERROR_RESTRICTED_XML},
	{"<a><!", "-- x --></a>", STREAM_ERROR_RESTRICTED_XML},
	{"<!", "-- x -->", STREAM_ERROR_RESTRICTED_XML},
	{"<", "?x ?>", STREAM_ERROR_RESTRICTED_XML},
	{"<", "?xml version='1.0'?>", STREAM_ERROR_RESTRICTED_XML},
	{"<a><", "?x ?></a>", STREAM_ERROR_RESTRICTED_XML},
	{"<!", "DOCTYPE a>", STREAM_ERROR_RESTRICTED_XML},
	/* namespaces */
	{"<x:a", ">", STREAM_ERROR_BAD_NAMESPACE_PREFIX},
	{"<x:a", "/>", STREAM_ERROR_BAD_NAMESPACE_PREFIX},
	{"<a x:b=''", "/>", STREAM_ERROR_BAD_NAMESPACE_PREFIX},
	{"<a><b xmlns:x='1'/><x:c", "/></a>", STREAM_ERROR_BAD_NAMESPACE_PREFIX},
	{"<stream:a", "/>", STREAM_ERROR_BAD_NAMESPACE_PREFIX},
	{"<xmlns:a", "/>", STREAM_ERROR_BAD_NAMESPACE_PREFIX},
	{"<a xmlns:x='", "'/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a xmlns:xml='1", "'/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a xmlns:xmlns='1", "'/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a xmlns:x='" NS_XML, "'/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a xmlns='" NS_XML, "'/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a xmlns:x='" NS_XMLNS, "'/>", STREAM_ERROR_NOT_WELL_FORMED},
	/* limits */
	{"<abcdefghijklmnopqrst", "u/>", STREAM_ERROR_POLICY_VIOLATION},
	{"<abcdefghij:klmnopqrs", "t/>", STREAM_ERROR_POLICY_VIOLATION},
	{"<abcdefghijklmnopqrst", ":u/>", STREAM_ERROR_POLICY_VIOLATION},
	{"<abcdefghijklmnopqrs\xc3", "\xa9/>", STREAM_ERROR_POLICY_VIOLATION},
	{"<abcdefghijklmnopq\xf0\x90\x80", "\x80/>", STREAM_ERROR_POLICY_VIOLATION},
	{"<a abcdefghijklmnopqrst", "u=''/>", STREAM_ERROR_POLICY_VIOLATION},
	{"<a b='' c='' d='' e='' f='' g='' ", "h=''/>", STREAM_ERROR_POLICY_VIOLATION},
	{"<a><a><a><a><a><a><a><a><", "a/></a></a></a></a></a></a></a></a>", STREAM_ERROR_POLICY_VIOLATION},
	{"<a xmlns:a='1' xmlns:b='1' xmlns:c='1' xmlns:d='1' xmlns:e='1' xmlns:f='1'>"
	 "<a xmlns:a='1' xmlns:b='1' xmlns:c='1' xmlns:d='1' xmlns:e='1", "'/></a>", STREAM_ERROR_POLICY_VIOLATION},
	/* outside */
	{"", "x", STREAM_ERROR_NOT_WELL_FORMED},
	{"<!", "[CDATA[x]]>", STREAM_ERROR_NOT_WELL_FORMED},
};

static void refuses(void **state)
{
	(void)state;
	expect_errors(PARSER_ELEMENTS, "", "", refused, COUNT(refused));
}

#define HEADER_LINE "header {" NS_STREAM "}stream()\n"

static const struct taken_case streams[] = {
	{HEADER, HEADER_LINE},
	{HEADER "</stream:stream>", HEADER_LINE "close\n"},
	{HEADER " <message/> </stream:stream \n> \n", HEADER_LINE "message/ {jabber:client}message()\nclose\n"},
	{"\xef\xbb\xbf" HEADER, HEADER_LINE},
	{" \n" HEADER, HEADER_LINE},
	{"<?xml version='1.0'?>" HEADER, HEADER_LINE},
	{"\xef\xbb\xbf<?xml version='1.0'?>" HEADER, HEADER_LINE},
	{"<?xml version=\"1.1\" encoding='utf-8' ?>\n" HEADER, HEADER_LINE},
	{"<?xml\tversion = '1.0'\nencoding=\"UTF-8\"\r\nstandalone='yes'?>" HEADER, HEADER_LINE},
	{"<?xml version='1.0' standalone='no'?>" HEADER, HEADER_LINE},
	{"<?xml version='1.0' ", "partial\n"},
	{"<", "partial\n"},
	{"\xef\xbb\xbf", "partial\n"},
	{"\xef\xbb\xbf<", "partial\n"},
	{"<stream/>", "header {}stream()\nclose\n"},
	{"<stream:stream xmlns:stream='" NS_STREAM "' version='1.0' xml:lang='en' />",
	 "header {" NS_STREAM "}stream version='1.0' {" NS_XML "}lang='en'()\nclose\n"},
	{HEADER "<stream:error><c xmlns='e'/></stream:error>", HEADER_LINE "other/ {" NS_STREAM "}error({e}c())\n"},
	{"<stream xmlns='" NS_STREAM "'><features/><iq xmlns='jabber:client' type='get'/></stream>",
	 HEADER_LINE "other/ {" NS_STREAM "}features()\niq/get {jabber:client}iq type='get'()\nclose\n"},
	{"<s:stream xmlns:s='" NS_STREAM "' xmlns:p='&lt;' to='x'><message/><message xmlns='jabber:client' p:a='1'/></s:stream>",
	 "header {" NS_STREAM "}stream to='x'()\nother/ {}message()\nmessage/ {jabber:client}message {<}a='1'()\nclose\n"},
	{"<stream:stream xmlns='jabber:server' xmlns:stream='" NS_STREAM "' xmlns:db='jabber:server:dialback'><iq/><db:result>k"
	 "</db:result><iq xmlns='jabber:client'/>",
	 HEADER_LINE "iq/ {jabber:server}iq()\nother/ {jabber:server:dialback}result('k')\nother/ {jabber:client}iq()\n"},
	{"<stream:stream xmlns='jabber:component:accept' xmlns:stream='" NS_STREAM "'><presence/>",
	 HEADER_LINE "presence/ {jabber:component:accept}presence()\n"},
	{HEADER "<stream:stream/><a xmlns:stream='1'><stream:b/></a>",
	 HEADER_LINE "other/ {" NS_STREAM "}stream()\nother/ {jabber:client}a({1}b())\n"},
};

static void takes_streams(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(streams); i++)
		expect(PARSER_STREAM, streams[i].text, streams[i].wanted, strlen(streams[i].text));
}

static const struct error_case no_streams[] = {
	{"", "x", STREAM_ERROR_NOT_WELL_FORMED},
	{"", "\x01", STREAM_ERROR_NOT_WELL_FORMED},
	{"", "\xfe\xff", STREAM_ERROR_UNSUPPORTED_ENCODING},
	{"", "\xff\xfe<", STREAM_ERROR_UNSUPPORTED_ENCODING},
	{"\xef", "x", STREAM_ERROR_NOT_WELL_FORMED},
	{"\xef\xbb\xbf", "\xef\xbb\xbf", STREAM_ERROR_NOT_WELL_FORMED},
	{"<", "/stream:stream>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<?", "pi?>", STREAM_ERROR_RESTRICTED_XML},
	{"<?xml", "-stylesheet?>", STREAM_ERROR_RESTRICTED_XML},
	{"<?xml", "?>", STREAM_ERROR_RESTRICTED_XML},
	{" <", "?xml version='1.0'?>", STREAM_ERROR_RESTRICTED_XML},
	{"<?xml ", "encoding='UTF-8'?>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<?xml version='", "2.0'?>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<?xml version='1.", "'?>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<?xml version='1.0'", "encoding='UTF-8'?>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<?xml version='1.0' encoding='ISO-8859-1", "'?>", STREAM_ERROR_UNSUPPORTED_ENCODING},
	{"<?xml version='1.0' encoding='UTF-16", "'?>", STREAM_ERROR_UNSUPPORTED_ENCODING},
	{"<?xml version='1.0' encoding='", "8'?>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<?xml version='1.0' standalone='maybe", "'?>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<?xml version='1.0' standalone='yes' ", "encoding='UTF-8'?>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<?xml version='1.0' ?", " >", STREAM_ERROR_NOT_WELL_FORMED},
	{"<?xml version='1.0'?><", "?xml version='1.0'?>", STREAM_ERROR_RESTRICTED_XML},
	{"<!", "DOCTYPE x>", STREAM_ERROR_RESTRICTED_XML},
	{"<!", "-- x -->", STREAM_ERROR_RESTRICTED_XML},
	{"<stream:stream", ">", STREAM_ERROR_BAD_NAMESPACE_PREFIX},
	{"<s xmlns:a='1' xmlns:b='1' xmlns:c='1' xmlns:d='1' xmlns:e='1' xmlns:f='1' ", "xmlns:g='1'>",
	 STREAM_ERROR_POLICY_VIOLATION},
};

static const struct error_case bad_streams[] = {
	{"", "x", STREAM_ERROR_BAD_FORMAT},
	{" \n", "&lt;", STREAM_ERROR_BAD_FORMAT},
	{"<!", "[CDATA[ ]]>", STREAM_ERROR_BAD_FORMAT},
	{"", "\xd0\x9f", STREAM_ERROR_BAD_FORMAT},
	{"", "\x01", STREAM_ERROR_NOT_WELL_FORMED},
	{"<", "?xml version='1.0'?>", STREAM_ERROR_RESTRICTED_XML},
	{"<!", "-- x -->", STREAM_ERROR_RESTRICTED_XML},
	{"</stream:strea", ">", STREAM_ERROR_NOT_WELL_FORMED},
	{"</stream:", "message>", STREAM_ERROR_NOT_WELL_FORMED},
	{"</stream:stream", "s>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<a></", "stream:stream>", STREAM_ERROR_NOT_WELL_FORMED},
	{"<message", "\xff", STREAM_ERROR_UNSUPPORTED_ENCODING},
	{"<stream:stream to='a'", ">", STREAM_ERROR_POLICY_VIOLATION},
};

static const struct error_case ended_streams[] = {
	{" \n", "x", STREAM_ERROR_NOT_WELL_FORMED},
	{" ", "<a/>", STREAM_ERROR_NOT_WELL_FORMED},
	{"", "\xd0\x9f", STREAM_ERROR_NOT_WELL_FORMED},
};

static void refuses_streams(void **state)
{
	(void)state;
	expect_errors(PARSER_STREAM, "", "", no_streams, COUNT(no_streams));
	expect_errors(PARSER_STREAM, HEADER, HEADER_LINE, bad_streams, COUNT(bad_streams));
	expect_errors(PARSER_STREAM, HEADER "</stream:stream>", HEADER_LINE "close\n", ended_streams, COUNT(ended_streams));
}

/* An element of exactly the limit passes, with one byte more it does not, however it comes and whatever the byte is. */
static void limits_size(void **state)
{
	struct buf text, wanted;

	(void)state;
	for (int more = 0; more < 2; more++) {
		size_t pad = limits.element_bytes - strlen("<a></a>") + (size_t)more;

		buf_init(&text);
		buf_init(&wanted);
		buf_printf(&text, "<a>%*s</a>%c", (int)pad, "", '\0');
		if (more)
			buf_printf(&wanted, "policy-violation\n%c", '\0');
		else
			buf_printf(&wanted, "other/ {jabber:client}a('%*s')\n%c", (int)pad, "", '\0');
		expect(PARSER_ELEMENTS, text.data, wanted.data, limits.element_bytes + (size_t)more);
		buf_fini(&text);
		buf_fini(&wanted);
	}
}

/* Memory follows what was sent, and is gone with the element. */
static void holds_little(void **state)
{
	static const struct parser_limits wide = {
		.element_bytes = SIZE_MAX, .depth = 1000000, .attributes = 64, .name_bytes = 255};
	struct stanza *s;
	struct parser p;
	size_t used;

	(void)state;
	assert_true(sizeof(struct parser) <= 64);
	parser_init(&p, PARSER_ELEMENTS, &wide);
	assert_int_equal(parser_held_bytes(&p), 0);
	for (size_t i = 1; i <= 100000; i++) {
		assert_int_equal(parser_feed(&p, STR("<a>"), &used, &s), PARSER_MORE);
		if (i % 1000 == 0)
			assert_true(parser_held_bytes(&p) < 2048 + i * 3 * 2 + i * sizeof(struct node) * 2);
	}
	for (size_t i = 1; i < 100000; i++)
		assert_int_equal(parser_feed(&p, STR("</a>"), &used, &s), PARSER_MORE);
	assert_int_equal(parser_feed(&p, STR("</a>"), &used, &s), PARSER_STANZA);
	assert_int_equal(s->node_count, 100000);
	assert_int_equal(parser_held_bytes(&p), 0);
	stanza_unref(&s);
	parser_fini(&p);
}

/* Bytes that come one by one cost no more in sum than together: a second of quadratic work would be seen here as minutes. */
static void takes_long_tokens_bytewise(void **state)
{
	static const char *const starts[] = {"<a b='", "<a>", "<a><![CDATA[", "<a>&#", "<a ", "<a b=", "<a>&#x"};
	static const struct parser_limits wide = {
		.element_bytes = SIZE_MAX, .depth = 128, .attributes = 64, .name_bytes = 255};
	struct stanza *s;
	size_t used;

	(void)state;
	for (size_t i = 0; i < COUNT(starts); i++) {
		struct str byte = strchr("= ", starts[i][strlen(starts[i]) - 1]) ? STR(" ") : STR("0");
		struct parser p;

		parser_init(&p, PARSER_ELEMENTS, &wide);
		assert_int_equal(parser_feed(&p, str_from(starts[i]), &used, &s), PARSER_MORE);
		for (int n = 0; n < 300000; n++)
			assert_int_equal(parser_feed(&p, byte, &used, &s), PARSER_MORE);
		assert_true(parser_held_bytes(&p) < 1200000);
		parser_fini(&p);
	}
}

static void restarts(void **state)
{
	struct parser p;
	struct buf out;
	size_t used;

	(void)state;
	buf_init(&out);
	parser_init(&p, PARSER_STREAM, &limits);
	feed_all(&out, &p, STR("<s:stream xmlns='jabber:server' xmlns:s='" NS_STREAM "'><s:a/>"), WHOLE, &used);
	assert_non_null(p.header);
	assert_true(p.header_seen);
	parser_restart(&p);
	assert_false(p.header_seen);
	assert_null(p.header);
	feed_all(&out, &p, STR("\n <?xml version='1.0'?>" HEADER "<message/>"), BYTES, &used);
	assert_true(str_is(buf_str(&out), HEADER_LINE "message/ {jabber:client}message()\n"));
	parser_fini(&p);
	buf_fini(&out);
}

/* Limits may change between feeds, in mid-element too. */
static void takes_new_limits(void **state)
{
	struct parser_limits wider = limits;
	struct stanza *s;
	struct parser p;
	size_t used;

	(void)state;
	wider.depth = 9;
	parser_init(&p, PARSER_ELEMENTS, &limits);
	assert_int_equal(parser_feed(&p, STR("<a><a><a><a><a><a><a><a>"), &used, &s), PARSER_MORE);
	p.limits = &wider;
	assert_int_equal(parser_feed(&p, STR("<a>"), &used, &s), PARSER_MORE);
	assert_int_equal(parser_feed(&p, STR("<a>"), &used, &s), PARSER_FAILED);
	assert_int_equal(p.error, STREAM_ERROR_POLICY_VIOLATION);
	assert_int_equal(used, 2);
	parser_fini(&p);
}

static void names_content_namespace(void **state)
{
	struct stanza *s;
	struct parser p;
	size_t used;

	(void)state;
	parser_init(&p, PARSER_STREAM, &limits);
	assert_int_equal(parser_feed(&p, STR("<a:b xmlns:a='1' xmlns='u&amp;v'><c/>"), &used, &s), PARSER_HEADER);
	assert_int_equal(s->kind, STANZA_HEADER);
	assert_int_equal(s->len, used);
	assert_true(str_is(str_make(s->bytes + s->content_ns, s->content_ns_len), "u&v"));
	stanza_unref(&s);
	parser_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_elements),
		cmocka_unit_test(refuses),
		cmocka_unit_test(takes_streams),
		cmocka_unit_test(refuses_streams),
		cmocka_unit_test(limits_size),
		cmocka_unit_test(holds_little),
		cmocka_unit_test(takes_long_tokens_bytewise),
		cmocka_unit_test(restarts),
		cmocka_unit_test(takes_new_limits),
		cmocka_unit_test(names_content_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
