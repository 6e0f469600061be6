/* parser_fuzz: the parser against libexpat, on a stream in random pieces: same verdict, same events.
 *
 * Where ours is stricter on purpose (RFC 6120 §11.1, UTF-8 only, text between stanzas) the oracle is made to say no as well. Limits are
 * wide here; when one is hit nothing more is compared. See docs/differences-expat.md for what remains.
 * What was read is also written and read again: copies of nodes and stanzas have to mean the same. */
#include <expat.h>
#include <stdlib.h>
#include <strings.h>

#include "base/check.h"
#include "support/describe.h"
#include "xmpp/ns.h"
#include "xmpp/parser.h"
#include "xmpp/scan.h"
#include "xmpp/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not in every expat 2.5; where it is, it has to look at bytes as they come. */
XML_Bool XML_SetReparseDeferralEnabled(XML_Parser parser, XML_Bool enabled) __attribute__((weak));

/* Between namespace and name in expat's names; no byte of UTF-8. */
#define SEPARATOR '\xff'

enum verdict { INCOMPLETE, ACCEPTED, REFUSED };

static const struct parser_limits limits = {
	.element_bytes = 1 << 20,
	.depth = DESCRIBE_DEPTH_MAX - 2,
	.attributes = 200,
	.name_bytes = 1000,
	.declarations = 300,
};

/* Pieces: 0 is all at once, otherwise lengths drawn from a generator with this seed. */
static size_t next_len(uint32_t *seed, size_t left)
{
	size_t len;

	if (!*seed)
		return left;
	*seed = *seed * 1103515245u + 12345u;
	len = 1 + (*seed >> 16) % ((*seed >> 8 & 7) ? 9 : 200);
	*seed |= 1;
	return len < left ? len : left;
}

/* The oracle. */

struct oracle {
	XML_Parser parser;
	struct buf events;
	size_t depth;
	bool in_text;
	bool is_refused; /* by rules that expat does not have */
};

static void end_text(struct oracle *o)
{
	if (o->in_text)
		buf_append_char(&o->events, '\'');
	o->in_text = false;
}

static void add_name(struct buf *out, const char *name, bool is_attribute)
{
	const char *local = strrchr(name, SEPARATOR);

	if (!local && is_attribute)
		buf_append_text(out, name);
	else if (!local)
		describe_name(out, STR(""), str_from(name));
	else
		describe_name(out, str_make(name, (size_t)(local - name)), str_from(local + 1));
}

static void on_start(void *user, const char *name, const char **attributes)
{
	struct oracle *o = user;

	end_text(o);
	if (o->depth++ == 0)
		buf_append_text(&o->events, "header ");
	add_name(&o->events, name, false);
	for (; *attributes; attributes += 2) {
		buf_append_char(&o->events, ' ');
		add_name(&o->events, attributes[0], true);
		buf_append_char(&o->events, '=');
		describe_value(&o->events, str_from(attributes[1]));
	}
	buf_append_text(&o->events, o->depth == 1 ? "()\n" : "(");
}

static void on_end(void *user, const char *name)
{
	struct oracle *o = user;

	(void)name;
	end_text(o);
	o->depth--;
	buf_append_text(&o->events, o->depth == 0 ? "close\n" : o->depth == 1 ? ")\n" : ")");
}

static void refuse(struct oracle *o)
{
	o->is_refused = true;
	XML_StopParser(o->parser, XML_FALSE);
}

static void on_text(void *user, const char *text, int len)
{
	struct oracle *o = user;

	if (o->depth <= 1) {
		/* A reference is more than the white space it may stand for. */
		if (len == 1 && XML_GetCurrentByteCount(o->parser) > 2)
			refuse(o);
		for (int i = 0; i < len; i++)
			if (!scan_is(text[i], SCAN_SPACE))
				refuse(o);
		return;
	}
	if (!o->in_text)
		buf_append_char(&o->events, '\'');
	o->in_text = true;
	buf_append(&o->events, text, (size_t)len);
}

static void on_comment(void *user, const char *text)
{
	(void)text;
	refuse(user);
}

static void on_instruction(void *user, const char *target, const char *text)
{
	(void)target;
	(void)text;
	refuse(user);
}

static void on_doctype(void *user, const char *name, const char *system, const char *public, int has_subset)
{
	(void)name;
	(void)system;
	(void)public;
	(void)has_subset;
	refuse(user);
}

