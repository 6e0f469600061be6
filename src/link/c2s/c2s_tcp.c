/* RFC 6120 §3 (TCP), §4.2 (tags), §5 (STARTTLS) */
#include "link/c2s/c2s_tcp.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "link/c2s/c2s_input.h"
#include "link/c2s/c2s_stanza.h"
#include "link/c2s/c2s_stream.h"
#include "link/c2s/c2s_tls.h"
#include "link/entry.h"
#include "link/shaping.h"
#include "net/conn.h"
#include "xmpp/ns.h"

enum { LINGER_MS = 1500 }; /* for the peer's half of an orderly end */

/* An open one is all there is of an idle client, but for its session. */
struct c2s_tcp {
	struct c2s_peer peer;
	struct conn conn;
};

_Static_assert(sizeof(struct c2s_tcp) < 450, "an idle client is small");

static struct c2s_tcp *tcp_of_conn(struct conn *c)
{
	return container_of(c, struct c2s_tcp, conn);
}

static struct c2s_tcp *tcp_of_peer(struct c2s_peer *p)
{
	return container_of(p, struct c2s_tcp, peer);
}

static struct c2s_tcp *tcp_of_stream(struct stream *s)
{
	return container_of(s, struct c2s_tcp, peer.stream);
}

/* ---- out ---- */

static void send_header(struct stream *s, const struct stream_header *h)
{
	struct buf *out = s->place->scratch;

	buf_append_text(out, "<?xml version='1.0'?><stream:stream xmlns='" NS_CLIENT "' xmlns:stream='" NS_STREAM "' id='");
	writer_escape(out, h->id);
	buf_append_text(out, "' from='");
	writer_escape(out, h->from);
	if (h->to.len) {
		buf_append_text(out, "' to='");
		writer_escape(out, h->to);
	}
	buf_append_text(out, "' version='1.0' xml:lang='");
	writer_escape(out, h->language);
	buf_append_text(out, "'>");
	conn_send(&tcp_of_stream(s)->conn, buf_str(out));
	buf_clear(out);
}

static void send_text(struct stream *s, struct str xml)
{
	conn_send(&tcp_of_stream(s)->conn, xml);
}

static void end(struct stream *s)
{
	struct c2s_tcp *t = tcp_of_stream(s);

	conn_send(&t->conn, STR("</stream:stream>"));
	conn_close(&t->conn, LINGER_MS);
	c2s_peer_end(&t->peer);
}

static void drop(struct stream *s)
{
	struct c2s_tcp *t = tcp_of_stream(s);
	struct conn *c = &t->conn;

	c2s_peer_end_input(&t->peer);
	if (c->tls && !tls_is_established(c->tls))
		conn_abort(c, ERR_TIMEOUT);
	else
		conn_close(c, LINGER_MS);
}

static void pause_input(struct stream *s)
{
	conn_pause(&tcp_of_stream(s)->conn);
}

static void resume_input(struct stream *s)
{
	conn_resume(&tcp_of_stream(s)->conn);
}

static void restart(struct stream *s)
{
	parser_restart(&tcp_of_stream(s)->peer.parser);
}

static void start_tls(struct stream *s)
{
	struct c2s_tcp *t = tcp_of_stream(s);

	conn_start_tls(&t->conn, c2s_peer_settings(&t->peer)->base.tls, false);
}

static bool binding(struct stream *s, const char *type, struct buf *out)
{
	return c2s_tls_binding(tcp_of_stream(s)->conn.tls, type, out);
}

static bool certificate(struct stream *s, struct arena *a, struct sasl_certificate *out)
{
	return c2s_tls_certificate(tcp_of_stream(s)->conn.tls, a, out);
}

static struct ip address(const struct c2s_peer *p)
{
	return container_of(p, const struct c2s_tcp, peer)->conn.peer;
}

static void await_written(struct c2s_peer *p)
{
	conn_await_written(&tcp_of_peer(p)->conn);
}

static bool is_stuck(const struct c2s_peer *p)
{
	return conn_is_blocked(&container_of(p, const struct c2s_tcp, peer)->conn);
}

static void move(struct c2s_peer *p)
{
	conn_move(&tcp_of_peer(p)->conn, p->place->loop);
}

static void shape(struct c2s_peer *p)
{
	shaping_come_home(&tcp_of_peer(p)->conn, &c2s_peer_settings(p)->base, p->session->address);
}

const struct c2s_carrier c2s_tcp_carrier = {
	.link = {
		C2S_CARRIER_LINK,
		.send_header = send_header,
		.send = send_text,
		.end = end,
		.drop = drop,
		.pause = pause_input,
		.resume = resume_input,
		.restart = restart,
		.start_tls = start_tls,
		.binding = binding,
		.certificate = certificate,
	},
	.address = address,
	.await_written = await_written,
	.is_stuck = is_stuck,
	.move = move,
	.shape = shape,
};

/* ---- in ---- */

static size_t on_bytes(struct conn *c, struct str bytes)
{
	return c2s_input_take(&tcp_of_conn(c)->peer, bytes);
}

static void on_secure(struct conn *c)
{
	log_event(LOG_DEBUG, "c2s", "secured", LOG_TEXT("version", tls_version(c->tls)), LOG_TEXT("cipher", tls_cipher(c->tls)));
	stream_secured(&tcp_of_conn(c)->peer.stream);
}

static void on_moved(struct conn *c)
{
	c2s_peer_arrived(&tcp_of_conn(c)->peer);
}

static void on_written(struct conn *c)
{
	c2s_peer_end_waits(&tcp_of_conn(c)->peer, true);
}

static void on_closed(struct conn *c, enum err reason)
{
	struct c2s_tcp *t = tcp_of_conn(c);
	struct service *service = t->peer.place->service;
	char text[IP_TEXT_MAX];

	log_event(LOG_DEBUG, "c2s", "connection closed", LOG_TEXT("peer", ip_format(c->peer, true, text)),
		  LOG_TEXT("reason", err_text(reason)), LOG_TEXT("state", stream_state_name(t->peer.stream.state)));
	c2s_peer_fini(&t->peer);
	free(t);
	service_released(service);
}

static const struct conn_handler conn_handler = {
	.on_bytes = on_bytes, .on_secure = on_secure, .on_moved = on_moved, .on_written = on_written, .on_closed = on_closed,
};

void c2s_tcp_accept(struct service_place *place, int fd, struct ip address)
{
	const struct config_listen *listen = place->settings->listen;
	bool starts_with_tls = listen->tls && listen->tls->mode == CONFIG_TLS;
	struct c2s_peer_start start = {
		.settings = c2s_settings(place->settings), .address = address, .awaits_tls = starts_with_tls,
	};
	struct c2s_tcp *t;

	if (!entry_admit(place, address)) {
		close(fd);
		service_released(place->service);
		return;
	}
	t = mem_new(sizeof(*t));
	conn_init(&t->conn, place->loop, fd, address, &conn_handler);
	t->conn.output_limit_bytes = (uint32_t)place->settings->config->meerkat.max_output_bytes;
	shaping_begin(&t->conn, place->settings);
	conn_set_hibernate(&t->conn, listen->hibernate_after_ms);
	c2s_peer_init(&t->peer, place, &start);
	if (starts_with_tls)
		conn_start_tls(&t->conn, c2s_peer_settings(&t->peer)->base.tls, true);
}
