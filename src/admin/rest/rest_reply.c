#include "admin/rest/rest_reply.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static struct str json_str(const json_t *v)
{
	return json_is_string(v) ? str_make(json_string_value(v), json_string_length(v)) : STR_NONE;
}

/* ---- members ---- */

static json_t *in_lower_case(const json_t *value)
{
	struct str s = json_str(value);
	struct buf text;
	json_t *out;

	buf_init(&text);
	for (size_t i = 0; i < s.len; i++)
		buf_append_char(&text, (char)tolower((unsigned char)s.data[i]));
	out = json_stringn(text.data ? text.data : "", text.len);
	buf_fini(&text);
	return out;
}

static const struct operation_type *type_of_member(const struct operation_type *object, const char *name)
{
	const struct operation_field *f = object ? object->fields : NULL;

	while (f && f->name && strcmp(f->name, name))
		f++;
	return f && f->name ? f->type : NULL;
}

static json_t *member(const json_t *object, const struct operation_type *type, struct str name)
{
	char text[64];
	const struct operation_type *of;
	json_t *value;

	snprintf(text, sizeof(text), "%.*s", STR_ARGS(name));
	value = json_object_get(object, text);
	of = type_of_member(type, text);
	if (!value)
		return json_null();
	return of && of->values && json_is_string(value) ? in_lower_case(value) : json_incref(value);
}

static json_t *members(const json_t *object, const struct operation_type *type, const char *names)
{
	struct str rest = str_from(names);
	json_t *out = json_object();

	while (rest.data) {
		struct str name = str_split(rest, ' ', &rest);

		json_object_setn_new(out, name.data, name.len, member(object, type, name));
	}
	return out;
}

static json_t *of_each(const struct rest_match *m, const json_t *list)
{
	const struct operation_type *type = m->operation->type ? m->operation->type->item : NULL;
	json_t *out = json_array();

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		json_array_append_new(out, m->route->shape == REST_EACH ? member(one, type, str_from(m->route->members))
									 : members(one, type, m->route->members));
	}
	return out;
}

/* What was not done has null in its place. */
static json_t *what_is_left(const struct rest_match *m, const json_t *done, const json_t *asked)
{
	json_t *left = json_array();

	for (size_t i = 0; i < json_array_size(asked); i++)
		if (json_is_null(json_array_get(done, i)))
			json_array_append(left, json_array_get(asked, i));
	return json_pack("{s:o}", m->route->members, left);
}

/* ---- metrics ---- */

/* What has labels is there once for each of them: name{label="..."}. */
static void metric_name(const json_t *metric, struct buf *out)
{
	struct str labels = json_str(json_object_get(metric, "labels"));

	buf_append_str(out, json_str(json_object_get(metric, "name")));
	if (labels.len)
		buf_printf(out, "{%.*s}", STR_ARGS(labels));
}

static json_t *metric_value(const json_t *metric)
{
	return json_pack("{s:O}", "value", json_object_get(metric, "value"));
}

static json_t *metric_names(const json_t *metrics, const json_t *hosts)
{
	json_t *names = json_array(), *out = json_object();

	for (size_t i = 0; i < json_array_size(metrics); i++) {
		struct buf name;

		buf_init(&name);
		metric_name(json_array_get(metrics, i), &name);
		json_array_append_new(names, json_stringn(name.data, name.len));
		buf_fini(&name);
	}
	json_object_set(out, "host_types", (json_t *)hosts);
	json_object_set(out, "metrics", names);
	json_object_set_new(out, "global", names);
	return out;
}

static json_t *metric_values(const json_t *metrics)
{
	json_t *values = json_object(), *out = json_object();

	for (size_t i = 0; i < json_array_size(metrics); i++) {
		struct buf name;

		buf_init(&name);
		metric_name(json_array_get(metrics, i), &name);
		json_object_setn_new(values, name.data, name.len, metric_value(json_array_get(metrics, i)));
		buf_fini(&name);
	}
	json_object_set_new(out, "metrics", values);
	return out;
}

/* The one whose name is that of the path; the operation searches by how names begin. */
static json_t *one_metric(const struct rest_match *m, const json_t *metrics)
{
	struct str wanted = m->variables[0].value;
	json_t *found = NULL;

	for (size_t i = 0; i < json_array_size(metrics) && !found; i++) {
		struct buf name;

		buf_init(&name);
		metric_name(json_array_get(metrics, i), &name);
		if (str_equal(buf_str(&name), wanted))
			found = json_pack("{s:o}", "metric", metric_value(json_array_get(metrics, i)));
		buf_fini(&name);
	}
	return found;
}

/* ---- the reply ---- */

static json_t *shape(const struct rest_match *m, json_t *data, const json_t *args, const json_t *hosts)
{
	switch (m->route->shape) {
	case REST_NOTHING:
		return NULL;
	case REST_WHOLE:
		return json_incref(data);
	case REST_MEMBER:
		return member(data, m->operation->type, str_from(m->route->members));
	case REST_EACH:
	case REST_OBJECTS:
		return of_each(m, data);
	case REST_LEFT:
		return what_is_left(m, data, json_object_get(args, "contacts"));
	case REST_METRIC_NAMES:
		return metric_names(data, hosts);
	case REST_METRIC_VALUES:
		return metric_values(data);
	case REST_METRIC:
		return one_metric(m, data);
	}
	return NULL;
}

/* The codes of operation_fail(). */
static int status_of(const struct rest_route *r, struct str code)
{
	static const struct {
		const char *code;
		int status;
	} statuses[] = {
		{"internal", 500},	 {"not_permitted", 403}, {"not_allowed", 403}, {"forbidden", 403},
		{"limit_exceeded", 403}, {"user_exists", 403},	 {"busy", 503}, {"deps_not_loaded", 404},
	};

	if (str_ends_with(code, STR("_not_found")) || str_is(code, "no_session"))
		return r->absent_status ? r->absent_status : 404;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (str_is(code, statuses[i].code))
			return statuses[i].status;
	return 400;
}

static struct rest_reply refusal(const struct rest_match *m, const json_t *error)
{
	struct str code = json_str(json_object_get(json_object_get(error, "extensions"), "code"));
	json_t *message = json_object_get(error, "message");

	return (struct rest_reply){status_of(m->route, code), json_incref(message), STR_NONE};
}

static struct str local_of(const json_t *data)
{
	struct str rest;

	return str_split(json_str(json_object_get(data, "jid")), '@', &rest);
}

struct rest_reply rest_reply_make(const struct rest_match *m, const json_t *reply, const json_t *args, const json_t *hosts)
{
	json_t *data = json_object_get(json_object_get(json_object_get(reply, "data"), m->route->category), m->route->operation);
	struct rest_reply out = {.status = m->route->status};

	if (!data)
		return refusal(m, json_array_get(json_object_get(reply, "errors"), 0));
	out.body = shape(m, data, args, hosts);
	if (out.status == 201)
		out.local = local_of(data);
	if (m->route->shape == REST_METRIC && !out.body)
		out = (struct rest_reply){404, json_string("nothing of this name is counted"), STR_NONE};
	return out;
}

void rest_reply_escape(struct str text, bool is_path, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];
		bool is_plain = c < 0x80 && c && (isalnum(c) || strchr("-._~!$&'()*+,;=:@", c));

		if (is_plain || (is_path && (c == '/' || c == '%')))
			buf_append_char(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}
