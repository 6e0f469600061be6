#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/codec.h"
#include "base/mem.h"
#include "support/sasl_client.h"

struct fixture {
	struct accounts accounts;
	struct sasl_client client;
};

static const struct sasl_binding exporter = {"tls-exporter", {"0123456789abcdef0123456789abcde\0", 32}};
static const struct sasl_binding end_point = {"tls-server-end-point", {"fedcba", 6}};

static int set_up(void **state)
{
	struct fixture *f = mem_new(sizeof(*f));

	accounts_init(&f->accounts);
	sasl_client_init(&f->client, &f->accounts);
	accounts_add(&f->accounts, "alice@example.org", "secret");
	accounts_add(&f->accounts, "a=b,c@example.org", "comma");
	accounts_add(&f->accounts, "banned@example.org", "secret");
	account_ban(accounts_asker(&f->accounts), accounts_jid("banned@example.org"), accounts_done);
	accounts_await(&f->accounts);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	sasl_client_fini(&f->client);
	accounts_fini(&f->accounts);
	free(f);
	return 0;
}

static void start(struct sasl_client *e, enum config_hash hash, const char *suffix)
{
	char name[32];

	snprintf(name, sizeof name, "SCRAM-%s%s", scram_hash_name(hash), suffix);
	assert_true(sasl_client_start(e, name));
	e->hash = hash;
}

static void assert_who(const struct sasl_client *e, const char *who)
{
	assert_int_equal(e->result, SASL_SUCCESS);
	assert_true(str_is(jid_str(sasl_who(e->sasl)), who));
}

static void assert_failure(const struct sasl_client *e, enum sasl_failure failure)
{
	assert_int_equal(e->result, SASL_FAILED);
	assert_string_equal(sasl_failure_condition(e->failure), sasl_failure_condition(failure));
}

static void test_every_hash(void **state)
{
	struct fixture *f = *state;
	struct sasl_client *e = &f->client;

	for (int h = 0; h < CONFIG_HASH_COUNT; h++) {
		enum config_hash hash = (enum config_hash)h;

		start(e, hash, "");
		sasl_client_scram(e, "n,,", STR_NONE, "alice", "secret");
		assert_who(e, "alice@example.org");
		assert_true(sasl_client_scram_is_signed(e));
		start(e, hash, "");
		sasl_client_scram(e, "n,,", STR_NONE, "alice", "wrong");
		assert_failure(e, SASL_FAILURE_NOT_AUTHORIZED);
		start(e, hash, "");
		sasl_client_scram(e, "n,,", STR_NONE, "nobody", "secret");
		assert_failure(e, SASL_FAILURE_NOT_AUTHORIZED);
	}
}

/* Names in all the ways they may be written, and what becomes of them. */
static void test_names(void **state)
{
	static const struct {
		const char *gs2_header, *name, *password, *who;
		enum sasl_failure failure;
	} cases[] = {
		{"n,,", "alice@example.org", "secret", "alice@example.org", SASL_FAILURE_NONE},
		{"n,,", "ALICE", "secret", "alice@example.org", SASL_FAILURE_NONE},
		{"n,,", "Alice@EXAMPLE.org", "secret", "alice@example.org", SASL_FAILURE_NONE},
		{"n,,", "a=3Db=2Cc", "comma", "a=b,c@example.org", SASL_FAILURE_NONE},
		{"n,a=alice@example.org,", "alice", "secret", "alice@example.org", SASL_FAILURE_NONE},
		{"y,a=Alice@example.org,", "alice", "secret", "alice@example.org", SASL_FAILURE_NONE},
		{"n,a=a=3Db=2Cc@example.org,", "a=3Db=2Cc", "comma", "a=b,c@example.org", SASL_FAILURE_NONE},
		{"y,,", "alice", "secret", "alice@example.org", SASL_FAILURE_NONE},
		{"n,a=bob@example.org,", "alice", "secret", NULL, SASL_FAILURE_INVALID_AUTHZID},
		{"n,a=alice@example.net,", "alice", "secret", NULL, SASL_FAILURE_INVALID_AUTHZID},
		{"n,a=alice,", "alice", "secret", NULL, SASL_FAILURE_INVALID_AUTHZID},
		{"n,a=alice@example.org/phone,", "alice", "secret", NULL, SASL_FAILURE_INVALID_AUTHZID},
		{"n,a=@@,", "alice", "secret", NULL, SASL_FAILURE_INVALID_AUTHZID},
		{"n,,", "alice@example.net", "secret", NULL, SASL_FAILURE_NOT_AUTHORIZED},
		{"n,,", "alice@example.org/phone", "secret", NULL, SASL_FAILURE_NOT_AUTHORIZED},
		{"n,,", "al ice", "secret", NULL, SASL_FAILURE_NOT_AUTHORIZED},
		{"n,,", "al\"ice", "secret", NULL, SASL_FAILURE_NOT_AUTHORIZED},
		{"n,,", "a=b", "secret", NULL, SASL_FAILURE_MALFORMED_REQUEST},
		{"n,,", "", "secret", NULL, SASL_FAILURE_MALFORMED_REQUEST},
		{"n,,", "banned", "secret", NULL, SASL_FAILURE_ACCOUNT_DISABLED},
		{"n,,", "banned", "wrong", NULL, SASL_FAILURE_NOT_AUTHORIZED},
	};
	struct fixture *f = *state;
	struct sasl_client *e = &f->client;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		start(e, CONFIG_HASH_SHA256, "");
		sasl_client_scram(e, cases[i].gs2_header, STR_NONE, cases[i].name, cases[i].password);
		if (cases[i].who)
			assert_who(e, cases[i].who);
		else
			assert_failure(e, cases[i].failure);
	}
}

