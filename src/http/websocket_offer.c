/* RFC 6455 §4.2, RFC 7692 §5 and §7.1 */
#include "http/websocket_offer.h"

#include <openssl/sha.h>

#include "base/arena.h"
#include "base/codec.h"
#include "http/websocket.h"

enum { KEY_CHARS = 24, KEY_BYTES = 16, WINDOW_BITS_MIN = 9, WINDOW_BITS_MAX = 15 };

#define EXTENSION "permessage-deflate"

static bool is_key(struct str key)
{
	struct str bytes;
	struct arena a;
	bool is_good;

	if (key.len != KEY_CHARS)
		return false;
	arena_init(&a, 0);
	is_good = codec_base64_decode(&a, key, &bytes) && bytes.len == KEY_BYTES;
	arena_fini(&a);
	return is_good;
}

/* ---- the sub-protocol ---- */

struct str websocket_offer_find(struct str protocols, const char *protocol)
{
	while (protocols.data) {
		struct str one = str_trim(str_split(protocols, ',', &protocols));

		if (str_equal_ignoring_case(one, str_from(protocol)))
			return one;
	}
	return STR_NONE;
}

/* ---- compression ---- */

/* RFC 7692 §5.2: a value may be quoted. */
static struct str unquote(struct str value)
{
	if (value.len >= 2 && value.data[0] == '"' && value.data[value.len - 1] == '"')
		return str_make(value.data + 1, value.len - 2);
	return value;
}

struct parameters {
	bool has_server_takeover, has_client_takeover, has_server_bits, has_client_bits;
	int64_t server_bits;
};

static bool once(bool *seen)
{
	bool is_first = !*seen;

	*seen = true;
	return is_first;
}

static bool take_parameter(struct parameters *p, struct str text)
{
	struct str value, name = str_trim(str_split(text, '=', &value));
	int64_t bits;

	value = unquote(str_trim(value));
	if (str_is(name, "server_no_context_takeover"))
		return !value.data && once(&p->has_server_takeover);
	if (str_is(name, "client_no_context_takeover"))
		return !value.data && once(&p->has_client_takeover);
	if (str_is(name, "server_max_window_bits"))
		return str_to_int(value, 8, WINDOW_BITS_MAX, &p->server_bits) && once(&p->has_server_bits);
	if (str_is(name, "client_max_window_bits"))
		return (!value.data || str_to_int(value, 8, WINDOW_BITS_MAX, &bits)) && once(&p->has_client_bits);
	return false;
}

/* One "permessage-deflate; a; b=c". */
static bool take_offer(struct str offer, struct websocket_agreement *out)
{
	struct parameters p = {.server_bits = WINDOW_BITS_MAX};
	struct str name = str_trim(str_split(offer, ';', &offer));

	if (!str_is(name, EXTENSION))
		return false;
	while (offer.data)
		if (!take_parameter(&p, str_trim(str_split(offer, ';', &offer))))
			return false;
	/* zlib has no raw window of 8 bits. */
	if (p.server_bits < WINDOW_BITS_MIN)
		return false;
	out->window_bits = (uint8_t)p.server_bits;
	out->tells_window = p.has_server_bits;
	return true;
}

bool websocket_offer_choose(struct str extensions, struct websocket_agreement *out)
{
	while (extensions.data)
		if (take_offer(str_trim(str_split(extensions, ',', &extensions)), out))
			return true;
	return false;
}

/* ---- both ---- */

enum websocket_offer websocket_offer_read(const struct exchange *x, const char *protocol, struct websocket_agreement *out)
{
	*out = (struct websocket_agreement){.protocol = STR_NONE};
	if (!exchange_asks_upgrade(x, "websocket"))
		return WEBSOCKET_OFFER_NO_UPGRADE;
	if (!str_is(exchange_header(x, "sec-websocket-version"), "13"))
		return WEBSOCKET_OFFER_BAD_VERSION;
	if (!is_key(exchange_header(x, "sec-websocket-key")))
		return WEBSOCKET_OFFER_BAD_KEY;
	for (size_t i = 0; i < x->header_count; i++) {
		const struct exchange_header *h = &x->headers[i];

		if (str_is(h->name, "sec-websocket-protocol") && !out->protocol.data)
			out->protocol = websocket_offer_find(h->value, protocol);
		else if (str_is(h->name, "sec-websocket-extensions") && !out->window_bits)
			(void)websocket_offer_choose(h->value, out);
	}
	return WEBSOCKET_OFFER_GOOD;
}

static void set_accept(struct exchange *x)
{
	unsigned char hash[SHA_DIGEST_LENGTH];
	struct buf text;
	struct arena a;

	buf_init(&text);
	arena_init(&a, 0);
	buf_append_str(&text, exchange_header(x, "sec-websocket-key"));
	buf_append_text(&text, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
	SHA1((const unsigned char *)text.data, text.len, hash);
	exchange_set_header(x, "sec-websocket-accept", codec_base64(&a, hash, sizeof(hash)));
	arena_fini(&a);
	buf_fini(&text);
}

void websocket_offer_accept(struct exchange *x, const struct websocket_agreement *a)
{
	struct buf text;

	set_accept(x);
	if (a->protocol.data)
		exchange_set_header(x, "sec-websocket-protocol", a->protocol);
	if (!a->window_bits)
		return;
	buf_init(&text);
	buf_append_text(&text, EXTENSION "; server_no_context_takeover; client_no_context_takeover");
	if (a->tells_window)
		buf_printf(&text, "; server_max_window_bits=%u", a->window_bits);
	exchange_set_header(x, "sec-websocket-extensions", buf_str(&text));
	buf_fini(&text);
}

void websocket_offer_refuse(struct exchange *x, enum websocket_offer why)
{
	if (why == WEBSOCKET_OFFER_BAD_KEY) {
		exchange_fail(x, 400);
		return;
	}
	exchange_set_header(x, "sec-websocket-version", STR("13"));
	exchange_set_header(x, "upgrade", STR("websocket"));
	exchange_fail(x, 426);
}
