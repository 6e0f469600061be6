#include "link/s2s/s2s_out.h"

#include <stdlib.h>

#include "base/limit.h"
#include "base/mem.h"
#include "base/metric.h"
#include "link/s2s/s2s_keep.h"
#include "link/s2s/s2s_out_attempt.h"
#include "link/s2s/s2s_out_stream.h"
#include "route/router.h"

enum {
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
	return !o->dial && !o->stream && !o->lane && !o->host;
}

void s2s_out_look_soon(struct s2s_out *o)
{
	o->look_ms = LOOK_FIRST_MS;
	timer_start(o->place->loop->timers, &o->look, o->look_ms);
}

/* ---- open ---- */

void s2s_out_use(struct s2s_out *o, struct s2s_lane *l)
{
	s2s_lane_join(l, o);
	o->blocked_until_ms = 0;
	s2s_lane_flush(o);
}

bool s2s_out_has_stanzas(const struct s2s_out *o)
{
	return o->queue.count > 0;
}

/* Without a lane, and back goes what it had. */
static void reset(struct s2s_out *o, enum stanza_error e)
{
	s2s_out_attempt_end(o);
	s2s_out_attempt_answer_all(o, S2S_VERDICT_UNREACHABLE);
	s2s_former_forget(&o->former);
	s2s_returns_all(&o->place->returns, &o->queue, e);
	s2s_out_look_soon(o);
}

static void reset_all(struct s2s_lane *l, const char *why)
{
	struct list outs;

	list_init(&outs);
	list_each (link, &l->outs) {
		struct s2s_out *o = container_of(link, struct s2s_out, in_lane);

		if (o->stream)
			s2s_out_stream_leave(&o->stream, STREAM_ERROR_RESET, why);
		o->lane = NULL;
		list_remove(link);
		list_append(&outs, link);
	}
	s2s_lane_free(&l);
	while (!list_is_empty(&outs)) {
		struct s2s_out *o = container_of(outs.next, struct s2s_out, in_lane);

		list_remove(&o->in_lane);
		reset(o, STANZA_ERROR_REMOTE_SERVER_TIMEOUT);
	}
}

void s2s_out_stuck(struct s2s_lane *l)
{
	reset_all(l, "what was sent was not taken");
}

void s2s_out_drop(struct s2s_out *o, const char *why)
{
	if (o->lane) {
		reset_all(o->lane, why);
		return;
	}
	if (o->stream)
		s2s_out_stream_leave(&o->stream, STREAM_ERROR_RESET, why);
	reset(o, STANZA_ERROR_REMOTE_SERVER_TIMEOUT);
}

const char *s2s_out_state(const struct s2s_out *o)
{
	if (o->lane)
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
	s2s_out_attempt_end(o);
	s2s_former_forget(&o->former);
	timer_stop(&o->look);
	timer_stop(&o->deadline);
	free(o);
}

/* While there is no lane, an attempt decides what becomes of what waits, but for the patient. */
static bool has_waited_too_long(const struct s2s_out *o)
{
	const struct s2s_item *first = s2s_queue_first(&o->queue);

	return first && now(o) > first->until_ms && (o->lane || first->is_patient);
}

/* What came while it was blocked went back at once: these are the patient. */
static bool is_to_be_tried_again(const struct s2s_out *o)
{
	return o->queue.count && is_idle(o) && !is_blocked(o) && !o->place->is_stopping;
}

static bool is_unused(const struct s2s_out *o)
{
	int64_t timeout_ms = o->side ? o->side->config->outgoing.stream_timeout_ms : OPTION_INFINITY;
	uint64_t used_ms = o->lane ? s2s_lane_used_ms(o->lane) : o->used_ms;

	return o->stream && !timer_is_running(&o->deadline) && timeout_ms != OPTION_INFINITY && now(o) >= used_ms + (uint64_t)timeout_ms &&
	       !o->queue.count && list_is_empty(&o->verifies) && (!o->lane || !o->lane->sent.count);
}

/* Until something has to be done about one that has nothing to do. */
static uint64_t idle_ms(const struct s2s_out *o)
{
	int64_t timeout_ms = o->side ? o->side->config->outgoing.stream_timeout_ms : OPTION_INFINITY;

	return timeout_ms != OPTION_INFINITY && timeout_ms < IDLE_LOOK_MS ? (uint64_t)timeout_ms : IDLE_LOOK_MS;
}

