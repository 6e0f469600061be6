/* [auth]: how users prove who they are; also in [[host_config]], where it replaces the global section. */
#include "conf/sections.h"

#define AT(field) offsetof(struct config_auth, field)

static const char method_names[] = SECTIONS_AUTH_METHODS;

/* Libraries that were left out of this build. */
#ifdef MEERKAT_WITHOUT_CURL
enum { WITHOUT_CURL = OPTION_UNSUPPORTED };
#else
enum { WITHOUT_CURL = 0 };
#endif
#ifdef MEERKAT_WITHOUT_LDAP
enum { WITHOUT_LDAP = OPTION_UNSUPPORTED };
#else
enum { WITHOUT_LDAP = 0 };
#endif

/* Methods that this version has; the others are known and unsupported. */
static bool method_is_implemented(int method)
{
	return !(method == CONFIG_AUTH_HTTP && WITHOUT_CURL) && !(method == CONFIG_AUTH_LDAP && WITHOUT_LDAP);
}

static bool method_has_section(struct option_problems *p, int method)
{
	char key[16];
	struct str name = option_value_name(method_names, (size_t)method);
	memcpy(key, name.data, name.len);
	key[name.len] = 0;
	return option_was_given(p, key);
}

static void add_method(struct config_auth *a, int *methods, int method)
{
	if (method_is_implemented(method))
		methods[a->methods.count++] = method;
}

/* What is not implemented is reported at its section, and left out. */
static void use_given(struct config_auth *a, int *methods, struct option_list given, struct option_problems *p)
{
	const int *items = given.items;
	for (size_t i = 0; i < given.count; i++) {
		struct str name = option_value_name(method_names, (size_t)items[i]);
		add_method(a, methods, items[i]);
		if (!method_has_section(p, items[i]))
			option_problem(p, "methods", "\"%.*s\" needs a section [auth.%.*s]", STR_ARGS(name), STR_ARGS(name));
	}
}

/* Without "methods" every method that has a section is used. */
static void complete(void *values, struct option_problems *p)
{
	struct config_auth *a = values;
	struct option_list given = a->methods;
	int *methods = arena_alloc_array(option_arena(p), CONFIG_AUTH_METHODS, sizeof *methods);
	a->methods = (struct option_list){methods, 0};
	use_given(a, methods, given, p);
	for (int method = 0; !option_was_given(p, "methods") && method < CONFIG_AUTH_METHODS; method++) {
		if (method_has_section(p, method))
			add_method(a, methods, method);
	}
}

static bool mechanisms_have(const struct config_auth *a, struct str start)
{
	const struct str *mechanisms = a->sasl_mechanisms.items;
	for (size_t i = 0; i < a->sasl_mechanisms.count; i++) {
		if (str_starts_with(mechanisms[i], start))
			return true;
	}
	return false;
}

static bool has_method(const struct config_auth *a, int method)
{
	const int *methods = a->methods.items;
	for (size_t i = 0; i < a->methods.count; i++) {
		if (methods[i] == method)
			return true;
	}
	return false;
}

/* Clients take the strongest mechanism there is, and with SCRAM only some methods can do anything. */
static void examine_mixture(const struct config_auth *a, struct option_problems *p)
{
	enum { WITH_KEYS = 1 << CONFIG_AUTH_INTERNAL | 1 << CONFIG_AUTH_RDBMS | 1 << CONFIG_AUTH_HTTP };
	enum { WITHOUT_KEYS = 1 << CONFIG_AUTH_DUMMY | 1 << CONFIG_AUTH_JWT | 1 << CONFIG_AUTH_EXTERNAL | 1 << CONFIG_AUTH_LDAP };
	const int *methods = a->methods.items;
	const char *without = NULL;
	bool offers_scram = false;
	for (size_t i = 0; i < a->methods.count; i++) {
		offers_scram |= (1 << methods[i] & WITH_KEYS) != 0;
		if (1 << methods[i] & WITHOUT_KEYS)
			without = arena_printf(option_arena(p), "%.*s", STR_ARGS(option_value_name(method_names, (size_t)methods[i])));
	}
	if (offers_scram && without && mechanisms_have(a, STR("scram")))
		option_warning(p, NULL, "users of \"%s\" can log in with PLAIN only, but clients prefer SCRAM, which is offered for other methods; "
			       "write sasl_mechanisms = [\"plain\"]", without);
}

