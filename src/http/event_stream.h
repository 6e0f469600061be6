/* event_stream: server-sent events (WHATWG HTML §9.2, text/event-stream) as the answer to an exchange, over any version of HTTP.
 *
 * A handler answers with one:
 *     s = event_stream_start(x, &(struct event_stream_settings){.ping_ms = 15000, .on_ended = on_ended, .context = mine});
 *     event_stream_send(s, &(struct event_stream_event){.type = STR("load"), .data = json});     on the loop of the exchange
 *     event_stream_post(s, &event);                                                              on any thread that holds a reference
 * and it lasts until event_stream_stop(&s), or until on_ended tells that it is over: the client went away or does not read, nothing happened for
 * idle_ms, the listener ends. Whoever makes events faster than they are read is bounded: when more than queue_limit_bytes would wait, the
 * stream is cut off, and the metric event_streams_cut_off counts it; who can leave events out asks event_stream_waiting first.
 * Threads: the loop of the exchange, but for what says any. Test: test/unit/http/event_stream_test.c */
#ifndef MEERKAT_HTTP_EVENT_STREAM_H
#define MEERKAT_HTTP_EVENT_STREAM_H

#include "http/exchange.h"

enum event_stream_reason {
	EVENT_STREAM_GONE,    /* the client went away */
	EVENT_STREAM_SLOW,    /* it does not read */
	EVENT_STREAM_IDLE,    /* there was no event for idle_ms */
	EVENT_STREAM_LEAVING, /* the listener ends */
};

struct event_stream;

struct event_stream_settings {
	uint32_t ping_ms;         /* after so long without a byte a comment is sent, so that nobody between takes it for dead; 0: never */
	uint32_t idle_ms;         /* after so long without an event it ends; 0: never */
	size_t queue_limit_bytes; /* that may wait for the client; 0: 64 KiB */
	/* It is over, and s with it, but for references. Called once, from the loop and never from within a function of this header; not after
	 * event_stream_stop. May be NULL. */
	void (*on_ended)(void *context, enum event_stream_reason reason);
	void *context;
};

/* type and id: no line ends, no NUL; STR_NONE: not said (the type is then "message"). data: UTF-8, as many lines as it likes. */
struct event_stream_event {
	struct str type, id, data;
};

/* Begins the answer, with status 200. Headers may have been set before. NULL: it was a HEAD, which is answered. The exchange is not the
 * caller's any more. */
struct event_stream *event_stream_start(struct exchange *x, const struct event_stream_settings *settings);

/* Completes the answer, if it is not over; on_ended is not called any more. Clears your pointer. */
void event_stream_stop(struct event_stream **s);

/* Copies the event to the client, with the end of the turn. False: it is over, or is now, because the client does not read; on_ended follows. */
bool event_stream_send(struct event_stream *s, const struct event_stream_event *e);

/* For other threads, which need a reference: it is taken on the loop (or by somebody who has one). Any thread. */
void event_stream_ref(struct event_stream *s);
/* Clears your pointer. Any thread. */
void event_stream_unref(struct event_stream **s);

/* event_stream_send from any thread. False: it is over, or will be. */
bool event_stream_post(struct event_stream *s, const struct event_stream_event *e);

/* How many bytes wait for the client, or for its loop. Any thread: what was known last. */
size_t event_stream_waiting(const struct event_stream *s);

#endif
