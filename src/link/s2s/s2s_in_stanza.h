/* s2s_in_stanza: stanzas of another server that has proved who it is, and which of them it may forget (XEP-0198).
 *
 * Internal to link/s2s_in. Threads: the loop of the stream. Tests: test/federation/ */
#ifndef MEERKAT_LINK_S2S_IN_STANZA_H
#define MEERKAT_LINK_S2S_IN_STANZA_H

#include "link/s2s/s2s_in.h"

/* Taken over: to the router, or the stream ends. */
void s2s_in_stanza_take(struct s2s_in *in, struct stanza *e);

/* For its source: more is safe. */
void s2s_in_stanza_settled(struct source *s, uint32_t asks);

/* The last word about what has come, before the stream ends. Nothing if nobody wants to know. */
void s2s_in_stanza_say_count(struct s2s_in *in);

/* An element of XEP-0198, or of nobody's. */
void s2s_in_stanza_manage(struct s2s_in *in, const struct stanza *e);

#endif