static void test_binding(void **state)
{
	struct fixture *f = *state;
	struct sasl_client *e = &f->client;
	struct str bare = STR("n=alice,r=abc"), bound;

	e->about.bindings[0] = exporter;
	e->about.bindings[1] = end_point;
	start(e, CONFIG_HASH_SHA256, "-PLUS");
	sasl_client_scram(e, "p=tls-server-end-point,,", end_point.data, "alice", "secret");
	assert_who(e, "alice@example.org");
	assert_true(sasl_client_scram_is_signed(e));

	/* Binding data is bytes, a zero among them. */
	start(e, CONFIG_HASH_SHA1, "-PLUS");
	sasl_client_step(e, STR("p=tls-exporter,,n=alice,r=abc"));
	bound = str_make("p=tls-exporter,,0123456789abcdef0123456789abcde\0", 48);
	sasl_client_step(e, sasl_client_scram_final(e, bare, codec_base64(&e->arena, bound.data, bound.len), "secret"));
	assert_who(e, "alice@example.org");
}

static void test_binding_that_does_not_fit(void **state)
{
	static const struct {
		const char *suffix, *gs2_header;
		struct str data;
		enum sasl_failure failure;
	} cases[] = {
		{"-PLUS", "p=tls-server-end-point,,", {"fedcbb", 6}, SASL_FAILURE_NOT_AUTHORIZED},
		{"-PLUS", "p=tls-server-end-point,,", {"fedcb", 5}, SASL_FAILURE_NOT_AUTHORIZED},
		{"-PLUS", "p=tls-server-end-point,,", {"fedcbaa", 7}, SASL_FAILURE_NOT_AUTHORIZED},
		{"-PLUS", "p=tls-server-end-point,,", {NULL, 0}, SASL_FAILURE_NOT_AUTHORIZED},
		{"-PLUS", "p=tls-unique,,", {"fedcba", 6}, SASL_FAILURE_NOT_AUTHORIZED},
		{"-PLUS", "p=TLS-EXPORTER,,", {"fedcba", 6}, SASL_FAILURE_NOT_AUTHORIZED},
		{"-PLUS", "n,,", {NULL, 0}, SASL_FAILURE_MALFORMED_REQUEST},
		{"-PLUS", "y,,", {NULL, 0}, SASL_FAILURE_MALFORMED_REQUEST},
		{"", "p=tls-server-end-point,,", {"fedcba", 6}, SASL_FAILURE_MALFORMED_REQUEST},
		{"", "y,,", {NULL, 0}, SASL_FAILURE_NOT_AUTHORIZED}, /* somebody took -PLUS away from the list */
		{"", "n,,", {"fedcba", 6}, SASL_FAILURE_NOT_AUTHORIZED},
	};
	struct fixture *f = *state;
	struct sasl_client *e = &f->client;

	e->about.bindings[0] = exporter;
	e->about.bindings[1] = end_point;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		start(e, CONFIG_HASH_SHA384, cases[i].suffix);
		sasl_client_scram(e, cases[i].gs2_header, cases[i].data, "alice", "secret");
		assert_failure(e, cases[i].failure);
	}
	/* A client that cannot bind may still use the mechanism without. */
	start(e, CONFIG_HASH_SHA384, "");
	sasl_client_scram(e, "n,,", STR_NONE, "alice", "secret");
	assert_who(e, "alice@example.org");
	/* Nor is it a downgrade where no -PLUS is offered. */
	e->accounts->mechanisms[0] = STR("scram_sha384");
	e->accounts->auth.sasl_mechanisms.count = 1;
	start(e, CONFIG_HASH_SHA384, "");
	sasl_client_scram(e, "y,,", STR_NONE, "alice", "secret");
	assert_who(e, "alice@example.org");
}

