/*
 * Connections: non-blocking sockets under one epoll set, and optional TLS. A quiet connection holds no buffers.
 */
#include "xload_conn.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xload.h"
#include "xload_sasl.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

#define READ_MAX (512 * 1024) /* also the longest element accepted */
#define MAX_ERRORS_SHOWN 8
#define MAX_ERRORS 200

struct totals tot;
struct conn *conns;
void (*on_ready)(struct conn *c);
void (*on_stanza)(struct conn *c, const struct elem *e, uint64_t t);

static int epfd;
static uint32_t n_conns;
static SSL_CTX *ctx;
static char rdbuf[READ_MAX];
static struct conn *reading;    /* with --coalesce: output for it is gathered */
static char outbuf[64 * 1024];
static size_t outlen;

void conn_init(uint32_t n)
{
	n_conns = n;
	conns = calloc(n, sizeof *conns);
	epfd = epoll_create1(EPOLL_CLOEXEC);
	if (!conns || epfd < 0)
		die("cannot set up %u connections", n);
	for (uint32_t i = 0; i < n; i++)
		conns[i].fd = -1;
	if (opt.tls == TLS_NONE)
		return;
	ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
			      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL); /* loopback, self-signed */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_proto_version(ctx, opt.tls_max);
}

/* ---- names ---- */

const char *conn_user(const struct conn *c)
{
	static char buf[80];
	snprintf(buf, sizeof buf, "%s%u", opt.prefix, opt.first + conn_idx(c));
	return buf;
}

const char *conn_jid(const struct conn *c)
{
	static char buf[4][256];
	static unsigned turn;
	char *b = buf[turn++ & 3];
	if (c->jid)
		return c->jid;
	snprintf(b, 256, "%s%u@%s/%s", opt.prefix, opt.first + conn_idx(c), opt.domain,
		 opt.resource);
	return b;
}

/* ---- errors and closing ---- */

void conn_error(struct conn *c, const char *what, const char *text, size_t n)
{
	if (++tot.errors <= MAX_ERRORS_SHOWN)
		fprintf(stderr, "xload: user %s%u, state %d: %s: %.*s\n", opt.prefix,
			opt.first + conn_idx(c), c->state, what, (int)(n > 400 ? 400 : n), text);
	if (tot.errors > MAX_ERRORS)
		die("too many errors");
	conn_close(c, C_FAILED);
}

void conn_close(struct conn *c, enum cstate final)
{
	if (c->fd < 0)
		return;
	if (final == C_FAILED)
		tot.failed++;
	tot.finished++;
	SSL_free(c->ssl);
	close(c->fd);
	free(c->rbuf);
	free(c->wbuf);
	free(c->auth);
	free(c->jid);
	c->ssl = NULL;
	c->rbuf = c->wbuf = c->jid = NULL;
	c->auth = NULL;
	c->rlen = c->wlen = c->woff = 0;
	c->want_out = c->secure = false;
	c->fd = -1;
	c->state = (uint8_t)final;
}

void conn_logout(struct conn *c)
{
	if (c->fd < 0)
		return;
	c->state = C_CLOSING;
	c->t0 = now_ns();
	conn_send(c, "</stream:stream>", 16);
}

/* ---- raw I/O ---- */

static void watch(struct conn *c, int op, bool out)
{
	struct epoll_event ev = {.events = EPOLLIN | (out ? EPOLLOUT : 0),
				 .data.u32 = conn_idx(c)};
	c->want_out = out;
	epoll_ctl(epfd, op, c->fd, &ev);
}

/* > 0 bytes, 0 try again later, -1 end or error */
static ssize_t io_write(struct conn *c, const char *p, size_t n)
{
	if (c->ssl) {
		int r = SSL_write(c->ssl, p, (int)n);
		if (r > 0)
			return r;
		int e = SSL_get_error(c->ssl, r);
		ERR_clear_error();
		return e == SSL_ERROR_WANT_WRITE || e == SSL_ERROR_WANT_READ ? 0 : -1;
	}
	ssize_t r = send(c->fd, p, n, MSG_NOSIGNAL);
	return r >= 0 ? r : errno == EAGAIN ? 0 : -1;
}

static ssize_t io_read(struct conn *c, char *p, size_t n)
{
	if (c->ssl) {
		int r = SSL_read(c->ssl, p, (int)n);
		if (r > 0)
			return r;
		int e = SSL_get_error(c->ssl, r);
		ERR_clear_error();
		return e == SSL_ERROR_WANT_WRITE || e == SSL_ERROR_WANT_READ ? 0 : -1;
	}
	ssize_t r = recv(c->fd, p, n, 0);
	return r > 0 ? r : r < 0 && errno == EAGAIN ? 0 : -1;
}

