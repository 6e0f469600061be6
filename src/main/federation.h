/* federation: other servers as a part of the running whole: the resolver, the streams, and what a reload means for them.
 *
 * Threads: the main thread. Test: test/federation/ */
#ifndef MEERKAT_MAIN_FEDERATION_H
#define MEERKAT_MAIN_FEDERATION_H

#include "main/server.h"

/* After the loops are made, before the listeners. False, with lines in the report: something in the configuration cannot be used. */
bool federation_open(struct server *s, struct buf *report);

/* Streams to others end; those that are left are counted by federation_streams. */
void federation_stop(struct server *s);
int64_t federation_streams(const struct server *s);

/* When the loops do not run any more, and all letters are open. */
void federation_free(struct server *s);

/* A reload; after a prepare that went well one of the two others follows. */
bool federation_prepare(struct server *s, const struct config *c, struct buf *report);
void federation_apply(struct server *s);
void federation_cancel(struct server *s);

#endif
