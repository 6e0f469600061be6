/* XEP-0114 §3 */
#include "link/component/component_stream.h"

#include <stdlib.h>

#include "base/codec.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "auth/admission.h"
#include "link/component/component_handshake.h"
#include "link/component/component_stanza.h"
#include "xmpp/ns.h"
#include "xmpp/writer.h"

enum {
	ID_CHARS = 26,    /* of 5 bits each: more than 128 random bits */
	LINGER_MS = 1500, /* for the peer's half of an orderly end */
};

struct component_login {
	struct component_peer *peer;
	struct timer patience; /* of the state */
	struct timer deadline; /* login_timeout, from accept until it is let in */
	char id[ID_CHARS + 1];
};

static const struct {
	enum { FOREVER, LISTENER } patience;
	const char *name, *awaited;
} states[] = {
#define STATE(state_name, function, patience, text) [COMPONENT_PEER_##state_name] = {patience, #state_name, text},
#include "link/component/component_states.def"
#undef STATE
};

/* The only way to another state: starts the patience of the new one. */
static void set_state(struct component_peer *p, enum component_peer_state to)
{
	int64_t patience_ms = p->settings->base.listen->state_timeout_ms;

	log_event(LOG_DEBUG, "component", "state", LOG_TEXT("old", states[p->state].name), LOG_TEXT("new", states[to].name),
		  LOG_TEXT("awaits", states[to].awaited), LOG_TEXT("name", p->name ? p->name : ""));
	p->state = (uint8_t)to;
	if (!p->login)
		return;
	if (states[to].patience == LISTENER && patience_ms != OPTION_INFINITY)
		timer_start(p->place->loop->timers, &p->login->patience, (uint64_t)patience_ms);
	else
		timer_stop(&p->login->patience);
}

static void free_login(struct component_peer *p)
{
	if (!p->login)
		return;
	timer_stop(&p->login->patience);
	timer_stop(&p->login->deadline);
	free(p->login);
	p->login = NULL;
}

/* ---- the end ---- */

static void leave(struct component_peer *p)
{
	if (p->state == COMPONENT_PEER_OPEN) {
		metric_add(METRIC_components, -1);
		log_event(LOG_INFO, "component", "component gone", LOG_TEXT("name", p->name));
	}
	free_login(p);
	set_state(p, COMPONENT_PEER_ENDED);
	component_peer_end_input(p);
}

static void end(struct component_peer *p)
{
	leave(p);
	conn_send(&p->conn, STR("</stream:stream>"));
	conn_close(&p->conn, LINGER_MS);
}

/* Without a word. In mid-handshake there is no way to say any. */
static void drop(struct component_peer *p)
{
	bool is_in_tls = p->state == COMPONENT_PEER_IN_TLS;

	leave(p);
	if (is_in_tls)
		conn_abort(&p->conn, ERR_TIMEOUT);
	else
		conn_close(&p->conn, LINGER_MS);
}

static void send_header(struct component_peer *p)
{
	struct buf *out = &p->place->loop->scratch;

	p->is_header_sent = true;
	buf_append_text(out, "<?xml version='1.0'?><stream:stream xmlns='" NS_COMPONENT "' xmlns:stream='" NS_STREAM "' id='");
	buf_append_text(out, p->login->id);
	buf_append_text(out, "' from='");
	writer_escape(out, p->name ? str_from(p->name) : p->settings->base.config->general.default_server_domain);
	buf_append_text(out, "'>");
	conn_send(&p->conn, buf_str(out));
	buf_clear(out);
}

static void send_error(struct component_peer *p, enum stream_error e, const char *text)
{
	struct buf *out = &p->place->loop->scratch;
	struct writer w;

	writer_init(&w, out);
	writer_open(&w, "stream:error", NULL);
	writer_empty(&w, xerror_stream_condition(e), NS_STREAM_ERROR);
	if (text && text[0]) {
		writer_open(&w, "text", NS_STREAM_ERROR);
		writer_attribute_text(&w, "xml:lang", "en");
		writer_text(&w, str_from(text));
		writer_close(&w);
	}
	writer_close(&w);
	conn_send(&p->conn, buf_str(out));
	buf_clear(out);
}

