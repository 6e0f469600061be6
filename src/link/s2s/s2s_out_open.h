/* s2s_out_open: what comes on a stream to another server when it is open, and answers about keys at any time.
 *
 * Internal to link/s2s_out_stream. Threads: the loop of the stream. Tests: test/federation/ */
#ifndef MEERKAT_LINK_S2S_OUT_OPEN_H
#define MEERKAT_LINK_S2S_OUT_OPEN_H

#include "link/s2s/s2s_out_stream.h"

/* Is an answer about a key about the two domains of this stream? */
bool s2s_out_open_is_between(const struct s2s_out_stream *s, const struct stanza *e);

/* <db:verify/>: the answer to a question. */
void s2s_out_open_answer(struct s2s_out_stream *s, const struct stanza *e);

/* Anything but a stanza. */
void s2s_out_open_take(struct s2s_out_stream *s, const struct stanza *e);

/* What comes back on our own stream (XEP-0288): between the same two domains. Taken over, or left alone. */
void s2s_out_open_take_stanza(struct s2s_out_stream *s, struct stanza **e);

#endif
