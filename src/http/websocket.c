/* RFC 6455 §5 (frames), §7 (closing), §8 (UTF-8); RFC 7692 §6 */
#include "http/websocket.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/codec.h"
#include "base/mem.h"
#include "http/websocket_deflate.h"

enum {
	FIN = 0x80,
	RSV1 = 0x40, /* compressed (RFC 7692 §6) */
	RSV = 0x70,
	MASKED = 0x80,
	HEADER_MAX = 14,
	SLICE_BYTES = 1024, /* that are inflated at once */
	TAIL_BYTES = 4,
	/* Shorter messages are not worth the time. */
	DEFLATE_FROM_BYTES = 1024,
};

enum opcode {
	OPCODE_CONTINUATION = 0,
	OPCODE_TEXT = 1,
	OPCODE_BINARY = 2,
	OPCODE_CLOSE = 8,
	OPCODE_PING = 9,
	OPCODE_PONG = 10,
};

/* Whoever is in the middle of something. */
struct websocket_part {
	/* The frame. */
	uint8_t header[HEADER_MAX];
	uint8_t header_len;     /* how much of it is there */
	bool in_frame;          /* the header is whole */
	uint64_t left;          /* of the payload */
	uint8_t mask_at;        /* 0 to 3 */
	uint8_t control_len;
	char control[WEBSOCKET_CONTROL_MAX];
	/* The message, which may have other frames in between. */
	uint8_t opcode;         /* OPCODE_CONTINUATION: there is none */
	bool is_compressed;
	uint8_t tail_used;      /* of what is added to the end */
	size_t bytes;           /* of it so far, inflated */
	struct websocket_deflate_reader *reader;
};

void websocket_init(struct websocket *w, uint8_t window_bits)
{
	*w = (struct websocket){.limit_bytes = SIZE_MAX, .window_bits = window_bits};
}

void websocket_fini(struct websocket *w)
{
	if (w->part)
		websocket_deflate_reader_free(&w->part->reader);
	free(w->part);
	w->part = NULL;
}

size_t websocket_held_bytes(const struct websocket *w)
{
	if (!w->part)
		return 0;
	return sizeof(*w->part) + (w->part->reader ? WEBSOCKET_DEFLATE_READER_BYTES : 0);
}

static enum websocket_event fail(struct websocket *w, enum websocket_status status)
{
	w->status = (uint16_t)status;
	return WEBSOCKET_FAILED;
}

/* ---- headers ---- */

static uint8_t opcode(const struct websocket_part *p)
{
	return p->header[0] & 0x0f;
}

static bool is_control(const struct websocket_part *p)
{
	return opcode(p) >= OPCODE_CLOSE;
}

static bool is_last(const struct websocket_part *p)
{
	return p->header[0] & FIN;
}

/* How long the header is, as far as is known yet. */
static size_t header_size(const struct websocket_part *p)
{
	uint8_t len = p->header[1] & 0x7f;

	if (p->header_len < 2)
		return 2;
	return 2 + (len == 127 ? 8u : len == 126 ? 2u : 0u) + 4;
}

/* §5.2, §5.4, §5.5. What is wrong is found with the first two bytes. */
static bool may_begin(const struct websocket *w, const struct websocket_part *p)
{
	uint8_t rsv = p->header[0] & RSV, len = p->header[1] & 0x7f;
	bool begins = opcode(p) == OPCODE_TEXT || opcode(p) == OPCODE_BINARY;

	if (!(p->header[1] & MASKED))
		return false;
	if (is_control(p))
		return opcode(p) <= OPCODE_PONG && is_last(p) && len <= WEBSOCKET_CONTROL_MAX && !rsv;
	if (rsv & ~(begins && w->window_bits ? RSV1 : 0))
		return false;
	return begins ? p->opcode == OPCODE_CONTINUATION : opcode(p) == OPCODE_CONTINUATION && p->opcode != OPCODE_CONTINUATION;
}

/* §5.2: in as few bytes as it takes, and no more than 63 bits. */
static bool read_length(struct websocket_part *p)
{
	uint8_t len = p->header[1] & 0x7f;
	int bytes = len == 127 ? 8 : len == 126 ? 2 : 0;

	p->left = bytes ? 0 : len;
	for (int i = 0; i < bytes; i++)
		p->left = p->left << 8 | p->header[2 + i];
	if (bytes == 2)
		return p->left > WEBSOCKET_CONTROL_MAX;
	return bytes == 0 || (p->left > UINT16_MAX && p->left <= INT64_MAX);
}

static void begin_frame(struct websocket_part *p)
{
	p->in_frame = true;
	p->mask_at = 0;
	p->control_len = 0;
	if (is_control(p) || opcode(p) == OPCODE_CONTINUATION)
		return;
	p->opcode = opcode(p);
	p->bytes = 0;
	p->is_compressed = p->header[0] & RSV1;
	if (p->is_compressed)
		p->reader = websocket_deflate_reader_new();
}

