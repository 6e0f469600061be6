#include "admin/graphql/graphql_page.h"

#define FILES "/graphiql"

/* GraphiQL sets styles itself. Nothing is fetched from anywhere else. */
static const char policy[] = "default-src 'self'; img-src 'self' data:; font-src 'self' data:; style-src 'self' 'unsafe-inline'; "
			     "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

bool graphql_page_is_wanted(const struct exchange *x)
{
	if (x->method != HANDLER_GET || x->query.data)
		return false;
	for (struct str parameters, rest = exchange_header(x, "accept"); rest.data;)
		if (str_equal_ignoring_case(str_trim(str_split(str_split(rest, ',', &rest), ';', &parameters)), STR("text/html")))
			return true;
	return false;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
}

/* Where the handler is, as seen from its page: the last segment of its path, or "." if that has a slash at its end. So it does not matter what a
 * proxy has in front of it. */
static void append_place(struct str path, struct buf *out)
{
	size_t at = path.len;

	while (at > 0 && path.data[at - 1] != '/')
		at--;
	buf_append_text(out, "./");
	for (; at < path.len; at++)
		buf_printf(out, is_plain(path.data[at]) ? "%c" : "%%%02X", (unsigned char)path.data[at]);
	if (path.len == 0 || path.data[path.len - 1] == '/')
		out->len--;
}

void graphql_page_answer(struct exchange *x)
{
	struct buf place, text;

	buf_init(&place);
	buf_init(&text);
	append_place(x->path, &place);
	buf_printf(&text,
		   "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>GraphQL</title>\n"
		   "<link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"%1$.*2$s" FILES "/ask.css\">\n"
		   "<script src=\"%1$.*2$s" FILES "/ask.js\" type=\"module\"></script>\n</head>\n<body data-endpoint=\"%1$.*2$s\">\n"
		   "<noscript>This page needs JavaScript.</noscript>\n<form id=\"who\">\n"
		   "<label>Name <input name=\"name\" autocomplete=\"username\"></label>\n"
		   "<label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\"></label>\n</form>\n"
		   "<p id=\"missing\" hidden>GraphiQL was not there when this server was built: <code>tools/graphiql-page</code> in its sources "
		   "fetches it with npm.</p>\n<main id=\"page\"></main>\n</body>\n</html>\n",
		   place.data, (int)place.len);
	exchange_set_header(x, "cache-control", STR("no-cache"));
	exchange_set_header(x, "vary", STR("accept"));
	exchange_set_header(x, "content-security-policy", str_from(policy));
	exchange_set_header(x, "x-content-type-options", STR("nosniff"));
	exchange_set_header(x, "referrer-policy", STR("no-referrer"));
	exchange_answer(x, 200, STR("text/html; charset=utf-8"), buf_str(&text));
	buf_fini(&text);
	buf_fini(&place);
}

bool graphql_page_has(struct str subpath)
{
	return str_starts_with(subpath, STR(FILES "/"));
}

void graphql_page_answer_file(const struct folder *folder, struct exchange *x)
{
	size_t skip = sizeof(FILES) - 1;

	if (folder)
		folder_answer(folder, x, str_make(x->subpath.data + skip, x->subpath.len - skip), policy);
	else
		exchange_answer(x, 503, STR("text/plain; charset=utf-8"), STR("The page was not installed with this server.\n"));
}
