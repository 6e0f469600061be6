/* method: a way to know accounts ([auth] methods): a const struct each, one file each, listed in method.c.
 *
 * A method is asked by a question (question.h) and ends its part with question_answer, or question_answer_later if it knows at once. What it
 * cannot do it leaves NULL; then the next method of the host is asked. Nothing here waits on the asker's thread.
 * Threads: the asker's. Test: test/unit/auth/method_test.c */
#ifndef MEERKAT_AUTH_METHOD_H
#define MEERKAT_AUTH_METHOD_H

#include "auth/question.h"

/* What SASL mechanisms need of an account. */
enum method_service {
	METHOD_PASSWORDS = 1, /* checks passwords: PLAIN */
	METHOD_KEYS = 2,      /* has keys: SCRAM */
	METHOD_CERTIFICATES = 4, /* knows whose certificates are good for a login: EXTERNAL */
};

struct method {
	/* Of enum method_service, at a host with this configuration. */
	unsigned (*serves)(const struct config_auth *auth);
	void (*ask[QUESTION_TASKS])(struct question *q);
	bool is_in_store; /* its accounts are values of the store: its answers know of bans, its removals take all that is stored along */
};

/* NULL: accounts of this kind are none that could be asked for. */
const struct method *method_find(enum config_auth_method m);

/* What all methods of the host serve together, without those denied (1 << enum config_auth_method). */
unsigned method_services(const struct config_auth *auth, uint32_t denied);

extern const struct method method_internal, method_pki;

#endif
