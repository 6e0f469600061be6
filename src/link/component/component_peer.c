#include "link/component/component_peer.h"

#include <stdlib.h>
#include <unistd.h>

#include "auth/admission.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/mem.h"
#include "link/component/component_stanza.h"
#include "link/component/component_stream.h"
#include "link/entry.h"
#include "link/shaping.h"
#include "xmpp/fault.h"

static struct component_peer *peer_of_conn(struct conn *c)
{
	return container_of(c, struct component_peer, conn);
}

static const struct config_meerkat *limits_of(const struct component_peer *p)
{
	return &p->place->settings->config->meerkat;
}

void component_peer_leave_admission(struct component_peer *p)
{
	if (p->is_admitted)
		admission_leave(p->conn.peer);
	p->is_admitted = false;
}

void component_peer_end_input(struct component_peer *p)
{
	annex_close(&p->annex);
	source_close(&p->source);
	component_stanza_return_unsent(p);
	parser_fini(&p->parser);
	admission_hold(p->held_bytes, 0, limits_of(p));
	p->held_bytes = 0;
}

/* ---- input ---- */

static void on_fault(struct component_peer *p)
{
	if (p->parser.fault == FAULT_TOO_LARGE)
		limit_acted(METRIC_max_stanza_size_exceeded, p->conn.peer);
	component_stream_error(p, p->parser.error, parser_error_text(&p->parser));
}

/* Until something is complete. Returns how much was taken. */
static size_t feed(struct component_peer *p, struct str bytes)
{
	struct stanza *stanza;
	size_t used;

	switch (parser_feed(&p->parser, bytes, &used, &stanza)) {
	case PARSER_MORE:
		break;
	case PARSER_HEADER:
	case PARSER_STANZA:
		component_stream_receive(p, stanza);
		break;
	case PARSER_CLOSE:
		component_stream_end(p);
		break;
	case PARSER_FAILED:
		on_fault(p);
		break;
	}
	return used;
}

static size_t on_bytes(struct conn *c, struct str bytes)
{
	struct component_peer *p = peer_of_conn(c);
	size_t used = 0;

	while (used < bytes.len && !source_is_backed_up(&p->source) && component_stream_takes_input(p))
		used += feed(p, str_make(bytes.data + used, bytes.len - used));
	if (!entry_hold(&p->held_bytes, &p->parser, limits_of(p))) {
		limit_acted(METRIC_input_budget_exceeded, p->conn.peer);
		component_stream_error(p, ENTRY_HOLDS_TOO_MUCH);
	}
	return used;
}

/* ---- other events ---- */

static void on_secure(struct conn *c)
{
	log_event(LOG_DEBUG, "component", "secured", LOG_TEXT("version", tls_version(c->tls)), LOG_TEXT("cipher", tls_cipher(c->tls)));
	component_stream_secured(peer_of_conn(c));
}

static void on_closed(struct conn *c, enum err reason)
{
	struct component_peer *p = peer_of_conn(c);
	struct service *service = p->place->service;
	struct service_settings *settings = &p->settings->base;
	char text[IP_TEXT_MAX];

	log_event(LOG_DEBUG, "component", "connection closed", LOG_TEXT("peer", ip_format(c->peer, true, text)),
		  LOG_TEXT("reason", err_text(reason)));
	component_stream_fini(p);
	component_peer_end_input(p);
	component_peer_leave_admission(p);
	list_remove(&p->link);
	service_settings_unref(&settings);
	free(p->name);
	free(p);
	service_released(service);
}

static void on_written(struct conn *c)
{
	component_stanza_forget_unsent(peer_of_conn(c));
}

static const struct conn_handler conn_handler = {
	.on_bytes = on_bytes, .on_secure = on_secure, .on_written = on_written, .on_closed = on_closed,
};

static void on_resume(struct source *s)
{
	conn_resume(&container_of(s, struct component_peer, source)->conn);
}

/* ---- life ---- */

void component_peer_accept(struct service_place *place, int fd, struct ip address)
{
	const struct service_settings *base = place->settings;
	bool starts_with_tls = base->tls && base->listen->tls->mode == CONFIG_TLS;
	struct component_peer *p;

	if (!entry_admit(place, address)) {
		close(fd);
		service_released(place->service);
		return;
	}
	p = mem_new(sizeof(*p));
	p->place = place;
	p->settings = component_settings(place->settings);
	service_settings_ref(place->settings);
	p->is_admitted = true;
	list_append(&place->peers, &p->link);
	conn_init(&p->conn, place->loop, fd, address, &conn_handler);
	p->conn.output_limit_bytes = (uint32_t)base->config->meerkat.max_output_bytes;
	conn_set_hibernate(&p->conn, base->listen->hibernate_after_ms);
	shaping_begin(&p->conn, base);
	parser_init(&p->parser, PARSER_STREAM, &p->settings->before_login);
	source_open(&p->source, place->registry, on_resume);
	component_stream_init(p, starts_with_tls);
	if (starts_with_tls)
		conn_start_tls(&p->conn, base->tls, true);
}

void component_peer_end_all(struct service_place *place)
{
	list_each (link, &place->peers)
		component_stream_error(container_of(link, struct component_peer, link), STREAM_ERROR_SYSTEM_SHUTDOWN, NULL);
}
