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
	METHOD_GUESTS = 8,    /* takes anybody: ANONYMOUS */
};

struct partner_def;

struct method {
	/* Of enum method_service, at a host with this configuration. */
	unsigned (*serves)(const struct config_auth *auth);
	void (*ask[QUESTION_TASKS])(struct question *q);
	const struct partner_def *partner; /* whom it needs; NULL: nobody */
	bool has_everybody;    /* says of every name that it exists, which is no reason not to register it elsewhere */
	bool is_for_strangers; /* asked for a password only if no other method of the host knows the name, denied or not */
	bool is_in_store; /* its accounts are values of the store: its answers know of bans, its removals take all that is stored along */
};

/* NULL: accounts of this kind are none that could be asked for. */
const struct method *method_find(enum config_auth_method m);

/* What all methods of the host serve together, without those denied (1 << enum config_auth_method). */
unsigned method_services(const struct config_auth *auth, uint32_t denied);

extern const struct method method_internal, method_anonymous, method_dummy, method_external, method_http, method_jwt, method_ldap, method_pki;

#endif
