/* RFC 7395; RFC 6455 §5.5 (pings), §7 (closing) */
#include "link/c2s/c2s_websocket.h"

#include <stdlib.h>

#include "base/limit.h"
#include "base/mem.h"
#include "conf/handlers.h"
#include "http/exchange.h"
#include "http/websocket.h"
#include "http/websocket_offer.h"
#include "auth/admission.h"
#include "link/c2s/c2s_framing.h"
#include "link/c2s/c2s_input.h"
#include "link/c2s/c2s_stanza.h"
#include "link/c2s/c2s_stream.h"
#include "link/c2s/c2s_tls.h"
#include "link/c2s/c2s_web.h"
#include "link/entry.h"
#include "link/shaping.h"
#include "xmpp/ns.h"

enum { LINGER_MS = 1500 };

/* Text of a message that the stream has not taken yet. While there is some, the connection is paused. */
struct rest {
	struct c2s_websocket *owner;
	struct timer soon;
	struct buf text;
	bool is_fed;    /* it is being given to the stream */
	bool shall_move; /* ... which wanted to move meanwhile */
};

/* What it begins with, once the connection is here. */
struct arrival {
	struct service_place *place;
	struct c2s_peer_start start; /* its settings are counted */
};

struct c2s_websocket {
	struct c2s_peer peer;
	struct conn conn;
	struct websocket frames;
	struct exchange_seat *seat;
	struct rest *rest;       /* NULL mostly */
	struct timer timer;      /* for pings and silence; does not run if there are neither */
	uint64_t heard_ms, pinged_ms;
	struct arrival *arrival; /* until there is a peer; then NULL */
};

_Static_assert(sizeof(struct c2s_websocket) < 580, "an idle client is small");

static struct c2s_websocket *websocket_of_conn(struct conn *c)
{
	return container_of(c, struct c2s_websocket, conn);
}

static struct c2s_websocket *websocket_of_peer(struct c2s_peer *p)
{
	return container_of(p, struct c2s_websocket, peer);
}

static struct c2s_websocket *websocket_of_stream(struct stream *s)
{
	return container_of(s, struct c2s_websocket, peer.stream);
}

static const struct handlers_websocket *options(const struct c2s_websocket *w)
{
	return c2s_web_of(c2s_peer_settings(&w->peer))->options;
}

/* ---- out ---- */

static void send_text(struct stream *s, struct str xml)
{
	struct c2s_websocket *w = websocket_of_stream(s);
	struct buf declared, frame;

	buf_init(&declared);
	buf_init(&frame);
	websocket_write_text(&w->frames, &frame, c2s_framing_declare(xml, &declared));
	conn_send(&w->conn, buf_str(&frame));
	buf_fini(&frame);
	buf_fini(&declared);
}

static void send_header(struct stream *s, const struct stream_header *h)
{
	struct buf out;
	struct writer x;

	buf_init(&out);
	writer_init(&x, &out);
	writer_open(&x, "open", NS_FRAMING);
	writer_attribute(&x, "id", h->id);
	writer_attribute(&x, "from", h->from);
	if (h->to.len)
		writer_attribute(&x, "to", h->to);
	writer_attribute_text(&x, "version", "1.0");
	writer_attribute(&x, "xml:lang", h->language);
	writer_close(&x);
	send_text(s, buf_str(&out));
	buf_fini(&out);
}

static void forget_rest(struct c2s_websocket *w)
{
	struct rest *r = w->rest;

	w->rest = NULL;
	if (!r)
		return;
	timer_stop(&r->soon);
	buf_fini(&r->text);
	free(r);
}

/* Says why, and closes. */
static void close_with(struct c2s_websocket *w, enum websocket_status status)
{
	struct buf frame;

	timer_stop(&w->timer);
	buf_init(&frame);
	websocket_write_close(&frame, status);
	conn_send(&w->conn, buf_str(&frame));
	buf_fini(&frame);
	conn_close(&w->conn, LINGER_MS);
}

static void end(struct stream *s)
{
	struct c2s_websocket *w = websocket_of_stream(s);

	send_text(s, STR("<close xmlns='" NS_FRAMING "'/>"));
	close_with(w, WEBSOCKET_NORMAL);
	c2s_peer_end(&w->peer);
}

