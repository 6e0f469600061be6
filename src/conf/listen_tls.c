#include "conf/sections.h"

#define AT(field) offsetof(struct config_tls, field)

static const char version_names[] = "tlsv1|tlsv1.1|tlsv1.2|tlsv1.3";

enum { VERSIONS = 4 };

static bool names_option(const struct option_list *list, const char *name)
{
	const struct str *items = list->items;
	for (size_t i = 0; i < list->count; i++) {
		if (str_is(items[i], name))
			return true;
	}
	return false;
}

/* The older way of saying it: protocol_options lists the versions that are off, all others are on. */
static void versions_from_protocol_options(struct config_tls *t, struct option_problems *p)
{
	static const char *const off[VERSIONS] = {"no_tlsv1", "no_tlsv1_1", "no_tlsv1_2", "no_tlsv1_3"};
	int *versions = arena_alloc_array(option_arena(p), VERSIONS, sizeof *versions);
	t->versions.items = versions;
	t->versions.count = 0;
	for (int i = 0; i < VERSIONS; i++) {
		if (!names_option(&t->protocol_options, off[i]))
			versions[t->versions.count++] = i;
	}
}

static void complete(void *values, struct option_problems *p)
{
	struct config_tls *t = values;
	t->verify_is_required = t->verify_mode == CONFIG_VERIFY_PEER && option_was_given(p, "verify_mode") && t->disconnect_on_failure &&
				option_was_given(p, "disconnect_on_failure");
	if (option_was_given(p, "protocol_options") && !option_was_given(p, "versions") && !option_has_errors(p, "protocol_options"))
		versions_from_protocol_options(t, p);
}

/* Between servers a certificate that proves nothing is no reason to leave: dialback may prove the same. */
static void complete_between_servers(void *values, struct option_problems *p)
{
	struct config_tls *t = values;
	complete(values, p);
	if (!option_was_given(p, "disconnect_on_failure"))
		t->disconnect_on_failure = false;
}

static void examine_without_certificate(const struct config_tls *t, struct option_problems *p)
{
	bool needs_tls = t->mode != CONFIG_STARTTLS && !option_has_errors(p, "mode");
	if (needs_tls)
		option_problem(p, "mode", "nobody could connect here, because there is no \"certfile\"");
	else
		option_warning(p, NULL, "there is no \"certfile\": TLS cannot be offered here");
}

static void examine_versions(const void *values, struct option_problems *p)
{
	const struct config_tls *t = values;
	if (option_was_given(p, "protocol_options") && option_was_given(p, "versions"))
		option_problem(p, "protocol_options", "says the same as \"versions\" in an older way; keep \"versions\"");
	if (option_was_given(p, "protocol_options") && t->versions.count == 0 && !option_has_errors(p, "protocol_options"))
		option_problem(p, "protocol_options", "leaves no version of TLS");
	if (option_was_given(p, "protocol_options") && !option_was_given(p, "versions"))
		option_warning(p, "protocol_options", "is the old spelling of \"versions\", which names the versions that are on");
}

static void examine(const void *values, struct option_problems *p)
{
	const struct config_tls *t = values;
	if (!option_was_given(p, "certfile") && !sections_name_is_defined(p, "meerkat", STR("certificate")))
		examine_without_certificate(t, p);
	examine_versions(values, p);
	if (t->early_data && !t->session_tickets.data && !option_has_errors(p, "session_tickets"))
		option_problem(p, "early_data", "needs session_tickets = \"stateless\"");
}

#define MODE(preset_text)                                                                                                            \
	{.key = "mode", .type = OPTION_ENUM, .offset = AT(mode), .values = "starttls|starttls_required|tls", .preset = preset_text,  \
	 .reload = OPTION_NEW_CONNECTIONS,                                                                                           \
	 .help = "when TLS begins: when the peer asks for it; the same, and before that nothing else is possible; or with the first byte"}

