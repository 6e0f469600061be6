#include "net/tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/certificate.h"
#include "support/tls_pair.h"

static struct certificate own, authority, good, ended, self_signed, revoked;
static char revocations[96];

#define ROMEO "otherName:1.3.6.1.5.5.7.8.5;UTF8:romeo@localhost,DNS:montague.example"

static int make_certificates(void **state)
{
	(void)state;
	certificate_init(&own, "localhost", 100);
	certificate_init(&authority, "authority", 100);
	certificate_init_like(&good, &(struct certificate_wish){.name = "good", .days = 9, .alt_names = ROMEO, .issuer = &authority});
	certificate_init_signed(&ended, "ended", -9, &authority);
	certificate_init(&self_signed, "self-signed", 9);
	certificate_init_signed(&revoked, "revoked", 9, &authority);
	certificate_revoke(&authority, &revoked, revocations, sizeof(revocations));
	return 0;
}

static int remove_certificates(void **state)
{
	(void)state;
	certificate_fini(&own);
	certificate_fini(&authority);
	certificate_fini(&good);
	certificate_fini(&ended);
	certificate_fini(&self_signed);
	certificate_fini(&revoked);
	return 0;
}

static void connect_as(struct tls_pair *p, const struct config_tls *config, const struct certificate *c)
{
	tls_pair_init(p, config, NULL);
	if (c) {
		SSL_CTX_use_certificate(p->client.context, c->x509);
		SSL_CTX_use_PrivateKey(p->client.context, c->key);
	}
	tls_pair_shake_hands(p, SIZE_MAX);
}

/* T-TLS-18, T-TLS-19: whether the handshake succeeds, and whether the certificate is worth anything then. */
static void judges_certificates(void **state)
{
	enum verdict { OUT, IN, BELIEVED };
	static const struct {
		int mode;
		bool disconnects, is_required;
		enum verdict none, good, ended, self_signed, revoked;
	} cases[] = {
		{CONFIG_VERIFY_NONE, true, false, IN, IN, IN, IN, IN},
		{CONFIG_VERIFY_PEER, true, false, IN, BELIEVED, OUT, OUT, OUT},
		{CONFIG_VERIFY_PEER, true, true, OUT, BELIEVED, OUT, OUT, OUT},
		{CONFIG_VERIFY_PEER, false, false, IN, BELIEVED, IN, IN, IN},
		{CONFIG_VERIFY_SELFSIGNED, true, false, IN, BELIEVED, OUT, BELIEVED, OUT},
		{CONFIG_VERIFY_SELFSIGNED, false, false, IN, BELIEVED, IN, BELIEVED, IN},
	};
	const struct str files[] = {str_from(revocations)};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct {
			const struct certificate *certificate;
			enum verdict verdict;
		} clients[] = {
			{NULL, cases[i].none}, {&good, cases[i].good}, {&ended, cases[i].ended}, {&self_signed, cases[i].self_signed},
			{&revoked, cases[i].revoked},
		};
		struct config_tls config = {
			.certfile = str_from(own.bothfile),
			.verify_mode = cases[i].mode,
			.disconnect_on_failure = cases[i].disconnects,
			.verify_is_required = cases[i].is_required,
			.cacertfile = str_from(authority.certfile),
			.crl_files = {files, 1},
		};

		for (size_t j = 0; j < sizeof(clients) / sizeof(clients[0]); j++) {
			struct tls_pair p;

			connect_as(&p, &config, clients[j].certificate);
			assert_int_equal(tls_pair_is_established(&p), clients[j].verdict != OUT);
			assert_int_equal(tls_peer_is_verified(p.server), clients[j].verdict == BELIEVED);
			tls_pair_fini(&p);
		}
	}
}

static void reads_names(void **state)
{
	struct config_tls config = {
		.certfile = str_from(own.bothfile), .verify_mode = CONFIG_VERIFY_PEER, .cacertfile = str_from(authority.certfile),
	};
	struct tls_pair p;
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	connect_as(&p, &config, &good);
	assert_int_equal(tls_peer_addresses(p.server, &a).count, 1);
	assert_true(str_is(tls_peer_addresses(p.server, &a).items[0], "romeo@localhost"));
	assert_int_equal(tls_peer_common_names(p.server, &a).count, 1);
	assert_true(str_is(tls_peer_common_names(p.server, &a).items[0], "good"));
	assert_true(tls_peer_covers(p.server, STR("montague.example"), "xmpp-server"));
	assert_false(tls_peer_covers(p.server, STR("capulet.example"), "xmpp-server"));
	tls_pair_fini(&p);

	connect_as(&p, &config, NULL);
	assert_int_equal(tls_peer_addresses(p.server, &a).count, 0);
	assert_int_equal(tls_peer_common_names(p.server, &a).count, 0);
	assert_false(tls_peer_covers(p.server, STR("montague.example"), "xmpp-server"));
	tls_pair_fini(&p);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_certificates),
		cmocka_unit_test(reads_names),
	};

	return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
