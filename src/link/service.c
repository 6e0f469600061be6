#include "link/service.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/probe.h"
#include "net/conn.h"
#include "net/listener.h"

/* Counted by its owner, its connections and its letters. */
struct service {
	const struct service_kind *kind;
	_Atomic uint32_t refs;
	_Atomic bool is_stopping;
	bool is_started;
	const struct service_home *home;
	struct service_settings *first;    /* counted: the listener was opened with them */
	struct service_settings *prepared; /* counted: between service_prepare and _apply; NULL otherwise */
	struct listener *listener;
	struct tls_context *shown; /* counted: whose certificate new connections are shown; NULL: none */
	struct probe certificate;  /* tells of it */
	int place_count;
	struct service_place places[];
};

/* ---- settings ---- */

static struct service_settings *settings_new(const struct service_kind *kind, const struct config *config,
					     const struct config_listen *listen, const struct service_home *home, struct why *why)
{
	bool has_tls = listen->tls && tls_is_possible(listen->tls);
	struct tls_context *tls = has_tls ? tls_context_new(listen->tls, kind->alpn, why) : NULL;
	struct service_settings *s;

	if (has_tls && !tls)
		return NULL;
	s = mem_new(kind->settings_size);
	*s = (struct service_settings){.refs = 1, .kind = kind, .config = config, .listen = listen, .tls = tls};
	if (listen->proxy_protocol)
		s->proxy = proxy_gate_rules(&config->meerkat.proxy_trusted);
	config_ref(config);
	conn_set_budget(config->meerkat.max_total_output_bytes);
	if (kind->complete && !kind->complete(s, home, why))
		service_settings_unref(&s);
	return s;
}

void service_settings_ref(struct service_settings *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
}

