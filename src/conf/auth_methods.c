/* [auth.METHOD]: the options of each way to know accounts. */
#include "conf/sections.h"

static const struct option no_options[] = {{0}};

const struct option_table sections_auth_internal_table = {
	.name = "auth.internal", .options = no_options, .help = "Accounts in the server's own store.",
};

static const struct option rdbms_options[] = {
	{.key = "users_number_estimate", .type = OPTION_BOOL, .flags = OPTION_IGNORED, .help = "accounts are counted quickly anyway"},
	{0},
};

const struct option_table sections_auth_rdbms_table = {
	.name = "auth.rdbms", .options = rdbms_options,
	.help = "The same accounts as those of \"internal\": there is one database, the server's own.",
};

#define AT(field) offsetof(struct config_auth_anonymous, field)

static const struct option anonymous_options[] = {
	{.key = "allow_multiple_connections", .type = OPTION_BOOL, .offset = AT(allow_multiple_connections), .preset = "false",
	 .reload = OPTION_NEW_CONNECTIONS, .help = "whether a user without account may have several sessions at a time"},
	{.key = "protocol", .type = OPTION_ENUM, .offset = AT(protocol), .values = "sasl_anon|login_anon|both", .preset = "\"sasl_anon\"",
	 .reload = OPTION_NEW_CONNECTIONS,
	 .help = "users come with the mechanism ANONYMOUS and get a random name, or with any name that nobody has and any password, or both ways"},
	{0},
};

const struct option_table sections_auth_anonymous_table = {
	.name = "auth.anonymous", .size = sizeof(struct config_auth_anonymous), .options = anonymous_options,
	.help = "Users without account. With the last session of such a user everything goes that was stored for it.",
};

#undef AT
#define AT(field) offsetof(struct config_auth_dummy, field)

static const struct option dummy_options[] = {
	{.key = "base_time", .type = OPTION_INT, .offset = AT(base_time_ms), .min = 0, .max = 3600000, .preset = "50",
	 .reload = OPTION_NEW_CONNECTIONS, .unit = "ms", .help = "how long a login takes at least"},
	{.key = "variance", .type = OPTION_INT, .offset = AT(variance_ms), .min = 1, .max = 3600000, .preset = "450",
	 .reload = OPTION_NEW_CONNECTIONS, .unit = "ms", .help = "a random time up to this long comes on top"},
	{0},
};

const struct option_table sections_auth_dummy_table = {
	.name = "auth.dummy", .size = sizeof(struct config_auth_dummy), .options = dummy_options,
	.help = "Everybody may log in, with any password: for load tests only.",
};

#undef AT
#define AT(field) offsetof(struct config_auth_http, field)

static const struct option http_options[] = {
	{.key = "basic_auth", .type = OPTION_STRING, .flags = OPTION_SECRET, .offset = AT(basic_auth), .reload = OPTION_NEW_CONNECTIONS,
	 .help = "user and password for the service, with a colon between", .example = "\"meerkat:secret\""},
	{0},
};

const struct option_table sections_auth_http_table = {
	.name = "auth.http", .size = sizeof(struct config_auth_http), .options = http_options,
	.help = "A web service is asked: the one of [outgoing_pools.http.auth].",
};

#undef AT
#define AT(field) offsetof(struct config_auth_jwt, field)

static void examine_secret(const void *values, struct option_problems *p)
{
	if (option_was_given(p, "file") + option_was_given(p, "env") + option_was_given(p, "value") != 1)
		option_problem(p, NULL, "expected exactly one of \"file\", \"env\" and \"value\"");
	(void)values;
}

static const struct option secret_options[] = {
	{.key = "file", .type = OPTION_FILE, .offset = AT(secret_file), .reload = OPTION_NEW_CONNECTIONS,
	 .help = "a file with the key; it is read again at each reload"},
	{.key = "env", .type = OPTION_STRING, .offset = AT(secret_env), .min = 1, .reload = OPTION_RESTART,
	 .help = "an environment variable with the key"},
	{.key = "value", .type = OPTION_STRING, .flags = OPTION_SECRET, .offset = AT(secret_value), .min = 1, .reload = OPTION_NEW_CONNECTIONS,
	 .help = "the key"},
	{0},
};
/* Fills the same struct. */
static const struct option_table secret_table = {
	.name = "auth.jwt.secret", .size = sizeof(struct config_auth_jwt), .options = secret_options, .examine = examine_secret,
	.help = "The key that tokens are checked with: for HS256 and the like the secret itself, for the others the public key, in PEM.",
};
static const struct option jwt_options[] = {
	{.key = "secret", .type = OPTION_TABLE, .flags = OPTION_REQUIRED, .offset = 0, .table = &secret_table,
	 .help = "the key that tokens are checked with"},
	{.key = "algorithm", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .offset = AT(algorithm),
	 .values = "HS256|HS384|HS512|RS256|RS384|RS512|ES256|ES384|ES512", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "how tokens are signed; a token that says anything else is refused"},
	{.key = "username_key", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .offset = AT(username_key), .min = 1,
	 .reload = OPTION_NEW_CONNECTIONS, .help = "the claim that has the name of the user", .example = "\"sub\""},
	{0},
};

