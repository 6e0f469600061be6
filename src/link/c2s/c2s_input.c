#include "link/c2s/c2s_input.h"

#include "base/limit.h"
#include "link/c2s/c2s_carrier.h"
#include "link/c2s/c2s_framing.h"
#include "link/entry.h"
#include "xmpp/fault.h"

static void on_fault(struct c2s_peer *p)
{
	if (p->parser.fault == FAULT_TOO_LARGE)
		limit_acted(METRIC_max_stanza_size_exceeded, c2s_carrier_address(p));
	stream_error(&p->stream, p->parser.error, parser_error_text(&p->parser));
}

/* Until something is complete. Returns how much was taken. */
static size_t feed(struct c2s_peer *p, struct str bytes)
{
	struct stanza *stanza;
	size_t used;

	switch (parser_feed(&p->parser, bytes, &used, &stanza)) {
	case PARSER_MORE:
		break;
	case PARSER_HEADER:
	case PARSER_STANZA:
		if (c2s_framing_is_close(p, stanza)) {
			stanza_unref(&stanza);
			stream_receive_end(&p->stream);
			break;
		}
		stream_receive(&p->stream, stanza);
		break;
	case PARSER_CLOSE:
		stream_receive_end(&p->stream);
		break;
	case PARSER_FAILED:
		on_fault(p);
		break;
	}
	return used;
}

/* What nobody has logged in for waits for an answer, and is kept meanwhile. */
static bool keeps_too_much(const struct c2s_peer *p, size_t len)
{
	return !p->stream.is_logged_in && len > (size_t)c2s_peer_limits(p)->preauth_max_stanza_size;
}

size_t c2s_input_take(struct c2s_peer *p, struct str bytes)
{
	size_t used = 0;

	while (used < bytes.len && !p->is_backed_up && stream_takes_input(&p->stream))
		used += feed(p, str_make(bytes.data + used, bytes.len - used));
	if (!entry_hold(&p->held_bytes, &p->parser, c2s_peer_limits(p))) {
		limit_acted(METRIC_input_budget_exceeded, c2s_carrier_address(p));
		stream_error(&p->stream, ENTRY_HOLDS_TOO_MUCH);
	}
	/* Nothing that came in the clear outlives STARTTLS. */
	if (p->stream.state == STREAM_IN_TLS)
		return bytes.len;
	if (keeps_too_much(p, bytes.len - used))
		stream_error(&p->stream, STREAM_ERROR_POLICY_VIOLATION, "too much at once before login");
	return used;
}
