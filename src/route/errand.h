/* errand: something done in the name of an account by somebody else: an operation of an administrator, or of the user elsewhere.
 *
 * It waits its turn in the account's queue like a stanza of a client, on the account's loop, and passes the same code; what would be
 * answered to the client is told to whoever asked. Only accounts that exist have errands done. An errand is part of its owner's object,
 * which stays until on_done.
 * Threads: errand_post any; on_done runs on the asker's loop, `run` on the account's. Test: test/wire/81-operations/ */
#ifndef MEERKAT_ROUTE_ERRAND_H
#define MEERKAT_ROUTE_ERRAND_H

#include "route/pipeline.h"
#include "route/registry.h"

struct operation_call;

enum { ERRAND_TEXT_BYTES = 256 };

struct errand {
	/* Set by the owner. */
	struct registry *asker;
	struct jid from;       /* of the account, with a resource or without; the texts of addresses stay until on_done */
	struct jid to;         /* unset: the account itself */
	struct stanza *stanza; /* as a client would send it; a reference, which is given back before on_done. NULL with `run` */
	/* NULL: the stanza passes the stages. Otherwise it does what is to be done: DONE, or LATER and call_resume, with DONE, or with PASS to
	 * be called again; call->errand is it, and call->step is its own. */
	enum answer (*run)(struct call *c);
	bool needs_session;  /* the session of `from` does it; STANZA_ERROR_ITEM_NOT_FOUND without one */
	bool leaves_answer; /* answers go to the account, as if one of its clients had sent the stanza */
	void (*on_done)(struct errand *e);

	/* What came of it. */
	enum err result;           /* ERR_NONE: it was done; ERR_NOT_FOUND: no such account; ERR_INVALID: the domain is none of ours */
	enum stanza_error refusal; /* STANZA_ERROR_NONE: it was not refused */
	char refusal_text[ERRAND_TEXT_BYTES];
	struct stanza *answer;     /* to an iq: the result; errand_fini gives it back */

	/* Its own. */
	struct letter letter;
	struct registry *home;
	const struct host_set *hosts; /* counted, while it is asked whether the account exists */
};

void errand_post(struct errand *e);

/* Gives back the answer. */
void errand_fini(struct errand *e);

/* Has it been done, and not refused? */
bool errand_is_done(const struct errand *e);

/* The error of an operation that comes of one that was not. */
json_t *errand_error(const struct errand *e);
void errand_fail(const struct errand *e, struct operation_call *c);

/* For the pipeline: an answer to the call, and its end. */
void errand_refuse(struct errand *e, enum stanza_error error, const char *text);
void errand_answer(struct errand *e, struct stanza *answer);
void errand_end(struct errand *e);

#endif