#define TLS_OPTIONS                                                                                                                    \
	{.key = "certfile", .type = OPTION_FILE, .offset = AT(certfile), .reload = OPTION_NEW_CONNECTIONS,                             \
	 .help = "PEM file with the certificate and its chain; the key may be in it too; a changed file is noticed",                   \
	 .example = "\"fullchain.pem\""},                                                                                              \
	{.key = "keyfile", .type = OPTION_FILE, .offset = AT(keyfile), .since = "6.5", .reload = OPTION_NEW_CONNECTIONS,               \
	 .help = "PEM file with the key, when it is not in certfile", .example = "\"privkey.pem\""},                                   \
	{.key = "password", .type = OPTION_STRING, .flags = OPTION_SECRET, .offset = AT(password), .reload = OPTION_NEW_CONNECTIONS,   \
	 .help = "the password of the key, if it is encrypted"},                                                                                    \
	{.key = "verify_mode", .type = OPTION_ENUM, .offset = AT(verify_mode), .values = "peer|selfsigned_peer|none",                  \
	 .preset = "\"peer\"", .reload = OPTION_NEW_CONNECTIONS,                                                                       \
	 .help = "whether a certificate of the peer is asked for, and what it has to be; one that does not come is fine, unless "      \
		 "verify_mode = \"peer\" and disconnect_on_failure = true are both written"},                                          \
	{.key = "disconnect_on_failure", .type = OPTION_BOOL, .offset = AT(disconnect_on_failure), .preset = "true",                   \
	 .reload = OPTION_NEW_CONNECTIONS, .help = "a certificate that is not good ends the handshake; false: it merely proves nothing"}, \
	{.key = "cacertfile", .type = OPTION_FILE, .offset = AT(cacertfile), .reload = OPTION_NEW_CONNECTIONS,                         \
	 .help = "PEM file with the authorities that certificates of peers are checked against; default: those of the system"},        \
	{.key = "crl_files", .type = OPTION_LIST_FILE, .offset = AT(crl_files), .reload = OPTION_NEW_CONNECTIONS,                      \
	 .help = "PEM files with lists of revoked certificates", .example = "[\"revoked.pem\"]"},                                      \
	{.key = "dhfile", .type = OPTION_FILE, .offset = AT(dhfile), .reload = OPTION_NEW_CONNECTIONS,                                 \
	 .help = "PEM file with Diffie-Hellman parameters; only TLS 1.2 without elliptic curves uses them"},                           \
	{.key = "ciphers", .type = OPTION_STRING, .offset = AT(ciphers), .min = 1, .reload = OPTION_NEW_CONNECTIONS,                   \
	 .help = "the ciphers, as OpenSSL writes them", .example = "\"TLSv1.2:TLSv1.3\""},                                             \
	{.key = "versions", .type = OPTION_LIST_ENUM, .flags = OPTION_NON_EMPTY, .offset = AT(versions), .values = version_names,      \
	 .reload = OPTION_NEW_CONNECTIONS, .help = "the versions of TLS; default: 1.2 and 1.3", .example = "[\"tlsv1.2\", \"tlsv1.3\"]"}, \
	{.key = "protocol_options", .type = OPTION_LIST_STRING, .offset = AT(protocol_options), .min = 1,                              \
	 .reload = OPTION_NEW_CONNECTIONS, .help = "older way of writing versions: those that are off",                                \
	 .example = "[\"no_tlsv1\", \"no_tlsv1_1\"]"},                                                                                 \
	{.key = "early_data", .type = OPTION_BOOL, .offset = AT(early_data), .preset = "false", .since = "6.4",                        \
	 .reload = OPTION_NEW_CONNECTIONS,                                                                                             \
	 .help = "take what a client that resumes a TLS 1.3 session says in its first flight; it is read when the handshake is "       \
		 "complete, so that nobody can play back a recording of it; needs session_tickets"},                                   \
	{.key = "session_tickets", .type = OPTION_STRING, .offset = AT(session_tickets),                                               \
	 .values = "stateless", .since = "6.4", .reload = OPTION_NEW_CONNECTIONS, .example = "\"stateless\"",                          \
	 .help = "let clients resume TLS sessions for two hours, with tickets; the server keeps nothing; default: no resumption"},     \
	{.key = "module", .type = OPTION_STRING, .flags = OPTION_IGNORED, .values = "fast_tls|just_tls", .help = "there is one TLS"}

#define KEEP_SECRETS                                                                                                                  \
	{.key = "keep_secrets", .type = OPTION_BOOL, .offset = AT(keep_secrets), .preset = "false", .since = "6.5",                   \
	 .reload = OPTION_NEW_CONNECTIONS,                                                                                            \
	 .help = "for debugging with a recording of the network: append the secrets of sessions to the file that the environment "     \
		 "variable SSLKEYLOGFILE names"}

#define TABLE(of, option_list, paragraph)                                                                                       \
	{.name = "listen." of ".tls", .size = sizeof(struct config_tls), .options = option_list, .complete = complete,          \
	 .examine = examine, .help = paragraph}

static const struct option starttls_options[] = {MODE("\"starttls\""), TLS_OPTIONS, KEEP_SECRETS, {0}};
static const struct option direct_options[] = {MODE("\"tls\""), TLS_OPTIONS, KEEP_SECRETS, {0}};
static const struct option http_options[] = {TLS_OPTIONS, {0}};

const struct option_table sections_tls_c2s_table = TABLE("c2s", starttls_options, "TLS for clients. Without this section there is none.");
const struct option_table sections_tls_s2s_table = {
	.name = "listen.s2s.tls", .size = sizeof(struct config_tls), .options = starttls_options, .complete = complete_between_servers,
	.examine = examine, .help = "TLS for servers that connect to this one. Here disconnect_on_failure is false unless it is written: without a "
				    "good certificate a server can still prove who it is by dialback.",
};
const struct option_table sections_tls_component_table = TABLE("component", direct_options, "TLS for components, from the first byte.");
const struct option_table sections_tls_http_table = TABLE("http", http_options, "HTTPS. Without this section it is plain HTTP.");

/* Of the certificate nothing is required here: without one, others have to ask back (dialback). */
const struct option_table sections_tls_outgoing_table = {
	.name = "s2s.outgoing.tls", .size = sizeof(struct config_tls), .options = starttls_options, .complete = complete,
	.examine = examine_versions, .help = "TLS towards other servers. Without this section, and without s2s.use_starttls, there is none.",
};
