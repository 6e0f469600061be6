/* xload_conn: non-blocking connections under one epoll set, optional TLS, and the login up to a bound session. */
#ifndef XLOAD_CONN_H
#define XLOAD_CONN_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xload_elements.h"
#include "xload_meter.h"

enum cstate {
	C_FREE, C_CONNECT, C_TLS, C_OPEN, C_PROCEED, C_SASL, C_REGISTER, C_REOPEN,
	C_BIND, C_SESSION, C_HANDSHAKE, C_READY, C_CLOSING, C_DONE, C_FAILED,
};
struct conn {
	int fd;
	uint8_t state;
	bool secure, component, want_out;
	uint32_t rlen, wlen, woff;
	char *rbuf, *wbuf;  /* leftovers only; NULL on a quiet connection */
	SSL *ssl;
	struct auth *auth;
	char *jid;          /* only when the server chose another one than asked for */
	uint64_t t0;
	/* per-mode counters */
	uint32_t tx_seq, rx_next;
	uint64_t rx_seen;
};

struct totals {
	uint32_t started, ready, finished, failed, conflicts;
	uint64_t errors, bytes_in, bytes_out;
	struct hist login;
	char tls_name[64];
};
extern struct totals tot;
extern struct conn *conns;

/* Set by the mode: a session is bound; a stanza came. */
extern void (*on_ready)(struct conn *c);
extern void (*on_stanza)(struct conn *c, const struct elem *e, uint64_t t);

void conn_init(uint32_t n);
void conn_start(struct conn *c);
void conn_send(struct conn *c, const char *p, size_t n);
void conn_sendf(struct conn *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void conn_logout(struct conn *c);
void conn_close(struct conn *c, enum cstate final);
void conn_error(struct conn *c, const char *what, const char *text, size_t n);
const char *conn_user(const struct conn *c);
const char *conn_jid(const struct conn *c);
bool raw_connect(struct conn *c);
void expire_logins(void);
void loop_once(int timeout_ms);
static inline uint32_t conn_idx(const struct conn *c)
{
	return (uint32_t)(c - conns);
}

/* Between xload_conn.c and xload_login.c: the transport and what is said over it. */
void login_open_stream(struct conn *c, enum cstate next);
void login_on_header(struct conn *c, const struct elem *e);
void login_on_element(struct conn *c, const struct elem *e, uint64_t t);
void conn_start_tls(struct conn *c);

#endif
