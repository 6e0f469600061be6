#include "admin/arguments.h"

#include <string.h>

#include "base/date.h"

static struct str json_str(const json_t *v)
{
	return json_is_string(v) ? str_make(json_string_value(v), json_string_length(v)) : STR_NONE;
}

static json_t *as_int(const json_t *v, int64_t least)
{
	int64_t n;
	if (json_is_integer(v))
		return json_integer_value(v) >= least ? json_integer(json_integer_value(v)) : NULL;
	return json_is_string(v) && str_to_int(json_str(v), least, INT64_MAX, &n) ? json_integer(n) : NULL;
}

static json_t *as_bool(const json_t *v)
{
	if (json_is_boolean(v))
		return json_boolean(json_is_true(v));
	if (str_is(json_str(v), "true") || str_is(json_str(v), "false"))
		return json_boolean(str_is(json_str(v), "true"));
	return NULL;
}

static json_t *as_text(const json_t *v, size_t least)
{
	return json_is_string(v) && json_string_length(v) >= least ? json_stringn(json_string_value(v), json_string_length(v)) : NULL;
}

static json_t *as_time(const json_t *v)
{
	int64_t time_ms;
	return json_is_string(v) && date_read(json_str(v), &time_ms) ? json_integer(time_ms) : NULL;
}

static bool has_form(enum operation_arg_type type, struct jid j)
{
	switch (type) {
	case OPERATION_DOMAIN:
		return !j.local_len && !j.resource_len;
	case OPERATION_BARE_JID:
		return j.local_len && !j.resource_len;
	case OPERATION_FULL_JID:
		return j.local_len && j.resource_len;
	default:
		return j.local_len;
	}
}

static json_t *as_address(const json_t *v, enum operation_arg_type type)
{
	struct arena a;
	struct jid j;
	json_t *out = NULL;
	arena_init(&a, 0);
	if (json_is_string(v) && jid_parse(&j, json_str(v), &a) && has_form(type, j)) {
		struct str text = type == OPERATION_USER ? jid_bare_str(j) : jid_str(j);
		out = json_stringn(text.data, text.len);
	}
	arena_fini(&a);
	return out;
}

static json_t *as_user_name(const json_t *v)
{
	struct arena a;
	struct str name;
	json_t *out = NULL;
	arena_init(&a, 0);
	if (json_is_string(v) && json_string_length(v) > 0 && jid_prepare_local(json_str(v), &a, &name))
		out = json_stringn(name.data, name.len);
	arena_fini(&a);
	return out;
}

/* Case does not matter: GraphQL writes enumerations in capitals, people do not. */
static json_t *as_enum(const json_t *v, const char *values)
{
	struct str rest = str_from(values), given = json_str(v);
	while (rest.data) {
		struct str one = str_split(rest, '|', &rest);
		if (str_equal_ignoring_case(one, given))
			return json_stringn(one.data, one.len);
	}
	return NULL;
}

/* Objects have arguments of their own, and some may be in themselves: only so deep. */
enum { LEVELS_MAX = 16 };

static json_t *as_object(const struct operation_type *type, const json_t *v, int level);

static json_t *as_one(const struct operation_arg *arg, const json_t *v, int level)
{
	switch (arg->type) {
	case OPERATION_INT:
		return as_int(v, INT64_MIN);
	case OPERATION_NUMBER:
		return as_int(v, 1);
	case OPERATION_INDEX:
		return as_int(v, 0);
	case OPERATION_BOOL:
		return as_bool(v);
	case OPERATION_STRING:
	case OPERATION_SECRET:
		return as_text(v, 0);
	case OPERATION_TEXT:
	case OPERATION_XML:
		return as_text(v, 1);
	case OPERATION_JID:
	case OPERATION_USER:
	case OPERATION_BARE_JID:
	case OPERATION_FULL_JID:
	case OPERATION_DOMAIN:
		return as_address(v, arg->type);
	case OPERATION_USER_NAME:
		return as_user_name(v);
	case OPERATION_TIME:
		return as_time(v);
	case OPERATION_ENUM:
		return as_enum(v, arg->of->values);
	case OPERATION_INPUT:
		return as_object(arg->of, v, level + 1);
	}
	return NULL;
}

/* From a command line a list comes as one string: of JSON, or with commas. */
static json_t *split_list(struct str text)
{
	json_t *list = json_array();

	if (str_starts_with(text, STR("["))) {
		json_decref(list);
		return json_loadb(text.data, text.len, 0, NULL);
	}
	while (text.data) {
		struct str one = str_trim(str_split(text, ',', &text));

		json_array_append_new(list, json_stringn(one.data, one.len));
	}
	return list;
}

static json_t *as_list(const struct operation_arg *arg, const json_t *given, int level)
{
	json_t *list = json_is_string(given) ? split_list(json_str(given)) : json_incref((json_t *)given);
	json_t *out = json_is_array(list) ? json_array() : NULL;

	for (size_t i = 0; out && i < json_array_size(list); i++) {
		json_t *one = as_one(arg, json_array_get(list, i), level);

		if (!one) {
			json_decref(out);
			out = NULL;
		} else {
			json_array_append_new(out, one);
		}
	}
	json_decref(list);
	return out;
}

static json_t *convert(const struct operation_arg *arg, const json_t *v, int level)
{
	return arg->flags & OPERATION_LIST ? as_list(arg, v, level) : as_one(arg, v, level);
}

