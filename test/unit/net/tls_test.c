#include "net/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/mem.h"
#include "support/certificate.h"
#include "support/tls_client.h"

static struct certificate own, other, expired, authority, client_own;

static int make_certificates(void **state)
{
	(void)state;
	certificate_init(&own, "localhost", 100);
	certificate_init(&other, "localhost", 100);
	certificate_init(&expired, "localhost", -10);
	certificate_init(&authority, "authority", 100);
	certificate_init_signed(&client_own, "romeo", 100, &authority);
	return 0;
}

static int remove_certificates(void **state)
{
	(void)state;
	certificate_fini(&own);
	certificate_fini(&other);
	certificate_fini(&expired);
	certificate_fini(&authority);
	certificate_fini(&client_own);
	return 0;
}

static struct config_tls plain_config(void)
{
	return (struct config_tls){
		.certfile = str_from(own.certfile),
		.keyfile = str_from(own.keyfile),
		.verify_mode = CONFIG_VERIFY_NONE,
		.disconnect_on_failure = true,
	};
}

/* A server session and a client, with the bytes between them carried by hand. */
struct pair {
	struct tls_context *context;
	struct tls *server;
	struct tls_client client;
	struct buf to_server, to_client, got; /* got: plaintext from the client */
	enum tls_result result;
	bool stops; /* on_plain says false */
};

static bool take_plain(void *context, struct str bytes)
{
	struct pair *p = context;

	buf_append_str(&p->got, bytes);
	return !p->stops;
}

static void pair_init(struct pair *p, const struct config_tls *config, const char *alpn)
{
	struct why why = {0};

	*p = (struct pair){0};
	p->context = tls_context_new(config, alpn, &why);
	assert_string_equal(why.text, "");
	assert_non_null(p->context);
	p->server = tls_new(p->context);
	tls_client_init(&p->client);
}

static void pair_fini(struct pair *p)
{
	tls_free(&p->server);
	assert_null(p->server);
	tls_context_unref(&p->context);
	tls_client_fini(&p->client);
	buf_fini(&p->to_server);
	buf_fini(&p->to_client);
	buf_fini(&p->got);
}

/* Gives the server what waits for it, in pieces of this size. */
static void serve(struct pair *p, size_t piece)
{
	struct str all = buf_str(&p->to_server);

	while (all.len && p->result == TLS_OK) {
		size_t len = all.len < piece ? all.len : piece;

		p->result = tls_receive(p->server, str_make(all.data, len), &p->to_client, take_plain, p);
		all = str_make(all.data + len, all.len - len);
	}
	buf_clear(&p->to_server);
}

static void client_step(struct pair *p)
{
	tls_client_step(&p->client, buf_str(&p->to_client), &p->to_server);
	buf_clear(&p->to_client);
}

static void shake_hands(struct pair *p, size_t piece)
{
	client_step(p);
	for (int i = 0; i < 4 && (p->to_server.len || p->to_client.len); i++) {
		serve(p, piece);
		client_step(p);
	}
}

static bool both_established(const struct pair *p)
{
	return p->result == TLS_OK && tls_is_established(p->server) && tls_client_is_established(&p->client);
}

static void assert_talks(struct pair *p)
{
	tls_client_send(&p->client, STR("hello"), &p->to_server);
	serve(p, SIZE_MAX);
	assert_int_equal(p->result, TLS_OK);
	assert_true(str_is(buf_str(&p->got), "hello"));
	assert_int_equal(tls_send(p->server, STR("goodbye"), &p->to_client), TLS_OK);
	client_step(p);
	assert_true(str_is(buf_str(&p->client.got), "goodbye"));
	buf_clear(&p->got);
	buf_clear(&p->client.got);
}

static void limit_client(struct pair *p, int version)
{
	SSL_CTX_set_security_level(p->client.context, 0);
	SSL_CTX_set_min_proto_version(p->client.context, version);
	SSL_CTX_set_max_proto_version(p->client.context, version);
}

static void talks(void **state)
{
	static const struct {
		int version;
		const char *name;
	} versions[] = {{TLS1_3_VERSION, "TLSv1.3"}, {TLS1_2_VERSION, "TLSv1.2"}};
	static const size_t pieces[] = {SIZE_MAX, 1, 7};
	struct config_tls config = plain_config();

	(void)state;
	for (size_t v = 0; v < 2; v++) {
		for (size_t i = 0; i < 3; i++) {
			struct pair p;

			pair_init(&p, &config, NULL);
			limit_client(&p, versions[v].version);
			assert_false(tls_is_established(p.server));
			shake_hands(&p, pieces[i]);
			assert_true(both_established(&p));
			assert_string_equal(tls_version(p.server), versions[v].name);
			assert_string_equal(tls_cipher(p.server), SSL_get_cipher_name(p.client.ssl));
			assert_talks(&p);
			tls_give_back(p.server);
			assert_talks(&p);
			pair_fini(&p);
		}
	}
}

