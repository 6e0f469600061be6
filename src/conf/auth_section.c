/* [auth]: how users prove who they are; also in [[host_config]], where it replaces the global section. */
#include "conf/sections.h"

#define AT(field) offsetof(struct config_auth, field)

static const char method_names[] = SECTIONS_AUTH_METHODS;

/* Methods that this version has; the others are known and unsupported. */
static bool method_is_implemented(int method)
{
	return method == CONFIG_AUTH_INTERNAL || method == CONFIG_AUTH_PKI;
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
	int *methods = arena_alloc_array(option_arena(p), CONFIG_AUTH_PKI + 1, sizeof *methods);
	a->methods = (struct option_list){methods, 0};
	use_given(a, methods, given, p);
	for (int method = 0; !option_was_given(p, "methods") && method <= CONFIG_AUTH_PKI; method++) {
		if (method_has_section(p, method))
			add_method(a, methods, method);
	}
}

static bool offers_external(const struct config_auth *a)
{
	const struct str *mechanisms = a->sasl_mechanisms.items;
	for (size_t i = 0; i < a->sasl_mechanisms.count; i++) {
		if (str_is(mechanisms[i], "external"))
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

static void examine(const void *values, struct option_problems *p)
{
	static const char *const missing[] = {"digest", "anonymous", "oauth"};
	const struct config_auth *a = values;
	const struct str *mechanisms = a->sasl_mechanisms.items;
	if (a->methods.count == 0 && !option_has_errors(p, "methods"))
		option_warning(p, NULL, "there is no method of authentication that could be used: nobody can log in");
	if (has_method(a, CONFIG_AUTH_PKI) && !offers_external(a))
		option_warning(p, "pki", "certificates are of no use while \"external\" is not in sasl_mechanisms");
	for (size_t i = 0; option_was_given(p, "sasl_mechanisms") && i < a->sasl_mechanisms.count; i++) {
		for (size_t j = 0; j < sizeof missing / sizeof missing[0]; j++) {
			if (str_is(mechanisms[i], missing[j]))
				option_not_implemented(p, "sasl_mechanisms", missing[j]);
		}
	}
}

static const struct option password_options[] = {
	{.key = "format", .type = OPTION_ENUM, .offset = AT(plain_format), .values = "scram|plain", .preset = "\"scram\"",
	 .reload = OPTION_AT_ONCE, .help = "whether passwords are kept as SCRAM keys, from which they cannot be read back, or as they are"},
	{.key = "hash", .type = OPTION_LIST_ENUM, .flags = OPTION_NON_EMPTY, .offset = AT(hashes), .values = SECTIONS_HASHES,
	 .preset = "[\"sha\", \"sha224\", \"sha256\", \"sha384\", \"sha512\"]", .reload = OPTION_AT_ONCE,
	 .help = "the hashes for which SCRAM keys are kept, and with which users can log in", .example = "[\"sha256\", \"sha512\"]"},
	{.key = "scram_iterations", .type = OPTION_INT, .offset = AT(scram_iterations), .min = 1, .max = INT32_MAX, .preset = "10000",
	 .reload = OPTION_AT_ONCE, .help = "how much work it is to try a password against stolen keys"},
	{0},
};

/* Fills the same struct. */
static const struct option_table password_table = {
	.name = "auth.password", .size = sizeof(struct config_auth), .options = password_options, .help = "How passwords are kept.",
};

static const struct option no_options[] = {{0}};
static const struct option rdbms_options[] = {
	{.key = "users_number_estimate", .type = OPTION_BOOL, .preset = "false", .help = "count users by estimate"},
	{0},
};
static const struct option anonymous_options[] = {
	{.key = "allow_multiple_connections", .type = OPTION_BOOL, .preset = "false", .help = "several sessions per anonymous user"},
	{.key = "protocol", .type = OPTION_STRING, .values = "sasl_anon|login_anon|both", .preset = "\"sasl_anon\"",
	 .help = "with the ANONYMOUS mechanism, with any password, or both"},
	{0},
};
static const struct option dummy_options[] = {
	{.key = "base_time", .type = OPTION_INT, .min = 0, .max = INT64_MAX, .preset = "50", .unit = "ms", .help = "least time of a login"},
	{.key = "variance", .type = OPTION_INT, .min = 1, .max = INT64_MAX, .preset = "450", .unit = "ms", .help = "random time on top"},
	{0},
};
static const struct option http_options[] = {
	{.key = "basic_auth", .type = OPTION_STRING, .flags = OPTION_SECRET, .help = "user:password for the service"},
	{0},
};
static const struct option secret_options[] = {
	{.key = "file", .type = OPTION_STRING, .min = 1, .help = "file with the key"},
	{.key = "env", .type = OPTION_STRING, .min = 1, .help = "environment variable with the key"},
	{.key = "value", .type = OPTION_STRING, .flags = OPTION_SECRET, .min = 1, .help = "the key"},
	{0},
};
static const struct option_table secret_table = {.name = "auth.jwt.secret", .options = secret_options};
static const struct option jwt_options[] = {
	{.key = "secret", .type = OPTION_TABLE, .flags = OPTION_REQUIRED, .table = &secret_table, .help = "the key that tokens are checked with"},
	{.key = "algorithm", .type = OPTION_STRING, .flags = OPTION_REQUIRED,
	 .values = "HS256|HS384|HS512|RS256|RS384|RS512|ES256|ES384|ES512", .help = "how tokens are signed"},
	{.key = "username_key", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .min = 1, .help = "the claim that has the name of the user"},
	{0},
};
static const struct option external_options[] = {
	{.key = "program", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .min = 1, .help = "the program that is asked"},
	{.key = "instances", .type = OPTION_INT, .min = 1, .max = INT64_MAX, .preset = "1", .help = "how many of it run"},
	{0},
};
static const struct option ldap_options[] = {
	{.key = "pool_tag", .type = OPTION_NAME, .preset = "\"default\"", .help = "the outgoing pool for searches"},
	{.key = "bind_pool_tag", .type = OPTION_NAME, .preset = "\"bind\"", .help = "the outgoing pool for checking passwords"},
	{.key = "base", .type = OPTION_STRING, .help = "where users are searched"},
	{.key = "uids", .type = OPTION_TABLES, .help = "the attributes with the name of the user"},
	{.key = "filter", .type = OPTION_STRING, .help = "users match this"},
	{.key = "dn_filter", .type = OPTION_TABLE, .help = "one more filter"},
	{.key = "local_filter", .type = OPTION_TABLE, .help = "a filter that the server applies"},
	{.key = "deref", .type = OPTION_STRING, .values = "never|always|finding|searching", .preset = "\"never\"", .help = "follow aliases"},
	{0},
};
static const struct option common_name_options[] = {
	{.key = "prefix", .type = OPTION_STRING, .offset = offsetof(struct config_common_name, prefix), .reload = OPTION_NEW_CONNECTIONS,
	 .help = "what has to stand before the user, and is cut off", .example = "\"user:\""},
	{.key = "suffix", .type = OPTION_STRING, .offset = offsetof(struct config_common_name, suffix), .reload = OPTION_NEW_CONNECTIONS,
	 .help = "what has to stand after the user, and is cut off"},
	{0},
};

static const struct option_table internal_table = {.name = "auth.internal", .options = no_options,
						   .help = "Accounts in the server's own store."};
static const struct option_table rdbms_table = {.name = "auth.rdbms", .options = rdbms_options};
static const struct option_table anonymous_table = {.name = "auth.anonymous", .options = anonymous_options};
static const struct option_table dummy_table = {.name = "auth.dummy", .options = dummy_options};
static const struct option_table http_table = {.name = "auth.http", .options = http_options};
static const struct option_table jwt_table = {.name = "auth.jwt", .options = jwt_options};
static const struct option_table external_table = {.name = "auth.external", .options = external_options};
static const struct option_table ldap_table = {.name = "auth.ldap", .options = ldap_options};
static const struct option_table pki_table = {.name = "auth.pki", .options = no_options};
static const struct option_table common_name_table = {
	.name = "auth.sasl_external_common_name", .size = sizeof(struct config_common_name), .options = common_name_options,
	.help = "How the user is found in a common name.",
};

#define METHOD(name, more_flags, text)                                                                                             \
	{.key = #name, .type = OPTION_TABLE, .flags = OPTION_MODULE | OPTION_NOT_STORED | (more_flags), .table = &name##_table,   \
	 .help = text}

static const struct option options[] = {
	{.key = "methods", .type = OPTION_LIST_ENUM, .offset = AT(methods), .values = method_names, .reload = OPTION_NEW_CONNECTIONS,
	 .help = "the methods, in the order in which they are asked; default: all that have a section", .example = "[\"internal\"]"},
	{.key = "password", .type = OPTION_TABLE, .offset = 0, .table = &password_table, .help = "how passwords are kept"},
	{.key = "sasl_mechanisms", .type = OPTION_LIST_STRING, .flags = OPTION_UNIQUE, .offset = AT(sasl_mechanisms),
	 .values = "scram_sha512_plus|scram_sha512|scram_sha384_plus|scram_sha384|scram_sha256_plus|scram_sha256|scram_sha224_plus|"
		   "scram_sha224|scram_sha1_plus|scram_sha1|plain|external|digest|anonymous|oauth",
	 .preset = "[\"scram_sha512_plus\", \"scram_sha512\", \"scram_sha384_plus\", \"scram_sha384\", \"scram_sha256_plus\", "
		   "\"scram_sha256\", \"scram_sha224_plus\", \"scram_sha224\", \"scram_sha1_plus\", \"scram_sha1\", \"plain\"]",
	 .reload = OPTION_NEW_CONNECTIONS, .help = "the SASL mechanisms that may be offered, strongest first",
	 .example = "[\"scram_sha256_plus\", \"scram_sha256\"]"},
	METHOD(internal, 0, "accounts in the server's own store"),
	METHOD(rdbms, OPTION_UNSUPPORTED, "accounts in a database"),
	METHOD(anonymous, OPTION_UNSUPPORTED, "users without account"),
	METHOD(dummy, OPTION_UNSUPPORTED, "everybody may log in, for load tests"),
	METHOD(http, OPTION_UNSUPPORTED, "a web service is asked"),
	METHOD(jwt, OPTION_UNSUPPORTED, "the password is a signed token"),
	METHOD(external, OPTION_UNSUPPORTED, "a program is asked"),
	METHOD(ldap, OPTION_UNSUPPORTED, "a directory is asked"),
	METHOD(pki, 0, "whoever has a certificate that is good here; needs \"external\" in sasl_mechanisms"),
	{.key = "sasl_external", .type = OPTION_LIST_ENUM, .flags = OPTION_NON_EMPTY, .offset = AT(sasl_external),
	 .values = "standard|common_name|auth_id", .preset = "[\"standard\"]", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "where EXTERNAL finds the user, asked in this order: the XMPP addresses in the certificate; its common name; in one "
		 "without addresses, whoever the client says, which is for certificates of trusted programs only",
	 .example = "[\"standard\", \"common_name\"]"},
	{.key = "sasl_external_common_name", .type = OPTION_TABLE, .offset = AT(common_name), .table = &common_name_table,
	 .since = "6.2", .help = "how the user is found in a common name"},
	{.key = "max_users_per_domain", .type = OPTION_INT_OR_INFINITY, .flags = OPTION_UNSUPPORTED, .offset = AT(max_users_per_domain),
	 .min = 1, .max = INT64_MAX, .preset = "\"infinity\"", .since = "6.2", .reload = OPTION_AT_ONCE, .help = "at most so many accounts"},
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
