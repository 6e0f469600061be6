#include "net/rdata.h"

#include <ctype.h>
#include <string.h>

enum { LABEL_MAX = 63, NAME_TEXT_MAX = 253, SRV_HEAD = 6, TLSA_HEAD = 3 };

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool is_label(struct str label)
{
	for (size_t i = 0; i < label.len; i++)
		if (!is_name_char(label.data[i]))
			return false;
	return label.len > 0 && label.len <= LABEL_MAX;
}

static struct str lower(struct str text, struct arena *a)
{
	struct str copy = arena_str(a, text);
	char *data = (char *)(uintptr_t)copy.data;

	for (size_t i = 0; i < copy.len; i++)
		data[i] = (char)tolower((unsigned char)data[i]);
	return copy;
}

bool rdata_name(struct str text, struct arena *a, struct str *out)
{
	struct str rest;

	if (text.len > 0 && text.data[text.len - 1] == '.')
		text.len--;
	if (text.len == 0 || text.len > NAME_TEXT_MAX)
		return false;
	for (rest = text; rest.data;)
		if (!is_label(str_split(rest, '.', &rest)))
			return false;
	*out = lower(text, a);
	return true;
}

static uint16_t two_bytes(struct str data, size_t at)
{
	const unsigned char *bytes = (const unsigned char *)data.data + at;

	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* The root is "."; everything else as rdata_name. */
static bool read_name(struct str data, struct arena *a, struct str *out)
{
	char text[RESOLVE_NAME_MAX + 1];
	size_t at = 0, len = 0;

	while (at < data.len && data.data[at] != 0) {
		size_t label = (unsigned char)data.data[at++];

		if (label > LABEL_MAX || label > data.len - at || len + label + 1 > sizeof(text))
			return false;
		memcpy(text + len, data.data + at, label);
		if (!is_label(str_make(text + len, label)))
			return false;
		len += label;
		text[len++] = '.';
		at += label;
	}
	if (at + 1 != data.len)
		return false;
	if (len > 0)
		return rdata_name(str_make(text, len), a, out);
	*out = arena_str(a, STR("."));
	return true;
}

static bool read_srv(struct str data, struct arena *a, struct resolve_srv *out)
{
	if (data.len <= SRV_HEAD)
		return false;
	*out = (struct resolve_srv){.priority = two_bytes(data, 0), .weight = two_bytes(data, 2), .port = two_bytes(data, 4)};
	return read_name(str_make(data.data + SRV_HEAD, data.len - SRV_HEAD), a, &out->target);
}

static bool read_tlsa(struct str data, struct arena *a, struct resolve_tlsa *out)
{
	const uint8_t *bytes = (const uint8_t *)data.data;

	if (data.len <= TLSA_HEAD || data.len > RDATA_TLSA_MAX)
		return false;
	*out = (struct resolve_tlsa){.usage = bytes[0], .selector = bytes[1], .matching = bytes[2]};
	out->data = arena_str(a, str_make(data.data + TLSA_HEAD, data.len - TLSA_HEAD));
	return true;
}

static bool read_ip(struct str data, unsigned version, size_t len, struct ip *out)
{
	if (data.len != len)
		return false;
	*out = (struct ip){.version = (uint8_t)version};
	memcpy(out->bytes, data.data, len);
	return true;
}

bool rdata_read(enum resolve_type type, struct str data, struct arena *a, union resolve_record *out)
{
	switch (type) {
	case RESOLVE_A:
		return read_ip(data, 4, 4, &out->ip);
	case RESOLVE_AAAA:
		return read_ip(data, 6, 16, &out->ip);
	case RESOLVE_SRV:
		return read_srv(data, a, &out->srv);
	case RESOLVE_TLSA:
		return read_tlsa(data, a, &out->tlsa);
	default:
		return false;
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

struct str rdata_word(struct str text, struct str *rest)
{
	size_t from = 0, to;

	while (from < text.len && is_blank(text.data[from]))
		from++;
	for (to = from; to < text.len && !is_blank(text.data[to]);)
		to++;
	*rest = str_make(text.data + to, text.len - to);
	return str_make(text.data + from, to - from);
}

static bool parse_number(struct str *text, int64_t max, int64_t *out)
{
	return str_to_int(rdata_word(*text, text), 0, max, out);
}

static bool parse_srv(struct str text, struct arena *a, struct resolve_srv *out)
{
	int64_t numbers[3];
	struct str target;

	for (int i = 0; i < 3; i++)
		if (!parse_number(&text, UINT16_MAX, &numbers[i]))
			return false;
	*out = (struct resolve_srv){
		.priority = (uint16_t)numbers[0], .weight = (uint16_t)numbers[1], .port = (uint16_t)numbers[2], .target = STR(".")};
	target = rdata_word(text, &text);
	return str_trim(text).len == 0 && (str_is(target, ".") || rdata_name(target, a, &out->target));
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hexadecimal, in groups if one likes. */
static bool parse_hex(struct str text, struct arena *a, struct str *out)
{
	char *bytes = arena_alloc(a, text.len / 2 + 1);
	size_t digits = 0;

	for (size_t i = 0; i < text.len; i++) {
		int value = nibble(text.data[i]);

		if (is_blank(text.data[i]))
			continue;
		if (value < 0)
			return false;
		bytes[digits / 2] = (char)((unsigned char)bytes[digits / 2] << 4 | value);
		digits++;
	}
	*out = str_make(bytes, digits / 2);
	return digits > 0 && digits % 2 == 0;
}

static bool parse_tlsa(struct str text, struct arena *a, struct resolve_tlsa *out)
{
	int64_t numbers[TLSA_HEAD];

	for (int i = 0; i < TLSA_HEAD; i++)
		if (!parse_number(&text, UINT8_MAX, &numbers[i]))
			return false;
	*out = (struct resolve_tlsa){.usage = (uint8_t)numbers[0], .selector = (uint8_t)numbers[1], .matching = (uint8_t)numbers[2]};
	return text.len <= (size_t)3 * RDATA_TLSA_MAX && parse_hex(text, a, &out->data);
}

static bool parse_ip(struct str text, unsigned version, struct ip *out)
{
	return ip_parse(str_trim(text), out) && out->version == version;
}

bool rdata_parse(enum resolve_type type, struct str text, struct arena *a, union resolve_record *out)
{
	switch (type) {
	case RESOLVE_A:
		return parse_ip(text, 4, &out->ip);
	case RESOLVE_AAAA:
		return parse_ip(text, 6, &out->ip);
	case RESOLVE_SRV:
		return parse_srv(text, a, &out->srv);
	case RESOLVE_TLSA:
		return parse_tlsa(text, a, &out->tlsa);
	default:
		return false;
	}
}
