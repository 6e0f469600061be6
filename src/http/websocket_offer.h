/* websocket_offer: what a client offers when it asks for a WebSocket (RFC 6455 §4.2, RFC 7692 §5): key, sub-protocol, compression.
 *
 * Reads header values, writes header values. Threads: any. Tests: test/unit/http/websocket_offer_test.c, test/fuzz/websocket_fuzz.c */
#ifndef MEERKAT_HTTP_WEBSOCKET_OFFER_H
#define MEERKAT_HTTP_WEBSOCKET_OFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/exchange.h"

/* What is agreed upon. */
struct websocket_agreement {
	struct str protocol;  /* the sub-protocol as the client has written it; STR_NONE: none */
	uint8_t window_bits;  /* for websocket_init */
	bool tells_window;    /* ... has to be in the answer */
};

enum websocket_offer {
	WEBSOCKET_OFFER_GOOD,
	WEBSOCKET_OFFER_NO_UPGRADE,  /* a plain request: 426 */
	WEBSOCKET_OFFER_BAD_VERSION, /* not 13: 426, with the version that would do */
	WEBSOCKET_OFFER_BAD_KEY,     /* 400 */
};

/* `protocol` in any case is chosen if it is offered. Compression is agreed upon if it is offered in a way that we can do. */
enum websocket_offer websocket_offer_read(const struct exchange *x, const char *protocol, struct websocket_agreement *out);

/* Sets the headers of the answer, which exchange_hand_over sends. */
void websocket_offer_accept(struct exchange *x, const struct websocket_agreement *a);

/* Refuses; the exchange is gone. */
void websocket_offer_refuse(struct exchange *x, enum websocket_offer why);

/* For tests: one value of Sec-WebSocket-Extensions. False: nothing in it that we can do. */
bool websocket_offer_choose(struct str extensions, struct websocket_agreement *out);
/* For tests: is `protocol` in this list? */
struct str websocket_offer_find(struct str protocols, const char *protocol);

#endif
