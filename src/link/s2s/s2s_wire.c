/* RFC 6120 §4: the two ends of a stream between servers */
#include "link/s2s/s2s_wire.h"

#include "base/check.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/metric.h"
#include "auth/admission.h"
#include "link/entry.h"
#include "xmpp/fault.h"
#include "xmpp/ns.h"

enum { LINGER_MS = 1500 }; /* for the peer's half of an orderly end */

static struct s2s_wire *wire_of(struct conn *c)
{
	return container_of(c, struct s2s_wire, conn);
}

/* ---- out ---- */

void s2s_wire_send(struct s2s_wire *w, struct str xml)
{
	conn_send(&w->conn, xml);
}

struct writer s2s_wire_begin(struct s2s_wire *w)
{
	struct writer out;

	check(w->conn.loop->scratch.len == 0);
	writer_init(&out, &w->conn.loop->scratch);
	return out;
}

void s2s_wire_finish(struct s2s_wire *w)
{
	s2s_wire_send(w, buf_str(&w->conn.loop->scratch));
	buf_clear(&w->conn.loop->scratch);
}

static void append_attribute(struct buf *out, const char *name, struct str value)
{
	if (!value.len)
		return;
	buf_append_char(out, ' ');
	buf_append_text(out, name);
	buf_append_text(out, "='");
	writer_escape(out, value);
	buf_append_char(out, '\'');
}

void s2s_wire_send_header(struct s2s_wire *w, const struct s2s_wire_header *h)
{
	struct buf *out = &w->conn.loop->scratch;

	buf_append_text(out, "<?xml version='1.0'?><stream:stream xmlns='" NS_SERVER "' xmlns:stream='" NS_STREAM "' xmlns:db='" NS_DIALBACK
			     "'");
	append_attribute(out, "id", h->id);
	append_attribute(out, "from", h->from);
	append_attribute(out, "to", h->to);
	append_attribute(out, "version", h->has_version ? STR("1.0") : STR_NONE);
	append_attribute(out, "xml:lang", h->language);
	buf_append_char(out, '>');
	w->is_header_sent = true;
	s2s_wire_finish(w);
}

/* ---- the end ---- */

/* What there is of an element is given back. */
static void end_input(struct s2s_wire *w)
{
	parser_fini(&w->parser);
	admission_hold(w->held_bytes, 0, w->limits);
	w->held_bytes = 0;
}

static void close_in_order(struct s2s_wire *w)
{
	struct conn *c = &w->conn;

	w->is_ended = true;
	end_input(w);
	if (c->tls && !tls_is_established(c->tls))
		conn_abort(c, ERR_TIMEOUT);
	else
		conn_close(c, LINGER_MS);
}

void s2s_wire_end(struct s2s_wire *w)
{
	if (w->is_ended)
		return;
	if (w->is_header_sent && !w->awaits_tls)
		s2s_wire_send(w, STR("</stream:stream>"));
	close_in_order(w);
}

void s2s_wire_error(struct s2s_wire *w, enum stream_error e, const char *text)
{
	struct writer out;

	if (w->is_ended)
		return;
	log_event(LOG_DEBUG, "s2s", "stream error", LOG_TEXT("condition", xerror_stream_condition(e)), LOG_TEXT("text", text ? text : ""));
	if (w->awaits_tls || w->is_silent) {
		close_in_order(w);
		return;
	}
	if (!w->is_header_sent)
		w->ops->send_header(w);
	out = s2s_wire_begin(w);
	writer_open(&out, "stream:error", NULL);
	writer_empty(&out, xerror_stream_condition(e), NS_STREAM_ERROR);
	if (text) {
		writer_open(&out, "text", NS_STREAM_ERROR);
		writer_attribute_text(&out, "xml:lang", "en");
		writer_text(&out, str_from(text));
		writer_close(&out);
	}
	writer_close(&out);
	s2s_wire_finish(w);
	s2s_wire_end(w);
}

/* ---- in ---- */

static void on_fault(struct s2s_wire *w)
{
	if (w->parser.fault == FAULT_TOO_LARGE)
		limit_acted(METRIC_max_stanza_size_exceeded, w->conn.peer);
	s2s_wire_error(w, w->parser.error, parser_error_text(&w->parser));
}

static void take_end(struct s2s_wire *w)
{
	w->ops->on_end(w);
	s2s_wire_end(w);
}