static void on_section(void *user)
{
	struct oracle *o = user;

	if (o->depth <= 1)
		refuse(o);
}

/* XML 1.0 §2.8 VersionNum, which expat takes as it comes. */
static bool is_version(const char *version)
{
	return version && strncmp(version, "1.", 2) == 0 && version[2] && strspn(version + 2, "0123456789") == strlen(version + 2);
}

static void on_declaration(void *user, const char *version, const char *encoding, int standalone)
{
	(void)standalone;
	if (!is_version(version) || (encoding && strcasecmp(encoding, "UTF-8") != 0))
		refuse(user);
}

static void oracle_open(struct oracle *o)
{
	*o = (struct oracle){.parser = XML_ParserCreateNS("UTF-8", SEPARATOR)};
	check(o->parser);
	if (XML_SetReparseDeferralEnabled)
		XML_SetReparseDeferralEnabled(o->parser, XML_FALSE);
	buf_init(&o->events);
	XML_SetUserData(o->parser, o);
	XML_SetElementHandler(o->parser, on_start, on_end);
	XML_SetCharacterDataHandler(o->parser, on_text);
	XML_SetCommentHandler(o->parser, on_comment);
	XML_SetProcessingInstructionHandler(o->parser, on_instruction);
	XML_SetStartDoctypeDeclHandler(o->parser, on_doctype);
	XML_SetCdataSectionHandler(o->parser, on_section, NULL);
	XML_SetXmlDeclHandler(o->parser, on_declaration);
}

/* INCOMPLETE: right so far, and REFUSED if it ended here. */
static enum verdict oracle_run(struct oracle *o, struct str text, uint32_t seed)
{
	enum XML_Status status = XML_STATUS_OK;

	for (size_t at = 0; at < text.len && status == XML_STATUS_OK;) {
		size_t len = next_len(&seed, text.len - at);

		status = XML_Parse(o->parser, text.data + at, (int)len, 0);
		at += len;
	}
	if (status != XML_STATUS_OK || o->is_refused)
		return REFUSED;
	return XML_Parse(o->parser, "", 0, 1) == XML_STATUS_OK ? ACCEPTED : INCOMPLETE;
}

static void oracle_close(struct oracle *o)
{
	XML_ParserFree(o->parser);
	buf_fini(&o->events);
}

/* Ours. */

struct ours {
	struct buf events;
	enum verdict verdict;
	enum stream_error error;
	size_t used;
};

/* An element alone is what it was: what its copy means is part of what the stanza means. */
static void check_node_copy(const struct stanza *s, const struct node *n, const struct buf *meant)
{
	struct buf copy, means;
	struct stanza *again;
	struct writer w;

	buf_init(&copy);
	buf_init(&means);
	writer_init(&w, &copy);
	writer_node(&w, s, n);
	again = stanza_from_text(buf_str(&copy), "elsewhere");
	describe_stanza(&means, again);
	check(memmem(meant->data, meant->len, means.data, means.len));
	stanza_unref(&again);
	buf_fini(&copy);
	buf_fini(&means);
}

static void check_node_copies(const struct stanza *s)
{
	/* All of them where it takes little time. */
	const struct node *end = s->nodes + (s->node_count < 40 ? s->node_count : 1);
	struct buf meant;

	buf_init(&meant);
	describe_stanza(&meant, s);
	for (const struct node *n = s->nodes; n < end; n++)
		if (n->kind == NODE_ELEMENT)
			check_node_copy(s, n, &meant);
	buf_fini(&meant);
}

/* A stanza without addresses is the same on another stream with the same content namespace. */
static void check_stanza_copy(const struct stanza *s)
{
	char *ns = str_dup(str_make(s->bytes + s->content_ns, s->content_ns_len));
	struct buf copy, meant, means;
	struct stanza *again;

	buf_init(&copy);
	buf_init(&meant);
	buf_init(&means);
	describe_stanza(&meant, s);
	for (int is_explicit = 0; is_explicit < 2; is_explicit++) {
		writer_stanza(&copy, s, JID_NONE, JID_NONE, ns, is_explicit);
		again = stanza_from_text(buf_str(&copy), is_explicit ? "elsewhere" : ns);
		describe_stanza(&means, again);
		check(str_equal(buf_str(&meant), buf_str(&means)));
		stanza_unref(&again);
		buf_clear(&copy);
		buf_clear(&means);
	}
	writer_stanza(&copy, s, JID_NONE, JID_NONE, "other", false);
	again = stanza_from_text(buf_str(&copy), "other");
	check(again->kind == s->kind && again->type == s->type);
	stanza_unref(&again);
	free(ns);
	buf_fini(&copy);
	buf_fini(&meant);
	buf_fini(&means);
}

