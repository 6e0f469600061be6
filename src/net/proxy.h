/* proxy: the header by which a load balancer says for whom it connects: PROXY protocol, versions 1 and 2.
 *
 * Incremental: bytes may come one by one; no more is kept than an address needs, and what is malformed is known at its first wrong byte as
 * far as can be. LOCAL, UNKNOWN and families that have no internet address keep the address of the connection. Extensions (TLVs) are
 * passed over. Pure: no I/O. Threads: any. Tests: test/unit/net/proxy_test.c, test/fuzz/proxy_fuzz.c */
#ifndef MEERKAT_NET_PROXY_H
#define MEERKAT_NET_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/str.h"

enum { PROXY_KEPT_BYTES = 107 }; /* the longest line of version 1 */

struct proxy {
	uint8_t kept[PROXY_KEPT_BYTES];
	uint8_t len;
	uint8_t wanted; /* version 2: head and addresses, as far as they are of use */
	uint16_t rest;  /* version 2: bytes of the header that follow those */
	struct ip source; /* version 0: that of the connection stands */
};

enum proxy_result { PROXY_MORE, PROXY_DONE, PROXY_MALFORMED };

void proxy_init(struct proxy *p);

/* Takes bytes of the header. *used_out of them belong to it: all of them with PROXY_MORE; with PROXY_DONE the rest is what the client
 * sent. Not to be called again after DONE or MALFORMED. */
enum proxy_result proxy_feed(struct proxy *p, struct str bytes, size_t *used_out);

/* After PROXY_DONE: who has connected; `connection` when the header does not say. */
struct ip proxy_source(const struct proxy *p, struct ip connection);

#endif