static void end_unused(struct s2s_out *o)
{
	struct s2s_lane *own = o->stream->lane;

	s2s_out_stream_leave(&o->stream, STREAM_ERROR_NONE, NULL);
	if (own)
		s2s_lane_free(&own);
	s2s_out_attempt_end(o);
}

static void on_look(struct timer *t)
{
	struct s2s_out *o = container_of(t, struct s2s_out, look);

	while (has_waited_too_long(o)) {
		s2s_former_forget(&o->former);
		s2s_returns_first(&o->place->returns, &o->queue, STANZA_ERROR_REMOTE_SERVER_TIMEOUT);
	}
	s2s_lane_flush(o);
	if (is_to_be_tried_again(o))
		s2s_out_attempt_start(o);
	if (is_unused(o))
		end_unused(o);
	if (is_idle(o) && !is_blocked(o) && !o->queue.count && !o->unconfirmed && now(o) > o->used_ms + FORGET_MS) {
		forget(o);
		return;
	}
	o->look_ms = o->look_ms * 2 < LOOK_MAX_MS ? o->look_ms * 2 : LOOK_MAX_MS;
	timer_start(o->place->loop->timers, &o->look, o->queue.count ? o->look_ms : idle_ms(o));
}

/* ---- finding it ---- */

struct s2s_out *s2s_out_find(const struct s2s_place *p, struct str local, struct str remote)
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
	struct s2s_out *o = s2s_out_find(p, local, remote);
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
	list_init(&o->verifies);
	list_init(&o->in_lane);
	list_init(&o->in_guests);
	timer_init(&o->deadline, s2s_out_attempt_expire);
	timer_init(&o->look, on_look);
	o->used_ms = now(o);
	map_add(&p->outs, o);
	s2s_out_look_soon(o);
	return o;
}

/* There is something new to be done. */
static void go_on(struct s2s_out *o)
{
	if (o->stream)
		s2s_out_stream_wake(o->stream);
	else if (!o->dial && !o->host)
		s2s_out_attempt_start(o);
	if (o->dial && o->queue.count && !timer_is_running(&o->deadline))
		s2s_out_attempt_limit(o);
}

/* What has come while everything ends is left to the next process. */
static void leave_to_next(const struct s2s_place *p, struct call *c)
{
	struct departure *d = departure_new(c);

	if (!d) {
		router_bounce(p->registry, c->stanza, c->to, c->from, STANZA_ERROR_REMOTE_SERVER_TIMEOUT);
		return;
	}
	departure_keep(d, c->stanza, c->from, c->to);
	departure_leave(&d);
}

static void refuse(const struct s2s_place *p, const struct call *c, enum stanza_error e)
{
	metric_add(METRIC_s2s_bounced, 1);
	router_bounce(p->registry, c->stanza, c->to, c->from, e);
}

static void enqueue(struct s2s_out *o, struct call *c, struct s2s_item *item)
{
	item->out = o;
	item->until_ms = now(o) + S2S_OUT_WAIT_MS;
	item->departure = departure_new(c);
	if (item->departure)
		s2s_keep_watch(o->place, item);
}

static void send_on(struct s2s_out *o)
{
	s2s_out_look_soon(o);
	if (o->lane)
		s2s_lane_flush(o);
	else
		go_on(o);
}

void s2s_out_send(struct s2s_place *p, struct call *c)
{
	struct str remote = jid_domain(c->to);
	struct s2s_out *o = p->is_stopping ? NULL : get(p, jid_domain(c->from), remote);
	struct s2s_item *item;

	if (p->is_stopping) {
		leave_to_next(p, c);
		return;
	}
	if (!o) {
		limit_acted_on(METRIC_s2s_destinations_exceeded, remote);
		refuse(p, c, STANZA_ERROR_RESOURCE_CONSTRAINT);
		return;
	}
	if (is_idle(o) && is_blocked(o)) {
		refuse(p, c, STANZA_ERROR_REMOTE_SERVER_NOT_FOUND);
		return;
	}
	item = s2s_queue_add(&o->queue, c->stanza, c->from, c->to, now(o));
	if (!item) {
		limit_acted_on(METRIC_s2s_queue_exceeded, remote);
		refuse(p, c, STANZA_ERROR_RESOURCE_CONSTRAINT);
		return;
	}
	enqueue(o, c, item);
	send_on(o);
}

