/* web_login: who calls over HTTP (Basic authentication, RFC 7617).
 *
 * Administrators have the name and password of the configuration; users their own address and the password of their account. Names and
 * passwords are compared in constant time. Threads: the loop of the request. Test: test/clients/graphql_test.py */
#ifndef MEERKAT_ADMIN_WEB_LOGIN_H
#define MEERKAT_ADMIN_WEB_LOGIN_H

#include "admin/operations.h"
#include "base/buf.h"
#include "conf/handlers.h"
#include "http/exchange.h"

enum web_login_verdict {
	WEB_LOGIN_NOBODY, /* there are no credentials, though there might be */
	WEB_LOGIN_GOOD,
	WEB_LOGIN_BAD,
	WEB_LOGIN_BUSY, /* it cannot be found out now */
};

struct web_login {
	/* Set before the start. */
	struct realm *realm;
	enum operations_role role; /* ADMIN or USER */
	const struct handlers_credentials *credentials; /* ADMIN: those that are good; without a name everybody is */
	/* Called once, maybe from within web_login_start; even when the exchange is gone meanwhile. */
	void (*on_done)(struct web_login *l, enum web_login_verdict v);
	/* Of a user, once it is GOOD: the bare address. Lives as long as the arena. */
	struct str caller;
	struct arena arena; /* of the owner: initialised before, given back after on_done */
};

/* The same for administrators, at once. */
enum web_login_verdict web_login_admin(const struct handlers_credentials *credentials, const struct exchange *x);

/* What it needs of the exchange it takes now. */
void web_login_start(struct web_login *l, const struct exchange *x);

/* Answers a verdict that is not GOOD: 401, or 503. The exchange is gone. */
void web_login_refuse(struct exchange *x, enum web_login_verdict v);

#endif
