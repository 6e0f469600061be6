#include "conf/option.h"

#include <stdarg.h>

#include "conf/schema.h"

/* What the file has for a key of the table being examined, or NULL. */
static struct toml_node *find_given(const struct option_problems *p, const char *key)
{
	const struct option *o = key ? schema_find_option(p->place->table, str_from(key)) : NULL;
	return o ? schema_given(p->place, o) : NULL;
}

/* Where a problem with this key is shown: its value, else the table it belongs in. */
static struct toml_place place_of(const struct option_problems *p, const struct toml_node *given)
{
	const struct schema_place *place = p->place;
	while (!given && place) {
		given = place->node;
		place = place->parent;
	}
	return given ? given->at : (struct toml_place){0};
}

static void add(struct option_problems *p, enum report_severity severity, const char *key, const char *format, va_list args)
{
	struct toml_node *given = find_given(p, key);
	struct str name = given ? given->key : str_from(key);
	struct report_line line = {.severity = severity, .at = place_of(p, given), .path = schema_path(p, name, -1)};
	report_add_list(&p->report, line, format, args);
}

void option_problem(struct option_problems *p, const char *key, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add(p, REPORT_ERROR, key, format, args);
	va_end(args);
}

void option_warning(struct option_problems *p, const char *key, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add(p, REPORT_WARNING, key, format, args);
	va_end(args);
}

void option_item_problem(struct option_problems *p, const char *key, size_t index, const char *format, ...)
{
	const struct toml_node *given = find_given(p, key);
	bool has_item = given && given->kind == TOML_KIND_ARRAY && index < given->count;
	struct report_line line = {
		.severity = REPORT_ERROR,
		.at = has_item ? given->items[index].at : place_of(p, given),
		.path = schema_path(p, given ? given->key : str_from(key), (ptrdiff_t)index),
	};
	va_list args;
	va_start(args, format);
	report_add_list(&p->report, line, format, args);
	va_end(args);
}

void option_not_implemented(struct option_problems *p, const char *key, const char *value)
{
	struct toml_node *given = find_given(p, key);
	struct str path = schema_path(p, given ? given->key : str_from(key), -1);
	if (value)
		path = str_from(arena_printf(&p->scratch, "%.*s (%s)", STR_ARGS(path), value));
	schema_add_unsupported(p, place_of(p, given), path);
}

bool option_was_given(const struct option_problems *p, const char *key)
{
	return find_given(p, key) != NULL;
}

bool option_has_errors(const struct option_problems *p, const char *key)
{
	const struct toml_node *given = find_given(p, key);
	return given && given->bad;
}

struct arena *option_arena(struct option_problems *p)
{
	return p->arena;
}

struct str option_value_name(const char *values, size_t index)
{
	if (!values)
		return STR_NONE;
	struct str rest = str_from(values), name = str_split(rest, '|', &rest);
	while (index-- > 0 && name.data)
		name = rest.data ? str_split(rest, '|', &rest) : STR_NONE;
	return name;
}

struct str option_with_host(struct str text, struct arena *a, struct str host)
{
	static const struct str template = {"@HOST@", 6};
	const char *found = text.len > 0 ? memmem(text.data, text.len, template.data, template.len) : NULL;
	if (!found)
		return text;
	struct str before = str_make(text.data, (size_t)(found - text.data));
	struct str after = str_make(found + template.len, text.len - before.len - template.len);
	return str_from(arena_printf(a, "%.*s%.*s%.*s", STR_ARGS(before), STR_ARGS(host), STR_ARGS(after)));
}

struct option_list option_copy_names(struct arena *a, const struct option_list *names)
{
	const struct str *from = names->items;
	struct str *to = arena_alloc_array(a, names->count, sizeof *to);

	for (size_t i = 0; i < names->count; i++)
		to[i] = arena_str(a, from[i]);
	return (struct option_list){to, names->count};
}