static void examine(const void *values, struct option_problems *p)
{
	static const char *const missing[] = {"digest", "oauth"};
	const struct config_auth *a = values;
	const struct str *mechanisms = a->sasl_mechanisms.items;
	if (a->methods.count == 0 && !option_has_errors(p, "methods"))
		option_warning(p, NULL, "there is no method of authentication that could be used: nobody can log in");
	if (has_method(a, CONFIG_AUTH_PKI) && !mechanisms_have(a, STR("external")))
		option_warning(p, "pki", "certificates are of no use while \"external\" is not in sasl_mechanisms");
	if (option_was_given(p, "rdbms"))
		option_warning(p, "rdbms", "the accounts are those of \"internal\", in the server's own store: there is one database");
	examine_mixture(a, p);
	for (size_t i = 0; option_was_given(p, "sasl_mechanisms") && i < a->sasl_mechanisms.count; i++) {
		for (size_t j = 0; j < sizeof missing / sizeof missing[0]; j++) {
			if (str_is(mechanisms[i], missing[j]))
				option_not_implemented(p, "sasl_mechanisms", missing[j]);
		}
	}
}

static const struct option password_options[] = {
	{.key = "format", .type = OPTION_ENUM, .offset = AT(plain_format), .values = "scram|plain", .preset = "\"scram\"",
	 .reload = OPTION_AT_ONCE, .help = "how passwords are kept: as SCRAM keys, from which they cannot be read back, or as they are"},
	{.key = "hash", .type = OPTION_LIST_ENUM, .flags = OPTION_NON_EMPTY, .offset = AT(hashes), .values = SECTIONS_HASHES,
	 .preset = "[\"sha\", \"sha224\", \"sha256\", \"sha384\", \"sha512\"]", .reload = OPTION_AT_ONCE,
	 .help = "the hashes for which SCRAM keys are kept, and with which users can log in", .example = "[\"sha256\", \"sha512\"]"},
	{.key = "scram_iterations", .type = OPTION_INT, .offset = AT(scram_iterations), .min = 1, .max = INT32_MAX, .preset = "10000",
	 .reload = OPTION_AT_ONCE, .help = "how much work it is to try a password against stolen keys, and to log in with PLAIN; 4096 is little"},
	{0},
};

/* Fills the same struct. */
static const struct option_table password_table = {
	.name = "auth.password", .size = sizeof(struct config_auth), .options = password_options, .help = "How passwords are kept.",
};

static const struct option common_name_options[] = {
	{.key = "prefix", .type = OPTION_STRING, .offset = offsetof(struct config_common_name, prefix), .reload = OPTION_NEW_CONNECTIONS,
	 .help = "what has to stand before the user, and is cut off", .example = "\"user:\""},
	{.key = "suffix", .type = OPTION_STRING, .offset = offsetof(struct config_common_name, suffix), .reload = OPTION_NEW_CONNECTIONS,
	 .help = "what has to stand after the user, and is cut off"},
	{0},
};

static const struct option_table common_name_table = {
	.name = "auth.sasl_external_common_name", .size = sizeof(struct config_common_name), .options = common_name_options,
	.help = "How the user is found in a common name.",
};

#define METHOD(name, more_flags, text)                                                                                              \
	{.key = #name, .type = OPTION_TABLE, .flags = OPTION_MODULE | OPTION_NOT_STORED | (more_flags), .table = &sections_auth_##name##_table, \
	 .help = text}
