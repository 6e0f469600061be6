/* RFC 6120 §3 and §4.9: how long it is tried, and when it is tried again */
#include "link/s2s/s2s_out_attempt.h"

#include <stdio.h>

#include "base/codec.h"
#include "base/log.h"
#include "base/metric.h"
#include "link/s2s/s2s_out_guest.h"
#include "xmpp/ns.h"

enum {
	ATTEMPT_MS = 60000,  /* for one attempt, whatever it tries */
	SHORT_LIFE_MS = 2000, /* a stream that ends so soon, and on which nothing has arrived, has failed */
};

static uint64_t now(const struct s2s_out *o)
{
	return timer_now_ms(o->place->loop->timers);
}

/* ---- what an attempt has ---- */

void s2s_out_attempt_answer_all(struct s2s_out *o, enum s2s_verdict verdict)
{
	while (!list_is_empty(&o->verifies)) {
		struct s2s_verify *v = container_of(o->verifies.next, struct s2s_verify, link);

		list_remove(&v->link);
		s2s_verify_answer(v, verdict);
	}
}

static void end_attempt(struct s2s_out *o)
{
	if (o->host)
		s2s_out_guest_leave(o);
	timer_stop(&o->deadline);
	dial_free(&o->dial);
}

void s2s_out_attempt_end(struct s2s_out *o)
{
	end_attempt(o);
	if (o->settings)
		s2s_settings_unref(&o->settings);
	o->side = NULL;
}

/* From 1 s on, twice as long each time, and between half and all of that, so that servers do not come back all at once. */
static uint64_t next_delay_ms(const struct s2s_out *o, int64_t max_s)
{
	uint64_t delay = (uint64_t)S2S_OUT_RETRY_MS << (o->failures < 20 ? o->failures : 20), max = (uint64_t)max_s * 1000;
	uint32_t random;

	codec_random(&random, sizeof(random));
	delay = delay < max ? delay : max;
	return delay / 2 + random % (delay / 2 + 1);
}

/* One line for each failed attempt; where hundreds fail at once, some for each second. */
static void log_failure(const struct s2s_out *o, uint64_t delay_ms)
{
	static struct log_throttle throttles[8];
	uint64_t suppressed;

	if (log_on(LOG_INFO) && log_throttle_pass(&throttles[str_hash(o->remote) % 8], now(o), &suppressed))
		log_event(LOG_INFO, "s2s", "another server cannot be reached", LOG_STR("domain", o->remote), LOG_STR("from", o->local),
			  LOG_TEXT("step", o->failure.step), LOG_TEXT("why", o->failure.why), LOG_NUM("next_attempt_ms", delay_ms),
			  LOG_NUM("suppressed", suppressed));
}

static void note_failure(struct s2s_out *o, const char *step, const char *why)
{
	snprintf(o->failure.step, sizeof(o->failure.step), "%.15s", step);
	snprintf(o->failure.why, sizeof(o->failure.why), "%.255s", why);
}

/* ---- failing ---- */

/* The others wait for the next attempt. */
static void return_impatient(struct s2s_out *o, enum stanza_error e)
{
	struct s2s_queue all;
	struct s2s_item *item;

	s2s_former_forget(&o->former);
	s2s_queue_init(&all, SIZE_MAX);
	while (o->queue.count)
		s2s_queue_pass(&o->queue, &all);
	while ((item = s2s_queue_first(&all))) {
		if (item->is_patient && now(o) <= item->until_ms)
			s2s_queue_pass(&all, &o->queue);
		else
			s2s_returns_first(&o->place->returns, &all, e);
	}
}

/* The attempt has come to nothing. What waits goes back now, and what comes before the next attempt at once. */
static void fail(struct s2s_out *o, enum stanza_error e)
{
	uint64_t delay_ms = next_delay_ms(o, o->side->config->outgoing.max_retry_delay_s);

	metric_add(METRIC_s2s_attempts_failed, 1);
	log_failure(o, delay_ms);
	o->failures++;
	o->blocked_until_ms = now(o) + delay_ms;
	s2s_out_attempt_end(o);
	s2s_out_attempt_answer_all(o, S2S_VERDICT_UNREACHABLE);
	/* What waits for room on a lane has a way. */
	if (!o->lane)
		return_impatient(o, e);
	s2s_out_look_soon(o);
}

static void on_dialed(void *context, const struct dial_result *r)
{
	struct s2s_out *o = context;

	if (r->error == ERR_NONE) {
		o->stream = s2s_out_stream_new(o, r);
		return;
	}
	/* What a connection met with says more than that the last address did not answer. */
	if (!o->failure.step[0])
		note_failure(o, dial_step_text(r->step), r->why.text);
	fail(o, STANZA_ERROR_REMOTE_SERVER_NOT_FOUND);
}

static void dial(struct s2s_out *o)
{
	o->dial = dial_start(o->place->s2s->resolve, o->side->config, o->remote, on_dialed, o);
}

void s2s_out_attempt_limit(struct s2s_out *o)
{
	timer_start(o->place->loop->timers, &o->deadline, ATTEMPT_MS);
}

static void begin(struct s2s_out *o)
{
	s2s_out_attempt_end(o);
	o->attempted_ms = o->used_ms = now(o);
	o->failure.step[0] = '\0';
	o->skips_external = o->has_skipped_external = false;
	o->settings = o->place->settings;
	s2s_settings_ref(o->settings);
	o->side = s2s_settings_side(o->settings, o->local);
}

