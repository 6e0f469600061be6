#include "auth/scram_text.h"

#include "base/codec.h"

/* No more than anybody would choose, so that a service cannot keep a thread busy. */
enum { ITERATIONS_MAX = 1000000 };

static const struct str single_start = {"==SCRAM==,", 10}, multi_start = {"==MULTI_SCRAM==,", 16};

static const char *const hash_starts[CONFIG_HASH_COUNT] = {
	[CONFIG_HASH_SHA1] = "===SHA1===",     [CONFIG_HASH_SHA224] = "==SHA224==", [CONFIG_HASH_SHA256] = "==SHA256==",
	[CONFIG_HASH_SHA384] = "==SHA384==", [CONFIG_HASH_SHA512] = "==SHA512==",
};

static void write_base64(struct buf *out, struct arena *a, const void *data, size_t len)
{
	buf_append_str(out, codec_base64(a, data, len));
}

void scram_text_write(const struct scram_record *r, struct buf *out)
{
	struct arena a;
	bool is_first = true;

	arena_init(&a, 0);
	for (int h = 0; h < CONFIG_HASH_COUNT; h++) {
		const struct scram_keys *k = &r->hash[h];
		size_t bytes = scram_hash_bytes((enum config_hash)h);

		if (!k->present)
			continue;
		if (is_first)
			buf_printf(out, "%s%u", multi_start.data, k->iterations);
		is_first = false;
		buf_printf(out, ",%s", hash_starts[h]);
		write_base64(out, &a, k->salt, sizeof k->salt);
		buf_append_char(out, '|');
		write_base64(out, &a, k->stored_key, bytes);
		buf_append_char(out, '|');
		write_base64(out, &a, k->server_key, bytes);
	}
	arena_fini(&a);
}

bool scram_text_is_keys(struct str text)
{
	return str_starts_with(text, single_start) || str_starts_with(text, multi_start);
}

static bool read_bytes(struct str text, uint8_t *out, size_t len)
{
	struct arena a;
	struct str bytes;
	bool is_good;

	arena_init(&a, 0);
	is_good = codec_base64_decode(&a, text, &bytes) && bytes.len == len;
	if (is_good)
		memcpy(out, bytes.data, len);
	arena_fini(&a);
	return is_good;
}

struct key_texts {
	struct str salt, stored, server;
};

static bool read_keys(const struct key_texts *t, enum config_hash h, uint32_t iterations, struct scram_record *out)
{
	struct scram_keys *k = &out->hash[h];

	if (k->present || !read_bytes(t->salt, k->salt, sizeof k->salt) || !read_bytes(t->stored, k->stored_key, scram_hash_bytes(h)) ||
	    !read_bytes(t->server, k->server_key, scram_hash_bytes(h)))
		return false;
	k->iterations = iterations;
	k->present = true;
	return true;
}

static bool read_iterations(struct str text, uint32_t *out)
{
	int64_t n;
	bool is_good = str_to_int(text, 1, ITERATIONS_MAX, &n);

	if (is_good)
		*out = (uint32_t)n;
	return is_good;
}

static bool read_single(struct str text, struct scram_record *out)
{
	struct key_texts t;
	struct str iterations;
	uint32_t n;

	t.stored = str_split(text, ',', &text);
	t.server = str_split(text, ',', &text);
	t.salt = str_split(text, ',', &iterations);
	return read_iterations(iterations, &n) && read_keys(&t, CONFIG_HASH_SHA1, n, out);
}

static bool read_part(struct str part, uint32_t iterations, struct scram_record *out)
{
	for (int h = 0; h < CONFIG_HASH_COUNT; h++) {
		size_t start = strlen(hash_starts[h]);
		struct key_texts t;
		struct str rest;

		if (!str_starts_with(part, str_from(hash_starts[h])))
			continue;
		rest = str_make(part.data + start, part.len - start);
		t.salt = str_split(rest, '|', &rest);
		t.stored = str_split(rest, '|', &t.server);
		return read_keys(&t, (enum config_hash)h, iterations, out);
	}
	return false;
}

static bool read_multi(struct str text, struct scram_record *out)
{
	struct str rest;
	uint32_t n;

	if (!read_iterations(str_split(text, ',', &rest), &n) || !rest.data)
		return false;
	while (rest.data) {
		if (!read_part(str_split(rest, ',', &rest), n, out))
			return false;
	}
	return true;
}

bool scram_text_read(struct str text, struct scram_record *out)
{
	*out = (struct scram_record){0};
	if (str_starts_with(text, single_start))
		return read_single(str_make(text.data + single_start.len, text.len - single_start.len), out);
	return str_starts_with(text, multi_start) && read_multi(str_make(text.data + multi_start.len, text.len - multi_start.len), out);
}
