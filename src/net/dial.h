/* dial: from a domain to a connected socket: records, then connecting (RFC 6120 §3.2, RFC 2782, XEP-0368, RFC 8305).
 *
 * Candidates are the fixed address of the configuration; else the targets of _xmpps-server and _xmpp-server, by priority and weight; else the
 * domain itself with outgoing.port. Addresses of a candidate are tried in the order of ip_versions, families in turn, the next one beginning
 * 250 ms after the one before or when that has failed; the first to connect wins. A candidate whose addresses are silent holds up the next
 * one for two seconds at most. Bounds: DIAL_CANDIDATES_MAX targets, DIAL_ADDRESSES_MAX addresses of each, connection_timeout for each
 * address.
 * A dial lives until dial_free, which may be called at any time, also from its callback. Threads: one loop's. Test: test/unit/net/dial_test.c */
#ifndef MEERKAT_NET_DIAL_H
#define MEERKAT_NET_DIAL_H

#include "net/resolve.h"

enum { DIAL_CANDIDATES_MAX = 16, DIAL_ADDRESSES_MAX = 8 };

struct dial;

/* Which step failed. */
enum dial_step { DIAL_RESOLVE, DIAL_CONNECT };

struct dial_result {
	enum err error;      /* NONE: connected */
	enum dial_step step; /* of the failure */
	struct why why;      /* one sentence for the log: the last failure, or that of looking up */
	int fd;              /* yours, non-blocking, close-on-exec; -1: failed */
	struct ip address;   /* of the peer, with port */
	struct str host;     /* the name behind the address: the target of SRV, or the domain; as DNS has it. "" for a fixed address */
	bool is_direct_tls;  /* TLS from the first byte */
	bool is_secure;      /* DNSSEC has proved the way to `host`: its certificate may be of host, too (RFC 7673) */
	const struct resolve_tlsa *tlsa; /* for DANE: empty unless is_secure */
	size_t tlsa_count;
};

/* The result is lent until the dial goes on or is freed; only fd is yours. */
typedef void dial_on_done(void *context, const struct dial_result *result);

/* On the current loop. `domain` is prepared (IDNs are fine); r and c must live as long as the dial. on_done is never called from within. */
struct dial *dial_start(struct resolve *r, const struct config_s2s *c, struct str domain, dial_on_done *on_done, void *context);

/* After a success that led nowhere (TLS failed, the stream was refused; the fd is closed or in your hands): goes on with what is left. on_done
 * comes again, with an error when nothing is left. `reason` goes into the trace: "TLS: certificate has expired". */
void dial_next(struct dial *d, const char *reason);

/* One line for every step so far, each ended by a newline; at most a few KiB. Valid until the dial goes on. */
struct str dial_trace(const struct dial *d);

/* Adds a line of the caller's, without newline. */
void dial_note(struct dial *d, const char *line);

/* "resolve", "connect" */
const char *dial_step_text(enum dial_step step);

/* Also stops it. Clears your pointer; NULL is fine. */
void dial_free(struct dial **d);

#endif