void s2s_out_attempt_alone(struct s2s_out *o)
{
	begin(o);
	dial(o);
	s2s_out_attempt_limit(o);
}

/* Questions need a stream of the pair's own. */
void s2s_out_attempt_start(struct s2s_out *o)
{
	begin(o);
	if (!list_is_empty(&o->verifies) || !s2s_out_guest_ask(o))
		dial(o);
	s2s_out_attempt_limit(o);
}

void s2s_out_attempt_expire(struct timer *t)
{
	struct s2s_out *o = container_of(t, struct s2s_out, deadline);

	if (o->host) {
		s2s_out_attempt_alone(o);
		return;
	}
	if (!o->failure.step[0])
		note_failure(o, o->stream ? s2s_out_stream_state(o->stream) : "connect", "it took too long altogether");
	if (o->stream)
		s2s_out_stream_leave(&o->stream, STREAM_ERROR_CONNECTION_TIMEOUT, "this took too long");
	fail(o, STANZA_ERROR_REMOTE_SERVER_NOT_FOUND);
}

/* Questions that were sent on a connection that has gone are not answered there. */
static void ask_again(struct s2s_out *o)
{
	list_each (link, &o->verifies)
		container_of(link, struct s2s_verify, link)->is_sent = false;
}

void s2s_out_attempt_unusable(struct s2s_out *o, const char *step, const char *why)
{
	char text[320];

	note_failure(o, step, why);
	o->stream = NULL;
	ask_again(o);
	snprintf(text, sizeof(text), "%s: %s", step, why);
	if (o->dial && o->skips_external && !o->has_skipped_external) {
		o->has_skipped_external = true;
		dial_free(&o->dial);
		dial(o);
	} else if (o->dial)
		dial_next(o->dial, text);
	else
		fail(o, STANZA_ERROR_REMOTE_SERVER_NOT_FOUND);
}

/* ---- open ---- */

struct s2s_lane *s2s_out_attempt_opened(struct s2s_out *o, struct s2s_wire *w, bool is_acknowledged)
{
	char text[IP_TEXT_MAX];

	end_attempt(o);
	log_event(LOG_INFO, "s2s", "a stream to another server is open", LOG_STR("domain", o->remote), LOG_STR("from", o->local),
		  LOG_TEXT("address", ip_format(w->conn.peer, true, text)), LOG_TEXT("tls", w->is_secure ? tls_version(w->conn.tls) : "none"));
	s2s_out_use(o, s2s_lane_new(o->place, w, is_acknowledged));
	return o->lane;
}

void s2s_out_attempt_ready(struct s2s_out *o)
{
	timer_stop(&o->deadline);
}

/* ---- lost ---- */

/* What was asked on a stream that could answer, and did not. */
static void give_up_asking(struct s2s_out *o)
{
	list_each (link, &o->verifies) {
		struct s2s_verify *v = container_of(link, struct s2s_verify, link);

		if (v->is_sent) {
			list_remove(&v->link);
			s2s_verify_answer(v, S2S_VERDICT_UNREACHABLE);
		}
	}
}

/* What was lost was not of its own: a stream for questions is there, or on its way, and can become more. */
static void go_on_beside(struct s2s_out *o)
{
	if (o->stream)
		s2s_out_stream_wake(o->stream);
	if (o->dial && o->queue.count && !timer_is_running(&o->deadline))
		s2s_out_attempt_limit(o);
}

/* It had a stream, and has it no more. was_short: it was not worth much. */
static void go_on_without(struct s2s_out *o, bool was_short, const char *why)
{
	if (o->lane)
		return; /* what was lost was for questions only */
	if ((o->stream || o->dial) && !o->place->is_stopping) {
		go_on_beside(o);
		return;
	}
	if (o->place->is_stopping || (!o->queue.count && list_is_empty(&o->verifies))) {
		s2s_out_attempt_end(o);
		s2s_out_look_soon(o);
	} else if (was_short && o->side && o->failures > 0) {
		note_failure(o, "stream", why);
		fail(o, STANZA_ERROR_REMOTE_SERVER_TIMEOUT);
	} else {
		o->failures += was_short; /* once more, but not for ever */
		s2s_out_attempt_end(o);
		s2s_out_attempt_start(o);
	}
}

static void lose_lane(struct s2s_lane *l, const char *why)
{
	bool was_short;
	struct list outs;

	s2s_lane_confirm(l);
	was_short = !l->has_delivered && timer_now_ms(l->place->loop->timers) < l->opened_ms + SHORT_LIFE_MS;
	list_move_all(&l->outs, &outs);
	list_each (link, &outs)
		container_of(link, struct s2s_out, in_lane)->lane = NULL;
	s2s_lane_free(&l);
	while (!list_is_empty(&outs)) {
		struct s2s_out *o = container_of(outs.next, struct s2s_out, in_lane);

		list_remove(&o->in_lane);
		if (!was_short)
			o->failures = 0;
		go_on_without(o, was_short, why);
	}
}

void s2s_out_attempt_closed(struct s2s_out *o, struct s2s_lane *l, const char *why)
{
	o->stream = NULL;
	dial_free(&o->dial);
	give_up_asking(o);
	if (l)
		lose_lane(l, why);
	else
		go_on_without(o, false, why);
}

void s2s_out_attempt_withdrawn(struct s2s_lane *l, const char *why)
{
	lose_lane(l, why);
}
