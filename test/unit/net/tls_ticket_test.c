/* Resuming sessions and what comes early (T-TLS-22). */
#include "net/tls_ticket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "net/tls_peer.h"
#include "support/certificate.h"
#include "support/tls_pair.h"

static struct certificate own, authority, romeo;

static int make_certificates(void **state)
{
	(void)state;
	certificate_init(&own, "localhost", 100);
	certificate_init(&authority, "authority", 100);
	certificate_init_signed(&romeo, "romeo", 100, &authority);
	return 0;
}

static int remove_certificates(void **state)
{
	(void)state;
	certificate_fini(&own);
	certificate_fini(&authority);
	certificate_fini(&romeo);
	return 0;
}

static struct config_tls config_with_tickets(void)
{
	return (struct config_tls){
		.certfile = str_from(own.bothfile),
		.verify_mode = CONFIG_VERIFY_NONE,
		.disconnect_on_failure = true,
		.session_tickets = STR("stateless"),
	};
}

/* ---- the keys ---- */

static void renews_its_keys(void **state)
{
	struct tls_ticket_ring r;
	struct tls_ticket_key first, key, opened;
	bool is_old;

	(void)state;
	tls_ticket_init(&r);
	tls_ticket_seal(&r, 1000, &first);
	tls_ticket_seal(&r, 1000 + TLS_TICKET_SECONDS - 1, &key);
	assert_memory_equal(&first, &key, sizeof(key));
	assert_true(tls_ticket_open(&r, 1000 + TLS_TICKET_SECONDS, first.name, &opened, &is_old));
	assert_memory_equal(&first, &opened, sizeof(opened));
	assert_false(is_old);

	tls_ticket_seal(&r, 1000 + TLS_TICKET_SECONDS, &key);
	assert_memory_not_equal(first.name, key.name, sizeof(key.name));
	assert_memory_not_equal(first.cipher, key.cipher, sizeof(key.cipher));
	assert_memory_not_equal(first.mac, key.mac, sizeof(key.mac));
	/* The one before is still good for what it has sealed, but not for ever. */
	assert_true(tls_ticket_open(&r, 1000 + TLS_TICKET_SECONDS + 1, first.name, &opened, &is_old));
	assert_true(is_old);
	assert_memory_equal(&first, &opened, sizeof(opened));
	assert_false(tls_ticket_open(&r, 1000 + 2 * TLS_TICKET_SECONDS, first.name, &opened, &is_old));
	assert_true(tls_ticket_open(&r, 1000 + 2 * TLS_TICKET_SECONDS, key.name, &opened, &is_old));
	/* A clock that was set back is no reason to use a key for longer. */
	assert_false(tls_ticket_open(&r, 5, key.name, &opened, &is_old));
	tls_ticket_seal(&r, 5, &opened);
	assert_memory_not_equal(key.name, opened.name, sizeof(key.name));
	tls_ticket_fini(&r);
}

static void knows_no_other_keys(void **state)
{
	struct tls_ticket_ring a, b;
	struct tls_ticket_key key, opened;
	static const uint8_t zeros[TLS_TICKET_NAME_BYTES];
	bool is_old;

	(void)state;
	tls_ticket_init(&a);
	tls_ticket_init(&b);
	assert_false(tls_ticket_open(&b, 1000, zeros, &opened, &is_old));
	tls_ticket_seal(&a, 1000, &key);
	tls_ticket_seal(&b, 1000, &opened);
	assert_false(tls_ticket_open(&b, 1000, key.name, &opened, &is_old));
	assert_false(tls_ticket_open(&b, 1000, zeros, &opened, &is_old));
	tls_ticket_fini(&a);
	tls_ticket_fini(&b);
}

/* ---- resuming ---- */

/* A further session with the same context. */
static void begin_again(struct tls_pair *p, int version, SSL_SESSION *ticket)
{
	tls_free(&p->server);
	tls_client_fini(&p->client);
	buf_clear(&p->to_server);
	buf_clear(&p->to_client);
	buf_clear(&p->got);
	p->result = TLS_OK;
	p->server = tls_new(p->context);
	tls_client_init(&p->client);
	tls_pair_limit_client(p, version);
	p->client.resumes = ticket;
}

static SSL_SESSION *take_ticket(struct tls_pair *p)
{
	SSL_SESSION *ticket = p->client.ticket;

	p->client.ticket = NULL;
	return ticket;
}

