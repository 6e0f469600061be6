#include "link/component/component_handshake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "xmpp/ns.h"
#include "xmpp/parser.h"

static const struct parser_limits limits = {.element_bytes = 65536, .depth = 10, .attributes = 20, .name_bytes = 255};

/* The first thing that the text says on a stream of a component: an opening tag, or what comes behind it. */
static struct stanza *read_text(const char *text, bool is_behind)
{
	struct stanza *s = NULL;
	struct str rest = str_from(text);
	struct parser p;
	size_t used;

	parser_init(&p, PARSER_STREAM, &limits);
	assert_int_equal(parser_feed(&p, rest, &used, &s), PARSER_HEADER);
	if (is_behind) {
		stanza_unref(&s);
		assert_int_equal(parser_feed(&p, str_make(rest.data + used, rest.len - used), &used, &s), PARSER_STANZA);
	}
	parser_fini(&p);
	return s;
}

#define STREAM_OF(ns) "<stream:stream xmlns='" ns "' xmlns:stream='" NS_STREAM "'"

static void examines_opening_tags(void **state)
{
	static const struct {
		const char *tag, *name;
		enum stream_error error;
		bool is_prefix;
	} cases[] = {
		{STREAM_OF(NS_COMPONENT) " to='echo.localhost'>", "echo.localhost", STREAM_ERROR_NONE, false},
		{STREAM_OF(NS_COMPONENT) " to='Echo.LOCALHOST'>", "echo.localhost", STREAM_ERROR_NONE, false},
		{STREAM_OF(NS_COMPONENT) " to='echo' is_subdomain='true'>", "echo", STREAM_ERROR_NONE, true},
		{STREAM_OF(NS_COMPONENT) " to='echo' is_subdomain='false'>", "echo", STREAM_ERROR_NONE, false},
		{"<s:stream xmlns:s='" NS_STREAM "' xmlns='" NS_COMPONENT "' to='a'>", "a", STREAM_ERROR_NONE, false},
		{STREAM_OF(NS_COMPONENT) ">", NULL, STREAM_ERROR_HOST_UNKNOWN, false},
		{STREAM_OF(NS_COMPONENT) " to=''>", NULL, STREAM_ERROR_HOST_UNKNOWN, false},
		{STREAM_OF(NS_COMPONENT) " to='a@b'>", NULL, STREAM_ERROR_HOST_UNKNOWN, false},
		{STREAM_OF(NS_COMPONENT) " to='a b'>", NULL, STREAM_ERROR_HOST_UNKNOWN, false},
		{STREAM_OF(NS_CLIENT) " to='echo.localhost'>", NULL, STREAM_ERROR_INVALID_NAMESPACE, false},
		{STREAM_OF(NS_SERVER) " to='echo.localhost'>", NULL, STREAM_ERROR_INVALID_NAMESPACE, false},
		{"<stream:stream xmlns:stream='" NS_STREAM "' to='a'>", NULL, STREAM_ERROR_INVALID_NAMESPACE, false},
		{"<stream xmlns='" NS_STREAM "' to='a'>", NULL, STREAM_ERROR_INVALID_NAMESPACE, false},
		{"<s:stream xmlns:s='other' xmlns='" NS_COMPONENT "' to='a'>", NULL, STREAM_ERROR_INVALID_NAMESPACE, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stanza *tag = read_text(cases[i].tag, false);
		struct component_handshake_claim claim;
		const char *text;
		struct arena a;

		arena_init(&a, 0);
		assert_int_equal(component_handshake_examine(tag, &a, &claim, &text), cases[i].error);
		assert_int_equal(text == NULL, cases[i].error == STREAM_ERROR_NONE);
		if (cases[i].name)
			assert_string_equal(claim.name.data, cases[i].name);
		else
			assert_null(claim.name.data);
		assert_int_equal(claim.is_prefix, cases[i].is_prefix);
		stanza_unref(&tag);
		arena_fini(&a);
	}
}

/* The example of XEP-0114. */
static void makes_the_digest(void **state)
{
	char out[COMPONENT_HANDSHAKE_CHARS + 1];

	(void)state;
	component_handshake_make(STR("3BF96D32"), STR("test"), out);
	assert_string_equal(out, "aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e");
}

#define HANDSHAKE(inner) STREAM_OF(NS_COMPONENT) " to='a'><handshake>" inner "</handshake>"
#define RIGHT "aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e"

static void accepts_only_the_right_one(void **state)
{
	static const struct {
		const char *text;
		bool is_handshake, fits;
	} cases[] = {
		{HANDSHAKE(RIGHT), true, true},
		{HANDSHAKE("&#97;aee83c26aeeafcbabeabfcbcd50df997e0a2a1e"), true, true},
		{HANDSHAKE("AAEE83C26AEEAFCBABEABFCBCD50DF997E0A2A1E"), true, false},
		{HANDSHAKE("baee83c26aeeafcbabeabfcbcd50df997e0a2a1e"), true, false},
		{HANDSHAKE("aaee83c26aeeafcbabeabfcbcd50df997e0a2a1f"), true, false},
		{HANDSHAKE("aaee83c26aeeafcbabeabfcbcd50df997e0a2a1"), true, false},
		{HANDSHAKE(RIGHT " "), true, false},
		{HANDSHAKE(RIGHT RIGHT), true, false},
		{HANDSHAKE(""), true, false},
		{STREAM_OF(NS_COMPONENT) " to='a'><handshake xmlns='other'>" RIGHT "</handshake>", false, false},
		{STREAM_OF(NS_COMPONENT) " to='a'><message>" RIGHT "</message>", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stanza *s = read_text(cases[i].text, true);

		assert_int_equal(component_handshake_is(s), cases[i].is_handshake);
		if (cases[i].is_handshake)
			assert_int_equal(component_handshake_fits(s, STR("3BF96D32"), STR("test")), cases[i].fits);
		stanza_unref(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examines_opening_tags),
		cmocka_unit_test(makes_the_digest),
		cmocka_unit_test(accepts_only_the_right_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
