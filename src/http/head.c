/* RFC 9112 §2 to §6 */
#include "http/head.h"

enum { CONTENT_LENGTH_DIGITS = 15 };

/* ---- where it ends ---- */

static int check_unfinished(const struct head_scan *s, size_t len)
{
	size_t line = len - s->line;

	if (!s->has_request_line)
		return line > HEAD_LINE_BYTES + 2 ? 414 : 0;
	return line > HEAD_NAME_BYTES + HEAD_VALUE_BYTES + 8 || len > HEAD_LINE_BYTES + HEAD_BYTES ? 431 : 0;
}

int head_scan(struct head_scan *s, struct str bytes, size_t *end_out)
{
	for (;;) {
		const char *lf = memchr(bytes.data + s->seen, '\n', bytes.len - s->seen);

		if (!lf) {
			s->seen = bytes.len;
			return check_unfinished(s, bytes.len);
		}
		size_t at = (size_t)(lf - bytes.data);

		/* First what would have been found if the line had come in pieces. */
		int status = check_unfinished(s, at + 1);

		if (status)
			return status;
		if (at == s->line || bytes.data[at - 1] != '\r')
			return 400;
		bool is_empty = at == s->line + 1;

		s->seen = s->line = at + 1;
		if (is_empty) {
			*end_out = at + 1;
			return s->has_request_line ? 1 : 400;
		}
		s->has_request_line = true;
	}
}

/* ---- characters ---- */

/* Of a token: letters, digits and !#$%&'*+-.^_`|~ ; the value is the letter in lower case. */
static const char token_characters[256] = {
	['!'] = '!', ['#'] = '#', ['$'] = '$', ['%'] = '%', ['&'] = '&', ['\''] = '\'', ['*'] = '*', ['+'] = '+',
	['-'] = '-', ['.'] = '.', ['^'] = '^', ['_'] = '_', ['`'] = '`', ['|'] = '|',   ['~'] = '~', ['0'] = '0',
	['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4', ['5'] = '5', ['6'] = '6',   ['7'] = '7', ['8'] = '8',
	['9'] = '9', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e',   ['f'] = 'f', ['g'] = 'g',
	['h'] = 'h', ['i'] = 'i', ['j'] = 'j', ['k'] = 'k', ['l'] = 'l', ['m'] = 'm',   ['n'] = 'n', ['o'] = 'o',
	['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = 's', ['t'] = 't', ['u'] = 'u',   ['v'] = 'v', ['w'] = 'w',
	['x'] = 'x', ['y'] = 'y', ['z'] = 'z', ['A'] = 'a', ['B'] = 'b', ['C'] = 'c',   ['D'] = 'd', ['E'] = 'e',
	['F'] = 'f', ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j', ['K'] = 'k',   ['L'] = 'l', ['M'] = 'm',
	['N'] = 'n', ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's',   ['T'] = 't', ['U'] = 'u',
	['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y', ['Z'] = 'z',
};

bool head_is_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!token_characters[(unsigned char)s.data[i]])
			return false;
	return s.len > 0;
}

bool head_is_value(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

bool head_list_has(struct str list, struct str word)
{
	for (struct str rest = list; rest.data;)
		if (str_equal_ignoring_case(str_trim(str_split(rest, ',', &rest)), word))
			return true;
	return false;
}

/* ---- what it says ---- */

static int read_version(struct str s, struct head *out)
{
	bool has_form = s.len == 8 && memcmp(s.data, "HTTP/", 5) == 0 && s.data[6] == '.' && s.data[5] >= '0' &&
			s.data[5] <= '9' && s.data[7] >= '0' && s.data[7] <= '9';

	if (!has_form)
		return 400;
	if (s.data[5] != '1' || s.data[7] > '1')
		return 505;
	out->version = s.data[7] == '1' ? 11 : 10;
	return 0;
}

static int read_request_line(struct str line, struct head *out)
{
	struct str rest = STR_NONE, version = STR_NONE;

	out->method = str_split(line, ' ', &rest);
	out->target = str_split(rest, ' ', &version);
	if (!head_is_token(out->method) || out->target.len == 0 || !version.data)
		return 400;
	return read_version(version, out);
}

static int take_length(struct head *out, struct str value)
{
	if (out->content_length >= 0 || value.len > CONTENT_LENGTH_DIGITS)
		return value.len > CONTENT_LENGTH_DIGITS ? 413 : 400;
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] < '0' || value.data[i] > '9')
			return 400;
	return str_to_int(value, 0, INT64_MAX, &out->content_length) ? 0 : 400;
}

