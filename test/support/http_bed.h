/* http_bed: a hosting with a few handlers on a loop that the test turns by hand, and clients at the other ends of socket pairs.
 *
 * Handlers: /echo answers with method, path, subpath, query and body; /later keeps the exchange for http_bed_kept; /stream begins a
 * streamed answer and keeps it; /events begins a stream of events; /big answers with a mebibyte; /upgrade hands the connection over and
 * echoes bytes in upper case. Threads: one. */
#ifndef MEERKAT_SUPPORT_HTTP_BED_H
#define MEERKAT_SUPPORT_HTTP_BED_H

#include "http/event_stream.h"
#include "http/hosting.h"
#include "http/http_conn.h"

enum { HTTP_BED_BODY_BYTES = 1000, HTTP_BED_BIG_BYTES = 1024 * 1024 };

struct http_bed {
	struct loop *loop;
	struct hosting_rules rules; /* may be changed before http_bed_begin */
	struct hosting *hosting;
	struct list conns;
	int gone;      /* connections and seats that said so */
	int cancelled; /* kept exchanges */
	int drained;
	int ended;                 /* handler.end was called */
	struct exchange *kept;     /* the last one of /later or /stream */
	struct exchange_holder holder;
	struct event_stream_settings event_settings; /* of /events */
	struct event_stream *events;                 /* the last one */
	struct conn handed;        /* of /upgrade */
	int handed_moved, handed_closed;
	struct exchange_seat *seat;
	size_t held; /* as rules.hold counts */
};

/* A loop and the rules; then http_bed_begin makes the hosting. */
void http_bed_init(struct http_bed *b);
void http_bed_begin(struct http_bed *b);
/* All connections have gone, and said so. */
void http_bed_fini(struct http_bed *b);

/* A new connection; the client's end, non-blocking. */
int http_bed_connect(struct http_bed *b, bool is_refused);

void http_bed_turns(struct http_bed *b, int count);

/* Sends while the loop turns. */
void http_bed_send(struct http_bed *b, int fd, struct str bytes);

/* Appends what comes, turning, until nothing more comes for some turns. False: the connection has ended. */
bool http_bed_receive(struct http_bed *b, int fd, struct buf *out);

/* What is answered to all of these bytes on a connection of their own; NUL-terminated, to be freed. `is_open_out`: is it still open? May be NULL. */
char *http_bed_ask(struct http_bed *b, struct str request, bool *is_open_out);

#endif
