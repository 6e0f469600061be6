#include "net/tls_outgoing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "net/tls_context.h"
#include "net/tls_peer.h"
#include "support/certificate.h"
#include "support/conn_bed.h"

static struct certificate authority, good, host, ended, stranger, own, wild;

#define SERVER_NAMES \
	"DNS:example.org,DNS:www.example.org,otherName:1.3.6.1.5.5.7.8.7;IA5:_xmpp-server.srv.example,otherName:1.3.6.1.5.5.7.8.5;UTF8:addr.example"

static int make_certificates(void **state)
{
	certificate_init(&authority, "authority", 100);
	certificate_init_like(&good, &(struct certificate_wish){.name = "good", .days = 9, .alt_names = SERVER_NAMES, .issuer = &authority});
	certificate_init_like(&host, &(struct certificate_wish){.name = "h", .days = 9, .alt_names = "DNS:xmpp.host.example", .issuer = &authority});
	certificate_init_like(&wild, &(struct certificate_wish){.name = "w", .days = 9, .alt_names = "DNS:*.wild.example", .issuer = &authority});
	certificate_init_like(&ended, &(struct certificate_wish){.name = "e", .days = -9, .alt_names = "DNS:example.org", .issuer = &authority});
	certificate_init_like(&stranger, &(struct certificate_wish){.name = "example.org", .days = 9, .alt_names = "DNS:example.org"});
	certificate_init_like(&own, &(struct certificate_wish){.name = "own", .days = 9, .alt_names = "DNS:own.example", .issuer = &authority});
	return conn_bed_make(state);
}

static int remove_certificates(void **state)
{
	struct certificate *all[] = {&authority, &good, &host, &ended, &stranger, &own, &wild};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		certificate_fini(all[i]);
	return conn_bed_free(state);
}

/* Both ends, with the bytes between them carried by hand. */
struct pair {
	struct tls_context *there, *here;
	struct tls *server, *client;
};

static struct config_tls client_config(void)
{
	return (struct config_tls){.cacertfile = str_from(authority.certfile)};
}

static bool ignore(void *context, struct str bytes)
{
	(void)context;
	(void)bytes;
	return true;
}

static bool carry(struct tls *to, struct buf *in, struct buf *out)
{
	struct buf bytes = *in;
	bool is_good;

	buf_init(in);
	is_good = tls_receive(to, buf_str(&bytes), out, ignore, NULL) == TLS_OK;
	buf_fini(&bytes);
	return is_good;
}

static void init(struct pair *p, const struct certificate *c, const struct config_tls *config, const struct tls_outgoing_wish *wish)
{
	struct config_tls server = {.cacertfile = str_from(authority.certfile), .certfile = str_from(c->bothfile)};
	struct why why = {""};

	p->there = tls_context_new(&server, "xmpp-server", &why);
	assert_non_null(p->there);
	p->here = tls_outgoing_context_new(config, "xmpp-server", &why);
	if (!p->here)
		fail_msg("%s", why.text);
	p->server = tls_new(p->there);
	p->client = tls_outgoing_new(p->here, wish);
}

static bool shake_hands(struct pair *p)
{
	struct buf up, down;
	bool is_good;

	buf_init(&up);
	buf_init(&down);
	is_good = tls_begin(p->client, &up) == TLS_OK;
	for (int i = 0; i < 3 && is_good; i++)
		is_good = carry(p->server, &up, &down) && carry(p->client, &down, &up);
	buf_fini(&up);
	buf_fini(&down);
	return is_good && tls_is_established(p->client) && tls_is_established(p->server);
}

static void fini(struct pair *p)
{
	tls_free(&p->client);
	tls_free(&p->server);
	tls_context_unref(&p->here);
	tls_context_unref(&p->there);
}

static enum tls_outgoing_trust judge(const struct certificate *c, const struct tls_outgoing_wish *wish, struct why *why)
{
	struct config_tls config = client_config();
	enum tls_outgoing_trust trust;
	struct pair p;

	init(&p, c, &config, wish);
	assert_true(shake_hands(&p));
	*why = (struct why){""};
	trust = tls_outgoing_judge(p.client, why);
	fini(&p);
	return trust;
}