static void carries_much(void **state)
{
	enum { MUCH = 300000 };
	struct config_tls config = plain_config();
	char *much = mem_new(MUCH);
	struct pair p;

	(void)state;
	for (int i = 0; i < MUCH; i++)
		much[i] = (char)(i * 7 + i / 1000);
	pair_init(&p, &config, NULL);
	tls_keep_buffers(p.server, true);
	shake_hands(&p, SIZE_MAX);
	tls_client_send(&p.client, str_make(much, MUCH), &p.to_server);
	serve(&p, 50000);
	assert_int_equal(p.got.len, MUCH);
	assert_memory_equal(p.got.data, much, MUCH);
	tls_give_back(p.server);
	tls_keep_buffers(p.server, false);
	assert_int_equal(tls_send(p.server, str_make(much, MUCH), &p.to_client), TLS_OK);
	client_step(&p);
	assert_int_equal(p.client.got.len, MUCH);
	assert_memory_equal(p.client.got.data, much, MUCH);
	pair_fini(&p);
	free(much);
}

static void keeps_part_of_a_record(void **state)
{
	struct config_tls config = plain_config();
	struct pair p;

	(void)state;
	pair_init(&p, &config, NULL);
	shake_hands(&p, SIZE_MAX);
	tls_client_send(&p.client, STR("cut in two"), &p.to_server);
	p.result = tls_receive(p.server, str_make(p.to_server.data, 9), &p.to_client, take_plain, &p);
	assert_int_equal(p.got.len, 0);
	/* Asked to give back what is in use, it keeps it. */
	tls_give_back(p.server);
	buf_consume(&p.to_server, 9);
	serve(&p, SIZE_MAX);
	assert_true(str_is(buf_str(&p.got), "cut in two"));
	pair_fini(&p);
}

static void stops_when_told(void **state)
{
	struct config_tls config = plain_config();
	char much[60000] = {0};
	struct pair p;

	(void)state;
	pair_init(&p, &config, NULL);
	shake_hands(&p, SIZE_MAX);
	p.stops = true;
	for (int i = 0; i < 4; i++)
		tls_client_send(&p.client, str_make(much, sizeof(much)), &p.to_server);
	serve(&p, SIZE_MAX);
	assert_in_range(p.got.len, 1, 3 * sizeof(much));
	pair_fini(&p);
}

static void closes(void **state)
{
	struct config_tls config = plain_config();
	struct pair p;

	(void)state;
	pair_init(&p, &config, NULL);
	tls_close(p.server, &p.to_client);
	assert_int_equal(p.to_client.len, 0);
	shake_hands(&p, SIZE_MAX);
	tls_close(p.server, &p.to_client);
	client_step(&p);
	assert_true(p.client.is_closed);
	tls_client_close(&p.client, &p.to_server);
	serve(&p, SIZE_MAX);
	assert_int_equal(p.result, TLS_CLOSED);
	pair_fini(&p);
}

static void refuses_what_is_not_tls(void **state)
{
	static const char *const texts[] = {
		"<?xml version='1.0'?><stream:stream to='localhost'>",
		"GET / HTTP/1.1\r\n\r\n",
		"\x16\x03\x01\x00\x05hello",
		"\x16\x03\x01\xff\xff",
	};
	struct config_tls config = plain_config();

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct pair p;

		pair_init(&p, &config, NULL);
		p.result = tls_receive(p.server, str_make(texts[i], i < 2 ? strlen(texts[i]) : 5 + 5 * (i == 2)), &p.to_client,
				       take_plain, &p);
		assert_int_equal(p.result, TLS_FAILED);
		assert_true(strlen(tls_error(p.server)) > 0);
		assert_int_equal(p.got.len, 0);
		pair_fini(&p);
	}
}

static void notices_a_changed_record(void **state)
{
	struct config_tls config = plain_config();
	struct pair p;

	(void)state;
	pair_init(&p, &config, NULL);
	shake_hands(&p, SIZE_MAX);
	tls_client_send(&p.client, STR("hello"), &p.to_server);
	p.to_server.data[p.to_server.len - 1] ^= 1;
	serve(&p, SIZE_MAX);
	assert_int_equal(p.result, TLS_FAILED);
	assert_int_equal(p.got.len, 0);
	client_step(&p);
	assert_true(p.client.has_failed);
	pair_fini(&p);
}

