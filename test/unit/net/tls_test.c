#include "net/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/mem.h"
#include "support/certificate.h"
#include "support/tls_pair.h"

static struct certificate own;

static int make_certificates(void **state)
{
	(void)state;
	certificate_init(&own, "localhost", 100);
	return 0;
}

static int remove_certificates(void **state)
{
	(void)state;
	certificate_fini(&own);
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

static void assert_talks(struct tls_pair *p)
{
	tls_client_send(&p->client, STR("hello"), &p->to_server);
	tls_pair_serve(p, SIZE_MAX);
	assert_int_equal(p->result, TLS_OK);
	assert_true(str_is(buf_str(&p->got), "hello"));
	assert_int_equal(tls_send(p->server, STR("goodbye"), &p->to_client), TLS_OK);
	tls_pair_step(p);
	assert_true(str_is(buf_str(&p->client.got), "goodbye"));
	buf_clear(&p->got);
	buf_clear(&p->client.got);
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
			struct tls_pair p;

			tls_pair_init(&p, &config, NULL);
			tls_pair_limit_client(&p, versions[v].version);
			assert_false(tls_is_established(p.server));
			tls_pair_shake_hands(&p, pieces[i]);
			assert_true(tls_pair_is_established(&p));
			assert_string_equal(tls_version(p.server), versions[v].name);
			assert_string_equal(tls_cipher(p.server), SSL_get_cipher_name(p.client.ssl));
			assert_talks(&p);
			tls_give_back(p.server);
			assert_talks(&p);
			tls_pair_fini(&p);
		}
	}
}

static void carries_much(void **state)
{
	enum { MUCH = 300000 };
	struct config_tls config = plain_config();
	char *much = mem_new(MUCH);
	struct tls_pair p;

	(void)state;
	for (int i = 0; i < MUCH; i++)
		much[i] = (char)(i * 7 + i / 1000);
	tls_pair_init(&p, &config, NULL);
	tls_keep_buffers(p.server, true);
	tls_pair_shake_hands(&p, SIZE_MAX);
	tls_client_send(&p.client, str_make(much, MUCH), &p.to_server);
	tls_pair_serve(&p, 50000);
	assert_int_equal(p.got.len, MUCH);
	assert_memory_equal(p.got.data, much, MUCH);
	tls_give_back(p.server);
	tls_keep_buffers(p.server, false);
	assert_int_equal(tls_send(p.server, str_make(much, MUCH), &p.to_client), TLS_OK);
	tls_pair_step(&p);
	assert_int_equal(p.client.got.len, MUCH);
	assert_memory_equal(p.client.got.data, much, MUCH);
	tls_pair_fini(&p);
	free(much);
}

static void keeps_part_of_a_record(void **state)
{
	struct config_tls config = plain_config();
	struct tls_pair p;
	struct buf record;

	(void)state;
	tls_pair_init(&p, &config, NULL);
	tls_pair_shake_hands(&p, SIZE_MAX);
	buf_init(&record);
	tls_client_send(&p.client, STR("cut in two"), &record);
	buf_append(&p.to_server, record.data, 9);
	tls_pair_serve(&p, SIZE_MAX);
	assert_int_equal(p.got.len, 0);
	/* Asked to give back what is in use, it keeps it. */
	tls_give_back(p.server);
	buf_append(&p.to_server, record.data + 9, record.len - 9);
	tls_pair_serve(&p, SIZE_MAX);
	assert_true(str_is(buf_str(&p.got), "cut in two"));
	buf_fini(&record);
	tls_pair_fini(&p);
}

static void stops_when_told(void **state)
{
	struct config_tls config = plain_config();
	char much[60000] = {0};
	struct tls_pair p;

	(void)state;
	tls_pair_init(&p, &config, NULL);
	tls_pair_shake_hands(&p, SIZE_MAX);
	p.stops = true;
	for (int i = 0; i < 4; i++)
		tls_client_send(&p.client, str_make(much, sizeof(much)), &p.to_server);
	tls_pair_serve(&p, SIZE_MAX);
	assert_in_range(p.got.len, 1, 3 * sizeof(much));
	tls_pair_fini(&p);
}

static void closes(void **state)
{
	struct config_tls config = plain_config();
	struct tls_pair p;

	(void)state;
	tls_pair_init(&p, &config, NULL);
	tls_close(p.server, &p.to_client);
	assert_int_equal(p.to_client.len, 0);
	tls_pair_shake_hands(&p, SIZE_MAX);
	tls_close(p.server, &p.to_client);
	tls_pair_step(&p);
	assert_true(p.client.is_closed);
	tls_client_close(&p.client, &p.to_server);
	tls_pair_serve(&p, SIZE_MAX);
	assert_int_equal(p.result, TLS_CLOSED);
	tls_pair_fini(&p);
}

static void refuses_what_is_not_tls(void **state)
{
	static const struct str texts[] = {
		{"<?xml version='1.0'?><stream:stream to='localhost'>", 51},
		{"GET / HTTP/1.1\r\n\r\n", 18},
		{"\x16\x03\x01\x00\x05hello", 10},
		{"\x16\x03\x01\xff\xff", 5},
	};
	struct config_tls config = plain_config();

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct tls_pair p;

		tls_pair_init(&p, &config, NULL);
		buf_append_str(&p.to_server, texts[i]);
		tls_pair_serve(&p, SIZE_MAX);
		assert_int_equal(p.result, TLS_FAILED);
		assert_true(strlen(tls_error(p.server)) > 0);
		assert_int_equal(p.got.len, 0);
		tls_pair_fini(&p);
	}
}

static void notices_a_changed_record(void **state)
{
	struct config_tls config = plain_config();
	struct tls_pair p;

	(void)state;
	tls_pair_init(&p, &config, NULL);
	tls_pair_shake_hands(&p, SIZE_MAX);
	tls_client_send(&p.client, STR("hello"), &p.to_server);
	p.to_server.data[p.to_server.len - 1] ^= 1;
	tls_pair_serve(&p, SIZE_MAX);
	assert_int_equal(p.result, TLS_FAILED);
	assert_int_equal(p.got.len, 0);
	tls_pair_step(&p);
	assert_true(p.client.has_failed);
	tls_pair_fini(&p);
}

static void assert_binding(struct tls_pair *p, const char *type, const void *expected, size_t len)
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
		struct tls_pair p;

		tls_pair_init(&p, &config, NULL);
		tls_pair_limit_client(&p, version);
		assert_binding(&p, "tls-server-end-point", NULL, 0);
		tls_pair_shake_hands(&p, SIZE_MAX);
		assert_binding(&p, "tls-server-end-point", digest, digest_len);
		SSL_export_keying_material(p.client.ssl, exported, 32, "EXPORTER-Channel-Binding", 24, NULL, 0, 0);
		assert_binding(&p, "tls-exporter", exported, is_1_3 ? 32 : 0);
		assert_binding(&p, "tls-unique", finished, SSL_get_finished(p.client.ssl, finished, sizeof(finished)));
		assert_binding(&p, "tls-something", NULL, 0);
		tls_pair_fini(&p);
	}
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
	};

	return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
