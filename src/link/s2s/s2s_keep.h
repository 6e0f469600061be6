/* s2s_keep: messages for other servers that cannot go out promptly are kept in the store; what an earlier process has kept goes on.
 *
 * A message that has not arrived S2S_KEEP_AFTER_MS after it came is kept, whatever the reason: there is no stream yet, or none any more, or
 * the other server does not take it. So what goes out promptly costs nothing. Internal to link/s2s. Threads: the loop of the place, but for
 * s2s_keep_recover. Test: test/federation/durability_test.py */
#ifndef MEERKAT_LINK_S2S_KEEP_H
#define MEERKAT_LINK_S2S_KEEP_H

#include "link/s2s/s2s_place.h"
#include "link/s2s/s2s_queue.h"

enum { S2S_KEEP_AFTER_MS = 500 };

void s2s_keep_init(struct s2s_place *p);

/* It has just come. */
void s2s_keep_watch(struct s2s_place *p, struct s2s_item *item);

/* All of a queue, at once. */
void s2s_keep_all(const struct s2s_queue *q);

/* What an earlier process has left behind goes to its places, before the loops run: the main thread. */
must_use enum err s2s_keep_recover(struct s2s *s, struct why *why);

#endif
