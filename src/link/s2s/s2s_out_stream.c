/* RFC 6120 §4 to §6 as the one who connects; XEP-0220 §2.1 and §2.3, XEP-0178 §4, XEP-0198, XEP-0288 */
#include "link/s2s/s2s_out_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "link/entry.h"
#include "link/s2s/s2s_out_attempt.h"
#include "link/s2s/s2s_out_guest.h"
#include "link/s2s/s2s_out_open.h"
#include "link/shaping.h"
#include "xmpp/ns.h"

enum {
	ASKING_MS = 30000,     /* for the other server to ask back */
	WHY_MAX = 256,
};

static const struct {
	const char *name;
	enum { FOREVER, STATE, ASKING } patience;
} states[] = {
#define STATE(state_name, function, how_long, text) [S2S_OUT_STREAM_##state_name] = {#state_name, how_long},
#include "link/s2s/s2s_out_states.def"
#undef STATE
};

static struct s2s_out_stream *stream_of(struct s2s_wire *w)
{
	return container_of(w, struct s2s_out_stream, wire);
}

const char *s2s_out_stream_state(const struct s2s_out_stream *s)
{
	return states[s->state].name;
}

bool s2s_out_stream_is_settled(const struct s2s_out_stream *s)
{
	return s->state == S2S_OUT_STREAM_READY || s->state == S2S_OUT_STREAM_OPEN;
}

static void start_patience(struct s2s_out_stream *s)
{
	int64_t patience_ms = s->side->config->outgoing.state_timeout_ms;

	timer_stop(&s->patience);
	if (states[s->state].patience == FOREVER || patience_ms == OPTION_INFINITY)
		return;
	if (states[s->state].patience == ASKING && patience_ms < ASKING_MS)
		patience_ms = ASKING_MS;
	timer_start(s->place->loop->timers, &s->patience, (uint64_t)patience_ms);
}

static void set_state(struct s2s_out_stream *s, enum s2s_out_stream_state to)
{
	log_event(LOG_DEBUG, "s2s", "state of an outgoing stream", LOG_STR("domain", s->out ? s->out->remote : STR("")),
		  LOG_TEXT("old", states[s->state].name), LOG_TEXT("new", states[to].name));
	s->state = (uint8_t)to;
	start_patience(s);
}

/* ---- ends ---- */

/* It will not become what is needed: the attempt goes on elsewhere. */
static void give_up(struct s2s_out_stream *s, const char *step, const char *why)
{
	struct s2s_out *o = s->out;
	bool was_settled = s2s_out_stream_is_settled(s);

	s->out = NULL;
	s->facts = NULL;
	set_state(s, S2S_OUT_STREAM_ENDED);
	s2s_wire_end(&s->wire);
	s2s_out_guest_send_away(s);
	if (o && was_settled)
		s2s_out_attempt_closed(o, s->lane, why);
	else if (o)
		s2s_out_attempt_unusable(o, step, why);
}

void s2s_out_stream_leave(struct s2s_out_stream **stream, enum stream_error e, const char *text)
{
	struct s2s_out_stream *s = *stream;

	*stream = NULL;
	s->out = NULL;
	s->facts = NULL;
	set_state(s, S2S_OUT_STREAM_ENDED);
	s2s_out_guest_send_away(s);
	if (e == STREAM_ERROR_NONE)
		s2s_wire_end(&s->wire);
	else
		s2s_wire_error(&s->wire, e, text);
}

static void on_patience_over(struct timer *t)
{
	struct s2s_out_stream *s = container_of(t, struct s2s_out_stream, patience);
	char why[WHY_MAX];
	const char *step = s->state == S2S_OUT_STREAM_IN_TLS ? "TLS" : s->state == S2S_OUT_STREAM_AWAIT_RESULT ? "dialback" : "stream";

	limit_acted(METRIC_state_timeout_expired, s->wire.conn.peer);
	snprintf(why, sizeof(why), "the other server does not answer (%s)", states[s->state].name);
	give_up(s, step, why);
}