static void believes_names(void **state)
{
	static const struct {
		const struct certificate *c;
		const char *domain;
		enum tls_outgoing_trust trust;
		const char *why;
	} cases[] = {
		{&good, "example.org", TLS_OUTGOING_AUTHORITY, ""},
		{&good, "EXAMPLE.org", TLS_OUTGOING_AUTHORITY, ""},
		{&good, "srv.example", TLS_OUTGOING_AUTHORITY, ""},
		{&good, "addr.example", TLS_OUTGOING_AUTHORITY, ""},
		{&good, "example.net", TLS_OUTGOING_UNTRUSTED,
		 "the certificate is for example.org, www.example.org, not for example.net"},
		{&good, "good", TLS_OUTGOING_UNTRUSTED, "the certificate is for example.org, www.example.org, not for good"},
		{&wild, "a.wild.example", TLS_OUTGOING_AUTHORITY, ""},
		{&wild, "wild.example", TLS_OUTGOING_UNTRUSTED, "the certificate is for *.wild.example, not for wild.example"},
		{&wild, "a.b.wild.example", TLS_OUTGOING_UNTRUSTED, "the certificate is for *.wild.example, not for a.b.wild.example"},
		{&ended, "example.org", TLS_OUTGOING_UNTRUSTED, "certificate has expired"},
		{&stranger, "example.org", TLS_OUTGOING_UNTRUSTED, "self-signed certificate"},
	};
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct tls_outgoing_wish wish = {.domain = str_from(cases[i].domain)};

		assert_int_equal(judge(cases[i].c, &wish, &why), cases[i].trust);
		assert_string_equal(why.text, cases[i].why);
	}
}

static void believes_the_host_only_where_it_is_proved(void **state)
{
	struct tls_outgoing_wish wish = {.domain = STR("example.org"), .host = STR("xmpp.host.example")};
	struct why why;

	(void)state;
	assert_int_equal(judge(&host, &wish, &why), TLS_OUTGOING_UNTRUSTED);
	wish.is_secure = true;
	assert_int_equal(judge(&host, &wish, &why), TLS_OUTGOING_AUTHORITY);
}

/* A record of this certificate: the digest of its key (selector 1) or all of it (0). */
static struct resolve_tlsa record_of(const struct certificate *c, uint8_t usage, uint8_t selector, unsigned char *digest)
{
	unsigned len = 0;

	if (selector) {
		unsigned char *key = NULL;
		int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x509), &key);

		assert_int_equal(EVP_Digest(key, (size_t)size, digest, &len, EVP_sha256(), NULL), 1);
		OPENSSL_free(key);
	} else
		assert_int_equal(X509_digest(c->x509, EVP_sha256(), digest, &len), 1);
	return (struct resolve_tlsa){.usage = usage, .selector = selector, .matching = 1, .data = {(const char *)digest, len}};
}

static void believes_dane(void **state)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct tls_outgoing_wish wish = {.domain = STR("example.org"), .host = STR("xmpp.host.example"), .is_secure = true};
	struct resolve_tlsa record;
	struct why why;

	(void)state;
	wish.tlsa = &record;
	wish.tlsa_count = 1;
	/* Nobody has signed it, and it has ended: with usage 3 the record says all. */
	record = record_of(&stranger, 3, 0, digest);
	assert_int_equal(judge(&stranger, &wish, &why), TLS_OUTGOING_DANE);
	record = record_of(&ended, 3, 1, digest);
	assert_int_equal(judge(&ended, &wish, &why), TLS_OUTGOING_DANE);
	/* An authority: the name counts. */
	record = record_of(&host, 3, 1, digest);
	assert_int_equal(judge(&good, &wish, &why), TLS_OUTGOING_UNTRUSTED);
	assert_non_null(strstr(why.text, "TLSA"));
	/* What nobody knows does no harm, and no good. */
	record.matching = 77;
	assert_int_equal(judge(&good, &wish, &why), TLS_OUTGOING_AUTHORITY);
	/* Records that DNSSEC has not proved are none. */
	record = record_of(&stranger, 3, 0, digest);
	wish.is_secure = false;
	assert_int_equal(judge(&stranger, &wish, &why), TLS_OUTGOING_UNTRUSTED);
}

static void shows_a_certificate_and_asks_for_a_name(void **state)
{
	struct config_certificate more = {.host = STR("own.example"), .certfile = str_from(own.bothfile)};
	struct tls_outgoing_wish wish = {.domain = STR("b\xc3\xbc" "cher.example"), .own_domain = STR("own.example"), .is_direct = true};
	struct config_tls config = client_config();
	const unsigned char *protocol;
	unsigned len;
	struct pair p;

	(void)state;
	config.certfile = str_from(host.bothfile);
	config.certificates = (struct option_list){&more, 1};
	init(&p, &good, &config, &wish);
	assert_true(shake_hands(&p));
	assert_string_equal(SSL_get_servername(p.server->ssl, TLSEXT_NAMETYPE_host_name), "xn--bcher-kva.example");
	SSL_get0_alpn_selected(p.server->ssl, &protocol, &len);
	assert_int_equal(len, 11);
	assert_memory_equal(protocol, "xmpp-server", 11);
	assert_true(tls_peer_is_verified(p.server));
	assert_true(tls_peer_covers(p.server, STR("own.example"), "xmpp-server"));
	fini(&p);
	/* Without one of that name, and without direct TLS. */
	wish = (struct tls_outgoing_wish){.domain = STR("127.0.0.1"), .own_domain = STR("other.example")};
	init(&p, &good, &config, &wish);
	assert_true(shake_hands(&p));
	assert_null(SSL_get_servername(p.server->ssl, TLSEXT_NAMETYPE_host_name));
	SSL_get0_alpn_selected(p.server->ssl, &protocol, &len);
	assert_int_equal(len, 0);
	assert_true(tls_peer_covers(p.server, STR("xmpp.host.example"), "xmpp-server"));
	fini(&p);
	/* Without any. */
	config = client_config();
	init(&p, &good, &config, &wish);
	assert_true(shake_hands(&p));
	assert_false(tls_peer_is_verified(p.server));
	fini(&p);
}

