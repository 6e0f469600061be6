#include "net/tls_ticket.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "base/check.h"
#include "net/tls_setup.h"

void tls_ticket_init(struct tls_ticket_ring *r)
{
	*r = (struct tls_ticket_ring){.lock = PTHREAD_MUTEX_INITIALIZER};
}

void tls_ticket_fini(struct tls_ticket_ring *r)
{
	OPENSSL_cleanse(&r->now, sizeof(r->now));
	OPENSSL_cleanse(&r->before, sizeof(r->before));
	pthread_mutex_destroy(&r->lock);
}

static bool is_of(const struct tls_ticket_key *k, time_t now, time_t seconds)
{
	return k->made && now >= k->made && now - k->made < seconds;
}

static void make_key(struct tls_ticket_key *k, time_t now)
{
	check(RAND_bytes(k->name, sizeof(k->name)) == 1);
	check(RAND_priv_bytes(k->cipher, sizeof(k->cipher)) == 1);
	check(RAND_priv_bytes(k->mac, sizeof(k->mac)) == 1);
	k->made = now;
}

void tls_ticket_seal(struct tls_ticket_ring *r, time_t now, struct tls_ticket_key *out)
{
	pthread_mutex_lock(&r->lock);
	if (!is_of(&r->now, now, TLS_TICKET_SECONDS)) {
		r->before = r->now;
		make_key(&r->now, now);
	}
	*out = r->now;
	pthread_mutex_unlock(&r->lock);
}

static bool find(const struct tls_ticket_key *k, time_t now, const uint8_t *name, struct tls_ticket_key *out)
{
	if (!is_of(k, now, 2 * TLS_TICKET_SECONDS) || CRYPTO_memcmp(k->name, name, TLS_TICKET_NAME_BYTES) != 0)
		return false;
	*out = *k;
	return true;
}

bool tls_ticket_open(struct tls_ticket_ring *r, time_t now, const uint8_t *name, struct tls_ticket_key *out, bool *is_old_out)
{
	bool is_found;

	pthread_mutex_lock(&r->lock);
	is_found = find(&r->now, now, name, out);
	*is_old_out = !is_found;
	is_found = is_found || find(&r->before, now, name, out);
	pthread_mutex_unlock(&r->lock);
	return is_found;
}

/* ---- OpenSSL's side ---- */

static int use_key(const struct tls_ticket_key *k, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seals)
{
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)k->mac, sizeof(k->mac)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t) "SHA256", 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, k->cipher, iv, seals) == 1 && EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

/* The forms of the answer are OpenSSL's: -1 it went wrong, 0 there is no such key, 1 use it, 2 use it and give out a new ticket. */
static int give_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seals)
{
	struct tls_setup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	struct tls_ticket_key key;
	bool is_old = false;
	int result = 0;

	if (seals) {
		tls_ticket_seal(&setup->tickets, time(NULL), &key);
		memcpy(name, key.name, sizeof(key.name));
		result = RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 && use_key(&key, iv, cipher, mac, 1) ? 1 : -1;
	} else if (tls_ticket_open(&setup->tickets, time(NULL), name, &key, &is_old)) {
		result = !use_key(&key, iv, cipher, mac, 0) ? -1 : is_old ? 2 : 1;
	}
	OPENSSL_cleanse(&key, sizeof(key));
	return result;
}

/* Early data can be said again by whoever has recorded it. It is taken, so that clients need not say it again, but read when the handshake
 * is complete, which nobody can repeat (docs/decisions/0007). So OpenSSL's own protection, which needs a memory of sessions, is not wanted. */
static void allow_early_data(struct tls_setup_making *m)
{
	m->setup->takes_early_data = true;
	SSL_CTX_set_max_early_data(m->ssl, TLS_TICKET_EARLY_BYTES);
	SSL_CTX_set_recv_max_early_data(m->ssl, TLS_TICKET_EARLY_BYTES);
	SSL_CTX_set_options(m->ssl, SSL_OP_NO_ANTI_REPLAY);
}

void tls_ticket_apply(struct tls_setup_making *m)
{
	unsigned char scope[16];

	SSL_CTX_set_session_cache_mode(m->ssl, SSL_SESS_CACHE_OFF);
	if (!m->config->session_tickets.data) {
		SSL_CTX_set_options(m->ssl, SSL_OP_NO_TICKET);
		SSL_CTX_set_num_tickets(m->ssl, 0);
		return;
	}
	/* Sessions of another setup are none of ours. */
	check(RAND_bytes(scope, sizeof(scope)) == 1);
	SSL_CTX_set_session_id_context(m->ssl, scope, sizeof(scope));
	SSL_CTX_set_tlsext_ticket_key_evp_cb(m->ssl, give_key);
	SSL_CTX_set_timeout(m->ssl, TLS_TICKET_SECONDS);
	SSL_CTX_set_num_tickets(m->ssl, 1);
	if (m->config->early_data)
		allow_early_data(m);
}
