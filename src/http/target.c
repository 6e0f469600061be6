#include "http/target.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that "%XX" at the beginning of s stands for, or -1. */
static int escaped(struct str s)
{
	int high = s.len >= 3 ? digit(s.data[1]) : -1;
	int low = high >= 0 ? digit(s.data[2]) : -1;

	return low < 0 ? -1 : high * 16 + low;
}

static bool is_control(int c)
{
	return c < 0x20 || c == 0x7f;
}

static bool is_visible(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.data[i] <= 0x20 || (unsigned char)s.data[i] >= 0x7f)
			return false;
	return true;
}

bool target_decode(struct str raw, bool is_form, struct buf *out)
{
	for (size_t i = 0; i < raw.len; i++) {
		int c = (unsigned char)raw.data[i];

		if (c == '%') {
			c = escaped(str_make(raw.data + i, raw.len - i));
			i += 2;
		} else if (is_form && c == '+') {
			c = ' ';
		}
		if (is_control(c))
			return false;
		buf_append_char(out, (char)c);
	}
	return true;
}

/* One segment of a path into `to`; the length, or -1: malformed. */
static ptrdiff_t decode_segment(struct str s, char *to)
{
	ptrdiff_t len = 0;

	for (size_t i = 0; i < s.len; i++) {
		int c = (unsigned char)s.data[i];

		if (c == '%') {
			c = escaped(str_make(s.data + i, s.len - i));
			if (c < 0 || is_control(c))
				return -1;
			if (c == '/' || c == '%') {
				memcpy(to + len, c == '/' ? "%2F" : "%25", 3);
				len += 3;
				i += 2;
				continue;
			}
			i += 2;
		}
		to[len++] = (char)c;
	}
	return len;
}

/* Takes the last segment off; false: there is none. */
static bool go_up(const char *path, size_t *len)
{
	if (*len == 0)
		return false;
	while (path[--*len] != '/')
		;
	return true;
}

/* Segment by segment into `path`, each with its slash before it. */
static bool normalise(struct str raw, struct arena *a, struct str *out)
{
	char *path = arena_alloc(a, raw.len + 2);
	size_t len = 0;
	bool ends_in_slash = true;

	for (struct str rest = raw; rest.data;) {
		struct str segment = str_split(rest, '/', &rest);
		ptrdiff_t got = decode_segment(segment, path + len + 1);

		if (got < 0)
			return false;
		struct str s = str_make(path + len + 1, (size_t)got);
		bool is_up = str_is(s, "..");

		ends_in_slash = s.len == 0 || str_is(s, ".") || is_up;
		if (is_up && !go_up(path, &len))
			return false;
		if (ends_in_slash)
			continue;
		path[len] = '/';
		len += 1 + (size_t)got;
	}
	if (ends_in_slash)
		path[len++] = '/';
	*out = str_make(path, len);
	return true;
}

/* "http://authority" off an absolute target; what is left is a path, or empty. */
static struct str take_authority(struct str raw, struct target *out)
{
	struct str scheme = str_make(raw.data, raw.len < 8 ? raw.len : 8);
	size_t skip = str_equal_ignoring_case(scheme, STR("https://")) ? 8 : 7;
	size_t end = skip;

	if (skip == 7 && !str_equal_ignoring_case(str_make(raw.data, raw.len < 7 ? raw.len : 7), STR("http://")))
		return raw;
	while (end < raw.len && raw.data[end] != '/' && raw.data[end] != '?')
		end++;
	out->authority = str_make(raw.data + skip, end - skip);
	return str_make(raw.data + end, raw.len - end);
}

bool target_read(struct str raw, struct arena *a, struct target *out)
{
	*out = (struct target){0};
	if (raw.len == 0 || !is_visible(raw) || str_find_char(raw, '#') >= 0)
		return false;
	if (str_is(raw, "*")) {
		out->path = raw;
		return true;
	}
	struct str rest = take_authority(raw, out);

	if (!out->authority.data && rest.data[0] != '/')
		return false;
	return normalise(str_split(rest, '?', &out->query), a, &out->path);
}

/* The port after the name, if any, is a number. */
static bool is_port(struct str s)
{
	int64_t number;

	return s.len == 0 || str_to_int(s, 0, 65535, &number);
}

static bool is_host_character(char c, bool is_address)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.')
		return true;
	return is_address ? c == ':' : c == '-' || c == '_';
}

bool target_read_host(struct str raw, struct arena *a, struct str *host_out)
{
	struct str name, port = STR_NONE;
	bool is_address = raw.len > 0 && raw.data[0] == '[';

	if (is_address) {
		name = str_split(raw, ']', &port);
		if (!port.data || (port.len > 0 && port.data[0] != ':'))
			return false;
		name.len++;
		port = str_make(port.data + (port.len > 0), port.len - (port.len > 0));
	} else {
		name = str_split(raw, ':', &port);
	}
	if (name.len > 255 || !is_port(port))
		return false;
	char *copy = arena_alloc(a, name.len + 1);

	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		copy[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
		bool is_bracket = is_address && (i == 0 || i + 1 == name.len);
		if (!is_bracket && !is_host_character(copy[i], is_address))
			return false;
	}
	/* The root's dot. */
	if (!is_address && name.len > 1 && copy[name.len - 1] == '.')
		name.len--;
	*host_out = str_make(copy, name.len);
	return true;
}
