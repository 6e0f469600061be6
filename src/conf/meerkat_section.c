/* [meerkat]: settings of this server that no other has. */
#include "base/ip.h"
#include "conf/sections.h"

#define AT(field) offsetof(struct config_meerkat, field)

static void examine(const void *values, struct option_problems *p)
{
	const struct config_meerkat *m = values;
	const struct str *trusted = m->proxy_trusted.items;
	struct ip_range range;
	for (size_t i = 0; i < m->proxy_trusted.count; i++) {
		if (!ip_range_parse(trusted[i], &range))
			option_item_problem(p, "proxy_trusted", i, "expected addresses such as \"10.0.0.0/8\" or \"::1\", got \"%.*s\"",
					    STR_ARGS(trusted[i]));
	}
}

#undef AT
#define AT(field) offsetof(struct config_certificate, field)

static const struct option certificate_options[] = {
	{.key = "host", .type = OPTION_STRING, .flags = OPTION_REQUIRED | OPTION_IDENTITY, .offset = AT(host), .min = 1,
	 .reload = OPTION_NEW_CONNECTIONS, .help = "the name that clients ask for; \"*.example.org\" covers one label", .example = "\"example.org\""},
	{.key = "certfile", .type = OPTION_FILE, .flags = OPTION_REQUIRED, .offset = AT(certfile), .reload = OPTION_NEW_CONNECTIONS,
	 .help = "PEM file with the certificate and its chain; the key may be in it too"},
	{.key = "keyfile", .type = OPTION_FILE, .offset = AT(keyfile), .reload = OPTION_NEW_CONNECTIONS, .help = "PEM file with the key"},
	{.key = "password", .type = OPTION_STRING, .flags = OPTION_SECRET, .offset = AT(password), .reload = OPTION_NEW_CONNECTIONS,
	 .help = "the password of the key, if it is encrypted"},
	{0},
};

static const struct option_table certificate_table = {
	.name = "meerkat.certificate",
	.size = sizeof(struct config_certificate),
	.options = certificate_options,
	.help = "One more certificate. Clients say which domain they want (SNI); the listener's own certificate is for all others.",
};

#undef AT
#define AT(field) offsetof(struct config_resolver, field)

static void examine_resolver(const void *values, struct option_problems *p)
{
	const struct config_resolver *r = values;
	struct ip address;
	if (r->server.data && !str_is(r->server, "none") && !ip_parse(r->server, &address))
		option_problem(p, "server", "expected an address such as \"127.0.0.1\", or \"none\", got \"%.*s\"", STR_ARGS(r->server));
}

static const struct option resolver_options[] = {
	{.key = "server", .type = OPTION_STRING, .offset = AT(server), .min = 1, .reload = OPTION_RESTART, .example = "\"127.0.0.1\"",
	 .help = "address of the DNS server that is asked; \"none\": only the file; default: the servers of /etc/resolv.conf"},
	{.key = "port", .type = OPTION_INT, .offset = AT(port), .min = 1, .max = 65535, .preset = "53", .reload = OPTION_RESTART,
	 .help = "the port of that server"},
	{.key = "file", .type = OPTION_FILE, .offset = AT(file), .reload = OPTION_RESTART, .example = "\"private.zone\"",
	 .help = "local records; a name in it, and everything below that name, is looked up nowhere else"},
	{.key = "trust_anchor_file", .type = OPTION_FILE, .offset = AT(trust_anchor_file), .reload = OPTION_RESTART,
	 .example = "\"/usr/share/dns/root.key\"",
	 .help = "the keys that DNSSEC begins with; what is forged is refused then, and TLSA records (DANE) count; default: DNSSEC is not "
		 "checked"},
	{0},
};

static const struct option_table resolver_table = {
	.name = "meerkat.resolver",
	.size = sizeof(struct config_resolver),
	.options = resolver_options,
	.examine = examine_resolver,
	.help = "How the names of other servers are looked up. See docs/federation.md.",
};

#undef AT
#define AT(field) offsetof(struct config_meerkat, field)

