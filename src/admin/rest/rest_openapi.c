/* https://spec.openapis.org/oas/v3.0.3 */
#include "admin/rest/rest_openapi.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "admin/rest/rest_arguments.h"
#include "base/buf.h"
#include "http/status.h"

static json_t *text_of(struct str s)
{
	return json_stringn(s.data, s.len);
}

/* ---- schemas ---- */

static json_t *scalar(const char *type, const char *format)
{
	return format ? json_pack("{s:s, s:s}", "type", type, "format", format) : json_pack("{s:s}", "type", type);
}

static json_t *one_of(const char *values)
{
	struct str rest = str_from(values);
	json_t *list = json_array();

	while (rest.data)
		json_array_append_new(list, text_of(str_split(rest, '|', &rest)));
	return json_pack("{s:s, s:o}", "type", "string", "enum", list);
}

static json_t *list_of(json_t *item)
{
	return json_pack("{s:s, s:o}", "type", "array", "items", item);
}

/* Types are tables of ours, and end. */
static json_t *of_type(const struct operation_type *t);

static json_t *of_fields(const struct operation_field *fields)
{
	json_t *properties = json_object();

	for (; fields->name; fields++) {
		json_t *schema = of_type(fields->type);

		json_object_set_new(schema, "description", json_string(fields->help));
		json_object_set_new(properties, fields->name, schema);
	}
	return json_pack("{s:s, s:o}", "type", "object", "properties", properties);
}

static json_t *of_type(const struct operation_type *t)
{
	if (t->item)
		return list_of(of_type(t->item));
	if (t->fields)
		return of_fields(t->fields);
	if (t->values)
		return one_of(t->values);
	if (t == &operation_type_int || t == &operation_type_long)
		return scalar("integer", t == &operation_type_int ? "int32" : "int64");
	return scalar(t == &operation_type_boolean ? "boolean" : "string", t == &operation_type_jid ? "jid" : NULL);
}

static json_t *of_inputs(const struct operation_arg *inputs);

static json_t *of_one_arg(const struct operation_arg *arg)
{
	switch (arg->type) {
	case OPERATION_INT:
	case OPERATION_NUMBER:
	case OPERATION_INDEX:
		return scalar("integer", "int64");
	case OPERATION_BOOL:
		return scalar("boolean", NULL);
	case OPERATION_ENUM:
		return one_of(arg->of->values);
	case OPERATION_JID:
	case OPERATION_USER:
	case OPERATION_BARE_JID:
	case OPERATION_FULL_JID:
		return scalar("string", "jid");
	case OPERATION_DOMAIN:
		return scalar("string", "hostname");
	case OPERATION_SECRET:
		return scalar("string", "password");
	case OPERATION_INPUT:
		return of_inputs(arg->of->inputs);
	case OPERATION_TIME:
		return scalar("string", "date-time");
	default:
		return scalar("string", NULL);
	}
}

static json_t *of_arg(const struct operation_arg *arg)
{
	json_t *one = of_one_arg(arg);

	return arg->flags & OPERATION_LIST ? list_of(one) : one;
}

static json_t *of_inputs(const struct operation_arg *inputs)
{
	json_t *properties = json_object();

	for (; inputs->name; inputs++)
		json_object_set_new(properties, inputs->name, of_arg(inputs));
	return json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties, "additionalProperties", 0);
}

/* ---- what a request has ---- */

static json_t *of_part(const struct operation *o, const struct rest_part *part)
{
	struct arena a;
	json_t *schema;

	arena_init(&a, 0);
	schema = part->words ? one_of(rest_arguments_words(part, &a)) : of_arg(rest_route_arg(o, part->arg));
	arena_fini(&a);
	return schema;
}