/* Takes bytes of the header. False: it is wrong. */
static bool take_header(struct websocket *w, struct str *input)
{
	struct websocket_part *p = w->part;

	while (input->len && !p->in_frame) {
		p->header[p->header_len++] = (uint8_t)*input->data;
		input->data++;
		input->len--;
		if (p->header_len == 2 && !may_begin(w, p))
			return false;
		if (p->header_len < header_size(p))
			continue;
		if (!read_length(p))
			return false;
		begin_frame(p);
	}
	return true;
}

/* ---- payload ---- */

static void unmask(struct websocket_part *p, struct str masked, char *out)
{
	const uint8_t *mask = p->header + p->header_len - 4;
	uint64_t word;
	uint8_t turned[8];
	size_t i = 0;

	for (int k = 0; k < 8; k++)
		turned[k] = mask[(p->mask_at + k) & 3];
	memcpy(&word, turned, 8);
	for (; i + 8 <= masked.len; i += 8) {
		uint64_t eight;

		memcpy(&eight, masked.data + i, 8);
		eight ^= word;
		memcpy(out + i, &eight, 8);
	}
	for (; i < masked.len; i++)
		out[i] = (char)((uint8_t)masked.data[i] ^ turned[i & 7]);
	p->mask_at = (uint8_t)((p->mask_at + masked.len) & 3);
}

/* Some payload that has come, at most max bytes; still masked. */
static struct str take_payload(struct websocket_part *p, struct str *input, size_t max)
{
	struct str taken = *input;

	if (taken.len > max)
		taken.len = max;
	if (taken.len > p->left)
		taken.len = (size_t)p->left;
	input->data += taken.len;
	input->len -= taken.len;
	p->left -= taken.len;
	return taken;
}

static void end_frame(struct websocket_part *p)
{
	p->in_frame = false;
	p->header_len = 0;
}

/* Nothing is held between messages, if this was a frame there. */
static void tidy(struct websocket *w)
{
	if (w->part->opcode == OPCODE_CONTINUATION)
		websocket_fini(w);
}

/* ---- control frames ---- */

/* §7.4: those that may be sent. */
static bool may_be_sent(unsigned status)
{
	return (status >= 1000 && status <= 1014 && status != 1004 && status != 1005 && status != 1006)
	       || (status >= 3000 && status <= 4999);
}

static enum websocket_event take_close(struct websocket *w, struct str *payload)
{
	const uint8_t *bytes = (const uint8_t *)payload->data;
	unsigned status;

	w->status = WEBSOCKET_NO_STATUS;
	if (payload->len == 0)
		return WEBSOCKET_CLOSE;
	if (payload->len == 1)
		return fail(w, WEBSOCKET_PROTOCOL_ERROR);
	status = (unsigned)bytes[0] << 8 | bytes[1];
	*payload = str_make(payload->data + 2, payload->len - 2);
	if (!may_be_sent(status))
		return fail(w, WEBSOCKET_PROTOCOL_ERROR);
	if (!codec_utf8_is_valid(*payload))
		return fail(w, WEBSOCKET_INVALID_DATA);
	w->status = (uint16_t)status;
	return WEBSOCKET_CLOSE;
}

static enum websocket_event take_control(struct websocket *w, struct str *input, char *room, struct str *payload_out)
{
	struct websocket_part *p = w->part;
	struct str masked = take_payload(p, input, sizeof(p->control));
	uint8_t kind = opcode(p);

	unmask(p, masked, p->control + p->control_len);
	p->control_len = (uint8_t)(p->control_len + masked.len);
	if (p->left)
		return WEBSOCKET_MORE;
	memcpy(room, p->control, p->control_len);
	*payload_out = str_make(room, p->control_len);
	end_frame(p);
	tidy(w);
	if (kind == OPCODE_CLOSE)
		return take_close(w, payload_out);
	return kind == OPCODE_PING ? WEBSOCKET_PING : WEBSOCKET_PONG;
}

/* ---- messages ---- */

static enum websocket_event give(struct websocket *w, char *room, size_t len, struct str *payload_out)
{
	struct websocket_part *p = w->part;

	if (len > w->limit_bytes || p->bytes > w->limit_bytes - len)
		return fail(w, WEBSOCKET_TOO_LARGE);
	p->bytes += len;
	*payload_out = str_make(room, len);
	return p->opcode == OPCODE_TEXT ? WEBSOCKET_TEXT : WEBSOCKET_BINARY;
}

/* The frame is used up. */
static enum websocket_event finish(struct websocket *w)
{
	bool was_last = is_last(w->part);

	end_frame(w->part);
	if (!was_last)
		return WEBSOCKET_MORE;
	websocket_fini(w);
	return WEBSOCKET_END;
}

static enum websocket_event take_plain(struct websocket *w, struct str *input, char *room, struct str *payload_out)
{
	struct websocket_part *p = w->part;
	struct str masked;

