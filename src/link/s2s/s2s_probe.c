#include "link/s2s/s2s_probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "link/entry.h"
#include "link/s2s/s2s_out_proof.h"
#include "link/s2s/s2s_place.h"
#include "link/s2s/s2s_wire.h"
#include "net/dial.h"
#include "route/registry.h"
#include "xmpp/ns.h"

enum state { NO_STREAM, AWAIT_HEADER, AWAIT_FEATURES, AWAIT_PROCEED, IN_TLS, OVER };

struct probe {
	struct list link; /* in the place */
	struct s2s_place *place;
	struct s2s_settings *settings; /* counted */
	const struct s2s_side *side;
	struct arena arena;
	struct s2s_probe_wish wish; /* the domains in the arena */
	struct dial *dial;
	const struct dial_result *facts; /* of the present connection */
	struct s2s_wire *wire; /* NULL: there is none */
	enum state state;
	struct timer deadline;
	bool was_refused; /* after connecting */
	bool is_told;
};

/* A connection; it outlives the probe until it is closed. */
struct line {
	struct s2s_wire wire;
	struct probe *probe; /* NULL: nobody listens any more */
	struct s2s *s2s;
	struct s2s_settings *settings; /* counted: the limits are in it */
	struct parser_limits limits;
};

static struct probe *probe_of(struct s2s_wire *w)
{
	return container_of(w, struct line, wire)->probe;
}

/* Of the present connection. */
__attribute__((format(printf, 2, 3))) static void note(struct probe *p, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	dial_note(p->dial, line);
}

/* ---- the end ---- */

static void hang_up(struct probe *p)
{
	struct s2s_wire *w = p->wire;

	p->wire = NULL;
	p->state = NO_STREAM;
	if (!w)
		return;
	container_of(w, struct line, wire)->probe = NULL;
	s2s_wire_end(w);
}

static void free_probe(struct probe *p)
{
	timer_stop(&p->deadline);
	list_remove(&p->link);
	dial_free(&p->dial);
	s2s_settings_unref(&p->settings);
	arena_fini(&p->arena);
	free(p);
}

/* What the dial has to say comes first. */
static void tell(struct probe *p, bool is_reached, const char *verdict)
{
	struct buf all;

	buf_init(&all);
	if (p->dial)
		buf_append_str(&all, dial_trace(p->dial));
	buf_printf(&all, "verdict: %s\n", verdict);
	p->wish.on_done(p->wish.context, is_reached, buf_str(&all));
	buf_fini(&all);
}

/* The dial may be on the stack: it is freed in the next turn. */
static void on_told(struct timer *t)
{
	free_probe(container_of(t, struct probe, deadline));
}

static void finish(struct probe *p, bool is_reached, const char *verdict)
{
	if (p->is_told)
		return;
	p->is_told = true;
	hang_up(p);
	tell(p, is_reached, verdict);
	timer_stop(&p->deadline);
	timer_init(&p->deadline, on_told);
	timer_start(p->place->loop->timers, &p->deadline, 0);
}

/* This connection is of no use; there may be another candidate. */
static void fail(struct probe *p, const char *step, const char *why)
{
	char reason[512];

	snprintf(reason, sizeof(reason), "%s: %s", step, why);
	hang_up(p);
	p->facts = NULL;
	p->was_refused = true;
	dial_next(p->dial, reason);
}

static void on_deadline(struct timer *t)
{
	struct probe *p = container_of(t, struct probe, deadline);

	finish(p, false, "not reached in time");
}

/* ---- the stream ---- */

static void send_header(struct s2s_wire *w)
{
	struct probe *p = probe_of(w);

	if (!p)
		return;
	s2s_wire_send_header(w, &(struct s2s_wire_header){.from = p->wish.local, .to = p->wish.remote, .has_version = true});
	p->state = AWAIT_HEADER;
}

static void start_tls(struct probe *p, bool is_direct)
{
	struct tls_outgoing_wish wish = {
		.domain = p->wish.remote,
		.own_domain = p->wish.local,
		.host = p->facts->host,
		.is_secure = p->facts->is_secure,
		.is_direct = is_direct,
		.tlsa = p->facts->tlsa,
		.tlsa_count = p->facts->tlsa_count,
	};

	p->state = IN_TLS;
	s2s_wire_start_tls(p->wire, p->side->tls, &wish);
}

