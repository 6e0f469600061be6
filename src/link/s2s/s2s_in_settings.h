/* s2s_in_settings: what one configuration says about a listener for servers, beyond what all listeners have.
 *
 * Internal to link/s2s. Threads: any. Test: test/federation/ */
#ifndef MEERKAT_LINK_S2S_IN_SETTINGS_H
#define MEERKAT_LINK_S2S_IN_SETTINGS_H

#include "link/service.h"
#include "xmpp/parser.h"

/* What a listener for servers gives its streams. */
struct s2s_in_settings {
	struct service_settings base;
	int policy; /* enum config_s2s_tls */
	bool is_direct_tls;
	struct tls_context *tls; /* the one of base, or one that is made of [s2s]; NULL: no TLS */
	struct tls_context *own_tls; /* counted: the latter */
	struct parser_limits before, after; /* before and after it has proved who it is */
};

/* For s2s_kind. */
bool s2s_in_settings_complete(struct service_settings *s, const struct service_home *home, struct why *why);
void s2s_in_settings_release(struct service_settings *s);

#endif
