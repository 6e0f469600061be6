/* http_service: an HTTP listener as a kind of service: its settings are a hosting with the handlers of the configuration.
 *
 * What happens on a connection is in http/. Which handlers there are is told by main (service_home.handlers). Threads: see service.h.
 * Test: test/robust/web_requests.py */
#ifndef MEERKAT_LINK_HTTP_SERVICE_H
#define MEERKAT_LINK_HTTP_SERVICE_H

#include "http/handler.h"
#include "link/service.h"

/* A handler and what it works on. The list ends with a handler of NULL. */
struct handler_use {
	const struct handler *handler;
	void *world;
};

struct http_service_settings {
	struct service_settings base; /* first */
	struct hosting *hosting;      /* counted */
};

extern const struct service_kind http_service_kind;

#endif
