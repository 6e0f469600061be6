/* web_login: who calls over HTTP (Basic authentication, RFC 7617).
 *
 * Administrators have the name and password of the configuration, those of a single domain the name admin@DOMAIN and a password in the store
 * (auth/domain_password.h), users their own address and the password of their account. Names and passwords are compared in constant time. An
 * address from which max_login_failures_per_address logins have failed, over whatever protocol, is not listened to until some time has
 * passed. Threads: the loop of the request. Tests: test/clients/graphql_test.py, test/clients/web_login_test.py */
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
	WEB_LOGIN_LATER, /* too many have failed from this address */
};

struct web_login {
	/* Set before the start. */
	struct realm *realm;
	enum operations_role role;
	const struct handlers_credentials *credentials; /* ADMIN: those that are good; without a name everybody is */
	/* Called once, maybe from within web_login_start; even when the exchange is gone meanwhile. */
	void (*on_done)(struct web_login *l, enum web_login_verdict v);
	struct arena arena; /* of the owner: initialised before, given back after on_done */
	/* Once it is GOOD; live as long as the arena. */
	struct str caller; /* of a user: the bare address */
	struct str domain; /* of a domain's administrator */
	/* Its own. */
	struct ip peer;
};

/* What it needs of the exchange it takes now. */
void web_login_start(struct web_login *l, const struct exchange *x);

/* The same for administrators, at once. */
enum web_login_verdict web_login_admin(const struct handlers_credentials *credentials, const struct exchange *x);

/* Answers a verdict that is not GOOD: 401, 429 or 503. The exchange is gone. */
void web_login_refuse(struct exchange *x, enum web_login_verdict v);

#endif
