/* [outgoing_pools.http.TAG] and [outgoing_pools.ldap.TAG], and which of them a host uses. */
#include "conf/pool.h"

#include "conf/sections.h"

static bool is_for(const struct pool *p, struct str tag, struct str host)
{
	bool is_single = p->scope == POOL_SINGLE_HOST || p->scope == POOL_SINGLE_HOST_TYPE;
	return str_equal(p->tag, tag) && (!is_single || str_equal(p->host, host));
}

/* Every pool begins with what is common. */
static const void *find(const struct option_list *list, size_t size, struct str tag, struct str host)
{
	const char *items = list->items;
	for (size_t i = 0; i < list->count; i++) {
		const void *item = items + i * size;
		if (is_for(item, tag, host))
			return item;
	}
	return NULL;
}

const struct pool_http *pool_find_http(const struct pool_set *own, const struct pool_set *global, struct str tag, struct str host)
{
	const struct pool_http *found = own ? find(&own->http, sizeof *found, tag, host) : NULL;
	return found ? found : find(&global->http, sizeof *found, tag, host);
}

const struct pool_ldap *pool_find_ldap(const struct pool_set *own, const struct pool_set *global, struct str tag, struct str host)
{
	const struct pool_ldap *found = own ? find(&own->ldap, sizeof *found, tag, host) : NULL;
	return found ? found : find(&global->ldap, sizeof *found, tag, host);
}

bool pool_common_is_same(const struct pool *x, const struct pool *y)
{
	return x->workers == y->workers && x->call_timeout_ms == y->call_timeout_ms && x->queue_max == y->queue_max;
}

bool pool_tls_is_same(const struct pool_tls *x, const struct pool_tls *y)
{
	size_t bytes;
	if (!x || !y)
		return x == y;
	bytes = x->versions.count * sizeof(int);
	return x->verify_mode == y->verify_mode && str_equal(x->certfile, y->certfile) && str_equal(x->keyfile, y->keyfile) &&
	       str_equal(x->cacertfile, y->cacertfile) && str_equal(x->password, y->password) && str_equal(x->ciphers, y->ciphers) &&
	       x->versions.count == y->versions.count && (bytes == 0 || memcmp(x->versions.items, y->versions.items, bytes) == 0);
}

static bool is_url(struct str text)
{
	bool is_known = str_starts_with(text, STR("http://")) || str_starts_with(text, STR("https://"));
	return is_known && text.data[text.len - 1] != '/' && str_find_char(text, ' ') < 0 && str_find_char(text, '@') < 0;
}

static void examine_http(const void *values, struct option_problems *p)
{
	const struct pool_http *h = values;
	if (h->host.data && !is_url(h->host))
		option_problem(p, "host", "expected a URL like \"https://example.org:8000\", got \"%.*s\"", STR_ARGS(h->host));
}

static void complete_ldap(void *values, struct option_problems *p)
{
	struct pool_ldap *l = values;
	if (!option_was_given(p, "port"))
		l->port = l->tls ? 636 : 389;
}

static void examine_pool(const void *values, struct option_problems *p)
{
	const struct pool *pool = values;
	bool is_single = pool->scope == POOL_SINGLE_HOST || pool->scope == POOL_SINGLE_HOST_TYPE;
	if (is_single && !pool->host.data)
		option_problem(p, "scope", "a pool of a single host needs \"host_type\", which names it");
	if (!is_single && pool->host.data)
		option_problem(p, "host_type", "belongs to the scope \"single_host_type\" only");
}

#define AT(field) offsetof(struct pool_tls, field)

