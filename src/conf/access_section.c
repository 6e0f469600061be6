/* [acl], [access] and [shaper]; the first two also in [[host_config]], where they are merged with the global ones. */
#include "conf/pattern.h"
#include "conf/schema.h"
#include "conf/sections.h"

#define AT(field) offsetof(struct sections_acl_pattern, field)

struct part_keys {
	const char *text, *regexp;
	size_t offset;
};

static const struct part_keys parts[] = {
	{"user", "user_regexp", AT(user)},
	{"server", "server_regexp", AT(server)},
	{"resource", "resource_regexp", AT(resource)},
};

static bool prepare(const struct option_problems *p, size_t part, struct str raw, struct arena *a, struct str *out)
{
	bool (*const prepares[])(struct str, struct arena *, struct str *) = {p->prepare.local, p->prepare.domain, p->prepare.resource};
	return prepares[part](raw, a, out);
}

/* Conditions are compared with prepared addresses. */
static void complete_pattern(void *values, struct option_problems *p)
{
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		struct sections_acl_part *part = (struct sections_acl_part *)(void *)((char *)values + parts[i].offset);
		struct str prepared;
		if (!part->text.data)
			continue;
		if (prepare(p, i, part->text, &p->scratch, &prepared))
			part->text = arena_str(p->arena, prepared);
		else
			option_problem(p, parts[i].text, "\"%.*s\" can not be this part of an address", STR_ARGS(part->text));
	}
}

static void examine_pattern(const void *values, struct option_problems *p)
{
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		const struct sections_acl_part *part = (const struct sections_acl_part *)(const void *)((const char *)values + parts[i].offset);
		struct why why = {""};
		regex_t regexp;
		if (!part->regexp.data)
			continue;
		if (pattern_open(&regexp, part->regexp, &why) == ERR_NONE)
			pattern_close(&regexp);
		else
			option_problem(p, parts[i].regexp, "is not a regular expression that can be used: %s", why.text);
	}
}

/* Rules that are asked for a number: with anything else it is as if they were not there. */
static void examine_number(const struct sections_access_clause *clause, struct option_problems *p)
{
	struct str rule = p->place->key;
	if (!str_is(rule, "max_user_sessions") && !str_is(rule, "max_user_offline_messages"))
		return;
	bool is_infinite = !clause->value.is_int && str_is(clause->value.name, "infinity");
	if (clause->value.is_int ? clause->value.number < 0 : clause->value.name.data && !is_infinite)
		option_warning(p, "value", "this rule is asked for a number of at least 0, or \"infinity\"");
}

/* "none": no shaper. */
static bool is_answer(const struct option_int_or_name *value, const struct option_problems *p)
{
	static const char *const words[] = {"allow", "deny", "infinity", "none"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_is(value->name, words[i]))
			return true;
	return value->is_int || !value->name.data || sections_name_is_defined(p, "shaper", value->name);
}

static void examine_clause(const void *values, struct option_problems *p)
{
	const struct sections_access_clause *clause = values;
	bool is_built_in = str_is(clause->acl, "all") || str_is(clause->acl, "none");
	if (!is_answer(&clause->value, p))
		option_warning(p, "value", "\"%.*s\" is no answer that a rule can give, and there is no shaper of that name",
			       STR_ARGS(clause->value.name));
	if (clause->acl.data && !is_built_in && !sections_name_is_defined(p, "acl", clause->acl))
		option_warning(p, "acl", "there is no acl of the name \"%.*s\": this never matches", STR_ARGS(clause->acl));
	examine_number(clause, p);
}

#define PART(name, what)                                                                                                             \
	{.key = #name, .type = OPTION_STRING, .offset = AT(name.text), .min = 1, .reload = OPTION_AT_ONCE, \
	 .help = "the " what ", which has to be this"}, \
	{.key = #name "_regexp", .type = OPTION_STRING, .offset = AT(name.regexp), .min = 1, .reload = OPTION_AT_ONCE,               \
	 .help = "a regular expression that is found in the " what, .example = "\"^admin\""},                                         \
	{.key = #name "_glob", .type = OPTION_STRING, .offset = AT(name.glob), .min = 1, .reload = OPTION_AT_ONCE,                   \
	 .help = "a pattern for the whole " what "; * is any text, ? any character", .example = "\"admin-*\""}

static const struct option pattern_options[] = {
	{.key = "match", .type = OPTION_ENUM, .offset = AT(match), .values = "current_domain|any_hosted_domain|all|none",
	 .preset = "\"current_domain\"", .reload = OPTION_AT_ONCE,
	 .help = "users of the domain that is asked for, of any domain of this server, everybody, or nobody"},
	PART(user, "part before the @"),
	PART(server, "domain"),
	PART(resource, "resource"),
	{0},
};

const struct option_table sections_acl_table = {
	.name = "acl",
	.size = sizeof(struct sections_acl_pattern),
	.options = pattern_options,
	.complete = complete_pattern,
	.examine = examine_pattern,
	.help = "Groups of users: each name has a list of patterns, any of which may match; all conditions of a pattern must. {} is every user "
		"of the domain. The names \"all\" and \"none\" are built in.",
};

#undef AT
#define AT(field) offsetof(struct sections_access_clause, field)

static const struct option clause_options[] = {
	{.key = "acl", .type = OPTION_NAME, .flags = OPTION_REQUIRED, .offset = AT(acl), .reload = OPTION_AT_ONCE,
	 .help = "a name of [acl], \"all\" or \"none\""},
	{.key = "value", .type = OPTION_INT_OR_NAME, .flags = OPTION_REQUIRED, .offset = AT(value), .reload = OPTION_AT_ONCE,
	 .help = "\"allow\", \"deny\", a number, \"infinity\" or the name of a shaper, as whoever asks the rule wants"},
	{0},
};

const struct option_table sections_access_table = {
	.name = "access",
	.size = sizeof(struct sections_access_clause),
	.options = clause_options,
	.examine = examine_clause,
	.help = "Rules: each name has a list of clauses; the first whose acl matches gives the value, none: deny. The rules \"all\" and \"none\" "
		"are built in.",
};

#undef AT
#define AT(field) offsetof(struct sections_shaper, field)

static const struct option shaper_options[] = {
	{.key = "max_rate", .type = OPTION_INT, .flags = OPTION_REQUIRED, .offset = AT(max_rate), .min = 1, .max = INT64_MAX,
	 .reload = OPTION_NEW_CONNECTIONS, .unit = "bytes/s",
	 .help = "how much is read in a second; as much may come at once", .example = "10_000"},
	{0},
};

const struct option_table sections_shaper_table = {
	.name = "shaper",
	.size = sizeof(struct sections_shaper),
	.options = shaper_options,
	.help = "Speed limits by name. Reading pauses until the rate is kept; nothing is lost.",
};
