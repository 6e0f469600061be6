/* feed: events on their way from the loop where they happen to somebody who listens on another one: the inside of a subscription.
 *
 * Whoever listens makes it and gives it to an operation (operation_call.feed). The operation begins it, posts events until one of the two has
 * enough, and says so:
 *     listener: feed_new ... [on_event]* on_ended ... feed_close         (feed_close not before the operation has answered)
 *     source:   feed_begin ... [feed_post]* feed_end, or on_closed ... feed_end
 * What waits is bounded: a listener that does not keep up gets on_ended.
 * Threads: the listener's functions on its loop, the source's on its own. Test: test/unit/route/feed_test.c */
#ifndef MEERKAT_ROUTE_FEED_H
#define MEERKAT_ROUTE_FEED_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/ip.h"
#include "base/mailbox.h"

enum { FEED_WAITING_BYTES = 4 * 1024 * 1024 };

struct feed;

struct feed_listener {
	struct mailbox *home;
	struct ip peer; /* for whom it is */
	/* Owns the event. */
	void (*on_event)(void *context, json_t *event);
	/* Nothing more comes: the source has ended, or more than FEED_WAITING_BYTES waited (which the metric feeds_cut_off counts). feed_close is
	 * still to be called. */
	void (*on_ended)(void *context);
	void *context;
};

/* ---- the listener ---- */

struct feed *feed_new(const struct feed_listener *l);
/* The listener is not called any more, and its half is gone; if it was begun, on_closed tells the source. Clears your pointer. */
void feed_close(struct feed **f);

/* ---- the source ---- */

struct ip feed_peer(const struct feed *f);

/* The source takes its half. on_closed: the listener has closed it, or it does not keep up; feed_end is still to be called. */
void feed_begin(struct feed *f, struct mailbox *home, void (*on_closed)(void *context), void *context);

/* Takes the event; `size` is about how much memory it holds. False: nobody gets it; on_closed follows. An event that is larger than
 * FEED_WAITING_BYTES is let through if nothing else waits. */
bool feed_post(struct feed *f, json_t *event, size_t size);

/* The source is not called any more, and its half is gone. Clears your pointer. */
void feed_end(struct feed **f);

#endif
