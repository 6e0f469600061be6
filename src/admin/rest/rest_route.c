#include "admin/rest/rest_route.h"

#include "admin/operations.h"
#include "base/check.h"

/* Users may have one of their own under the name of an administrators' one. */
static const struct operation *find(const struct rest_route *r, const char *name)
{
	const struct operation *const *all = operations_all();

	if (!r->is_for_users)
		return operations_find(str_from(r->category), str_from(name));
	for (; *all; all++) {
		bool is_for_users = (*all)->permission == OPERATION_FOR_USER || (*all)->permission == OPERATION_FOR_USER_ONLY;

		if (is_for_users && !strcmp((*all)->category, r->category) && !strcmp((*all)->name, name))
			return *all;
	}
	return NULL;
}

const struct operation *rest_route_operation(const struct rest_route *r)
{
	return find(r, r->operation);
}

const struct operation *rest_route_first(const struct rest_route *r)
{
	return r->first ? find(r, r->first) : NULL;
}

bool rest_route_is_there(const struct rest_route *r, const struct option_list *groups)
{
	const struct str *names = groups->items;
	bool is_in_group = groups->count == 0;

	for (size_t i = 0; i < groups->count; i++)
		is_in_group = is_in_group || str_is(names[i], r->group);
	return is_in_group && rest_route_operation(r);
}

const struct operation_arg *rest_route_arg(const struct operation *o, const char *name)
{
	const struct operation_arg *arg = o->args;

	while (arg && arg->name && strcmp(arg->name, name))
		arg++;
	check(arg && arg->name);
	return arg;
}

bool rest_route_is_optional(const struct operation *o, const struct rest_part *part)
{
	return !part->is_needed && rest_route_arg(o, part->arg)->flags & OPERATION_OPTIONAL;
}

/* A segment of a path is decoded, but for its slashes and percent signs. */
static struct str decode_rest(struct str segment, struct arena *a)
{
	struct str out = arena_str(a, segment);
	char *to = (char *)(uintptr_t)out.data;

	out.len = 0;
	for (size_t i = 0; i < segment.len; i++) {
		struct str there = str_make(segment.data + i, segment.len - i);
		bool is_slash = str_starts_with(there, STR("%2F")), is_percent = str_starts_with(there, STR("%25"));

		to[out.len++] = is_slash ? '/' : segment.data[i];
		i += is_slash || is_percent ? 2 : 0;
	}
	return out;
}

static bool is_variable(struct str piece)
{
	return piece.len > 2 && piece.data[0] == '{' && piece.data[piece.len - 1] == '}';
}

/* The variables are those of the path that fits. */
static bool fits(const char *template, struct str path, struct arena *a, struct rest_match *m)
{
	struct str pattern = str_from(template);

	m->variable_count = 0;
	while (pattern.data && path.data) {
		struct str piece = str_split(pattern, '/', &pattern), segment = str_split(path, '/', &path);

		if (!is_variable(piece)) {
			if (!str_equal(piece, segment))
				return false;
			continue;
		}
		if (segment.len == 0)
			return false;
		check(m->variable_count < REST_VARIABLES_MAX);
		m->variables[m->variable_count++] = (struct rest_variable){str_make(piece.data + 1, piece.len - 2), decode_rest(segment, a)};
	}
	return !pattern.data && !path.data;
}

struct rest_match rest_route_find(const struct rest_route *routes, const struct option_list *groups, enum handler_method method, struct str path,
				  struct arena *a)
{
	struct rest_match m = {0}, found = {0};

	if (path.len > 1 && path.data[path.len - 1] == '/')
		path.len--;
	for (const struct rest_route *r = routes; r->path; r++) {
		if (!fits(r->path, path, a, &m) || !rest_route_is_there(r, groups))
			continue;
		found.methods |= (unsigned)r->method;
		if (r->method != method)
			continue;
		m.route = r;
		m.operation = rest_route_operation(r);
		m.methods = found.methods;
		found = m;
	}
	return found;
}
