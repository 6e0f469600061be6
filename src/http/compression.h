/* compression: gzip of answers (RFC 1952), whole or as they are streamed.
 *
 * Threads: the loop's. Test: test/unit/http/compression_test.c */
#ifndef MEERKAT_HTTP_COMPRESSION_H
#define MEERKAT_HTTP_COMPRESSION_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

struct compression;

/* Does a client with this Accept-Encoding (STR_NONE: it has sent none) take gzip? */
bool compression_is_welcome(struct str accept_encoding);

/* Is a body of this type worth it: text, JSON, XML, scripts? */
bool compression_suits(struct str type);

struct compression *compression_new(void);
void compression_free(struct compression **c);

/* Appends what the piece becomes. `is_last`: and the end; otherwise everything so far can be read by the client. */
void compression_take(struct compression *c, struct str piece, bool is_last, struct buf *out);

/* All at once, appended to out. */
void compression_whole(struct str body, struct buf *out);

#endif
