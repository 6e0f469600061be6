/* [s2s]: connections to other servers; also in [[host_config]]. Checked only, until s2s is implemented. The keys that 6.4 moved to
 * s2s.outgoing are known in both places. */
#include "conf/sections.h"

#define ADDRESS                                                                                                                  \
	{.key = "host", .type = OPTION_DOMAIN, .flags = OPTION_REQUIRED, .help = "the other server"},                            \
	{.key = "ip_address", .type = OPTION_IP, .flags = OPTION_REQUIRED, .help = "where it is"},                               \
	{.key = "port", .type = OPTION_PORT, .help = "where it is; default: outgoing.port"},                                     \
	{.key = "tls", .type = OPTION_BOOL, .preset = "false", .help = "TLS from the first byte"}

#define CONNECTING                                                                                                               \
	{.key = "address", .type = OPTION_TABLES, .table = &address_table, .help = "addresses that are not looked up"},          \
	{.key = "max_retry_delay", .type = OPTION_INT, .min = 1, .max = INT64_MAX, .preset = "300", .unit = "s",                 \
	 .help = "the longest wait before the next attempt"},                                                                    \
	{.key = "dns", .type = OPTION_TABLE, .table = &dns_table, .help = "looking names up"}

static const struct option policy_options[] = {
	{.key = "host", .type = OPTION_DOMAIN, .flags = OPTION_REQUIRED, .help = "the other server"},
	{.key = "policy", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .values = "allow|deny", .help = "whether to talk to it"},
	{0},
};
static const struct option address_options[] = {ADDRESS, {0}};
static const struct option dns_options[] = {
	{.key = "timeout", .type = OPTION_INT, .min = 1, .max = INT64_MAX, .preset = "10", .unit = "s", .help = "for an answer"},
	{.key = "retries", .type = OPTION_INT, .min = 1, .max = INT64_MAX, .preset = "2", .help = "attempts"},
	{0},
};
static const struct option_table policy_table = {.name = "s2s.host_policy", .options = policy_options};
static const struct option_table address_table = {.name = "s2s.address", .options = address_options};
static const struct option_table dns_table = {.name = "s2s.dns", .options = dns_options};

static const struct option outgoing_options[] = {
	{.key = "port", .type = OPTION_PORT, .preset = "5269", .help = "of other servers, when nothing else says it"},
	{.key = "ip_versions", .type = OPTION_LIST_INT, .flags = OPTION_UNIQUE | OPTION_NON_EMPTY, .values = "4|6", .preset = "[4, 6]",
	 .help = "the order of attempts"},
	{.key = "connection_timeout", .type = OPTION_INT_OR_INFINITY, .min = 1, .max = INT64_MAX, .preset = "10000", .unit = "ms",
	 .help = "for connecting"},
	CONNECTING,
	{.key = "max_stanza_size", .type = OPTION_INT_OR_INFINITY, .min = 1, .max = INT64_MAX, .preset = "\"infinity\"", .unit = "bytes",
	 .help = "as for listen.s2s"},
	{.key = "shaper", .type = OPTION_NAME, .preset = "\"none\"", .help = "as for listen.s2s"},
	{.key = "state_timeout", .type = OPTION_INT_OR_INFINITY, .min = 0, .max = INT64_MAX, .preset = "5000", .unit = "ms",
	 .help = "as for listen.s2s"},
	{.key = "stream_timeout", .type = OPTION_INT_OR_INFINITY, .min = 1, .max = INT64_MAX, .preset = "600000", .unit = "ms",
	 .help = "an idle stream is closed"},
	{.key = "tls", .type = OPTION_TABLE, .table = &sections_tls_s2s_table, .help = "TLS with other servers"},
	{0},
};
static const struct option_table outgoing_table = {.name = "s2s.outgoing", .options = outgoing_options};

static const struct option options[] = {
	{.key = "default_policy", .type = OPTION_STRING, .values = "allow|deny", .preset = "\"allow\"", .help = "whether to talk to others"},
	{.key = "host_policy", .type = OPTION_TABLES, .table = &policy_table, .help = "exceptions"},
	{.key = "use_starttls", .type = OPTION_STRING, .values = "false|optional|required|required_trusted", .preset = "\"false\"",
	 .help = "TLS with other servers"},
	{.key = "certfile", .type = OPTION_FILE, .help = "PEM file with certificate, chain and key"},
	{.key = "ciphers", .type = OPTION_STRING, .min = 1, .help = "as for listen.c2s.tls"},
	{.key = "shared", .type = OPTION_STRING, .flags = OPTION_SECRET, .min = 1, .help = "the secret of dialback; default: random"},
	CONNECTING,
	{.key = "outgoing", .type = OPTION_TABLE, .table = &outgoing_table, .help = "connections to others"},
	{0},
};

const struct option_table sections_s2s_table = {.name = "s2s", .options = options, .help = "Talking to other servers."};
