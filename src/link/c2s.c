#include "link/c2s.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "link/c2s_peer.h"
#include "link/c2s_stream.h"
#include "route/registry.h"

static size_t size_limit(int64_t bytes)
{
	return bytes == OPTION_INFINITY ? SIZE_MAX : (size_t)bytes;
}

static struct parser_limits parser_limits(const struct config_meerkat *m, size_t element_bytes)
{
	return (struct parser_limits){
		.element_bytes = element_bytes,
		.depth = (uint32_t)m->max_depth,
		.attributes = (uint32_t)m->max_attributes,
		.name_bytes = (uint32_t)m->max_name_bytes,
	};
}

static void set_rules(struct c2s_service *s)
{
	const struct config_meerkat *m = &s->config->meerkat;
	const struct config_tls *tls = s->listen->tls;
	size_t after = size_limit(s->listen->max_stanza_size), before = size_limit(m->preauth_max_stanza_size);

	s->after_login = parser_limits(m, after);
	s->before_login = parser_limits(m, before < after ? before : after);
	s->rules = (struct stream_rules){
		.link = &c2s_stream_link,
		.listen = s->listen,
		.accounts = &s->realm->accounts,
		.can_start_tls = s->tls && tls->mode != CONFIG_TLS,
		.must_start_tls = s->tls && tls->mode == CONFIG_STARTTLS_REQUIRED,
	};
}

void c2s_service_unref(struct c2s_service *s)
{
	if (atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	listener_free(&s->listener);
	if (s->tls)
		tls_context_unref(&s->tls);
	config_unref(&s->config);
	free(s);
}

static void run_stop(struct letter *l)
{
	struct c2s_place *place = container_of(l, struct c2s_place, stop);

	c2s_peer_end_all(place);
	c2s_service_unref(place->service);
}

static void set_place(struct c2s_service *s, struct loop *loop)
{
	struct c2s_place *place = &s->places[loop->index];

	check(loop->index < s->place_count);
	place->service = s;
	place->loop = loop;
	place->registry = s->realm->registries[loop->index];
	place->stream = (struct stream_place){loop->timers, &loop->mailbox, &loop->scratch};
	place->stop.run = run_stop;
	list_init(&place->peers);
}

struct c2s_service *c2s_service_new(const struct config *config, const struct config_listen *listen, struct realm *realm,
				    struct loop *const *loops, int loop_count, struct why *why)
{
	struct c2s_service *s = mem_new(sizeof(*s) + (size_t)loop_count * sizeof(s->places[0]));

	s->refs = 1;
	s->config = config;
	config_ref(config);
	s->listen = listen;
	s->realm = realm;
	s->place_count = loop_count;
	for (int i = 0; i < loop_count; i++)
		set_place(s, loops[i]);
	if (listen->tls)
		s->tls = tls_context_new(listen->tls, "xmpp-client", why);
	if (!listen->tls || s->tls)
		s->listener = listener_open(listen, loops, loop_count, why);
	if (!s->listener) {
		c2s_service_unref(s);
		return NULL;
	}
	set_rules(s);
	return s;
}

static void on_accept(void *context, struct listener *l, struct loop *loop, int fd, struct ip peer)
{
	struct c2s_service *s = context;

	(void)l;
	c2s_peer_accept(&s->places[loop->index], fd, peer);
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

const struct config_listen *c2s_service_config(const struct c2s_service *s)
{
	return s->listen;
}

void c2s_service_free(struct c2s_service **s)
{
	if (*s)
		c2s_service_unref(*s);
	*s = NULL;
}