static int take_encoding(struct head *out, struct str value)
{
	if (out->is_chunked || out->version == 10)
		return 400;
	if (!str_equal_ignoring_case(value, STR("chunked")))
		return 501;
	out->is_chunked = true;
	return 0;
}

static int take_host(struct head *out, struct str value)
{
	if (out->host.data)
		return 400;
	out->host = value.data ? value : STR("");
	return 0;
}

static int take_expectation(struct head *out, struct str value)
{
	if (!str_equal_ignoring_case(value, STR("100-continue")))
		return 417;
	out->expects_continue = out->version == 11;
	return 0;
}

static int take_connection(struct head *out, struct str value)
{
	if (head_list_has(value, STR("close")))
		out->keeps_connection = false;
	else if (out->version == 10 && head_list_has(value, STR("keep-alive")))
		out->keeps_connection = true;
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct head *out, struct str value);
} meanings[] = {
	{"host", take_host},
	{"connection", take_connection},
	{"content-length", take_length},
	{"transfer-encoding", take_encoding},
	{"expect", take_expectation},
};

static int understand(struct head *out, const struct exchange_header *h)
{
	for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
		if (str_is(h->name, meanings[i].name))
			return meanings[i].take(out, h->value);
	return 0;
}

/* A line without its end: the name in lower case, the value without spaces around it. */
static int read_header(struct str line, struct arena *a, struct exchange_header *out)
{
	ptrdiff_t colon = str_find_char(line, ':');

	if (colon <= 0)
		return 400;
	char *name = arena_alloc(a, (size_t)colon);

	for (ptrdiff_t i = 0; i < colon; i++) {
		name[i] = token_characters[(unsigned char)line.data[i]];
		if (!name[i])
			return 400;
	}
	out->name = str_make(name, (size_t)colon);
	out->value = str_trim(str_make(line.data + colon + 1, line.len - (size_t)colon - 1));
	if (!head_is_value(out->value))
		return 400;
	return out->name.len > HEAD_NAME_BYTES || out->value.len > HEAD_VALUE_BYTES ? 431 : 0;
}

/* The empty one counts too. */
static size_t count_lines(struct str rest)
{
	size_t count = 0;

	for (const char *at = rest.data, *end = rest.data + rest.len; at < end; count++)
		at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
	return count;
}

static int read_headers(struct str rest, struct arena *a, struct head *out)
{
	size_t count = count_lines(rest) - 1;

	if (count > EXCHANGE_HEADERS_MAX)
		return 431;
	out->headers = arena_alloc_array(a, count + 1, sizeof(out->headers[0]));
	for (;;) {
		const char *lf = memchr(rest.data, '\n', rest.len);
		struct str line = str_make(rest.data, (size_t)(lf - rest.data) - 1);
		struct exchange_header *h = &out->headers[out->header_count];

		if (line.len == 0)
			return 0;
		int status = read_header(line, a, h);

		if (!status)
			status = understand(out, h);
		if (status)
			return status;
		out->header_count++;
		rest = str_make(lf + 1, rest.len - line.len - 2);
	}
}

int head_parse(struct str bytes, struct arena *a, struct head *out)
{
	const char *lf = memchr(bytes.data, '\n', bytes.len);
	size_t line = (size_t)(lf - bytes.data) - 1;

	*out = (struct head){.content_length = -1};
	int status = read_request_line(str_make(bytes.data, line), out);

	if (status)
		return status;
	out->keeps_connection = out->version == 11;
	status = read_headers(str_make(lf + 1, bytes.len - line - 2), a, out);
	if (status)
		return status;
	if (out->is_chunked && out->content_length >= 0)
		return 400;
	return out->version == 11 && !out->host.data ? 400 : 0;
}
