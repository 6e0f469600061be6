#include "http/exchange.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "base/check.h"
#include "http/compression.h"
#include "http/head.h"
#include "http/status.h"
#include "http/target.h"
#include "http/transaction.h"

enum { COMPRESSED_MIN_BYTES = 512, CREDENTIALS_MAX_BYTES = 4096 };

static struct transaction *of(struct exchange *x)
{
	return container_of(x, struct transaction, x);
}

/* ---- the request ---- */

struct str exchange_header(const struct exchange *x, const char *name)
{
	struct str wanted = str_from(name);

	for (size_t i = 0; i < x->header_count; i++)
		if (str_equal(x->headers[i].name, wanted))
			return x->headers[i].value;
	return STR_NONE;
}

bool exchange_query(const struct exchange *x, const char *name, struct buf *out)
{
	struct buf key;
	bool is_found = false, is_good = false;

	buf_init(&key);
	for (struct str rest = x->query; rest.data && !is_found;) {
		struct str value = STR_NONE, raw = str_split(str_split(rest, '&', &rest), '=', &value);

		buf_clear(&key);
		is_found = target_decode(raw, true, &key) && str_equal(buf_str(&key), str_from(name));
		is_good = is_found && target_decode(value, true, out);
	}
	buf_fini(&key);
	return is_good;
}

/* Of whole groups of four; -1: it is not base64. */
static int decode_base64(struct str s, unsigned char *out)
{
	int padding = s.len >= 4 ? (s.data[s.len - 1] == '=') + (s.data[s.len - 2] == '=') : 0;
	int len = s.len && s.len % 4 == 0 ? EVP_DecodeBlock(out, (const unsigned char *)s.data, (int)s.len) : -1;

	return len < 0 ? -1 : len - padding;
}

bool exchange_credentials(const struct exchange *x, struct buf *out, struct str *user_out, struct str *password_out)
{
	struct str value = exchange_header(x, "authorization"), coded = STR_NONE,
		   scheme = str_split(value, ' ', &coded);
	size_t before = out->len;

	coded = str_trim(coded);
	if (!str_equal_ignoring_case(scheme, STR("basic")) || coded.len == 0 || coded.len > CREDENTIALS_MAX_BYTES)
		return false;
	char *room = buf_reserve(out, coded.len);
	int len = room ? decode_base64(coded, (unsigned char *)room) : -1;

	if (len < 0)
		return false;
	buf_claim(out, (size_t)len);
	*password_out = STR_NONE;
	*user_out = str_split(str_make(out->data + before, (size_t)len), ':', password_out);
	return user_out->len > 0 && password_out->data;
}

bool exchange_has_type(const struct exchange *x, const char *type)
{
	struct str parameters, given = str_split(exchange_header(x, "content-type"), ';', &parameters);

	return str_equal_ignoring_case(str_trim(given), str_from(type));
}

bool exchange_asks_upgrade(const struct exchange *x, const char *protocol)
{
	const struct transaction *t = container_of(x, struct transaction, x);

	return x->version == 11 && x->method == HANDLER_GET && !x->is_head && x->body.len == 0 &&
	       head_list_has(exchange_header(x, "connection"), STR("upgrade")) &&
	       head_list_has(exchange_header(x, "upgrade"), str_from(protocol)) && t->way->can_hand_over &&
	       t->way->can_hand_over(t);
}

/* ---- the answer ---- */

static bool has_answer_header(const struct transaction *t, const char *name)
{
	for (const struct transaction_header *h = t->answer; h; h = h->next)
		if (str_is(h->name, name))
			return true;
	return false;
}

void exchange_set_header(struct exchange *x, const char *name, struct str value)
{
	struct transaction *t = of(x);
	struct transaction_header *h = arena_alloc(&t->arena, sizeof(*h));

	check(!t->has_begun && head_is_value(value));
	h->name = arena_str(&t->arena, str_from(name));
	h->value = arena_str(&t->arena, value);
	if (t->last)
		t->last->next = h;
	else
		t->answer = h;
	t->last = h;
}

