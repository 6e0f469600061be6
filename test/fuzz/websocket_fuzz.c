/* websocket_fuzz: any bytes as frames of a client: what comes of them does not depend on how they are cut, and nothing is told past a limit.
 *
 * The first byte says whether compression was negotiated. */
#include <stdint.h>

#include "base/buf.h"
#include "base/check.h"
#include "http/websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 100 * 1024 };

/* All that was told. Pieces of a message are joined, as where they are cut depends on how they came. */
struct outcome {
	struct buf told;
	size_t message;
	bool is_over;
};

static void note(struct outcome *o, const struct websocket *w, enum websocket_event e, struct str payload)
{
	if (e == WEBSOCKET_TEXT || e == WEBSOCKET_BINARY) {
		o->message += payload.len;
		check(payload.len && payload.len <= WEBSOCKET_PIECE_BYTES && o->message <= LIMIT);
	} else {
		check(e == WEBSOCKET_END || payload.len <= WEBSOCKET_CONTROL_MAX);
		buf_append_char(&o->told, (char)('0' + (int)e));
		if (e == WEBSOCKET_END)
			o->message = 0;
		if (e == WEBSOCKET_CLOSE)
			buf_printf(&o->told, "%u", w->status);
	}
	buf_append_str(&o->told, payload);
	o->is_over = e == WEBSOCKET_CLOSE || e == WEBSOCKET_FAILED;
}

static void feed(struct outcome *o, struct websocket *w, struct str input)
{
	static char room[WEBSOCKET_PIECE_BYTES];
	enum websocket_event e = WEBSOCKET_PING;
	struct str payload;

	while (!o->is_over && e != WEBSOCKET_MORE) {
		e = websocket_read(w, &input, room, &payload);
		if (e != WEBSOCKET_MORE)
			note(o, w, e, payload);
	}
	check(o->is_over || input.len == 0);
}

static struct outcome read_frames(struct str bytes, size_t piece, uint8_t window_bits)
{
	struct outcome o = {.is_over = false};
	struct websocket w;

	buf_init(&o.told);
	websocket_init(&w, window_bits);
	w.limit_bytes = LIMIT;
	for (size_t at = 0; at < bytes.len && !o.is_over; at += piece)
		feed(&o, &w, str_make(bytes.data + at, bytes.len - at < piece ? bytes.len - at : piece));
	websocket_fini(&w);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = str_make((const char *)data, size);
	uint8_t window_bits = size && data[0] & 1 ? 15 : 0;
	struct outcome whole, cut;

	if (size == 0)
		return 0;
	bytes = str_make(bytes.data + 1, bytes.len - 1);
	whole = read_frames(bytes, SIZE_MAX / 2, window_bits);
	cut = read_frames(bytes, 3, window_bits);
	/* Of a message that fails, more or less may have been told. */
	check(whole.is_over == cut.is_over);
	check(whole.is_over || str_equal(buf_str(&whole.told), buf_str(&cut.told)));
	buf_fini(&whole.told);
	buf_fini(&cut.told);
	return 0;
}
