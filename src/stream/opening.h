/* opening: the opening tag of a stream: is it right, and what ours says in answer (RFC 6120 §4.7).
 *
 * Internal to stream/. Threads: the stream's. Test: test/unit/stream/stream_test.c */
#ifndef MEERKAT_STREAM_OPENING_H
#define MEERKAT_STREAM_OPENING_H

#include "stream/stream.h"

/* Is it what a stream of this link is opened with? */
bool opening_is_tag(const struct stream *s, const struct stanza *element);

/* Notes in the negotiation what the tag says; the first thing wrong with it in the order namespace, host, version, sender, with a text. */
enum stream_error opening_examine(struct stream *s, const struct stanza *tag, const char **text_out);

/* Sends our opening tag, with a new id. */
void opening_send(struct stream *s);

#endif
