/* XEP-0124 §7 to §15; XEP-0206 */
#include "link/bosh/bosh_session.h"

#include <stdlib.h>

#include "base/bucket.h"
#include "base/limit.h"
#include "base/mem.h"
#include "link/bosh/bosh_answer.h"
#include "link/bosh/bosh_key.h"
#include "link/bosh/bosh_todo.h"
#include "link/bosh/bosh_window.h"
#include "link/c2s/c2s_framing.h"
#include "link/c2s/c2s_stanza.h"
#include "link/c2s/c2s_stream.h"
#include "link/c2s/c2s_tls.h"
#include "link/shaping.h"
#include "xmpp/ns.h"

enum {
	HOLD = BOSH_ANSWER_HOLD,
	BACKLOG = 4,        /* requests whose elements may wait for the stream: the window, and those that were asked again */
	FAREWELL_MS = 5000, /* in which a session that has ended waits for a request, to say so */
};

/* The certificate of the connection that the session began on. */
struct shown {
	struct arena arena;
	struct sasl_certificate certificate;
};

struct bosh_session {
	struct c2s_peer peer;
	struct bosh_directory_entry entry;
	struct service *service; /* counted */
	const struct bosh_limits *limits;
	struct ip address;
	struct buf out;                      /* elements that wait for a request */
	struct bosh_answer_first *first;     /* what only the first answer says; NULL afterwards */
	struct bosh_window window;           /* the requests */
	struct bosh_todo todo;               /* for the stream */
	uint64_t wait_ms, idle_ms, idle_since_ms;
	struct bucket pace;                  /* of the shaper; its rate is 0 if there is none */
	const char *condition;               /* why it ended; NULL: orderly */
	struct bosh_key key;
	struct shown *shown;                 /* NULL: no good certificate came with the first request */
	uint8_t busy;
	uint8_t backlog;                     /* requests since `todo` was empty */
	bool shall_move, is_ended, is_paused, is_idle_forever, has_farewell;
	bool is_overfull;                    /* it was sent more than it may leave waiting */
	struct timer timer, soon;
	struct letter letter; /* to another loop, or the farewell */
};

static struct bosh_session *session_of_peer(struct c2s_peer *p)
{
	return container_of(p, struct bosh_session, peer);
}

static struct bosh_session *session_of_stream(struct stream *s)
{
	return container_of(s, struct bosh_session, peer.stream);
}

/* The place of the peer is another one already while it is about to move. */
static struct timer_wheel *timers(const struct bosh_session *s)
{
	return s->entry.loop->timers;
}

static uint64_t now_ms(const struct bosh_session *s)
{
	return timer_now_ms(timers(s));
}

static void free_shown(struct shown **shown)
{
	if (*shown)
		arena_fini(&(*shown)->arena);
	free(*shown);
	*shown = NULL;
}

static void free_session(struct bosh_session *s)
{
	struct service *service = s->service;

	bosh_directory_remove(&s->entry);
	timer_stop(&s->timer);
	timer_stop(&s->soon);
	free_shown(&s->shown);
	bosh_todo_fini(&s->todo);
	bosh_window_fini(&s->window);
	bosh_answer_first_free(&s->first);
	buf_fini(&s->out);
	c2s_peer_fini(&s->peer);
	free(s);
	service_unref(service);
}

/* ---- answers ---- */

/* The oldest request is answered with what there is to be said. */
static void answer_oldest(struct bosh_session *s)
{
	struct bosh_window *w = &s->window;
	struct bosh_answer a = {
		.first = s->is_ended ? NULL : s->first,
		.is_end = s->is_ended,
		.condition = s->condition,
		.ack = s->limits->server_acks && w->expected - 1 != w->held[0]->body.rid ? w->expected - 1 : 0,
		.report = w->report,
		.report_ms = w->report_ms,
		.content = buf_str(&s->out),
	};

	bosh_window_answer(w, bosh_answer_write(&a), now_ms(s));
	buf_fini(&s->out);
	bosh_answer_first_free(&s->first);
	w->report = 0;
	s->idle_since_ms = now_ms(s);
	c2s_peer_end_waits(&s->peer, true);
}

/* What comes in requests is paced as bytes are (XEP-0124 has no stream of them): what is too fast waits. */
static void set_rate(struct bosh_session *s, int64_t rate)
{
	if (rate == s->pace.rate)
		return;
	s->pace = (struct bucket){0};
	if (rate)
		bucket_init(&s->pace, rate, now_ms(s));
}

static void pay(struct bosh_session *s, size_t bytes)
{
	if (!s->pace.rate)
		return;
	(void)bucket_level(&s->pace, now_ms(s));
	bucket_take(&s->pace, (int64_t)bytes);
}

