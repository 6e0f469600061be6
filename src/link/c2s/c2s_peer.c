#include "link/c2s/c2s_peer.h"

#include "base/limit.h"
#include "auth/admission.h"
#include "link/c2s/c2s_carrier.h"
#include "link/c2s/c2s_stanza.h"
#include "link/c2s/c2s_stream.h"

void c2s_peer_end_waits(struct c2s_peer *p, bool is_sent)
{
	struct outlet_wait *w = p->waits;

	p->waits = NULL;
	while (w) {
		struct outlet_wait *next = w->next;

		w->run(w, is_sent);
		w = next;
	}
}

static void leave_session(struct c2s_peer *p, void (*leave)(struct session *s))
{
	struct session *s = p->session;

	p->session = NULL;
	if (s) {
		s->outlet = NULL;
		leave(s);
	} else {
		c2s_stream_withdraw_claim(p);
	}
	/* Also of a session that went on to another connection: what waits for this one waits in vain. */
	c2s_peer_end_waits(p, false);
}

void c2s_peer_close_session(struct c2s_peer *p)
{
	leave_session(p, session_close);
}

void c2s_peer_lose_session(struct c2s_peer *p)
{
	leave_session(p, session_lost);
}

void c2s_peer_leave_admission(struct c2s_peer *p)
{
	if (p->is_admitted)
		admission_leave(c2s_carrier_address(p));
	p->is_admitted = false;
}

void c2s_peer_end_input(struct c2s_peer *p)
{
	parser_fini(&p->parser);
	admission_hold(p->held_bytes, 0, c2s_peer_limits(p));
	p->held_bytes = 0;
}

void c2s_peer_end(struct c2s_peer *p)
{
	c2s_peer_end_input(p);
	c2s_peer_close_session(p);
}

/* ---- life ---- */

/* Among those that end with the place. */
static void enter(struct c2s_peer *p)
{
	list_append(p->stream.rules->link->is_framed ? &p->place->guests : &p->place->peers, &p->link);
}

void c2s_peer_arrived(struct c2s_peer *p)
{
	enter(p);
	stream_arrive(&p->stream, &p->place->stream);
	c2s_stream_come_home(p);
}

void c2s_peer_init(struct c2s_peer *p, struct service_place *place, const struct c2s_peer_start *start)
{
	struct c2s_settings *settings = start->settings;
	bool is_framed = settings->rules.link->is_framed;
	struct stream_start stream = {
		.rules = &settings->rules, .place = &place->stream, .config = settings->base.config, .peer = start->address,
		.awaits_tls = start->awaits_tls, .is_secure = start->is_secure,
	};

	*p = (struct c2s_peer){.place = place, .outlet.ops = &c2s_stanza_outlet, .is_admitted = true};
	service_settings_ref(&settings->base);
	parser_init(&p->parser, is_framed ? PARSER_ELEMENTS : PARSER_STREAM, &settings->before_login);
	stream_init(&p->stream, &stream);
	enter(p);
}

void c2s_peer_fini(struct c2s_peer *p)
{
	struct service_settings *settings = &c2s_peer_settings(p)->base;

	c2s_peer_lose_session(p);
	c2s_stream_cancel_query(p);
	stream_fini(&p->stream);
	c2s_peer_end_input(p);
	c2s_peer_leave_admission(p);
	list_remove(&p->link);
	service_settings_unref(&settings);
}

/* One that ends may be gone at once. */
static void end_list(struct list *peers)
{
	struct list ending;

	list_move_all(peers, &ending);
	while (!list_is_empty(&ending)) {
		struct c2s_peer *p = container_of(ending.next, struct c2s_peer, link);

		list_remove(&p->link);
		list_append(peers, &p->link);
		stream_error(&p->stream, STREAM_ERROR_SYSTEM_SHUTDOWN, NULL);
	}
}

void c2s_peer_end_all(struct service_place *place)
{
	end_list(&place->peers);
}

void c2s_peer_end_guests(struct service_place *place)
{
	end_list(&place->guests);
}
