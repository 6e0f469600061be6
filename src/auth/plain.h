/* plain: the mechanism PLAIN (RFC 4616): name and password as they are. Test: test/unit/auth/plain_test.c */
#ifndef MEERKAT_AUTH_PLAIN_H
#define MEERKAT_AUTH_PLAIN_H

#include "auth/mechanism.h"

void plain_step(struct sasl *s, struct str data);

#endif
