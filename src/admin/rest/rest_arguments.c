#include "admin/rest/rest_arguments.h"

#include "admin/arguments.h"
#include "admin/json_text.h"
#include "base/check.h"
#include "http/target.h"

/* A request on its way to arguments. */
struct taking {
	const struct rest_match *match;
	json_t *out;
	struct why *why;
};

static json_t *text_of(struct str s)
{
	return json_stringn(s.data ? s.data : "", s.len);
}

/* ---- words ---- */

/* "invite=INVITE": NULL if it is none of them. */
static json_t *translate(const char *words, const json_t *given)
{
	struct str rest = str_from(words), word = STR_NONE;

	if (json_is_string(given))
		word = str_make(json_string_value(given), json_string_length(given));
	while (rest.data) {
		struct str meaning, one = str_split(rest, '|', &rest), name = str_split(one, '=', &meaning);

		if (word.data && str_equal(name, word))
			return text_of(meaning);
	}
	return NULL;
}

const char *rest_arguments_words(const struct rest_part *part, struct arena *a)
{
	struct str rest = str_from(part->words);
	char *list = NULL;

	while (rest.data) {
		struct str meaning, one = str_split(rest, '|', &rest), name = str_split(one, '=', &meaning);

		list = list ? arena_printf(a, "%s|%.*s", list, STR_ARGS(name)) : arena_printf(a, "%.*s", STR_ARGS(name));
	}
	return list;
}

/* ---- one value ---- */

/* From a command line or a URL everything comes as text; in JSON a number is a number. */
static bool is_of_json_type(const struct operation_arg *arg, const json_t *value)
{
	if (arg->flags & OPERATION_LIST)
		return json_is_array(value);
	switch (arg->type) {
	case OPERATION_INT:
	case OPERATION_NUMBER:
	case OPERATION_INDEX:
		return json_is_integer(value);
	case OPERATION_BOOL:
		return json_is_boolean(value);
	case OPERATION_INPUT:
		return json_is_object(value);
	default:
		return json_is_string(value);
	}
}

static void object_to(struct taking *t, const struct rest_part *part, const struct operation_arg *arg)
{
	static const char *const places[] = {"the path", "the parameter", "the member"};
	struct arena a;

	arena_init(&a, 0);
	const char *words = rest_arguments_words(part, &a);
	const char *expected = words ? words : arguments_expected(arg);

	if (part->place == REST_PATH)
		err_because(ERR_INVALID, t->why, "the path is not right: expected %s in place of %s", expected, part->name);
	else
		err_because(ERR_INVALID, t->why, "%s %s is not right: expected %s", places[part->place], part->name, expected);
	arena_fini(&a);
}

/* Takes `given` over. */
static bool put(struct taking *t, const struct rest_part *part, json_t *given)
{
	const struct operation_arg *arg = rest_route_arg(t->match->operation, part->arg);
	json_t *value = part->words ? translate(part->words, given) : json_incref(given);
	bool is_good = value && (part->place != REST_BODY || part->words || is_of_json_type(arg, value)) && arguments_fits(arg, value);

	if (is_good)
		json_object_set(t->out, part->arg, value);
	else
		object_to(t, part, arg);
	json_decref(value);
	json_decref(given);
	return is_good;
}

/* What has to be there and is not. */
static bool miss(struct taking *t, const struct rest_part *part)
{
	if (rest_route_is_optional(t->match->operation, part))
		return true;
	err_because(ERR_INVALID, t->why, "the %s %s is missing: %s", part->place == REST_BODY ? "member" : "parameter", part->name,
		    rest_route_arg(t->match->operation, part->arg)->help);
	return false;
}

static const struct rest_part *find_part(const struct taking *t, enum rest_place place, struct str name)
{
	for (const struct rest_part *p = t->match->route->parts; p && p->arg; p++)
		if (p->place == place && str_is(name, p->name))
			return p;
	return NULL;
}

/* ---- the path ---- */

static struct str variable(const struct rest_match *m, struct str name)
{
	size_t i = 0;

	while (i < m->variable_count && !str_equal(m->variables[i].name, name))
		i++;
	check(i < m->variable_count);
	return m->variables[i].value;
}