static void on_secure(struct s2s_wire *w)
{
	static const char *const by[] = {"", "by an authority", "by DANE"};
	struct probe *p = probe_of(w);
	struct why why = {""};
	enum tls_outgoing_trust trust;

	if (!p)
		return;
	note(p, "TLS: %s, %s", tls_version(w->conn.tls), tls_cipher(w->conn.tls));
	trust = tls_outgoing_judge(w->conn.tls, &why);
	if (trust == TLS_OUTGOING_UNTRUSTED)
		note(p, "certificate: not trusted: %s", why.text);
	else
		note(p, "certificate: trusted %s", by[trust]);
	if (trust == TLS_OUTGOING_UNTRUSTED && p->side->config->outgoing.tls_policy == CONFIG_S2S_TLS_TRUSTED)
		fail(p, "certificate", why.text);
	else
		send_header(w);
}

static void on_header(struct s2s_wire *w, const struct stanza *tag)
{
	struct probe *p = probe_of(w);
	bool has_version;

	if (!p)
		return;
	has_version = node_attribute_raw(tag, node_root(tag), "version").len > 0;
	if (!str_is(str_make(tag->bytes + tag->content_ns, tag->content_ns_len), NS_SERVER)) {
		fail(p, "stream", "this is no stream of a server");
		return;
	}
	note(p, "stream: %s%s", has_version ? "opened" : "opened, an old one without features",
	     s2s_wire_declares_dialback(tag) ? ", dialback" : "");
	p->state = AWAIT_FEATURES;
	if (has_version)
		return;
	finish(p, true, "reached");
}

/* Without TLS: is that enough? */
static void judge_plain(struct probe *p)
{
	int policy = p->side->config->outgoing.tls_policy;

	if (policy >= CONFIG_S2S_TLS_REQUIRED) {
		fail(p, "TLS", "the other server offers none, and the configuration wants it");
		return;
	}
	note(p, "TLS: %s", policy == CONFIG_S2S_TLS_NONE ? "not used, by the configuration" : "not offered");
	finish(p, true, "reached, without TLS");
}

static void take_features(struct probe *p, const struct stanza *e)
{
	struct s2s_out_offer offer = {0};
	bool has_tls = p->wire->is_secure, wants_tls = p->side->tls && p->side->config->outgoing.tls_policy != CONFIG_S2S_TLS_NONE;

	s2s_out_proof_read(&offer, e, has_tls);
	if (has_tls) {
		note(p, "features: %s%s%s", offer.external ? "EXTERNAL for our certificate" : "no EXTERNAL for our certificate",
		     offer.bidi ? ", both ways" : "", offer.management ? ", stream management" : "");
		finish(p, true, "reached");
	} else if (offer.starttls && wants_tls) {
		s2s_wire_send(p->wire, STR("<starttls xmlns='" NS_TLS "'/>"));
		p->state = AWAIT_PROCEED;
	} else {
		judge_plain(p);
	}
}

static void take(struct probe *p, const struct stanza *e)
{
	struct str condition;

	if (s2s_wire_is(e, "error", NS_STREAM)) {
		char why[160];

		condition = s2s_wire_condition(e);
		snprintf(why, sizeof(why), "the other server ends it: %.*s", (int)(condition.len < 64 ? condition.len : 64), condition.data);
		fail(p, "stream", why);
	} else if (p->state == AWAIT_FEATURES && s2s_wire_is(e, "features", NS_STREAM)) {
		take_features(p, e);
	} else if (p->state == AWAIT_PROCEED) {
		if (s2s_wire_is(e, "proceed", NS_TLS))
			start_tls(p, false);
		else
			fail(p, "TLS", "the other server refuses to start it");
	}
}

static void on_element(struct s2s_wire *w, struct stanza *e)
{
	struct probe *p = probe_of(w);

	if (p)
		take(p, e);
	stanza_unref(&e);
}

