#include "xmpp/parser.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "xmpp/block.h"
#include "xmpp/declaration.h"
#include "xmpp/lexer.h"
#include "xmpp/ns.h"
#include "xmpp/parser_header.h"
#include "xmpp/scan.h"

enum state {
	STATE_AGAIN,    /* behind a restart: white space may belong to the stream before */
	STATE_START,    /* an XML declaration may come; what there is of it is in partial->bytes */
	STATE_PROLOG,   /* the opening tag is to come */
	STATE_BODY,     /* in the stream, between elements */
	STATE_ELEMENTS, /* without a stream */
	STATE_CLOSING,  /* the '>' of an empty root element is to come, and is all that is missing */
	STATE_ENDED,
	STATE_FAILED,
};

/* Offsets are 32 bits, of which scope.h uses two, and names from outside need some room too. */
#define ELEMENT_BYTES_MAX (((size_t)1 << 30) - ((size_t)4 << 20))

/* Bytes taken at first when an element goes on; more if it goes on after these, so that little is copied in vain. */
#define FIRST_SLICE_BYTES 1024

struct parser_partial {
	struct buf bytes;
	struct lexer lexer;
};

/* The bytes of one feed. */
struct feed {
	const char *at, *end;
	struct stanza **stanza_out;
};

static size_t left(const struct feed *f)
{
	return (size_t)(f->end - f->at);
}

static size_t element_limit(const struct parser *p)
{
	return p->limits->element_bytes < ELEMENT_BYTES_MAX ? p->limits->element_bytes : ELEMENT_BYTES_MAX;
}

static void drop_partial(struct parser *p)
{
	if (!p->partial)
		return;
	if (p->state != STATE_START)
		lexer_fini(&p->partial->lexer);
	buf_fini(&p->partial->bytes);
	free(p->partial);
	p->partial = NULL;
}

/* The fault is certain with the next `len` bytes. */
static enum parser_result fail(struct parser *p, struct feed *f, size_t len, enum fault fault)
{
	f->at += len;
	drop_partial(p);
	p->state = STATE_FAILED;
	p->fault = (uint8_t)fault;
	p->error = (uint8_t)fault_error(fault);
	return PARSER_FAILED;
}

/* The default namespace of the stream. */
static struct str content_ns_of(const struct parser *p)
{
	return p->header ? p->header->content_ns : STR(NS_CLIENT);
}

static void begin_lexer(const struct parser *p, struct lexer *l, struct lexer_room *room)
{
	check(p->limits->name_bytes <= UINT16_MAX);
	lexer_init(l, room, p->header, content_ns_of(p), p->state == STATE_PROLOG);
	l->limits = p->limits;
}

static enum parser_result end_header(struct parser *p, struct feed *f, struct lexer *l, const char *base)
{
	struct stanza *s = block_new(l, base);
	const struct parser_header *h = parser_header_new(s);

	if (!h) {
		stanza_unref(&s);
		return fail(p, f, 0, FAULT_MANY_DECLARATIONS);
	}
	if (!str_equal(h->content_ns, content_ns_of(p))) {
		/* The header itself shall name the content namespace it declares. */
		stanza_unref(&s);
		l->scope.content_ns = h->content_ns;
		s = block_new(l, base);
	}
	p->header = h;
	p->header_seen = true;
	p->state = STATE_BODY;
	if (node_root(s)->flags & NODE_EMPTY_TAG) {
		p->state = STATE_CLOSING;
		f->at--;
	}
	*f->stanza_out = s;
	return PARSER_HEADER;
}

/* The lexer has stopped; len bytes of the feed belong to what it took. */
static enum parser_result end_element(struct parser *p, struct feed *f, size_t len, struct lexer *l, const char *base)
{
	f->at += len;
	if (l->is_header)
		return end_header(p, f, l, base);
	*f->stanza_out = block_new(l, base);
	return PARSER_STANZA;
}

static enum parser_result end_run(struct parser *p, struct feed *f, size_t len, struct lexer *l,
				  enum lexer_result result)
{
	if (result == LEXER_FAILED)
		return fail(p, f, len, l->fault);
	if (result == LEXER_ELEMENT)
		return end_element(p, f, len, l, l->base);
	f->at += len;
	p->state = STATE_ENDED;
	return PARSER_CLOSE;
}

static enum parser_result keep(struct parser *p, struct feed *f, struct lexer *l)
{
	struct parser_partial *part = mem_new(sizeof(*part));

	lexer_keep(l);
	part->lexer = *l;
	buf_init(&part->bytes);
	buf_append(&part->bytes, f->at, left(f));
	p->partial = part;
	f->at = f->end;
	return PARSER_MORE;
}

/* An element that begins with this feed is read where it lies. */
static enum parser_result begin_element(struct parser *p, struct feed *f)
{
	size_t limit = element_limit(p), len = left(f);
	struct lexer_room room;
	struct lexer l;
	enum parser_result answer;
	enum lexer_result result;

	begin_lexer(p, &l, &room);
	result = lexer_run(&l, f->at, len < limit ? len : limit);
	if (result == LEXER_MORE && len <= limit)
		return keep(p, f, &l);
	if (result == LEXER_MORE)
		answer = fail(p, f, limit + 1, FAULT_TOO_LARGE);
	else
		answer = end_run(p, f, l.pos, &l, result);
	lexer_fini(&l);
	return answer;
}