void component_stream_error(struct component_peer *p, enum stream_error e, const char *text)
{
	if (p->state == COMPONENT_PEER_ENDED)
		return;
	log_event(LOG_DEBUG, "component", "stream error", LOG_TEXT("condition", xerror_stream_condition(e)),
		  LOG_TEXT("text", text ? text : ""), LOG_TEXT("name", p->name ? p->name : ""));
	if (p->state == COMPONENT_PEER_IN_TLS || (!p->name && p->settings->base.config->general.hide_service_name)) {
		drop(p);
		return;
	}
	if (!p->is_header_sent)
		send_header(p);
	send_error(p, e, text);
	end(p);
}

void component_stream_end(struct component_peer *p)
{
	if (p->state == COMPONENT_PEER_ENDED)
		return;
	if (!p->is_header_sent)
		send_header(p);
	end(p);
}

/* ---- the name ---- */

/* Where `shaper` is an access rule and not a shaper: the one that it chooses for this component. */
static void slow_down_by_rule(struct component_peer *p)
{
	const struct service_settings *s = &p->settings->base;
	struct access_subject subject = {.server = str_from(p->name)};
	int64_t rate;

	if (!access_shaper_rate(s->config->access, s->listen->shaper, &rate) &&
	    access_shaper_for(s->config->access, s->listen->shaper, &subject, &rate))
		conn_set_rate(&p->conn, rate);
}

static void on_opened(struct annex_link *l)
{
	struct component_peer *p = container_of(l, struct component_peer, annex);

	free_login(p);
	set_state(p, COMPONENT_PEER_OPEN);
	slow_down_by_rule(p);
	metric_add(METRIC_components, 1);
	log_event(LOG_INFO, "component", "component connected", LOG_TEXT("name", p->name), LOG_NUM("loop", p->place->registry->index));
	conn_send(&p->conn, STR("<handshake/>"));
	conn_resume(&p->conn);
}

static void on_refused(struct annex_link *l)
{
	component_stream_error(container_of(l, struct component_peer, annex), STREAM_ERROR_CONFLICT, "somebody else has the name");
}

static void on_replaced(struct annex_link *l)
{
	component_stream_error(container_of(l, struct component_peer, annex), STREAM_ERROR_CONFLICT, "Replaced by a new connection");
}

static const struct annex_ops annex_ops = {
	.send = component_stanza_send,
	.opened = on_opened,
	.refused = on_refused,
	.replaced = on_replaced,
};

static void ask_for_name(struct component_peer *p)
{
	static const enum annex_conflict conflicts[] = {
		[CONFIG_CONFLICT_DISCONNECT] = ANNEX_REFUSE,
		[CONFIG_CONFLICT_KICK_OLD] = ANNEX_REPLACE,
		[CONFIG_CONFLICT_SHARE] = ANNEX_SHARE,
	};
	const struct config_listen *listen = p->settings->base.listen;
	struct annex_offer offer = {
		.name = str_from(p->name),
		.is_prefix = p->is_prefix,
		.is_hidden = listen->hidden_components,
		.conflict = conflicts[listen->conflict_behaviour],
	};

	set_state(p, COMPONENT_PEER_OPENING);
	conn_pause(&p->conn);
	annex_open(&p->annex, &annex_ops, p->place->registry, &offer);
}

/* ---- one function per state ---- */

static void take_nothing(struct component_peer *p, struct stanza *element)
{
	(void)p;
	stanza_unref(&element);
}

static void take_header(struct component_peer *p, struct stanza *tag)
{
	struct component_handshake_claim claim = {.name = STR_NONE};
	enum stream_error e = STREAM_ERROR_NOT_WELL_FORMED;
	const char *text = "an opening tag was expected";
	struct arena a;

	arena_init(&a, 256);
	if (tag->kind == STANZA_HEADER)
		e = component_handshake_examine(tag, &a, &claim, &text);
	if (e == STREAM_ERROR_NONE) {
		p->name = str_dup(claim.name);
		p->is_prefix = claim.is_prefix;
		send_header(p);
		set_state(p, COMPONENT_PEER_AWAIT_HANDSHAKE);
	} else {
		component_stream_error(p, e, text);
	}
	arena_fini(&a);
	stanza_unref(&tag);
}