const struct option_table sections_auth_jwt_table = {
	.name = "auth.jwt", .size = sizeof(struct config_auth_jwt), .options = jwt_options,
	.help = "The password is a signed token (RFC 7519). Its times (exp, nbf, iat) are honoured.",
};

#undef AT
#define AT(field) offsetof(struct config_auth_external, field)

static const struct option external_options[] = {
	{.key = "program", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .offset = AT(program), .min = 1, .reload = OPTION_AT_ONCE,
	 .help = "the program that is asked, with its arguments between spaces", .example = "\"/usr/local/bin/authenticate --verbose\""},
	{.key = "instances", .type = OPTION_INT, .offset = AT(instances), .min = 1, .max = INT64_MAX, .preset = "1", .reload = OPTION_AT_ONCE,
	 .help = "how many of it run; each answers one question at a time; at most 256"},
	{0},
};

const struct option_table sections_auth_external_table = {
	.name = "auth.external", .size = sizeof(struct config_auth_external), .options = external_options,
	.help = "A program is asked over its standard input and output.",
};

static bool has_one_name(struct str format)
{
	const char *first = format.len > 0 ? memmem(format.data, format.len, "%u", 2) : NULL;
	struct str rest = first ? str_make(first + 2, format.len - (size_t)(first + 2 - format.data)) : STR_NONE;
	return first && !(rest.len > 0 && memmem(rest.data, rest.len, "%u", 2));
}

static void examine_uid(const void *values, struct option_problems *p)
{
	const struct config_ldap_uid *u = values;
	if (u->format.data && !has_one_name(u->format))
		option_problem(p, "format", "expected \"%%u\" once, where the name of the user is, got \"%.*s\"", STR_ARGS(u->format));
}

/* Not a filter's grammar: the directory's library knows it. But what people forget is a parenthesis. */
static void examine_filter(struct option_problems *p, struct str filter)
{
	int depth = 0;
	bool is_sound = filter.len > 1 && filter.data[0] == '(' && filter.data[filter.len - 1] == ')';
	for (size_t i = 0; i < filter.len; i++) {
		depth += (filter.data[i] == '(') - (filter.data[i] == ')');
		is_sound = is_sound && (depth > 0 || i == filter.len - 1);
	}
	if (filter.data && (!is_sound || depth != 0))
		option_problem(p, "filter", "expected a filter in parentheses like \"(objectClass=person)\", got \"%.*s\"", STR_ARGS(filter));
}

#undef AT
#define AT(field) offsetof(struct config_ldap_uid, field)

static const struct option uid_options[] = {
	{.key = "attr", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .offset = AT(attribute), .min = 1, .reload = OPTION_AT_ONCE,
	 .help = "the attribute"},
	{.key = "format", .type = OPTION_STRING, .offset = AT(format), .preset = "\"%u\"", .reload = OPTION_AT_ONCE,
	 .help = "what it holds: the name of the user (%u), and what is around it", .example = "\"%u@example.org\""},
	{0},
};
static const struct option_table uid_table = {
	.name = "auth.ldap.uids", .size = sizeof(struct config_ldap_uid), .options = uid_options, .examine = examine_uid,
	.help = "The attributes with the name of the user; it is enough if one has it.",
};

#undef AT
#define AT(field) offsetof(struct config_auth_ldap, field)

static void examine_dn_filter(const void *values, struct option_problems *p)
{
	examine_filter(p, ((const struct config_auth_ldap *)values)->dn_filter);
}

