/* websocket_deflate: permessage-deflate (RFC 7692), each message by itself; websocket's own.
 *
 * Threads: any, one at a time each. Test: test/unit/http/websocket_test.c */
#ifndef MEERKAT_HTTP_WEBSOCKET_DEFLATE_H
#define MEERKAT_HTTP_WEBSOCKET_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct websocket_deflate_reader;

/* What one takes, roughly, once it is in use. */
enum { WEBSOCKET_DEFLATE_READER_BYTES = 48 * 1024 };

struct websocket_deflate_reader *websocket_deflate_reader_new(void);
void websocket_deflate_reader_free(struct websocket_deflate_reader **i);

/* Inflates from *input into room, as much as there is room for; *len_out bytes were written. There may be more while *len_out is room_len.
 * False: this is no deflated data. */
bool websocket_deflate_read(struct websocket_deflate_reader *i, struct str *input, char *room, size_t room_len, size_t *len_out);

/* Appends the message, compressed with a window of 2^window_bits. False, and nothing was appended: it would not be shorter. */
bool websocket_deflate_write(struct buf *out, struct str message, uint8_t window_bits);

#endif
