/* c2s_settings: what one configuration says about a listener for clients, ready for use: TLS, limits, rules of its streams.
 *
 * Constant and counted: a connection keeps the ones it was accepted with, a reload gives new ones to those that come later.
 * Internal to link/c2s. Threads: any. Test: test/wire/80-administration/reload.wire */
#ifndef MEERKAT_LINK_C2S_SETTINGS_H
#define MEERKAT_LINK_C2S_SETTINGS_H

#include <stdatomic.h>

#include "auth/account.h"
#include "base/err.h"
#include "conf/config.h"
#include "net/proxy_gate.h"
#include "net/tls.h"
#include "stream/stream.h"
#include "xmpp/parser.h"

struct c2s_settings {
	_Atomic uint32_t refs;
	const struct config *config; /* counted */
	const struct config_listen *listen;
	struct tls_context *tls; /* NULL: no TLS */
	struct proxy_rules *proxy; /* NULL: no PROXY header is expected */
	struct stream_rules rules;
	struct parser_limits before_login, after_login;
};

/* NULL with why: a certificate that cannot be used. `listen` is one of `config`, which is counted. */
struct c2s_settings *c2s_settings_new(const struct config *config, const struct config_listen *listen,
				      const struct account_service *accounts, struct why *why);

void c2s_settings_ref(struct c2s_settings *s);
/* Clears your pointer. */
void c2s_settings_unref(struct c2s_settings **s);

#endif
