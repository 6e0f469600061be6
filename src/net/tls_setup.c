#include "net/tls_setup.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/check.h"
#include "base/err.h"
#include "base/mem.h"
#include "net/tls_cipher.h"
#include "net/tls_secrets.h"
#include "net/tls_verify.h"

/* ---- problems ---- */

const char *tls_setup_text(struct tls_setup_making *m, struct str s)
{
	return arena_str(&m->arena, s).data;
}

void tls_setup_fail(struct tls_setup_making *m, const void *value, const char *option, const char *format, ...)
{
	char text[sizeof(((struct why *)0)->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ERR_clear_error();
	m->has_failed = true;
	m->tell(m->context, value, option, text);
}

/* OpenSSL's ways of saying that what is wanted is not in the file. */
static bool is_absence(unsigned long code)
{
	int lib = ERR_GET_LIB(code), reason = ERR_GET_REASON(code);

	return code == 0 || (lib == ERR_LIB_PEM && reason == PEM_R_NO_START_LINE) ||
	       (lib == ERR_LIB_X509 && reason == X509_R_NO_CERTIFICATE_OR_CRL_FOUND) ||
	       (lib == ERR_LIB_OSSL_DECODER && reason == ERR_R_UNSUPPORTED);
}

/* The first error is the cause, those after it only tell the way up. */
void tls_setup_fail_file(struct tls_setup_making *m, const struct str *file, const char *option, const char *what)
{
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);

	if (!reason || is_absence(code))
		tls_setup_fail(m, file, option, "%.*s: there is no %s in it (in PEM form)", STR_ARGS(*file), what);
	else
		tls_setup_fail(m, file, option, "%.*s: %s", STR_ARGS(*file), reason);
}

/* ---- making ---- */

/* RFC 7301 §3.2 */
static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *offered,
		       unsigned offered_len, void *data)
{
	const struct tls_setup *setup = data;
	unsigned char *chosen;

	(void)ssl;
	if (SSL_select_next_proto(&chosen, out_len, setup->alpn, setup->alpn_len, offered, offered_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static void set_alpn(struct tls_setup_making *m, const char *alpn)
{
	unsigned char *to = m->setup->alpn;
	size_t len = 0;

	if (!alpn)
		return;
	for (struct str rest = str_from(alpn); rest.data;) {
		struct str name = str_split(rest, ',', &rest);

		check(name.len > 0 && len + 1 + name.len <= sizeof(m->setup->alpn));
		to[len++] = (unsigned char)name.len;
		memcpy(to + len, name.data, name.len);
		len += name.len;
	}
	m->setup->alpn_len = (unsigned)len;
	SSL_CTX_set_alpn_select_cb(m->ssl, select_alpn, m->setup);
}

static void set_manners(struct tls_setup_making *m)
{
	SSL_CTX_set_app_data(m->ssl, m->setup);
	SSL_CTX_set_options(m->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
					    SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_SSLv3);
	SSL_CTX_set_mode(m->ssl, SSL_MODE_RELEASE_BUFFERS);
}

struct tls_setup *tls_setup_new(const struct config_tls *c, const char *alpn, bool is_client, tls_setup_tell *tell, void *context)
{
	struct tls_setup_making m = {.config = c, .tell = tell, .context = context};

	m.setup = mem_new(sizeof(*m.setup));
	atomic_init(&m.setup->refs, 1);
	m.setup->is_client = is_client;
	m.ssl = m.setup->ssl = SSL_CTX_new(is_client ? TLS_client_method() : TLS_server_method());
	check(m.ssl != NULL);
	arena_init(&m.arena, 0);
	tls_ticket_init(&m.setup->tickets);
	set_manners(&m);
	set_alpn(&m, alpn);
	tls_cipher_apply(&m);
	tls_certificate_load_all(&m);
	tls_verify_apply(&m);
	if (!is_client)
		tls_ticket_apply(&m);
	tls_secrets_apply(&m);
	ERR_clear_error();
	arena_fini(&m.arena);
	if (m.has_failed)
		tls_setup_unref(&m.setup);
	return m.setup;
}

void tls_setup_ref(struct tls_setup *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
}

void tls_setup_unref(struct tls_setup **s)
{
	struct tls_setup *setup = *s;

	*s = NULL;
	if (!setup || atomic_fetch_sub_explicit(&setup->refs, 1, memory_order_acq_rel) != 1)
		return;
	SSL_CTX_free(setup->ssl);
	tls_certificate_free_all(setup);
	tls_ticket_fini(&setup->tickets);
	free(setup);
}
