#include "http/hosting.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

struct hosting {
	_Atomic uint32_t refs;
	struct hosting_rules rules;
	struct hosting_route *routes; /* in the order they are tried */
	size_t count;
};

struct hosting *hosting_new(const struct hosting_rules *rules)
{
	struct hosting *h = mem_new(sizeof(*h));

	h->refs = 1;
	h->rules = *rules;
	if (h->rules.tls)
		tls_context_ref(h->rules.tls);
	return h;
}

void hosting_ref(struct hosting *h)
{
	atomic_fetch_add_explicit(&h->refs, 1, memory_order_relaxed);
}

void hosting_unref(struct hosting **h)
{
	struct hosting *gone = *h;

	*h = NULL;
	if (!gone || atomic_fetch_sub_explicit(&gone->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < gone->count; i++)
		if (gone->routes[i].handler->destroy)
			gone->routes[i].handler->destroy(gone->routes[i].instance);
	if (gone->rules.tls)
		tls_context_unref(&gone->rules.tls);
	if (gone->rules.release)
		gone->rules.release(gone->rules.context);
	free(gone->routes);
	free(gone);
}

const struct hosting_rules *hosting_get_rules(const struct hosting *h)
{
	return &h->rules;
}

/* ---- hosts ---- */

/* From the last label to the first. ":name" is any one label, "[...]" any number of them. */
bool hosting_fits(struct str pattern, struct str host)
{
	if (str_is(pattern, "_"))
		return true;
	while (pattern.len > 0 && !str_is(pattern, "[...]")) {
		size_t p = pattern.len, h = host.len;

		while (p > 0 && pattern.data[p - 1] != '.' && pattern.data[p - 1] != ']')
			p--;
		while (h > 0 && host.data[h - 1] != '.')
			h--;
		struct str wanted = str_make(pattern.data + p, pattern.len - p),
			   label = str_make(host.data + h, host.len - h);

		if (label.len == 0 || wanted.len == 0 ||
			(wanted.data[0] != ':' && !str_equal_ignoring_case(wanted, label)))
			return false;
		pattern.len = p;
		host.len = h;
		if (pattern.len > 0 && pattern.data[p - 1] == '.')
			pattern.len--;
		if (host.len > 0 && pattern.len > 0)
			host.len--;
	}
	return pattern.len > 0 || host.len == 0;
}

/* The smaller is tried first. */
static int rank(const struct hosting_route *r)
{
	if (r->is_fallback)
		return 3;
	if (str_is(r->site.host, "_"))
		return 2;
	return str_find_char(r->site.host, '[') >= 0 || str_find_char(r->site.host, ':') >= 0 ? 1 : 0;
}

static bool is_pattern(struct str host)
{
	struct str rest = host;

	if (host.len > 5 && memcmp(host.data, "[...]", 5) == 0)
		rest = str_make(host.data + 5, host.len - 5);
	return host.len > 0 &&
	       (str_is(host, "[...]") || (str_find_char(rest, '[') < 0 && str_find_char(rest, ']') < 0));
}

/* ---- paths ---- */

static bool is_same_host(const struct hosting_route *x, const struct hosting_route *y)
{
	return str_equal_ignoring_case(x->site.host, y->site.host);
}

/* Is x to be tried before y? By host, then the longest path. */
static bool goes_before(const struct hosting_route *x, const struct hosting_route *y)
{
	int left = rank(x), right = rank(y);

	if (left != right)
		return left < right;
	if (left < 3 && !is_same_host(x, y))
		return x->site.host.len != y->site.host.len ? x->site.host.len > y->site.host.len
								: str_compare(x->site.host, y->site.host) < 0;
	return x->site.path.len > y->site.path.len;
}

static bool is_taken(const struct hosting *h, const struct hosting_route *new)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct hosting_route *r = &h->routes[i];

		if (is_same_host(r, new) && str_equal(r->site.path, new->site.path) &&
			r->is_fallback == new->is_fallback)
			return true;
	}
	return false;
}

bool hosting_add(struct hosting *h, const struct handler *handler, const struct handler_site *site, bool is_fallback,
		 struct why *why)
{
	struct hosting_route route = {.handler = handler, .site = *site, .is_fallback = is_fallback};
	struct str *path = &route.site.path;
	size_t at = h->count;

	while (path->len > 0 && path->data[path->len - 1] == '/')
		path->len--;
	if (!is_pattern(site->host)) {
		err_because(ERR_INVALID, why, "\"%.*s\" is not a host", STR_ARGS(site->host));
		return false;
	}
	if (is_taken(h, &route)) {
		err_because(ERR_EXISTS, why, "the path \"%.*s\" of the host \"%.*s\" has a handler already",
				STR_ARGS(site->path), STR_ARGS(site->host));
		return false;
	}
	if (handler->create) {
		route.instance = handler->create(&route.site, why);
		if (!route.instance)
			return false;
	}
	h->routes = mem_resize(h->routes, (h->count + 1) * sizeof(h->routes[0]));
	for (; at > 0 && goes_before(&route, &h->routes[at - 1]); at--)
		h->routes[at] = h->routes[at - 1];
	h->routes[at] = route;
	h->count++;
	return true;
}

/* "/a" serves "/a" and "/a/"; with subpaths "/a/b" too, but not "/ab". */
static bool serves(const struct hosting_route *r, struct str path, struct str *subpath_out)
{
	if (!str_starts_with(path, r->site.path))
		return false;
	struct str rest = str_make(path.data + r->site.path.len, path.len - r->site.path.len);

	*subpath_out = rest;
	return rest.len == 0 || (rest.data[0] == '/' && (rest.len == 1 || r->handler->has_subpaths));
}

const struct hosting_route *hosting_find(const struct hosting *h, struct str host, struct str path,
					 struct str *subpath_out)
{
	const struct hosting_route *of_host = NULL, *found = NULL;

	for (size_t i = 0; i < h->count; i++) {
		const struct hosting_route *r = &h->routes[i];
		struct str subpath;

		if (!r->is_fallback && (found || (of_host && !is_same_host(r, of_host)) || !hosting_fits(r->site.host, host)))
			continue;
		if (!r->is_fallback)
			of_host = r;
		if (!serves(r, path, &subpath) || (found && found->site.path.len >= r->site.path.len))
			continue;
		found = r;
		*subpath_out = subpath;
	}
	return found;
}

void hosting_end(const struct hosting *h, struct loop *loop)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->routes[i].handler->end)
			h->routes[i].handler->end(h->routes[i].instance, loop);
}
