/* parser_bench: our parser against libexpat (namespaces on, handlers that do nothing) over stanzas of many kinds.
 *
 * Usage: parser_bench [ROUNDS]. Both read the same bytes in turns, one stanza a call on one open stream; ours makes the stanza block and
 * frees it again. CPU time of the thread; the median of ROUNDS (default 7) turns of each.
 *
 * The rows show one stanza over and over, of which a processor learns every branch. The last one, "traffic", is what counts: thousands
 * of stanzas of all these kinds in changing order, with names, addresses and texts of changing length. */
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "xmpp/parser.h"

#define HEADER "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
#define ROUNDS_MAX 99
#define TURN_BYTES (8u << 20)

static const struct sample {
	const char *name, *text, *repeated, *end; /* text, 60 times repeated, end */
} samples[] = {
	{"chat, 80-byte body",
	 "<message to='bob0001@localhost/load' from='alice0001@localhost/load' type='chat' id='m000001' xml:lang='en'>"
	 "<body>The quick brown fox jumps over the lazy dog and runs away from here at once.</body>"
	 "<active xmlns='http://jabber.org/protocol/chatstates'/></message>", NULL, NULL},
	{"chat, short", "<message to='bob@localhost' type='chat' id='a1'><body>ok</body></message>", NULL, NULL},
	{"chat, with extensions",
	 "<message to='bob@example.org' type='chat' id='6f0c6b0a-5a0e-4b8e-9e0e-2f5a4e1c6d10'><body>See you at &quot;eight&quot;, then?</body>"
	 "<active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/>"
	 "<markable xmlns='urn:xmpp:chat-markers:0'/><origin-id xmlns='urn:xmpp:sid:0' id='6f0c6b0a-5a0e-4b8e-9e0e-2f5a4e1c6d10'/>"
	 "</message>", NULL, NULL},
	{"chat state", "<message to='bob@localhost/phone' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>",
	 NULL, NULL},
	{"chat, Cyrillic",
	 "<message to='bob@localhost/phone' type='chat' id='m1'><body>Съешь же ещё этих мягких французских булок, да выпей чаю."
	 "</body></message>", NULL, NULL},
	{"chat, Chinese",
	 "<message to='bob@localhost/phone' type='chat' id='m1'><body>今天的天气很好，我们下午一起去公园散步，然后再去喝一杯茶，好不好？"
	 "</body></message>", NULL, NULL},
	{"presence", "<presence/>", NULL, NULL},
	{"presence with caps",
	 "<presence to='bob@localhost'><show>away</show><status>back soon</status><priority>5</priority>"
	 "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://example.org/client' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>"
	 "<x xmlns='vcard-temp:x:update'><photo>a31c4bd04de69663cfd7f424a8453f4674da37ff</photo></x></presence>", NULL, NULL},
	{"ping", "<iq type='get' id='ping-17' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>", NULL, NULL},
	{"acknowledgement", "<a xmlns='urn:xmpp:sm:3' h='1234'/>", NULL, NULL},
	{"roster, 60 items", "<iq type='result' id='r1'><query xmlns='jabber:iq:roster' ver='17'>",
	 "<item jid='somebody@example.org' name='Some Body' subscription='both'><group>Friends</group></item>", "</query></iq>"},
	{"disco, 60 features",
	 "<iq type='result' id='d1' from='localhost'><query xmlns='http://jabber.org/protocol/disco#info'>"
	 "<identity category='server' type='im' name='meerkat'/>",
	 "<feature var='http://jabber.org/protocol/disco#items'/>", "</query></iq>"},
	{"OMEMO, 60 devices",
	 "<message to='bob@localhost' type='chat' id='o1'><encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1234567'>",
	 "<key rid='27183'>MwohBfqXH1yBx1hHk8jEGyLxIl0hfZw2Yk1kBjjo5kXnXDUVEAAYACIwxvW8yQ0vW3Yp0kR8nZ2b4q6m8s0u2w4y6A8C0E2G4I6K8M0O2Q4S6U8W"
	 "</key>",
	 "<iv>QUJDREVGR0hJSktM</iv></header><payload>c2VjcmV0IG1lc3NhZ2U=</payload></encrypted><store xmlns='urn:xmpp:hints'/></message>"},
	{"item, 20 KB of base64", "<iq type='set' id='p1'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='urn:xmpp:avatar:data'>"
	 "<item id='111f4b3c50d7b0df729d299bc6f8e9ef9066971f'><data xmlns='urn:xmpp:avatar:data'>",
	 "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAYAAACqaXHeAAAABHNCSVQICAgIfAhkiAAAAAlwSFlzAAALEwAACxMBAJqcGAAAABl0RVh0U29mdHdhcmUAd3d3Lmlua3Nj"
	 "YXBlLm9yZ5vuPBoAAA8vSURBVHic7Vt5eFNV2v+de5M0adJ0oW1aWloqUBYpyCKbCLIoIAiOC+i4zLiMMzqOM+M46rg8js84jvPpjKOO24wrbiCyiYDsAlWWQtlLW2jT"
	 "Nt2SNmmS5p77fX+cJDdNk7ZQwPme7/2ep09v7j33nPf9nfec97znBEIIMQFAoQEAAAEqSURBVHic7du9", "</data></item></publish></pubsub></iq>"},
};

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The result is used for something, so that nothing is left out. */
static size_t nodes_seen;

