#include "admin/graphql/graphql_execute.h"

#include <stdlib.h>
#include <string.h>

#include "admin/graphql/graphql_complete.h"
#include "admin/graphql/graphql_error.h"
#include "admin/graphql/graphql_introspect.h"
#include "admin/graphql/graphql_value.h"
#include "base/mem.h"

/* A request under way. */
struct run {
	struct graphql_request request;
	struct arena arena;
	void (*on_done)(void *context, bool is_valid, json_t *reply);
	void *context;
	struct graphql_collector collector;
	const struct graphql_type *root;
	json_t *variables, *data, *errors;
	struct graphql_group *field; /* of the root: the present one */
	struct graphql_group *call;  /* of a category: the present one */
	const struct graphql_type *category_type;
	json_t *category; /* what its calls have answered */
	int calls;
	json_t *reply; /* of the present call */
	struct letter letter;
};

static struct str key_of(const struct graphql_group *g)
{
	return g->fields[0]->key;
}

static void put(json_t *object, const struct graphql_group *g, json_t *value)
{
	json_object_setn_new(object, key_of(g).data, key_of(g).len, value);
}

/* ---- the end ---- */

static void finish(struct run *run, bool is_valid)
{
	json_t *reply = json_object();

	/* §7.1: errors first, so that they are seen. */
	if (run->errors)
		json_object_set_new(reply, "errors", run->errors);
	if (run->data)
		json_object_set_new(reply, "data", run->data);
	run->on_done(run->context, is_valid, reply);
	json_decref(run->variables);
	arena_fini(&run->arena);
	free(run);
}

/* ---- errors of a field ---- */

static json_t *text_of(struct str s)
{
	return json_stringn(s.data, s.len);
}

/* Where in the answer the field is: the last error is about it. */
static void set_path(struct run *run, const struct graphql_group *g)
{
	json_t *error = json_array_get(run->errors, json_array_size(run->errors) - 1), *path = json_array();

	if (g != run->field)
		json_array_append_new(path, text_of(key_of(run->field)));
	json_array_append_new(path, text_of(key_of(g)));
	json_object_set_new(error, "path", path);
}

static void refuse(struct run *run, const struct graphql_group *g, const char *code, const char *message)
{
	graphql_error_add(&run->errors, g->fields[0]->place, code, "%s", message);
	set_path(run, g);
}

/* What an operation has complained about. */
static void take_errors(struct run *run, const json_t *errors)
{
	for (size_t i = 0; i < json_array_size(errors); i++) {
		const json_t *error = json_array_get(errors, i);
		const char *code = json_string_value(json_object_get(json_object_get(error, "extensions"), "code"));

		refuse(run, run->call, code ? code : "internal", json_string_value(json_object_get(error, "message")));
	}
}

/* ---- calls ---- */

static void step(struct run *run);

static void take_reply(struct run *run)
{
	const struct graphql_field *f = graphql_schema_field(run->request.schema, run->category_type, run->call->fields[0]->name);
	const json_t *errors = json_object_get(run->reply, "errors");
	const json_t *category = json_object_get(json_object_get(run->reply, "data"), f->operation->category);
	json_t *value = graphql_complete(&run->collector, json_object_get(category, f->operation->name), f->type, run->call);

	if (errors)
		take_errors(run, errors);
	put(run->category, run->call, value);
	json_decref(run->reply);
	run->reply = NULL;
	run->call = run->call->next;
}

static void on_letter(struct letter *l)
{
	struct run *run = container_of(l, struct run, letter);

	take_reply(run);
	step(run);
}

/* On any thread. */
static void on_reply(void *context, json_t *reply)
{
	struct run *run = context;

	run->reply = reply;
	run->letter.run = on_letter;
	mailbox_post(run->request.home, &run->letter);
}

/* False: the call is refused already. */
static bool start_call(struct run *run, const struct graphql_field *f)
{
	const struct graphql_request *r = &run->request;
	json_t *arguments;

	if (++run->calls > GRAPHQL_EXECUTE_CALLS_MAX) {
		refuse(run, run->call, "too_complex", "there are too many operations in one request");
		return false;
	}
	if (!r->is_authorized) {
		refuse(run, run->call, "no_permissions", "this needs credentials");
		return false;
	}
	if (!graphql_value_arguments(f, run->call->fields[0], run->variables, &arguments, &run->errors)) {
		set_path(run, run->call);
		return false;
	}
	operations_start(r->realm, &(struct operations_request){.operation = f->operation,
								.role = r->role,
								.domain = r->domain,
								.caller = r->caller,
								.args = arguments,
								.on_reply = on_reply,
								.context = run});
	json_decref(arguments);
	return true;
}

/* False: it is done; true: the answer comes later. */
static bool answer_call(struct run *run)
{
	struct str name = run->call->fields[0]->name;

	if (str_is(name, "__typename")) {
		put(run->category, run->call, text_of(run->category_type->name));
		return false;
	}
	if (start_call(run, graphql_schema_field(run->request.schema, run->category_type, name)))
		return true;
	put(run->category, run->call, json_null());
	return false;
}

