/* bosh_answer: the <body/> that answers a request of BOSH (XEP-0124 §7, §8). Threads: any. Test: test/wire/26-bosh/ */
#ifndef MEERKAT_LINK_BOSH_ANSWER_H
#define MEERKAT_LINK_BOSH_ANSWER_H

#include "conf/bosh_limits.h"
#include "stream/stream.h"

enum {
	BOSH_ANSWER_REQUESTS = 2, /* that a client may have under way */
	BOSH_ANSWER_HOLD = 1,     /* that are held though there is nothing to be said */
};

/* What the first answer says about the session. Texts are copies. */
struct bosh_answer_first {
	char *sid, *id, *from, *language;
	int64_t wait_s, inactivity_s, max_pause_s; /* inactivity: OPTION_INFINITY is not told */
	uint64_t ack; /* 0: none */
};

/* One that was given. */
struct bosh_answer_kept {
	uint64_t rid; /* 0: none */
	char *text;   /* on the heap */
	uint64_t sent_ms;
};

struct bosh_answer {
	const struct bosh_answer_first *first; /* NULL: it is not the first */
	bool is_end;
	const char *condition;      /* of the end; NULL: orderly */
	uint64_t ack;               /* 0: none */
	uint64_t report, report_ms; /* an answer that did not arrive, and how long ago it was given; 0: none */
	struct str content;         /* elements, which declare their namespaces */
};

/* What the end of the session is called after this <stream:error/>. A literal. */
const char *bosh_answer_condition_of(struct str error);

/* On the heap. */
char *bosh_answer_write(const struct bosh_answer *a);

/* The answer when there is nothing to be said. */
extern const char bosh_answer_nothing[];

/* For a client that wishes to have its requests held so long (-1: it does not say). */
struct bosh_answer_first *bosh_answer_first_new(const char *sid, const struct bosh_limits *limits, int64_t wait_s, uint64_t rid);
void bosh_answer_first_free(struct bosh_answer_first **first);

#endif
