/* s2s_in_resumption: streams of other servers whose connection was lost, and that may go on on another one (XEP-0198 §5).
 *
 * What is left of a stream is its count of stanzas, and what of them is still under way; it waits S2S_IN_RESUMPTION_MS. Only a stream that has
 * proved the same pair of domains goes on with it, and is told so when all that had come is safe. At most S2S_IN_RESUMPTIONS_MAX wait on a loop:
 * the oldest is forgotten. Internal to link/s2s_in. Threads: the loop of the place. Test: test/federation/durability_test.py */
#ifndef MEERKAT_LINK_S2S_IN_RESUMPTION_H
#define MEERKAT_LINK_S2S_IN_RESUMPTION_H

#include "link/s2s/s2s_in.h"

enum { S2S_IN_RESUMPTION_MS = 60000, S2S_IN_RESUMPTIONS_MAX = 1000 };

void s2s_in_resumption_init(struct s2s_place *p);
/* When the loops do not run any more. */
void s2s_in_resumption_fini(struct s2s_place *p);

/* The answer to <enable/>; `wanted`: the stream is to be able to go on. */
void s2s_in_resumption_enable(struct s2s_in *in, bool wanted);

/* <resume/> */
void s2s_in_resumption_ask(struct s2s_in *in, const struct stanza *e);

/* The stream's connection is gone: what can go on waits, and what it was waiting for itself waits on. */
void s2s_in_resumption_leave(struct s2s_in *in);

#endif
