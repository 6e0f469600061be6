#include "conf/access.h"

#include "conf/access_rules.h"
#include "conf/pattern.h"

static bool part_holds(const struct access_rules_part *part, struct str text)
{
	if (part->text.data && !str_equal(part->text, text))
		return false;
	if (part->glob.data && !pattern_glob_matches(part->glob, text))
		return false;
	return !part->has_regexp || pattern_matches(&part->regexp, text);
}

static bool is_hosted(const struct access_rules *rules, struct str domain)
{
	for (size_t i = 0; i < rules->host_count; i++) {
		if (str_equal(rules->hosts[i], domain))
			return true;
	}
	return false;
}

static bool match_holds(const struct access_rules *rules, enum sections_acl_match match, const struct access_subject *who)
{
	switch (match) {
	case SECTIONS_MATCH_ALL:
		return true;
	case SECTIONS_MATCH_NONE:
		return false;
	case SECTIONS_MATCH_ANY_HOSTED_DOMAIN:
		return is_hosted(rules, who->server);
	case SECTIONS_MATCH_CURRENT_DOMAIN:
		break;
	}
	/* A question on behalf of no host in particular. */
	if (who->current_domain.len == 0)
		return is_hosted(rules, who->server);
	return str_equal(who->server, who->current_domain);
}

static bool acl_matches(const struct access_rules *rules, const struct access_rules_acl *acl, const struct access_subject *who)
{
	for (size_t i = 0; i < acl->count; i++) {
		const struct access_rules_pattern *pattern = &acl->patterns[i];
		if (match_holds(rules, pattern->match, who) && part_holds(&pattern->user, who->user) &&
		    part_holds(&pattern->server, who->server) && part_holds(&pattern->resource, who->resource))
			return true;
	}
	return false;
}

static bool clause_matches(const struct access_rules *rules, const struct access_rules_clause *clause, const struct access_subject *who)
{
	if (str_is(clause->acl, "all"))
		return true;
	return !str_is(clause->acl, "none") && clause->found && acl_matches(rules, clause->found, who);
}

static const struct access_rules_rule *find_rule(const struct access_rules *rules, struct str name)
{
	for (size_t i = 0; i < rules->rule_count; i++) {
		if (str_equal(rules->rules[i].name, name))
			return &rules->rules[i];
	}
	return NULL;
}

struct access_value access_ask(const struct access_rules *rules, struct str rule, const struct access_subject *who)
{
	const struct access_value deny = {.kind = ACCESS_DENY}, allow = {.kind = ACCESS_ALLOW};
	if (str_is(rule, "all"))
		return allow;
	const struct access_rules_rule *found = str_is(rule, "none") ? NULL : find_rule(rules, rule);
	for (size_t i = 0; found && i < found->count; i++) {
		if (clause_matches(rules, &found->clauses[i], who))
			return found->clauses[i].value;
	}
	return deny;
}

bool access_allows(const struct access_rules *rules, struct str rule, const struct access_subject *who)
{
	return access_ask(rules, rule, who).kind == ACCESS_ALLOW;
}

bool access_rule_exists(const struct access_rules *rules, struct str rule)
{
	return str_is(rule, "all") || str_is(rule, "none") || find_rule(rules, rule);
}

bool access_shaper_rate(const struct access_rules *rules, struct str name, int64_t *bytes_per_second_out)
{
	for (size_t i = 0; i < rules->shaper_count; i++) {
		if (str_equal(rules->shapers[i].name, name)) {
			*bytes_per_second_out = rules->shapers[i].max_rate;
			return true;
		}
	}
	return false;
}

bool access_shaper_for(const struct access_rules *rules, struct str name, const struct access_subject *who, int64_t *bytes_per_second_out)
{
	if (str_is(name, "none"))
		return false;
	if (access_shaper_rate(rules, name, bytes_per_second_out))
		return true;
	struct access_value value = access_ask(rules, name, who);
	return value.kind == ACCESS_NAME && access_shaper_rate(rules, value.name, bytes_per_second_out);
}