/* "{username}@{domain}". Only the last variable may have what stands between others, or one could pretend to be another. */
static bool fill(const struct rest_match *m, struct str template, struct buf *out)
{
	bool is_good = true;

	while (template.data && template.len) {
		struct str between = str_split(template, '{', &template), name, value;

		buf_append_str(out, between);
		if (!template.data)
			break;
		name = str_split(template, '}', &template);
		value = variable(m, name);
		is_good = is_good && (!template.len || (str_find_char(value, '@') < 0 && str_find_char(value, '/') < 0));
		buf_append_str(out, value);
	}
	return is_good;
}

static bool take_path(struct taking *t)
{
	bool is_good = true;

	for (const struct rest_part *p = t->match->route->parts; p && p->arg && is_good; p++) {
		struct buf text;

		if (p->place != REST_PATH)
			continue;
		buf_init(&text);
		/* Bytes that are no UTF-8 are no string, and so not right. */
		is_good = put(t, p, fill(t->match, str_from(p->name), &text) ? text_of(buf_str(&text)) : NULL);
		buf_fini(&text);
	}
	return is_good;
}

/* ---- the query ---- */

static bool take_parameter(struct taking *t, struct str pair)
{
	struct str raw_value, raw_name = str_split(pair, '=', &raw_value);
	const struct rest_part *part = NULL;
	struct buf name, value;
	bool is_good = false;

	buf_init(&name);
	buf_init(&value);
	if (target_decode(raw_name, true, &name) && target_decode(raw_value, true, &value))
		part = find_part(t, REST_QUERY, buf_str(&name));
	if (!part)
		err_because(ERR_INVALID, t->why, "the query is not right: this path has no such parameter");
	else if (json_object_get(t->out, part->arg))
		err_because(ERR_INVALID, t->why, "the parameter %s is there twice", part->name);
	else
		is_good = put(t, part, text_of(buf_str(&value)));
	buf_fini(&name);
	buf_fini(&value);
	return is_good;
}

static bool take_query(struct taking *t, struct str query)
{
	while (query.data && query.len)
		if (!take_parameter(t, str_split(query, '&', &query)))
			return false;
	for (const struct rest_part *p = t->match->route->parts; p && p->arg; p++)
		if (p->place == REST_QUERY && !json_object_get(t->out, p->arg) && !miss(t, p))
			return false;
	return true;
}

/* ---- the body ---- */

bool rest_arguments_have_body(const struct rest_route *r)
{
	for (const struct rest_part *p = r->parts; p && p->arg; p++)
		if (p->place == REST_BODY)
			return true;
	return false;
}

static bool is_good_object(struct taking *t, const json_t *body)
{
	const char *name;
	json_t *value;

	if (!json_is_object(body)) {
		err_because(ERR_INVALID, t->why, "the body has to be a JSON object");
		return false;
	}
	json_object_foreach((json_t *)body, name, value)
	{
		if (find_part(t, REST_BODY, str_from(name)))
			continue;
		err_because(ERR_INVALID, t->why, "the body has a member that this path does not know");
		return false;
	}
	return true;
}

static bool take_object(struct taking *t, const json_t *body)
{
	if (!is_good_object(t, body))
		return false;
	for (const struct rest_part *p = t->match->route->parts; p->arg; p++) {
		json_t *given = p->place == REST_BODY ? json_object_get(body, p->name) : NULL;
		bool is_there = given && !json_is_null(given);

		if (p->place == REST_BODY && !(is_there ? put(t, p, json_incref(given)) : miss(t, p)))
			return false;
	}
	return true;
}

static bool take_body(struct taking *t, struct str text)
{
	json_t *body;
	bool is_good;

	if (!rest_arguments_have_body(t->match->route))
		return true;
	body = json_text_read(text, t->why);
	is_good = body && take_object(t, body);
	json_decref(body);
	return is_good;
}

json_t *rest_arguments_make(const struct rest_match *m, struct str query, struct str body, struct why *why)
{
	struct taking t = {m, json_object(), why};

	if (take_path(&t) && take_query(&t, query) && take_body(&t, body))
		return t.out;
	json_decref(t.out);
	return NULL;
}

json_t *rest_arguments_for(const struct operation *o, const json_t *args)
{
	json_t *out = json_object();

	for (const struct operation_arg *arg = o->args; arg && arg->name; arg++)
		if (json_object_get(args, arg->name))
			json_object_set(out, arg->name, json_object_get(args, arg->name));
	return out;
}
