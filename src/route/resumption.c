/* XEP-0198 §4 (acknowledgements), §5 (resumption) */
#include "route/resumption.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/codec.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "route/former.h"
#include "route/host.h"
#include "route/journal.h"
#include "route/lost.h"
#include "route/registry.h"
#include "route/router.h"
#include "route/settlement.h"
#include "xmpp/ns.h"

enum {
	CROWDED_MS = 5000, /* so long a peer may leave too much unacknowledged, without any progress */
	SLOW_MS = 500,     /* senders do not wait longer than this for a receiver's acknowledgement, but for the journal */
	LATE_MS = 5000,    /* what is sent again after this long says since when it waited */
	SETTLING_MS = 500, /* the end waits for what is under way, so that the peer can be told the right number; */
	SETTLING_MAX = 60, /* so often */
	TEXT_MAX = 128,
};

static struct registry *registry_of(const struct resumption *r)
{
	return r->session->registry;
}

static struct timer_wheel *timers_of(const struct resumption *r)
{
	return registry_of(r)->timers;
}

static void make_due(struct resumption *r)
{
	if (list_is_empty(&r->due))
		list_append(&registry_of(r)->resumptions_due, &r->due);
}

static void write_to_peer(const struct resumption *r, const char *text)
{
	struct outlet *o = r->session->outlet;

	if (o)
		o->ops->write(o, str_from(text));
}

/* ---- in ---- */

static void acknowledge_to_peer(const struct resumption *r)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "<a xmlns='" NS_SM "' h='%u'/>", r->in.settled);
	write_to_peer(r, text);
}

uint32_t resumption_receive(struct resumption *r)
{
	return ledger_enter(&r->in);
}

void resumption_receive_settled(struct resumption *r)
{
	resumption_settle(r, ledger_enter(&r->in));
}

void resumption_count(struct resumption *r, uint32_t number)
{
	ledger_count(&r->in, number);
}

uint32_t resumption_open(const struct resumption *r)
{
	return ledger_open(&r->in);
}

void resumption_ask(struct resumption *r)
{
	if (ledger_ask(&r->in))
		acknowledge_to_peer(r);
}

/* ---- out ---- */

static size_t bytes_max(const struct resumption *r)
{
	return (size_t)registry_of(r)->hosts->config->meerkat.max_output_bytes / 2;
}

static void ask_peer(struct resumption *r)
{
	r->unasked = 0;
	write_to_peer(r, "<r xmlns='" NS_SM "'/>");
}

/* At the end of the turn. */
static void ask_soon(struct resumption *r)
{
	r->is_asking = true;
	make_due(r);
}

/* A peer that does not acknowledge has so much time until it is ended, one that is away likewise; in bytes there is no more room at all. */
static void watch_size(struct resumption *r)
{
	bool is_full = r->out.bytes > bytes_max(r);

	if (!r->rules.buffer)
		return;
	if (!is_full && handed_count(&r->out) <= (uint64_t)r->rules.buffer_max) {
		timer_stop(&r->patience);
		return;
	}
	if (is_full || !timer_is_running(&r->patience))
		timer_start(timers_of(r), &r->patience, is_full ? 0 : CROWDED_MS);
	ask_soon(r);
}

static void on_patience_over(struct timer *t)
{
	struct resumption *r = container_of(t, struct resumption, patience);

	limit_acted_on(METRIC_buffer_max_exceeded, jid_bare_str(r->session->address));
	session_kick(r->session, STREAM_ERROR_RESOURCE_CONSTRAINT, "Too much is not acknowledged");
}

/* Those whose senders have waited long enough. The later ones wait on. */
static void keep_slow(struct resumption *r)
{
	int64_t now_ms = store_now_ms();

	for (uint32_t number = r->out.acknowledged + 1; number != r->out.sent + 1; number++) {
		struct parcel *p = handed_get(&r->out, number);

		if (p->debt.registry < 0)
			continue;
		if (p->time_ms + SLOW_MS > now_ms && p->time_ms <= now_ms) {
			timer_start(timers_of(r), &r->clock, (uint64_t)(p->time_ms + SLOW_MS - now_ms));
			return;
		}
		journal_keep(p);
	}
}

