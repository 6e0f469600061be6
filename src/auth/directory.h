/* directory: one connection to an LDAP directory (libldap): searches, and trying a password.
 *
 * Everything has its time (the pool's call_timeout), and is given up when the server stops. A connection that has failed is closed by
 * whoever had it. Threads: one at a time, one that may wait. Test: test/wire/31-methods/ldap.wire */
#ifndef MEERKAT_AUTH_DIRECTORY_H
#define MEERKAT_AUTH_DIRECTORY_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "conf/pool.h"

struct directory;

/* Nothing is sent yet. The settings live as long. NULL with why: they cannot be used. */
struct directory *directory_open(const struct pool_ldap *settings, const _Atomic bool *is_closing, struct why *why);
void directory_close(struct directory **d);

/* As whom searches are made. ERR_NONE; ERR_ACCESS: wrong password, or not allowed; anything else, with why: the directory did not answer.
 * An empty name or password is none, and refused without asking (RFC 4513 §5.1.2 would let anybody in). */
must_use enum err directory_bind(struct directory *d, struct str dn, struct str password, struct why *why);

struct directory_search {
	struct str base;
	const char *filter;
	const char **attributes; /* ended by NULL */
	int deref;               /* enum config_ldap_deref */
};

struct directory_value {
	struct str attribute, value;
};

/* What was found: how many entries, up to 2, and the first of them. */
struct directory_found {
	int entries;
	struct str dn;
	struct directory_value *values;
	size_t value_count;
};

/* The found text is in the arena. ERR_NONE also if nothing was found. */
must_use enum err directory_find(struct directory *d, const struct directory_search *s, struct arena *a, struct directory_found *out,
				 struct why *why);

#endif