bool arguments_fits(const struct operation_arg *arg, const json_t *value)
{
	json_t *converted = convert(arg, value, 0);
	bool does_fit = converted != NULL;

	json_decref(converted);
	return does_fit;
}

const char *arguments_expected(const struct operation_arg *arg)
{
	const char *words = operation_word(arg->type)->expected;

	return words ? words : arg->of->values;
}

static bool is_known(const struct operation_arg *args, const char *name)
{
	for (const struct operation_arg *arg = args; arg && arg->name; arg++)
		if (!strcmp(arg->name, name))
			return true;
	return false;
}

static bool take(const struct operation_arg *arg, const json_t *args, json_t *out, int level, struct why *why)
{
	const json_t *given = json_object_get(args, arg->name);
	if (!given || json_is_null(given)) {
		bool is_optional = arg->flags & OPERATION_OPTIONAL;

		if (!is_optional)
			err_because(ERR_INVALID, why, "the argument --%s is missing: %s (%s)", arg->name, arg->help, arguments_expected(arg));
		return is_optional;
	}
	json_t *value = convert(arg, given, level);
	if (!value) {
		err_because(ERR_INVALID, why, "the argument --%s is not right: expected %s", arg->name, arguments_expected(arg));
		return false;
	}
	json_object_set_new(out, arg->name, value);
	return true;
}

static bool take_all(const struct operation_arg *fields, const json_t *object, json_t *out, int level)
{
	struct why ignored;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
		if (!is_known(fields, name))
			return false;
	for (; fields->name; fields++)
		if (!take(fields, object, out, level, &ignored))
			return false;
	return true;
}

/* From a command line an object comes as JSON. */
static json_t *as_object(const struct operation_type *type, const json_t *v, int level)
{
	struct str text = json_str(v);
	json_t *object = text.data ? json_loadb(text.data, text.len, 0, NULL) : json_incref((json_t *)v);
	json_t *out = json_object();

	if (level > LEVELS_MAX || !json_is_object(object) || !take_all(type->inputs, object, out, level)) {
		json_decref(out);
		out = NULL;
	}
	json_decref(object);
	return out;
}

json_t *arguments_check(const struct operation *o, const json_t *args, struct why *why)
{
	const char *name;
	json_t *value, *out = json_object();
	json_object_foreach((json_t *)args, name, value)
	{
		if (!is_known(o->args, name)) {
			err_because(ERR_INVALID, why, "%s %s has no argument --%s", o->category, o->name, name);
			json_decref(out);
			return NULL;
		}
	}
	for (const struct operation_arg *arg = o->args; arg && arg->name; arg++) {
		if (!take(arg, args, out, 0, why)) {
			json_decref(out);
			return NULL;
		}
	}
	return out;
}

bool arguments_user(const struct operation_call *c, struct arena *a, struct jid *out)
{
	static const char *const names[] = {"user", "from", "caller"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct str s = operation_str(c, names[i]);
		if (s.len)
			return jid_parse(out, s, a);
	}
	struct str username = operation_str(c, "username"), domain = operation_str(c, "domain"), local;
	if (!username.len || !domain.len || !jid_prepare_local(username, a, &local))
		return false;
	*out = jid_make(a, local, domain, STR_NONE);
	return true;
}

static bool is_address(const struct operation_arg *arg)
{
	return arg->type >= OPERATION_JID && arg->type <= OPERATION_DOMAIN && arg->type != OPERATION_USER_NAME;
}

static bool is_of(struct str address, struct str domain)
{
	struct arena a;
	struct jid j;
	bool is_good;

	arena_init(&a, 0);
	is_good = jid_parse(&j, address, &a) && str_equal(jid_domain(j), domain);
	arena_fini(&a);
	return is_good;
}

/* False: it, or something in it, is of another domain. Counts those that are of this one. The value has passed convert(): depth and types are
 * those of the tables. */
static bool is_within(const struct operation_arg *arg, const json_t *value, struct str domain, int *count)
{
	if (!value || (arg->flags & OPERATION_ANY_DOMAIN))
		return true;
	if (json_is_array(value)) {
		for (size_t i = 0; i < json_array_size(value); i++)
			if (!is_within(arg, json_array_get(value, i), domain, count))
				return false;
	} else if (arg->type == OPERATION_INPUT) {
		for (const struct operation_arg *field = arg->of->inputs; field->name; field++)
			if (!is_within(field, json_object_get(value, field->name), domain, count))
				return false;
	} else if (is_address(arg) && json_is_string(value)) {
		++*count;
		return is_of(json_str(value), domain);
	}
	return true;
}

bool arguments_are_within(const struct operation_call *c, struct str domain)
{
	int count = 0;

	for (const struct operation_arg *arg = c->operation->args; arg && arg->name; arg++)
		if (!is_within(arg, json_object_get(c->args, arg->name), domain, &count))
			return false;
	/* Where nothing is named, all domains are meant. */
	return count > 0;
}

json_t *arguments_with_caller(const struct operation *o, const json_t *args, struct str caller)
{
	json_t *out = args ? json_copy((json_t *)args) : json_object();

	for (const struct operation_arg *arg = o->args; arg && arg->name; arg++)
		if (arg->flags & OPERATION_OWN)
			json_object_set_new(out, arg->name, json_stringn(caller.data, caller.len));
	return out;
}
