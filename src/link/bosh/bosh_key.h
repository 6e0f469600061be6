/* bosh_key: the sequence of keys that shows that all requests of a session come from one client (XEP-0124 §15).
 *
 * Threads: the session's. Test: test/unit/link/bosh_key_test.c */
#ifndef MEERKAT_LINK_BOSH_KEY_H
#define MEERKAT_LINK_BOSH_KEY_H

#include <stdbool.h>

#include "base/str.h"

enum { BOSH_KEY_CHARS = 40 }; /* SHA-1 in hexadecimal */

/* Zeroed at first: no keys are used. */
struct bosh_key {
	char last[BOSH_KEY_CHARS + 1]; /* the next key is the one whose hash this is; "": there are no keys */
};

/* The keys of the next request (STR_NONE: not there). False: it is not from the client. */
bool bosh_key_take(struct bosh_key *k, struct str key, struct str newkey);

#endif