/* ---- dialback ---- */

static void ask_all(struct s2s_out_stream *s)
{
	list_each (link, &s->out->verifies) {
		struct s2s_verify *v = container_of(link, struct s2s_verify, link);

		if (!v->is_sent)
			s2s_out_proof_ask(&s->wire, v);
	}
}

/* ---- who we are ---- */

static void prove_by_certificate(struct s2s_out_stream *s)
{
	s2s_out_proof_external(&s->wire, s->out->local);
	set_state(s, S2S_OUT_STREAM_AWAIT_SASL);
}

static void prove_by_key(struct s2s_out_stream *s)
{
	s2s_out_proof_key(&s->wire, &(struct dialback_key_about){
		.secret = s2s_place_secret(s->place, s->out->local),
		.receiving = s->out->remote,
		.originating = s->out->local,
		.id = str_make(s->id, s->id_len),
	});
	set_state(s, S2S_OUT_STREAM_AWAIT_RESULT);
}

static void prove(struct s2s_out_stream *s)
{
	if (s->offer.external && !s->was_refused_external && !s->out->skips_external)
		prove_by_certificate(s);
	else if (s->offer.dialback)
		prove_by_key(s);
	else
		give_up(s, "authentication", "the other server offers neither dialback nor EXTERNAL for our certificate");
}

static void resume(struct source *source)
{
	s2s_wire_resume(&container_of(source, struct s2s_out_stream, source)->wire);
}

static void manage(struct s2s_out_stream *s)
{
	s2s_wire_send(&s->wire, STR("<enable xmlns='" NS_SM "' resume='true'/>"));
	s->is_managed = true;
}

static void begin_open(struct s2s_out_stream *s)
{
	set_state(s, S2S_OUT_STREAM_OPEN);
	if (s->is_bidirectional)
		source_open(&s->source, s->place->registry, resume);
	s->facts = NULL;
	metric_add(METRIC_s2s_authenticated, 1);
	ask_all(s);
	s->lane = s2s_out_attempt_opened(s->out, &s->wire, s->is_managed);
}

/* Who we are is proved. A stream that was lost may go on here; otherwise nobody waits for an answer. */
static void open_stream(struct s2s_out_stream *s)
{
	if (s->offer.management && s2s_former_is_there(&s->out->former)) {
		s2s_former_ask(&s->out->former, &s->wire);
		set_state(s, S2S_OUT_STREAM_AWAIT_RESUMED);
		return;
	}
	if (s->offer.management)
		manage(s);
	begin_open(s);
}

static void go_on_after(struct s2s_out_stream *s, const struct stanza *e)
{
	const struct s2s_former *f = &s->out->former;

	s->is_managed = true;
	s->resumption_id_len = f->id_len;
	memcpy(s->resumption_id, f->id, f->id_len);
	if (!s2s_former_take(&s->out->former, &s->out->queue, e, &s->acknowledged)) {
		s2s_wire_error(&s->wire, STREAM_ERROR_UNDEFINED_CONDITION, "more is acknowledged than was sent");
		return;
	}
	metric_add(METRIC_s2s_resumptions, 1);
	begin_open(s);
}

void s2s_out_stream_wake(struct s2s_out_stream *s)
{
	if (s->state != S2S_OUT_STREAM_READY && s->state != S2S_OUT_STREAM_OPEN && s->state != S2S_OUT_STREAM_AWAIT_RESULT)
		return;
	ask_all(s);
	if (s->state == S2S_OUT_STREAM_READY && s2s_out_has_stanzas(s->out) && !s->out->lane)
		prove(s);
}

static void become_ready(struct s2s_out_stream *s)
{
	set_state(s, S2S_OUT_STREAM_READY);
	s2s_out_attempt_ready(s->out);
	s2s_out_stream_wake(s);
}

