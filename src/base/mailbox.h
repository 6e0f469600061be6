/* mailbox: how threads talk: many writers, one reader, no lock.
 *
 * A letter is a field of what is being sent; posting takes no memory. Letters of one writer arrive in their order. The reader is woken
 * through an eventfd once per batch: when the box was empty. This is the one door between threads.
 * Threads: mailbox_post* any; everything else the reader's. Test: test/unit/base/mailbox_test.c */
#ifndef MEERKAT_BASE_MAILBOX_H
#define MEERKAT_BASE_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct letter {
	struct letter *next;
	/* Runs on the reader's thread and owns the letter from there. */
	void (*run)(struct letter *l);
};

struct mailbox {
	_Atomic(struct letter *) newest; /* the writers' end */
	struct letter *taken;            /* the reader's end: oldest first, not yet run */
	int fd;                          /* eventfd, readable when there may be letters */
};

/* A failure to make the eventfd is a failed check: it happens at start. */
void mailbox_init(struct mailbox *m);
/* It must be empty. */
void mailbox_fini(struct mailbox *m);

/* l->run is set; l belongs to the reader from here. */
void mailbox_post(struct mailbox *m, struct letter *l);

/* Runs all letters that are in it, oldest first; those posted meanwhile too, but at most `limit` in all. True if some are left:
 * then the reader calls again without waiting, as the fd speaks of new letters only. */
bool mailbox_drain(struct mailbox *m, size_t limit);

/* Nothing is in it at this moment. */
bool mailbox_is_empty(const struct mailbox *m);

#endif