static void drop(struct stream *s)
{
	struct c2s_websocket *w = websocket_of_stream(s);

	c2s_peer_end_input(&w->peer);
	close_with(w, WEBSOCKET_PROTOCOL_ERROR);
}

/* The connection is over though the stream is not: the session may be resumed. */
static void lose(struct c2s_websocket *w, enum websocket_status status)
{
	close_with(w, status);
	c2s_peer_end_input(&w->peer);
	c2s_peer_lose_session(&w->peer);
}

/* ---- in ---- */

static bool takes_input(const struct c2s_websocket *w)
{
	return !conn_is_closing(&w->conn) && !w->peer.is_backed_up && stream_takes_input(&w->peer.stream);
}

static void feed_rest(struct timer *t)
{
	struct rest *r = container_of(t, struct rest, soon);
	struct c2s_websocket *w = r->owner;

	r->is_fed = true;
	if (takes_input(w))
		buf_consume(&r->text, c2s_input_take(&w->peer, buf_str(&r->text)));
	r->is_fed = false;
	if (conn_is_closing(&w->conn) || r->text.len == 0) {
		bool shall_move = r->shall_move;

		forget_rest(w);
		if (shall_move)
			conn_move(&w->conn, w->peer.place->loop);
		else if (takes_input(w))
			conn_resume(&w->conn);
	} else if (r->shall_move) {
		r->shall_move = false;
		conn_move(&w->conn, w->peer.place->loop);
	}
}

static void keep_rest(struct c2s_websocket *w, struct str text)
{
	struct rest *r = mem_new(sizeof(*r));

	r->owner = w;
	timer_init(&r->soon, feed_rest);
	buf_append_str(&r->text, text);
	w->rest = r;
}

static void feed_rest_soon(struct c2s_websocket *w)
{
	timer_start(w->peer.place->loop->timers, &w->rest->soon, 0);
}

static void pause_input(struct stream *s)
{
	conn_pause(&websocket_of_stream(s)->conn);
}

static void resume_input(struct stream *s)
{
	struct c2s_websocket *w = websocket_of_stream(s);

	if (w->rest)
		feed_rest_soon(w);
	else
		conn_resume(&w->conn);
}

static void restart(struct stream *s)
{
	parser_restart(&websocket_of_stream(s)->peer.parser);
}

static void take_text(struct c2s_websocket *w, struct str text)
{
	size_t used = c2s_input_take(&w->peer, text);

	if (used < text.len && !conn_is_closing(&w->conn))
		keep_rest(w, str_make(text.data + used, text.len - used));
}

static void answer_ping(struct c2s_websocket *w, struct str payload)
{
	struct buf frame;

	buf_init(&frame);
	websocket_write_pong(&frame, payload);
	conn_send(&w->conn, buf_str(&frame));
	buf_fini(&frame);
}

static void on_failed(struct c2s_websocket *w)
{
	if (w->frames.status != WEBSOCKET_TOO_LARGE) {
		lose(w, w->frames.status);
		return;
	}
	limit_acted(METRIC_max_stanza_size_exceeded, w->conn.peer);
	stream_error(&w->peer.stream, STREAM_ERROR_POLICY_VIOLATION, "the message is too large");
}

static void take_event(struct c2s_websocket *w, enum websocket_event e, struct str payload)
{
	switch (e) {
	case WEBSOCKET_TEXT:
		take_text(w, payload);
		break;
	case WEBSOCKET_PING:
		answer_ping(w, payload);
		break;
	case WEBSOCKET_CLOSE:
		lose(w, w->frames.status);
		break;
	case WEBSOCKET_FAILED:
		on_failed(w);
		break;
	case WEBSOCKET_MORE:
	case WEBSOCKET_BINARY:
	case WEBSOCKET_END:
	case WEBSOCKET_PONG:
		break;
	}
}