/* Also says so to caches. Only with a body, and unless the handler has compressed it itself. */
static bool is_to_be_compressed(struct transaction *t, struct str type)
{
	if (!hosting_get_rules(t->hosting)->compresses || !compression_suits(type) ||
		has_answer_header(t, "content-encoding"))
		return false;
	exchange_set_header(&t->x, "vary", STR("accept-encoding"));
	return compression_is_welcome(exchange_header(&t->x, "accept-encoding"));
}

static bool has_no_body(int status)
{
	return status == 204 || status == 304 || status < 200;
}

static void set_type(struct transaction *t, struct str type)
{
	if (type.data)
		exchange_set_header(&t->x, "content-type", type);
}

static void send_whole(struct transaction *t, int status, struct str body, bool is_constant)
{
	bool has_body = !has_no_body(status);

	t->has_begun = true;
	t->way->send_head(t, status, has_body ? (int64_t)body.len : -1, has_body);
	if (!t->hides_body && has_body && is_constant && t->way->send_constant)
		t->way->send_constant(t, body);
	else if (!t->hides_body && has_body)
		t->way->send_body(t, body);
	t->way->finish(t);
}

void exchange_answer(struct exchange *x, int status, struct str type, struct str body)
{
	struct transaction *t = of(x);
	struct buf packed;

	check(!t->has_begun);
	set_type(t, type);
	if (body.len < COMPRESSED_MIN_BYTES || !is_to_be_compressed(t, type)) {
		send_whole(t, status, body, false);
		return;
	}
	exchange_set_header(x, "content-encoding", STR("gzip"));
	buf_init(&packed);
	compression_whole(body, &packed);
	send_whole(t, status, buf_str(&packed), false);
	buf_fini(&packed);
}

void exchange_answer_constant(struct exchange *x, int status, struct str type, struct str body)
{
	struct transaction *t = of(x);

	check(!t->has_begun);
	set_type(t, type);
	send_whole(t, status, body, true);
}

void exchange_fail(struct exchange *x, int status)
{
	char text[128];
	size_t len = (size_t)snprintf(text, sizeof(text), "%d %s\n", status, status_text(status));

	exchange_answer(x, status, STR("text/plain; charset=utf-8"), str_make(text, len));
}

void exchange_keep(struct exchange *x, struct exchange_holder *h)
{
	x->holder = h;
}

void exchange_begin(struct exchange *x, int status, struct str type)
{
	struct transaction *t = of(x);

	check(!t->has_begun);
	set_type(t, type);
	if (is_to_be_compressed(t, type)) {
		exchange_set_header(x, "content-encoding", STR("gzip"));
		t->compression = compression_new();
	}
	t->has_begun = true;
	t->way->send_head(t, status, -1, !has_no_body(status));
}

static void send_piece(struct transaction *t, struct str piece, bool is_last)
{
	struct buf packed;

	if (!t->compression) {
		if (piece.len)
			t->way->send_body(t, piece);
		return;
	}
	buf_init(&packed);
	compression_take(t->compression, piece, is_last, &packed);
	if (packed.len)
		t->way->send_body(t, buf_str(&packed));
	buf_fini(&packed);
}

void exchange_write(struct exchange *x, struct str piece)
{
	struct transaction *t = of(x);

	check(t->has_begun);
	if (!t->hides_body && piece.len)
		send_piece(t, piece, false);
}

size_t exchange_unsent(const struct exchange *x)
{
	const struct transaction *t = container_of(x, struct transaction, x);

	return t->way->unsent(t);
}

void exchange_end(struct exchange *x)
{
	struct transaction *t = of(x);

	check(t->has_begun);
	if (!t->hides_body)
		send_piece(t, STR(""), true);
	t->way->finish(t);
}

void exchange_abort(struct exchange *x)
{
	struct transaction *t = of(x);

	t->way->abort(t);
}

struct exchange_seat *exchange_hand_over(struct exchange *x, const char *protocol, struct conn *to,
					 const struct conn_handler *h)
{
	struct transaction *t = of(x);

	check(exchange_asks_upgrade(x, protocol) && !t->has_begun);
	exchange_set_header(x, "connection", STR("upgrade"));
	exchange_set_header(x, "upgrade", str_from(protocol));
	t->has_begun = true;
	return t->way->hand_over(t, to, h);
}
