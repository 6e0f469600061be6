/* [s2s]: connections to other servers; also in [[host_config]]. What 6.4 moved to s2s.outgoing is known in both places. */
#include "conf/sections.h"

#define TLS_VALUES "false|optional|required|required_trusted"

/* Bits of config_s2s_outgoing.given. */
enum { GIVEN_ADDRESS = 1, GIVEN_DELAY = 2, GIVEN_DNS = 4, GIVEN_CERTIFICATE = 8, GIVEN_CIPHERS = 16 };

#define AT(field) offsetof(struct config_s2s_policy, field)

static const struct option policy_options[] = {
	{.key = "host", .type = OPTION_DOMAIN, .flags = OPTION_REQUIRED | OPTION_IDENTITY, .offset = AT(host), .reload = OPTION_NEW_CONNECTIONS,
	 .help = "the domain of the other server"},
	{.key = "policy", .type = OPTION_ENUM, .flags = OPTION_REQUIRED, .offset = AT(rule), .values = "allow|deny",
	 .reload = OPTION_NEW_CONNECTIONS, .help = "whether to talk to it"},
	{0},
};
static const struct option_table policy_table = {
	.name = "s2s.host_policy", .size = sizeof(struct config_s2s_policy), .options = policy_options,
	.help = "An exception to default_policy.",
};

#undef AT
#define AT(field) offsetof(struct config_s2s_address, field)

static const struct option address_options[] = {
	{.key = "host", .type = OPTION_DOMAIN, .flags = OPTION_REQUIRED | OPTION_IDENTITY, .offset = AT(host), .reload = OPTION_NEW_CONNECTIONS,
	 .help = "the domain of the other server"},
	{.key = "ip_address", .type = OPTION_IP, .flags = OPTION_REQUIRED, .offset = AT(ip_address), .reload = OPTION_NEW_CONNECTIONS,
	 .help = "its address"},
	{.key = "port", .type = OPTION_INT, .offset = AT(port), .min = 1, .max = 65535, .reload = OPTION_NEW_CONNECTIONS,
	 .help = "its port; default: outgoing.port"},
	{.key = "tls", .type = OPTION_BOOL, .offset = AT(tls), .preset = "false", .since = "6.4", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "TLS from the first byte"},
	{0},
};
static const struct option_table address_table = {
	.name = "s2s.outgoing.address", .size = sizeof(struct config_s2s_address), .options = address_options,
	.help = "Where a domain is, without looking it up.",
};

#undef AT
#define AT(field) offsetof(struct config_s2s_dns, field)

static const struct option dns_options[] = {
	{.key = "timeout", .type = OPTION_INT, .offset = AT(timeout_s), .min = 1, .max = 86400, .preset = "10", .unit = "s",
	 .reload = OPTION_NEW_CONNECTIONS, .help = "how long to wait for an answer of the DNS server"},
	{.key = "retries", .type = OPTION_INT, .offset = AT(retries), .min = 1, .max = 1000, .preset = "2", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "how often it is asked again"},
	{0},
};
static const struct option_table dns_table = {
	.name = "s2s.outgoing.dns", .size = sizeof(struct config_s2s_dns), .options = dns_options, .help = "Looking names up.",
};

#undef AT
#define AT(field) offsetof(struct config_s2s_outgoing, field)

static void complete_outgoing(void *values, struct option_problems *p)
{
	struct config_s2s_outgoing *o = values;
	o->given = (option_was_given(p, "address") ? GIVEN_ADDRESS : 0u) | (option_was_given(p, "max_retry_delay") ? GIVEN_DELAY : 0u) |
		   (option_was_given(p, "dns") ? GIVEN_DNS : 0u);
	if (o->tls && o->tls->certfile.data)
		o->given |= GIVEN_CERTIFICATE;
	if (o->tls && o->tls->ciphers.data)
		o->given |= GIVEN_CIPHERS;
}

static void examine_outgoing(const void *values, struct option_problems *p)
{
	const struct config_s2s_outgoing *o = values;
	bool is_shaper = str_is(o->shaper, "none") || sections_name_is_defined(p, "shaper", o->shaper);
	if (o->shaper.data && !is_shaper && !sections_name_is_defined(p, "access", o->shaper))
		option_problem(p, "shaper", "there is no shaper and no access rule of the name \"%.*s\"", STR_ARGS(o->shaper));
}

/* In both tables, at different fields. */
#define ADDRESS_OPTION(at)                                                                                                        \
	{.key = "address", .type = OPTION_TABLES, .offset = at, .table = &address_table, .reload = OPTION_NEW_CONNECTIONS,        \
	 .help = "addresses that are not looked up"}
