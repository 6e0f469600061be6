/* s2s_in_sasl: another server shows by its certificate who it is (SASL EXTERNAL).
 *
 * Internal to link/s2s_in. Threads: the loop of the stream. Test: test/federation/incoming_test.py */
#ifndef MEERKAT_LINK_S2S_IN_SASL_H
#define MEERKAT_LINK_S2S_IN_SASL_H

#include "link/s2s/s2s_in.h"

/* <auth/> */
void s2s_in_sasl_take(struct s2s_in *in, const struct stanza *e);

#endif
