#include "link/s2s/s2s.h"

#include <stdlib.h>

#include "base/codec.h"
#include "base/mem.h"
#include "link/s2s/s2s_control.h"
#include "link/s2s/s2s_in.h"
#include "link/s2s/s2s_in_resumption.h"
#include "link/s2s/s2s_keep.h"
#include "link/s2s/s2s_out.h"
#include "link/s2s/s2s_probe.h"
#include "route/annex.h"
#include "route/host.h"
#include "route/outbox.h"
#include "route/router.h"

enum { SECRET_BYTES = 32, FAREWELL_MS = 20, FAREWELLS_MAX = 50 };

/* ---- places ---- */

struct str s2s_place_secret(const struct s2s_place *p, struct str local)
{
	struct str given = s2s_settings_side(p->settings, local)->config->shared;

	return given.len ? given : str_from(p->s2s->secret);
}

struct s2s_place *s2s_place_of(struct s2s *s, struct str remote)
{
	return &s->places[realm_home_of(s->home->realm, remote)->index];
}

struct s2s_place *s2s_place_on(struct registry *r)
{
	struct s2s *s = r->realm->abroad;

	return &s->places[r->index];
}

bool s2s_place_is_ours(const struct s2s_place *p, struct str domain)
{
	return host_find(p->registry->hosts, domain) || annex_find(p->registry, domain);
}

/* ---- the way out ---- */

static struct str parent_of(struct str domain)
{
	struct str rest;

	str_split(domain, '.', &rest);
	return rest;
}

/* A name below one of our own that nobody serves here is nowhere else either, unless the configuration says so. */
static bool is_below_ours(const struct s2s_place *p, struct str domain)
{
	for (struct str parent = parent_of(domain); parent.len; parent = parent_of(parent)) {
		const struct host *h = host_find(p->registry->hosts, parent);

		if (h)
			return !str_is(h->config->route_subdomains, "s2s");
	}
	return false;
}

/* NONE: it may go there. */
static enum stanza_error examine(const struct s2s_place *p, const struct call *c)
{
	struct str local = jid_domain(c->from), remote = jid_domain(c->to);

	if (!s2s_place_is_ours(p, local))
		return STANZA_ERROR_SERVICE_UNAVAILABLE;
	if (is_below_ours(p, remote))
		return STANZA_ERROR_REMOTE_SERVER_NOT_FOUND;
	if (!config_s2s_allows(s2s_settings_side(p->settings, local)->config, remote))
		return STANZA_ERROR_SERVICE_UNAVAILABLE;
	return STANZA_ERROR_NONE;
}

static void send_abroad(struct registry *r, struct call *c)
{
	struct s2s_place *p = s2s_place_on(r), *home = s2s_place_of(p->s2s, jid_domain(c->to));
	enum stanza_error e;

	if (home != p) {
		outbox_add(r, home->registry, c);
		return;
	}
	e = examine(p, c);
	if (e == STANZA_ERROR_NONE)
		s2s_out_send(p, c);
	else
		router_bounce(r, c->stanza, c->to, c->from, e);
	call_free(&c);
}

/* ---- life ---- */

/* What the other servers acknowledge now need not be sent again. */
static void on_farewell(struct timer *t)
{
	struct s2s_place *p = container_of(t, struct s2s_place, farewell);

	if (!s2s_out_end_some(p, p->farewells++ >= FAREWELLS_MAX)) {
		timer_start(p->loop->timers, &p->farewell, FAREWELL_MS);
		return;
	}
	departure_flush(p->registry);
	atomic_fetch_sub(&p->s2s->open_streams, 1);
}

static void run_stop(struct letter *l)
{
	struct s2s_place *p = container_of(l, struct s2s_place, stop);

	p->is_stopping = true;
	s2s_probe_end_all(p);
	s2s_out_keep_all(p);
	departure_flush(p->registry);
	on_farewell(&p->farewell);
}

static struct str out_key(const void *value)
{
	return ((const struct s2s_out *)value)->key;
}

static struct str in_key(const void *value)
{
	const struct s2s_in *in = value;

	return str_make((const char *)&in->id, sizeof(in->id));
}

