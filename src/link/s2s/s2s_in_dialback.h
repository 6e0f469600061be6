/* s2s_in_dialback: pairs of domains, and what an incoming stream says to have them proved (XEP-0220).
 *
 * Internal to link/s2s_in. Threads: the loop of the stream. Test: test/federation/ */
#ifndef MEERKAT_LINK_S2S_IN_DIALBACK_H
#define MEERKAT_LINK_S2S_IN_DIALBACK_H

#include "link/s2s/s2s_in.h"

/* <db:result/>: a key, to prove a pair with. */
void s2s_in_dialback_result(struct s2s_in *in, const struct stanza *e);

/* <db:verify/>: is this key ours? */
void s2s_in_dialback_verify(struct s2s_in *in, const struct stanza *e);

/* The pair of these domains, or NULL. */
struct s2s_in_pair *s2s_in_dialback_find(struct s2s_in *in, struct str local, struct str remote);

/* A new one, not proved; NULL: there are too many. */
struct s2s_in_pair *s2s_in_dialback_add(struct s2s_in *in, struct str local, struct str remote);

/* Forgets the pairs that are not proved. */
void s2s_in_dialback_drop_questions(struct s2s_in *in);

void s2s_in_dialback_free_pairs(struct s2s_in *in);

#endif
