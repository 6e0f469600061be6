/* [outgoing_pools.TYPE.TAG]: connections to services. Those of which nothing is used are checked only; the others are in pool.c. */
#include "conf/pool.h"
#include "conf/sections.h"

static const struct option sni_options[] = {
	{.key = "enabled", .type = OPTION_BOOL, .preset = "true", .help = "whether the name is sent"},
	{.key = "host", .type = OPTION_STRING, .min = 1, .help = "the name"},
	{.key = "protocol", .type = OPTION_STRING, .values = "default|https", .help = "how names are compared"},
	{0},
};
static const struct option_table sni_table = {.name = "outgoing_pools.TYPE.TAG.connection.tls.server_name_indication", .options = sni_options};

static const struct option tls_options[] = {
	{.key = "required", .type = OPTION_BOOL, .help = "do without no connection"},
	{.key = "verify_mode", .type = OPTION_STRING, .values = "peer|selfsigned_peer|none", .preset = "\"peer\"", .help = "what is checked"},
	{.key = "certfile", .type = OPTION_FILE, .help = "own certificate"},
	{.key = "cacertfile", .type = OPTION_FILE, .help = "authorities"},
	{.key = "keyfile", .type = OPTION_FILE, .help = "own key"},
	{.key = "password", .type = OPTION_STRING, .flags = OPTION_SECRET, .help = "the password of the key"},
	{.key = "ciphers", .type = OPTION_STRING, .min = 1, .help = "as OpenSSL writes them"},
	{.key = "versions", .type = OPTION_LIST_STRING, .values = "tlsv1|tlsv1.1|tlsv1.2|tlsv1.3", .help = "of TLS"},
	{.key = "server_name_indication", .type = OPTION_TABLE, .table = &sni_table, .help = "SNI"},
	{0},
};
static const struct option_table tls_table = {.name = "outgoing_pools.TYPE.TAG.connection.tls", .options = tls_options};

#define MILLISECONDS(name, default_text) \
	{.key = name, .type = OPTION_INT, .min = 1, .max = INT64_MAX, .preset = default_text, .unit = "ms", .help = "time"}
#define TEXT(name) {.key = name, .type = OPTION_STRING, .min = 1, .help = "of the service"}
#define PASSWORD {.key = "password", .type = OPTION_STRING, .flags = OPTION_SECRET, .help = "of the service"}
#define PORT {.key = "port", .type = OPTION_PORT, .help = "of the service"}
#define TLS {.key = "tls", .type = OPTION_TABLE, .table = &tls_table, .help = "TLS"}

static const struct option rdbms_options[] = {
	{.key = "driver", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .values = "pgsql|mysql|odbc|cockroachdb", .help = "the database"},
	TEXT("host"), PORT, TEXT("database"), TEXT("username"), PASSWORD, TEXT("settings"), TLS,
	{.key = "keepalive_interval", .type = OPTION_INT, .min = 1, .max = INT64_MAX, .unit = "s", .help = "a query when idle"},
	MILLISECONDS("query_timeout", "5000"),
	{.key = "max_start_interval", .type = OPTION_INT, .min = 1, .max = INT64_MAX, .preset = "30", .unit = "s", .help = "longest wait"},
	{0},
};
static const struct option redis_options[] = {
	TEXT("host"), PORT, TEXT("username"), PASSWORD, TLS,
	{.key = "database", .type = OPTION_INT, .min = 0, .max = INT64_MAX, .preset = "0", .help = "its number"},
	{0},
};
static const struct option rabbit_options[] = {
	TEXT("host"), PORT, TEXT("username"), PASSWORD, TEXT("virtual_host"), TLS,
	{.key = "confirms_enabled", .type = OPTION_BOOL, .preset = "false", .help = "wait for confirmation"},
	{.key = "max_worker_queue_len", .type = OPTION_INT_OR_INFINITY, .min = 0, .max = INT64_MAX, .help = "at most so many waiting"},
	{.key = "reconnect", .type = OPTION_TABLE, .help = "after a failure"},
	{0},
};
static const struct option elastic_options[] = {TEXT("host"), PORT, {0}};
static const struct option server_options[] = {TEXT("host"), PORT, {0}};
static const struct option_table server_table = {.name = "outgoing_pools.cassandra.TAG.connection.servers", .options = server_options};
static const struct option cassandra_options[] = {
	{.key = "servers", .type = OPTION_TABLES, .table = &server_table, .help = "the nodes"},
	TEXT("keyspace"), {.key = "auth", .type = OPTION_TABLE, .help = "credentials"}, TLS, {0},
};

#define POOL(which)                                                                                                              \
	static const struct option_table which##_connection = {.name = "outgoing_pools." #which ".TAG.connection",                  \
							      .options = which##_options};                                          \
	static const struct option which##_pool_options[] = {                                                                      \
		{.key = "scope", .type = OPTION_STRING, .values = "global|host|host_type|single_host|single_host_type",           \
		 .preset = "\"global\"", .help = "for which hosts"},                                                              \
		{.key = "host_type", .type = OPTION_NAME, .old_key = "host", .since = "6.2.1", .help = "the one host"},           \
		{.key = "workers", .type = OPTION_INT, .min = 1, .max = INT64_MAX, .preset = "10", .help = "connections"},        \
		{.key = "strategy", .type = OPTION_STRING,                                                                        \
		 .values = "best_worker|random_worker|next_worker|available_worker|next_available_worker",                        \
		 .preset = "\"best_worker\"", .help = "which connection is next"},                                                \
		{.key = "call_timeout", .type = OPTION_INT, .min = 1, .max = INT64_MAX, .unit = "ms", .help = "for an answer"},   \
		{.key = "max_worker_queue_len", .type = OPTION_INT_OR_INFINITY, .min = 0, .max = INT64_MAX,                       \
		 .help = "at most so many waiting"},                                                                              \
		{.key = "connection", .type = OPTION_TABLE, .table = &which##_connection, .help = "the service"},                  \
		{0},                                                                                                              \
	};                                                                                                                        \
	static const struct option_table which##_pool = {.name = "outgoing_pools." #which, .options = which##_pool_options}

POOL(rdbms);
POOL(redis);
POOL(rabbit);
POOL(elastic);
POOL(cassandra);

#define TYPE(which, text) \
	{.key = #which, .type = OPTION_NAMED, .flags = OPTION_UNSUPPORTED | OPTION_NOT_STORED, .table = &which##_pool, .help = text}

static const struct option options[] = {
	TYPE(rdbms, "SQL databases"),
	{.key = "http", .type = OPTION_NAMED, .offset = offsetof(struct pool_set, http), .table = &sections_pool_http_table,
	 .help = "web services"},
	TYPE(redis, "Redis"),
	{.key = "ldap", .type = OPTION_NAMED, .offset = offsetof(struct pool_set, ldap), .table = &sections_pool_ldap_table,
	 .help = "directories"},
	TYPE(rabbit, "RabbitMQ"),
	TYPE(elastic, "ElasticSearch"),
	TYPE(cassandra, "Cassandra"),
	{0},
};

const struct option_table sections_pools_table = {
	.name = "outgoing_pools", .size = sizeof(struct pool_set), .options = options,
	.help = "Connections to other services: [outgoing_pools.TYPE.TAG].",
};
