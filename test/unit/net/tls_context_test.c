/* Contexts: what tls_context_new makes of a configuration. */
#include "net/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/certificate.h"
#include "support/tls_pair.h"

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
		{.certfile = str_from(own.certfile), .keyfile = str_from(other.keyfile), .says = {"tls.keyfile", "does not belong"}},
		{.certfile = str_from(own.keyfile), .says = {own.keyfile, "there is no certificate in it"}},
		{.certfile = str_from(own.certfile), .keyfile = str_from(own.secretfile), .says = {own.secretfile, "is encrypted"}},
		{.certfile = str_from(own.certfile), .keyfile = str_from(own.secretfile), .password = STR("wrong"),
		 .says = {own.secretfile, "the password does not open"}},
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
		struct tls_pair p;

		tls_pair_init(&p, &configs[i], NULL);
		tls_pair_shake_hands(&p, SIZE_MAX);
		assert_true(tls_pair_is_established(&p));
		tls_pair_fini(&p);
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
	struct tls_pair p;
	bool is_in;

	tls_pair_init(&p, config, NULL);
	tls_pair_limit_client(&p, version);
	if (cipher && version == TLS1_3_VERSION)
		SSL_CTX_set_ciphersuites(p.client.context, cipher);
	else if (cipher)
		SSL_CTX_set_cipher_list(p.client.context, cipher);
	tls_pair_shake_hands(&p, SIZE_MAX);
	is_in = tls_pair_is_established(&p);
	tls_pair_fini(&p);
	return is_in;
}

/* T-TLS-11, -12 */
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

	/* What is asked for is had, though OpenSSL thinks it too weak. */
	config.versions = (struct option_list){old, 2};
	assert_false(gets_in(&config, TLS1_VERSION, NULL));
	assert_true(gets_in(&config, TLS1_1_VERSION, NULL));
	assert_true(gets_in(&config, TLS1_2_VERSION, NULL));
	config.ciphers = STR("ALL:@SECLEVEL=0");
	assert_false(gets_in(&config, TLS1_VERSION, NULL));
	assert_true(gets_in(&config, TLS1_1_VERSION, NULL));
	assert_true(gets_in(&config, TLS1_2_VERSION, NULL));
	assert_false(gets_in(&config, TLS1_3_VERSION, NULL));
}

/* T-TLS-13 */
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
		struct tls_pair p;
		const unsigned char *chosen;
		unsigned len;

		tls_pair_init(&p, &config, "xmpp-client");
		SSL_CTX_set_alpn_protos(p.client.context, (const unsigned char *)cases[i].offer, (unsigned)strlen(cases[i].offer));
		tls_pair_shake_hands(&p, SIZE_MAX);
		assert_int_equal(tls_pair_is_established(&p), cases[i].is_in);
		SSL_get0_alpn_selected(p.client.ssl, &chosen, &len);
		if (cases[i].is_in && *cases[i].offer)
			assert_true(str_is(str_make((const char *)chosen, len), "xmpp-client"));
		tls_pair_fini(&p);
	}
}

/* How it goes for a client that shows this certificate, or none. */
static bool is_let_in_with(const struct config_tls *config, const struct certificate *c)
{
	struct tls_pair p;
	bool is_in;

	tls_pair_init(&p, config, NULL);
	if (c) {
		SSL_CTX_use_certificate(p.client.context, c->x509);
		SSL_CTX_use_PrivateKey(p.client.context, c->key);
	}
	tls_pair_shake_hands(&p, SIZE_MAX);
	is_in = tls_pair_is_established(&p);
	tls_pair_fini(&p);
	return is_in;
}

/* T-TLS-18, -19 */
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

static void knows_the_authorities_of_the_system(void **state)
{
	struct config_tls config = plain_config();

	(void)state;
	config.verify_mode = CONFIG_VERIFY_PEER;
	setenv("SSL_CERT_FILE", authority.certfile, 1);
	assert_true(is_let_in_with(&config, &client_own));
	assert_false(is_let_in_with(&config, &other));
	setenv("SSL_CERT_FILE", "/nowhere/ca.pem", 1);
	assert_false(is_let_in_with(&config, &client_own));
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

/* T-TLS-21 */
static void keeps_secrets_on_request(void **state)
{
	struct config_tls config = plain_config();
	char path[128], text[64] = "";
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/secrets", own.folder);
	setenv("SSLKEYLOGFILE", path, 1);
	assert_true(gets_in(&config, TLS1_3_VERSION, NULL));
	assert_int_equal(access(path, F_OK), -1);
	config.keep_secrets = true;
	assert_true(gets_in(&config, TLS1_2_VERSION, NULL));
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fread(text, 1, 14, f), 14);
	assert_string_equal(text, "CLIENT_RANDOM ");
	fclose(f);
	unlink(path);
	unsetenv("SSLKEYLOGFILE");
	assert_true(gets_in(&config, TLS1_3_VERSION, NULL));
	assert_int_equal(access(path, F_OK), -1);
}

/* With lists, whoever has signed for himself needs none; others need that of who has signed for them. */
static void knows_who_needs_a_revocation_list(void **state)
{
	struct config_tls config = plain_config();
	struct certificate stranger;
	char file[96];
	struct str files[1];

	(void)state;
	certificate_init(&stranger, "stranger", 100);
	certificate_revoke(&stranger, &other, file, sizeof(file));
	files[0] = str_from(file);
	config.verify_mode = CONFIG_VERIFY_SELFSIGNED;
	config.cacertfile = str_from(authority.certfile);
	config.crl_files = (struct option_list){files, 1};
	assert_true(is_let_in_with(&config, &other));
	assert_false(is_let_in_with(&config, &client_own));
	assert_false(is_let_in_with(&config, &expired));
	certificate_fini(&stranger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_is_wrong_with_files),
		cmocka_unit_test(reads_keys_wherever_they_are),
		cmocka_unit_test(knows_when_a_certificate_ends),
		cmocka_unit_test(keeps_to_versions),
		cmocka_unit_test(keeps_to_ciphers),
		cmocka_unit_test(agrees_on_a_protocol),
		cmocka_unit_test(verifies_clients),
		cmocka_unit_test(knows_the_authorities_of_the_system),
		cmocka_unit_test(refuses_revoked_certificates),
		cmocka_unit_test(knows_who_needs_a_revocation_list),
		cmocka_unit_test(keeps_secrets_on_request),
	};

	return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