static void note_sent(struct resumption *r)
{
	if (r->is_detached || (r->rules.ack && ++r->unasked >= r->rules.ack_freq))
		make_due(r);
}

static void hand_over(struct resumption *r, struct parcel *p)
{
	struct outlet *o = r->session->outlet;

	handed_add(&r->out, p);
	if (o)
		o->ops->send(o, p->stanza, p->from, p->to);
	if (!r->is_detached && p->debt.registry >= 0 && !timer_is_running(&r->clock))
		timer_start(timers_of(r), &r->clock, SLOW_MS);
	note_sent(r);
	watch_size(r);
}

static void deliver_uncounted(struct resumption *r, const struct stanza *s, struct jid from, struct jid to)
{
	struct outlet *o = r->session->outlet;

	handed_count_only(&r->out);
	if (o)
		o->ops->send(o, s, from, to);
	note_sent(r);
}

void resumption_deliver(struct resumption *r, const struct stanza *s, struct jid from, struct jid to)
{
	struct parcel *p;

	if (!r->rules.buffer) {
		deliver_uncounted(r, s, from, to);
		return;
	}
	/* A stanza is constant but for its counter. */
	p = parcel_new(registry_of(r), (struct stanza *)s, from, to);
	hand_over(r, p);
	parcel_unref(&p);
}

/* A message must get to somebody; its sender may be waiting to hear that it is safe. */
static struct parcel *parcel_of_call(struct resumption *r, struct call *c)
{
	struct parcel *p = parcel_new(registry_of(r), c->stanza, c->from, c->to);

	p->is_returnable = c->stanza->kind == STANZA_MESSAGE && c->stanza->type != STANZA_TYPE_ERROR;
	if ((c->origin.number || r->is_detached) && parcel_is_worth_keeping(p)) {
		p->owes_all = r->is_detached;
		p->debt = settlement_hand_on(c, p->owes_all);
	}
	return p;
}

void resumption_deliver_call(struct resumption *r, struct call *c)
{
	if (!r->rules.buffer) {
		deliver_uncounted(r, c->stanza, c->from, c->to);
		c->is_taken = true;
		return;
	}
	if (!c->parcel)
		c->parcel = parcel_of_call(r, c);
	hand_over(r, c->parcel);
}

void resumption_deliver_kept(struct resumption *r, struct stanza *s, int64_t number)
{
	struct parcel *p;

	if (!r->rules.buffer) {
		deliver_uncounted(r, s, s->from, s->to);
		return;
	}
	p = parcel_new(registry_of(r), s, s->from, s->to);
	p->is_returnable = p->is_stamped = true;
	p->kept_number = number;
	hand_over(r, p);
	parcel_unref(&p);
}

static void end_waits(struct resumption *r, bool is_sent)
{
	struct outlet_wait *w = r->waits;

	r->waits = NULL;
	while (w) {
		struct outlet_wait *next = w->next;

		w->run(w, is_sent);
		w = next;
	}
}

void resumption_await_sent(struct resumption *r, struct outlet_wait *w)
{
	if (!r->session->outlet || handed_count(&r->out) == 0) {
		r->is_reminded |= !r->session->outlet;
		w->run(w, r->session->outlet != NULL);
		return;
	}
	w->next = r->waits;
	r->waits = w;
	r->awaited = r->out.sent;
	ask_soon(r);
}

bool resumption_acknowledge(struct resumption *r, uint32_t handled)
{
	struct registry *registry = registry_of(r);
	bool was_running = registry_hold(registry);
	bool is_right = handed_acknowledge(&r->out, handled);

	if (is_right) {
		timer_stop(&r->patience);
		watch_size(r);
		if ((int32_t)(r->out.acknowledged - r->awaited) >= 0)
			end_waits(r, true);
	}
	registry_let_run(registry, was_running);
	return is_right;
}

int64_t resumption_last_kept(const struct session *s)
{
	const struct resumption *r = s->resumption;

	for (uint32_t number = r ? r->out.sent : 0; r && r->out.places && number != r->out.acknowledged; number--)
		if (handed_get(&r->out, number)->kept_number)
			return handed_get(&r->out, number)->kept_number;
	return 0;
}

