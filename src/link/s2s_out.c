#include "link/s2s_out.h"

#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "base/check.h"
#include "base/codec.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "link/s2s_out_stream.h"
#include "route/router.h"
#include "xmpp/ns.h"

enum {
	ATTEMPT_MS = 60000,      /* for one attempt, whatever it tries */
	RETRY_MS = 1000,         /* after the first failure; doubles */
	SHORT_LIFE_MS = 2000,    /* a stream that ends so soon, and on which nothing has arrived, has failed */
	LOOK_FIRST_MS = 20, LOOK_MAX_MS = 1000, IDLE_LOOK_MS = 10000,
	FORGET_MS = 60000,       /* after so long without use nothing is remembered */
};

static uint64_t now(const struct s2s_out *o)
{
	return timer_now_ms(o->place->loop->timers);
}

static bool is_blocked(const struct s2s_out *o)
{
	return o->blocked_until_ms > now(o);
}

static bool is_idle(const struct s2s_out *o)
{
	return !o->dial && !o->stream && !o->wire;
}

static void look_soon(struct s2s_out *o)
{
	o->look_ms = LOOK_FIRST_MS;
	timer_start(o->place->loop->timers, &o->look, o->look_ms);
}

/* ---- sending ---- */

/* Everything has left this machine and is with the other one's kernel. */
static bool is_all_taken(const struct s2s_out *o)
{
	int waiting = 0;

	return o->wire->conn.out_bytes == 0 && ioctl(o->wire->conn.source.fd, SIOCOUTQ, &waiting) == 0 && waiting == 0;
}

static void confirm_by_kernel(struct s2s_out *o)
{
	if (!o->wire || o->is_acknowledged || !o->sent.count || !is_all_taken(o))
		return;
	s2s_queue_drop_all(&o->sent);
	o->has_delivered = true;
}

static size_t window(const struct s2s_out *o)
{
	size_t limit = o->wire->conn.output_limit_bytes / 2;

	return limit && limit < S2S_OUT_SENT_BYTES ? limit : S2S_OUT_SENT_BYTES;
}

static void send_first(struct s2s_out *o)
{
	struct s2s_item *item = s2s_queue_first(&o->queue);
	struct buf *scratch = &o->place->loop->scratch;

	writer_stanza(scratch, item->stanza, item->from, item->to, NS_SERVER, false);
	conn_send(&o->wire->conn, buf_str(scratch));
	buf_clear(scratch);
	item->since_ms = now(o);
	s2s_queue_pass(&o->queue, &o->sent);
	metric_add(METRIC_s2s_stanzas_out, 1);
}

static void ask_for_acknowledgement(struct s2s_out *o)
{
	if (!o->is_acknowledged || o->awaits_acknowledgement || !o->sent.count)
		return;
	o->awaits_acknowledgement = true;
	s2s_wire_send(o->wire, STR("<r xmlns='" NS_SM "'/>"));
}

static void flush(struct s2s_out *o)
{
	if (!o->wire || !o->queue.count)
		return;
	confirm_by_kernel(o);
	while (o->queue.count && !conn_is_closing(&o->wire->conn) && (!o->sent.count || o->sent.bytes < window(o)))
		send_first(o);
	o->used_ms = now(o);
	ask_for_acknowledgement(o);
	look_soon(o);
}

bool s2s_out_acknowledged(struct s2s_out *o, uint32_t count)
{
	if (count > o->sent.count)
		return false;
	o->awaits_acknowledgement = false;
	if (count == 0)
		return true; /* it has not dealt with them yet; on_look asks again */
	o->has_delivered = true;
	while (count-- > 0)
		s2s_queue_drop_first(&o->sent);
	flush(o);
	ask_for_acknowledgement(o);
	return true;
}

void s2s_out_unmanaged(struct s2s_out *o)
{
	o->is_acknowledged = false;
}

/* ---- attempts ---- */

static void answer_all(struct s2s_out *o, enum s2s_verdict verdict)
{
	while (!list_is_empty(&o->verifies)) {
		struct s2s_verify *v = container_of(o->verifies.next, struct s2s_verify, link);

		list_remove(&v->link);
		s2s_verify_answer(v, verdict);
	}
}

static void end_attempt(struct s2s_out *o)
{
	timer_stop(&o->deadline);
	dial_free(&o->dial);
}

static void let_settings_go(struct s2s_out *o)
{
	end_attempt(o);
	if (o->settings)
		s2s_settings_unref(&o->settings);
	o->side = NULL;
}