/* ---- TLS ---- */

static void start_tls(struct s2s_out_stream *s, bool is_direct)
{
	struct tls_outgoing_wish wish = {
		.domain = s->out->remote,
		.own_domain = s->out->local,
		.host = s->facts->host,
		.is_secure = s->facts->is_secure,
		.is_direct = is_direct,
		.tlsa = s->facts->tlsa,
		.tlsa_count = s->facts->tlsa_count,
	};

	set_state(s, S2S_OUT_STREAM_IN_TLS);
	s2s_wire_start_tls(&s->wire, s->side->tls, &wish);
}

static void send_header(struct s2s_wire *w)
{
	struct s2s_out_stream *s = stream_of(w);

	if (s->out)
		s2s_wire_send_header(w, &(struct s2s_wire_header){.from = s->out->local, .to = s->out->remote, .has_version = true});
}

static void on_secure(struct s2s_wire *w)
{
	struct s2s_out_stream *s = stream_of(w);
	struct why why = {""};

	if (!s->out)
		return;
	if (tls_outgoing_judge(w->conn.tls, &why) == TLS_OUTGOING_UNTRUSTED && s->side->config->outgoing.tls_policy == CONFIG_S2S_TLS_TRUSTED) {
		give_up(s, "certificate", why.text);
		return;
	}
	send_header(w);
	set_state(s, S2S_OUT_STREAM_AWAIT_HEADER);
}

/* ---- in: the opening tag and the features ---- */

static void on_header(struct s2s_wire *w, const struct stanza *tag)
{
	struct s2s_out_stream *s = stream_of(w);
	const struct node *root = node_root(tag);
	struct arena scratch;
	struct str id, version;

	if (s->state != S2S_OUT_STREAM_AWAIT_HEADER)
		return;
	arena_init(&scratch, 0);
	id = node_attribute(tag, root, "id", &scratch);
	version = node_attribute_raw(tag, root, "version");
	s->id_len = (uint16_t)(id.len < S2S_OUT_STREAM_ID_MAX ? id.len : 0);
	memcpy(s->id, id.data ? id.data : "", s->id_len);
	arena_fini(&scratch);
	if (!str_is(node_ns(tag, root), NS_STREAM) || !str_is(str_make(tag->bytes + tag->content_ns, tag->content_ns_len), NS_SERVER)) {
		give_up(s, "stream", "this is no stream of a server");
		return;
	}
	s->offer = (struct s2s_out_offer){.dialback = s2s_wire_declares_dialback(tag) && s->id_len > 0};
	if (version.len)
		set_state(s, S2S_OUT_STREAM_AWAIT_FEATURES);
	else if (s->side->config->outgoing.tls_policy >= CONFIG_S2S_TLS_REQUIRED && !w->is_secure)
		give_up(s, "TLS", "the other server offers no TLS");
	else
		become_ready(s);
}

/* Where there are no acknowledgements, one connection does for both ways. */
static void ask_for_bidi(struct s2s_out_stream *s)
{
	if (!s->offer.bidi || s->offer.management || s->is_bidirectional || !s2s_out_has_stanzas(s->out))
		return;
	s->is_bidirectional = true;
	s2s_wire_send(&s->wire, STR("<bidi xmlns='" NS_BIDI "'/>"));
}

static void take_features(struct s2s_out_stream *s, struct stanza *e)
{
	int policy = s->side->config->outgoing.tls_policy;
	bool has_tls = s->wire.is_secure;

	if (!s2s_wire_is(e, "features", NS_STREAM))
		return;
	s2s_out_proof_read(&s->offer, e, s->wire.is_secure);
	s->offer.dialback = s->offer.dialback && s->id_len > 0;
	if (!has_tls && s->offer.starttls && s->side->tls && policy != CONFIG_S2S_TLS_NONE) {
		s2s_wire_send(&s->wire, STR("<starttls xmlns='" NS_TLS "'/>"));
		set_state(s, S2S_OUT_STREAM_AWAIT_PROCEED);
	} else if (!has_tls && policy >= CONFIG_S2S_TLS_REQUIRED) {
		give_up(s, "TLS", "the other server offers no TLS");
	} else if (s->is_authenticated) {
		open_stream(s);
	} else {
		ask_for_bidi(s);
		become_ready(s);
	}
}

