#include "http/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check_target(const char *raw, const char *path, const char *query, const char *authority)
{
	struct arena a;
	struct target t;
	bool is_good;

	arena_init(&a, 0);
	is_good = target_read(str_from(raw), &a, &t);
	if (is_good != (path != NULL))
		print_error("%s\n", raw);
	assert_int_equal(is_good, path != NULL);
	if (path) {
		assert_int_equal(t.path.len, strlen(path));
		assert_memory_equal(t.path.data, path, t.path.len);
		assert_true(query ? str_is(t.query, query) && t.query.data : !t.query.data);
		assert_true(authority ? str_is(t.authority, authority) : !t.authority.data);
	}
	arena_fini(&a);
}

static void reads_paths(void **state)
{
	(void)state;
	check_target("/", "/", NULL, NULL);
	check_target("/a/b", "/a/b", NULL, NULL);
	check_target("/a/b/", "/a/b/", NULL, NULL);
	check_target("//a//b", "/a/b", NULL, NULL);
	check_target("/a?b=c?d", "/a", "b=c?d", NULL);
	check_target("/a?", "/a", "", NULL);
	check_target("/a/./b/../c", "/a/c", NULL, NULL);
	check_target("/a/..", "/", NULL, NULL);
	check_target("/a/.", "/a/", NULL, NULL);
	check_target("/%61%20b", "/a b", NULL, NULL);
	check_target("/a%2Fb%2fc", "/a%2Fb%2Fc", NULL, NULL);
	check_target("/a%252Fb%2525", "/a%252Fb%2525", NULL, NULL);
	check_target("/%2525%25/%252e%252e", "/%2525%25/%252e%252e", NULL, NULL);
	check_target("http://h:1/a?b", "/a", "b", "h:1");
	check_target("HTTPS://h", "/", NULL, "h");
	check_target("http://h?q", "/", "q", "h");
	check_target("*", "*", NULL, NULL);
}

static void refuses_paths(void **state)
{
	static const char *const bad[] = {
		"", "a", "..", "/..", "/a/../..", "/%2e%2e/x", "/.%2E/x", "/a/%2e%2e/%2e%2e/etc/passwd", "/%", "/%1", "/%zz", "/%00", "/%0a",
		"/%7f", "/a b", "/a#b", "/\x80", "/a\tb", "ftp://h/", "h:80",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		check_target(bad[i], NULL, NULL, NULL);
}

static void check_host(const char *raw, const char *host)
{
	struct arena a;
	struct str got = STR_NONE;
	bool is_good;

	arena_init(&a, 0);
	is_good = target_read_host(str_from(raw), &a, &got);
	if (is_good != (host != NULL))
		print_error("%s\n", raw);
	assert_int_equal(is_good, host != NULL);
	assert_true(!host || str_is(got, host));
	arena_fini(&a);
}

static void reads_hosts(void **state)
{
	(void)state;
	check_host("example.org", "example.org");
	check_host("EXAMPLE.org.:5280", "example.org");
	check_host("h:", "h");
	check_host("", "");
	check_host("127.0.0.1:1", "127.0.0.1");
	check_host("[::1]", "[::1]");
	check_host("[::1]:80", "[::1]");
	check_host("a b", NULL);
	check_host("a/b", NULL);
	check_host("a@b", NULL);
	check_host("a:b", NULL);
	check_host("a:65536", NULL);
	check_host("[::1", NULL);
	check_host("[::1]x", NULL);
	check_host("[::1]:x", NULL);
	check_host("a\"b", NULL);
}

static void decodes(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out);
	assert_true(target_decode(STR("a+b%21"), true, &out));
	assert_true(str_is(buf_str(&out), "a b!"));
	buf_clear(&out);
	assert_true(target_decode(STR("a+b"), false, &out));
	assert_true(str_is(buf_str(&out), "a+b"));
	assert_false(target_decode(STR("%0d"), true, &out));
	assert_false(target_decode(STR("%4"), true, &out));
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_paths),
		cmocka_unit_test(refuses_paths),
		cmocka_unit_test(reads_hosts),
		cmocka_unit_test(decodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