static const struct option options[] = {
	{.key = "state_dir", .type = OPTION_STRING, .offset = AT(state_dir), .min = 1, .preset = "\"/var/lib/meerkat\"",
	 .reload = OPTION_RESTART, .help = "the directory for the database and the control socket"},
	{.key = "loops", .type = OPTION_INT, .offset = AT(loops), .min = 0, .max = 1024, .preset = "0", .reload = OPTION_RESTART,
	 .help = "event loops; 0: one for each CPU this process may use"},
	{.key = "job_threads", .type = OPTION_INT, .offset = AT(job_threads), .min = 0, .max = 1024, .preset = "0", .reload = OPTION_RESTART,
	 .help = "threads for work that takes long, such as passwords; 0: as many as loops"},
	{.key = "login_timeout", .type = OPTION_INT_OR_INFINITY, .offset = AT(login_timeout_ms), .min = 1, .max = INT64_MAX, .preset = "30000",
	 .reload = OPTION_NEW_CONNECTIONS, .unit = "ms", .help = "how long a connection may take until its session is there, all steps together"},
	{.key = "preauth_max_stanza_size", .type = OPTION_INT, .offset = AT(preauth_max_stanza_size), .min = 1024, .max = 1 << 30,
	 .preset = "65536", .reload = OPTION_NEW_CONNECTIONS, .unit = "bytes",
	 .help = "as max_stanza_size of the listener, until the peer has logged in; the smaller one holds"},
	{.key = "max_depth", .type = OPTION_INT, .offset = AT(max_depth), .min = 8, .max = 65535, .preset = "128",
	 .reload = OPTION_NEW_CONNECTIONS, .help = "how deep elements may be nested in a stanza; a deeper one ends the stream"},
	{.key = "max_attributes", .type = OPTION_INT, .offset = AT(max_attributes), .min = 8, .max = 65535, .preset = "64",
	 .reload = OPTION_NEW_CONNECTIONS, .help = "how many attributes an element may have; one more ends the stream"},
	{.key = "max_name_bytes", .type = OPTION_INT, .offset = AT(max_name_bytes), .min = 32, .max = 65535, .preset = "255",
	 .reload = OPTION_NEW_CONNECTIONS, .unit = "bytes", .help = "how long the name of an element or attribute may be"},
	{.key = "max_output_bytes", .type = OPTION_INT, .offset = AT(max_output_bytes), .min = 65536, .max = UINT32_MAX, .preset = "4194304",
	 .reload = OPTION_NEW_CONNECTIONS, .unit = "bytes",
	 .help = "how much may wait for a peer that does not read; with more its connection is closed"},
	{.key = "max_total_output_bytes", .type = OPTION_INT, .offset = AT(max_total_output_bytes), .min = 1048576, .max = INT64_MAX,
	 .preset = "1073741824", .reload = OPTION_AT_ONCE, .unit = "bytes",
	 .help = "how much may wait for all peers together; the connection that would make it more is closed"},
	{.key = "max_input_bytes", .type = OPTION_INT, .offset = AT(max_input_bytes), .min = 1048576, .max = INT64_MAX, .preset = "268435456",
	 .reload = OPTION_AT_ONCE, .unit = "bytes",
	 .help = "how much unfinished stanzas of all connections may take together; who needs more gets resource-constraint"},
	{.key = "left_behind_timeout", .type = OPTION_INT, .offset = AT(left_behind_timeout_ms), .min = 1, .max = INT64_MAX / 1000000,
	 .preset = "600000", .reload = OPTION_RESTART, .unit = "ms",
	 .help = "messages for other servers that were under way when the server ended are tried for so long after its next start; then they "
		 "go back to their senders"},
	{.key = "max_unauthenticated_per_address", .type = OPTION_INT, .offset = AT(max_unauthenticated_per_address), .min = 1,
	 .max = INT32_MAX, .preset = "64", .reload = OPTION_AT_ONCE,
	 .help = "how many connections from one address (of IPv6: one /64) may be open that have not logged in; the next one is closed"},
	{.key = "max_login_failures_per_address", .type = OPTION_INT, .offset = AT(max_login_failures_per_address), .min = 1,
	 .max = INT32_MAX, .preset = "60", .reload = OPTION_AT_ONCE, .unit = "per minute",
	 .help = "how many logins from one address (of IPv6: one /64) may fail; after that it is kept out for a while"},
	{.key = "allow_plain_without_tls", .type = OPTION_BOOL, .offset = AT(allow_plain_without_tls), .preset = "false",
	 .reload = OPTION_NEW_CONNECTIONS, .help = "offer the PLAIN mechanism on connections without TLS; from the loopback it always is"},
	{.key = "proxy_trusted", .type = OPTION_LIST_STRING, .flags = OPTION_UNIQUE, .offset = AT(proxy_trusted), .min = 1,
	 .reload = OPTION_NEW_CONNECTIONS, .example = "[\"10.0.0.0/8\"]",
	 .help = "who may connect to listeners with proxy_protocol and so say for whom; all others are closed; default: everybody who can "
		 "reach them. Of HTTP: whose X-Forwarded-For and X-Forwarded-Proto are believed; default: nobody's"},
	{.key = "certificate", .type = OPTION_TABLES, .offset = AT(certificates), .table = &certificate_table,
	 .reload = OPTION_NEW_CONNECTIONS, .help = "more certificates, chosen by the name a client asks for"},
	{.key = "resolver", .type = OPTION_TABLE, .offset = AT(resolver), .table = &resolver_table, .help = "looking names up"},
	{0},
};

const struct option_table sections_meerkat_table = {
	.name = "meerkat",
	.size = sizeof(struct config_meerkat),
	.options = options,
	.examine = examine,
	.help = "Settings of meerkat itself. Everything has a default.",
};