#define METHOD_WITH_OPTIONS(name, more_flags, text)                                                                                 \
	{.key = #name, .type = OPTION_TABLE, .flags = OPTION_MODULE | OPTION_POINTER | (more_flags), .offset = AT(name),            \
	 .table = &sections_auth_##name##_table, .help = text}

static const struct option options[] = {
	{.key = "methods", .type = OPTION_LIST_ENUM, .offset = AT(methods), .values = method_names, .reload = OPTION_NEW_CONNECTIONS,
	 .help = "the methods, in the order in which they are asked; default: all that have a section", .example = "[\"internal\"]"},
	{.key = "password", .type = OPTION_TABLE, .offset = 0, .table = &password_table, .help = "how passwords are kept"},
	{.key = "sasl_mechanisms", .type = OPTION_LIST_STRING, .flags = OPTION_UNIQUE, .offset = AT(sasl_mechanisms),
	 .values = "scram_sha512_plus|scram_sha512|scram_sha384_plus|scram_sha384|scram_sha256_plus|scram_sha256|scram_sha224_plus|"
		   "scram_sha224|scram_sha1_plus|scram_sha1|plain|external|digest|anonymous|oauth",
	 .preset = "[\"scram_sha512_plus\", \"scram_sha512\", \"scram_sha384_plus\", \"scram_sha384\", \"scram_sha256_plus\", "
		   "\"scram_sha256\", \"scram_sha224_plus\", \"scram_sha224\", \"scram_sha1_plus\", \"scram_sha1\", \"plain\", "
		   "\"anonymous\"]",
	 .reload = OPTION_NEW_CONNECTIONS, .help = "the SASL mechanisms that may be offered, strongest first",
	 .example = "[\"scram_sha256_plus\", \"scram_sha256\"]"},
	METHOD(internal, 0, "accounts in the server's own store"),
	METHOD(rdbms, 0, "the same accounts as those of \"internal\""),
	METHOD_WITH_OPTIONS(anonymous, 0, "users without account"),
	METHOD_WITH_OPTIONS(dummy, 0, "everybody may log in, for load tests"),
	METHOD_WITH_OPTIONS(http, WITHOUT_CURL, "a web service is asked"),
	METHOD_WITH_OPTIONS(jwt, 0, "the password is a signed token"),
	METHOD_WITH_OPTIONS(external, 0, "a program is asked"),
	METHOD_WITH_OPTIONS(ldap, WITHOUT_LDAP, "a directory is asked"),
	METHOD(pki, 0, "whoever has a certificate that is good here; needs \"external\" in sasl_mechanisms"),
	{.key = "sasl_external", .type = OPTION_LIST_ENUM, .flags = OPTION_NON_EMPTY, .offset = AT(sasl_external),
	 .values = "standard|common_name|auth_id", .preset = "[\"standard\"]", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "where EXTERNAL finds the user, asked in this order: the XMPP addresses in the certificate; its common name; in one "
		 "without addresses, whoever the client says, which is for certificates of trusted programs only",
	 .example = "[\"standard\", \"common_name\"]"},
	{.key = "sasl_external_common_name", .type = OPTION_TABLE, .offset = AT(common_name), .table = &common_name_table,
	 .since = "6.2", .help = "how the user is found in a common name"},
	{.key = "max_users_per_domain", .type = OPTION_INT_OR_INFINITY, .offset = AT(max_users_per_domain), .min = 1, .max = INT64_MAX,
	 .preset = "\"infinity\"", .since = "6.2", .reload = OPTION_AT_ONCE,
	 .help = "how many accounts a domain may have in the server's own store; the next one is refused"},
	{0},
};

const struct option_table sections_auth_table = {
	.name = "auth",
	.size = sizeof(struct config_auth),
	.options = options,
	.complete = complete,
	.examine = examine,
	.help = "How users prove who they are. In [[host_config]] it replaces the global section for that host.",
};