static void assert_binding(struct pair *p, const char *type, const void *expected, size_t len)
{
	struct buf b;

	buf_init(&b);
	assert_int_equal(tls_binding(p->server, type, &b), len > 0);
	assert_int_equal(b.len, len);
	if (len)
		assert_memory_equal(b.data, expected, len);
	buf_fini(&b);
}

static void binds_channels(void **state)
{
	struct config_tls config = plain_config();
	unsigned char digest[EVP_MAX_MD_SIZE], exported[32], finished[64];
	unsigned digest_len;

	(void)state;
	assert_int_equal(X509_digest(own.x509, EVP_sha256(), digest, &digest_len), 1);
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		bool is_1_3 = version == TLS1_3_VERSION;
		struct pair p;

		pair_init(&p, &config, NULL);
		limit_client(&p, version);
		assert_binding(&p, "tls-server-end-point", NULL, 0);
		shake_hands(&p, SIZE_MAX);
		assert_binding(&p, "tls-server-end-point", digest, digest_len);
		SSL_export_keying_material(p.client.ssl, exported, 32, "EXPORTER-Channel-Binding", 24, NULL, 0, 0);
		assert_binding(&p, "tls-exporter", exported, is_1_3 ? 32 : 0);
		assert_binding(&p, "tls-unique", finished, SSL_get_finished(p.client.ssl, finished, sizeof(finished)));
		assert_binding(&p, "tls-something", NULL, 0);
		pair_fini(&p);
	}
}