/* ---- fields of the root ---- */

static const char *auth_type(const struct graphql_request *r)
{
	if (!r->is_authorized)
		return "UNAUTHORIZED";
	return r->role == OPERATIONS_DOMAIN_ADMIN ? "DOMAIN_ADMIN" : "ADMIN";
}

static json_t *check_auth(struct run *run, const struct graphql_type *t)
{
	const struct graphql_request *r = &run->request;
	json_t *info = json_pack("{s:s, s:s}", "authStatus", r->is_authorized ? "AUTHORIZED" : "UNAUTHORIZED", "authType", auth_type(r)), *out;

	if (r->is_authorized && r->role == OPERATIONS_DOMAIN_ADMIN)
		json_object_set_new(info, "domain", text_of(r->domain));
	if (r->is_authorized && r->role == OPERATIONS_USER)
		json_object_set_new(info, "username", text_of(r->caller));
	out = graphql_complete(&run->collector, info, t, run->field);
	json_decref(info);
	return out;
}

static json_t *introspect(struct run *run, const struct graphql_field *f)
{
	struct graphql_introspection i = {run->request.schema, &run->collector, GRAPHQL_INTROSPECT_VALUES_MAX};
	json_t *arguments, *out;

	if (str_is(f->name, "__schema")) {
		out = graphql_introspect_schema(&i, run->field);
	} else {
		if (!graphql_value_arguments(f, run->field->fields[0], run->variables, &arguments, &run->errors))
			return json_null();
		out = graphql_introspect_type(&i, str_from(json_string_value(json_object_get(arguments, "name"))), run->field);
		json_decref(arguments);
	}
	if (i.values == 0)
		refuse(run, run->field, "too_complex", "the answer would be too large, and is not complete");
	return out;
}

/* What is no category; NULL: it is one. */
static json_t *answer_field(struct run *run, const struct graphql_field *f)
{
	if (str_is(f->name, "__typename"))
		return text_of(run->root->name);
	if (str_starts_with(f->name, STR("__")))
		return introspect(run, f);
	return str_is(f->name, "checkAuth") ? check_auth(run, f->type) : NULL;
}

static void enter_category(struct run *run, const struct graphql_field *f)
{
	if (!graphql_request_allows_category(&run->request, f->name)) {
		graphql_error_add(&run->errors, run->field->fields[0]->place, "category_disabled", "the category %.*s is disabled here",
				  STR_ARGS(f->name));
		set_path(run, run->field);
		put(run->data, run->field, json_null());
		run->field = run->field->next;
		return;
	}
	run->category_type = f->type;
	run->category = json_object();
	run->call = graphql_collect(&run->collector, run->field);
}

static void enter_field(struct run *run)
{
	const struct graphql_field *f = graphql_schema_field(run->request.schema, run->root, run->field->fields[0]->name);
	json_t *value = answer_field(run, f);

	if (!value) {
		enter_category(run, f);
		return;
	}
	put(run->data, run->field, value);
	run->field = run->field->next;
}

static void leave_category(struct run *run)
{
	put(run->data, run->field, run->category);
	run->category = NULL;
	run->field = run->field->next;
}

/* Until an answer has to be waited for, or all is there. */
static void step(struct run *run)
{
	while (run->field) {
		if (!run->category)
			enter_field(run);
		else if (!run->call)
			leave_category(run);
		else if (answer_call(run))
			return;
		else
			run->call = run->call->next;
	}
	finish(run, true);
}

/* ---- the beginning ---- */

static bool prepare(struct run *run, bool is_read_only)
{
	unsigned kinds = is_read_only ? 1 << GRAPHQL_QUERY : 1 << GRAPHQL_QUERY | 1 << GRAPHQL_MUTATION;
	const struct graphql_schema *schema = run->request.schema;
	struct graphql_request_operation o;
	bool is_good = graphql_request_prepare(&run->request, kinds, &run->arena, &o, &run->errors);

	run->variables = o.variables;
	if (!is_good)
		return false;
	run->root = o.operation->kind == GRAPHQL_MUTATION ? schema->mutation : schema->query;
	run->collector = (struct graphql_collector){o.document, &run->arena, run->variables, GRAPHQL_BUDGET};
	run->data = json_object();
	run->field = graphql_collect_root(&run->collector, o.operation);
	return true;
}

static void on_first_letter(struct letter *l)
{
	step(container_of(l, struct run, letter));
}

void graphql_execute(const struct graphql_request *r, bool is_read_only, void (*on_done)(void *context, bool is_valid, json_t *reply), void *context)
{
	struct run *run = mem_new(sizeof(*run));

	*run = (struct run){.on_done = on_done, .context = context};
	arena_init(&run->arena, 1 << 12);
	run->request = graphql_request_copy(r, &run->arena);
	if (!prepare(run, is_read_only)) {
		finish(run, false);
		return;
	}
	run->letter.run = on_first_letter;
	mailbox_post(r->home, &run->letter);
}