static size_t on_bytes(struct conn *c, struct str bytes)
{
	struct c2s_websocket *w = websocket_of_conn(c);
	enum websocket_event e = WEBSOCKET_END;
	char room[WEBSOCKET_PIECE_BYTES];
	struct str rest = bytes, payload;

	w->heard_ms = timer_now_ms(c->loop->timers);
	w->frames.limit_bytes = w->peer.parser.limits->element_bytes;
	while (e != WEBSOCKET_MORE && !w->rest && takes_input(w)) {
		e = websocket_read(&w->frames, &rest, room, &payload);
		take_event(w, e, payload);
	}
	if (!w->peer.stream.is_logged_in && rest.len > (size_t)c2s_peer_limits(&w->peer)->preauth_max_stanza_size)
		stream_error(&w->peer.stream, STREAM_ERROR_POLICY_VIOLATION, "too much at once before login");
	return bytes.len - rest.len;
}

/* ---- silence ---- */

static void expect_silence(struct c2s_websocket *w)
{
	uint64_t now = timer_now_ms(w->conn.loop->timers), due = UINT64_MAX;

	if (options(w)->timeout_ms != OPTION_INFINITY)
		due = w->heard_ms + (uint64_t)options(w)->timeout_ms;
	if (options(w)->ping_rate_ms && w->pinged_ms + (uint64_t)options(w)->ping_rate_ms < due)
		due = w->pinged_ms + (uint64_t)options(w)->ping_rate_ms;
	if (due != UINT64_MAX)
		timer_start(w->conn.loop->timers, &w->timer, due > now ? due - now : 0);
}

static void on_timer(struct timer *t)
{
	struct c2s_websocket *w = container_of(t, struct c2s_websocket, timer);
	uint64_t now = timer_now_ms(w->conn.loop->timers);
	struct buf frame;

	if (options(w)->timeout_ms != OPTION_INFINITY && now - w->heard_ms >= (uint64_t)options(w)->timeout_ms) {
		limit_acted(METRIC_websocket_timeout_expired, w->conn.peer);
		lose(w, WEBSOCKET_GOING_AWAY);
		return;
	}
	if (options(w)->ping_rate_ms && now - w->pinged_ms >= (uint64_t)options(w)->ping_rate_ms) {
		w->pinged_ms = now;
		buf_init(&frame);
		websocket_write_ping(&frame);
		conn_send(&w->conn, buf_str(&frame));
		buf_fini(&frame);
	}
	expect_silence(w);
}

/* ---- the carrier ---- */

static bool binding(struct stream *s, const char *type, struct buf *out)
{
	return c2s_tls_binding(websocket_of_stream(s)->conn.tls, type, out);
}

static bool certificate(struct stream *s, struct arena *a, struct sasl_certificate *out)
{
	return c2s_tls_certificate(websocket_of_stream(s)->conn.tls, a, out);
}

static struct ip address(const struct c2s_peer *p)
{
	return container_of(p, const struct c2s_websocket, peer)->conn.peer;
}

static void await_written(struct c2s_peer *p)
{
	conn_await_written(&websocket_of_peer(p)->conn);
}

static bool is_stuck(const struct c2s_peer *p)
{
	return conn_is_blocked(&container_of(p, const struct c2s_websocket, peer)->conn);
}

static void move(struct c2s_peer *p)
{
	struct c2s_websocket *w = websocket_of_peer(p);

	timer_stop(&w->timer);
	if (w->rest)
		timer_stop(&w->rest->soon);
	if (w->rest && w->rest->is_fed)
		w->rest->shall_move = true;
	else
		conn_move(&w->conn, p->place->loop);
}

static void shape(struct c2s_peer *p)
{
	shaping_come_home(&websocket_of_peer(p)->conn, &c2s_peer_settings(p)->base, p->session->address);
}

static const struct stream_tag open_tag = {.name = "open", .ns = NS_FRAMING};

static const struct c2s_carrier carrier = {
	.link = {
		C2S_CARRIER_LINK,
		.is_framed = true,
		.tag = &open_tag,
		.send_header = send_header,
		.send = send_text,
		.end = end,
		.drop = drop,
		.pause = pause_input,
		.resume = resume_input,
		.restart = restart,
		.binding = binding,
		.certificate = certificate,
	},
	.address = address,
	.await_written = await_written,
	.is_stuck = is_stuck,
	.move = move,
	.shape = shape,
};

