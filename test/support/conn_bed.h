/* conn_bed: two loops that the test turns by hand, a TLS context, and owners of connections; for tests of connections.
 *
 * An owner's connection is one end of a socket pair; the test plays the peer at the other. Threads: one at a time. */
#ifndef MEERKAT_SUPPORT_CONN_BED_H
#define MEERKAT_SUPPORT_CONN_BED_H

#include "net/conn.h"

extern struct loop *conn_bed_loop, *conn_bed_other_loop;
extern struct tls_context *conn_bed_context;

/* Set-up and tear-down of a group of tests. */
int conn_bed_make(void **state);
int conn_bed_free(void **state);

/* Lets both loops turn. */
void conn_bed_turns(int count);
void conn_bed_sleep(int ms);

/* Bytes of which neighbours and distant ones differ; the caller frees them. */
char *conn_bed_pattern(size_t len);

struct conn_bed_owner {
	struct conn conn;
	int peer; /* the other end */
	struct buf got;
	/* What on_bytes does. */
	size_t takes;                           /* at most so many bytes of a call */
	void (*then)(struct conn_bed_owner *o); /* afterwards; once */
	/* What happened. */
	int calls, secured, moved, written, closed;
	enum err reason;
	struct loop *moved_to;
};

/* A new socket pair; the connection is on conn_bed_loop, with conn_bed_handler. */
void conn_bed_owner_init(struct conn_bed_owner *o);
/* The connection is closed if it is not, and must then have said so once. */
void conn_bed_owner_fini(struct conn_bed_owner *o);

extern const struct conn_handler conn_bed_handler;

void conn_bed_peer_says(struct conn_bed_owner *o, const char *text);

/* All that has arrived at the peer, valid until the next call; STR_NONE if the connection has ended and nothing more will. */
struct str conn_bed_peer_hears(struct conn_bed_owner *o);

/* Reads at the peer while the loops turn, until exactly this has come. */
void conn_bed_assert_hears(struct conn_bed_owner *o, const char *expected, size_t len);

#endif
