#include "admin/graphql/graphql_request.h"

#include "admin/graphql/graphql_error.h"
#include "admin/graphql/graphql_parse.h"
#include "admin/graphql/graphql_validate.h"
#include "admin/graphql/graphql_value.h"

struct graphql_request graphql_request_copy(const struct graphql_request *from, struct arena *a)
{
	struct graphql_request r = *from;

	r.text = arena_str(a, from->text);
	r.operation_name = arena_str(a, from->operation_name);
	r.domain = arena_str(a, from->domain);
	r.caller = arena_str(a, from->caller);
	return r;
}

bool graphql_request_allows_category(const struct graphql_request *r, struct str category)
{
	const struct str *names = r->categories ? r->categories->items : NULL;

	for (size_t i = 0; r->categories && i < r->categories->count; i++)
		if (str_equal(names[i], category))
			return true;
	return !r->categories;
}

static void complain_of_kind(const struct graphql_operation *o, unsigned kinds, json_t **errors)
{
	if (o->kind == GRAPHQL_SUBSCRIPTION)
		graphql_error_add(errors, o->place, "subscription_elsewhere", "subscriptions are asked for at the path /sse below this one");
	else if (kinds == 1 << GRAPHQL_SUBSCRIPTION)
		graphql_error_add(errors, o->place, "not_a_subscription", "only a subscription can be asked for here");
	else
		graphql_error_add(errors, o->place, "not_a_query", "only a query can be asked for like this; use POST");
}

static const struct graphql_operation *choose_operation(const struct graphql_document *d, struct str name, json_t **errors)
{
	const struct graphql_operation *o = d->operations;

	if (!name.len && o->next) {
		graphql_error_add(errors, (struct graphql_place){0, 0}, "unknown_operation",
				  "there are several operations: operationName has to say which one");
		return NULL;
	}
	while (o && name.len && !str_equal(o->name, name))
		o = o->next;
	if (!o)
		graphql_error_add(errors, (struct graphql_place){0, 0}, "unknown_operation", "there is no operation %.*s", STR_ARGS(name));
	return o;
}

bool graphql_request_prepare(const struct graphql_request *r, unsigned kinds, struct arena *a, struct graphql_request_operation *out,
			     json_t **errors)
{
	struct graphql_place place;
	struct why why = {""};

	*out = (struct graphql_request_operation){.document = graphql_parse(r->text, a, &place, &why)};
	if (!out->document) {
		graphql_error_add(errors, place, "syntax_error", "%s", why.text);
		return false;
	}
	if (!graphql_validate(r->schema, out->document, a, errors))
		return false;
	out->operation = choose_operation(out->document, r->operation_name, errors);
	if (!out->operation)
		return false;
	if (!(kinds & 1u << out->operation->kind)) {
		complain_of_kind(out->operation, kinds, errors);
		return false;
	}
	return graphql_value_variables(r->schema, out->operation, r->variables, &out->variables, errors);
}
