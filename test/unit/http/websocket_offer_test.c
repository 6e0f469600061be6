#include "http/websocket_offer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void finds_the_sub_protocol(void **state)
{
	static const struct {
		const char *list, *found; /* NULL: none */
	} cases[] = {
		{"xmpp", "xmpp"}, {"XMPP", "XMPP"},	  {"chat, Xmpp", "Xmpp"}, {" xmpp ,x", "xmpp"},
		{"", NULL},	  {"xmpp2", NULL}, {"chat,,", NULL},       {"x mpp", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str found = websocket_offer_find(str_from(cases[i].list), "xmpp");

		assert_true(cases[i].found ? str_is(found, cases[i].found) : found.data == NULL);
	}
	assert_null(websocket_offer_find(STR_NONE, "xmpp").data);
}

/* RFC 7692 §5.1: the first offer that can be done; one with something unknown in it cannot. */
static void chooses_compression(void **state)
{
	static const struct {
		const char *offers;
		int bits; /* 0: none */
		bool tells;
	} cases[] = {
		{"permessage-deflate", 15, false},
		{"permessage-deflate; client_max_window_bits; server_no_context_takeover", 15, false},
		{"permessage-deflate; client_max_window_bits=8", 15, false},
		{"permessage-deflate;server_max_window_bits=9", 9, true},
		{"permessage-deflate; server_max_window_bits = \"12\"", 12, true},
		{"bzip, permessage-deflate; server_max_window_bits=8, permessage-deflate", 15, false},
		{"permessage-deflate; server_max_window_bits=8", 0, false},
		{"permessage-deflate; server_max_window_bits=16", 0, false},
		{"permessage-deflate; server_max_window_bits", 0, false},
		{"permessage-deflate; client_max_window_bits=0", 0, false},
		{"permessage-deflate; server_no_context_takeover=1", 0, false},
		{"permessage-deflate; client_no_context_takeover; client_no_context_takeover", 0, false},
		{"permessage-deflate; x", 0, false},
		{"permessage-deflate;", 0, false},
		{"", 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct websocket_agreement a = {.window_bits = 0};

		assert_int_equal(websocket_offer_choose(str_from(cases[i].offers), &a), cases[i].bits != 0);
		assert_int_equal(a.window_bits, cases[i].bits);
		assert_int_equal(a.tells_window, cases[i].tells);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_sub_protocol),
		cmocka_unit_test(chooses_compression),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
