/* XEP-0198 and XEP-0288 as the one who has opened the stream; XEP-0220 §2.2.2 */
#include "link/s2s/s2s_out_open.h"

#include "link/s2s/s2s_out_guest.h"
#include "link/s2s/s2s_stanza.h"
#include "xmpp/ns.h"

/* ---- answers about keys ---- */

bool s2s_out_open_is_between(const struct s2s_out_stream *s, const struct stanza *e)
{
	struct arena scratch;
	struct str from, to;
	bool is_so;

	arena_init(&scratch, 0);
	from = node_attribute(e, node_root(e), "from", &scratch);
	to = node_attribute(e, node_root(e), "to", &scratch);
	is_so = from.data && to.data && jid_prepare_domain(from, &scratch, &from) && jid_prepare_domain(to, &scratch, &to) &&
		str_equal(from, s->out->remote) && str_equal(to, s->out->local);
	arena_fini(&scratch);
	return is_so;
}

void s2s_out_open_answer(struct s2s_out_stream *s, const struct stanza *e)
{
	struct str type = node_attribute_raw(e, node_root(e), "type");
	enum s2s_verdict verdict = str_is(type, "valid") ? S2S_VERDICT_VALID : S2S_VERDICT_INVALID;
	struct arena scratch;

	if (!s2s_out_open_is_between(s, e) || !type.len)
		return;
	arena_init(&scratch, 0);
	s2s_out_answered(s->out, node_attribute(e, node_root(e), "id", &scratch), str_is(type, "error") ? S2S_VERDICT_UNREACHABLE : verdict);
	arena_fini(&scratch);
}

/* ---- stream management ---- */

static void take_acknowledgement(struct s2s_out_stream *s, const struct stanza *e)
{
	int64_t h;

	if (!str_to_int(node_attribute_raw(e, node_root(e), "h"), 0, UINT32_MAX, &h) ||
	    !s2s_lane_acknowledged(s->lane, (uint32_t)h - s->acknowledged))
		s2s_wire_error(&s->wire, STREAM_ERROR_UNDEFINED_CONDITION, "more is acknowledged than was sent");
	else
		s->acknowledged = (uint32_t)h;
}

static void send_count(struct s2s_out_stream *s)
{
	struct writer w = s2s_wire_begin(&s->wire);

	writer_open(&w, "a", NS_SM);
	writer_attribute_int(&w, "h", s->received);
	writer_close(&w);
	s2s_wire_finish(&s->wire);
}

static void take_enabled(struct s2s_out_stream *s, const struct stanza *e)
{
	struct str resume = node_attribute_raw(e, node_root(e), "resume");
	struct arena scratch;
	struct str id;

	arena_init(&scratch, 0);
	id = node_attribute(e, node_root(e), "id", &scratch);
	if ((str_is(resume, "true") || str_is(resume, "1")) && id.len > 0 && id.len <= sizeof(s->resumption_id)) {
		memcpy(s->resumption_id, id.data, id.len);
		s->resumption_id_len = (uint16_t)id.len;
	}
	arena_fini(&scratch);
}

static void take_management(struct s2s_out_stream *s, const struct stanza *e)
{
	if (!s->is_managed)
		return;
	if (s2s_wire_is(e, "a", NS_SM)) {
		take_acknowledgement(s, e);
	} else if (s2s_wire_is(e, "r", NS_SM)) {
		send_count(s);
	} else if (s2s_wire_is(e, "enabled", NS_SM)) {
		take_enabled(s, e);
	} else if (s2s_wire_is(e, "failed", NS_SM)) {
		s->is_managed = false;
		s2s_lane_unmanaged(s->lane);
	}
}

/* ---- stanzas ---- */

/* What comes back on our own stream (XEP-0288): between the same two domains. */
void s2s_out_open_take_stanza(struct s2s_out_stream *s, struct stanza **e)
{
	enum stream_error error;

	if (!s->is_bidirectional) {
		s2s_wire_error(&s->wire, STREAM_ERROR_NOT_AUTHORIZED, "nothing was asked to come this way");
		return;
	}
	s->received++;
	error = s2s_stanza_address(*e);
	if (error == STREAM_ERROR_NONE &&
	    (!str_equal(jid_domain((*e)->from), s->out->remote) || !str_equal(jid_domain((*e)->to), s->out->local)))
		error = STREAM_ERROR_NOT_AUTHORIZED;
	if (error != STREAM_ERROR_NONE) {
		s2s_wire_error(&s->wire, error, NULL);
		return;
	}
	s->out->used_ms = timer_now_ms(s->place->loop->timers);
	s2s_stanza_route(&s->source, *e);
	*e = NULL;
	if (source_is_backed_up(&s->source))
		s2s_wire_pause(&s->wire);
}

void s2s_out_open_take(struct s2s_out_stream *s, const struct stanza *e)
{
	if (s2s_wire_is(e, "verify", NS_DIALBACK))
		s2s_out_open_answer(s, e);
	else if (s2s_wire_is(e, "result", NS_DIALBACK))
		s2s_out_guest_answer(s, e);
	else
		take_management(s, e);
}