static void set_place(struct s2s *s, struct loop *loop, struct s2s_settings *settings)
{
	struct s2s_place *p = &s->places[loop->index];

	p->s2s = s;
	p->loop = loop;
	p->registry = s->home->realm->registries[loop->index];
	p->settings = settings;
	s2s_settings_ref(settings);
	map_init(&p->outs, out_key);
	map_init(&p->ins, in_key);
	list_init(&p->probes);
	s2s_returns_init(&p->returns, p->registry, s->home->loop_count);
	s2s_keep_init(p);
	s2s_in_resumption_init(p);
	timer_init(&p->farewell, on_farewell);
	p->stop.run = run_stop;
}

static void make_secret(struct s2s *s)
{
	uint8_t random[SECRET_BYTES];

	codec_random(random, sizeof(random));
	codec_hex(s->secret, random, sizeof(random));
	codec_wipe(random, sizeof(random));
}

struct s2s *s2s_new(const struct service_home *home, struct resolve *resolve, const struct config *config, struct why *why)
{
	struct s2s_settings *settings = s2s_settings_new(config, why);
	struct s2s *s;

	if (!settings)
		return NULL;
	s = mem_new(sizeof(*s) + (size_t)home->loop_count * sizeof(s->places[0]));
	s->home = home;
	s->resolve = resolve;
	make_secret(s);
	for (int i = 0; i < home->loop_count; i++)
		set_place(s, home->loops[i], settings);
	s2s_settings_unref(&settings);
	s2s_queue_set_budget(config->meerkat.max_total_output_bytes);
	home->realm->abroad = s;
	home->realm->abroad_ops = &s2s_control_ops;
	home->realm->send_abroad = send_abroad;
	return s;
}

enum err s2s_recover(struct s2s *s, struct why *why)
{
	return s2s_keep_recover(s, why);
}

void s2s_stop(struct s2s *s)
{
	/* Each place counts until it has said goodbye. */
	atomic_fetch_add(&s->open_streams, s->home->loop_count);
	for (int i = 0; i < s->home->loop_count; i++)
		mailbox_post(&s->places[i].loop->mailbox, &s->places[i].stop);
}

int64_t s2s_streams(const struct s2s *s)
{
	return atomic_load(&s->open_streams);
}

void s2s_free(struct s2s **federation)
{
	struct s2s *s = *federation;

	*federation = NULL;
	if (!s)
		return;
	s->home->realm->send_abroad = NULL;
	s->home->realm->abroad_ops = NULL;
	for (int i = 0; i < s->home->loop_count; i++) {
		s2s_probe_free_all(&s->places[i]);
		s2s_out_free_all(&s->places[i]);
		s2s_returns_fini(&s->places[i].returns);
		s2s_in_resumption_fini(&s->places[i]);
		timer_stop(&s->places[i].keep);
		timer_stop(&s->places[i].farewell);
		map_fini(&s->places[i].ins);
		s2s_settings_unref(&s->places[i].settings);
	}
	s2s_cancel(s);
	codec_wipe(s->secret, sizeof(s->secret));
	free(s);
}

/* ---- a new configuration ---- */

struct change {
	struct letter letter;
	struct s2s_place *place;
	struct s2s_settings *settings; /* counted */
};

static void take_settings(struct letter *l)
{
	struct change *c = container_of(l, struct change, letter);

	s2s_settings_unref(&c->place->settings);
	c->place->settings = c->settings;
	free(c);
}

void s2s_cancel(struct s2s *s)
{
	if (s->prepared)
		s2s_settings_unref(&s->prepared);
}

bool s2s_prepare(struct s2s *s, const struct config *config, struct why *why)
{
	s2s_cancel(s);
	s->prepared = s2s_settings_new(config, why);
	return s->prepared != NULL;
}

void s2s_apply(struct s2s *s)
{
	s2s_queue_set_budget(s->prepared->config->meerkat.max_total_output_bytes);
	for (int i = 0; i < s->home->loop_count; i++) {
		struct change *c = mem_new(sizeof(*c));

		*c = (struct change){.letter.run = take_settings, .place = &s->places[i], .settings = s->prepared};
		s2s_settings_ref(s->prepared);
		mailbox_post(&s->places[i].loop->mailbox, &c->letter);
	}
	s2s_settings_unref(&s->prepared);
}

const struct service_kind s2s_kind = {
	.name = "s2s",
	.alpn = "xmpp-server",
	.settings_size = sizeof(struct s2s_in_settings),
	.complete = s2s_in_settings_complete,
	.release = s2s_in_settings_release,
	.accept = s2s_in_accept,
	.end_all = s2s_in_end_all,
};