/* What is read in one turn: texts one after the other, each a complete stanza, the whole `times` over. */
struct load {
	struct buf bytes;
	size_t *ends; /* of the texts */
	size_t count, times;
};

static double run_ours(const struct load *load)
{
	static const struct parser_limits limits = {
		.element_bytes = SIZE_MAX, .depth = 128, .attributes = 64, .name_bytes = 255};
	struct parser p;
	struct stanza *s;
	double start;
	size_t used;

	parser_init(&p, PARSER_STREAM, &limits);
	check(parser_feed(&p, STR(HEADER), &used, &s) == PARSER_HEADER);
	stanza_unref(&s);
	start = cpu_ns();
	for (size_t i = 0; i < load->times; i++)
		for (size_t n = 0, at = 0; n < load->count; at = load->ends[n++]) {
			check(parser_feed(&p, str_make(load->bytes.data + at, load->ends[n] - at), &used, &s) == PARSER_STANZA);
			nodes_seen += s->node_count;
			stanza_unref(&s);
		}
	start = cpu_ns() - start;
	parser_fini(&p);
	return start / (double)(load->times * load->count);
}

static void on_start(void *user, const char *name, const char **attributes)
{
	(void)user;
	(void)name;
	(void)attributes;
	nodes_seen++;
}

static void on_end(void *user, const char *name)
{
	(void)user;
	(void)name;
}

static void on_text(void *user, const char *text, int len)
{
	(void)user;
	(void)text;
	(void)len;
	nodes_seen++;
}

static double run_expat(const struct load *load)
{
	XML_Parser p = XML_ParserCreateNS("UTF-8", '\n');
	double start;

	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	check(XML_Parse(p, HEADER, (int)strlen(HEADER), 0) == XML_STATUS_OK);
	start = cpu_ns();
	for (size_t i = 0; i < load->times; i++)
		for (size_t n = 0, at = 0; n < load->count; at = load->ends[n++])
			check(XML_Parse(p, load->bytes.data + at, (int)(load->ends[n] - at), 0) == XML_STATUS_OK);
	start = cpu_ns() - start;
	XML_ParserFree(p);
	return start / (double)(load->times * load->count);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(values[0]), by_value);
	return values[count / 2];
}

static void report(const char *name, const struct load *load, int rounds)
{
	double ours[ROUNDS_MAX], expats[ROUNDS_MAX], our_ns, expat_ns;

	for (int i = 0; i < rounds; i++) {
		ours[i] = run_ours(load);
		expats[i] = run_expat(load);
	}
	our_ns = median(ours, rounds);
	expat_ns = median(expats, rounds);
	printf("%-24s %7zu %10.0f %10.0f %7.1f\n", name, load->bytes.len / load->count, our_ns, expat_ns, expat_ns / our_ns);
}

static void end_stanza(struct load *load)
{
	load->ends[load->count++] = load->bytes.len;
}

static void load_init(struct load *load, size_t count)
{
	*load = (struct load){.ends = mem_new_array(count, sizeof(size_t))};
	buf_init(&load->bytes);
}

static void load_fini(struct load *load)
{
	buf_fini(&load->bytes);
	free(load->ends);
}

static void report_sample(const struct sample *sample, int rounds)
{
	struct load load;

	load_init(&load, 1);
	buf_append_text(&load.bytes, sample->text);
	for (int i = 0; sample->repeated && i < 60; i++)
		buf_append_text(&load.bytes, sample->repeated);
	buf_append_text(&load.bytes, sample->end ? sample->end : "");
	end_stanza(&load);
	load.times = TURN_BYTES / load.bytes.len;
	report(sample->name, &load, rounds);
	load_fini(&load);
}

/* Traffic. */

static uint32_t draw(uint32_t bound)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % bound;
}

static void add_letters(struct buf *out, uint32_t least, uint32_t most)
{
	for (uint32_t n = least + draw(most - least + 1); n; n--)
		buf_append_char(out, (char)('a' + draw(26)));
}

