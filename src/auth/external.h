/* external: the mechanism EXTERNAL (RFC 4422 appendix A, XEP-0178): who has shown a good certificate is who it says.
 *
 * What of the certificate is taken for a name is the option auth.sasl_external: its XMPP addresses, its common name, or, where it has no
 * address, whatever the client asks for. Test: test/unit/auth/external_test.c */
#ifndef MEERKAT_AUTH_EXTERNAL_H
#define MEERKAT_AUTH_EXTERNAL_H

#include "auth/mechanism.h"

void external_step(struct sasl *s, struct str data);

#endif