void s2s_out_take_on(struct s2s_place *p, struct stanza *s, struct departure *d)
{
	struct s2s_out *o = get(p, jid_domain(s->from), jid_domain(s->to));
	struct s2s_item *item;

	if (!o) {
		departure_leave(&d);
		return;
	}
	item = s2s_queue_put(&o->queue, s, s->from, s->to, now(o));
	item->out = o;
	item->until_ms = now(o) + (uint64_t)p->settings->config->meerkat.left_behind_timeout_ms;
	item->is_patient = true;
	item->departure = d;
	if (!is_idle(o) || !is_blocked(o))
		send_on(o);
}

void s2s_out_verify(struct s2s_verify *v)
{
	struct s2s_out *o = v->home->is_stopping ? NULL : get(v->home, v->local, v->remote);

	/* Who asks for it may not have us connect as often as it likes. */
	if (!o || (is_idle(o) && is_blocked(o) && now(o) < o->attempted_ms + S2S_OUT_RETRY_MS)) {
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
	struct s2s_out *o = s2s_out_find(p, local, remote);

	if (o) {
		o->blocked_until_ms = 0;
		o->failures = 0;
		s2s_out_look_soon(o);
	}
}

bool s2s_out_offer(struct s2s_place *p, struct str local, struct str remote, struct s2s_wire *w)
{
	struct s2s_out *o = p->is_stopping ? NULL : get(p, local, remote);

	if (!o || !is_idle(o))
		return false;
	s2s_out_use(o, s2s_lane_new(p, w, false));
	return true;
}

void s2s_out_withdraw(struct s2s_place *p, struct str local, struct str remote, const struct s2s_wire *w)
{
	struct s2s_out *o = s2s_out_find(p, local, remote);

	if (o && o->lane && o->lane->wire == w)
		s2s_out_attempt_withdrawn(o->lane, "the other server ended the stream");
}

/* ---- life ---- */

/* Is something there that may still be acknowledged? */
static bool awaits_anything(struct s2s_out *o)
{
	if (!o->lane || conn_is_closing(&o->lane->wire->conn))
		return false;
	s2s_lane_confirm(o->lane);
	return o->lane->sent.count > 0;
}

static void end(struct s2s_out *o)
{
	if (o->stream)
		s2s_out_stream_leave(&o->stream, STREAM_ERROR_SYSTEM_SHUTDOWN, NULL);
	if (o->lane)
		s2s_lane_free(&o->lane);
	s2s_out_attempt_end(o);
	s2s_out_attempt_answer_all(o, S2S_VERDICT_UNREACHABLE);
	timer_stop(&o->look);
}

bool s2s_out_end_some(struct s2s_place *p, bool all)
{
	size_t cursor = 0;
	bool is_done = true;
	struct s2s_out *o;

	while ((o = map_next(&p->outs, &cursor))) {
		if (!all && awaits_anything(o))
			is_done = false;
		else
			end(o);
	}
	return is_done;
}

void s2s_out_keep_all(struct s2s_place *p)
{
	size_t cursor = 0;
	struct s2s_out *o;

	while ((o = map_next(&p->outs, &cursor))) {
		s2s_keep_all(&o->queue);
		if (o->lane)
			s2s_keep_all(&o->lane->sent);
	}
	s2s_keep_all(&p->returns.waiting);
}

void s2s_out_free_all(struct s2s_place *p)
{
	size_t cursor = 0;
	struct s2s_out *o;

	while ((o = map_next(&p->outs, &cursor))) {
		s2s_out_attempt_end(o);
		if (o->lane)
			s2s_lane_free(&o->lane);
	}
	for (cursor = 0; (o = map_next(&p->outs, &cursor));) {
		while (!list_is_empty(&o->verifies)) {
			struct s2s_verify *v = container_of(o->verifies.next, struct s2s_verify, link);

			list_remove(&v->link);
			free(v);
		}
		s2s_queue_leave_all(&o->queue);
		s2s_former_forget(&o->former);
		timer_stop(&o->look);
		free(o);
	}
	map_fini(&p->outs);
}