static void use_certificate(struct tls_pair *p, const struct certificate *c)
{
	SSL_CTX_use_certificate(p->client.context, c->x509);
	SSL_CTX_use_PrivateKey(p->client.context, c->key);
}

/* A session of this version, and its ticket; NULL if there is none. */
static SSL_SESSION *get_ticket(struct tls_pair *p, int version, const struct certificate *client)
{
	begin_again(p, version, NULL);
	if (client)
		use_certificate(p, client);
	tls_pair_shake_hands(p, SIZE_MAX);
	assert_true(tls_pair_is_established(p));
	assert_false(SSL_session_reused(p->client.ssl));
	return take_ticket(p);
}

static void gives_tickets_on_request(void **state)
{
	(void)state;
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct config_tls config = config_with_tickets();
		SSL_SESSION *ticket;
		struct tls_pair p;

		tls_pair_init(&p, &config, NULL);
		ticket = get_ticket(&p, version, NULL);
		assert_non_null(ticket);
		assert_true(SSL_SESSION_get_ticket_lifetime_hint(ticket) <= TLS_TICKET_SECONDS);
		begin_again(&p, version, ticket);
		tls_pair_shake_hands(&p, SIZE_MAX);
		assert_true(tls_pair_is_established(&p));
		assert_true(SSL_session_reused(p.client.ssl));
		tls_client_send(&p.client, STR("hello"), &p.to_server);
		tls_pair_serve(&p, SIZE_MAX);
		assert_true(str_is(buf_str(&p.got), "hello"));
		SSL_SESSION_free(ticket);
		tls_pair_fini(&p);

		config.session_tickets = STR_NONE;
		tls_pair_init(&p, &config, NULL);
		ticket = get_ticket(&p, version, NULL);
		assert_true(!ticket || SSL_SESSION_has_ticket(ticket) == 0);
		SSL_SESSION_free(ticket);
		tls_pair_fini(&p);
	}
}

static void takes_no_tickets_of_others(void **state)
{
	(void)state;
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct config_tls config = config_with_tickets();
		SSL_SESSION *ticket;
		struct tls_pair p, other;

		tls_pair_init(&p, &config, NULL);
		tls_pair_init(&other, &config, NULL);
		ticket = get_ticket(&p, version, NULL);
		begin_again(&other, version, ticket);
		tls_pair_shake_hands(&other, SIZE_MAX);
		assert_true(tls_pair_is_established(&other));
		assert_false(SSL_session_reused(other.client.ssl));
		SSL_SESSION_free(ticket);
		tls_pair_fini(&p);
		tls_pair_fini(&other);
	}
}

static void remembers_the_client(void **state)
{
	(void)state;
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		for (int is_good = 0; is_good < 2; is_good++) {
			struct config_tls config = config_with_tickets();
			SSL_SESSION *ticket;
			struct tls_pair p;
			struct arena a;

			config.verify_mode = CONFIG_VERIFY_PEER;
			config.disconnect_on_failure = false;
			config.cacertfile = str_from(is_good ? authority.certfile : own.certfile);
			tls_pair_init(&p, &config, NULL);
			ticket = get_ticket(&p, version, &romeo);
			assert_int_equal(tls_peer_is_verified(p.server), is_good);
			begin_again(&p, version, ticket);
			tls_pair_shake_hands(&p, SIZE_MAX);
			assert_true(SSL_session_reused(p.client.ssl));
			/* What was not good is not good now. */
			assert_int_equal(tls_peer_is_verified(p.server), is_good);
			arena_init(&a, 0);
			assert_true(str_is(tls_peer_common_names(p.server, &a).items[0], "romeo"));
			arena_fini(&a);
			SSL_SESSION_free(ticket);
			tls_pair_fini(&p);
		}
	}
}

/* ---- early data ---- */