static void says_what_is_wrong_with_files(void **state)
{
	const struct {
		struct str certfile, keyfile, password, cacertfile, dhfile, ciphers;
		const char *says[2];
	} cases[] = {
		{.says = {"tls.certfile", "no certificate"}},
		{.certfile = STR("/nowhere/cert.pem"), .says = {"/nowhere/cert.pem", "No such file"}},
		{.certfile = str_from(own.certfile), .says = {"tls.certfile", own.certfile}},
		{.certfile = str_from(own.certfile), .keyfile = STR("/nowhere/key.pem"), .says = {"/nowhere/key.pem", "No such file"}},
		{.certfile = str_from(own.certfile), .keyfile = str_from(other.keyfile), .says = {"tls.keyfile", "mismatch"}},
		{.certfile = str_from(own.keyfile), .says = {own.keyfile, "no start line"}},
		{.certfile = str_from(own.certfile), .keyfile = str_from(own.secretfile), .says = {"tls.keyfile", own.secretfile}},
		{.certfile = str_from(own.certfile), .keyfile = str_from(own.secretfile), .password = STR("wrong"),
		 .says = {"tls.keyfile", own.secretfile}},
		{.certfile = str_from(own.bothfile), .cacertfile = STR("/nowhere/ca.pem"), .says = {"tls.cacertfile", "No such file"}},
		{.certfile = str_from(own.bothfile), .cacertfile = str_from(own.keyfile), .says = {"tls.cacertfile", own.keyfile}},
		{.certfile = str_from(own.bothfile), .dhfile = STR("/nowhere/dh.pem"), .says = {"tls.dhfile", "No such file"}},
		{.certfile = str_from(own.bothfile), .dhfile = str_from(own.certfile), .says = {"tls.dhfile", own.certfile}},
		{.certfile = str_from(own.bothfile), .ciphers = STR("NO-SUCH-CIPHER"), .says = {"tls.ciphers", "NO-SUCH-CIPHER"}},
		{.certfile = str_from(own.bothfile), .ciphers = STR("TLS_NO_SUCH"), .says = {"tls.ciphers", "TLS_NO_SUCH"}},
		{.certfile = str_from(own.bothfile), .ciphers = STR(" : "), .says = {"tls.ciphers", "no cipher"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_tls config = {
			.certfile = cases[i].certfile,
			.keyfile = cases[i].keyfile,
			.password = cases[i].password,
			.cacertfile = cases[i].cacertfile,
			.dhfile = cases[i].dhfile,
			.ciphers = cases[i].ciphers,
			.verify_mode = CONFIG_VERIFY_PEER,
		};
		struct why why = {0};

		assert_null(tls_context_new(&config, NULL, &why));
		assert_non_null(strstr(why.text, cases[i].says[0]));
		assert_non_null(strstr(why.text, cases[i].says[1]));
		assert_null(strstr(why.text, "wrong"));
	}
}

static void reads_keys_wherever_they_are(void **state)
{
	const struct config_tls configs[] = {
		{.certfile = str_from(own.bothfile), .verify_mode = CONFIG_VERIFY_NONE},
		{.certfile = str_from(own.certfile), .keyfile = str_from(own.keyfile), .verify_mode = CONFIG_VERIFY_NONE},
		{.certfile = str_from(own.certfile),
		 .keyfile = str_from(own.secretfile),
		 .password = STR("secret"),
		 .verify_mode = CONFIG_VERIFY_NONE},
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct pair p;

		pair_init(&p, &configs[i], NULL);
		shake_hands(&p, SIZE_MAX);
		assert_true(both_established(&p));
		pair_fini(&p);
	}
}

static void knows_when_a_certificate_ends(void **state)
{
	struct config_tls config = plain_config();
	struct tls_context *context = tls_context_new(&config, NULL, NULL);

	(void)state;
	assert_int_equal(tls_context_days_left(context), 100);
	tls_context_ref(context);
	tls_context_unref(&(struct tls_context *){context});
	tls_context_unref(&context);
	assert_null(context);

	config.certfile = str_from(expired.bothfile);
	config.keyfile = STR_NONE;
	context = tls_context_new(&config, NULL, NULL);
	assert_int_equal(tls_context_days_left(context), -10);
	tls_context_unref(&context);
}

/* Whether a client of this version, with this cipher (NULL: any), gets in. */
static bool gets_in(const struct config_tls *config, int version, const char *cipher)
{
	struct pair p;
	bool is_in;

	pair_init(&p, config, NULL);
	limit_client(&p, version);
	if (cipher && version == TLS1_3_VERSION)
		SSL_CTX_set_ciphersuites(p.client.context, cipher);
	else if (cipher)
		SSL_CTX_set_cipher_list(p.client.context, cipher);
	shake_hands(&p, SIZE_MAX);
	is_in = both_established(&p);
	pair_fini(&p);
	return is_in;
}

static void keeps_to_versions(void **state)
{
	static const int only_1_2[] = {2}, only_1_3[] = {3}, old[] = {1, 2};
	struct config_tls config = plain_config();

	(void)state;
	assert_false(gets_in(&config, TLS1_VERSION, NULL));
	assert_false(gets_in(&config, TLS1_1_VERSION, NULL));
	assert_true(gets_in(&config, TLS1_2_VERSION, NULL));
	assert_true(gets_in(&config, TLS1_3_VERSION, NULL));

	config.versions = (struct option_list){only_1_2, 1};
	assert_true(gets_in(&config, TLS1_2_VERSION, NULL));
	assert_false(gets_in(&config, TLS1_3_VERSION, NULL));
	config.versions = (struct option_list){only_1_3, 1};
	assert_false(gets_in(&config, TLS1_2_VERSION, NULL));
	assert_true(gets_in(&config, TLS1_3_VERSION, NULL));

	config.versions = (struct option_list){old, 2};
	config.ciphers = STR("ALL:@SECLEVEL=0");
	assert_false(gets_in(&config, TLS1_VERSION, NULL));
	assert_true(gets_in(&config, TLS1_1_VERSION, NULL));
	assert_true(gets_in(&config, TLS1_2_VERSION, NULL));
	assert_false(gets_in(&config, TLS1_3_VERSION, NULL));
}

static void keeps_to_ciphers(void **state)
{
	static const char one[] = "ECDHE-ECDSA-AES256-GCM-SHA384", another[] = "ECDHE-ECDSA-AES128-GCM-SHA256";
	static const char new_one[] = "TLS_AES_128_GCM_SHA256", another_new[] = "TLS_AES_256_GCM_SHA384";
	static const struct {
		const char *ciphers;
		bool one, another, new_one, another_new;
	} cases[] = {
		{"", true, true, true, true},
		{"TLSv1.2:TLSv1.3", true, true, true, true},
		{"HIGH:!aNULL", true, true, true, true},
		{"ECDHE-ECDSA-AES256-GCM-SHA384", true, false, false, false},
		{"TLS_AES_128_GCM_SHA256", false, false, true, false},
		{"ECDHE-ECDSA-AES256-GCM-SHA384 : TLS_AES_256_GCM_SHA384", true, false, false, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_tls config = plain_config();

		config.ciphers = str_from(cases[i].ciphers);
		assert_int_equal(gets_in(&config, TLS1_2_VERSION, one), cases[i].one);
		assert_int_equal(gets_in(&config, TLS1_2_VERSION, another), cases[i].another);
		assert_int_equal(gets_in(&config, TLS1_3_VERSION, new_one), cases[i].new_one);
		assert_int_equal(gets_in(&config, TLS1_3_VERSION, another_new), cases[i].another_new);
	}
}

static void agrees_on_a_protocol(void **state)
{
	static const struct {
		const char *offer;
		bool is_in;
	} cases[] = {{"", true}, {"\x0bxmpp-client", true}, {"\x02h2\x0bxmpp-client", true}, {"\x02h2", false}};
	struct config_tls config = plain_config();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pair p;
		const unsigned char *chosen;
		unsigned len;

		pair_init(&p, &config, "xmpp-client");
		SSL_CTX_set_alpn_protos(p.client.context, (const unsigned char *)cases[i].offer, (unsigned)strlen(cases[i].offer));
		shake_hands(&p, SIZE_MAX);
		assert_int_equal(both_established(&p), cases[i].is_in);
		SSL_get0_alpn_selected(p.client.ssl, &chosen, &len);
		if (cases[i].is_in && *cases[i].offer)
			assert_true(str_is(str_make((const char *)chosen, len), "xmpp-client"));
		pair_fini(&p);
	}
}

/* How it goes for a client that shows this certificate, or none. */
static bool is_let_in_with(const struct config_tls *config, const struct certificate *c)
{
	struct pair p;
	bool is_in;

	pair_init(&p, config, NULL);
	if (c) {
		SSL_CTX_use_certificate(p.client.context, c->x509);
		SSL_CTX_use_PrivateKey(p.client.context, c->key);
	}
	shake_hands(&p, SIZE_MAX);
	is_in = both_established(&p);
	pair_fini(&p);
	return is_in;
}

static void verifies_clients(void **state)
{
	static const struct {
		int mode;
		bool disconnects, is_required;
		bool none, good, self_signed;
	} cases[] = {
		{CONFIG_VERIFY_NONE, true, false, true, true, true},
		{CONFIG_VERIFY_PEER, true, false, true, true, false},
		{CONFIG_VERIFY_PEER, false, false, true, true, true},
		{CONFIG_VERIFY_PEER, true, true, false, true, false},
		{CONFIG_VERIFY_SELFSIGNED, true, false, true, true, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_tls config = plain_config();

		config.verify_mode = cases[i].mode;
		config.disconnect_on_failure = cases[i].disconnects;
		config.verify_is_required = cases[i].is_required;
		config.cacertfile = str_from(authority.certfile);
		assert_int_equal(is_let_in_with(&config, NULL), cases[i].none);
		assert_int_equal(is_let_in_with(&config, &client_own), cases[i].good);
		assert_int_equal(is_let_in_with(&config, &other), cases[i].self_signed);
	}
}

static void refuses_revoked_certificates(void **state)
{
	struct config_tls config = plain_config();
	struct certificate revoked;
	char file[96];
	struct str files[1];

	(void)state;
	certificate_init_signed(&revoked, "tybalt", 100, &authority);
	certificate_revoke(&authority, &revoked, file, sizeof(file));
	config.verify_mode = CONFIG_VERIFY_PEER;
	config.cacertfile = str_from(authority.certfile);
	assert_true(is_let_in_with(&config, &revoked));
	files[0] = str_from(file);
	config.crl_files = (struct option_list){files, 1};
	assert_false(is_let_in_with(&config, &revoked));
	assert_true(is_let_in_with(&config, &client_own));
	files[0] = STR("/nowhere/crl.pem");
	assert_null(tls_context_new(&config, NULL, NULL));
	certificate_fini(&revoked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(talks),
		cmocka_unit_test(carries_much),
		cmocka_unit_test(keeps_part_of_a_record),
		cmocka_unit_test(stops_when_told),
		cmocka_unit_test(closes),
		cmocka_unit_test(refuses_what_is_not_tls),
		cmocka_unit_test(notices_a_changed_record),
		cmocka_unit_test(binds_channels),
		cmocka_unit_test(says_what_is_wrong_with_files),
		cmocka_unit_test(reads_keys_wherever_they_are),
		cmocka_unit_test(knows_when_a_certificate_ends),
		cmocka_unit_test(keeps_to_versions),
		cmocka_unit_test(keeps_to_ciphers),
		cmocka_unit_test(agrees_on_a_protocol),
		cmocka_unit_test(verifies_clients),
		cmocka_unit_test(refuses_revoked_certificates),
	};

	return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
