#include "support/tls_client.h"

#include <openssl/err.h>

#include "base/check.h"

void tls_client_init(struct tls_client *c)
{
	*c = (struct tls_client){.context = SSL_CTX_new(TLS_client_method())};
	check(c->context != NULL);
	SSL_CTX_set_min_proto_version(c->context, 0);
	buf_init(&c->got);
}

void tls_client_fini(struct tls_client *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->context);
	buf_fini(&c->got);
}

static void start(struct tls_client *c)
{
	c->ssl = SSL_new(c->context);
	c->in = BIO_new(BIO_s_mem());
	c->out = BIO_new(BIO_s_mem());
	SSL_set_bio(c->ssl, c->in, c->out);
	SSL_set_connect_state(c->ssl);
}

static void take_output(struct tls_client *c, struct buf *to_server)
{
	char piece[4096];
	int len;

	while ((len = BIO_read(c->out, piece, sizeof(piece))) > 0)
		buf_append(to_server, piece, (size_t)len);
}

void tls_client_step(struct tls_client *c, struct str from_server, struct buf *to_server)
{
	char piece[4096];
	int len;

	if (!c->ssl)
		start(c);
	if (from_server.len)
		check(BIO_write(c->in, from_server.data, (int)from_server.len) == (int)from_server.len);
	while ((len = SSL_read(c->ssl, piece, sizeof(piece))) > 0)
		buf_append(&c->got, piece, (size_t)len);
	switch (SSL_get_error(c->ssl, len)) {
	case SSL_ERROR_WANT_READ:
		break;
	case SSL_ERROR_ZERO_RETURN:
		c->is_closed = true;
		break;
	default:
		c->has_failed = true;
	}
	ERR_clear_error();
	take_output(c, to_server);
}

void tls_client_send(struct tls_client *c, struct str plaintext, struct buf *to_server)
{
	check(SSL_write(c->ssl, plaintext.data, (int)plaintext.len) == (int)plaintext.len);
	take_output(c, to_server);
}

void tls_client_close(struct tls_client *c, struct buf *to_server)
{
	SSL_shutdown(c->ssl);
	take_output(c, to_server);
}

bool tls_client_is_established(const struct tls_client *c)
{
	return c->ssl && SSL_is_init_finished(c->ssl) && !c->has_failed;
}