#define DELAY_OPTION(at, preset_text)                                                                                             \
	{.key = "max_retry_delay", .type = OPTION_INT, .offset = at, .min = 1, .max = 1 << 30, .preset = preset_text, .unit = "s", \
	 .reload = OPTION_NEW_CONNECTIONS, .help = "after failures a server is tried again after a growing time, at most this one"}

static const struct option outgoing_options[] = {
	{.key = "port", .type = OPTION_INT, .offset = AT(port), .min = 1, .max = 65535, .preset = "5269", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "the port of other servers, when neither DNS nor address says it"},
	{.key = "ip_versions", .type = OPTION_LIST_INT, .flags = OPTION_UNIQUE | OPTION_NON_EMPTY, .offset = AT(ip_versions), .values = "4|6",
	 .preset = "[4, 6]", .reload = OPTION_NEW_CONNECTIONS, .help = "the versions of the Internet Protocol that are tried, in this order"},
	{.key = "connection_timeout", .type = OPTION_INT_OR_INFINITY, .offset = AT(connection_timeout_ms), .min = 1, .max = INT64_MAX,
	 .preset = "10000", .unit = "ms", .reload = OPTION_NEW_CONNECTIONS, .help = "how long connecting to one address may take"},
	ADDRESS_OPTION(AT(addresses)),
	DELAY_OPTION(AT(max_retry_delay_s), "300"),
	{.key = "dns", .type = OPTION_TABLE, .offset = AT(dns), .table = &dns_table, .help = "looking names up"},
	{.key = "max_stanza_size", .type = OPTION_INT_OR_INFINITY, .offset = AT(max_stanza_size), .min = 1, .max = INT64_MAX,
	 .preset = "\"infinity\"", .unit = "bytes", .since = "6.4", .reload = OPTION_NEW_CONNECTIONS, .help = "as for listen.s2s"},
	{.key = "shaper", .type = OPTION_NAME, .offset = AT(shaper), .preset = "\"none\"", .since = "6.4", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "as for listen.s2s"},
	{.key = "state_timeout", .type = OPTION_INT_OR_INFINITY, .offset = AT(state_timeout_ms), .min = 0, .max = INT64_MAX, .preset = "5000",
	 .unit = "ms", .since = "6.4", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "how long the other server may take for each step until the stream is ready"},
	{.key = "stream_timeout", .type = OPTION_INT_OR_INFINITY, .offset = AT(stream_timeout_ms), .min = 1, .max = INT64_MAX,
	 .preset = "600000", .unit = "ms", .since = "6.4", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "a stream without stanzas is closed after so long"},
	{.key = "tls", .type = OPTION_TABLE, .flags = OPTION_POINTER, .offset = AT(tls), .table = &sections_tls_outgoing_table, .since = "6.4",
	 .help = "TLS towards other servers"},
	{0},
};
static const struct option_table outgoing_table = {
	.name = "s2s.outgoing", .size = sizeof(struct config_s2s_outgoing), .options = outgoing_options, .complete = complete_outgoing,
	.examine = examine_outgoing, .help = "Connections to other servers.",
};

#undef AT
#define AT(field) offsetof(struct config_s2s, field)

/* tls.mode and verify_mode, as 6.4 writes what use_starttls said before. */
static int policy_of(const struct config_tls *t)
{
	if (!t)
		return CONFIG_S2S_TLS_NONE;
	if (t->mode == CONFIG_STARTTLS)
		return CONFIG_S2S_TLS_OPTIONAL;
	return t->verify_is_required ? CONFIG_S2S_TLS_TRUSTED : CONFIG_S2S_TLS_REQUIRED;
}

static void take_older_spellings(struct config_s2s *s, struct option_problems *p)
{
	if (!(s->outgoing.given & GIVEN_ADDRESS) && option_was_given(p, "address"))
		s->outgoing.addresses = s->addresses;
	if (!(s->outgoing.given & GIVEN_DELAY) && option_was_given(p, "max_retry_delay") && s->max_retry_delay_s > 0)
		s->outgoing.max_retry_delay_s = s->max_retry_delay_s;
	if (!(s->outgoing.given & GIVEN_DNS) && s->dns)
		s->outgoing.dns = *s->dns;
}

/* The TLS of our side is there in any case, so that nobody has to ask where its parts come from. */
static void complete_tls(struct config_s2s *s, struct option_problems *p)
{
	/* In place, so that it is known where in the file its values stand. */
	struct config_tls *t = (struct config_tls *)(uintptr_t)s->outgoing.tls;
	if (!t) {
		t = arena_alloc(option_arena(p), sizeof *t);
		t->disconnect_on_failure = true; /* its preset */
	}
	if (!t->certfile.data)
		t->certfile = s->certfile;
	if (!t->ciphers.data)
		t->ciphers = s->ciphers;
	s->outgoing.tls = t;
}

