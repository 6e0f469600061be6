/* Several certificates on one listener, chosen by the name that the client asks for (DECISIONS 7). */
#include "net/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "net/tls_certificate.h"
#include "support/certificate.h"
#include "support/tls_pair.h"

static struct certificate own, exact, wildcard, deeper;

static int make_certificates(void **state)
{
	(void)state;
	certificate_init(&own, "own", 100);
	/* Of another kind of key than the listener's own. */
	certificate_init_like(&exact, &(struct certificate_wish){.name = "exact", .days = 50, .is_rsa = true});
	certificate_init(&wildcard, "wildcard", 40);
	certificate_init(&deeper, "deeper", 30);
	return 0;
}

static int remove_certificates(void **state)
{
	(void)state;
	certificate_fini(&own);
	certificate_fini(&exact);
	certificate_fini(&wildcard);
	certificate_fini(&deeper);
	return 0;
}

static struct config_certificate certificates[4];

static struct config_tls config_with_all(void)
{
	certificates[0] = (struct config_certificate){
		.host = STR("Example.org"), .certfile = str_from(exact.certfile), .keyfile = str_from(exact.keyfile),
	};
	certificates[1] = (struct config_certificate){.host = STR("*.example.org"), .certfile = str_from(wildcard.bothfile)};
	certificates[2] = (struct config_certificate){
		.host = STR("b\xc3\xbc" "cher.example.org"),
		.certfile = str_from(deeper.certfile),
		.keyfile = str_from(deeper.secretfile),
		.password = STR("secret"),
	};
	return (struct config_tls){
		.certfile = str_from(own.bothfile),
		.verify_mode = CONFIG_VERIFY_NONE,
		.disconnect_on_failure = true,
		.certificates = {certificates, 3},
	};
}

/* Whose certificate a client is shown that asks for this name (NULL: for none); NULL if the handshake fails. */
static const char *shown(const struct config_tls *config, int version, const char *name)
{
	static char common_name[64];
	struct tls_pair p;
	X509 *x509;
	bool is_in;

	tls_pair_init(&p, config, NULL);
	tls_pair_limit_client(&p, version);
	p.client.server_name = name;
	tls_pair_shake_hands(&p, SIZE_MAX);
	is_in = tls_pair_is_established(&p);
	x509 = is_in ? SSL_get0_peer_certificate(p.client.ssl) : NULL;
	if (x509)
		X509_NAME_get_text_by_NID(X509_get_subject_name(x509), NID_commonName, common_name, sizeof(common_name));
	tls_pair_fini(&p);
	return x509 ? common_name : NULL;
}

static void chooses_by_name(void **state)
{
	static const struct {
		const char *name, *expected;
	} cases[] = {
		{NULL, "own"},
		{"localhost", "own"},
		{"example.org", "exact"},
		{"EXAMPLE.ORG", "exact"},
		{"im.example.org", "wildcard"},
		{"IM.example.org", "wildcard"},
		{"a.im.example.org", "own"},
		{"org", "own"},
		{"notexample.org", "own"},
		{"xn--bcher-kva.example.org", "deeper"},
		{"*.example.org", "wildcard"},
		{".example.org", "own"},
	};
	struct config_tls config = config_with_all();

	(void)state;
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++)
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
			assert_string_equal(shown(&config, version, cases[i].name), cases[i].expected);
}

static void needs_no_default(void **state)
{
	struct config_tls config = config_with_all();
	struct tls_context *context;

	(void)state;
	config.certfile = STR_NONE;
	assert_true(tls_is_possible(&config));
	assert_string_equal(shown(&config, TLS1_3_VERSION, "example.org"), "exact");
	assert_null(shown(&config, TLS1_3_VERSION, "localhost"));
	assert_null(shown(&config, TLS1_2_VERSION, NULL));
	context = tls_context_new(&config, NULL, NULL);
	assert_int_equal(tls_context_days_left(context), 30);
	tls_context_unref(&context);
	config.certificates.count = 0;
	assert_false(tls_is_possible(&config));
}

static void binds_to_what_was_shown(void **state)
{
	struct config_tls config = config_with_all();
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len;
	struct tls_pair p;
	struct buf binding;

	(void)state;
	tls_pair_init(&p, &config, NULL);
	p.client.server_name = "example.org";
	tls_pair_shake_hands(&p, SIZE_MAX);
	buf_init(&binding);
	assert_true(tls_binding(p.server, "tls-server-end-point", &binding));
	assert_int_equal(X509_digest(exact.x509, EVP_sha256(), digest, &len), 1);
	assert_int_equal(binding.len, len);
	assert_memory_equal(binding.data, digest, len);
	buf_fini(&binding);
	tls_pair_fini(&p);
}

static void says_what_is_wrong(void **state)
{
	const struct {
		struct config_certificate certificate;
		const char *says[2];
	} cases[] = {
		{{.host = STR("two..dots"), .certfile = str_from(own.bothfile)}, {"certificate.host", "two..dots"}},
		{{.host = STR("example.org"), .certfile = str_from(own.bothfile)}, {"certificate.host", "another certificate"}},
		{{.host = STR("EXAMPLE.org"), .certfile = str_from(own.bothfile)}, {"certificate.host", "another certificate"}},
		{{.host = STR("x"), .certfile = STR("/nowhere/cert.pem")}, {"certificate.certfile", "/nowhere/cert.pem"}},
		{{.host = STR("x"), .certfile = str_from(own.certfile)}, {"certificate.certfile", own.certfile}},
		{{.host = STR("x"), .certfile = str_from(own.certfile), .keyfile = str_from(exact.keyfile)},
		 {"certificate.keyfile", "does not belong"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_tls config = config_with_all();
		struct why why;

		certificates[3] = cases[i].certificate;
		config.certificates.count = 4;
		assert_null(tls_context_new(&config, NULL, &why));
		assert_non_null(strstr(why.text, cases[i].says[0]));
		assert_non_null(strstr(why.text, cases[i].says[1]));
	}
}

static void writes_names_as_on_the_wire(void **state)
{
	static const struct {
		const char *host, *wire; /* NULL: it cannot be a name */
	} cases[] = {
		{"localhost", "localhost"},
		{"EXAMPLE.Org", "example.org"},
		{"*.Example.org", "*.example.org"},
		{"B\xc3\xbc" "cher.example", "xn--bcher-kva.example"},
		{"", NULL},
		{"*.", NULL},
		{"\xff", NULL},
		{"label-longer-than-sixty-three-characters-is-not-a-label-of-a-domain.example", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *name = tls_certificate_wire_name(str_from(cases[i].host));

		if (cases[i].wire)
			assert_string_equal(name, cases[i].wire);
		else
			assert_null(name);
		free(name);
	}
	assert_null(tls_certificate_wire_name(str_make("a\0b", 3)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chooses_by_name),
		cmocka_unit_test(needs_no_default),
		cmocka_unit_test(binds_to_what_was_shown),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(writes_names_as_on_the_wire),
	};

	return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
