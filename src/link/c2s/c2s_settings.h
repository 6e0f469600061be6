/* c2s_settings: what one configuration says about a listener for clients, beyond what all listeners have.
 *
 * Internal to link. Threads: any. Test: test/wire/80-administration/reload.wire */
#ifndef MEERKAT_LINK_C2S_SETTINGS_H
#define MEERKAT_LINK_C2S_SETTINGS_H

#include "base/list.h"
#include "link/service.h"
#include "xmpp/parser.h"

struct c2s_settings {
	struct service_settings base;
	struct stream_rules rules;
	struct parser_limits before_login, after_login;
};

static inline struct c2s_settings *c2s_settings(struct service_settings *s)
{
	return container_of(s, struct c2s_settings, base);
}

/* Makes the rest of what `base` says. */
void c2s_settings_complete(struct c2s_settings *s, const struct service_home *home, const struct stream_link *link);

#endif
