/* tls_bench: what OpenSSL takes for one message over TLS 1.3, without any socket: one record encrypted and one decrypted.
 *
 * A server that passes a message on decrypts it once and encrypts it once, so this is what TLS adds to a relay at the least.
 * Usage: tls_bench BYTES CERTFILE KEYFILE [SECONDS]. Prints {"tls_us_per_message": X}. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "tls_bench: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(2);
}

static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static SSL *make_end(const SSL_METHOD *method, const char *cert, const char *key, BIO *bio)
{
	SSL_CTX *context = SSL_CTX_new(method);
	if (!context || !SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION))
		fail("no TLS 1.3");
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	if (cert && (SSL_CTX_use_certificate_chain_file(context, cert) != 1 ||
		     SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1))
		fail("cannot use the certificate");
	SSL *end = SSL_new(context);
	SSL_set_bio(end, bio, bio);
	SSL_CTX_free(context);
	return end;
}

static void shake_hands(SSL *server, SSL *client)
{
	SSL_set_accept_state(server);
	SSL_set_connect_state(client);
	for (int i = 0; i < 10 && !(SSL_is_init_finished(server) && SSL_is_init_finished(client)); i++) {
		SSL_do_handshake(client);
		SSL_do_handshake(server);
	}
	if (!SSL_is_init_finished(server) || !SSL_is_init_finished(client))
		fail("the handshake does not end");
}

static void pass_message(SSL *from, SSL *to, char *message, int len)
{
	if (SSL_write(from, message, len) != len || SSL_read(to, message, len) != len)
		fail("a record was lost");
}

int main(int argc, char **argv)
{
	int len = argc >= 4 ? atoi(argv[1]) : 0;
	double seconds = argc >= 5 ? atof(argv[4]) : 1;
	if (len <= 0 || len > 16384 || seconds <= 0) {
		fprintf(stderr, "usage: tls_bench BYTES CERTFILE KEYFILE [SECONDS]\n");
		return 2;
	}
	BIO *near, *far;
	if (!BIO_new_bio_pair(&near, 65536, &far, 65536))
		fail("no memory");
	SSL *server = make_end(TLS_server_method(), argv[2], argv[3], near);
	SSL *client = make_end(TLS_client_method(), NULL, NULL, far);
	shake_hands(server, client);
	char *message = malloc((size_t)len);
	memset(message, 'x', (size_t)len);

	long count = 0;
	double began = cpu_seconds(), spent = 0;
	while (spent < seconds) {
		for (int i = 0; i < 1000; i++)
			pass_message(client, server, message, len);
		count += 1000;
		spent = cpu_seconds() - began;
	}
	printf("{\"tls_us_per_message\": %.3f}\n", spent / (double)count * 1e6);
	free(message);
	SSL_free(server);
	SSL_free(client);
	return 0;
}
