/* exchange: one HTTP request and its answer (RFC 9110), whatever the version of HTTP.
 *
 * Is given to handler.handle() whole: head and body. It is answered exactly once, in one of three ways:
 *   whole      [exchange_set_header]* exchange_answer (or exchange_fail)
 *   streamed   [exchange_set_header]* exchange_begin exchange_write* exchange_end
 *   handed over (WebSocket) [exchange_set_header]* exchange_hand_over: the handler takes the connection
 * after which the exchange is gone: nobody touches it any more. Texts of the request live as long as the exchange. Until the answer is complete
 * a handler that keeps an exchange sets on_cancelled: the client went away or the listener ends; the exchange is gone when it returns.
 * Nothing is written before the end of the loop's turn. Date, Server, Content-Length, Transfer-Encoding, Connection and compression are not
 * the handler's matter. Threads: the loop of handle(). Test: test/unit/http/http_conn_test.c */
#ifndef MEERKAT_HTTP_EXCHANGE_H
#define MEERKAT_HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/str.h"
#include "http/handler.h"
#include "net/conn.h"

enum { EXCHANGE_HEADERS_MAX = 100 };

/* A header of the request: the name in lower case, the value without spaces around it. */
struct exchange_header {
	struct str name, value;
};

/* For the holder of an exchange: embedded in its own object, so that container_of finds it. */
struct exchange_holder {
	/* The client went away before the answer was complete, or the listener ends. Nothing may be sent any more. Called from the loop, never from
	 * within a function of this header. */
	void (*on_cancelled)(struct exchange_holder *h);
	/* A streamed answer: all that was written so far is on its way to the client, exchange_unsent is 0. May be NULL. */
	void (*on_drained)(struct exchange_holder *h);
	/* A streamed answer: the listener ends. What has no end of its own is to be ended now; else it is cancelled a little later. May be NULL. */
	void (*on_ending)(struct exchange_holder *h);
};

struct exchange {
	enum handler_method method;
	bool is_head;         /* method is HANDLER_GET, and the body will not be sent */
	bool is_secure;       /* over TLS; or a trusted proxy says so */
	uint8_t version;      /* 10, 11, 20 */
	const struct tls *tls; /* of the connection; NULL: it has none, a proxy may */
	struct ip peer;       /* who asks; from X-Forwarded-For if the connection comes from proxy_trusted */
	struct str host;      /* of the Host header, in lower case, without port */
	struct str authority; /* the same with port, as written */
	struct str path; /* decoded, but for "%2F" and "%25", and normalised: begins with "/", no "//", no "." or "..", no control characters */
	struct str subpath; /* what follows the handler's path: "" or "/..." */
	struct str query;   /* what follows "?", not decoded; STR_NONE: there was none */
	struct str body;    /* whole; "" if none */
	const struct exchange_header *headers;
	size_t header_count;
	struct loop *loop;
	void *place; /* what the listener has on this loop: for handlers in link, a struct service_place */
	struct exchange_holder *holder; /* NULL: nobody wants to be told */
};

/* The value of the first header of this name (in lower case); STR_NONE: there is none. */
struct str exchange_header(const struct exchange *x, const char *name);

/* A parameter of the query, decoded ("+" is a space) into out, which is empty; false: there is none, or it is not well-formed. */
bool exchange_query(const struct exchange *x, const char *name, struct buf *out);

/* User and password of "Authorization: Basic", appended to `out`, which keeps them (the user is not empty and has no colon). False: there is
 * no such header, or it is malformed. */
bool exchange_credentials(const struct exchange *x, struct buf *out, struct str *user_out, struct str *password_out);

/* Is the body of this type ("application/json")? Parameters are left aside. */
bool exchange_has_type(const struct exchange *x, const char *type);

/* Does the client ask for Upgrade to this protocol ("websocket"), with all that RFC 9110 §7.8 wants, and can the connection do it? */
bool exchange_asks_upgrade(const struct exchange *x, const char *protocol);

/* A header of the answer; copied. Names in lower case. Not for those that are not the handler's matter. A value with CR, LF or NUL is a
 * failed check. */
void exchange_set_header(struct exchange *x, const char *name, struct str value);

/* The answer as a whole; all is copied. type: "application/json"; STR_NONE with an empty body: no Content-Type. The exchange is gone. */
void exchange_answer(struct exchange *x, int status, struct str type, struct str body);

/* The same for a body that is constant as long as the process lives; it is not copied where that can be avoided, and not compressed. */
void exchange_answer_constant(struct exchange *x, int status, struct str type, struct str body);

/* A short text that says what the status means. The exchange is gone. */
void exchange_fail(struct exchange *x, int status);

/* It will be answered later: `h` is told when that has become pointless. */
void exchange_keep(struct exchange *x, struct exchange_holder *h);

/* A streamed answer, for events or what is made piece by piece. */
void exchange_begin(struct exchange *x, int status, struct str type);
/* Copied, sent with the end of the turn. Whoever writes without end looks at exchange_unsent or waits for on_drained: a client that does not
 * read is cut off at the connection's limit (on_cancelled). */
void exchange_write(struct exchange *x, struct str piece);
size_t exchange_unsent(const struct exchange *x);
/* The answer is complete. The exchange is gone. */
void exchange_end(struct exchange *x);
/* The answer cannot be completed: the client sees that it is cut. The exchange is gone. */
void exchange_abort(struct exchange *x);

/* A connection's place under max_connections of its listener; holds its settings (so the handler's instance) too. */
struct exchange_seat;
void exchange_seat_release(struct exchange_seat **seat);

/* Answers 101 with Upgrade (only after exchange_asks_upgrade) and gives the connection to `to`, which nobody may touch until h->on_moved(to)
 * says that it is there, in a later turn of this loop; then comes to on_bytes what the client has sent after the request. If the connection
 * ended before, on_closed is called instead. The seat is to be released when on_closed has been called. The exchange is gone. */
struct exchange_seat *exchange_hand_over(struct exchange *x, const char *protocol, struct conn *to,
					 const struct conn_handler *h);

#endif
