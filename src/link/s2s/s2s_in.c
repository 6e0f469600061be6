/* RFC 6120 §4, §5 and §13.7.2 as the one who is connected to; XEP-0288 */
#include "link/s2s/s2s_in.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/mem.h"
#include "auth/admission.h"
#include "link/entry.h"
#include "link/s2s/s2s_in_dialback.h"
#include "link/s2s/s2s_in_opening.h"
#include "link/s2s/s2s_in_resumption.h"
#include "link/s2s/s2s_in_sasl.h"
#include "link/s2s/s2s_in_stanza.h"
#include "link/s2s/s2s_out.h"
#include "link/shaping.h"
#include "net/tls_peer.h"
#include "xmpp/ns.h"

enum { LEAVING_MS = 1500 };

static struct s2s_in *in_of(struct s2s_wire *w)
{
	return container_of(w, struct s2s_in, wire);
}

static const struct s2s_in_settings *settings_of(const struct s2s_in *in)
{
	return container_of(in->settings, struct s2s_in_settings, base);
}

static const struct config_meerkat *limits_of(const struct s2s_in *in)
{
	return &in->settings->config->meerkat;
}

static uint64_t now(const struct s2s_in *in)
{
	return timer_now_ms(in->place->loop->timers);
}

/* ---- facts ---- */

bool s2s_in_is_covered(const struct s2s_in *in, struct str domain)
{
	const struct tls *tls = in->wire.conn.tls;

	return in->wire.is_secure && domain.len && tls_peer_is_verified(tls) && tls_peer_covers(tls, domain, "xmpp-server");
}

bool s2s_in_is_tls_due(const struct s2s_in *in)
{
	return !in->wire.is_secure && settings_of(in)->policy >= CONFIG_S2S_TLS_REQUIRED;
}

static bool can_start_tls(const struct s2s_in *in)
{
	const struct s2s_in_settings *s = settings_of(in);

	return !in->wire.is_secure && !in->is_authenticated && s->tls && !s->is_direct_tls && s->policy != CONFIG_S2S_TLS_NONE;
}

bool s2s_in_is_allowed(const struct s2s_in *in, struct str local, struct str remote)
{
	return config_s2s_allows(s2s_settings_side(in->place->settings, local)->config, remote);
}

/* ---- timers ---- */

void s2s_in_start_patience(struct s2s_in *in)
{
	int64_t patience_ms = in->settings->listen->state_timeout_ms;

	if (in->is_leaving)
		return;
	timer_stop(&in->patience);
	if (in->is_authenticated)
		patience_ms = s2s_settings_side(in->place->settings, in->local)->config->outgoing.stream_timeout_ms;
	else if (in->is_useful || in->question_count)
		return; /* the deadline is enough */
	if (patience_ms != OPTION_INFINITY)
		timer_start(in->place->loop->timers, &in->patience, (uint64_t)patience_ms);
}

/* Nothing came for so long: it is idle. What came meanwhile has not moved the timer. */
static void look_after_idle(struct s2s_in *in)
{
	int64_t timeout_ms = s2s_settings_side(in->place->settings, in->local)->config->outgoing.stream_timeout_ms;
	uint64_t due_ms;

	if (timeout_ms == OPTION_INFINITY)
		return;
	due_ms = in->used_ms + (uint64_t)timeout_ms;
	if (now(in) >= due_ms)
		s2s_wire_end(&in->wire);
	else
		timer_start(in->place->loop->timers, &in->patience, due_ms - now(in));
}

static void on_patience_over(struct timer *t)
{
	struct s2s_in *in = container_of(t, struct s2s_in, patience);

	if (in->is_leaving) {
		s2s_in_leave(in);
		return;
	}
	if (in->is_authenticated) {
		look_after_idle(in);
		return;
	}
	limit_acted(METRIC_state_timeout_expired, in->wire.conn.peer);
	s2s_wire_error(&in->wire, STREAM_ERROR_CONNECTION_TIMEOUT, "this took too long");
}

static void on_deadline(struct timer *t)
{
	struct s2s_in *in = container_of(t, struct s2s_in, deadline);

	limit_acted(METRIC_login_timeout_expired, in->wire.conn.peer);
	s2s_wire_error(&in->wire, STREAM_ERROR_CONNECTION_TIMEOUT, "nothing was proved in time");
}

