/* question: one question about an account, on its way from the asker through the methods of the host and back.
 *
 * It is an object that walks: to the store, to a job thread, back to the asker, to the next method. It is on the asker's thread whenever
 * it looks at what it found, so it needs no lock. A method ends its part with question_answer or question_answer_later, once; then
 * account.c says whether the next one is asked. Internal to auth. Threads: the asker's, unless a function says otherwise.
 * Test: test/unit/auth/account_test.c */
#ifndef MEERKAT_AUTH_QUESTION_H
#define MEERKAT_AUTH_QUESTION_H

#include "auth/account.h"
#include "auth/record.h"

enum question_task {
	QUESTION_CHECK_PASSWORD,
	QUESTION_CHECK_CERTIFICATE, /* the owner has shown one in this name, and it is good */
	QUESTION_FIND_KEYS, /* leaves them in record.keys */
	QUESTION_EXISTS,
	QUESTION_REGISTER,
	QUESTION_SET_PASSWORD,
	QUESTION_REMOVE,
	QUESTION_TASKS,
};

struct question {
	struct job job; /* for job threads, and to post an answer that is known at once */
	const struct account_service *service;
	const struct config_auth *auth; /* counted with its configuration */
	uint32_t denied;                /* as the asker's */
	void *context;
	account_done *done;
	account_keys_done *keys_done;

	/* The walk over the methods. */
	enum question_task task;
	size_t next;                 /* in auth->methods: who is asked next */
	const struct method *method; /* asked now */
	int method_id;               /* which one that is */
	enum err refusal, failure;   /* of those asked already: the best of "no", and what went wrong */
	int *method_out;
	/* Before some things are done, all methods are asked whether they know the name (then task is QUESTION_EXISTS). */
	bool is_looking, has_looked;
	enum question_task wish; /* what is to be done then */
	size_t resume;           /* from which method on */

	/* Somebody outside who is asked. */
	struct partner *partner;
	void (*work)(struct question *q);
	int64_t deadline_ms;

	struct jid who;
	struct str password;   /* as it was given; ends with a zero */
	char *prepared;        /* by saslprep; NULL until question_prepare */
	enum config_hash hash; /* for which keys are wanted, or a password is checked */
	struct record record;  /* found or made; its password is `prepared` or none */
	bool exists, is_banned, is_right;
	bool has_keys; /* the password is a text of keys, for an account that comes from elsewhere */
	bool changes_ban, bans; /* once it is known to exist */
	bool has_removed, has_data_left;
	enum err result; /* for question_answer_later and work on job threads */
	char who_text[]; /* bare; the given password follows */
};

struct question *question_new(struct account_asker asker, enum question_task task, struct jid who, struct str password);
void question_free(struct question **q);

/* "user@host" */
struct str question_owner(const struct question *q);

/* Prepares the password; false if it cannot be one. */
bool question_prepare(struct question *q);

/* Work for a job thread, and what then runs on the asker's. False: too many wait. */
must_use bool question_work(struct question *q, void (*work)(struct job *j), void (*then)(struct letter *l));
struct question *question_of_job(struct job *j);
struct question *question_of_letter(struct letter *l);

/* A job whose context is the question. */
struct store_job *question_store_job(struct question *q, void (*done)(struct store_job *job, void *context));
/* Among the answers about an account, ERR_CLOSED is a ban. */
enum err question_store_result(const struct store_job *job);

/* Fills in salt and iterations of keys for somebody who has none. It is always the same salt for the same name, and nobody can tell it from
 * a real one. Does the same work if there are keys. Any thread that has the question. */
void question_pretend_keys(struct question *q);

/* The method's answer. ERR_NONE; "no": ERR_NOT_FOUND, ERR_ACCESS, ERR_EXISTS, ERR_INVALID; ERR_CLOSED: right, but banned; anything else
 * went wrong, which is no answer to the question. */
void question_answer(struct question *q, enum err result);
/* The same for what is known before the method has returned. */
void question_answer_later(struct question *q, enum err result);

#endif