static void send_now(struct conn *c, const char *p, size_t n)
{
	tot.bytes_out += n;
	while (!c->wlen && n) {
		ssize_t w = io_write(c, p, n);
		if (w < 0) {
			if (c->state == C_CLOSING)
				conn_close(c, C_DONE);
			else
				conn_error(c, "write failed", strerror(errno), strlen(strerror(errno)));
			return;
		}
		if (w == 0)
			break;
		p += w;
		n -= (size_t)w;
	}
	if (!n)
		return;
	c->wbuf = realloc(c->wbuf, c->wlen + n);
	if (!c->wbuf)
		die("out of memory");
	memcpy(c->wbuf + c->wlen, p, n);
	c->wlen += (uint32_t)n;
	if (!c->want_out)
		watch(c, EPOLL_CTL_MOD, true);
}

void conn_send(struct conn *c, const char *p, size_t n)
{
	if (c->fd < 0)
		return;
	if (c != reading || outlen + n > sizeof outbuf) {
		if (c == reading && outlen) {
			send_now(c, outbuf, outlen);
			outlen = 0;
		}
		send_now(c, p, n);
		return;
	}
	memcpy(outbuf + outlen, p, n);
	outlen += n;
}

void conn_sendf(struct conn *c, const char *fmt, ...)
{
	char buf[8192];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof buf)
		die("stanza too long");
	conn_send(c, buf, (size_t)n);
}

static void flush_out(struct conn *c)
{
	while (c->woff < c->wlen) {
		ssize_t w = io_write(c, c->wbuf + c->woff, c->wlen - c->woff);
		if (w < 0) {
			conn_error(c, "write failed", strerror(errno), strlen(strerror(errno)));
			return;
		}
		if (w == 0)
			return;
		c->woff += (uint32_t)w;
	}
	free(c->wbuf);
	c->wbuf = NULL;
	c->wlen = c->woff = 0;
	watch(c, EPOLL_CTL_MOD, false);
}

/* ---- TLS and connecting ---- */

void conn_start_tls(struct conn *c)
{
	c->state = C_TLS;
	c->ssl = SSL_new(ctx);
	SSL_set_fd(c->ssl, c->fd);
	SSL_set_tlsext_host_name(c->ssl, opt.domain);
}

static void tls_step(struct conn *c)
{
	int r = SSL_connect(c->ssl);
	if (r == 1) {
		c->secure = true;
		if (!tot.tls_name[0])
			snprintf(tot.tls_name, sizeof tot.tls_name, "%s %s",
				 SSL_get_version(c->ssl), SSL_get_cipher_name(c->ssl));
		login_open_stream(c, C_OPEN);
		return;
	}
	int e = SSL_get_error(c->ssl, r);
	if (e == SSL_ERROR_WANT_READ)
		return;
	if (e == SSL_ERROR_WANT_WRITE) {
		watch(c, EPOLL_CTL_MOD, true);
		return;
	}
	char msg[200];
	ERR_error_string_n(ERR_get_error(), msg, sizeof msg);
	conn_error(c, "TLS handshake failed", msg, strlen(msg));
}

static int open_socket(struct conn *c)
{
	int one = 1;
	uint32_t s = conn_idx(c) % opt.sources;
	struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
	from.sin_addr.s_addr = htonl(0x7f000000u | (1 + s / 250) << 8 | (1 + s % 250));
	to.sin_addr = opt.addr;
	to.sin_port = htons((uint16_t)(c->component ? opt.comp_port : opt.port));
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		die("socket: %s", strerror(errno));
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
	if (bind(c->fd, (struct sockaddr *)&from, sizeof from))
		die("bind: %s", strerror(errno));
	return connect(c->fd, (struct sockaddr *)&to, sizeof to);
}

/* For the modes without XMPP: connect now, in order. */
bool raw_connect(struct conn *c)
{
	int r = open_socket(c);
	if (r && errno == EINPROGRESS) {
		struct epoll_event ev = {.events = EPOLLOUT};
		socklen_t n = sizeof r;
		epoll_ctl(epfd, EPOLL_CTL_ADD, c->fd, &ev);
		int got = epoll_wait(epfd, &ev, 1, 2000);
		epoll_ctl(epfd, EPOLL_CTL_DEL, c->fd, NULL);
		getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &r, &n);
		r |= got != 1;
	}
	if (r)
		return false;
	c->state = C_READY;
	tot.started++;
	tot.ready++;
	watch(c, EPOLL_CTL_ADD, false);
	return true;
}