static uint64_t delay_ms(struct bosh_session *s)
{
	return s->pace.rate && bucket_level(&s->pace, now_ms(s)) == 0 ? bucket_wait_ms(&s->pace, 1) : 0;
}

/* When something is due though nothing comes. */
static void await(struct bosh_session *s)
{
	uint64_t due = UINT64_MAX, now = now_ms(s);

	if (s->window.held[0])
		due = s->window.held[0]->since_ms + s->wait_ms;
	else if (!s->window.early && !s->is_idle_forever)
		due = s->idle_since_ms + s->idle_ms;
	if (delay_ms(s) && now + delay_ms(s) < due)
		due = now + delay_ms(s);
	if (due == UINT64_MAX)
		timer_stop(&s->timer);
	else
		timer_start(timers(s), &s->timer, due > now ? due - now : 0);
}

static bool has_answer(const struct bosh_session *s)
{
	const struct bosh_window *w = &s->window;

	return s->out.len || s->first || w->held[HOLD] || s->is_paused || w->report || now_ms(s) >= w->held[0]->since_ms + s->wait_ms;
}

static void answer_all(struct bosh_session *s)
{
	struct bosh_window *w = &s->window;

	while (w->held[0])
		answer_oldest(s);
	if (w->early)
		bosh_request_answer(w->early, bosh_request_terminate_text(s->condition ? s->condition : "item-not-found"));
	w->early = NULL;
}

/* The end is told to whoever waits. The session is gone, unless nobody does: then the next one is told. */
static void finish(struct bosh_session *s)
{
	bool is_told = s->window.held[0];

	answer_all(s);
	if (s->has_farewell)
		return; /* its letter does it */
	if (is_told)
		free_session(s);
	else
		timer_start(timers(s), &s->timer, FAREWELL_MS);
}

/* Without a word on the stream: what the client does with BOSH itself is wrong. */
static void fail(struct bosh_session *s, const char *condition)
{
	if (s->is_ended)
		return;
	s->is_ended = true;
	s->condition = condition;
	buf_fini(&s->out);
	c2s_peer_end(&s->peer);
}

/* Says what can be said. The session may be gone. */
static void flush(struct bosh_session *s)
{
	if (s->is_overfull)
		fail(s, "remote-connection-failed");
	if (s->is_ended) {
		finish(s);
		return;
	}
	/* While the stream has not taken what came, the client is not asked for more. */
	while (bosh_todo_is_empty(&s->todo) && s->window.held[0] && has_answer(s))
		answer_oldest(s);
	s->is_paused = s->is_paused && s->window.held[0];
	await(s);
}

/* ---- moving, and being called from within ---- */

static void arrive(struct letter *l);

static void depart(struct bosh_session *s)
{
	s->shall_move = false;
	timer_stop(&s->timer);
	timer_stop(&s->soon);
	s->letter.run = arrive;
	bosh_directory_move(&s->entry, s->peer.place->loop, &s->letter);
}

/* The session may be gone. */
static void leave(struct bosh_session *s)
{
	s->busy--;
	if (s->shall_move)
		depart(s);
	else
		flush(s);
}

/* ---- to the stream ---- */

static void feed(struct bosh_session *s)
{
	while (!bosh_todo_is_empty(&s->todo) && !s->is_ended && !s->shall_move && !delay_ms(s) && !s->peer.is_backed_up
	       && stream_takes_input(&s->peer.stream)) {
		struct stanza *element = bosh_todo_take(&s->todo);

		if (element)
			stream_receive(&s->peer.stream, element);
		else
			stream_receive_end(&s->peer.stream);
	}
	if (s->peer.stream.is_logged_in && !s->entry.is_logged_in)
		bosh_directory_set_logged_in(&s->entry);
}

static void run(struct bosh_session *s)
{
	s->busy++;
	feed(s);
	leave(s);
}

static void on_timer(struct timer *t)
{
	struct bosh_session *s = container_of(t, struct bosh_session, timer);

	if (s->is_ended) {
		free_session(s);
		return;
	}
	if (bosh_window_is_empty(&s->window) && !delay_ms(s)) {
		limit_acted(METRIC_bosh_inactivity_expired, s->address);
		free_session(s);
		return;
	}
	run(s);
}

static void on_soon(struct timer *t)
{
	run(container_of(t, struct bosh_session, soon));
}

static void schedule(struct bosh_session *s)
{
	if (!s->busy && !s->has_farewell && !timer_is_running(&s->soon))
		timer_start(timers(s), &s->soon, 0);
}

