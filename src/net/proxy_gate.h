/* proxy_gate: where accepted connections wait for their PROXY header before anybody else sees them.
 *
 * A header has five seconds and may come in pieces; only its own bytes are taken from the socket, so that what follows it is the client's.
 * What is malformed, late, or not from a trusted address is closed without a word. A silent connection delays no other.
 * Threads: a gate is its loop's; rules are constant. Tests: test/unit/net/proxy_gate_test.c, test/wire/15-proxy */
#ifndef MEERKAT_NET_PROXY_GATE_H
#define MEERKAT_NET_PROXY_GATE_H

#include "base/ip.h"
#include "base/list.h"
#include "conf/option.h"
#include "net/loop.h"

/* Whose headers are believed; count 0: everybody's. */
struct proxy_rules {
	size_t count;
	struct ip_range trusted[];
};

/* From the option proxy_trusted, a list of struct str that was found good. The caller frees it. */
struct proxy_rules *proxy_gate_rules(const struct option_list *trusted);

struct proxy_gate {
	struct loop *loop;
	struct list waiting;
	/* fd and who has connected, by the header; or fd -1: that one is closed. */
	void (*on_done)(struct proxy_gate *g, int fd, struct ip peer);
};

void proxy_gate_init(struct proxy_gate *g, struct loop *l, void (*on_done)(struct proxy_gate *g, int fd, struct ip peer));

/* Takes over a connected, non-blocking socket; on_done follows, maybe from within. */
void proxy_gate_enter(struct proxy_gate *g, const struct proxy_rules *rules, int fd, struct ip connection);

/* Closes those that wait. */
void proxy_gate_close(struct proxy_gate *g);

#endif