/* The last message, changed after its proof was made or before. */
static void test_final_messages(void **state)
{
	struct fixture *f = *state;
	struct sasl_client *e = &f->client;
	struct str good, bare = STR("n=alice,r=abc");
	struct arena *a = &e->arena;

	for (int i = 0; i < 8; i++) {
		struct str bad;
		enum sasl_failure failure = SASL_FAILURE_MALFORMED_REQUEST;

		start(e, CONFIG_HASH_SHA1, "");
		sasl_client_step(e, STR("n,,n=alice,r=abc"));
		good = sasl_client_scram_final(e, bare, i == 0 ? STR("bix=") : i == 1 ? STR("eSws") : STR("biws"), "secret");
		bad = arena_str(a, good);
		switch (i) {
		case 0: /* c= is not base64 as it should be */
			break;
		case 1: /* c= says y, the first message said n */
			failure = SASL_FAILURE_NOT_AUTHORIZED;
			break;
		case 2: /* the nonce is another */
			((char *)bad.data)[9] ^= 1;
			failure = SASL_FAILURE_NOT_AUTHORIZED;
			break;
		case 3: /* the nonce is ours only in part */
			bad = str_from(arena_printf(a, "c=biws,r=abc%.*s", (int)(good.len - str_find_char(good, 'p') + 1),
						    good.data + str_find_char(good, 'p') - 1));
			failure = SASL_FAILURE_NOT_AUTHORIZED;
			break;
		case 4: /* the proof is too short */
			bad = str_from(arena_printf(a, "%.*sAAAA", (int)good.len - 28, good.data));
			break;
		case 5: /* the proof is not base64 */
			((char *)bad.data)[bad.len - 1] = '!';
			break;
		case 6: /* no proof */
			bad.len = (size_t)str_find_char(good, 'p') - 1;
			break;
		default:
			bad = STR("");
		}
		sasl_client_step(e, bad);
		assert_failure(e, failure);
	}
}

/* Extensions that we do not know are signed like everything else. */
static void test_extensions(void **state)
{
	struct fixture *f = *state;
	struct sasl_client *e = &f->client;

	start(e, CONFIG_HASH_SHA512, "");
	sasl_client_step(e, STR("n,,n=alice,r=abc,x=1,y=2"));
	assert_int_equal(e->result, SASL_CHALLENGE);
	sasl_client_step(e, sasl_client_scram_final(e, STR("n=alice,r=abc,x=1,y=2"), STR("biws"), "secret"));
	assert_who(e, "alice@example.org");
	start(e, CONFIG_HASH_SHA512, "");
	sasl_client_step(e, STR("n,,m=1,n=alice,r=abc"));
	assert_failure(e, SASL_FAILURE_MALFORMED_REQUEST);
}

#define ANNOUNCED "SCRAM-SHA-1\x1eSCRAM-SHA-1-PLUS\x1ftls-exporter\x1etls-server-end-point"

/* XEP-0474: the hash of what was announced, under the hash of the mechanism; computed elsewhere. It is signed: who takes it out fails. */
static void test_downgrade(void **state)
{
	static const struct {
		enum config_hash hash;
		const char *extension;
	} cases[] = {
		{CONFIG_HASH_SHA1, ",h=G6k/rBLDqgOhRRaCuuatSDFkJ08="},
		{CONFIG_HASH_SHA256, ",h=H6VEQ+6wl/eYKuTjJn4D9/e9GTn1AcYGw/oiSJ3Yhy0="},
		{CONFIG_HASH_SHA512, ",h=Q1q0WwH927l2RRoYIMiDY0g7R21hTZK+bfBgkhqek9JSTfIzUlnUZQRB2A6lZL3ER7ZMWRRdQzEJKVH671Bh0g=="},
	};
	struct fixture *f = *state;
	struct sasl_client *e = &f->client;

	e->about.announced = STR(ANNOUNCED);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].extension);

		start(e, cases[i].hash, "");
		sasl_client_step(e, STR("n,,n=alice,r=abc"));
		assert_int_equal(e->result, SASL_CHALLENGE);
		assert_true(e->data.len > len);
		assert_memory_equal(e->data.data + e->data.len - len, cases[i].extension, len);
		sasl_client_step(e, sasl_client_scram_final(e, STR("n=alice,r=abc"), STR("biws"), "secret"));
		assert_who(e, "alice@example.org");

		start(e, cases[i].hash, "");
		sasl_client_step(e, STR("n,,n=alice,r=abc"));
		e->data.len -= len;
		sasl_client_step(e, sasl_client_scram_final(e, STR("n=alice,r=abc"), STR("biws"), "secret"));
		assert_failure(e, SASL_FAILURE_NOT_AUTHORIZED);
	}
	e->about.announced = STR_NONE;
}

/* The challenge to somebody unknown looks like any other: the salt stays, the nonce does not. */
static void test_unknown_names(void **state)
{
	struct fixture *f = *state;
	struct sasl_client *e = &f->client;
	struct str first, second;

	start(e, CONFIG_HASH_SHA256, "");
	sasl_client_step(e, STR("n,,n=nobody,r=abc"));
	assert_int_equal(e->result, SASL_CHALLENGE);
	first = e->data;
	start(e, CONFIG_HASH_SHA256, "");
	sasl_client_step(e, STR("n,,n=nobody,r=abc"));
	second = e->data;
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, "r=abc", 5);
	assert_false(str_equal(first, second));
	assert_true(str_ends_with(first, STR(",i=5")));
	assert_memory_equal(first.data + 5 + 24, second.data + 5 + 24, first.len - 29);
	assert_memory_equal(first.data + 5 + 24, ",s=", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
		TEST(test_every_hash),
		TEST(test_names),
		TEST(test_binding),
		TEST(test_binding_that_does_not_fit),
		TEST(test_final_messages),
		TEST(test_extensions),
		TEST(test_downgrade),
		TEST(test_unknown_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
