/* partner: what a method needs besides the store: a web service, a directory, a program, a key that was read from a file.
 *
 * A partner has threads of its own, as many as requests may be under way. Requests wait for them in one bounded queue, and not for ever: a
 * partner that is slow or gone costs its own users only. Hosts with the same settings share one, and it stays over a reload that does not
 * change them; one that is wanted no more goes with the last question it has. That it is down is logged once, and once that it is back.
 * Internal to auth. Threads: any; work runs on the partner's. Test: test/unit/auth/method_test.c */
#ifndef MEERKAT_AUTH_PARTNER_H
#define MEERKAT_AUTH_PARTNER_H

#include <stdatomic.h>

#include "auth/question.h"
#include "base/list.h"
#include "base/log.h"

/* How much may be under way. */
struct partner_size {
	int64_t workers;         /* 0: it is asked on the server's job threads */
	int64_t waiting_max;     /* per worker; OPTION_INFINITY */
	int64_t call_timeout_ms; /* how long a question may wait for a worker */
};

struct partner_def {
	const char *name; /* for the log: "web service" */
	bool is_read_again; /* at each reload, whether its settings have changed or not */
	bool (*is_same)(const struct config_auth *a, const struct config_auth *b);
	struct partner_size (*size)(const struct config_auth *auth);
	/* Sets state; false with why if nothing can come of it. Whether somebody can be reached shows later. */
	bool (*open)(struct partner *p, struct why *why);
	/* Answers all that is under way without work of threads, now; NULL: nothing is. */
	void (*finish)(struct partner *p);
	/* No question is under way. */
	void (*close)(struct partner *p);
};

struct partner_set;

struct partner {
	struct partner_set *set;
	struct list link; /* in the set, until it is freed */
	uint32_t refs;    /* under the set's lock: one for being wanted, one for each question */
	bool is_wanted, is_marked; /* by the present configuration, by the one that is being looked at */
	const struct partner_def *def;
	const struct config_auth *auth; /* counted */
	struct jobs *jobs; /* of its own; NULL: the server's */
	struct partner_size size;
	_Atomic int64_t asked; /* questions at it, under way or waiting; those on the server's job threads do not count */
	_Atomic bool is_closing; /* what is under way is to be given up */
	_Atomic bool is_down;
	struct log_throttle failures; /* one that fails now and then fills no log */
	void *state; /* the method's */
};

struct partner_set *partner_set_new(void);
/* Opens what the methods of all hosts need, and lets go of everything else. False with why: nothing has changed. */
bool partner_set_use(struct partner_set *s, const struct config *c, struct why *why);
/* Gives up what is under way; all questions get answers, now or when they are asked. */
void partner_set_finish(struct partner_set *s);
/* Nobody asks any more. */
void partner_set_free(struct partner_set **s);

/* Could what the methods of all hosts need be opened? */
bool partner_check(const struct config *c, struct why *why);

/* The partner with the settings of the question, counted in question->partner. If a reload has changed them since, one
 * for this question. NULL: it cannot be opened, or the server stops. */
struct partner *partner_take(struct question *q, const struct partner_def *def);
/* Of question->partner. */
void partner_release(struct question *q);

/* `work` runs on a thread of the partner and leaves its result in the question, which then is answered with it. */
void partner_ask(struct question *q, const struct partner_def *def, void (*work)(struct question *q));

/* From work: could it be reached? `whom` must not have secrets. */
void partner_note_down(struct partner *p, struct str whom, const char *why);
void partner_note_up(struct partner *p, struct str whom);

#endif