static size_t feed(struct s2s_wire *w, struct str bytes)
{
	struct stanza *element;
	size_t used;

	switch (parser_feed(&w->parser, bytes, &used, &element)) {
	case PARSER_MORE:
		break;
	case PARSER_HEADER:
		w->ops->on_header(w, element);
		stanza_unref(&element);
		break;
	case PARSER_STANZA:
		w->ops->on_element(w, element);
		break;
	case PARSER_CLOSE:
		take_end(w);
		break;
	case PARSER_FAILED:
		on_fault(w);
		break;
	}
	return used;
}

static size_t on_bytes(struct conn *c, struct str bytes)
{
	struct s2s_wire *w = wire_of(c);
	size_t used = 0;

	while (used < bytes.len && !w->is_ended && !w->is_paused && !w->awaits_tls)
		used += feed(w, str_make(bytes.data + used, bytes.len - used));
	if (!w->is_ended)
		if (!entry_hold(&w->held_bytes, &w->parser, w->limits)) {
		limit_acted(METRIC_input_budget_exceeded, w->conn.peer);
		s2s_wire_error(w, ENTRY_HOLDS_TOO_MUCH);
	}
	/* Nothing that came in the clear outlives STARTTLS. */
	return w->awaits_tls ? bytes.len : used;
}

static void on_secure(struct conn *c)
{
	struct s2s_wire *w = wire_of(c);

	w->awaits_tls = false;
	w->is_secure = true;
	log_event(LOG_DEBUG, "s2s", "secured", LOG_TEXT("version", tls_version(c->tls)), LOG_TEXT("cipher", tls_cipher(c->tls)));
	w->ops->on_secure(w);
}

static void on_moved(struct conn *c)
{
	struct s2s_wire *w = wire_of(c);

	w->ops->on_moved(w);
}

static void on_closed(struct conn *c, enum err reason)
{
	struct s2s_wire *w = wire_of(c);

	w->was_cut = !w->is_ended;
	w->is_ended = true;
	w->ops->on_closed(w, reason);
}

static const struct conn_handler handler = {
	.on_bytes = on_bytes, .on_secure = on_secure, .on_moved = on_moved, .on_closed = on_closed,
};

void s2s_wire_pause(struct s2s_wire *w)
{
	w->is_paused = true;
	conn_pause(&w->conn);
}

void s2s_wire_resume(struct s2s_wire *w)
{
	if (!w->is_paused)
		return;
	w->is_paused = false;
	conn_resume(&w->conn);
}

/* ---- life ---- */

void s2s_wire_init(struct s2s_wire *w, const struct s2s_wire_start *start)
{
	*w = (struct s2s_wire){.ops = start->ops, .limits = start->limits};
	conn_init(&w->conn, start->loop, start->fd, start->peer, &handler);
	w->conn.output_limit_bytes = (uint32_t)start->limits->max_output_bytes;
	parser_init(&w->parser, PARSER_STREAM, start->parser_limits);
}

void s2s_wire_fini(struct s2s_wire *w)
{
	end_input(w);
}

void s2s_wire_restart(struct s2s_wire *w)
{
	w->is_header_sent = false;
	parser_restart(&w->parser);
}

void s2s_wire_accept_tls(struct s2s_wire *w, struct tls_context *context, bool is_direct)
{
	if (!is_direct)
		s2s_wire_restart(w);
	w->awaits_tls = true;
	conn_start_tls(&w->conn, context, is_direct);
}

void s2s_wire_start_tls(struct s2s_wire *w, struct tls_context *context, const struct tls_outgoing_wish *wish)
{
	if (!wish->is_direct)
		s2s_wire_restart(w);
	w->awaits_tls = true;
	conn_start_tls_outgoing(&w->conn, context, wish);
}

/* ---- reading ---- */

bool s2s_wire_is(const struct stanza *element, const char *name, const char *ns)
{
	return node_is(element, node_root(element), name, ns);
}

struct str s2s_wire_condition(const struct stanza *error)
{
	for (const struct node *n = node_first_child(error, node_root(error)); n; n = node_next_sibling(error, n))
		if (str_is(node_ns(error, n), NS_STREAM_ERROR) && !str_is(node_name(error, n), "text"))
			return node_name(error, n);
	return STR("undefined-condition");
}

bool s2s_wire_declares_dialback(const struct stanza *tag)
{
	const struct node *root = node_root(tag);

	for (const struct node *n = node_first_attribute(tag, root); n; n = node_next_attribute(tag, n))
		if ((n->flags & NODE_DECLARATION) &&
		    str_is(str_make(tag->bytes + n->value, n->value_end - n->value), NS_DIALBACK))
			return true;
	return false;
}