/* From 1 s on, twice as long each time, and between half and all of that, so that servers do not come back all at once. */
static uint64_t next_delay_ms(const struct s2s_out *o, int64_t max_s)
{
	uint64_t delay = (uint64_t)RETRY_MS << (o->failures < 20 ? o->failures : 20), max = (uint64_t)max_s * 1000;
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

/* The attempt has come to nothing. What waits goes back now, and what comes before the next attempt at once. */
static void fail(struct s2s_out *o, enum stanza_error e)
{
	uint64_t delay_ms = next_delay_ms(o, o->side->config->outgoing.max_retry_delay_s);

	metric_add(METRIC_s2s_attempts_failed, 1);
	log_failure(o, delay_ms);
	o->failures++;
	o->blocked_until_ms = now(o) + delay_ms;
	let_settings_go(o);
	answer_all(o, S2S_VERDICT_UNREACHABLE);
	s2s_queue_put_back(&o->sent, &o->queue);
	s2s_queue_bounce_all(&o->queue, o->place->registry, e);
	look_soon(o);
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

static void start(struct s2s_out *o)
{
	o->attempted_ms = o->used_ms = now(o);
	o->failure.step[0] = '\0';
	o->skips_external = o->has_skipped_external = false;
	o->settings = o->place->settings;
	s2s_settings_ref(o->settings);
	o->side = s2s_settings_side(o->settings, o->local);
	dial(o);
	timer_start(o->place->loop->timers, &o->deadline, ATTEMPT_MS);
}

static void on_deadline(struct timer *t)
{
	struct s2s_out *o = container_of(t, struct s2s_out, deadline);

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

void s2s_out_unusable(struct s2s_out *o, const char *step, const char *why)
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

static void use(struct s2s_out *o, struct s2s_wire *w, bool is_acknowledged)
{
	o->wire = w;
	o->is_acknowledged = is_acknowledged;
	o->awaits_acknowledgement = o->has_delivered = false;
	o->opened_ms = now(o);
	o->blocked_until_ms = 0;
	flush(o);
}

void s2s_out_opened(struct s2s_out *o, struct s2s_wire *w, bool is_acknowledged)
{
	char text[IP_TEXT_MAX];

	end_attempt(o);
	log_event(LOG_INFO, "s2s", "a stream to another server is open", LOG_STR("domain", o->remote), LOG_STR("from", o->local),
		  LOG_TEXT("address", ip_format(w->conn.peer, true, text)), LOG_TEXT("tls", w->is_secure ? tls_version(w->conn.tls) : "none"));
	use(o, w, is_acknowledged);
}

bool s2s_out_has_stanzas(const struct s2s_out *o)
{
	return o->queue.count > 0;
}

void s2s_out_ready(struct s2s_out *o)
{
	timer_stop(&o->deadline);
}

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

void s2s_out_closed(struct s2s_out *o, const char *why)
{
	bool was_short;

	confirm_by_kernel(o);
	was_short = o->wire && !o->has_delivered && now(o) < o->opened_ms + SHORT_LIFE_MS;
	if (o->wire && !was_short)
		o->failures = 0;
	o->stream = NULL;
	o->wire = NULL;
	s2s_queue_put_back(&o->sent, &o->queue);
	give_up_asking(o);
	if (!o->queue.count && list_is_empty(&o->verifies)) {
		let_settings_go(o);
		look_soon(o);
	} else if (was_short && o->side && o->failures > 0) {
		note_failure(o, "stream", why);
		fail(o, STANZA_ERROR_REMOTE_SERVER_TIMEOUT);
	} else {
		o->failures += was_short; /* once more, but not for ever */
		let_settings_go(o);
		start(o);
	}
}

void s2s_out_drop(struct s2s_out *o, const char *why)
{
	if (o->stream)
		s2s_out_stream_leave(&o->stream, STREAM_ERROR_RESET, why);
	o->wire = NULL;
	let_settings_go(o);
	answer_all(o, S2S_VERDICT_UNREACHABLE);
	s2s_queue_put_back(&o->sent, &o->queue);
	s2s_queue_bounce_all(&o->queue, o->place->registry, STANZA_ERROR_REMOTE_SERVER_TIMEOUT);
	look_soon(o);
}

const char *s2s_out_state(const struct s2s_out *o)
{
	if (o->wire)
		return "open";
	if (o->stream && s2s_out_stream_is_settled(o->stream))
		return "waiting";
	if (!is_idle(o))
		return "connecting";
	return is_blocked(o) ? "blocked" : "idle";
}

/* ---- looking after it ---- */

static void forget(struct s2s_out *o)
{
	map_take(&o->place->outs, o->key);
	timer_stop(&o->look);
	timer_stop(&o->deadline);
	free(o);
}

static bool has_waited_too_long(const struct s2s_out *o, const struct s2s_queue *q)
{
	const struct s2s_item *first = s2s_queue_first(q);

	return first && now(o) > first->since_ms + S2S_OUT_WAIT_MS;
}

/* The other server does not take what is sent. */
static void look_after_queue(struct s2s_out *o)
{
	confirm_by_kernel(o);
	if (has_waited_too_long(o, &o->sent)) {
		s2s_out_drop(o, "what was sent was not taken");
		return;
	}
	flush(o);
	ask_for_acknowledgement(o);
	while (has_waited_too_long(o, &o->queue))
		s2s_queue_bounce_first(&o->queue, o->place->registry, STANZA_ERROR_REMOTE_SERVER_TIMEOUT);
}

static bool is_unused(const struct s2s_out *o)
{
	int64_t timeout_ms = o->side ? o->side->config->outgoing.stream_timeout_ms : OPTION_INFINITY;

	return o->stream && !timer_is_running(&o->deadline) && timeout_ms != OPTION_INFINITY && now(o) >= o->used_ms + (uint64_t)timeout_ms &&
	       !o->queue.count && !o->sent.count && list_is_empty(&o->verifies);
}

/* Until something has to be done about one that has nothing to do. */
static uint64_t idle_ms(const struct s2s_out *o)
{
	int64_t timeout_ms = o->side ? o->side->config->outgoing.stream_timeout_ms : OPTION_INFINITY;

	return timeout_ms != OPTION_INFINITY && timeout_ms < IDLE_LOOK_MS ? (uint64_t)timeout_ms : IDLE_LOOK_MS;
}

static void on_look(struct timer *t)
{
	struct s2s_out *o = container_of(t, struct s2s_out, look);

	if (o->wire)
		look_after_queue(o);
	if (is_unused(o)) {
		s2s_out_stream_leave(&o->stream, STREAM_ERROR_NONE, NULL);
		o->wire = NULL;
		let_settings_go(o);
	}
	if (is_idle(o) && !is_blocked(o) && !o->queue.count && now(o) > o->used_ms + FORGET_MS) {
		forget(o);
		return;
	}
	o->look_ms = o->look_ms * 2 < LOOK_MAX_MS ? o->look_ms * 2 : LOOK_MAX_MS;
	timer_start(o->place->loop->timers, &o->look, o->queue.count || o->sent.count ? o->look_ms : idle_ms(o));
}

/* ---- finding it ---- */

static struct s2s_out *find(struct s2s_place *p, struct str local, struct str remote)
{
	char key[2 * JID_PART_MAX + 2];

	if (local.len > JID_PART_MAX || remote.len > JID_PART_MAX)
		return NULL;
	memcpy(key, local.data, local.len);
	key[local.len] = ' ';
	memcpy(key + local.len + 1, remote.data, remote.len);
	return map_find(&p->outs, str_make(key, local.len + 1 + remote.len));
}

/* NULL: there are too many. */
static struct s2s_out *get(struct s2s_place *p, struct str local, struct str remote)
{
	struct s2s_out *o = find(p, local, remote);
	char *key;

	if (o || p->outs.count >= S2S_OUT_MAX)
		return o;
	o = mem_new(sizeof(*o) + local.len + 1 + remote.len);
	key = (char *)(o + 1);
	memcpy(key, local.data, local.len);
	key[local.len] = ' ';
	memcpy(key + local.len + 1, remote.data, remote.len);
	o->key = str_make(key, local.len + 1 + remote.len);
	o->local = str_make(key, local.len);
	o->remote = str_make(key + local.len + 1, remote.len);
	o->place = p;
	s2s_queue_init(&o->queue, S2S_OUT_QUEUE_BYTES);
	s2s_queue_init(&o->sent, SIZE_MAX);
	list_init(&o->verifies);
	timer_init(&o->deadline, on_deadline);
	timer_init(&o->look, on_look);
	o->used_ms = now(o);
	map_add(&p->outs, o);
	look_soon(o);
	return o;
}

/* There is something new to be done. */
static void go_on(struct s2s_out *o)
{
	if (o->stream)
		s2s_out_stream_wake(o->stream);
	else if (!o->dial)
		start(o);
	if (o->dial && o->queue.count && !timer_is_running(&o->deadline))
		timer_start(o->place->loop->timers, &o->deadline, ATTEMPT_MS);
}

void s2s_out_send(struct s2s_place *p, struct stanza *s, struct jid from, struct jid to)
{
	struct str remote = jid_domain(to);
	struct s2s_out *o = p->is_stopping ? NULL : get(p, jid_domain(from), remote);

	if (p->is_stopping) {
		router_bounce(p->registry, s, to, from, STANZA_ERROR_REMOTE_SERVER_TIMEOUT);
		return;
	}
	if (!o) {
		limit_acted_on(METRIC_s2s_destinations_exceeded, remote);
		router_bounce(p->registry, s, to, from, STANZA_ERROR_RESOURCE_CONSTRAINT);
		return;
	}
	if (is_idle(o) && is_blocked(o)) {
		metric_add(METRIC_s2s_bounced, 1);
		router_bounce(p->registry, s, to, from, STANZA_ERROR_REMOTE_SERVER_NOT_FOUND);
		return;
	}
	if (!s2s_queue_add(&o->queue, s, from, to, now(o))) {
		limit_acted_on(METRIC_s2s_queue_exceeded, remote);
		router_bounce(p->registry, s, to, from, STANZA_ERROR_RESOURCE_CONSTRAINT);
		return;
	}
	if (o->wire)
		flush(o);
	else
		go_on(o);
}

void s2s_out_verify(struct s2s_verify *v)
{
	struct s2s_out *o = v->home->is_stopping ? NULL : get(v->home, v->local, v->remote);

	/* Who asks for it may not have us connect as often as it likes. */
	if (!o || (is_idle(o) && is_blocked(o) && now(o) < o->attempted_ms + RETRY_MS)) {
		s2s_verify_answer(v, S2S_VERDICT_UNREACHABLE);
		return;
	}
	list_append(&o->verifies, &v->link);
	o->used_ms = now(o);
	go_on(o);
}

bool s2s_out_answered(struct s2s_out *o, struct str id, enum s2s_verdict verdict)
{
	list_each (link, &o->verifies) {
		struct s2s_verify *v = container_of(link, struct s2s_verify, link);

		if (v->is_sent && str_equal(v->id, id)) {
			list_remove(&v->link);
			s2s_verify_answer(v, verdict);
			return true;
		}
	}
	return false;
}

void s2s_out_unblock(struct s2s_place *p, struct str local, struct str remote)
{
	struct s2s_out *o = find(p, local, remote);

	if (o) {
		o->blocked_until_ms = 0;
		o->failures = 0;
	}
}

bool s2s_out_offer(struct s2s_place *p, struct str local, struct str remote, struct s2s_wire *w)
{
	struct s2s_out *o = p->is_stopping ? NULL : get(p, local, remote);

	if (!o || !is_idle(o))
		return false;
	use(o, w, false);
	return true;
}

void s2s_out_withdraw(struct s2s_place *p, struct str local, struct str remote, const struct s2s_wire *w)
{
	struct s2s_out *o = find(p, local, remote);

	if (o && o->wire == w)
		s2s_out_closed(o, "the other server ended the stream");
}

/* ---- life ---- */

void s2s_out_end_all(struct s2s_place *p)
{
	size_t cursor = 0;
	struct s2s_out *o;

	while ((o = map_next(&p->outs, &cursor))) {
		if (o->stream)
			s2s_out_stream_leave(&o->stream, STREAM_ERROR_SYSTEM_SHUTDOWN, NULL);
		o->wire = NULL;
		let_settings_go(o);
		answer_all(o, S2S_VERDICT_UNREACHABLE);
		s2s_queue_put_back(&o->sent, &o->queue);
		s2s_queue_bounce_all(&o->queue, p->registry, STANZA_ERROR_REMOTE_SERVER_TIMEOUT);
	}
}

void s2s_out_free_all(struct s2s_place *p)
{
	size_t cursor = 0;
	struct s2s_out *o;

	while ((o = map_next(&p->outs, &cursor))) {
		let_settings_go(o);
		while (!list_is_empty(&o->verifies)) {
			struct s2s_verify *v = container_of(o->verifies.next, struct s2s_verify, link);

			list_remove(&v->link);
			free(v);
		}
		s2s_queue_drop_all(&o->queue);
		s2s_queue_drop_all(&o->sent);
		timer_stop(&o->look);
		free(o);
	}
	map_fini(&p->outs);
}