/* ---- the connection ---- */

static void end_arrival(struct c2s_websocket *w)
{
	struct service_settings *settings = &w->arrival->start.settings->base;

	service_settings_unref(&settings);
	free(w->arrival);
	w->arrival = NULL;
}

static void begin(struct c2s_websocket *w)
{
	const struct arrival *a = w->arrival;

	w->conn.peer = a->start.address;
	timer_init(&w->timer, on_timer);
	w->heard_ms = w->pinged_ms = timer_now_ms(w->conn.loop->timers);
	shaping_begin(&w->conn, &a->start.settings->base);
	c2s_peer_init(&w->peer, a->place, &a->start);
	end_arrival(w);
	if (w->peer.place->is_ended)
		stream_error(&w->peer.stream, STREAM_ERROR_SYSTEM_SHUTDOWN, NULL);
	else
		expect_silence(w);
}

/* From HTTP, and later on the loop of its account. */
static void on_moved(struct conn *c)
{
	struct c2s_websocket *w = websocket_of_conn(c);

	if (w->arrival) {
		begin(w);
		return;
	}
	if (w->rest)
		conn_pause(c);
	c2s_peer_arrived(&w->peer);
	if (conn_is_closing(c))
		return;
	expect_silence(w);
	if (w->rest && takes_input(w))
		feed_rest_soon(w);
}

static void on_written(struct conn *c)
{
	c2s_peer_end_waits(&websocket_of_conn(c)->peer, true);
}

static void on_closed(struct conn *c, enum err reason)
{
	struct c2s_websocket *w = websocket_of_conn(c);
	char text[IP_TEXT_MAX];

	log_event(LOG_DEBUG, "c2s", "connection closed", LOG_TEXT("peer", ip_format(c->peer, true, text)),
		  LOG_TEXT("reason", err_text(reason)));
	if (w->arrival) {
		admission_leave(w->arrival->start.address);
		end_arrival(w);
	} else {
		timer_stop(&w->timer);
		forget_rest(w);
		c2s_peer_fini(&w->peer);
	}
	websocket_fini(&w->frames);
	exchange_seat_release(&w->seat);
	free(w);
}

static const struct conn_handler conn_handler = {
	.on_bytes = on_bytes, .on_moved = on_moved, .on_written = on_written, .on_closed = on_closed,
};

/* ---- the handler ---- */

static void handle(void *instance, struct exchange *x)
{
	struct c2s_web *web = instance;
	struct websocket_agreement agreement;
	enum websocket_offer offer = websocket_offer_read(x, "xmpp", &agreement);
	struct c2s_websocket *w;

	if (offer != WEBSOCKET_OFFER_GOOD) {
		websocket_offer_refuse(x, offer);
		return;
	}
	if (!entry_admit(x->place, x->peer)) {
		exchange_fail(x, 503);
		return;
	}
	w = mem_new(sizeof(*w));
	w->arrival = mem_new(sizeof(*w->arrival));
	*w->arrival = (struct arrival){x->place, {.settings = &web->c2s, .address = x->peer, .is_secure = x->is_secure}};
	service_settings_ref(&web->c2s.base);
	websocket_init(&w->frames, agreement.window_bits);
	websocket_offer_accept(x, &agreement);
	w->seat = exchange_hand_over(x, "websocket", &w->conn, &conn_handler);
}

static void *create(const struct handler_site *site, struct why *why)
{
	const struct handlers_websocket *o = site->options;
	struct c2s_web_options common = {
		.max_stanza_size = o->max_stanza_size,
		.state_timeout_ms = o->state_timeout_ms,
		.backwards_compatible_session = o->backwards_compatible_session,
		.shaper = o->shaper,
	};

	(void)why;
	return c2s_web_new(site, &carrier, &common);
}

const struct handler c2s_websocket_handler = {
	.name = "mongoose_websocket_handler",
	.methods = HANDLER_GET,
	.create = create,
	.destroy = c2s_web_destroy,
	.handle = handle,
};
