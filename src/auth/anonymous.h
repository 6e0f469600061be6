/* anonymous: the mechanism ANONYMOUS (RFC 4505): the server chooses a name. Test: test/unit/auth/anonymous_test.c */
#ifndef MEERKAT_AUTH_ANONYMOUS_H
#define MEERKAT_AUTH_ANONYMOUS_H

#include "auth/mechanism.h"

void anonymous_step(struct sasl *s, struct str data);

#endif
