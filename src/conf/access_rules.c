#include "conf/access_rules.h"

#include "base/check.h"
#include "conf/pattern.h"

static struct access_rules_part make_part(const struct sections_acl_part *from)
{
	struct access_rules_part part = {.text = from->text, .glob = from->glob, .has_regexp = from->regexp.data != NULL};
	if (part.has_regexp)
		check(pattern_open(&part.regexp, from->regexp, NULL) == ERR_NONE);
	return part;
}

static void add_patterns(struct access_rules_acl *acl, const struct option_list *from)
{
	const struct sections_acl_pattern *patterns = from->items;
	for (size_t i = 0; i < from->count; i++)
		acl->patterns[acl->count++] = (struct access_rules_pattern){
			.match = (enum sections_acl_match)patterns[i].match,
			.user = make_part(&patterns[i].user),
			.server = make_part(&patterns[i].server),
			.resource = make_part(&patterns[i].resource),
		};
}

static const struct option_list *find_list(const struct option_list *named, struct str name)
{
	static const struct option_list none;
	const struct option_named_list *items = named->items;
	for (size_t i = 0; i < named->count; i++) {
		if (str_equal(items[i].name, name))
			return &items[i].items;
	}
	return &none;
}

/* The names of both lists, each once, those of the first list first. */
static size_t merge_names(struct arena *a, const struct option_list *first, const struct option_list *second, struct str **out)
{
	const struct option_named_list *x = first->items, *y = second->items;
	struct str *names = arena_alloc_array(a, first->count + second->count, sizeof *names);
	size_t count = 0;
	for (size_t i = 0; i < first->count; i++)
		names[count++] = x[i].name;
	for (size_t i = 0; i < second->count; i++) {
		if (!find_list(first, y[i].name)->items)
			names[count++] = y[i].name;
	}
	*out = names;
	return count;
}

/* A pattern of the host or a global one may match. */
static void make_acls(struct access_rules *r, struct arena *a, const struct access_rules_source *from)
{
	struct str *names;
	r->acl_count = merge_names(a, &from->host_acl, &from->acl, &names);
	r->acls = arena_alloc_array(a, r->acl_count, sizeof *r->acls);
	for (size_t i = 0; i < r->acl_count; i++) {
		const struct option_list *own = find_list(&from->host_acl, names[i]), *global = find_list(&from->acl, names[i]);
		r->acls[i] = (struct access_rules_acl){.name = names[i]};
		r->acls[i].patterns = arena_alloc_array(a, own->count + global->count, sizeof *r->acls[i].patterns);
		add_patterns(&r->acls[i], own);
		add_patterns(&r->acls[i], global);
	}
}

static struct access_value make_value(const struct option_int_or_name *from)
{
	if (from->is_int)
		return (struct access_value){.kind = ACCESS_NUMBER, .number = from->number};
	if (str_is(from->name, "infinity"))
		return (struct access_value){.kind = ACCESS_NUMBER, .number = OPTION_INFINITY};
	if (str_is(from->name, "allow"))
		return (struct access_value){.kind = ACCESS_ALLOW};
	if (str_is(from->name, "deny"))
		return (struct access_value){.kind = ACCESS_DENY};
	return (struct access_value){.kind = ACCESS_NAME, .name = from->name};
}

static const struct access_rules_acl *find_acl(const struct access_rules *r, struct str name)
{
	for (size_t i = 0; i < r->acl_count; i++) {
		if (str_equal(r->acls[i].name, name))
			return &r->acls[i];
	}
	return NULL;
}

static size_t add_clauses(const struct access_rules *r, struct access_rules_clause *clauses, const struct option_list *from)
{
	const struct sections_access_clause *items = from->items;
	for (size_t i = 0; i < from->count; i++)
		clauses[i] = (struct access_rules_clause){items[i].acl, find_acl(r, items[i].acl), make_value(&items[i].value)};
	return from->count;
}

/* The clauses of the host come before the global ones. */
static void make_rules(struct access_rules *r, struct arena *a, const struct access_rules_source *from)
{
	struct str *names;
	r->rule_count = merge_names(a, &from->host_access, &from->access, &names);
	struct access_rules_rule *rules = arena_alloc_array(a, r->rule_count, sizeof *rules);
	for (size_t i = 0; i < r->rule_count; i++) {
		const struct option_list *own = find_list(&from->host_access, names[i]), *global = find_list(&from->access, names[i]);
		struct access_rules_clause *clauses = arena_alloc_array(a, own->count + global->count, sizeof *clauses);
		size_t count = add_clauses(r, clauses, own);
		count += add_clauses(r, clauses + count, global);
		rules[i] = (struct access_rules_rule){names[i], clauses, count};
	}
	r->rules = rules;
}

struct access_rules *access_rules_make(struct arena *a, const struct access_rules_source *from)
{
	struct access_rules *r = arena_alloc(a, sizeof *r);
	r->hosts = from->hosts.items;
	r->host_count = from->hosts.count;
	r->shapers = from->shapers.items;
	r->shaper_count = from->shapers.count;
	make_acls(r, a, from);
	make_rules(r, a, from);
	return r;
}

static void fini_part(struct access_rules_part *part)
{
	if (part->has_regexp)
		pattern_close(&part->regexp);
	part->has_regexp = false;
}

void access_rules_fini(struct access_rules *r)
{
	for (size_t i = 0; i < r->acl_count; i++) {
		for (size_t j = 0; j < r->acls[i].count; j++) {
			fini_part(&r->acls[i].patterns[j].user);
			fini_part(&r->acls[i].patterns[j].server);
			fini_part(&r->acls[i].patterns[j].resource);
		}
	}
}