static void accepts_what_signs_itself_where_it_may(void **state)
{
	struct tls_outgoing_wish wish = {.domain = STR("example.org")};
	struct config_tls config = client_config();
	struct why why;
	struct pair p;

	(void)state;
	config.verify_mode = CONFIG_VERIFY_SELFSIGNED;
	init(&p, &stranger, &config, &wish);
	assert_true(shake_hands(&p));
	assert_int_equal(tls_outgoing_judge(p.client, &why), TLS_OUTGOING_AUTHORITY);
	fini(&p);
}

static void knows_revoked_ones(void **state)
{
	struct tls_outgoing_wish wish = {.domain = STR("example.org")};
	struct config_tls config = client_config();
	char file[96];
	struct str list;
	struct why why;
	struct pair p;

	(void)state;
	certificate_revoke(&authority, &good, file, sizeof(file));
	list = str_from(file);
	config.crl_files = (struct option_list){&list, 1};
	init(&p, &good, &config, &wish);
	assert_true(shake_hands(&p));
	assert_int_equal(tls_outgoing_judge(p.client, &why), TLS_OUTGOING_UNTRUSTED);
	assert_string_equal(why.text, "certificate revoked");
	fini(&p);
}

static void refuses_bad_files(void **state)
{
	struct config_tls config = {.cacertfile = STR("/nonexistent")};
	struct why why = {""};

	(void)state;
	assert_null(tls_outgoing_context_new(&config, "xmpp-server", &why));
	assert_non_null(strstr(why.text, "/nonexistent"));
}

/* Two connections, one at each end of a socket pair: STARTTLS in between, bytes both ways. */
static void connects(void **state)
{
	struct config_tls config = client_config();
	struct tls_outgoing_wish wish = {.domain = STR("localhost")};
	struct conn_bed_owner client = {0}, server = {.takes = SIZE_MAX};
	struct tls_context *here = tls_outgoing_context_new(&config, "xmpp-server", NULL);

	(void)state;
	conn_bed_owner_init(&client);
	conn_init(&server.conn, conn_bed_loop, dup(client.peer), (struct ip){0}, &conn_bed_handler);
	close(client.peer);
	client.peer = dup(server.conn.source.fd);
	conn_send(&client.conn, STR("<starttls/>"));
	conn_bed_turns(2);
	assert_true(str_is(buf_str(&server.got), "<starttls/>"));
	buf_clear(&server.got);
	conn_start_tls(&server.conn, conn_bed_context, false);
	conn_start_tls_outgoing(&client.conn, here, &wish);
	conn_send(&client.conn, STR("hello"));
	conn_bed_turns(8);
	assert_int_equal(client.secured, 1);
	assert_int_equal(server.secured, 1);
	assert_true(str_is(buf_str(&server.got), "hello"));
	conn_send(&server.conn, STR("good day"));
	conn_bed_turns(3);
	assert_true(str_is(buf_str(&client.got), "good day"));
	conn_close(&client.conn, 1000);
	conn_bed_turns(4);
	assert_int_equal(server.closed, 1);
	conn_bed_owner_fini(&client);
	buf_fini(&server.got);
	tls_context_unref(&here);
}

/* What is no TLS ends it, with a reason. */
static void tells_what_is_no_tls(void **state)
{
	struct config_tls config = client_config();
	struct tls_outgoing_wish wish = {.domain = STR("localhost"), .is_direct = true};
	struct tls_context *here = tls_outgoing_context_new(&config, "xmpp-server", NULL);
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	conn_start_tls_outgoing(&o.conn, here, &wish);
	conn_bed_peer_says(&o, "<?xml version='1.0'?><stream:stream>");
	conn_bed_turns(4);
	assert_int_equal(o.closed, 1);
	assert_int_equal(o.reason, ERR_INVALID);
	conn_bed_owner_fini(&o);
	tls_context_unref(&here);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(believes_names),
		cmocka_unit_test(believes_the_host_only_where_it_is_proved),
		cmocka_unit_test(believes_dane),
		cmocka_unit_test(shows_a_certificate_and_asks_for_a_name),
		cmocka_unit_test(accepts_what_signs_itself_where_it_may),
		cmocka_unit_test(knows_revoked_ones),
		cmocka_unit_test(refuses_bad_files),
		cmocka_unit_test(connects),
		cmocka_unit_test(tells_what_is_no_tls),
	};

	return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