static void start_deadline(struct s2s_in *in)
{
	if (in->deadline_ms)
		timer_start(in->place->loop->timers, &in->deadline, in->deadline_ms > now(in) ? in->deadline_ms - now(in) : 0);
}

/* ---- out: the opening tag and the features ---- */

static void send_header(struct s2s_wire *w)
{
	struct s2s_in *in = in_of(w);
	const struct config_general *general = &in->settings->config->general;

	codec_random_text(in->stream_id, S2S_IN_ID_CHARS);
	s2s_wire_send_header(w, &(struct s2s_wire_header){
		.id = str_make(in->stream_id, S2S_IN_ID_CHARS),
		.from = in->local.len ? in->local : general->default_server_domain,
		.to = in->remote,
		.language = general->language,
		.has_version = in->has_version || !in->is_known,
	});
}

static void write_starttls(const struct s2s_in *in, struct writer *w)
{
	writer_open(w, "starttls", NS_TLS);
	if (settings_of(in)->policy >= CONFIG_S2S_TLS_REQUIRED)
		writer_empty(w, "required", NULL);
	writer_close(w);
}

static void write_dialback(struct writer *w)
{
	writer_open(w, "dialback", NS_DIALBACK_FEATURE);
	writer_empty(w, "errors", NULL);
	writer_close(w);
}

static void send_features(struct s2s_in *in)
{
	struct writer w = s2s_wire_begin(&in->wire);

	writer_open(&w, "stream:features", NULL);
	if (can_start_tls(in))
		write_starttls(in, &w);
	if (!s2s_in_is_tls_due(in)) {
		if (!in->has_external && s2s_in_is_covered(in, in->remote)) {
			writer_open(&w, "mechanisms", NS_SASL);
			writer_leaf(&w, "mechanism", NULL, STR("EXTERNAL"));
			writer_close(&w);
		}
		write_dialback(&w);
		if (!in->is_authenticated)
			writer_empty(&w, "bidi", NS_BIDI_FEATURE);
		writer_empty(&w, "sm", NS_SM);
	}
	writer_close(&w);
	s2s_wire_finish(&in->wire);
}

/* ---- in: the opening tag ---- */

/* The opening tag was right, and this is the loop of the domain that it claims. */
static void begin(struct s2s_in *in)
{
	send_header(&in->wire);
	if (in->wire.is_secure && settings_of(in)->policy == CONFIG_S2S_TLS_TRUSTED && !s2s_in_is_covered(in, in->remote)) {
		s2s_wire_error(&in->wire, STREAM_ERROR_POLICY_VIOLATION, "the certificate is not good for this domain");
		return;
	}
	if (in->has_version)
		send_features(in);
	s2s_in_start_patience(in);
}

static struct str key_of(const struct s2s_in *in)
{
	return str_make((const char *)&in->id, sizeof(in->id));
}

static void move(struct s2s_in *in, struct s2s_place *to)
{
	timer_stop(&in->patience);
	timer_stop(&in->deadline);
	map_take(&in->place->ins, key_of(in));
	list_remove(&in->link);
	in->at = service_place_beside(in->at, to->loop->index);
	in->place = to;
	in->wire.is_paused = true;
	conn_move(&in->wire.conn, to->loop);
}

static void on_moved(struct s2s_wire *w)
{
	struct s2s_in *in = in_of(w);

	w->is_paused = false;
	map_add(&in->place->ins, in);
	list_append(&in->at->peers, &in->link);
	if (service_is_stopping(in->at->service)) {
		s2s_wire_error(w, STREAM_ERROR_SYSTEM_SHUTDOWN, NULL);
		return;
	}
	start_deadline(in);
	begin(in);
}

static void on_header(struct s2s_wire *w, const struct stanza *tag)
{
	struct s2s_in *in = in_of(w);
	const char *text = NULL;
	enum stream_error e = s2s_in_opening_examine(in, tag, &text);
	struct s2s_place *home;

	if (e != STREAM_ERROR_NONE) {
		w->is_silent = !in->is_known && in->settings->config->general.hide_service_name;
		s2s_wire_error(w, e, text);
		return;
	}
	in->is_known = true;
	home = in->remote.len ? s2s_place_of(in->place->s2s, in->remote) : in->place;
	/* One that has proved something stays: its source, and pairs that send back on it, are of this loop. */
	if (home != in->place && !in->is_authenticated)
		move(in, home);
	else
		begin(in);
}

