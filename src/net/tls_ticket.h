/* tls_ticket: the keys with which tickets for resuming sessions are sealed (RFC 5077, RFC 8446 §4.6.1).
 *
 * Tickets hold everything, the server nothing ("stateless"). A ring has two keys and renews one every few hours, so that a key that is
 * stolen opens hours, not years; a ticket is good until its key is gone. A ring belongs to one setup: a change of its certificates or
 * authorities ends all resumption, and whoever resumes was checked by the rules that still hold.
 * Internal to net. Threads: any. Test: test/unit/net/tls_ticket_test.c */
#ifndef MEERKAT_NET_TLS_TICKET_H
#define MEERKAT_NET_TLS_TICKET_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct tls_setup_making;

enum {
	TLS_TICKET_NAME_BYTES = 16,
	TLS_TICKET_KEY_BYTES = 32,
	TLS_TICKET_SECONDS = 2 * 3600, /* how long a ticket can be used at most; a key seals for as long */
	TLS_TICKET_EARLY_BYTES = 16384,
};

struct tls_ticket_key {
	time_t made; /* 0: there is none */
	uint8_t name[TLS_TICKET_NAME_BYTES], cipher[TLS_TICKET_KEY_BYTES], mac[TLS_TICKET_KEY_BYTES];
};

struct tls_ticket_ring {
	pthread_mutex_t lock;
	struct tls_ticket_key now, before;
};

void tls_ticket_init(struct tls_ticket_ring *r);
void tls_ticket_fini(struct tls_ticket_ring *r);

/* What session_tickets and early_data ask for. */
void tls_ticket_apply(struct tls_setup_making *m);

/* The key to seal with, at this time; a copy. */
void tls_ticket_seal(struct tls_ticket_ring *r, time_t now, struct tls_ticket_key *out);

/* The key of this name, if its tickets are still good; *is_old_out: the client should get a new ticket. */
bool tls_ticket_open(struct tls_ticket_ring *r, time_t now, const uint8_t *name, struct tls_ticket_key *out, bool *is_old_out);

#endif