/* ---- requests ---- */

/* XEP-0124 §12 */
static void pause_for(struct bosh_session *s, int64_t pause_s)
{
	int64_t idle_s = pause_s < 0 ? s->limits->inactivity_s : pause_s;

	s->is_idle_forever = pause_s < 0 && s->limits->inactivity_s == OPTION_INFINITY;
	s->idle_ms = 1000 * (idle_s < INT32_MAX ? (uint64_t)idle_s : INT32_MAX);
	s->is_paused = pause_s >= 0;
	if (pause_s > s->limits->max_pause_s)
		fail(s, "policy-violation");
}

/* The one that is next. */
static void accept_request(struct bosh_session *s, struct bosh_request *r)
{
	s->window.expected = r->body.rid + 1;
	if (bosh_window_is_full(&s->window)) {
		fail(s, "policy-violation");
		bosh_request_answer(r, bosh_request_terminate_text("policy-violation"));
		return;
	}
	bosh_window_hold(&s->window, r, now_ms(s));
	if (!bosh_key_take(&s->key, r->body.key, r->body.newkey)) {
		fail(s, "item-not-found");
		return;
	}
	if (r->body.stream.data) {
		fail(s, "bad-request");
		return;
	}
	bosh_window_note_ack(&s->window, r->body.ack, now_ms(s));
	s->backlog = bosh_todo_is_empty(&s->todo) ? 1 : s->backlog + 1;
	if (s->backlog > BACKLOG) {
		/* The window does not bound them: a client that goes away leaves it. */
		limit_acted(METRIC_input_budget_exceeded, s->address);
		fail(s, "policy-violation");
		return;
	}
	pay(s, r->bytes);
	pause_for(s, r->body.pause);
	if (!s->is_ended)
		bosh_todo_add(&s->todo, &r->body, r->body.is_restart);
	feed(s);
}

static void take_in_window(struct bosh_session *s, struct bosh_request *r)
{
	struct bosh_window *w = &s->window;

	if (bosh_window_repeats(w, r) || bosh_window_put_early(w, r))
		return;
	if (r->body.rid != w->expected) {
		fail(s, "item-not-found");
		bosh_request_answer(r, bosh_request_terminate_text("item-not-found"));
		return;
	}
	accept_request(s, r);
	r = s->is_ended || s->shall_move ? NULL : bosh_window_take_early(w);
	if (r)
		accept_request(s, r);
}

void bosh_session_take(struct bosh_directory_entry *e, struct bosh_request *r)
{
	struct bosh_session *s = container_of(e, struct bosh_session, entry);

	s->busy++;
	if (!s->is_ended && r->fault)
		stream_error(&s->peer.stream, r->fault, NULL);
	if (s->is_ended && !s->window.held[0])
		bosh_window_hold(&s->window, r, now_ms(s));
	else if (s->is_ended)
		bosh_request_answer(r, bosh_request_terminate_text("item-not-found"));
	else
		take_in_window(s, r);
	leave(s);
}

void bosh_session_look(struct bosh_directory_entry *e)
{
	struct bosh_session *s = container_of(e, struct bosh_session, entry);

	s->busy++;
	if (bosh_window_forget_gone(&s->window, now_ms(s)))
		s->idle_since_ms = now_ms(s);
	leave(s);
}

/* ---- the carrier ---- */

static void send_header(struct stream *stream, const struct stream_header *h)
{
	struct bosh_session *s = session_of_stream(stream);

	if (!s->first || s->first->id)
		return;
	s->first->id = str_dup(h->id);
	s->first->from = str_dup(h->from);
	s->first->language = str_dup(h->language);
}

/* Soon: whoever sends does not expect the session to end from within. */
static void lose(struct bosh_session *s)
{
	limit_acted(METRIC_output_limit_exceeded, s->address);
	s->is_overfull = true;
	buf_fini(&s->out);
}

static void send_text(struct stream *stream, struct str xml)
{
	struct bosh_session *s = session_of_stream(stream);
	size_t limit = (size_t)c2s_peer_limits(&s->peer)->max_output_bytes;
	struct buf declared;

	if (s->is_ended || s->is_overfull)
		return;
	if (str_starts_with(xml, STR("<stream:error")))
		s->condition = bosh_answer_condition_of(xml);
	buf_init(&declared);
	if (s->out.len && s->out.len + xml.len > limit)
		lose(s);
	else
		buf_append_str(&s->out, c2s_framing_declare(xml, &declared));
	buf_fini(&declared);
	if (s->window.held[0] || s->is_overfull)
		schedule(s);
}