static void on_end(struct s2s_wire *w)
{
	struct probe *p = probe_of(w);

	if (p)
		fail(p, "stream", "the other server ended it");
}

static void on_closed(struct s2s_wire *w, enum err reason)
{
	struct line *l = container_of(w, struct line, wire);
	struct probe *p = l->probe;

	if (p) {
		bool is_tls = p->state == IN_TLS && reason == ERR_INVALID && w->conn.tls;

		p->wire = NULL;
		fail(p, p->state == IN_TLS ? "TLS" : "stream", is_tls ? tls_error(w->conn.tls) : "the other server closed the connection");
	}
	s2s_wire_fini(w);
	atomic_fetch_sub(&l->s2s->open_streams, 1);
	s2s_settings_unref(&l->settings);
	free(l);
}

static const struct s2s_wire_ops ops = {
	.on_header = on_header,
	.on_element = on_element,
	.on_end = on_end,
	.on_secure = on_secure,
	.send_header = send_header,
	.on_closed = on_closed,
};

/* ---- the beginning ---- */

static void open_line(struct probe *p, const struct dial_result *r)
{
	const struct config_meerkat *limits = &p->settings->config->meerkat;
	struct line *l = mem_new(sizeof(*l));

	l->probe = p;
	l->s2s = p->place->s2s;
	l->settings = p->settings;
	s2s_settings_ref(l->settings);
	l->limits = entry_limits(limits, limits->preauth_max_stanza_size);
	atomic_fetch_add(&l->s2s->open_streams, 1);
	s2s_wire_init(&l->wire, &(struct s2s_wire_start){
		.ops = &ops, .limits = limits, .parser_limits = &l->limits, .loop = p->place->loop, .fd = r->fd, .peer = r->address});
	p->wire = &l->wire;
}

static void on_dialed(void *context, const struct dial_result *r)
{
	struct probe *p = context;

	if (r->error) {
		char verdict[640];

		/* What was said to dial_next begins with its step. */
		snprintf(verdict, sizeof(verdict), "not reached: %s%s%s", p->was_refused ? "" : dial_step_text(r->step), p->was_refused ? "" : ": ",
			 r->why.text);
		finish(p, false, verdict);
		return;
	}
	p->facts = r;
	open_line(p, r);
	if (r->is_direct_tls && p->side->tls)
		start_tls(p, true);
	else
		send_header(p->wire);
}

static void on_begin(struct timer *t)
{
	struct probe *p = container_of(t, struct probe, deadline);

	timer_init(&p->deadline, on_deadline);
	timer_start(p->place->loop->timers, &p->deadline, S2S_PROBE_MS);
	if (config_s2s_allows(p->side->config, p->wish.remote))
		p->dial = dial_start(p->place->s2s->resolve, p->side->config, p->wish.remote, on_dialed, p);
	else
		finish(p, false, "not reached: default_policy or host_policy in [s2s] forbids it");
}

void s2s_probe_start(struct registry *r, const struct s2s_probe_wish *wish)
{
	struct probe *p = mem_new(sizeof(*p));

	arena_init(&p->arena, 0);
	p->place = s2s_place_on(r);
	p->settings = p->place->settings;
	s2s_settings_ref(p->settings);
	p->wish = *wish;
	p->wish.local = arena_str(&p->arena, wish->local);
	p->wish.remote = arena_str(&p->arena, wish->remote);
	p->side = s2s_settings_side(p->settings, p->wish.local);
	list_append(&p->place->probes, &p->link);
	timer_init(&p->deadline, on_begin);
	timer_start(p->place->loop->timers, &p->deadline, 0);
}

void s2s_probe_end_all(struct s2s_place *place)
{
	list_each (link, &place->probes) {
		struct probe *p = container_of(link, struct probe, link);

		finish(p, false, "not reached: the server stops");
	}
}

void s2s_probe_free_all(struct s2s_place *place)
{
	list_each (link, &place->probes) {
		struct probe *p = container_of(link, struct probe, link);

		if (!p->is_told)
			tell(p, false, "not reached: the server stops");
		free_probe(p);
	}
}