#define TLS_OPTIONS(password_flags)                                                                                                  \
	{.key = "verify_mode", .type = OPTION_ENUM, .offset = AT(verify_mode), .values = "peer|selfsigned_peer|none", .preset = "\"peer\"", \
	 .reload = OPTION_AT_ONCE, .help = "whether the certificate of the service is checked; \"selfsigned_peer\" is the same as \"none\" here"}, \
	{.key = "certfile", .type = OPTION_FILE, .offset = AT(certfile), .reload = OPTION_AT_ONCE, \
	 .help = "own certificate, where the service asks for one"}, \
	{.key = "keyfile", .type = OPTION_FILE, .offset = AT(keyfile), .reload = OPTION_AT_ONCE, .help = "its key"},                 \
	{.key = "password", .type = OPTION_STRING, .flags = OPTION_SECRET | (password_flags), .offset = AT(password), .reload = OPTION_AT_ONCE, \
	 .help = "the password of the key"}, \
	{.key = "cacertfile", .type = OPTION_FILE, .offset = AT(cacertfile), .reload = OPTION_AT_ONCE,                               \
	 .help = "authorities that are trusted; default: those of the system"},                                                      \
	{.key = "ciphers", .type = OPTION_STRING, .offset = AT(ciphers), .min = 1, .reload = OPTION_AT_ONCE, \
	 .help = "as the library of the client writes them"}, \
	{.key = "versions", .type = OPTION_LIST_ENUM, .offset = AT(versions), .values = "tlsv1|tlsv1.1|tlsv1.2|tlsv1.3", .reload = OPTION_AT_ONCE, \
	 .help = "the versions of TLS, from the lowest to the highest of them"},                                                                  \
	{.key = "required", .type = OPTION_BOOL, .flags = OPTION_IGNORED, .help = "it is always"},                                   \
	{.key = "server_name_indication", .type = OPTION_TABLE, .flags = OPTION_UNSUPPORTED | OPTION_NOT_STORED, .help = "the name that is sent"}

static const struct option http_tls_options[] = {TLS_OPTIONS(0), {0}};
/* libldap knows no passwords of keys. */
static const struct option ldap_tls_options[] = {TLS_OPTIONS(OPTION_UNSUPPORTED), {0}};
static const struct option_table http_tls_table = {
	.name = "outgoing_pools.http.TAG.connection.tls", .size = sizeof(struct pool_tls), .options = http_tls_options,
	.help = "TLS to a service whose URL begins with https.",
};
static const struct option_table ldap_tls_table = {
	.name = "outgoing_pools.ldap.TAG.connection.tls", .size = sizeof(struct pool_tls), .options = ldap_tls_options,
	.help = "TLS from the first byte on (ldaps). Without this section the connection is not encrypted.",
};

#undef AT
#define AT(field) offsetof(struct pool_http, field)

static const struct option http_connection_options[] = {
	{.key = "host", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .offset = AT(host), .min = 1, .reload = OPTION_AT_ONCE,
	 .help = "the URL of the service, without a path", .example = "\"https://example.org:8000\""},
	{.key = "path_prefix", .type = OPTION_STRING, .offset = AT(path_prefix), .min = 1, .preset = "\"/\"", .reload = OPTION_AT_ONCE,
	 .help = "what every path begins with", .example = "\"/api/auth/\""},
	{.key = "request_timeout", .type = OPTION_INT, .offset = AT(request_timeout_ms), .min = 1, .max = INT32_MAX, .preset = "2000",
	 .reload = OPTION_AT_ONCE, .unit = "ms", .help = "how long one request may take with its answer"},
	{.key = "tls", .type = OPTION_TABLE, .flags = OPTION_POINTER, .offset = AT(tls), .table = &http_tls_table, .help = "TLS"},
	{0},
};

#undef AT
#define AT(field) offsetof(struct pool_ldap, field)

