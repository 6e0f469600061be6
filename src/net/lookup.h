/* lookup: questions to DNS servers, through libunbound, in a thread that starts with the first of them.
 *
 * resolve's own. LOOKUP_RUNNING_MAX questions are with libunbound at a time, LOOKUP_WAITING_MAX more wait; what comes then fails at once.
 * Answers are kept by libunbound, for their time to live and within LOOKUP_CACHE_BYTES.
 * Threads: lookup_new, lookup_free the main one; posts those with a loop. Test: test/unit/net/resolve_test.c */
#ifndef MEERKAT_NET_LOOKUP_H
#define MEERKAT_NET_LOOKUP_H

#include "net/loop.h"
#include "net/resolve.h"

enum { LOOKUP_RUNNING_MAX = 500, LOOKUP_WAITING_MAX = 5000, LOOKUP_CACHE_BYTES = 8 * 1024 * 1024 };

struct lookup;
struct lookup_job;

/* NULL with why: the trust anchors cannot be used. The configuration may go. */
struct lookup *lookup_new(const struct config_resolver *c, struct why *why);

/* All jobs are answered or cancelled. */
void lookup_free(struct lookup **l);

/* `name` as rdata_name makes it. on_answer is called on the current loop, later. There is no limit on the time it takes. */
struct lookup_job *lookup_start_post(struct lookup *l, struct str name, enum resolve_type type, resolve_on_answer *on_answer, void *context);

/* It will not be answered. Clears your pointer; NULL is fine. On the loop that started it. */
void lookup_cancel_post(struct lookup_job **job);

#endif