/* A part of the path that is an argument by itself has its description. */
static json_t *variable(const struct rest_route *r, const struct operation *o, struct str name)
{
	const struct rest_part *part = r->parts;
	char template[64];

	snprintf(template, sizeof(template), "{%.*s}", STR_ARGS(name));
	while (part && part->arg && (part->place != REST_PATH || strcmp(part->name, template)))
		part++;
	json_t *schema = part && part->arg ? of_part(o, part) : scalar("string", NULL);
	json_t *out = json_pack("{s:o, s:s, s:b, s:o}", "name", text_of(name), "in", "path", "required", 1, "schema", schema);

	if (part && part->arg)
		json_object_set_new(out, "description", json_string(rest_route_arg(o, part->arg)->help));
	return out;
}

static json_t *parameters(const struct rest_route *r, const struct operation *o)
{
	json_t *list = json_array();
	struct str rest = str_from(r->path);

	while (rest.data) {
		str_split(rest, '{', &rest);
		if (rest.data)
			json_array_append_new(list, variable(r, o, str_split(rest, '}', &rest)));
	}
	for (const struct rest_part *p = r->parts; p && p->arg; p++) {
		const struct operation_arg *arg = p->place == REST_QUERY ? rest_route_arg(o, p->arg) : NULL;

		if (arg)
			json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", p->name, "in", "query", "required",
							      !rest_route_is_optional(o, p), "description", arg->help, "schema",
							      of_part(o, p)));
	}
	return list;
}

static json_t *body(const struct rest_route *r, const struct operation *o)
{
	json_t *properties = json_object(), *required = json_array(), *schema;

	for (const struct rest_part *p = r->parts; p->arg; p++) {
		const struct operation_arg *arg = rest_route_arg(o, p->arg);
		json_t *one;

		if (p->place != REST_BODY)
			continue;
		one = of_part(o, p);
		json_object_set_new(one, "description", json_string(arg->help));
		json_object_set_new(properties, p->name, one);
		if (!rest_route_is_optional(o, p))
			json_array_append_new(required, json_string(p->name));
	}
	schema = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties, "additionalProperties", 0);
	if (json_array_size(required))
		json_object_set(schema, "required", required);
	json_decref(required);
	return json_pack("{s:b, s:{s:{s:o}}}", "required", 1, "content", "application/json", "schema", schema);
}

/* ---- what it is answered ---- */

static json_t *of_members(const struct operation_type *object, const char *names)
{
	struct str rest = str_from(names);
	json_t *properties = json_object();

	while (rest.data) {
		struct str name = str_split(rest, ' ', &rest);
		const struct operation_field *f = object ? object->fields : NULL;

		while (f && f->name && !str_is(name, f->name))
			f++;
		json_object_setn_new(properties, name.data, name.len, f && f->name ? of_type(f->type) : scalar("string", NULL));
	}
	return json_pack("{s:s, s:o}", "type", "object", "properties", properties);
}

static json_t *value_of_metric(void)
{
	return json_pack("{s:s, s:{s:o}}", "type", "object", "properties", "value", scalar("integer", "int64"));
}

static json_t *of_answer(const struct rest_route *r, const struct operation *o)
{
	json_t *text = scalar("string", NULL), *out = NULL;

	switch (r->shape) {
	case REST_NOTHING:
		break;
	case REST_WHOLE:
		out = of_type(o->type);
		break;
	case REST_MEMBER:
		out = json_incref(text);
		break;
	case REST_EACH:
		out = list_of(json_incref(text));
		break;
	case REST_OBJECTS:
		out = list_of(of_members(o->type->item, r->members));
		break;
	case REST_LEFT:
		out = json_pack("{s:s, s:{s:o}}", "type", "object", "properties", r->members, list_of(scalar("string", "jid")));
		break;
	case REST_METRIC_NAMES:
		out = json_pack("{s:s, s:{s:o, s:o, s:o}}", "type", "object", "properties", "host_types", list_of(json_incref(text)), "metrics",
				list_of(json_incref(text)), "global", list_of(json_incref(text)));
		break;
	case REST_METRIC_VALUES:
		out = json_pack("{s:s, s:{s:{s:s, s:o}}}", "type", "object", "properties", "metrics", "type", "object", "additionalProperties",
				value_of_metric());
		break;
	case REST_METRIC:
		out = json_pack("{s:s, s:{s:o}}", "type", "object", "properties", "metric", value_of_metric());
		break;
	}
	json_decref(text);
	return out;
}

