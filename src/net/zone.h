/* zone: local records, from a file: a private network's or a test's own answers.
 *
 * Lines are records as zone files have them, or lines as /etc/hosts has them:
 *
 *     xmpp.example.org.                3600 IN A 192.0.2.1
 *     _xmpp-server._tcp.example.org.   SRV 0 5 5269 xmpp.example.org.
 *     _xmpp-server._tcp.example.net.   SRV 0 0 0 .
 *     alias.example.org.               CNAME xmpp.example.org.
 *     _5269._tcp.xmpp.example.org.     TLSA 3 1 1 2f4c...
 *     192.0.2.7   example.com www.example.com
 *
 * Every name is complete, with or without the last dot; time to live and class are passed over; what follows ; or # is a comment. Types are
 * A, AAAA, SRV, TLSA and CNAME. A name in it, and every name below that, has no other records than these.
 * Constant once it is made. Threads: any. Tests: test/unit/net/zone_test.c, test/fuzz/zone_fuzz.c */
#ifndef MEERKAT_NET_ZONE_H
#define MEERKAT_NET_ZONE_H

#include "base/arena.h"
#include "base/err.h"
#include "net/resolve.h"

enum { ZONE_FILE_MAX = 16 * 1024 * 1024 };

struct zone;

/* NULL with why, which names the line: "private.zone:3: expected an address, got ...". */
struct zone *zone_parse(struct str text, const char *name, struct why *why);
struct zone *zone_load(const char *path, struct why *why);
void zone_free(struct zone **z);

enum zone_result {
	ZONE_ELSEWHERE, /* it knows nothing of the name */
	ZONE_NOTHING,   /* there is no such record */
	ZONE_RECORDS,
};

struct zone_answer {
	struct str name; /* where aliases (CNAME) led to; ELSEWHERE: the name to be asked for instead */
	const union resolve_record *records; /* the first RESOLVE_RECORDS_MAX of them */
	size_t count;
};

/* `name` is as rdata_name makes it. Records live as long as the zone. */
enum zone_result zone_find(const struct zone *z, struct str name, enum resolve_type type, struct zone_answer *out);

#endif
