/* later: a thread that hands letters over after a while.
 *
 * Threads: post any; start and stop the owner's. Test: test/unit/auth/later_test.c */
#ifndef MEERKAT_AUTH_LATER_H
#define MEERKAT_AUTH_LATER_H

#include "base/mailbox.h"
#include "base/timer.h"

struct later;

/* A letter that waits; part of what is sent. */
struct later_item {
	struct timer timer;
	struct letter *letter;
	struct mailbox *to;
};

struct later *later_start(void);
/* What waits is handed over at once, and so is what comes from then on. */
void later_finish(struct later *d);
/* Finishes if that was not done yet, and frees: nobody posts any more. */
void later_stop(struct later **d);

/* The letter is posted to the mailbox after so many milliseconds. */
void later_post(struct later *d, struct later_item *item, struct mailbox *to, struct letter *l, uint64_t ms);

#endif
