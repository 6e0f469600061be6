/* bosh_window: the requests of a BOSH session that wait for their answers, in the order of their numbers, and the answers that were given last
 * (XEP-0124 §9, §14.2, §14.3).
 *
 * Two may be under way; one more may have come before its turn. The last two answers are kept, for a client that has not got them. What a
 * client does wrong is for the session to say; here is what the numbers mean. Threads: the session's. Test: test/wire/26-bosh/ */
#ifndef MEERKAT_LINK_BOSH_WINDOW_H
#define MEERKAT_LINK_BOSH_WINDOW_H

#include "link/bosh/bosh_answer.h"
#include "link/bosh/bosh_request.h"

struct bosh_window {
	struct bosh_request *held[BOSH_ANSWER_REQUESTS]; /* accepted, by number; NULL behind the last */
	struct bosh_request *early;                      /* the one after the next */
	struct bosh_answer_kept kept[BOSH_ANSWER_REQUESTS]; /* the newest last */
	uint64_t expected;          /* the number of the next request */
	uint64_t report, report_ms; /* an answer that the client seems not to have; 0: none */
};

/* `rid`: the number of the next request. Nothing is held. */
void bosh_window_init(struct bosh_window *w, uint64_t rid);
/* All requests are answered. */
void bosh_window_fini(struct bosh_window *w);

/* Nobody waits. */
static inline bool bosh_window_is_empty(const struct bosh_window *w)
{
	return !w->held[0] && !w->early;
}

static inline bool bosh_window_is_full(const struct bosh_window *w)
{
	return w->held[BOSH_ANSWER_REQUESTS - 1] != NULL;
}

/* A number that there was before: its answer again, or the request takes the place of the one that is still held. False: it is a new one. */
bool bosh_window_repeats(struct bosh_window *w, struct bosh_request *r);

/* One that is before its turn, and the only such, waits. False: it is not, and may be the next. */
bool bosh_window_put_early(struct bosh_window *w, struct bosh_request *r);
/* The one that has waited for its turn, if it has come; becomes yours. NULL: there is none. */
struct bosh_request *bosh_window_take_early(struct bosh_window *w);

/* It waits for its answer. The window is not full. */
void bosh_window_hold(struct bosh_window *w, struct bosh_request *r, uint64_t now_ms);

/* The oldest that is held, of which there is one, gets its answer: text on the heap. */
void bosh_window_answer(struct bosh_window *w, char *text, uint64_t now_ms);

/* The client says that it has all answers up to this number (-1: it does not say). */
void bosh_window_note_ack(struct bosh_window *w, int64_t ack, uint64_t now_ms);

/* Lets go of those whose client has gone away; what they would have been answered with can be asked for again. True: there was one. */
bool bosh_window_forget_gone(struct bosh_window *w, uint64_t now_ms);

#endif
