#include "link/c2s.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "link/c2s_peer.h"
#include "route/registry.h"

void c2s_service_unref(struct c2s_service *s)
{
	if (atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	listener_free(&s->listener);
	for (int i = 0; i < s->place_count; i++)
		c2s_settings_unref(&s->places[i].settings);
	if (s->prepared)
		c2s_settings_unref(&s->prepared);
	c2s_settings_unref(&s->first);
	free(s);
}

static void run_stop(struct letter *l)
{
	struct c2s_place *place = container_of(l, struct c2s_place, stop);

	proxy_gate_close(&place->gate);
	c2s_peer_end_all(place);
	c2s_service_unref(place->service);
}

/* A connection has shown its PROXY header, or is closed. */
static void on_header(struct proxy_gate *g, int fd, struct ip peer)
{
	struct c2s_place *place = container_of(g, struct c2s_place, gate);

	if (fd >= 0)
		c2s_peer_accept(place, fd, peer);
	else
		listener_released(place->service->listener);
}

static void set_place(struct c2s_service *s, struct loop *loop)
{
	struct c2s_place *place = &s->places[loop->index];

	check(loop->index < s->place_count);
	place->service = s;
	place->settings = s->first;
	c2s_settings_ref(s->first);
	place->loop = loop;
	place->registry = s->realm->registries[loop->index];
	place->stream = (struct stream_place){loop->timers, &loop->mailbox, &loop->scratch};
	place->stop.run = run_stop;
	proxy_gate_init(&place->gate, loop, on_header);
	list_init(&place->peers);
}

struct c2s_service *c2s_service_new(const struct config *config, const struct config_listen *listen, const struct c2s_home *home,
				    struct why *why)
{
	struct c2s_settings *settings = c2s_settings_new(config, listen, &home->realm->accounts, why);
	struct listener *listener = settings ? listener_open(listen, home->loops, home->loop_count, why) : NULL;

	if (!listener) {
		if (settings)
			c2s_settings_unref(&settings);
		return NULL;
	}

	struct c2s_service *s = mem_new(sizeof(*s) + (size_t)home->loop_count * sizeof(s->places[0]));

	s->refs = 1;
	s->first = settings;
	s->listener = listener;
	s->realm = home->realm;
	s->place_count = home->loop_count;
	for (int i = 0; i < home->loop_count; i++)
		set_place(s, home->loops[i]);
	return s;
}

static void on_accept(void *context, struct listener *l, struct loop *loop, int fd, struct ip peer)
{
	struct c2s_service *s = context;
	struct c2s_place *place = &s->places[loop->index];

	(void)l;
	if (place->settings->proxy)
		proxy_gate_enter(&place->gate, place->settings->proxy, fd, peer);
	else
		c2s_peer_accept(place, fd, peer);
}

void c2s_service_start(struct c2s_service *s)
{
	s->is_started = true;
	listener_start(s->listener, on_accept, s);
}

void c2s_service_stop(struct c2s_service *s)
{
	if (atomic_exchange(&s->is_stopping, true))
		return;
	listener_stop(s->listener);
	for (int i = 0; s->is_started && i < s->place_count; i++) {
		atomic_fetch_add(&s->refs, 1);
		mailbox_post(&s->places[i].loop->mailbox, &s->places[i].stop);
	}
}

int64_t c2s_service_connections(const struct c2s_service *s)
{
	return listener_connections(s->listener);
}

int c2s_service_port(const struct c2s_service *s)
{
	return listener_port(s->listener);
}

/* ---- a new configuration ---- */

/* New settings on their way to a loop. */
struct change {
	struct letter letter;
	struct c2s_place *place;
	struct c2s_settings *settings; /* counted */
};

static void take_settings(struct letter *l)
{
	struct change *c = container_of(l, struct change, letter);
	struct c2s_service *service = c->place->service;

	c2s_settings_unref(&c->place->settings);
	c->place->settings = c->settings;
	free(c);
	c2s_service_unref(service);
}

void c2s_service_cancel(struct c2s_service *s)
{
	if (s->prepared)
		c2s_settings_unref(&s->prepared);
}

bool c2s_service_prepare(struct c2s_service *s, const struct config *config, const struct config_listen *listen, struct why *why)
{
	c2s_service_cancel(s);
	s->prepared = c2s_settings_new(config, listen, &s->realm->accounts, why);
	return s->prepared != NULL;
}

void c2s_service_apply(struct c2s_service *s)
{
	listener_set_max_connections(s->listener, s->prepared->listen->max_connections);
	listener_set_backlog(s->listener, (int)s->prepared->listen->backlog);
	for (int i = 0; i < s->place_count; i++) {
		struct change *c = mem_new(sizeof(*c));

		*c = (struct change){.letter.run = take_settings, .place = &s->places[i], .settings = s->prepared};
		c2s_settings_ref(s->prepared);
		atomic_fetch_add(&s->refs, 1);
		mailbox_post(&s->places[i].loop->mailbox, &c->letter);
	}
	c2s_settings_unref(&s->prepared);
}

void c2s_service_free(struct c2s_service **s)
{
	if (*s)
		c2s_service_unref(*s);
	*s = NULL;
}