void conn_start(struct conn *c)
{
	tot.started++;
	c->state = C_CONNECT;
	c->t0 = now_ns();
	int r = open_socket(c);
	if (r && errno != EINPROGRESS) {
		conn_error(c, "connect", strerror(errno), strlen(strerror(errno)));
		return;
	}
	watch(c, EPOLL_CTL_ADD, true);
}

/* ---- reading ---- */

static void process(struct conn *c, const char *p, size_t n)
{
	uint64_t t = now_ns();
	while (c->fd >= 0 && c->state != C_TLS) {
		struct elem e;
		size_t used;
		enum xml_kind k = xml_next(p, n, &used, &e);
		p += used;
		n -= used;
		if (k == XML_STANZA) {
			login_on_element(c, &e, t);
		} else if (k == XML_OPEN) {
			login_on_header(c, &e);
		} else if (k == XML_CLOSE) {
			if (c->state == C_CLOSING)
				conn_close(c, C_DONE);
			else
				conn_error(c, "server closed the stream", e.p, e.tag_len);
		} else if (k == XML_BAD) {
			conn_error(c, "not XML", p, n);
		} else {
			break;
		}
	}
	if (c->fd < 0)
		return;
	if (c->state == C_TLS) {
		if (n) {
			conn_error(c, "data between <proceed/> and TLS", p, n);
			return;
		}
		tls_step(c);
	}
	if (n == READ_MAX) {
		conn_error(c, "element too long", p, 100);
		return;
	}
	if (n) {
		c->rbuf = realloc(c->rbuf, n);
		memcpy(c->rbuf, p, n);
	} else if (c->rbuf) {
		free(c->rbuf);
		c->rbuf = NULL;
	}
	c->rlen = (uint32_t)n;
}

static void readable(struct conn *c)
{
	if (opt.coalesce)
		reading = c;
	while (c->fd >= 0 && c->state != C_TLS) {
		size_t have = c->rlen, room = READ_MAX - have;
		if (have)
			memcpy(rdbuf, c->rbuf, have);
		ssize_t r = io_read(c, rdbuf + have, room);
		if (r < 0) {
			if (c->state == C_CLOSING)
				conn_close(c, C_DONE);
			else
				conn_error(c, "connection lost", "", 0);
			break;
		}
		if (r == 0)
			break;
		tot.bytes_in += (uint64_t)r;
		process(c, rdbuf, have + (size_t)r);
		if (!c->ssl && (size_t)r < room)
			break;
	}
	reading = NULL;
	if (outlen) {
		if (c->fd >= 0)
			send_now(c, outbuf, outlen);
		outlen = 0;
	}
}

void loop_once(int timeout_ms)
{
	static struct epoll_event ev[512];
	int n = epoll_wait(epfd, ev, 512, timeout_ms);
	for (int i = 0; i < n; i++) {
		struct conn *c = &conns[ev[i].data.u32];
		if (c->fd < 0)
			continue;
		if (c->state == C_CONNECT) {
			int err = 0;
			socklen_t len = sizeof err;
			getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
			if (err) {
				conn_error(c, "connect", strerror(err), strlen(strerror(err)));
				continue;
			}
			watch(c, EPOLL_CTL_MOD, false);
			if (opt.tls == TLS_DIRECT && !c->component) {
				conn_start_tls(c);
				tls_step(c);
			} else {
				login_open_stream(c, C_OPEN);
			}
			continue;
		}
		if (c->state == C_TLS) {
			if (c->want_out)
				watch(c, EPOLL_CTL_MOD, false);
			tls_step(c);
			continue;
		}
		if (ev[i].events & EPOLLOUT)
			flush_out(c);
		if (c->fd >= 0 && ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
			readable(c);
	}
}

/* Fails logins, and gives up on logouts, that have taken too long. */
void expire_logins(void)
{
	uint64_t t = now_ns(), limit = (uint64_t)(opt.timeout * 1e9);
	for (uint32_t i = 0; i < n_conns; i++) {
		struct conn *c = &conns[i];
		if (c->fd < 0 || c->state == C_READY)
			continue;
		if (c->state == C_CLOSING && t - c->t0 > 2000000000u)
			conn_close(c, C_DONE);
		else if (c->state != C_CLOSING && t - c->t0 > limit)
			conn_error(c, "login timed out", "", 0);
	}
}
