/* c2s_tls: what a client's TLS connection proves: to this channel it is bound, and with this certificate it came. Of all carriers.
 *
 * Threads: the connection's loop. Tests: test/wire/30-auth, test/clients/websocket_test.py */
#ifndef MEERKAT_LINK_C2S_TLS_H
#define MEERKAT_LINK_C2S_TLS_H

#include "auth/sasl.h"
#include "net/tls.h"

/* Channel-binding data of this type, appended. False: there is none, or no TLS (tls is NULL). */
bool c2s_tls_binding(const struct tls *tls, const char *type, struct buf *out);

/* The names in the certificate that the client has shown, made in the arena. False: it has shown none, or none that is good. */
bool c2s_tls_certificate(const struct tls *tls, struct arena *a, struct sasl_certificate *out);

#endif
