/* websocket: the frames of a WebSocket (RFC 6455 §5), server side, with compression of single messages (RFC 7692).
 *
 * Bytes go in, and what they mean comes out, piece by piece: nothing is collected, so a frame or message may be of any length. What is taken of
 * the input is exact to the byte, so that a reader can stop anywhere. Between messages a connection holds the few words of the struct. Both sides
 * compress each message by itself ("no context takeover"), so that nothing is kept from one to the next; what is inflated of a message
 * is bounded while it is inflated. Knows nothing of XMPP or of sockets. Threads: the connection's loop.
 * Tests: test/unit/http/websocket_test.c (the cases of the Autobahn list), test/fuzz/websocket_fuzz.c */
#ifndef MEERKAT_HTTP_WEBSOCKET_H
#define MEERKAT_HTTP_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum {
	WEBSOCKET_PIECE_BYTES = 16 * 1024,
	WEBSOCKET_CONTROL_MAX = 125, /* payload of a control frame */
};

/* RFC 6455 §7.4.1 */
enum websocket_status {
	WEBSOCKET_NO_STATUS = 0, /* a close frame without one */
	WEBSOCKET_NORMAL = 1000,
	WEBSOCKET_GOING_AWAY = 1001,
	WEBSOCKET_PROTOCOL_ERROR = 1002,
	WEBSOCKET_INVALID_DATA = 1007,
	WEBSOCKET_TOO_LARGE = 1009,
};

enum websocket_event {
	WEBSOCKET_MORE,   /* the input is used up */
	WEBSOCKET_TEXT,   /* a piece of a text message */
	WEBSOCKET_BINARY, /* a piece of a binary message */
	WEBSOCKET_END,    /* the message is complete */
	WEBSOCKET_PING,   /* to be answered with a pong of the same payload */
	WEBSOCKET_PONG,
	WEBSOCKET_CLOSE,  /* ->status and payload say why; nothing more is to be read */
	WEBSOCKET_FAILED, /* ->status is what to close with; nothing more is to be read */
};

struct websocket_part; /* what only a connection in the middle of a message has */

struct websocket {
	struct websocket_part *part;
	size_t limit_bytes;      /* of one message, inflated; SIZE_MAX: none. May be changed at any time */
	uint16_t status;         /* of WEBSOCKET_CLOSE and WEBSOCKET_FAILED */
	uint8_t window_bits;     /* of what we compress; 0: no compression was negotiated */
};

/* window_bits: what websocket_offer_choose has found; 0: no compression. */
void websocket_init(struct websocket *w, uint8_t window_bits);
void websocket_fini(struct websocket *w);

/* Takes from *input until there is something to be told. room has WEBSOCKET_PIECE_BYTES; *payload_out is in it, unmasked and inflated: a piece
 * of a message (may be empty, never for TEXT and BINARY), or all of a control frame. */
enum websocket_event websocket_read(struct websocket *w, struct str *input, char *room, struct str *payload_out);

/* Bytes held for what is half read: 0 between messages. */
size_t websocket_held_bytes(const struct websocket *w);

/* A text message, to the end of `out`; compressed if that was negotiated and it is long enough to be worth it. */
void websocket_write_text(const struct websocket *w, struct buf *out, struct str text);
void websocket_write_ping(struct buf *out);
/* payload: at most WEBSOCKET_CONTROL_MAX bytes. */
void websocket_write_pong(struct buf *out, struct str payload);
void websocket_write_close(struct buf *out, enum websocket_status status);

#endif