static void holds_what_comes_early(void **state)
{
	static const size_t pieces[] = {SIZE_MAX, 1, 50};

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct config_tls config = config_with_tickets();
		SSL_SESSION *ticket;
		struct tls_pair p;

		config.early_data = true;
		tls_pair_init(&p, &config, NULL);
		ticket = get_ticket(&p, TLS1_3_VERSION, NULL);
		assert_int_equal(SSL_SESSION_get_max_early_data(ticket), TLS_TICKET_EARLY_BYTES);
		begin_again(&p, TLS1_3_VERSION, ticket);
		p.client.early = STR("early ");
		tls_pair_step(&p);
		tls_pair_serve(&p, pieces[i]);
		assert_int_equal(p.result, TLS_OK);
		/* It has been decrypted by now; but whoever says it may be playing back a recording. */
		assert_int_equal(p.got.len, 0);
		assert_false(tls_is_established(p.server));
		tls_pair_step(&p);
		assert_int_equal(SSL_get_early_data_status(p.client.ssl), SSL_EARLY_DATA_ACCEPTED);
		tls_client_send(&p.client, STR("late"), &p.to_server);
		tls_pair_serve(&p, pieces[i]);
		assert_true(tls_pair_is_established(&p));
		assert_true(str_is(buf_str(&p.got), "early late"));
		SSL_SESSION_free(ticket);
		tls_pair_fini(&p);
	}
}

/* The first flight alone, said again: nothing of it is ever read. */
static void is_not_fooled_by_a_recording(void **state)
{
	struct config_tls config = config_with_tickets();
	struct buf recording;
	SSL_SESSION *ticket;
	struct tls_pair p;

	(void)state;
	config.early_data = true;
	tls_pair_init(&p, &config, NULL);
	ticket = get_ticket(&p, TLS1_3_VERSION, NULL);
	begin_again(&p, TLS1_3_VERSION, ticket);
	p.client.early = STR("<message/>");
	tls_pair_step(&p);
	buf_init(&recording);
	buf_append_str(&recording, buf_str(&p.to_server));
	for (int i = 0; i < 3; i++) {
		begin_again(&p, TLS1_3_VERSION, ticket);
		buf_append_str(&p.to_server, buf_str(&recording));
		tls_pair_serve(&p, SIZE_MAX);
		assert_int_equal(p.result, TLS_OK);
		assert_int_equal(p.got.len, 0);
		assert_false(tls_is_established(p.server));
	}
	buf_fini(&recording);
	SSL_SESSION_free(ticket);
	tls_pair_fini(&p);
}

static void bounds_what_comes_early(void **state)
{
	static char much[TLS_TICKET_EARLY_BYTES + 1];
	struct config_tls config = config_with_tickets();
	SSL_SESSION *ticket;
	struct tls_pair p;

	(void)state;
	config.early_data = true;
	tls_pair_init(&p, &config, NULL);
	for (int is_over = 0; is_over < 2; is_over++) {
		ticket = get_ticket(&p, TLS1_3_VERSION, NULL);
		begin_again(&p, TLS1_3_VERSION, ticket);
		/* The client would keep to the bound by itself. */
		SSL_SESSION_set_max_early_data(ticket, 2 * TLS_TICKET_EARLY_BYTES);
		p.client.early = str_make(much, TLS_TICKET_EARLY_BYTES + (is_over ? 1 : 0));
		tls_pair_shake_hands(&p, SIZE_MAX);
		assert_int_equal(p.result, is_over ? TLS_FAILED : TLS_OK);
		assert_int_equal(p.got.len, is_over ? 0 : TLS_TICKET_EARLY_BYTES);
		SSL_SESSION_free(ticket);
	}
	tls_pair_fini(&p);
}

/* Others do as they always did. */
static void serves_who_says_nothing_early(void **state)
{
	struct config_tls config = config_with_tickets();

	(void)state;
	config.early_data = true;
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		for (int resumes = 0; resumes < 2; resumes++) {
			SSL_SESSION *ticket;
			struct tls_pair p;

			tls_pair_init(&p, &config, NULL);
			ticket = get_ticket(&p, version, NULL);
			begin_again(&p, version, resumes ? ticket : NULL);
			tls_pair_shake_hands(&p, 7);
			assert_true(tls_pair_is_established(&p));
			tls_client_send(&p.client, STR("hello"), &p.to_server);
			tls_pair_serve(&p, 7);
			assert_true(str_is(buf_str(&p.got), "hello"));
			SSL_SESSION_free(ticket);
			tls_pair_fini(&p);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(renews_its_keys),
		cmocka_unit_test(knows_no_other_keys),
		cmocka_unit_test(gives_tickets_on_request),
		cmocka_unit_test(takes_no_tickets_of_others),
		cmocka_unit_test(remembers_the_client),
		cmocka_unit_test(holds_what_comes_early),
		cmocka_unit_test(is_not_fooled_by_a_recording),
		cmocka_unit_test(bounds_what_comes_early),
		cmocka_unit_test(serves_who_says_nothing_early),
	};

	return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