static void fail_login(struct component_peer *p)
{
	static struct log_throttle failure;
	uint64_t now_ms = timer_now_ms(p->place->loop->timers), suppressed;
	char text[IP_TEXT_MAX];

	metric_add(METRIC_component_auth_failed, 1);
	if (log_on(LOG_INFO) && log_throttle_pass(&failure, now_ms, &suppressed))
		log_event(LOG_INFO, "component", "wrong password", LOG_TEXT("name", p->name),
			  LOG_TEXT("peer", ip_format(p->conn.peer, true, text)), LOG_NUM("suppressed", suppressed));
	if (!admission_fail(p->conn.peer, &p->settings->base.config->meerkat, now_ms))
		limit_acted(METRIC_max_login_failures_refused, p->conn.peer);
	component_stream_error(p, STREAM_ERROR_NOT_AUTHORIZED, "wrong password");
}

/* What else comes before it is passed over, and buys no time. */
static void take_handshake(struct component_peer *p, struct stanza *element)
{
	const struct config_listen *listen = p->settings->base.listen;

	if (element->kind == STANZA_HEADER) {
		component_stream_error(p, STREAM_ERROR_POLICY_VIOLATION, "the stream is open already");
	} else if (component_handshake_is(element)) {
		if (component_handshake_fits(element, str_from(p->login->id), listen->password)) {
			component_peer_leave_admission(p);
			p->parser.limits = &p->settings->after_login;
			ask_for_name(p);
		} else {
			fail_login(p);
		}
	}
	stanza_unref(&element);
}

static void take_stanza(struct component_peer *p, struct stanza *element)
{
	if (element->kind != STANZA_HEADER) {
		component_stanza_take(p, element);
		return;
	}
	stanza_unref(&element);
	component_stream_error(p, STREAM_ERROR_POLICY_VIOLATION, "the stream is open already");
}

/* The element is theirs. */
static void (*const take[])(struct component_peer *p, struct stanza *element) = {
#define STATE(state_name, function, how_long, what) [COMPONENT_PEER_##state_name] = take_##function,
#include "link/component/component_states.def"
#undef STATE
};

bool component_stream_takes_input(const struct component_peer *p)
{
	return take[p->state] != take_nothing;
}

void component_stream_receive(struct component_peer *p, struct stanza *element)
{
	take[p->state](p, element);
}

void component_stream_secured(struct component_peer *p)
{
	if (p->state == COMPONENT_PEER_IN_TLS)
		set_state(p, COMPONENT_PEER_AWAIT_HEADER);
}

/* ---- life ---- */

static void give_up(struct component_peer *p, enum metric limit, const char *text)
{
	limit_acted(limit, p->conn.peer);
	component_stream_error(p, STREAM_ERROR_CONNECTION_TIMEOUT, text);
}

static void on_patience_over(struct timer *t)
{
	give_up(container_of(t, struct component_login, patience)->peer, METRIC_state_timeout_expired, "this took too long");
}

static void on_deadline(struct timer *t)
{
	give_up(container_of(t, struct component_login, deadline)->peer, METRIC_login_timeout_expired, "the login took too long");
}

void component_stream_init(struct component_peer *p, bool awaits_tls)
{
	int64_t deadline_ms = p->settings->base.config->meerkat.login_timeout_ms;
	struct component_login *login = mem_new(sizeof(*login));

	p->login = login;
	login->peer = p;
	codec_random_text(login->id, ID_CHARS);
	timer_init(&login->patience, on_patience_over);
	timer_init(&login->deadline, on_deadline);
	if (deadline_ms != OPTION_INFINITY)
		timer_start(p->place->loop->timers, &login->deadline, (uint64_t)deadline_ms);
	set_state(p, awaits_tls ? COMPONENT_PEER_IN_TLS : COMPONENT_PEER_AWAIT_HEADER);
}

void component_stream_fini(struct component_peer *p)
{
	if (p->state != COMPONENT_PEER_ENDED)
		leave(p);
}
