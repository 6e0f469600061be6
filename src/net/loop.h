/* loop: one event loop, one thread: sockets, timers, mailbox.
 *
 * A turn: read everything that is ready (into one lent buffer), fire timers, open the mailbox, then write each connection that
 * has output once, gathered. Nothing is written before the end of the turn. Below is epoll, level-triggered: a full read needs no
 * second call. Everything that is used on a loop finds it in loop_current(). Threads: loop_stop_post and loop_is_running any; the
 * rest the loop's own. Test: test/unit/net/loop_test.c */
#ifndef MEERKAT_NET_LOOP_H
#define MEERKAT_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/mailbox.h"
#include "base/timer.h"

enum { LOOP_INPUT_BYTES = 128 * 1024 };

/* Something with a descriptor. */
struct loop_source {
	int fd; /* -1: not watched */
	uint32_t events;
	void (*on_ready)(struct loop_source *s, uint32_t epoll_events);
};

struct loop {
	int index;
	int epoll;
	struct mailbox mailbox;
	struct timer_wheel *timers;
	struct list dirty;  /* connections with output to be written at the end of the turn */
	struct list due;    /* connections with a callback due at the end of the turn: on_closed, or kept input that is wanted again */
	char *input;        /* LOOP_INPUT_BYTES, lent to whoever reads */
	struct buf scratch; /* for building output; empty between uses */
	struct buf wire;    /* for ciphertext on its way out: conn's */
	struct conn_chunk *spare_chunks; /* for output, likewise */
	uint32_t spare_chunk_count;
	bool stopping;
	_Atomic bool running; /* loop_run is on some thread's stack */
	void (*at_turn_end)(struct loop *l, void *context); /* before the writes; for batched posts. NULL: nothing */
	void *at_turn_end_context;
};

struct loop *loop_new(int index);
/* Letters that are left are opened; connections and timers that are left are forgotten: their owners may still free them. */
void loop_free(struct loop **l);

/* Runs on the calling thread until loop_stop_post; all letters that are there by then are opened. */
void loop_run(struct loop *l);
void loop_stop_post(struct loop *l);
bool loop_is_running(const struct loop *l);

/* One turn, waiting at most this long (-1: until something happens): for tests. */
void loop_turn(struct loop *l, int timeout_ms);

/* The loop whose loop_run or loop_turn is on this thread's stack; NULL outside. */
struct loop *loop_current(void);

/* Watches (or changes what is watched of) a source; events are EPOLLIN, EPOLLOUT. */
void loop_watch(struct loop *l, struct loop_source *s, uint32_t events);
void loop_unwatch(struct loop *l, struct loop_source *s);

/* How many loops the process should have: the CPUs it may run on. */
int loop_default_count(void);

#endif
