/* ldap_filter: search filters (RFC 4515) for a user, made from the configuration's.
 *
 * Whatever a user or a directory has said is escaped, so that it can only be compared with.
 * Threads: any. Test: test/unit/auth/ldap_filter_test.c */
#ifndef MEERKAT_AUTH_LDAP_FILTER_H
#define MEERKAT_AUTH_LDAP_FILTER_H

#include "base/buf.h"
#include "conf/config.h"

/* What stands in an assertion for exactly this value. */
void ldap_filter_escape(struct str value, struct buf *out);

/* (&(|(uid=USER)(mail=USER@example.org))FILTER) */
void ldap_filter_user(const struct config_auth_ldap *l, struct str user, struct buf *out);

/* What dn_filter's variables stand for. */
struct ldap_filter_variables {
	struct str user, domain, dn; /* %u, %d, %D */
	const struct str *values;    /* the next one for each %s */
	size_t value_count;
};

/* The filter with its variables replaced; %s without a value is empty, and anything else after a percent sign stays. */
void ldap_filter_expand(struct str filter, const struct ldap_filter_variables *v, struct buf *out);

#endif
