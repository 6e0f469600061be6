/* RFC 7692 §7.2 */
#include "http/websocket_deflate.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/check.h"
#include "base/mem.h"

/* One that is as large as can be decoded by anybody costs 256 KiB for each message; this is made quickly, and stanzas are short. */
enum {
	WINDOW_BITS_MAX = 12,
	MEMORY_LEVEL = 5,
	TAIL_BYTES = 4, /* 00 00 ff ff, which is not sent (§7.2.1) */
};

struct websocket_deflate_reader {
	z_stream z;
};

struct websocket_deflate_reader *websocket_deflate_reader_new(void)
{
	struct websocket_deflate_reader *i = mem_new(sizeof(*i));

	check(inflateInit2(&i->z, -15) == Z_OK);
	return i;
}

void websocket_deflate_reader_free(struct websocket_deflate_reader **i)
{
	if (*i) {
		inflateEnd(&(*i)->z);
		free(*i);
	}
	*i = NULL;
}

bool websocket_deflate_read(struct websocket_deflate_reader *i, struct str *input, char *room, size_t room_len, size_t *len_out)
{
	z_stream *z = &i->z;
	int result;

	z->next_in = (Bytef *)(uintptr_t)input->data;
	z->avail_in = (uInt)input->len;
	z->next_out = (Bytef *)room;
	z->avail_out = (uInt)room_len;
	do {
		result = inflate(z, Z_SYNC_FLUSH);
		/* The last block may be marked as such; what follows is a new beginning (§7.2.3.5). */
		if (result == Z_STREAM_END)
			(void)inflateReset(z);
	} while ((result == Z_OK || result == Z_STREAM_END) && z->avail_in && z->avail_out);
	*len_out = room_len - z->avail_out;
	input->data += input->len - z->avail_in;
	input->len = z->avail_in;
	return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
}

bool websocket_deflate_write(struct buf *out, struct str message, uint8_t window_bits)
{
	int bits = window_bits < WINDOW_BITS_MAX ? window_bits : WINDOW_BITS_MAX;
	z_stream z = {.next_in = (Bytef *)(uintptr_t)message.data, .avail_in = (uInt)message.len};
	size_t room = message.len;
	bool is_shorter;

	check(deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, -bits, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK);
	z.next_out = (Bytef *)buf_reserve(out, room);
	z.avail_out = (uInt)room;
	is_shorter = deflate(&z, Z_SYNC_FLUSH) == Z_OK && z.avail_in == 0 && z.avail_out > TAIL_BYTES;
	if (is_shorter)
		buf_claim(out, room - z.avail_out - TAIL_BYTES);
	deflateEnd(&z);
	return is_shorter;
}