/* ---- in: TLS ---- */

static void take_starttls(struct s2s_in *in)
{
	if (!can_start_tls(in)) {
		s2s_wire_send(&in->wire, STR("<failure xmlns='" NS_TLS "'/>"));
		s2s_wire_end(&in->wire);
		return;
	}
	/* The stream begins anew, with another id: answers to what was asked before are about nothing. */
	s2s_in_dialback_drop_questions(in);
	s2s_wire_send(&in->wire, STR("<proceed xmlns='" NS_TLS "'/>"));
	s2s_wire_accept_tls(&in->wire, settings_of(in)->tls, false);
	s2s_in_start_patience(in);
}

static void on_secure(struct s2s_wire *w)
{
	s2s_in_start_patience(in_of(w));
}

/* ---- proved ---- */

static void leave_admission(struct s2s_in *in)
{
	if (in->is_admitted)
		admission_leave(in->wire.conn.peer);
	in->is_admitted = false;
}

void s2s_in_resume(struct source *source)
{
	struct s2s_in *in = container_of(source, struct s2s_in, source);

	if (!in->is_leaving)
		s2s_wire_resume(&in->wire);
}

static void become_authenticated(struct s2s_in *in)
{
	in->is_authenticated = true;
	in->wire.parser.limits = &settings_of(in)->after;
	source_open(&in->source, in->place->registry, s2s_in_resume);
	timer_stop(&in->deadline);
	leave_admission(in);
}

void s2s_in_prove(struct s2s_in *in, struct s2s_in_pair *pair, const char *how)
{
	char text[IP_TEXT_MAX];

	if (!in->is_authenticated) {
		become_authenticated(in);
		shaping_prove(&in->wire.conn, in->settings, pair->remote, pair->local);
	}
	if (!pair->is_proved) {
		pair->is_proved = true;
		in->question_count--;
		in->proved_count++;
	}
	in->used_ms = now(in);
	s2s_in_start_patience(in);
	metric_add(METRIC_s2s_authenticated, 1);
	log_event(LOG_INFO, "s2s", "another server has connected", LOG_STR("domain", pair->remote), LOG_STR("to", pair->local),
		  LOG_TEXT("address", ip_format(in->wire.conn.peer, true, text)), LOG_TEXT("proof", how),
		  LOG_TEXT("tls", in->wire.is_secure ? tls_version(in->wire.conn.tls) : "none"));
	if (s2s_place_of(in->place->s2s, pair->remote) != in->place)
		return;
	s2s_out_unblock(in->place, pair->local, pair->remote);
	if (in->wants_bidi)
		s2s_out_offer(in->place, pair->local, pair->remote, &in->wire);
}

/* ---- in: everything else ---- */

/* What nobody knows is ignored, and does not buy time. */
static void take_other(struct s2s_in *in, const struct stanza *e)
{
	if (s2s_wire_is(e, "result", NS_DIALBACK))
		s2s_in_dialback_result(in, e);
	else if (s2s_wire_is(e, "verify", NS_DIALBACK))
		s2s_in_dialback_verify(in, e);
	else if (s2s_wire_is(e, "starttls", NS_TLS))
		take_starttls(in);
	else if (s2s_wire_is(e, "auth", NS_SASL))
		s2s_in_sasl_take(in, e);
	else if (s2s_wire_is(e, "bidi", NS_BIDI))
		in->wants_bidi = in->wants_bidi || !in->is_authenticated;
	else if (s2s_wire_is(e, "error", NS_STREAM))
		s2s_wire_end(&in->wire);
	else
		s2s_in_stanza_manage(in, e);
}

static void on_element(struct s2s_wire *w, struct stanza *e)
{
	struct s2s_in *in = in_of(w);

	if (e->kind != STANZA_OTHER) {
		s2s_in_stanza_take(in, e);
		return;
	}
	take_other(in, e);
	stanza_unref(&e);
}

