#include "stream/negotiation.h"

#include "base/check.h"
#include "base/log.h"

static const struct {
	enum { FOREVER, LISTENER } patience;
	const char *awaited;
} states[] = {
#define STATE(name, function, patience, text) [STREAM_##name] = {patience, text},
#include "stream/states.def"
#undef STATE
};

void negotiation_set_state(struct stream *s, enum stream_state to)
{
	struct stream_negotiation *n = s->negotiation;

	if (s->state != to)
		log_event(LOG_DEBUG, "stream", "state", LOG_TEXT("old", stream_state_name(s->state)),
			  LOG_TEXT("new", stream_state_name(to)), LOG_TEXT("awaits", states[to].awaited), LOG_TEXT("stream", n ? n->id : ""));
	s->state = (uint8_t)to;
	if (!n)
		return;
	if (states[to].patience == LISTENER && s->rules->listen->state_timeout_ms != OPTION_INFINITY)
		timer_start(s->place->timers, &n->patience, (uint64_t)s->rules->listen->state_timeout_ms);
	else
		timer_stop(&n->patience);
}

void negotiation_send(struct stream *s, struct str xml)
{
	s->rules->link->send(s, xml);
}

struct writer negotiation_begin(struct stream *s)
{
	struct writer w;

	check(s->place->scratch->len == 0);
	writer_init(&w, s->place->scratch);
	return w;
}

void negotiation_finish(struct stream *s)
{
	negotiation_send(s, buf_str(s->place->scratch));
	buf_clear(s->place->scratch);
}

void negotiation_wait(struct stream *s)
{
	negotiation_set_state(s, STREAM_AWAIT_ANSWER);
	s->rules->link->pause(s);
}

void negotiation_go_on(struct stream *s, bool had_waited)
{
	if (had_waited && s->state != STREAM_ENDED)
		s->rules->link->resume(s);
}

void negotiation_stop_timers(struct stream *s)
{
	if (!s->negotiation)
		return;
	timer_stop(&s->negotiation->patience);
	timer_stop(&s->negotiation->deadline);
	timer_stop(&s->negotiation->soon);
}

void negotiation_start_deadline(struct stream *s)
{
	struct stream_negotiation *n = s->negotiation;

	if (n->config->meerkat.login_timeout_ms != OPTION_INFINITY)
		timer_start(s->place->timers, &n->deadline, (uint64_t)n->config->meerkat.login_timeout_ms);
}

void negotiation_end(struct stream *s)
{
	negotiation_stop_timers(s);
	negotiation_set_state(s, STREAM_ENDED);
	s->rules->link->end(s);
}

bool negotiation_may_retry(struct stream *s)
{
	if (s->negotiation->retries++ < NEGOTIATION_RETRIES)
		return true;
	stream_error(s, STREAM_ERROR_POLICY_VIOLATION, "too many requests that had to be refused");
	return false;
}
