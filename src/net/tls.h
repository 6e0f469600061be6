/* tls: TLS (RFC 6120 §5, RFC 7590) over the loop's lent buffers, with OpenSSL.
 *
 * A context holds certificates and rules of one listener and is counted; when their files change it loads them again, for the sessions that
 * begin afterwards. A session is one connection's. It keeps no buffers of its own between records (SSL_MODE_RELEASE_BUFFERS; no memory
 * BIOs: ciphertext is read from where it arrived and written into the connection's output). Who the peer is: tls_peer.h. Sessions in which we are the
 * client: tls_outgoing.h.
 * Threads: contexts any; a session one at a time, it may move. Contexts are tls_context.c, sessions tls.c.
 * Tests: test/unit/net/tls_test.c, tls_context_test.c */
#ifndef MEERKAT_NET_TLS_H
#define MEERKAT_NET_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/config.h"

struct tls_context;
struct tls;

/* Is there a certificate at all, for some name at least? Without one there can be no context. */
bool tls_is_possible(const struct config_tls *c);

/* NULL with why: unreadable file, key that does not match, unknown cipher ... each naming the file. `alpn` is the protocol to be
 * agreed on when the client asks for any ("xmpp-client"), or several between commas, the best first; a client that asks only for others is
 * refused (RFC 7301 §3.2). NULL: none.
 * The configuration may go. */
struct tls_context *tls_context_new(const struct config_tls *c, const char *alpn, struct why *why);
void tls_context_ref(struct tls_context *c);
void tls_context_unref(struct tls_context **c);

/* Days until the certificate's end; negative when it has passed. */
int64_t tls_context_days_left(struct tls_context *c);

/* Looks whether files of any context have changed; what has not changed since the look before is loaded. To be called every second or so,
 * by one thread. What is broken is told in the log once, and what was loaded before stays. */
void tls_context_refresh_all(void);

struct tls *tls_new(struct tls_context *c);
void tls_free(struct tls **t);

enum tls_result { TLS_OK, TLS_CLOSED, TLS_FAILED };

/* Plaintext that arrived. False to stop: the connection was closed; the rest is dropped then. tls_send may be called from it. */
typedef bool tls_on_plain(void *context, struct str bytes);

/* Takes ciphertext (all of it); what it decrypts to is given piecewise to on_plain, what must be answered is appended to out. Also
 * after TLS_FAILED and TLS_CLOSED there may be something in out to be sent. */
enum tls_result tls_receive(struct tls *t, struct str ciphertext, struct buf *out, tls_on_plain *on_plain, void *context);

/* The client's first words. */
enum tls_result tls_begin(struct tls *t, struct buf *out);

/* Encrypts into out; the session is established. */
enum tls_result tls_send(struct tls *t, struct str plaintext, struct buf *out);

/* Says close_notify, if the session is established. */
void tls_close(struct tls *t, struct buf *out);

/* Keeps the record buffers until tls_give_back instead of giving them back after every record. */
void tls_keep_buffers(struct tls *t, bool keep);
/* Returns how many bytes that were (tls_memory.h). */
size_t tls_give_back(struct tls *t);

bool tls_is_established(const struct tls *t);
const char *tls_version(const struct tls *t); /* "TLSv1.3" */
const char *tls_cipher(const struct tls *t);

/* Channel-binding data (RFC 5929, RFC 9266): type is "tls-exporter" (TLS 1.3), "tls-unique", "tls-server-end-point".
 * False if this connection has none of the type. */
bool tls_binding(const struct tls *t, const char *type, struct buf *out);

/* What went wrong, for the log, after TLS_FAILED. */
const char *tls_error(const struct tls *t);

#endif