static void note_stanza(struct ours *r, const struct stanza *s)
{
	describe_stanza(&r->events, s);
	buf_append_char(&r->events, '\n');
	if (s->kind == STANZA_HEADER)
		return;
	check_node_copies(s);
	if (s->kind != STANZA_OTHER && !s->has_from && !s->has_to)
		check_stanza_copy(s);
}

/* The bytes of a feed in memory of their own size, so that a sanitizer sees who reads on. */
static enum parser_result feed(struct parser *p, struct str bytes, size_t *used, struct stanza **s)
{
	char *copy = malloc(bytes.len);
	enum parser_result result;

	memcpy(copy, bytes.data, bytes.len);
	result = parser_feed(p, str_make(copy, bytes.len), used, s);
	free(copy);
	return result;
}

static void ours_run(struct ours *r, struct str text, uint32_t seed)
{
	enum parser_result result = PARSER_MORE;
	struct parser p;

	*r = (struct ours){.verdict = INCOMPLETE};
	buf_init(&r->events);
	parser_init(&p, PARSER_STREAM, &limits);
	while (r->used < text.len && result != PARSER_FAILED) {
		size_t piece_end = r->used + next_len(&seed, text.len - r->used);

		while (r->used < piece_end && result != PARSER_FAILED) {
			struct stanza *s;
			size_t used;

			result = feed(&p, str_make(text.data + r->used, piece_end - r->used), &used, &s);
			check(used <= piece_end - r->used);
			check(result == PARSER_MORE ? used == piece_end - r->used : used > 0 || result == PARSER_HEADER);
			r->used += used;
			if (result == PARSER_HEADER)
				buf_append_text(&r->events, "header ");
			if (s)
				note_stanza(r, s);
			if (result == PARSER_CLOSE) {
				buf_append_text(&r->events, "close\n");
				r->verdict = ACCEPTED;
			}
			stanza_unref(&s);
		}
	}
	if (result == PARSER_FAILED) {
		r->verdict = REFUSED;
		r->error = p.error;
	}
	parser_fini(&p);
}

static bool is_utf16(struct str text)
{
	return text.len > 0 && ((uint8_t)text.data[0] >= 0xfe || !text.data[0] || (text.len > 1 && !text.data[1]));
}

static void compare(const struct ours *r, const struct oracle *o, enum verdict verdict)
{
	if (r->error == STREAM_ERROR_POLICY_VIOLATION)
		return;
	if (r->verdict == ACCEPTED) {
		check(verdict == ACCEPTED);
		check(str_equal(buf_str(&r->events), buf_str(&o->events)));
		return;
	}
	if (r->verdict == INCOMPLETE)
		check(verdict == INCOMPLETE);
	else
		check(verdict != ACCEPTED);
	check(str_starts_with(buf_str(&o->events), buf_str(&r->events)));
}

/* The same pieces for the same input, always. */
static uint32_t seed_of(struct str text)
{
	uint32_t seed = 2166136261u;

	for (size_t i = 0; i < text.len; i++)
		seed = (seed ^ (uint8_t)text.data[i]) * 16777619u;
	return seed | 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	uint32_t seed = seed_of(text);
	struct ours whole, pieces;
	struct oracle o;

	ours_run(&whole, text, 0);
	ours_run(&pieces, text, seed);
	check(whole.verdict == pieces.verdict && whole.error == pieces.error && whole.used == pieces.used);
	check(str_equal(buf_str(&whole.events), buf_str(&pieces.events)));
	if (is_utf16(text)) {
		check(whole.verdict == REFUSED || text.len == 1);
	} else {
		oracle_open(&o);
		compare(&whole, &o, oracle_run(&o, text, seed));
		oracle_close(&o);
	}
	buf_fini(&whole.events);
	buf_fini(&pieces.events);
	return 0;
}