static void add_response(json_t *responses, int status, const char *type, json_t *schema)
{
	char code[16];
	json_t *one = json_pack("{s:s}", "description", status ? status_text(status) : "Refused: the text says why");

	snprintf(code, sizeof(code), "%d", status);
	if (schema)
		json_object_set_new(one, "content", json_pack("{s:{s:o}}", type, "schema", schema));
	json_object_set_new(responses, status ? code : "default", one);
}

static json_t *responses(const struct rest_openapi *api, const struct rest_route *r, const struct operation *o)
{
	const char *json = "application/json";
	json_t *list = json_object();

	if (operation_is_subscription(o))
		add_response(list, r->status, "text/event-stream", scalar("string", NULL));
	else
		add_response(list, r->status, json, of_answer(r, o));
	if (r->parts)
		add_response(list, 400, json, scalar("string", NULL));
	if (api->has_credentials)
		add_response(list, 401, json, NULL);
	if (r->absent_status != 400)
		add_response(list, r->absent_status ? r->absent_status : 404, json, scalar("string", NULL));
	add_response(list, 0, json, scalar("string", NULL));
	return list;
}

/* ---- the whole ---- */

static const char *name_of(enum handler_method m)
{
	switch (m) {
	case HANDLER_POST:
		return "post";
	case HANDLER_PUT:
		return "put";
	case HANDLER_DELETE:
		return "delete";
	default:
		return "get";
	}
}

/* "getUsersDomain". */
static json_t *operation_id(const struct rest_route *r)
{
	struct buf text;
	bool is_first = false;
	json_t *id;

	buf_init(&text);
	buf_append_text(&text, name_of(r->method));
	for (const char *c = r->path; *c; c++) {
		bool is_part = isalnum((unsigned char)*c) != 0;

		if (is_part)
			buf_append_char(&text, (char)(is_first ? toupper((unsigned char)*c) : *c));
		is_first = !is_part;
	}
	id = text_of(buf_str(&text));
	buf_fini(&text);
	return id;
}

static json_t *of_route(const struct rest_openapi *api, const struct rest_route *r)
{
	const struct operation *o = rest_route_operation(r);
	json_t *out = json_pack("{s:o, s:s, s:[s], s:o, s:o}", "operationId", operation_id(r), "summary", r->help, "tags", r->group, "parameters",
				parameters(r, o), "responses", responses(api, r, o));

	if (rest_arguments_have_body(r))
		json_object_set_new(out, "requestBody", body(r, o));
	return out;
}

json_t *rest_openapi_make(const struct rest_openapi *api)
{
	json_t *paths = json_object(), *out;

	for (const struct rest_route *r = api->routes; r->path; r++) {
		if (!rest_route_is_there(r, api->groups))
			continue;
		if (!json_object_get(paths, r->path))
			json_object_set_new(paths, r->path, json_object());
		json_object_set_new(json_object_get(paths, r->path), name_of(r->method), of_route(api, r));
	}
	out = json_pack("{s:s, s:{s:s, s:s}, s:[{s:o}], s:o}", "openapi", "3.0.3", "info", "title", api->title, "version", MEERKAT_VERSION, "servers",
			"url", api->path.len ? text_of(api->path) : json_string("/"), "paths", paths);
	if (api->has_credentials) {
		json_object_set_new(out, "components",
				    json_pack("{s:{s:{s:s, s:s}}}", "securitySchemes", "basic", "type", "http", "scheme", "basic"));
		json_object_set_new(out, "security", json_pack("[{s:[]}]", "basic"));
	}
	return out;
}
