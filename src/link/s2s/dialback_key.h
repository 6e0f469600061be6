/* dialback_key: the keys by which a server recognises streams that it has opened itself (XEP-0220, made as XEP-0185 says).
 *
 * A key is HMAC-SHA-256 over "RECEIVING ORIGINATING STREAM-ID", keyed with the hexadecimal SHA-256 of the secret; so nothing has to be
 * remembered. Domains are prepared. Threads: any. Test: test/unit/link/dialback_key_test.c */
#ifndef MEERKAT_LINK_DIALBACK_KEY_H
#define MEERKAT_LINK_DIALBACK_KEY_H

#include <stdbool.h>

#include "base/str.h"

enum { DIALBACK_KEY_CHARS = 64 };

/* Of what a key is. The originating server is the one that opened the stream and made the key; the id is that of the receiving one's header. */
struct dialback_key_about {
	struct str secret; /* of the originating server */
	struct str receiving, originating;
	struct str id;
};

/* Lower-case hexadecimal, and a terminating zero. */
void dialback_key_make(char out[DIALBACK_KEY_CHARS + 1], const struct dialback_key_about *about);

/* Is this text the key? In constant time. */
bool dialback_key_is(struct str text, const struct dialback_key_about *about);

#endif
