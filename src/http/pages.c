#include "http/pages.h"

#include "http/compression.h"

static const char default_policy[] = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

const struct pages_file *pages_find(const struct pages_set *set, struct str path)
{
	struct str wanted = path.len == 0 || str_is(path, "/") ? STR("/index.html") : path;
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_compare(wanted, set->files[middle].path);

		if (order == 0)
			return &set->files[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* If-None-Match (RFC 9110 §13.1.2): "*", or a list of tags, weak or not. */
static bool is_known(struct str list, struct str etag)
{
	for (struct str rest = list; rest.data;) {
		struct str tag = str_trim(str_split(rest, ',', &rest));

		if (str_starts_with(tag, STR("W/")))
			tag = str_make(tag.data + 2, tag.len - 2);
		if (str_equal(tag, etag) || str_is(tag, "*"))
			return true;
	}
	return false;
}

static void set_headers(struct exchange *x, const struct pages_file *f, const char *policy)
{
	exchange_set_header(x, "etag", f->etag);
	/* To be asked for again; which costs a 304. */
	exchange_set_header(x, "cache-control", STR("no-cache"));
	exchange_set_header(x, "x-content-type-options", STR("nosniff"));
	exchange_set_header(x, "referrer-policy", STR("no-referrer"));
	exchange_set_header(x, "content-security-policy", str_from(policy ? policy : default_policy));
	if (f->gzip.len)
		exchange_set_header(x, "vary", STR("accept-encoding"));
}

/* A folder without the slash at its end: its page would look for its files in the wrong place. */
static bool lacks_slash(const struct exchange *x)
{
	return x->subpath.len == 0 && x->path.len > 1;
}

static void redirect(struct exchange *x)
{
	struct buf to;

	buf_init(&to);
	buf_append_str(&to, x->path);
	buf_append_char(&to, '/');
	if (x->query.data)
		buf_printf(&to, "?%.*s", STR_ARGS(x->query));
	exchange_set_header(x, "location", buf_str(&to));
	exchange_fail(x, 308);
	buf_fini(&to);
}

void pages_answer(const struct pages_set *set, struct exchange *x, const char *policy)
{
	const struct pages_file *f = pages_find(set, x->subpath);

	if (!f) {
		exchange_fail(x, 404);
		return;
	}
	if (lacks_slash(x)) {
		redirect(x);
		return;
	}
	set_headers(x, f, policy);
	if (is_known(exchange_header(x, "if-none-match"), f->etag)) {
		exchange_answer(x, 304, STR_NONE, STR_NONE);
	} else if (f->gzip.len && compression_is_welcome(exchange_header(x, "accept-encoding"))) {
		exchange_set_header(x, "content-encoding", STR("gzip"));
		exchange_answer_constant(x, 200, f->type, f->gzip);
	} else {
		exchange_answer_constant(x, 200, f->type, f->content);
	}
}