static const struct option ldap_connection_options[] = {
	{.key = "servers", .type = OPTION_LIST_STRING, .flags = OPTION_NON_EMPTY | OPTION_UNIQUE, .offset = AT(servers), .min = 1,
	 .preset = "[\"localhost\"]", .reload = OPTION_AT_ONCE, .help = "the directories; the first that can be reached is asked"},
	{.key = "port", .type = OPTION_PORT, .offset = AT(port), .reload = OPTION_AT_ONCE, .help = "default: 389, and with TLS 636"},
	{.key = "root_dn", .type = OPTION_STRING, .offset = AT(root_dn), .old_key = "rootdn", .reload = OPTION_AT_ONCE,
	 .help = "who searches; default: nobody in particular"},
	{.key = "password", .type = OPTION_STRING, .flags = OPTION_SECRET, .offset = AT(password), .reload = OPTION_AT_ONCE,
	 .help = "the password of root_dn"},
	{.key = "connect_interval", .type = OPTION_INT, .offset = AT(connect_interval_ms), .min = 1, .max = INT32_MAX, .preset = "10000",
	 .reload = OPTION_AT_ONCE, .unit = "ms", .help = "after no server could be reached, how long it is not tried again"},
	{.key = "tls", .type = OPTION_TABLE, .flags = OPTION_POINTER, .offset = AT(tls), .table = &ldap_tls_table, .help = "TLS"},
	{0},
};

/* One level up from the tables of connections: both fill the same struct. */
static const struct option_table http_connection = {
	.name = "outgoing_pools.http.TAG.connection", .size = sizeof(struct pool_http), .options = http_connection_options,
	.examine = examine_http, .help = "The service.",
};
static const struct option_table ldap_connection = {
	.name = "outgoing_pools.ldap.TAG.connection", .size = sizeof(struct pool_ldap), .options = ldap_connection_options,
	.complete = complete_ldap, .help = "The directory.",
};

#undef AT
#define AT(field) offsetof(struct pool, field)

#define POOL_OPTIONS(connection_table, connection_flags)                                                                                            \
	{.key = "scope", .type = OPTION_ENUM, .offset = AT(scope), .values = "global|host|host_type|single_host|single_host_type",   \
	 .preset = "\"global\"", .reload = OPTION_AT_ONCE, .help = "for which hosts: all of them, or a single one"},                  \
	{.key = "host_type", .type = OPTION_NAME, .offset = AT(host), .old_key = "host", .since = "6.2.1", .reload = OPTION_AT_ONCE,  \
	 .help = "the single host"},                                                                                                  \
	{.key = "workers", .type = OPTION_INT, .offset = AT(workers), .min = 1, .max = INT64_MAX, .preset = "10",                    \
	 .reload = OPTION_AT_ONCE, .help = "how many requests are under way at a time, each on a connection of its own; at most 256"}, \
	{.key = "strategy", .type = OPTION_STRING, .flags = OPTION_IGNORED,                                                          \
	 .values = "best_worker|random_worker|next_worker|available_worker|next_available_worker",                                   \
	 .help = "all requests wait in one queue for the next free worker"},                                                         \
	{.key = "call_timeout", .type = OPTION_INT, .offset = AT(call_timeout_ms), .min = 1, .max = INT32_MAX, .preset = "5000",     \
	 .reload = OPTION_AT_ONCE, .unit = "ms", .help = "how long a request may wait for a free worker"},                            \
	{.key = "max_worker_queue_len", .type = OPTION_INT_OR_INFINITY, .offset = AT(queue_max), .min = 0, .max = INT64_MAX,         \
	 .preset = "100", .reload = OPTION_AT_ONCE, .help = "how many requests may wait, times workers"},                             \
	{.key = "connection", .type = OPTION_TABLE, .flags = connection_flags, .offset = 0, .table = connection_table, .help = "the service"}

static const struct option http_options[] = {POOL_OPTIONS(&http_connection, OPTION_REQUIRED), {0}};
static const struct option ldap_options[] = {POOL_OPTIONS(&ldap_connection, 0), {0}};

const struct option_table sections_pool_http_table = {
	.name = "outgoing_pools.http", .size = sizeof(struct pool_http), .options = http_options, .examine = examine_pool,
	.help = "Connections to a web service. The pool with the tag \"auth\" is for auth.http.",
};
const struct option_table sections_pool_ldap_table = {
	.name = "outgoing_pools.ldap", .size = sizeof(struct pool_ldap), .options = ldap_options, .examine = examine_pool,
	.help = "Connections to a directory. The pools with the tags \"default\" and \"bind\" are for auth.ldap.",
};