static void take_proceed(struct s2s_out_stream *s, struct stanza *e)
{
	if (s2s_wire_is(e, "proceed", NS_TLS))
		start_tls(s, false);
	else
		give_up(s, "TLS", "the other server refuses to start TLS");
}

static void take_sasl(struct s2s_out_stream *s, struct stanza *e)
{
	if (s2s_wire_is(e, "success", NS_SASL)) {
		s->is_authenticated = true;
		s2s_wire_restart(&s->wire);
		send_header(&s->wire);
		set_state(s, S2S_OUT_STREAM_AWAIT_HEADER);
	} else if (s2s_wire_is(e, "failure", NS_SASL)) {
		/* Most end the stream now; then the next attempt does without. */
		s->was_refused_external = s->out->skips_external = true;
		prove(s);
	}
}

/* ---- in: answers about keys ---- */

static void take_result(struct s2s_out_stream *s, const struct stanza *e)
{
	struct str type = node_attribute_raw(e, node_root(e), "type");
	const struct node *error = node_find_child(e, node_root(e), "error", NULL);
	const struct node *condition = error ? node_first_child(e, error) : NULL;
	char why[WHY_MAX];

	if (s->state != S2S_OUT_STREAM_AWAIT_RESULT || !s2s_out_open_is_between(s, e))
		return;
	if (str_is(type, "valid")) {
		open_stream(s);
	} else if (str_is(type, "invalid")) {
		give_up(s, "dialback", "the other server says that our key is not ours");
	} else {
		snprintf(why, sizeof(why), "the other server cannot tell whether our key is ours: %.*s",
			 condition ? (int)node_name(e, condition).len : 9, condition ? node_name(e, condition).data : "no reason");
		give_up(s, "dialback", why);
	}
}

static void take_ready(struct s2s_out_stream *s, struct stanza *e)
{
	if (s2s_wire_is(e, "result", NS_DIALBACK))
		take_result(s, e);
	else if (s2s_wire_is(e, "verify", NS_DIALBACK))
		s2s_out_open_answer(s, e);
	else if (e->kind != STANZA_OTHER)
		give_up(s, "stream", "the other server sends stanzas where it may not");
}

static void take_resumed(struct s2s_out_stream *s, struct stanza *e)
{
	uint32_t ignored;

	if (s2s_wire_is(e, "resumed", NS_SM)) {
		go_on_after(s, e);
	} else if (s2s_wire_is(e, "failed", NS_SM)) {
		(void)s2s_former_take(&s->out->former, &s->out->queue, e, &ignored);
		manage(s);
		begin_open(s);
	} else if (s2s_wire_is(e, "verify", NS_DIALBACK)) {
		s2s_out_open_answer(s, e);
	}
}

static void take_open(struct s2s_out_stream *s, struct stanza *e)
{
	s2s_out_open_take(s, e);
}

static void take_nothing(struct s2s_out_stream *s, struct stanza *e)
{
	(void)s;
	(void)e;
}

static void (*const take[])(struct s2s_out_stream *s, struct stanza *e) = {
#define STATE(name, function, patience, text) [S2S_OUT_STREAM_##name] = take_##function,
#include "link/s2s/s2s_out_states.def"
#undef STATE
};

static void take_error(struct s2s_out_stream *s, const struct stanza *e)
{
	struct str condition = s2s_wire_condition(e);
	char why[WHY_MAX];

	snprintf(why, sizeof(why), "the other server ends the stream: %.*s", (int)(condition.len < 64 ? condition.len : 64), condition.data);
	give_up(s, s->state == S2S_OUT_STREAM_AWAIT_RESULT ? "dialback" : "stream", why);
}

