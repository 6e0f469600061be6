/* hosting: what one listener serves, as one configuration says: handlers by host and path, limits and manners.
 *
 * Constant once it is in use, and counted: connections, and those that were handed over, hold the one they began with; a reload makes a new one.
 * A host that is written in full goes before a pattern ("[...].example.org", ":name.example.org"), and that before "_"; the first host that
 * fits decides, and in it the longest path. A fallback is for every host, unless that one serves as long a path itself.
 * Threads: making one at a time, using any.
 * Test: test/unit/http/hosting_test.c */
#ifndef MEERKAT_HTTP_HOSTING_H
#define MEERKAT_HTTP_HOSTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/str.h"
#include "http/handler.h"
#include "net/tls.h"

/* Manners of a listener. */
struct hosting_rules {
	struct str server_name;  /* of the Server header; empty: no such header */
	bool compresses;         /* answers, if the client can */
	struct tls_context *tls; /* NULL: plain; the hosting takes a reference */
	int64_t hibernate_after_ms;
	uint32_t first_ms;              /* for the first request's head */
	uint32_t head_ms;               /* for the head of later ones, from its first byte */
	uint32_t idle_ms;               /* between requests */
	uint32_t body_ms;               /* for a body, and a second more for each 64 KiB of it */
	uint32_t output_limit_bytes;    /* that wait for a client that does not read */
	const struct ip_range *proxies; /* whose X-Forwarded-For is believed */
	size_t proxy_count;
	void *context; /* what the texts and options of this hosting live in */
	/* A request holds `after` bytes of a body in place of `before`: counted in any case, but may it? NULL: yes. */
	bool (*hold)(void *context, size_t before, size_t after);
	void (*release)(void *context); /* the hosting is gone. May be NULL. */
};

struct hosting_route {
	const struct handler *handler;
	struct handler_site site;
	void *instance;
	bool is_fallback;
};

struct hosting;

/* Counted: one, the caller's. */
struct hosting *hosting_new(const struct hosting_rules *rules);
void hosting_ref(struct hosting *h);
/* Clears your pointer; with the last one the instances are destroyed. */
void hosting_unref(struct hosting **h);

/* One more handler; false with why: the pattern of its host is not one, the same host and path has a handler already, or it cannot be made.
 * A fallback serves its path, whatever the host, where no other has a path as long. */
bool hosting_add(struct hosting *h, const struct handler *handler, const struct handler_site *site, bool is_fallback,
		 struct why *why);

const struct hosting_rules *hosting_get_rules(const struct hosting *h);

/* Who serves the path (as target_read makes it) of the host; NULL: nobody. *subpath_out is what follows the handler's path. */
const struct hosting_route *hosting_find(const struct hosting *h, struct str host, struct str path,
					 struct str *subpath_out);

/* Tells all handlers to end what they have on this loop; on that loop. */
void hosting_end(const struct hosting *h, struct loop *loop);

/* Does the host fit the pattern? */
bool hosting_fits(struct str pattern, struct str host);

#endif