bool resumption_others_hold_kept(const struct session *s)
{
	list_each(link, &s->user->sessions) {
		const struct session *other = container_of(link, struct session, link);

		if (other != s && resumption_last_kept(other))
			return true;
	}
	return false;
}

/* ---- without a peer ---- */

static void set_detached(struct resumption *r, bool is_detached)
{
	r->is_detached = is_detached;
	list_remove(&r->lost);
	if (is_detached)
		list_append(&registry_of(r)->resumptions_lost, &r->lost);
	metric_add(METRIC_detached_sessions, is_detached ? 1 : -1);
	timer_stop(&r->clock);
}

static void on_clock(struct timer *t)
{
	struct resumption *r = container_of(t, struct resumption, clock);

	if (!r->is_detached) {
		keep_slow(r);
		return;
	}
	if (!ledger_is_settled(&r->in) && r->put_off++ < SETTLING_MAX) {
		timer_start(timers_of(r), &r->clock, SETTLING_MS);
		return;
	}
	metric_add(METRIC_resumptions_expired, 1);
	session_kick(r->session, STREAM_ERROR_CONNECTION_TIMEOUT, "The connection was lost");
}

/* All that the peer has not acknowledged is to be kept, at the end of the turn: its senders may be waiting for that. */
static void keep_soon(struct resumption *r)
{
	r->looked_at = r->out.acknowledged;
	make_due(r);
}

static void wait_for_peer(struct resumption *r)
{
	timer_start(timers_of(r), &r->clock, (uint64_t)r->timeout_s * 1000);
	r->put_off = 0;
	keep_soon(r);
}

bool resumption_detach(struct resumption *r)
{
	if (r->timeout_s == 0 || atomic_load(&registry_of(r)->realm->is_stopping))
		return false;
	set_detached(r, true);
	wait_for_peer(r);
	log_event(LOG_INFO, "session", "connection lost, the session waits", LOG_STR("jid", jid_str(r->session->address)),
		  LOG_NUM("seconds", r->timeout_s), LOG_NUM("unacknowledged", handed_count(&r->out)));
	r->is_reminded |= r->waits != NULL;
	end_waits(r, false);
	return true;
}

static void keep_new(struct resumption *r)
{
	if ((int32_t)(r->out.acknowledged - r->looked_at) > 0)
		r->looked_at = r->out.acknowledged;
	while (r->looked_at != r->out.sent) {
		struct parcel *p = handed_get(&r->out, ++r->looked_at);

		if (parcel_is_worth_keeping(p))
			journal_keep(p);
	}
}

void resumption_end_turn(struct registry *registry)
{
	struct list *due = &registry->resumptions_due;

	while (!list_is_empty(due)) {
		struct resumption *r = container_of(due->next, struct resumption, due);

		list_remove(&r->due);
		if (r->is_detached)
			keep_new(r);
		else if (r->is_asking || (r->rules.ack && r->unasked >= r->rules.ack_freq))
			ask_peer(r);
		r->is_asking = false;
	}
	journal_flush(registry);
}

void resumption_stop(struct registry *registry)
{
	struct list *lost = &registry->resumptions_lost;

	while (!list_is_empty(lost))
		session_kick(container_of(lost->next, struct resumption, lost)->session, STREAM_ERROR_SYSTEM_SHUTDOWN, "");
	journal_flush(registry);
}

/* ---- the peer is back ---- */

/* What was sent while the peer was away, or may have been lost with the connection. */
static void send_again(struct resumption *r)
{
	int64_t now_ms = store_now_ms();
	struct outlet *o = r->session->outlet;

	for (uint32_t number = r->out.acknowledged + 1; number != r->out.sent + 1; number++) {
		struct parcel *p = handed_get(&r->out, number);

		if (now_ms - p->time_ms >= LATE_MS)
			parcel_stamp(p);
		o->ops->send(o, p->stanza, p->from, p->to);
	}
}