/* One that began before is read in the copy. */
static enum parser_result continue_element(struct parser *p, struct feed *f)
{
	struct parser_partial *part = p->partial;
	size_t limit = element_limit(p), slice = FIRST_SLICE_BYTES;
	enum parser_result answer;

	part->lexer.limits = p->limits;
	while (f->at < f->end) {
		size_t held = part->bytes.len, room = held < limit ? limit - held : 0;
		size_t len = left(f) < slice ? left(f) : slice;
		enum lexer_result result;

		if (!room)
			return fail(p, f, 1, FAULT_TOO_LARGE);
		if (len > room)
			len = room;
		buf_append(&part->bytes, f->at, len);
		result = lexer_run(&part->lexer, part->bytes.data, part->bytes.len);
		if (result != LEXER_MORE) {
			answer = end_run(p, f, part->lexer.pos - held, &part->lexer, result);
			drop_partial(p);
			return answer;
		}
		f->at += len;
		slice *= 2;
	}
	return PARSER_MORE;
}

/* Behind the declaration, or where there is none. `held` bytes of it came with earlier feeds; the '<' that looked like the beginning
 * of one may be among them. */
static enum parser_result end_start(struct parser *p, struct feed *f, size_t held, size_t len)
{
	struct lexer_room room;
	struct lexer l;
	struct feed less = {.at = "<"};

	drop_partial(p);
	p->state = STATE_PROLOG;
	if (len >= held) {
		f->at += len - held;
		return PARSER_MORE;
	}
	check(held - len == 1);
	less.end = less.at + 1;
	begin_lexer(p, &l, &room);
	return keep(p, &less, &l);
}

static enum parser_result take_start(struct parser *p, struct feed *f)
{
	struct str bytes = str_make(f->at, left(f));
	size_t held = 0, len;
	enum fault fault;

	if (p->partial) {
		held = p->partial->bytes.len;
		if (bytes.len > DECLARATION_MAX + 1 - held)
			bytes.len = DECLARATION_MAX + 1 - held;
		buf_append_str(&p->partial->bytes, bytes);
		bytes = buf_str(&p->partial->bytes);
	}
	switch (declaration_read(bytes, &len, &fault)) {
	case DECLARATION_FAILED:
		return fail(p, f, len - held, fault);
	case DECLARATION_DONE:
		return end_start(p, f, held, len);
	case DECLARATION_MORE:
		break;
	}
	if (!p->partial) {
		p->partial = mem_new(sizeof(*p->partial));
		buf_append_str(&p->partial->bytes, bytes);
	}
	f->at = f->end;
	return PARSER_MORE;
}

static void skip_spaces(struct feed *f)
{
	while (f->at < f->end && scan_is(*f->at, SCAN_SPACE))
		f->at++;
}

static enum fault fault_of_text(const struct parser *p, char c)
{
	if (p->state != STATE_BODY)
		return FAULT_OUTSIDE;
	return (uint8_t)c < 0x20 ? FAULT_CHARACTER : FAULT_BETWEEN;
}

/* Between elements, with at least one byte. */
static enum parser_result take_between(struct parser *p, struct feed *f)
{
	if (p->state == STATE_CLOSING) {
		f->at++;
		p->state = STATE_ENDED;
		return PARSER_CLOSE;
	}
	skip_spaces(f);
	if (f->at == f->end)
		return PARSER_MORE;
	if (p->state == STATE_AGAIN) {
		p->state = STATE_START;
		return PARSER_MORE;
	}
	if (*f->at != '<' || p->state == STATE_ENDED)
		return fail(p, f, 1, fault_of_text(p, *f->at));
	return begin_element(p, f);
}

enum parser_result parser_feed(struct parser *p, struct str bytes, size_t *used_out, struct stanza **stanza_out)
{
	struct feed f = {bytes.data, bytes.data + bytes.len, stanza_out};
	enum parser_result answer = PARSER_MORE;

	check(p->state != STATE_FAILED);
	*stanza_out = NULL;
	while (f.at < f.end && answer == PARSER_MORE) {
		if (p->state == STATE_START)
			answer = take_start(p, &f);
		else if (p->partial)
			answer = continue_element(p, &f);
		else
			answer = take_between(p, &f);
	}
	*used_out = (size_t)(f.at - bytes.data);
	return answer;
}

void parser_init(struct parser *p, enum parser_mode mode, const struct parser_limits *limits)
{
	*p = (struct parser){
		.limits = limits,
		.mode = (uint8_t)mode,
		.state = mode == PARSER_STREAM ? STATE_START : STATE_ELEMENTS,
	};
}

void parser_fini(struct parser *p)
{
	drop_partial(p);
	parser_header_free(&p->header);
}

void parser_restart(struct parser *p)
{
	check(!p->partial);
	parser_header_free(&p->header);
	p->header_seen = false;
	if (p->mode == PARSER_STREAM)
		p->state = STATE_AGAIN;
}

size_t parser_held_bytes(const struct parser *p)
{
	if (!p->partial)
		return 0;
	return sizeof(*p->partial) + p->partial->bytes.cap + lexer_held_bytes(&p->partial->lexer);
}

const char *parser_error_text(const struct parser *p)
{
	return fault_text(p->fault);
}