	if (p->left == 0)
		return finish(w);
	masked = take_payload(p, input, WEBSOCKET_PIECE_BYTES);
	unmask(p, masked, room);
	return give(w, room, masked.len, payload_out);
}

/* Inflates some; what was not used of the input stays there. */
static enum websocket_event take_compressed(struct websocket *w, struct str *input, char *room, struct str *payload_out)
{
	struct websocket_part *p = w->part;
	char slice[SLICE_BYTES];
	struct str rest = *input, masked = take_payload(p, &rest, sizeof(slice)), plain = str_make(slice, masked.len);
	uint8_t mask_at = p->mask_at;
	size_t len, used;

	unmask(p, masked, slice);
	if (!websocket_deflate_read(p->reader, &plain, room, WEBSOCKET_PIECE_BYTES, &len))
		return fail(w, WEBSOCKET_INVALID_DATA);
	used = masked.len - plain.len;
	p->left += plain.len;
	p->mask_at = (uint8_t)((mask_at + used) & 3);
	input->data += used;
	input->len -= used;
	return len ? give(w, room, len, payload_out) : WEBSOCKET_MORE;
}

/* The end of the message, as if the sender had not left it out (RFC 7692 §7.2.2). */
static enum websocket_event flush(struct websocket *w, char *room, struct str *payload_out)
{
	struct websocket_part *p = w->part;
	struct str tail = str_make(&"\0\0\xff\xff"[p->tail_used], TAIL_BYTES - p->tail_used);
	size_t len;

	if (!websocket_deflate_read(p->reader, &tail, room, WEBSOCKET_PIECE_BYTES, &len))
		return fail(w, WEBSOCKET_INVALID_DATA);
	p->tail_used = (uint8_t)(TAIL_BYTES - tail.len);
	return len ? give(w, room, len, payload_out) : finish(w);
}

static enum websocket_event take_message(struct websocket *w, struct str *input, char *room, struct str *payload_out)
{
	struct websocket_part *p = w->part;

	if (p->left)
		return p->is_compressed ? take_compressed(w, input, room, payload_out) : take_plain(w, input, room, payload_out);
	return p->is_compressed && is_last(p) ? flush(w, room, payload_out) : finish(w);
}

enum websocket_event websocket_read(struct websocket *w, struct str *input, char *room, struct str *payload_out)
{
	enum websocket_event event = WEBSOCKET_MORE;

	*payload_out = STR_NONE;
	if (!w->part && input->len)
		w->part = mem_new(sizeof(*w->part));
	while (event == WEBSOCKET_MORE && w->part) {
		struct websocket_part *p = w->part;

		if (!p->in_frame && !take_header(w, input))
			return fail(w, WEBSOCKET_PROTOCOL_ERROR);
		if (!p->in_frame || (p->left && !input->len))
			break;
		event = is_control(p) ? take_control(w, input, room, payload_out) : take_message(w, input, room, payload_out);
	}
	return event;
}

/* ---- out ---- */

static void write_header(struct buf *out, unsigned first, size_t len)
{
	uint8_t header[10] = {(uint8_t)(FIN | first)};
	size_t size = len > UINT16_MAX ? 8 : len > WEBSOCKET_CONTROL_MAX ? 2 : 0;

	header[1] = (uint8_t)(size == 8 ? 127 : size == 2 ? 126 : len);
	for (size_t i = 0; i < size; i++)
		header[2 + i] = (uint8_t)((uint64_t)len >> 8 * (size - 1 - i));
	buf_append(out, header, 2 + size);
}

/* False: not worth it, and nothing was written. */
static bool write_compressed(const struct websocket *w, struct buf *out, struct str text)
{
	struct buf packed;
	bool is_shorter;

	buf_init(&packed);
	is_shorter = websocket_deflate_write(&packed, text, w->window_bits);
	if (is_shorter) {
		write_header(out, RSV1 | OPCODE_TEXT, packed.len);
		buf_append_str(out, buf_str(&packed));
	}
	buf_fini(&packed);
	return is_shorter;
}

void websocket_write_text(const struct websocket *w, struct buf *out, struct str text)
{
	if (w->window_bits && text.len >= DEFLATE_FROM_BYTES && write_compressed(w, out, text))
		return;
	write_header(out, OPCODE_TEXT, text.len);
	buf_append_str(out, text);
}

void websocket_write_ping(struct buf *out)
{
	write_header(out, OPCODE_PING, 0);
}

void websocket_write_pong(struct buf *out, struct str payload)
{
	check(payload.len <= WEBSOCKET_CONTROL_MAX);
	write_header(out, OPCODE_PONG, payload.len);
	buf_append_str(out, payload);
}

void websocket_write_close(struct buf *out, enum websocket_status status)
{
	char bytes[2] = {(char)(status >> 8), (char)(status & 0xff)};

	write_header(out, OPCODE_CLOSE, status ? 2 : 0);
	buf_append(out, bytes, status ? 2 : 0);
}
