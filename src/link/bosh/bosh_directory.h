/* bosh_directory: where the BOSH sessions are: a request may arrive on any loop, and its session lives on one, which may change.
 *
 * Letters that are posted through it follow a session that moves: whoever reads an entry here posts to the loop where the session will be when the
 * letter is read, at the latest when it was read again. Threads: any. Test: test/unit/link/bosh_directory_test.c */
#ifndef MEERKAT_LINK_BOSH_DIRECTORY_H
#define MEERKAT_LINK_BOSH_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "net/loop.h"

enum { BOSH_DIRECTORY_SID_CHARS = 26 }; /* of 5 random bits each */

/* Embedded in a session. */
struct bosh_directory_entry {
	char sid[BOSH_DIRECTORY_SID_CHARS + 1];
	struct loop *loop;  /* changed by the functions here only */
	bool is_logged_in;  /* likewise */
};

/* Draws a new sid and enters the session, which is on this loop. */
void bosh_directory_add(struct bosh_directory_entry *e, struct loop *loop);
/* From its loop. Letters that are on their way find nothing. */
void bosh_directory_remove(struct bosh_directory_entry *e);

/* The session leaves for another loop with this letter; nothing that is posted to it later is read before that. */
void bosh_directory_move(struct bosh_directory_entry *e, struct loop *to, struct letter *l);

void bosh_directory_set_logged_in(struct bosh_directory_entry *e);
/* False also if there is no such session. */
bool bosh_directory_is_logged_in(struct str sid);

/* The session, if it is on this loop, which is the caller's. Otherwise NULL, and the letter has been posted to where it is, or, if *posted_out is
 * false, there is none. */
struct bosh_directory_entry *bosh_directory_find(struct str sid, struct loop *here, struct letter *l, bool *posted_out);

/* How many there are, for tests. */
size_t bosh_directory_count(void);

#endif
