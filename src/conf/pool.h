/* pool: connections to services beside the server, [outgoing_pools.TYPE.TAG], as far as something uses them.
 *
 * Constant parts of a configuration. A pool belongs to all hosts, or to one: in [[host_config]], or by its scope.
 * Threads: constant. Test: test/unit/conf/auth_methods_test.c */
#ifndef MEERKAT_CONF_POOL_H
#define MEERKAT_CONF_POOL_H

#include "conf/option.h"

enum pool_verify { POOL_VERIFY_PEER, POOL_VERIFY_SELFSIGNED, POOL_VERIFY_NONE };

struct pool_tls {
	int verify_mode; /* enum pool_verify */
	struct str certfile, keyfile, cacertfile, password, ciphers;
	struct option_list versions; /* int: 0 tlsv1, 1 tlsv1.1, 2 tlsv1.2, 3 tlsv1.3; empty: as the library likes */
};

enum pool_scope { POOL_GLOBAL, POOL_HOST, POOL_HOST_TYPE, POOL_SINGLE_HOST, POOL_SINGLE_HOST_TYPE };

/* What pools of every type have. */
struct pool {
	struct str tag;
	int scope;         /* enum pool_scope */
	struct str host;   /* of a single one */
	int64_t workers;   /* connections, each with one request at a time */
	int64_t call_timeout_ms;
	int64_t queue_max; /* per worker; OPTION_INFINITY */
};

struct pool_http {
	struct pool common;
	struct str host; /* "https://example.org:8000" */
	struct str path_prefix;
	int64_t request_timeout_ms;
	const struct pool_tls *tls; /* NULL: presets */
};

struct pool_ldap {
	struct pool common;
	struct option_list servers; /* struct str; empty: localhost */
	int64_t port;
	struct str root_dn, password;
	int64_t connect_interval_ms;
	const struct pool_tls *tls; /* NULL: not encrypted */
};

/* The pools of a section. */
struct pool_set {
	struct option_list http; /* struct pool_http */
	struct option_list ldap; /* struct pool_ldap */
};

/* Do they say the same of how much may be under way, and of TLS? Either may be NULL there. */
bool pool_common_is_same(const struct pool *x, const struct pool *y);
bool pool_tls_is_same(const struct pool_tls *x, const struct pool_tls *y);

/* The pool of this tag for a host: its own one first (may be NULL), then what the global section has for it; NULL: none. */
const struct pool_http *pool_find_http(const struct pool_set *own, const struct pool_set *global, struct str tag, struct str host);
const struct pool_ldap *pool_find_ldap(const struct pool_set *own, const struct pool_set *global, struct str tag, struct str host);

#endif
