/* s2s_out_guest: several domains of ours on one stream to another server (XEP-0220 §2.6): a pair of domains that would need a stream of its own
 * proves itself on one that is open, and shares its lane.
 *
 * Only where the other server has said that its answers about keys may be errors, as else a key that it does not like would cost the stream;
 * and only where the configuration wants the same of both. What cannot be a guest gets its own stream. Several domains of theirs never share one:
 * they have different homes (s2s_place). Internal to link/s2s_out. Threads: the loop of the pair. Test: test/federation/sharing_test.py */
#ifndef MEERKAT_LINK_S2S_OUT_GUEST_H
#define MEERKAT_LINK_S2S_OUT_GUEST_H

#include "link/s2s/s2s_out_stream.h"

/* Is there a stream for it? Then its key is under way there; it will be used, or an attempt of its own begins. */
bool s2s_out_guest_ask(struct s2s_out *o);

/* It does not wait for an answer any more. */
void s2s_out_guest_leave(struct s2s_out *o);

/* <db:result/> on an open stream. */
void s2s_out_guest_answer(struct s2s_out_stream *s, const struct stanza *e);

/* The stream has come to its end: those who wait for answers go their own ways. */
void s2s_out_guest_send_away(struct s2s_out_stream *s);

#endif