static const struct option dn_filter_options[] = {
	{.key = "filter", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .offset = AT(dn_filter), .min = 1, .reload = OPTION_AT_ONCE,
	 .help = "the filter; %u is the name of the user, %d the domain, %D the name of the entry, each %s the next of the attributes",
	 .example = "\"(&(owner=%D)(user=%u@%d))\""},
	{.key = "attributes", .type = OPTION_LIST_STRING, .offset = AT(dn_filter_attributes), .min = 1, .reload = OPTION_AT_ONCE,
	 .help = "the attributes that stand for %s, in their order"},
	{0},
};
/* These two fill the same struct. */
static const struct option_table dn_filter_table = {
	.name = "auth.ldap.dn_filter", .size = sizeof(struct config_auth_ldap), .options = dn_filter_options, .examine = examine_dn_filter,
	.help = "One more search, which must find something for the user that was found.",
};
static const struct option local_filter_options[] = {
	{.key = "operation", .type = OPTION_ENUM, .flags = OPTION_REQUIRED, .offset = AT(local_filter), .values = "equal|notequal",
	 .reload = OPTION_AT_ONCE, .help = "the attribute must have one of the values, or none of them"},
	{.key = "attribute", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .offset = AT(local_attribute), .min = 1, .reload = OPTION_AT_ONCE,
	 .help = "the attribute"},
	{.key = "values", .type = OPTION_LIST_STRING, .flags = OPTION_REQUIRED, .offset = AT(local_values), .reload = OPTION_AT_ONCE,
	 .help = "the values"},
	{0},
};
static const struct option_table local_filter_table = {
	.name = "auth.ldap.local_filter", .size = sizeof(struct config_auth_ldap), .options = local_filter_options,
	.help = "What this server checks of the entry itself.",
};

static void complete_ldap(void *values, struct option_problems *p)
{
	struct config_auth_ldap *l = values;
	struct config_ldap_uid *uid = arena_alloc(option_arena(p), sizeof *uid);
	if (option_was_given(p, "uids"))
		return;
	*uid = (struct config_ldap_uid){STR("uid"), STR("%u")};
	l->uids = (struct option_list){uid, 1};
}

static void examine_ldap(const void *values, struct option_problems *p)
{
	const struct config_auth_ldap *l = values;
	examine_filter(p, l->filter);
	if (l->uids.count == 0 && !option_has_errors(p, "uids"))
		option_problem(p, "uids", "expected at least one attribute");
}

static const struct option ldap_options[] = {
	{.key = "pool_tag", .type = OPTION_NAME, .offset = AT(pool_tag), .preset = "\"default\"", .reload = OPTION_AT_ONCE,
	 .help = "the tag of [outgoing_pools.ldap.TAG] for searches"},
	{.key = "bind_pool_tag", .type = OPTION_NAME, .offset = AT(bind_pool_tag), .preset = "\"bind\"", .reload = OPTION_AT_ONCE,
	 .help = "the tag of [outgoing_pools.ldap.TAG] for checking passwords"},
	{.key = "base", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .offset = AT(base), .min = 1, .reload = OPTION_AT_ONCE,
	 .help = "where users are searched", .example = "\"ou=Users,dc=example,dc=org\""},
	{.key = "uids", .type = OPTION_TABLES, .offset = AT(uids), .table = &uid_table, .reload = OPTION_AT_ONCE,
	 .help = "the attributes with the name of the user; default: uid"},
	{.key = "filter", .type = OPTION_STRING, .offset = AT(filter), .min = 1, .reload = OPTION_AT_ONCE, .help = "what else is asked of users",
	 .example = "\"(objectClass=inetOrgPerson)\""},
	{.key = "dn_filter", .type = OPTION_TABLE, .offset = 0, .table = &dn_filter_table, .help = "one more search"},
	{.key = "local_filter", .type = OPTION_TABLE, .offset = 0, .table = &local_filter_table, .help = "what this server checks itself"},
	{.key = "deref", .type = OPTION_ENUM, .offset = AT(deref), .values = "never|always|finding|searching", .preset = "\"never\"",
	 .reload = OPTION_AT_ONCE, .help = "whether aliases are followed: when finding the base, when searching, or both"},
	{0},
};

const struct option_table sections_auth_ldap_table = {
	.name = "auth.ldap", .size = sizeof(struct config_auth_ldap), .options = ldap_options, .complete = complete_ldap, .examine = examine_ldap,
	.help = "A directory is asked: the user is searched, then its password is tried. Accounts are not made or changed here.",
};

/* Without fields so far. */
const struct option_table sections_auth_pki_table = {.name = "auth.pki", .options = no_options};