void service_settings_unref(struct service_settings **settings)
{
	struct service_settings *s = *settings;

	*settings = NULL;
	if (atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	if (s->kind->release)
		s->kind->release(s);
	if (s->tls)
		tls_context_unref(&s->tls);
	free(s->proxy);
	config_unref(&s->config);
	free(s);
}

/* ---- the certificate ---- */

static void report_days_left(const struct probe *p, probe_take *take, void *context)
{
	struct service *s = container_of(p, struct service, certificate);
	const struct config_listen *listen = s->first->listen;
	bool is_6 = listen->ip_version == 6;
	char labels[128];

	snprintf(labels, sizeof(labels), "listener=\"%s%.*s%s:%d\"", is_6 ? "[" : "", STR_ARGS(listen->ip_address), is_6 ? "]" : "",
		 listener_port(s->listener));
	take(context, &(struct probe_sample){"tls_cert_remaining_days", "gauge", "Days until the end of the certificate of a listener", labels,
					     (double)tls_context_days_left(s->shown)});
}

static void hide_certificate(struct service *s)
{
	if (!s->shown)
		return;
	probe_remove(&s->certificate);
	tls_context_unref(&s->shown);
}

static void show_certificate(struct service *s, struct tls_context *tls)
{
	hide_certificate(s);
	if (!tls)
		return;
	tls_context_ref(tls);
	s->shown = tls;
	s->certificate.report = report_days_left;
	probe_add(&s->certificate);
}

/* ---- life ---- */

void service_ref(struct service *s)
{
	atomic_fetch_add(&s->refs, 1);
}

void service_unref(struct service *s)
{
	if (atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	hide_certificate(s);
	listener_free(&s->listener);
	for (int i = 0; i < s->place_count; i++)
		service_settings_unref(&s->places[i].settings);
	if (s->prepared)
		service_settings_unref(&s->prepared);
	service_settings_unref(&s->first);
	free(s);
}

static void run_stop(struct letter *l)
{
	struct service_place *place = container_of(l, struct service_place, stop);

	place->is_ended = true;
	proxy_gate_close(&place->gate);
	place->service->kind->end_all(place);
	service_unref(place->service);
}

static void let_in(struct service_place *place, int fd, struct ip peer)
{
	const struct service *s = place->service;

	atomic_fetch_add(&place->service->refs, 1);
	if (s->kind->refuse && listener_is_over())
		s->kind->refuse(place, fd, peer);
	else
		s->kind->accept(place, fd, peer);
}

void service_released(struct service *s)
{
	listener_released(s->listener);
	service_unref(s);
}

/* A connection has shown its PROXY header, or is closed. */
static void on_header(struct proxy_gate *g, int fd, struct ip peer)
{
	struct service_place *place = container_of(g, struct service_place, gate);

	if (fd >= 0)
		let_in(place, fd, peer);
	else
		listener_released(place->service->listener);
}

static void set_place(struct service *s, struct loop *loop)
{
	struct service_place *place = &s->places[loop->index];

	check(loop->index < s->place_count);
	place->service = s;
	place->settings = s->first;
	service_settings_ref(s->first);
	place->loop = loop;
	place->registry = s->home->realm->registries[loop->index];
	place->stream = (struct stream_place){loop->timers, &loop->mailbox, &loop->scratch};
	place->stop.run = run_stop;
	proxy_gate_init(&place->gate, loop, on_header);
	list_init(&place->peers);
	list_init(&place->guests);
}

struct service *service_new(const struct service_kind *kind, const struct config *config, const struct config_listen *listen,
			    const struct service_home *home, struct why *why)
{
	struct service_settings *settings = settings_new(kind, config, listen, home, why);
	struct listener *listener = settings ? listener_open(listen, home->loops, home->loop_count, why) : NULL;
	struct service *s;

	if (!listener) {
		if (settings)
			service_settings_unref(&settings);
		return NULL;
	}
	s = mem_new(sizeof(*s) + (size_t)home->loop_count * sizeof(s->places[0]));
	s->kind = kind;
	s->refs = 1;
	s->first = settings;
	s->listener = listener;
	s->home = home;
	s->place_count = home->loop_count;
	for (int i = 0; i < home->loop_count; i++)
		set_place(s, home->loops[i]);
	show_certificate(s, settings->tls);
	return s;
}

static void on_accept(void *context, struct listener *l, struct loop *loop, int fd, struct ip peer)
{
	struct service *s = context;
	struct service_place *place = &s->places[loop->index];

	(void)l;
	if (place->settings->proxy)
		proxy_gate_enter(&place->gate, place->settings->proxy, fd, peer);
	else
		let_in(place, fd, peer);
}

void service_start(struct service *s)
{
	s->is_started = true;
	if (s->kind->refuse)
		listener_set_margin(s->listener, SERVICE_MARGIN);
	listener_start(s->listener, on_accept, s);
}

void service_stop(struct service *s)
{
	if (atomic_exchange(&s->is_stopping, true))
		return;
	hide_certificate(s);
	listener_stop(s->listener);
	for (int i = 0; s->is_started && i < s->place_count; i++) {
		atomic_fetch_add(&s->refs, 1);
		mailbox_post(&s->places[i].loop->mailbox, &s->places[i].stop);
	}
}

bool service_is_stopping(const struct service *s)
{
	return atomic_load(&s->is_stopping);
}

void service_free(struct service **s)
{
	if (*s)
		service_unref(*s);
	*s = NULL;
}

/* ---- facts ---- */

int64_t service_connections(const struct service *s)
{
	return listener_connections(s->listener);
}

const struct service_kind *service_kind(const struct service *s)
{
	return s->kind;
}

int service_port(const struct service *s)
{
	return listener_port(s->listener);
}

struct listener_counts service_get_counts(const struct service *s)
{
	return listener_get_counts(s->listener);
}

bool service_certificate_days(const struct service *s, int64_t *out)
{
	if (s->shown)
		*out = tls_context_days_left(s->shown);
	return s->shown != NULL;
}

/* ---- a new configuration ---- */

/* New settings on their way to a loop. */
struct change {
	struct letter letter;
	struct service_place *place;
	struct service_settings *settings; /* counted */
};

static void take_settings(struct letter *l)
{
	struct change *c = container_of(l, struct change, letter);
	struct service *service = c->place->service;

	service_settings_unref(&c->place->settings);
	c->place->settings = c->settings;
	free(c);
	service_unref(service);
}

void service_cancel(struct service *s)
{
	if (s->prepared)
		service_settings_unref(&s->prepared);
}

bool service_prepare(struct service *s, const struct config *config, const struct config_listen *listen, struct why *why)
{
	service_cancel(s);
	s->prepared = settings_new(s->kind, config, listen, s->home, why);
	return s->prepared != NULL;
}

void service_apply(struct service *s)
{
	listener_set_max_connections(s->listener, s->prepared->listen->max_connections);
	listener_set_backlog(s->listener, (int)s->prepared->listen->backlog);
	show_certificate(s, s->prepared->tls);
	for (int i = 0; i < s->place_count; i++) {
		struct change *c = mem_new(sizeof(*c));

		*c = (struct change){.letter.run = take_settings, .place = &s->places[i], .settings = s->prepared};
		service_settings_ref(s->prepared);
		atomic_fetch_add(&s->refs, 1);
		mailbox_post(&s->places[i].loop->mailbox, &c->letter);
	}
	service_settings_unref(&s->prepared);
}
