#include "http/hosting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

static int made, destroyed, released;

static void *create(const struct handler_site *site, struct why *why)
{
	if (str_is(site->path, "/bad")) {
		err_because(ERR_INVALID, why, "no");
		return NULL;
	}
	made++;
	return &made;
}

static void destroy(void *instance)
{
	(void)instance;
	destroyed++;
}

static void release(void *context)
{
	(void)context;
	released++;
}

static const struct handler exact = {.name = "exact", .create = create, .destroy = destroy};
static const struct handler deep = {.name = "deep", .has_subpaths = true};

static bool add(struct hosting *h, const struct handler *handler, const char *host, const char *path)
{
	struct handler_site site = {.host = str_from(host), .path = str_from(path)};
	struct why why;

	return hosting_add(h, handler, &site, false, &why);
}

static const char *find(struct hosting *h, const char *host, const char *path)
{
	static char text[64];
	struct str rest;
	const struct hosting_route *r = hosting_find(h, str_from(host), str_from(path), &rest);

	if (!r)
		return "-";
	snprintf(text, sizeof(text), "%.*s %.*s %.*s", STR_ARGS(r->site.host), STR_ARGS(r->site.path), STR_ARGS(rest));
	return text;
}

/* T-HTTP-01, T-HTTP-02, T-HTTP-03 */
static void finds_by_host_and_path(void **state)
{
	struct hosting *h = hosting_new(&(struct hosting_rules){.release = release});

	(void)state;
	assert_true(add(h, &deep, "_", "/"));
	assert_true(add(h, &exact, "_", "/a"));
	assert_true(add(h, &deep, "_", "/a/b/"));
	assert_true(add(h, &exact, "one.org", "/a"));
	assert_true(add(h, &exact, "[...]two.org", "/t"));
	assert_true(add(h, &exact, "www.two.org", "/w"));
	assert_true(add(h, &exact, ":any.three.org", "/3"));
	assert_string_equal(find(h, "x", "/a"), "_ /a ");
	assert_string_equal(find(h, "x", "/a/"), "_ /a /");
	assert_string_equal(find(h, "x", "/ab"), "_  /ab");
	assert_string_equal(find(h, "x", "/a/c"), "_  /a/c");
	assert_string_equal(find(h, "x", "/a/b/c"), "_ /a/b /c");
	assert_string_equal(find(h, "one.org", "/a"), "one.org /a ");
	assert_string_equal(find(h, "one.org", "/other"), "-");
	assert_string_equal(find(h, "two.org", "/t"), "[...]two.org /t ");
	assert_string_equal(find(h, "a.b.two.org", "/t"), "[...]two.org /t ");
	assert_string_equal(find(h, "xtwo.org", "/t"), "_  /t");
	assert_string_equal(find(h, "www.two.org", "/w"), "www.two.org /w ");
	assert_string_equal(find(h, "www.two.org", "/t"), "-");
	assert_string_equal(find(h, "z.three.org", "/3"), ":any.three.org /3 ");
	assert_string_equal(find(h, "y.z.three.org", "/3"), "_  /3");
	assert_string_equal(find(h, "three.org", "/3"), "_  /3");
	hosting_unref(&h);
	assert_int_equal(made, destroyed);
	assert_int_equal(released, 1);
}

static void refuses_what_cannot_be(void **state)
{
	struct hosting *h = hosting_new(&(struct hosting_rules){0});

	(void)state;
	assert_true(add(h, &exact, "h", "/a"));
	assert_false(add(h, &exact, "H", "/a/"));
	assert_false(add(h, &exact, "", "/a"));
	assert_false(add(h, &exact, "a[b]", "/a"));
	assert_false(add(h, &exact, "h", "/bad"));
	assert_string_equal(find(h, "h", "/bad"), "-");
	hosting_unref(&h);
}

static void falls_back(void **state)
{
	struct hosting *h = hosting_new(&(struct hosting_rules){0});
	struct handler_site site = {.host = STR("_"), .path = STR("/.well-known/x")};
	struct why why;

	(void)state;
	assert_true(add(h, &exact, "one.org", "/a"));
	assert_true(hosting_add(h, &exact, &site, true, &why));
	assert_string_equal(find(h, "one.org", "/.well-known/x"), "_ /.well-known/x ");
	assert_string_equal(find(h, "two.org", "/.well-known/x"), "_ /.well-known/x ");
	assert_string_equal(find(h, "two.org", "/a"), "-");
	/* What serves all that is below a path is not in its way, but who has a path as long is. */
	assert_true(add(h, &deep, "_", "/"));
	assert_string_equal(find(h, "two.org", "/.well-known/x"), "_ /.well-known/x ");
	assert_string_equal(find(h, "two.org", "/.well-known/y"), "_  /.well-known/y");
	assert_true(add(h, &exact, "three.org", "/.well-known/x"));
	assert_string_equal(find(h, "three.org", "/.well-known/x"), "three.org /.well-known/x ");
	hosting_unref(&h);
}

static void fits_patterns(void **state)
{
	(void)state;
	assert_true(hosting_fits(STR("_"), STR("")));
	assert_true(hosting_fits(STR("[...]"), STR("a.b")));
	assert_true(hosting_fits(STR("[...].a.b"), STR("x.a.b")));
	assert_false(hosting_fits(STR("a.b"), STR("b")));
	assert_false(hosting_fits(STR("b"), STR("a.b")));
	assert_false(hosting_fits(STR("."), STR("a")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_by_host_and_path),
		cmocka_unit_test(refuses_what_cannot_be),
		cmocka_unit_test(falls_back),
		cmocka_unit_test(fits_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
