/* c2s_web: what the handlers for XMPP over HTTP have in common: the settings of their streams, made of the handler's options.
 *
 * An instance of such a handler is its settings. Threads: making and releasing any, one at a time. Tests: test/wire/25-web/ */
#ifndef MEERKAT_LINK_C2S_WEB_H
#define MEERKAT_LINK_C2S_WEB_H

#include "http/handler.h"
#include "link/c2s/c2s_carrier.h"

/* As [[listen.c2s]] would have them. */
struct c2s_web_options {
	int64_t max_stanza_size, state_timeout_ms; /* OPTION_INFINITY */
	bool backwards_compatible_session;
	struct str shaper;
};

struct c2s_web {
	struct c2s_settings c2s; /* first */
	struct config_listen listen;
	const void *options;     /* the handler's, in the configuration */
};

static inline struct c2s_web *c2s_web_of(struct c2s_settings *s)
{
	return container_of(s, struct c2s_web, c2s);
}

/* For handler.create. */
struct c2s_web *c2s_web_new(const struct handler_site *site, const struct c2s_carrier *carrier, const struct c2s_web_options *options);
/* For handler.destroy: peers may have it longer. */
void c2s_web_destroy(void *web);

#endif
