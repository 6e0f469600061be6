/* s2s_queue: stanzas on their way to another server, in their order.
 *
 * What is in a queue is sent, or comes back to its sender as an error (s2s_returns), once. All queues of the process together hold at most so
 * many bytes.
 * Internal to link/s2s. Threads: the loop of its owner. Test: test/unit/link/s2s_queue_test.c */
#ifndef MEERKAT_LINK_S2S_QUEUE_H
#define MEERKAT_LINK_S2S_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "route/departure.h"
#include "xmpp/stanza.h"

struct s2s_out;

struct s2s_item {
	struct list link;
	struct list young;     /* with s2s_keep, until it is old enough to be kept */
	struct s2s_out *out;   /* whose it is */
	struct stanza *stanza; /* counted */
	struct jid from, to;   /* the texts follow the struct */
	size_t bytes;
	uint64_t came_ms;      /* of the loop's clock */
	uint64_t since_ms;     /* when it came, or was sent */
	uint64_t until_ms;     /* so long it may wait to be sent */
	bool is_patient;       /* it does so whatever becomes of attempts: an earlier process has taken it */
	struct departure *departure; /* its own; NULL: it may be lost with the process */
	uint8_t error;         /* enum stanza_error: why it goes back, with s2s_returns */
	uint32_t number;       /* there */
};

struct s2s_queue {
	struct list items;
	size_t bytes, limit_bytes;
	uint32_t count;
};

/* It takes at most so many bytes; SIZE_MAX: any. */
void s2s_queue_init(struct s2s_queue *q, size_t limit_bytes);

/* How many bytes all queues may hold together. Any thread. */
void s2s_queue_set_budget(int64_t bytes);

/* Appends; the stanza is ref'd, the addresses are copied. NULL: this queue would hold more than it takes, or all together too much. */
struct s2s_item *s2s_queue_add(struct s2s_queue *q, struct stanza *s, struct jid from, struct jid to, uint64_t now_ms);
/* The same without limits. */
struct s2s_item *s2s_queue_put(struct s2s_queue *q, struct stanza *s, struct jid from, struct jid to, uint64_t now_ms);

/* The oldest, the youngest, or NULL. */
struct s2s_item *s2s_queue_first(const struct s2s_queue *q);
struct s2s_item *s2s_queue_last(const struct s2s_queue *q);

/* The oldest becomes the youngest of another queue. */
void s2s_queue_pass(struct s2s_queue *from, struct s2s_queue *to);

/* The youngest becomes the oldest of another queue. */
void s2s_queue_return(struct s2s_queue *from, struct s2s_queue *to);

/* The oldest is done with. */
void s2s_queue_drop_first(struct s2s_queue *q);

/* All are forgotten, but for what is kept: the next process has them. */
void s2s_queue_leave_all(struct s2s_queue *q);

#endif
