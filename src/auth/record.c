#include "auth/record.h"

enum { VERSION = 1, TAG_FIRST_HASH = 1, TAG_PASSWORD = 64, KEYS_HEAD_BYTES = 4 + SCRAM_SALT_BYTES };


static void append_number(struct buf *out, uint32_t n, int bytes)
{
	for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
		buf_append_char(out, (char)(n >> shift));
}

static void append_keys(struct buf *out, int hash, const struct scram_keys *k)
{
	size_t bytes = scram_hash_bytes((enum config_hash)hash);

	append_number(out, (uint32_t)(TAG_FIRST_HASH + hash), 1);
	append_number(out, (uint32_t)(KEYS_HEAD_BYTES + 2 * bytes), 2);
	append_number(out, k->iterations, 4);
	buf_append(out, k->salt, SCRAM_SALT_BYTES);
	buf_append(out, k->stored_key, bytes);
	buf_append(out, k->server_key, bytes);
}

void record_encode(const struct record *r, struct buf *out)
{
	append_number(out, VERSION, 1);
	for (int h = 0; h < CONFIG_HASH_COUNT; h++) {
		if (r->keys.hash[h].present)
			append_keys(out, h, &r->keys.hash[h]);
	}
	if (r->password.data) {
		append_number(out, TAG_PASSWORD, 1);
		append_number(out, (uint32_t)r->password.len, 2);
		buf_append_str(out, r->password);
	}
}

/* The next len bytes; false if there are not so many. */
static bool cut(struct str *data, size_t len, struct str *out)
{
	if (data->len < len)
		return false;
	*out = str_make(data->data, len);
	*data = str_make(data->data + len, data->len - len);
	return true;
}

static bool cut_number(struct str *data, size_t bytes, uint32_t *out)
{
	struct str digits;

	if (!cut(data, bytes, &digits))
		return false;
	*out = 0;
	for (size_t i = 0; i < bytes; i++)
		*out = *out << 8 | (uint8_t)digits.data[i];
	return true;
}

static bool decode_keys(struct str content, uint32_t hash, struct record *out)
{
	struct scram_keys *k;
	size_t bytes;

	if (hash >= CONFIG_HASH_COUNT)
		return false;
	k = &out->keys.hash[hash];
	bytes = scram_hash_bytes((enum config_hash)hash);
	if (k->present || content.len != KEYS_HEAD_BYTES + 2 * bytes || !cut_number(&content, 4, &k->iterations) || k->iterations == 0)
		return false;
	memcpy(k->salt, content.data, SCRAM_SALT_BYTES);
	memcpy(k->stored_key, content.data + SCRAM_SALT_BYTES, bytes);
	memcpy(k->server_key, content.data + SCRAM_SALT_BYTES + bytes, bytes);
	k->present = true;
	return true;
}

static bool decode_password(struct str content, struct record *out)
{
	if (out->password.data || content.len == 0)
		return false;
	out->password = content;
	return true;
}

bool record_decode(struct str data, struct record *out)
{
	uint32_t version, tag, len;
	struct str content;

	*out = (struct record){0};
	if (!cut_number(&data, 1, &version) || version != VERSION)
		return false;
	while (data.len > 0) {
		if (!cut_number(&data, 1, &tag) || !cut_number(&data, 2, &len) || !cut(&data, len, &content))
			return false;
		if (tag == TAG_PASSWORD ? !decode_password(content, out) : !decode_keys(content, tag - TAG_FIRST_HASH, out))
			return false;
	}
	return true;
}
