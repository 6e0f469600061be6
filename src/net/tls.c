/* OpenSSL reads and writes through a BIO of ours that holds no bytes: reading takes from the ciphertext that tls_receive was
 * given, writing appends to the output that the caller of the moment has given. */
#include "net/tls.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "base/mem.h"
#include "net/tls_context.h"
#include "net/tls_memory.h"
#include "net/tls_outgoing.h"

/* Plaintext is collected over records up to this many bytes before it is given on. */
#define PLAIN_BYTES (64 * 1024)

static int bio_read(BIO *bio, char *out, int size)
{
	struct tls *t = BIO_get_data(bio);
	size_t len = (size_t)size < t->in.len ? (size_t)size : t->in.len;

	BIO_clear_retry_flags(bio);
	if (len == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	memcpy(out, t->in.data, len);
	t->in = str_make(t->in.data + len, t->in.len - len);
	return (int)len;
}

static int bio_write(BIO *bio, const char *data, int len)
{
	struct tls *t = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	check(t->out != NULL);
	buf_append(t->out, data, (size_t)len);
	return len;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

/* One for all sessions, for as long as the process lives. */
static BIO_METHOD *method;
static pthread_once_t method_once = PTHREAD_ONCE_INIT;

static void make_method(void)
{
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "lent buffers");
	check(method != NULL);
	BIO_meth_set_read(method, bio_read);
	BIO_meth_set_write(method, bio_write);
	BIO_meth_set_ctrl(method, bio_ctrl);
}

struct tls *tls_new(struct tls_context *c)
{
	struct tls *t = mem_new(sizeof(*t));
	BIO *bio;

	pthread_once(&method_once, make_method);
	bio = BIO_new(method);
	check(bio != NULL);
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	t->setup = tls_context_take_setup(c);
	t->ssl = SSL_new(t->setup->ssl);
	check(t->ssl != NULL);
	SSL_set_bio(t->ssl, bio, bio);
	SSL_set_accept_state(t->ssl);
	t->may_come_early = t->setup->takes_early_data;
	return t;
}

static void free_early(struct tls *t)
{
	if (t->early)
		buf_fini(t->early);
	free(t->early);
	t->early = NULL;
}

void tls_free(struct tls **t)
{
	struct tls *tls = *t;

	*t = NULL;
	if (!tls)
		return;
	SSL_free(tls->ssl);
	free_early(tls);
	tls_outgoing_free(&tls->outgoing);
	tls_setup_unref(&tls->setup);
	free(tls);
}

/* Turns OpenSSL's verdict on a call that did not succeed into ours. */
static enum tls_result judge(struct tls *t, int returned)
{
	switch (SSL_get_error(t->ssl, returned)) {
	case SSL_ERROR_NONE:
	case SSL_ERROR_WANT_READ:
		return TLS_OK;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	default:
		/* The first error is the cause, those after it only tell the way up. */
		t->error = ERR_peek_error();
		ERR_clear_error();
		return TLS_FAILED;
	}
}

/* RFC 8446 §2.3: what a client that resumes says in its first flight. Whoever has recorded it can say it again, so it is kept until the
 * handshake is complete, which nobody can repeat. There is a bound on it (TLS_TICKET_EARLY_BYTES). */
static enum tls_result read_early(struct tls *t)
{
	char piece[4096];
	size_t len;

	for (;;) {
		ERR_clear_error();
		switch (SSL_read_early_data(t->ssl, piece, sizeof(piece), &len)) {
		case SSL_READ_EARLY_DATA_SUCCESS:
			if (!t->early)
				t->early = mem_new(sizeof(*t->early));
			buf_append(t->early, piece, len);
			break;
		case SSL_READ_EARLY_DATA_FINISH:
			t->may_come_early = false;
			return TLS_OK;
		default:
			return judge(t, 0);
		}
	}
}

/* What came early, as far as there is room. */
static size_t take_early(struct tls *t, char *out, size_t size)
{
	size_t len = t->early->len < size ? t->early->len : size;

	memcpy(out, t->early->data, len);
	buf_consume(t->early, len);
	if (t->early->len == 0)
		free_early(t);
	return len;
}

/* Goes on with the handshake, which then may be complete. */
static enum tls_result shake_hands(struct tls *t)
{
	int ok;

	ERR_clear_error();
	ok = SSL_do_handshake(t->ssl);
	return ok == 1 ? TLS_OK : judge(t, ok);
}

enum tls_result tls_begin(struct tls *t, struct buf *out)
{
	enum tls_result result;

	check(!t->out);
	t->out = out;
	result = shake_hands(t);
	t->out = NULL;
	return result;
}

/* Decrypts until out is full or all that is whole has been read. */
static enum tls_result fill(struct tls *t, char *out, size_t size, size_t *len_out)
{
	*len_out = 0;
	if (t->may_come_early) {
		enum tls_result result = read_early(t);

		if (result != TLS_OK || t->may_come_early)
			return result;
	}
	if (t->early) {
		enum tls_result result = shake_hands(t);

		if (result != TLS_OK || !tls_is_established(t))
			return result;
		*len_out = take_early(t, out, size);
	}
	while (*len_out < size) {
		size_t len;
		int ok;

		ERR_clear_error();
		ok = SSL_read_ex(t->ssl, out + *len_out, size - *len_out, &len);
		if (ok != 1)
			return judge(t, ok);
		*len_out += len;
	}
	return TLS_OK;
}

enum tls_result tls_receive(struct tls *t, struct str ciphertext, struct buf *out, tls_on_plain *on_plain, void *context)
{
	char plain[PLAIN_BYTES]; /* not of the thread: every thread would have it, whatever it does */
	enum tls_result result;
	bool goes_on = true;
	size_t len;

	check(!t->out);
	t->in = ciphertext;
	t->out = out;
	do {
		result = fill(t, plain, sizeof(plain), &len);
		if (len > 0)
			goes_on = on_plain(context, str_make(plain, len));
	} while (goes_on && result == TLS_OK && len == sizeof(plain));
	t->in = STR_NONE;
	t->out = NULL;
	return result;
}

enum tls_result tls_send(struct tls *t, struct str plaintext, struct buf *out)
{
	struct buf *outer = t->out;
	size_t written;
	int ok;

	if (plaintext.len == 0)
		return TLS_OK;
	t->out = out;
	ERR_clear_error();
	ok = SSL_write_ex(t->ssl, plaintext.data, plaintext.len, &written);
	t->out = outer;
	if (ok == 1)
		return TLS_OK;
	/* Our output takes everything: whatever it is that stopped it, the session cannot go on. */
	(void)judge(t, ok);
	return TLS_FAILED;
}

void tls_close(struct tls *t, struct buf *out)
{
	struct buf *outer = t->out;

	if (!tls_is_established(t))
		return;
	t->out = out;
	ERR_clear_error();
	SSL_shutdown(t->ssl);
	ERR_clear_error();
	t->out = outer;
}

void tls_keep_buffers(struct tls *t, bool keep)
{
	if (keep)
		SSL_clear_mode(t->ssl, SSL_MODE_RELEASE_BUFFERS);
	else
		SSL_set_mode(t->ssl, SSL_MODE_RELEASE_BUFFERS);
}

size_t tls_give_back(struct tls *t)
{
	tls_memory_begin();
	/* Not while half a record is in them; they stay then. */
	(void)SSL_free_buffers(t->ssl);
	return tls_memory_end();
}

bool tls_is_established(const struct tls *t)
{
	return SSL_is_init_finished(t->ssl);
}

const char *tls_version(const struct tls *t)
{
	return SSL_get_version(t->ssl);
}

const char *tls_cipher(const struct tls *t)
{
	return SSL_get_cipher_name(t->ssl);
}

/* RFC 9266 §2. */
static bool append_exporter(SSL *ssl, struct buf *out)
{
	static const char label[] = "EXPORTER-Channel-Binding";
	unsigned char key[32];

	if (SSL_version(ssl) != TLS1_3_VERSION ||
	    SSL_export_keying_material(ssl, key, sizeof(key), label, sizeof(label) - 1, (const unsigned char *)"", 0, 1) != 1)
		return false;
	buf_append(out, key, sizeof(key));
	return true;
}

/* RFC 5929 §3: the first Finished message, which is the client's in a full handshake and ours in a resumed one. Without the
 * extended master secret (RFC 7627 §1) it does not bind. It is not defined for TLS 1.3, where clients compute it all the same and in this
 * way (docs/decisions/0002-tls-unique-with-tls-1.3.md). */
static bool append_unique(SSL *ssl, struct buf *out)
{
	unsigned char finished[EVP_MAX_MD_SIZE];
	size_t len;

	if (SSL_version(ssl) <= TLS1_2_VERSION && SSL_get_extms_support(ssl) != 1)
		return false;
	if (SSL_session_reused(ssl))
		len = SSL_get_finished(ssl, finished, sizeof(finished));
	else
		len = SSL_get_peer_finished(ssl, finished, sizeof(finished));
	buf_append(out, finished, len);
	return len > 0;
}

/* RFC 5929 §4.1: the hash of the signature, but nothing weaker than SHA-256. Undefined for signatures without one (EdDSA). */
static bool append_end_point(SSL *ssl, struct buf *out)
{
	X509 *certificate = SSL_get_certificate(ssl);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len;
	int hash;

	if (!certificate || X509_get_signature_info(certificate, &hash, NULL, NULL, NULL) != 1 || hash == NID_undef)
		return false;
	if (hash == NID_md5 || hash == NID_sha1 || hash == NID_md5_sha1)
		hash = NID_sha256;
	if (!EVP_get_digestbynid(hash) || X509_digest(certificate, EVP_get_digestbynid(hash), digest, &len) != 1)
		return false;
	buf_append(out, digest, len);
	return true;
}

bool tls_binding(const struct tls *t, const char *type, struct buf *out)
{
	static const struct {
		const char *type;
		bool (*append)(SSL *ssl, struct buf *out);
	} types[] = {
		{"tls-exporter", append_exporter},
		{"tls-unique", append_unique},
		{"tls-server-end-point", append_end_point},
	};
	bool is_bound = false;

	if (!tls_is_established(t))
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].type, type) == 0)
			is_bound = types[i].append(t->ssl, out);
	ERR_clear_error();
	return is_bound;
}

const char *tls_error(const struct tls *t)
{
	const char *reason = t->error ? ERR_reason_error_string(t->error) : NULL;

	return reason ? reason : "the handshake broke off";
}
