#include "support/tls_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool take_plain(void *context, struct str bytes)
{
	struct tls_pair *p = context;

	buf_append_str(&p->got, bytes);
	return !p->stops;
}

void tls_pair_init(struct tls_pair *p, const struct config_tls *config, const char *alpn)
{
	struct why why = {0};

	*p = (struct tls_pair){0};
	p->context = tls_context_new(config, alpn, &why);
	assert_string_equal(why.text, "");
	assert_non_null(p->context);
	p->server = tls_new(p->context);
	tls_client_init(&p->client);
}

void tls_pair_fini(struct tls_pair *p)
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
void tls_pair_serve(struct tls_pair *p, size_t piece)
{
	struct str all = buf_str(&p->to_server);

	while (all.len && p->result == TLS_OK) {
		size_t len = all.len < piece ? all.len : piece;

		p->result = tls_receive(p->server, str_make(all.data, len), &p->to_client, take_plain, p);
		all = str_make(all.data + len, all.len - len);
	}
	buf_clear(&p->to_server);
}

void tls_pair_step(struct tls_pair *p)
{
	tls_client_step(&p->client, buf_str(&p->to_client), &p->to_server);
	buf_clear(&p->to_client);
}

void tls_pair_shake_hands(struct tls_pair *p, size_t piece)
{
	tls_pair_step(p);
	for (int i = 0; i < 4 && (p->to_server.len || p->to_client.len); i++) {
		tls_pair_serve(p, piece);
		tls_pair_step(p);
	}
}

bool tls_pair_is_established(const struct tls_pair *p)
{
	return p->result == TLS_OK && tls_is_established(p->server) && tls_client_is_established(&p->client);
}

void tls_pair_limit_client(struct tls_pair *p, int version)
{
	SSL_CTX_set_security_level(p->client.context, 0);
	SSL_CTX_set_min_proto_version(p->client.context, version);
	SSL_CTX_set_max_proto_version(p->client.context, version);
}
