#include "support/tls_client.h"

#include <openssl/err.h>

#include "base/check.h"

static int keep_ticket(SSL *ssl, SSL_SESSION *session)
{
	struct tls_client *c = SSL_get_app_data(ssl);

	SSL_SESSION_free(c->ticket);
	c->ticket = session;
	return 1;
}

void tls_client_init(struct tls_client *c)
{
	*c = (struct tls_client){.context = SSL_CTX_new(TLS_client_method())};
	check(c->context != NULL);
	SSL_CTX_set_min_proto_version(c->context, 0);
	SSL_CTX_set_session_cache_mode(c->context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
	SSL_CTX_sess_set_new_cb(c->context, keep_ticket);
	buf_init(&c->got);
}

void tls_client_fini(struct tls_client *c)
{
	/* OpenSSL does not resume a session that it thinks was cut off. */
	if (c->ssl)
		SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(c->ssl);
	SSL_SESSION_free(c->ticket);
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
	SSL_set_app_data(c->ssl, c);
	if (c->server_name)
		check(SSL_set_tlsext_host_name(c->ssl, c->server_name) == 1);
	if (c->resumes)
		check(SSL_set_session(c->ssl, c->resumes) == 1);
	if (c->early.len) {
		size_t written;

		check(SSL_write_early_data(c->ssl, c->early.data, c->early.len, &written) == 1 && written == c->early.len);
	}
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
	/* Nothing more will be said early; reading alone would wait for more. */
	if (c->early.len && from_server.len && !SSL_is_init_finished(c->ssl))
		(void)SSL_do_handshake(c->ssl);
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