static void on_end(struct s2s_wire *w)
{
	(void)w;
}

/* ---- life ---- */

static void withdraw_all(struct s2s_in *in)
{
	list_each (link, &in->pairs) {
		struct s2s_in_pair *p = container_of(link, struct s2s_in_pair, link);

		if (in->wants_bidi && p->is_proved && s2s_place_of(in->place->s2s, p->remote) == in->place)
			s2s_out_withdraw(in->place, p->local, p->remote, &in->wire);
	}
}

static void on_closed(struct s2s_wire *w, enum err reason)
{
	struct s2s_in *in = in_of(w);
	struct service *service = in->at->service;

	log_event(LOG_DEBUG, "s2s", "a stream of another server has ended", LOG_STR("domain", in->remote), LOG_TEXT("reason", err_text(reason)));
	withdraw_all(in);
	s2s_in_resumption_leave(in);
	timer_stop(&in->patience);
	timer_stop(&in->deadline);
	source_close(&in->source);
	s2s_in_dialback_free_pairs(in);
	s2s_wire_fini(w);
	leave_admission(in);
	map_take(&in->place->ins, key_of(in));
	list_remove(&in->link);
	arena_fini(&in->arena);
	service_settings_unref(&in->settings);
	metric_add(METRIC_s2s_incoming, -1);
	free(in);
	service_released(service);
}

static const struct s2s_wire_ops ops = {
	.on_header = on_header,
	.on_element = on_element,
	.on_end = on_end,
	.on_secure = on_secure,
	.on_moved = on_moved,
	.send_header = send_header,
	.on_closed = on_closed,
};

static void start_waiting(struct s2s_in *in)
{
	timer_init(&in->patience, on_patience_over);
	timer_init(&in->deadline, on_deadline);
	if (limits_of(in)->login_timeout_ms != OPTION_INFINITY)
		in->deadline_ms = now(in) + (uint64_t)limits_of(in)->login_timeout_ms;
	start_deadline(in);
	s2s_in_start_patience(in);
}

void s2s_in_accept(struct service_place *at, int fd, struct ip peer)
{
	struct s2s_in *in;

	if (service_is_stopping(at->service) || !entry_admit(at, peer)) {
		close(fd);
		service_released(at->service);
		return;
	}
	in = mem_new(sizeof(*in));
	in->at = at;
	in->place = s2s_place_on(at->registry);
	in->settings = at->settings;
	service_settings_ref(in->settings);
	in->is_admitted = true;
	in->id = atomic_fetch_add(&in->place->s2s->last_id, 1) + 1;
	arena_init(&in->arena, 256);
	list_init(&in->pairs);
	list_append(&at->peers, &in->link);
	map_add(&in->place->ins, in);
	s2s_wire_init(&in->wire, &(struct s2s_wire_start){
		.ops = &ops, .limits = limits_of(in), .parser_limits = &settings_of(in)->before, .loop = at->loop, .fd = fd, .peer = peer,
	});
	shaping_begin(&in->wire.conn, in->settings);
	conn_set_hibernate(&in->wire.conn, in->settings->listen->hibernate_after_ms);
	metric_add(METRIC_s2s_incoming, 1);
	if (settings_of(in)->is_direct_tls)
		s2s_wire_accept_tls(&in->wire, settings_of(in)->tls, true);
	start_waiting(in);
}

void s2s_in_leave(struct s2s_in *in)
{
	s2s_in_stanza_say_count(in);
	s2s_wire_error(&in->wire, STREAM_ERROR_SYSTEM_SHUTDOWN, NULL);
}

/* What has come and is not safe yet would be sent again. */
static void leave_soon(struct s2s_in *in)
{
	in->is_leaving = true;
	s2s_wire_pause(&in->wire);
	timer_start(in->place->loop->timers, &in->patience, LEAVING_MS);
}

void s2s_in_end_all(struct service_place *at)
{
	list_each (link, &at->peers) {
		struct s2s_in *in = container_of(link, struct s2s_in, link);

		if (!in->is_managed || ledger_is_settled(&in->source.ledger))
			s2s_in_leave(in);
		else
			leave_soon(in);
	}
}
