/* handler: what an HTTP listener serves: one const struct per name of [[listen.http.handlers.NAME]].
 *
 * The story of a request: the connection (HTTP/1.1 or HTTP/2, plain or TLS) reads and checks it, the listener finds the handler by host and
 * path (the longest path first, host "_" last), reads the body up to body_limit_bytes, and calls handle() with an exchange (exchange.h): the
 * request and the means to answer it, at once or later from the same loop. Methods that the handler does not name are answered with 405, HEAD
 * is asked as GET and loses its body on the way out, what does not fit is 404, 413 and so on: the handler sees none of it.
 * To add one: its options are a table of conf/listen_http.c and a struct of conf/handlers.h; it lives in link or admin; the one table of all is
 * main/handlers.c, where main also gives it its world. To serve files that are in the binary: pages.h.
 * Threads: create and destroy any one thread at a time; handle and end on each loop, maybe at the same time: an instance is constant or
 * keeps what changes by loop. Test: test/unit/http/hosting_test.c */
#ifndef MEERKAT_HTTP_HANDLER_H
#define MEERKAT_HTTP_HANDLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct config;
struct exchange;
struct loop;

/* Bits of handler.methods. */
enum handler_method {
	HANDLER_GET = 1, /* and HEAD */
	HANDLER_POST = 2,
	HANDLER_PUT = 4,
	HANDLER_DELETE = 8,
	HANDLER_PATCH = 16,
	HANDLER_OPTIONS = 32, /* without it OPTIONS is answered with 204 and Allow */
};

/* What a configured handler is made of. All of it lives as long as the instance. */
struct handler_site {
	struct str host; /* as configured: "_", "example.org" */
	struct str path; /* as configured, without the slash at its end: "/ws-xmpp"; "/" is "" */
	const void
		*options;   /* the struct of its name in conf/handlers.h; the configuration around it is kept as long */
	void *world;    /* what main has put beside the handler in main/handlers.c */
	const struct config *config; /* that it is of */
	bool is_secure; /* the listener has TLS */
};

struct handler {
	const char *name;        /* as in the file: "mongoose_websocket_handler" */
	unsigned methods;        /* enum handler_method */
	size_t body_limit_bytes; /* longer bodies are 413; 0: it takes none */
	bool
		has_subpaths; /* also serves what is below its path; otherwise only the path itself, with or without a slash at the end */
	/* One for each [[listen.http.handlers.NAME]], again at every reload; the one before is destroyed when its last connection is gone. NULL
	 * with why: the start or the reload fails with that text. May itself be NULL: then the instance is NULL. */
	void *(*create)(const struct handler_site *site, struct why *why);
	void (*destroy)(void *instance);
	/* A whole request. The exchange is answered now, or kept and answered later on this loop. */
	void (*handle)(void *instance, struct exchange *x);
	/* The listener goes away or the server stops: on this loop, end what this instance has (connections that were handed over, streamed
	 * answers). Exchanges that are not answered are cancelled one by one. May be NULL. */
	void (*end)(void *instance, struct loop *loop);
};

#endif
