/* RFC 6120 §8.1: the addresses of stanzas */
#include "link/c2s/c2s_stanza.h"

#include "base/histogram.h"
#include "base/metric.h"
#include "link/c2s/c2s_carrier.h"
#include "link/c2s/c2s_stream.h"
#include "route/resumption.h"
#include "route/resumption_stream.h"
#include "route/router.h"
#include "xmpp/ns.h"
#include "xmpp/writer.h"

/* ---- out ---- */

static struct c2s_peer *peer_of_outlet(struct outlet *o)
{
	return container_of(o, struct c2s_peer, outlet);
}

/* `first`: the metric of messages; those of the other kinds follow, in the order of enum stanza_kind. */
static void count(enum stanza_kind kind, enum metric all, enum metric first)
{
	metric_add(all, 1);
	metric_add(first + (kind - STANZA_MESSAGE), 1);
}

static void outlet_send(struct outlet *o, const struct stanza *s, struct jid from, struct jid to)
{
	struct c2s_peer *p = peer_of_outlet(o);
	struct buf *scratch = &p->place->loop->scratch;

	writer_stanza(scratch, s, from, to, NS_CLIENT, p->stream.rules->link->is_framed);
	p->stream.rules->link->send(&p->stream, buf_str(scratch));
	buf_clear(scratch);
	count(s->kind, METRIC_stanzas_out, METRIC_messages_out);
}

static void outlet_end(struct outlet *o, enum stream_error e, const char *text)
{
	stream_error(&peer_of_outlet(o)->stream, e, text);
}

static void outlet_resume(struct outlet *o)
{
	struct c2s_peer *p = peer_of_outlet(o);

	if (!p->is_backed_up)
		return;
	p->is_backed_up = false;
	p->stream.rules->link->resume(&p->stream);
}

static bool outlet_is_stuck(const struct outlet *o)
{
	const struct c2s_peer *p = container_of(o, const struct c2s_peer, outlet);

	return c2s_carrier_of(p)->is_stuck(p);
}

static void outlet_await_sent(struct outlet *o, struct outlet_wait *w)
{
	struct c2s_peer *p = peer_of_outlet(o);

	w->next = p->waits;
	p->waits = w;
	c2s_carrier_of(p)->await_written(p);
}

static void outlet_write(struct outlet *o, struct str xml)
{
	struct stream *s = &peer_of_outlet(o)->stream;

	s->rules->link->send(s, xml);
}

static void outlet_give_up(struct outlet *o, enum stream_error e, const char *text)
{
	struct c2s_peer *p = peer_of_outlet(o);

	p->session = NULL;
	stream_error(&p->stream, e, text);
}

static void outlet_claimed(struct outlet *o, struct session *session, struct str xml)
{
	c2s_stream_take_claim(peer_of_outlet(o), session, xml);
}

const struct outlet_ops c2s_stanza_outlet = {
	.send = outlet_send,
	.end = outlet_end,
	.resume = outlet_resume,
	.is_stuck = outlet_is_stuck,
	.await_sent = outlet_await_sent,
	.write = outlet_write,
	.give_up = outlet_give_up,
	.claimed = outlet_claimed,
};

/* ---- in ---- */

/* RFC 6120 §8.1.2.1: a client may say who it is, but nobody else. */
static bool is_from_itself(struct c2s_peer *p, struct stanza *e)
{
	struct jid own = p->session->address;

	return stanza_sender(e) && jid_bare_equal(e->from, own) && (jid_is_bare(e->from) || jid_equal(e->from, own));
}

/* RFC 6120 §8.3.3.8; errors and results get no error. */
static void refuse_address(struct c2s_peer *p, const struct stanza *e)
{
	struct str domain = jid_domain(p->session->address);
	struct jid host = {.text = domain.data, .domain_len = (uint16_t)domain.len};
	struct buf xml;

	if (e->type == STANZA_TYPE_ERROR || e->type == STANZA_TYPE_RESULT)
		return;
	buf_init(&xml);
	writer_stanza_error(&xml, e, host, p->session->address, STANZA_ERROR_JID_MALFORMED, STR_NONE);
	session_deliver_text(p->session, buf_str(&xml));
	buf_fini(&xml);
}

/* To nobody, our host or the own account. */
static bool is_for_server(const struct c2s_peer *p, const struct stanza *e)
{
	struct jid own = p->session->address;

	if (!jid_is_set(e->to))
		return true;
	return jid_is_bare(e->to) && (jid_bare_equal(e->to, own) ||
				      (e->to.local_len == 0 && str_equal(jid_domain(e->to), jid_domain(own))));
}

static bool is_session_request(const struct c2s_peer *p, const struct stanza *e)
{
	if (e->kind != STANZA_IQ || e->type != STANZA_TYPE_SET)
		return false;
	const struct node *payload = stanza_payload(e);
	return payload && node_is(e, payload, "session", NS_SESSION) && is_for_server(p, e);
}

/* RFC 3921 §3: it changes nothing. */
static void answer_session_request(struct c2s_peer *p, const struct stanza *e)
{
	struct buf xml;
	struct writer w;

	buf_init(&xml);
	writer_init(&w, &xml);
	writer_iq_result(&w, e, JID_NONE, JID_NONE);
	writer_close(&w);
	session_deliver_text(p->session, buf_str(&xml));
	buf_fini(&xml);
}

static void give_to_router(struct c2s_peer *p, struct stanza *e)
{
	struct session *s = p->session;

	router_receive(s, e);
	/* The session may have ended by what it sent. */
	if (p->session == s && router_is_backed_up(s)) {
		p->is_backed_up = true;
		p->stream.rules->link->pause(&p->stream);
	}
}

static void take_other(struct c2s_peer *p, const struct stanza *e)
{
	struct resumption_stream_error error;

	switch (resumption_stream_take(p->session, e, &error)) {
	case RESUMPTION_STREAM_GOES_ON:
		break;
	case RESUMPTION_STREAM_ENDS:
		stream_receive_end(&p->stream);
		break;
	case RESUMPTION_STREAM_FAILS:
		stream_error_with(&p->stream, error.error, error.text, str_from(error.detail));
		break;
	}
}

void c2s_stanza_take(struct stream *s, struct stanza *e)
{
	struct c2s_peer *p = container_of(s, struct c2s_peer, stream);

	if (e->kind == STANZA_OTHER) {
		take_other(p, e);
		stanza_unref(&e);
		return;
	}
	count(e->kind, METRIC_stanzas_in, METRIC_messages_in);
	histogram_add(HISTOGRAM_stanza_in_bytes, e->len);
	if (e->has_from && !is_from_itself(p, e)) {
		stanza_unref(&e);
		stream_error(s, STREAM_ERROR_INVALID_FROM, "'from' is not who has logged in");
		return;
	}
	stanza_stamp(e, p->session->address);
	bool is_addressed = stanza_address(e);
	if (is_addressed && !is_session_request(p, e)) {
		uint64_t began_us = histogram_now_us();

		give_to_router(p, e);
		histogram_add(HISTOGRAM_stanza_seconds, histogram_now_us() - began_us);
		return;
	}
	if (p->session->resumption)
		resumption_receive_settled(p->session->resumption);
	if (is_addressed)
		answer_session_request(p, e);
	else
		refuse_address(p, e);
	stanza_unref(&e);
}