static void complete(struct resumption *r)
{
	struct outlet *o = r->claimant;
	struct session *s = r->session;
	char text[TEXT_MAX];

	r->claimant = NULL;
	set_detached(r, false);
	s->outlet = o;
	metric_add(METRIC_resumptions, 1);
	log_event(LOG_INFO, "session", "session resumed", LOG_STR("jid", jid_str(s->address)),
		  LOG_NUM("unacknowledged", handed_count(&r->out)));
	snprintf(text, sizeof(text), "<resumed xmlns='" NS_SM "' previd='%s' h='%u'/>", r->id, r->in.settled);
	o->ops->claimed(o, s, str_from(text));
	if (handed_count(&r->out)) {
		send_again(r);
		ask_soon(r);
		timer_start(timers_of(r), &r->clock, SLOW_MS);
	}
	if (r->is_reminded)
		router_remind(s);
	r->is_reminded = false;
}

void resumption_attach(struct resumption *r, struct outlet *o)
{
	struct outlet *other = r->claimant, *old = r->session->outlet;

	r->claimant = o;
	if (!r->is_detached) {
		set_detached(r, true);
		/* Those whom this one waits for may wait for it, too. */
		keep_soon(r);
	}
	timer_stop(&r->clock);
	if (other)
		other->ops->end(other, STREAM_ERROR_CONFLICT, "The session was resumed by another connection");
	if (old) {
		r->session->outlet = NULL;
		old->ops->give_up(old, STREAM_ERROR_CONFLICT, "The session was resumed by another connection");
		r->is_reminded |= r->waits != NULL;
		end_waits(r, false);
	}
	if (ledger_is_settled(&r->in))
		complete(r);
}

void resumption_withdraw(struct user *u, const struct outlet *o)
{
	list_each(link, &u->sessions) {
		struct resumption *r = container_of(link, struct session, link)->resumption;

		if (!r || r->claimant != o)
			continue;
		r->claimant = NULL;
		if (atomic_load(&registry_of(r)->realm->is_stopping))
			session_kick(r->session, STREAM_ERROR_SYSTEM_SHUTDOWN, "");
		else
			wait_for_peer(r);
		return;
	}
}

void resumption_settle(struct resumption *r, uint32_t number)
{
	for (uint32_t asks = ledger_settle(&r->in, number); asks > 0; asks--)
		acknowledge_to_peer(r);
	if (r->claimant && ledger_is_settled(&r->in))
		complete(r);
}

/* ---- life ---- */

void resumption_start(struct session *s, const struct resumption_rules *rules, int64_t timeout_s)
{
	struct resumption *r = mem_new(sizeof(*r));

	r->session = s;
	r->rules = *rules;
	r->timeout_s = timeout_s;
	if (timeout_s > 0)
		codec_random_text(r->id, RESUMPTION_ID_CHARS);
	ledger_init(&r->in);
	list_init(&r->due);
	list_init(&r->lost);
	timer_init(&r->clock, on_clock);
	timer_init(&r->patience, on_patience_over);
	s->resumption = r;
}

static void remember(const struct resumption *r)
{
	const struct resumption_stale *stale = &r->rules.stale_h;

	if (r->timeout_s > 0 && stale->enabled)
		former_add(registry_of(r), &(struct former){
			.id = str_from(r->id),
			.who = r->session->address,
			.handled = r->in.settled,
			.keep_s = stale->geriatric_s,
			.look_after_s = stale->repeat_after_s,
		});
}

void resumption_end(struct resumption *r)
{
	struct outlet *claimant = r->claimant;

	r->claimant = NULL;
	if (r->is_detached)
		set_detached(r, false);
	timer_stop(&r->clock);
	timer_stop(&r->patience);
	list_remove(&r->due);
	remember(r);
	lost_give_back(r->session->user, &r->out);
	handed_fini(&r->out);
	ledger_fini(&r->in);
	r->session->resumption = NULL;
	if (claimant)
		claimant->ops->claimed(claimant, NULL, STR("<failed xmlns='" NS_SM "'><item-not-found xmlns='" NS_STANZA_ERROR "'/></failed>"));
	end_waits(r, false);
	free(r);
}