static void run_farewell(struct letter *l)
{
	struct bosh_session *s = container_of(l, struct bosh_session, letter);

	answer_all(s);
	free_session(s);
}

static void end(struct stream *stream)
{
	struct bosh_session *s = session_of_stream(stream);

	if (s->is_ended)
		return;
	s->is_ended = true;
	c2s_peer_end(&s->peer);
	if (s->peer.place->is_ended) {
		/* The loop may not wait for timers any more. */
		s->has_farewell = true;
		timer_stop(&s->timer);
		timer_stop(&s->soon);
		s->letter.run = run_farewell;
		mailbox_post(&s->entry.loop->mailbox, &s->letter);
	} else {
		schedule(s);
	}
}

static void drop(struct stream *stream)
{
	struct bosh_session *s = session_of_stream(stream);

	s->condition = "bad-request";
	end(stream);
}

static void pause_input(struct stream *stream)
{
	(void)stream; /* feed asks before each element */
}

static void resume_input(struct stream *stream)
{
	schedule(session_of_stream(stream));
}

static void restart(struct stream *stream)
{
	(void)stream;
}

static bool certificate(struct stream *stream, struct arena *a, struct sasl_certificate *out)
{
	const struct shown *shown = session_of_stream(stream)->shown;

	(void)a;
	if (shown)
		*out = shown->certificate;
	return shown != NULL;
}

static struct ip address(const struct c2s_peer *p)
{
	return container_of(p, const struct bosh_session, peer)->address;
}

static void await_written(struct c2s_peer *p)
{
	schedule(session_of_peer(p));
}

static bool is_stuck(const struct c2s_peer *p)
{
	return !container_of(p, const struct bosh_session, peer)->window.held[0];
}

static void move(struct c2s_peer *p)
{
	struct bosh_session *s = session_of_peer(p);

	s->shall_move = true;
	if (!s->busy)
		depart(s);
}

static void shape(struct c2s_peer *p)
{
	struct bosh_session *s = session_of_peer(p);

	set_rate(s, shaping_rate_of(&c2s_peer_settings(p)->base, p->session->address, s->pace.rate));
}

static const struct stream_tag body_tag = {.name = "body", .ns = NS_HTTPBIND, .version_ns = NS_XBOSH, .may_lack_version = true};

const struct c2s_carrier bosh_session_carrier = {
	.link = {
		C2S_CARRIER_LINK,
		.is_framed = true,
		.tag = &body_tag,
		.send_header = send_header,
		.send = send_text,
		.end = end,
		.drop = drop,
		.pause = pause_input,
		.resume = resume_input,
		.restart = restart,
		.certificate = certificate,
	},
	.address = address,
	.await_written = await_written,
	.is_stuck = is_stuck,
	.move = move,
	.shape = shape,
};

static void arrive(struct letter *l)
{
	struct bosh_session *s = container_of(l, struct bosh_session, letter);

	s->busy++;
	c2s_peer_arrived(&s->peer);
	feed(s);
	leave(s);
}

/* ---- the beginning ---- */

static struct shown *look_at(const struct tls *tls)
{
	struct shown *shown = mem_new(sizeof(*shown));

	arena_init(&shown->arena, 0);
	if (!c2s_tls_certificate(tls, &shown->arena, &shown->certificate))
		free_shown(&shown);
	return shown;
}

void bosh_session_begin(struct service_place *place, const struct c2s_peer_start *start, const struct bosh_limits *limits,
			struct bosh_request *r)
{
	struct bosh_session *s = mem_new(sizeof(*s));

	s->service = place->service;
	service_ref(place->service);
	s->limits = limits;
	s->address = start->address;
	buf_init(&s->out);
	timer_init(&s->timer, on_timer);
	timer_init(&s->soon, on_soon);
	bosh_directory_add(&s->entry, place->loop);
	s->shown = look_at(r->exchange->tls);
	c2s_peer_init(&s->peer, place, start);
	set_rate(s, shaping_rate(&start->settings->base));
	s->idle_since_ms = now_ms(s);
	s->first = bosh_answer_first_new(s->entry.sid, limits, r->body.wait, r->body.rid);
	s->wait_ms = (uint64_t)s->first->wait_s * 1000;
	s->busy++;
	bosh_window_init(&s->window, r->body.rid + 1);
	bosh_window_hold(&s->window, r, now_ms(s));
	pause_for(s, -1);
	pay(s, r->bytes);
	(void)bosh_key_take(&s->key, r->body.key, r->body.newkey);
	bosh_todo_add(&s->todo, &r->body, true);
	feed(s);
	leave(s);
}