static void on_element(struct s2s_wire *w, struct stanza *e)
{
	struct s2s_out_stream *s = stream_of(w);

	if (s->out && s2s_wire_is(e, "error", NS_STREAM))
		take_error(s, e);
	else if (s->out && s->state == S2S_OUT_STREAM_OPEN && e->kind != STANZA_OTHER)
		s2s_out_open_take_stanza(s, &e);
	else if (s->out)
		take[s->state](s, e);
	if (e)
		stanza_unref(&e);
}

static void on_end(struct s2s_wire *w)
{
	struct s2s_out_stream *s = stream_of(w);

	if (s->out)
		give_up(s, "stream", "the other server ended the stream");
}

/* ---- life ---- */

static void on_closed(struct s2s_wire *w, enum err reason)
{
	struct s2s_out_stream *s = stream_of(w);
	char why[WHY_MAX];

	if (s->out) {
		if (w->was_cut && s->lane && s->resumption_id_len && s2s_lane_is_alone(s->lane))
			s2s_former_note(&s->out->former, str_make(s->resumption_id, s->resumption_id_len), s->acknowledged, s->lane->sent.count);
		snprintf(why, sizeof(why), "%s",
			 reason == ERR_INVALID && w->conn.tls ? tls_error(w->conn.tls) : "the other server closed the connection");
		give_up(s, s->state == S2S_OUT_STREAM_IN_TLS ? "TLS" : "stream", why);
	}
	timer_stop(&s->patience);
	source_close(&s->source);
	s2s_wire_fini(w);
	s2s_settings_unref(&s->settings);
	atomic_fetch_sub(&s->place->s2s->open_streams, 1);
	metric_add(METRIC_s2s_outgoing, -1);
	free(s);
}

static const struct s2s_wire_ops ops = {
	.on_header = on_header,
	.on_element = on_element,
	.on_end = on_end,
	.on_secure = on_secure,
	.send_header = send_header,
	.on_closed = on_closed,
};

static void set_limits(struct s2s_out_stream *s)
{
	s->limits = entry_limits(&s->settings->config->meerkat, s->side->config->outgoing.max_stanza_size);
}

/* Segments that the other end does not take are given up in time, so that what is in them can go elsewhere. */
static void limit_silence(int fd)
{
	int ms = S2S_OUT_WAIT_MS / 2;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
}

struct s2s_out_stream *s2s_out_stream_new(struct s2s_out *o, const struct dial_result *facts)
{
	struct s2s_out_stream *s = mem_new(sizeof(*s));
	bool is_direct = facts->is_direct_tls && o->side->tls;

	s->out = o;
	s->place = o->place;
	s->settings = o->settings;
	s2s_settings_ref(s->settings);
	s->side = o->side;
	s->facts = facts;
	list_init(&s->guests);
	timer_init(&s->patience, on_patience_over);
	set_limits(s);
	limit_silence(facts->fd);
	s2s_wire_init(&s->wire, &(struct s2s_wire_start){
		.ops = &ops, .limits = &s->settings->config->meerkat, .parser_limits = &s->limits, .loop = o->place->loop, .fd = facts->fd,
		.peer = facts->address,
	});
	shaping_call(&s->wire.conn, s->settings->config, s->side->config->outgoing.shaper,
		     &(struct access_subject){.server = o->remote, .current_domain = o->local});
	atomic_fetch_add(&s->place->s2s->open_streams, 1);
	metric_add(METRIC_s2s_outgoing, 1);
	o->stream = s;
	if (is_direct) {
		start_tls(s, true);
	} else {
		send_header(&s->wire);
		set_state(s, S2S_OUT_STREAM_AWAIT_HEADER);
	}
	return s;
}
