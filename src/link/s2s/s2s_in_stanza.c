/* RFC 6120 §8.1, XEP-0198 as the one who is connected to */
#include "link/s2s/s2s_in_stanza.h"

#include "link/s2s/s2s_in_dialback.h"
#include "link/s2s/s2s_in_resumption.h"
#include "link/s2s/s2s_stanza.h"
#include "xmpp/ns.h"

/* ---- stanzas ---- */

static enum stream_error wrong(enum stream_error e, const char *text, const char **text_out)
{
	*text_out = text;
	return e;
}

static enum stream_error check_pair(struct s2s_in *in, struct stanza *e, const char **text_out)
{
	struct s2s_in_pair *pair;
	enum stream_error error;

	if (!in->is_authenticated)
		return wrong(STREAM_ERROR_NOT_AUTHORIZED, "nothing is proved yet", text_out);
	error = s2s_stanza_address(e);
	if (error != STREAM_ERROR_NONE)
		return wrong(error, "between servers a stanza says from whom it is and for whom", text_out);
	if (!s2s_place_is_ours(in->place, jid_domain(e->to)))
		return wrong(STREAM_ERROR_HOST_UNKNOWN, "this host is not served here", text_out);
	pair = s2s_in_dialback_find(in, jid_domain(e->to), jid_domain(e->from));
	if (!pair || !pair->is_proved)
		return wrong(STREAM_ERROR_NOT_AUTHORIZED, "nothing is proved for these two domains", text_out);
	return STREAM_ERROR_NONE;
}

void s2s_in_stanza_take(struct s2s_in *in, struct stanza *e)
{
	const char *text = NULL;
	enum stream_error error = check_pair(in, e, &text);

	if (error != STREAM_ERROR_NONE) {
		stanza_unref(&e);
		s2s_wire_error(&in->wire, error, text);
		return;
	}
	in->used_ms = timer_now_ms(in->place->loop->timers);
	s2s_stanza_route(&in->source, e);
	if (source_is_backed_up(&in->source))
		s2s_wire_pause(&in->wire);
}

/* ---- XEP-0198 ---- */

/* What may still be lost with this process is not counted. */
static void send_count(struct s2s_in *in)
{
	struct writer w = s2s_wire_begin(&in->wire);

	writer_open(&w, "a", NS_SM);
	writer_attribute_int(&w, "h", in->source.ledger.settled);
	writer_close(&w);
	s2s_wire_finish(&in->wire);
}

void s2s_in_stanza_settled(struct source *s, uint32_t asks)
{
	struct s2s_in *in = container_of(s, struct s2s_in, source);

	for (; asks > 0 && !in->wire.is_ended; asks--)
		send_count(in);
	if (in->is_leaving && ledger_is_settled(&in->source.ledger))
		s2s_in_leave(in);
}

static void start_managing(struct s2s_in *in, const struct stanza *e)
{
	struct str resume = node_attribute_raw(e, node_root(e), "resume");

	in->is_managed = true;
	source_keep_ledger(&in->source, s2s_in_stanza_settled);
	s2s_in_resumption_enable(in, str_is(resume, "true") || str_is(resume, "1"));
}

void s2s_in_stanza_say_count(struct s2s_in *in)
{
	if (in->is_managed && !in->wire.is_ended)
		send_count(in);
}

void s2s_in_stanza_manage(struct s2s_in *in, const struct stanza *e)
{
	if (s2s_wire_is(e, "r", NS_SM) && in->is_managed) {
		if (ledger_ask(&in->source.ledger))
			send_count(in);
	} else if (s2s_wire_is(e, "enable", NS_SM) && in->is_authenticated && !in->is_managed) {
		start_managing(in, e);
	} else if (s2s_wire_is(e, "resume", NS_SM) && in->is_authenticated && !in->is_managed) {
		s2s_in_resumption_ask(in, e);
	} else if (s2s_wire_is(e, "enable", NS_SM) || s2s_wire_is(e, "resume", NS_SM)) {
		s2s_wire_send(&in->wire, STR("<failed xmlns='" NS_SM "'><unexpected-request xmlns='" NS_STANZA_ERROR "'/></failed>"));
	}
}