static void add_words(struct buf *out, uint32_t count)
{
	static const char *const words[] = {"you", "и так", "&amp;", "don't", "meeting", "at", "不好", "I", "tomorrow,", "well.", "a"};

	/* Most people write in one script. */
	bool is_plain = draw(10) > 2;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t word = draw(sizeof(words) / sizeof(words[0]));

		if (is_plain && (word == 1 || word == 6))
			add_letters(out, 2, 9);
		else
			buf_append_text(out, words[word]);
		buf_append_char(out, ' ');
	}
}

static void add_address(struct buf *out, const char *name)
{
	buf_printf(out, " %s='", name);
	add_letters(out, 3, 12);
	buf_append_char(out, '@');
	add_letters(out, 4, 14);
	buf_append_text(out, ".example");
	if (draw(2)) {
		buf_append_char(out, '/');
		add_letters(out, 3, 20);
	}
	buf_append_char(out, '\'');
}

static void add_id(struct buf *out)
{
	buf_append_text(out, " id='");
	add_letters(out, 4, 36);
	buf_append_char(out, '\'');
}

static void add_message(struct buf *out)
{
	buf_append_text(out, "<message");
	add_address(out, "to");
	buf_append_text(out, " type='chat'");
	add_id(out);
	if (draw(5) == 0) {
		buf_append_text(out, "><composing xmlns='http://jabber.org/protocol/chatstates'/></message>");
		return;
	}
	buf_append_text(out, draw(3) ? "><body>" : " xml:lang='en'><body>");
	add_words(out, 1 + draw(draw(6) ? 12 : 80));
	buf_append_text(out, "</body>");
	if (draw(2))
		buf_append_text(out, "<active xmlns='http://jabber.org/protocol/chatstates'/>");
	if (draw(2))
		buf_append_text(out, "<request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/>");
	if (draw(2)) {
		buf_append_text(out, "<origin-id xmlns='urn:xmpp:sid:0'");
		add_id(out);
		buf_append_text(out, "/>");
	}
	buf_append_text(out, "</message>");
}

static void add_presence(struct buf *out)
{
	buf_append_text(out, "<presence");
	if (draw(2))
		add_address(out, "to");
	buf_append_text(out, ">");
	if (draw(2))
		buf_append_text(out, "<show>away</show>");
	if (draw(3) == 0) {
		buf_append_text(out, "<status>");
		add_words(out, 1 + draw(6));
		buf_append_text(out, "</status>");
	}
	buf_append_text(out, "<priority>5</priority><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://");
	add_letters(out, 4, 12);
	buf_append_text(out, ".example/' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/></presence>");
}

static void add_query(struct buf *out)
{
	buf_append_text(out, draw(2) ? "<iq type='get'" : "<iq type='set'");
	add_id(out);
	if (draw(2))
		add_address(out, "to");
	buf_append_text(out, "><query xmlns='jabber:iq:roster'>");
	for (uint32_t items = draw(4) ? draw(2) : draw(30); items; items--) {
		buf_append_text(out, "<item");
		add_address(out, "jid");
		buf_append_text(out, " subscription='both' name='");
		add_letters(out, 3, 15);
		buf_append_text(out, "'><group>Friends</group></item>");
	}
	buf_append_text(out, "</query></iq>");
}

static void add_small(struct buf *out)
{
	switch (draw(4)) {
	case 0:
		buf_append_text(out, "<iq type='get'");
		add_id(out);
		buf_append_text(out, "><ping xmlns='urn:xmpp:ping'/></iq>");
		break;
	case 1:
		buf_append_text(out, "<iq type='result'");
		add_id(out);
		add_address(out, "to");
		buf_append_text(out, "/>");
		break;
	default:
		buf_printf(out, "<%s xmlns='urn:xmpp:sm:3' h='%u'/>", draw(2) ? "a" : "r", draw(10000));
	}
}

static void report_traffic(int rounds)
{
	enum { STANZAS = 5000 };
	struct load load;

	load_init(&load, STANZAS);
	for (int i = 0; i < STANZAS; i++) {
		uint32_t kind = draw(10);

		if (kind < 5)
			add_message(&load.bytes);
		else if (kind < 7)
			add_presence(&load.bytes);
		else if (kind < 8)
			add_query(&load.bytes);
		else
			add_small(&load.bytes);
		end_stanza(&load);
	}
	load.times = TURN_BYTES / load.bytes.len;
	report("traffic", &load, rounds);
	load_fini(&load);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 7;

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: parser_bench [ROUNDS], 1 to %d\n", ROUNDS_MAX);
		return 2;
	}
	printf("%-24s %7s %10s %10s %7s\n", "stanza", "bytes", "ours ns", "expat ns", "ratio");
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		report_sample(&samples[i], rounds);
	report_traffic(rounds);
	return nodes_seen ? 0 : 1;
}