static void complete(void *values, struct option_problems *p)
{
	struct config_s2s *s = values;
	s->has_use_starttls = option_was_given(p, "use_starttls");
	s->outgoing.tls_policy = s->has_use_starttls ? s->use_starttls : policy_of(s->outgoing.tls);
	s->outgoing.is_direct_tls = s->outgoing.tls && s->outgoing.tls->mode == CONFIG_TLS && !s->has_use_starttls;
	take_older_spellings(s, p);
	complete_tls(s, p);
}

static void examine_spelling(struct option_problems *p, const char *key, bool has_both, const char *now)
{
	if (!option_was_given(p, key))
		return;
	if (has_both)
		option_problem(p, key, "is the old spelling of \"%s\", which is there as well; keep that one", now);
	else
		option_warning(p, key, "is the old spelling of \"%s\"", now);
}

static void examine(const void *values, struct option_problems *p)
{
	const struct config_s2s *s = values;
	unsigned given = s->outgoing.given;
	const struct config_s2s_policy *policies = s->policies.items;
	examine_spelling(p, "address", given & GIVEN_ADDRESS, "outgoing.address");
	examine_spelling(p, "max_retry_delay", given & GIVEN_DELAY, "outgoing.max_retry_delay");
	examine_spelling(p, "dns", given & GIVEN_DNS, "outgoing.dns");
	examine_spelling(p, "certfile", given & GIVEN_CERTIFICATE, "outgoing.tls.certfile");
	examine_spelling(p, "ciphers", given & GIVEN_CIPHERS, "outgoing.tls.ciphers");
	if (option_was_given(p, "use_starttls"))
		option_warning(p, "use_starttls", "is the old spelling of \"outgoing.tls.mode\", and of \"mode\" in listen.s2s.tls");
	for (size_t i = 0; i < s->policies.count; i++) {
		for (size_t j = 0; j < i; j++)
			if (policies[i].host.data && str_equal(policies[i].host, policies[j].host))
				option_item_problem(p, "host_policy", i, "host_policy[%zu] is for \"%.*s\" too", j, STR_ARGS(policies[i].host));
	}
}

static const struct option options[] = {
	{.key = "default_policy", .type = OPTION_ENUM, .offset = AT(default_policy), .values = "allow|deny", .preset = "\"allow\"",
	 .reload = OPTION_NEW_CONNECTIONS, .help = "whether to talk to servers that host_policy does not name"},
	{.key = "host_policy", .type = OPTION_TABLES, .offset = AT(policies), .table = &policy_table, .reload = OPTION_NEW_CONNECTIONS,
	 .help = "exceptions"},
	{.key = "use_starttls", .type = OPTION_ENUM, .offset = AT(use_starttls), .values = TLS_VALUES, .preset = "\"false\"",
	 .reload = OPTION_NEW_CONNECTIONS,
	 .help = "TLS with other servers, both ways; 6.4 says it with outgoing.tls.mode and listen.s2s.tls.mode, which this one overrules"},
	{.key = "certfile", .type = OPTION_FILE, .offset = AT(certfile), .reload = OPTION_NEW_CONNECTIONS,
	 .help = "PEM file with certificate, chain and key, shown to other servers"},
	{.key = "ciphers", .type = OPTION_STRING, .offset = AT(ciphers), .min = 1, .reload = OPTION_NEW_CONNECTIONS,
	 .help = "as for listen.c2s.tls"},
	{.key = "shared", .type = OPTION_STRING, .flags = OPTION_SECRET, .offset = AT(shared), .min = 1, .reload = OPTION_NEW_CONNECTIONS,
	 .help = "the secret of dialback (XEP-0220), the same on all servers of a domain; default: a random one"},
	ADDRESS_OPTION(AT(addresses)),
	DELAY_OPTION(AT(max_retry_delay_s), NULL),
	{.key = "dns", .type = OPTION_TABLE, .flags = OPTION_POINTER, .offset = AT(dns), .table = &dns_table, .help = "looking names up"},
	{.key = "outgoing", .type = OPTION_TABLE, .offset = AT(outgoing), .table = &outgoing_table, .help = "connections to others"},
	{0},
};

const struct option_table sections_s2s_table = {
	.name = "s2s", .size = sizeof(struct config_s2s), .options = options, .complete = complete, .examine = examine,
	.help = "Talking to other servers. In [[host_config]] this section replaces the global one.",
};
