#include "conf/schema.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "conf/schema_unknown.h"
#include "conf/schema_value.h"

enum { UNSUPPORTED_SHOWN = 100 };

static void read_table(struct option_problems *p, const struct schema_place *here, void *values);

/* Without functions of the caller's, addresses may be ASCII only. */
static bool prepare_ascii_resource(struct str raw, struct arena *a, struct str *out)
{
	for (size_t i = 0; i < raw.len; i++) {
		if (raw.data[i] < ' ' || raw.data[i] >= 0x7f)
			return false;
	}
	*out = arena_str(a, raw);
	return raw.len > 0;
}

static bool prepare_ascii(struct str raw, struct arena *a, struct str *out)
{
	struct str copy = arena_str(a, raw);
	char *text = (char *)(uintptr_t)copy.data;
	for (size_t i = 0; i < raw.len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c <= ' ' || c >= 0x7f || strchr("\"&'/<>@", c))
			return false;
		if (c >= 'A' && c <= 'Z')
			text[i] = (char)(c + 'a' - 'A');
	}
	*out = copy;
	return raw.len > 0;
}

void schema_init(struct option_problems *p, const char *file, struct arena *values, struct config_prepare prepare)
{
	*p = (struct option_problems){.arena = values, .prepare = prepare};
	p->prepare.local = prepare.local ? prepare.local : prepare_ascii;
	p->prepare.domain = prepare.domain ? prepare.domain : prepare_ascii;
	p->prepare.resource = prepare.resource ? prepare.resource : prepare_ascii_resource;
	report_init(&p->report, file);
	arena_init(&p->scratch, 0);
}

void schema_fini(struct option_problems *p)
{
	report_fini(&p->report);
	arena_fini(&p->scratch);
	free(p->unsupported);
	p->unsupported = NULL;
}

void schema_error(struct option_problems *p, struct toml_place at, struct str path, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	report_add_list(&p->report, (struct report_line){.severity = REPORT_ERROR, .at = at, .path = path}, format, args);
	va_end(args);
}

void schema_warning(struct option_problems *p, struct toml_place at, struct str path, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	report_add_list(&p->report, (struct report_line){.severity = REPORT_WARNING, .at = at, .path = path}, format, args);
	va_end(args);
}

static bool key_is_bare(struct str key)
{
	for (size_t i = 0; i < key.len; i++) {
		char c = key.data[i];
		bool is_bare = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
		if (!is_bare)
			return false;
	}
	return key.len > 0;
}

static void append_key(struct buf *path, struct str key, ptrdiff_t index)
{
	if (key.data) {
		buf_append_text(path, path->len > 0 ? "." : "");
		buf_printf(path, key_is_bare(key) ? "%.*s" : "\"%.*s\"", STR_ARGS(key));
	}
	if (index >= 0)
		buf_printf(path, "[%td]", index);
}

static void append_places(struct buf *path, const struct schema_place *place, bool has_indexes)
{
	enum { FRAMES = 16 };
	const struct schema_place *frames[FRAMES];
	size_t count = 0;
	for (; place; place = place->parent) {
		check(count < FRAMES);
		frames[count++] = place;
	}
	while (count-- > 0)
		append_key(path, frames[count]->key, has_indexes ? frames[count]->index : -1);
}

void schema_append_place(struct buf *path, const struct schema_place *place)
{
	append_places(path, place, true);
}

void schema_append_heading(struct buf *path, const struct schema_place *place)
{
	append_places(path, place, false);
}

struct str schema_path(struct option_problems *p, struct str key, ptrdiff_t index)
{
	struct buf path;
	buf_init(&path);
	schema_append_place(&path, p->place);
	append_key(&path, key, index);
	struct str text = arena_str(&p->scratch, buf_str(&path));
	buf_fini(&path);
	return text;
}

const struct option *schema_find_option(const struct option_table *table, struct str key)
{
	for (const struct option *o = table->options; o->key; o++) {
		if (str_is(key, o->key))
			return o;
	}
	return NULL;
}

struct toml_node *schema_given(const struct schema_place *place, const struct option *o)
{
	if (!place->node)
		return NULL;
	struct toml_node *node = toml_find(place->node, str_from(o->key));
	return node || !o->old_key ? node : toml_find(place->node, str_from(o->old_key));
}

void schema_add_unsupported(struct option_problems *p, struct toml_place at, struct str path)
{
	if (p->unsupported_count == p->unsupported_cap) {
		p->unsupported_cap = p->unsupported_cap ? 2 * p->unsupported_cap : 16;
		p->unsupported = mem_resize(p->unsupported, p->unsupported_cap * sizeof *p->unsupported);
	}
	p->unsupported[p->unsupported_count++] = (struct schema_unsupported){at, path};
}

/* A table at `key` that is not one: says what to write instead, when it is the brackets. */
static void report_wrong_table(struct option_problems *p, const struct option *o, const struct toml_node *node)
{
	struct str path = schema_path(p, node->key, -1);
	struct buf found, heading;
	buf_init(&found);
	buf_init(&heading);
	schema_value_found(o, node, &found);
	schema_append_heading(&heading, p->place);
	append_key(&heading, node->key, -1);
	bool is_wrong_brackets = o->type == OPTION_TABLES && node->kind == TOML_KIND_TABLE;
	bool is_too_many = o->type != OPTION_TABLES && node->kind == TOML_KIND_ARRAY;
	if (is_wrong_brackets)
		schema_error(p, node->at, path, "expected a list of tables, got one table; write [[%.*s]]",
			     STR_ARGS(buf_str(&heading)));
	else if (is_too_many)
		schema_error(p, node->at, path, "expected one table, got a list; write [%.*s]",
			     STR_ARGS(buf_str(&heading)));
	else
		schema_error(p, node->at, path, "expected %s, got %.*s",
			   o->type == OPTION_TABLES ? "a list of tables" : "a table", STR_ARGS(buf_str(&found)));
	buf_fini(&found);
	buf_fini(&heading);
}

/* Reads the table `node`, an item of option o, into new memory, or into `at` when that is given. */
static void *read_nested(struct option_problems *p, const struct option *o, struct toml_node *node, ptrdiff_t index, void *at)
{
	void *values = at ? at : arena_alloc(p->arena, o->table->size);
	struct schema_place here = {p->place, node ? node->key : str_from(o->key), index, o->table, node};
	read_table(p, &here, values);
	return values;
}

static void read_table_option(struct option_problems *p, const struct option *o, struct toml_node *node, void *at)
{
	if (node->kind != TOML_KIND_TABLE) {
		report_wrong_table(p, o, node);
		return;
	}
	if (!o->table)
		return;
	bool is_in_place = at && !(o->flags & OPTION_POINTER);
	void *values = read_nested(p, o, node, -1, is_in_place ? at : NULL);
	if (at && !is_in_place)
		*(void **)at = values;
}

/* The items of an array of tables, one after the other; those that are no tables are reported and left out. */
static struct option_list read_items(struct option_problems *p, const struct option *o, struct toml_node *node)
{
	struct option_list list = {0};
	char *items = o->table ? arena_alloc_array(p->arena, node->count, o->table->size) : NULL;
	for (size_t i = 0; i < node->count; i++) {
		struct toml_node *item = &node->items[i];
		if (item->kind != TOML_KIND_TABLE) {
			schema_error(p, item->at, schema_path(p, node->key, (ptrdiff_t)i), "expected a table, got %s",
				   toml_kind_name(item->kind));
			continue;
		}
		if (!o->table)
			continue;
		/* The item has no key of its own: it is shown as KEY[i]. */
		struct schema_place here = {p->place, node->key, (ptrdiff_t)i, o->table, item};
		read_table(p, &here, items + list.count++ * o->table->size);
	}
	list.items = items;
	return list;
}

static void read_tables_option(struct option_problems *p, const struct option *o, struct toml_node *node, void *at)
{
	if (node->kind != TOML_KIND_ARRAY) {
		report_wrong_table(p, o, node);
		return;
	}
	struct option_list list = read_items(p, o, node);
	if (at)
		*(struct option_list *)at = list;
}

static bool name_is_usable(struct option_problems *p, const struct toml_node *item)
{
	if (item->key.len > 0 && !memchr(item->key.data, 0, item->key.len))
		return true;
	schema_error(p, item->key_at, schema_path(p, STR_NONE, -1), "expected a non-empty name");
	return false;
}

static void read_named(struct option_problems *p, const struct option *o, struct toml_node *node, struct option_list *list)
{
	char *items = arena_alloc_array(p->arena, node->count, o->table->size);
	list->items = items;
	for (size_t i = 0; i < node->count; i++) {
		struct toml_node *item = &node->items[i];
		void *values = items + list->count * o->table->size;
		if (!name_is_usable(p, item))
			continue;
		if (item->kind != TOML_KIND_TABLE) {
			report_wrong_table(p, o, item);
			continue;
		}
		if (o->table->size > 0)
			*(struct str *)values = arena_str(p->arena, item->key);
		read_nested(p, o, item, -1, values);
		list->count++;
	}
}

static void read_named_tables(struct option_problems *p, const struct option *o, struct toml_node *node, struct option_list *list)
{
	struct option_named_list *items = arena_alloc_array(p->arena, node->count, sizeof *items);
	struct option inner = *o;
	inner.type = OPTION_TABLES;
	list->items = items;
	for (size_t i = 0; i < node->count; i++) {
		struct toml_node *item = &node->items[i];
		if (!name_is_usable(p, item))
			continue;
		items[list->count].name = arena_str(p->arena, item->key);
		read_tables_option(p, &inner, item, &items[list->count].items);
		list->count++;
	}
}

/* [x.NAME]: the table x itself has no options, only names. */
static void read_named_option(struct option_problems *p, const struct option *o, struct toml_node *node, void *at)
{
	struct option_list list = {0};
	if (node->kind != TOML_KIND_TABLE) {
		report_wrong_table(p, o, node);
		return;
	}
	const struct schema_place here = {p->place, node->key, -1, o->table, node}, *before = p->place;
	p->place = &here;
	if (o->type == OPTION_NAMED)
		read_named(p, o, node, &list);
	else
		read_named_tables(p, o, node, &list);
	p->place = before;
	if (at)
		*(struct option_list *)at = list;
}

static void note_place(struct option_problems *p, const struct toml_node *node, struct str path, const void *value)
{
	struct config_place *place = arena_alloc(p->arena, sizeof *place);
	*place = (struct config_place){p->places, value, arena_str(p->arena, path), node->at.line, node->at.column};
	p->places = place;
}

/* Values of tables note themselves. */
static void note_places(struct option_problems *p, const struct option *o, const struct toml_node *node, const void *at)
{
	note_place(p, node, schema_path(p, node->key, -1), at);
	if (o->type != OPTION_LIST_FILE)
		return;
	const struct option_list *list = at;
	const struct str *items = list->items;
	for (size_t i = 0; i < list->count; i++)
		note_place(p, &node->items[i], schema_path(p, node->key, (ptrdiff_t)i), &items[i]);
}

static void read_given(struct option_problems *p, const struct option *o, struct toml_node *node, void *at)
{
	switch (o->type) {
	case OPTION_TABLE:
		read_table_option(p, o, node, at);
		break;
	case OPTION_TABLES:
		read_tables_option(p, o, node, at);
		break;
	case OPTION_NAMED:
	case OPTION_NAMED_TABLES:
		read_named_option(p, o, node, at);
		break;
	default:
		schema_value_read(p, o, node, at);
		if (at)
			note_places(p, o, node, at);
		break;
	}
}

static void report_missing(struct option_problems *p, const struct option *o)
{
	struct toml_place at = p->place->node->at;
	struct str path = schema_path(p, STR_NONE, -1);
	struct buf heading;
	buf_init(&heading);
	schema_append_heading(&heading, p->place);
	append_key(&heading, str_from(o->key), -1);
	if (o->type == OPTION_TABLE)
		schema_error(p, at, path, "the required section [%.*s] is missing", STR_ARGS(buf_str(&heading)));
	else
		schema_error(p, at, path, "the required key \"%s\" is missing", o->key);
	buf_fini(&heading);
}

static void read_absent(struct option_problems *p, const struct option *o, void *at)
{
	const struct schema_place *here = p->place;
	bool is_in_place = o->type == OPTION_TABLE && o->table && !(o->flags & OPTION_POINTER);
	if (here->node && (o->flags & OPTION_REQUIRED))
		report_missing(p, o);
	else if (at && is_in_place)
		read_nested(p, o, NULL, -1, at);
	else if (at && o->preset)
		schema_value_preset(p, o, at);
}

/* What the file has for the option; old spellings are told about. */
static struct toml_node *find_given(struct option_problems *p, const struct option *o)
{
	struct toml_node *table = p->place->node;
	struct toml_node *node = table ? toml_find(table, str_from(o->key)) : NULL;
	struct toml_node *old = table && o->old_key ? toml_find(table, str_from(o->old_key)) : NULL;
	if (node)
		node->used = true;
	if (!old)
		return node;
	old->used = true;
	struct str path = schema_path(p, old->key, -1);
	if (node)
		schema_error(p, old->key_at, path,
			   "is the old spelling of \"%s\", which stands on line %u as well; keep one of them", o->key, node->key_at.line);
	else
		schema_warning(p, old->key_at, path, "is the old spelling of \"%s\"", o->key);
	return node ? node : old;
}

/* Not if the value is wrong anyway, or what it is without being written. */
static bool unsupported_is_worth_saying(struct option_problems *p, const struct option *o, const struct toml_node *node)
{
	bool is_table = o->type >= OPTION_TABLE;
	return is_table || (!node->bad && !schema_value_is_preset(p, o, node));
}

static void read_option(struct option_problems *p, const struct option *o, void *values)
{
	struct toml_node *node = find_given(p, o);
	bool is_stored = p->place->table->size > 0 && !(o->flags & (OPTION_IGNORED | OPTION_NOT_STORED));
	void *at = is_stored && values ? (char *)values + o->offset : NULL;
	if (!node) {
		read_absent(p, o, at);
		return;
	}
	if (o->flags & OPTION_IGNORED)
		schema_warning(p, node->key_at, schema_path(p, node->key, -1), "has no effect here%s%s", o->help ? ": " : "",
			   o->help ? o->help : "");
	size_t errors = p->report.errors;
	read_given(p, o, node, at);
	node->bad = p->report.errors > errors;
	if ((o->flags & OPTION_UNSUPPORTED) && unsupported_is_worth_saying(p, o, node))
		schema_add_unsupported(p, node->key_at, schema_path(p, node->key, -1));
	/* What depends on this value is examined with its default. */
	if (node->bad && at && o->preset)
		schema_value_preset(p, o, at);
}

static bool key_is_of_every_module(const struct schema_place *here, struct str key)
{
	if (!here->parent)
		return false;
	const struct option *o = schema_find_option(here->parent->table, here->key);
	return o && (o->flags & OPTION_MODULE) && (str_is(key, "backend") || str_is(key, "iqdisc"));
}

/* Recursion follows the option tables, which are ours and finite. */
static void read_table(struct option_problems *p, const struct schema_place *here, void *values)
{
	const struct schema_place *before = p->place;
	p->place = here;
	for (const struct option *o = here->table->options; o->key; o++)
		read_option(p, o, values);
	for (size_t i = 0; here->node && i < here->node->count; i++) {
		struct toml_node *item = &here->node->items[i];
		if (!item->used && !key_is_of_every_module(here, item->key))
			schema_unknown_report(p, here, item);
	}
	if (here->table->complete)
		here->table->complete(values, p);
	if (here->node && here->table->examine)
		here->table->examine(values, p);
	p->place = before;
}

void schema_read(struct option_problems *p, const struct option_table *table, struct toml_node *root, void *values)
{
	struct schema_place here = {NULL, STR_NONE, -1, table, root};
	read_table(p, &here, values);
}

static int compare_unsupported(const void *left, const void *right)
{
	const struct schema_unsupported *x = left, *y = right;
	if (x->at.line != y->at.line)
		return x->at.line < y->at.line ? -1 : 1;
	return x->at.column < y->at.column ? -1 : x->at.column > y->at.column;
}

/* What is inside of something unsupported goes without saying. */
static bool is_inside(struct str path, struct str outer)
{
	return path.len > outer.len && str_starts_with(path, outer) && (path.data[outer.len] == '.' || path.data[outer.len] == '[');
}

static void drop_inner(struct option_problems *p)
{
	size_t kept = 0;
	for (size_t i = 0; i < p->unsupported_count; i++) {
		bool is_inner = false;
		for (size_t j = 0; j < kept && j < UNSUPPORTED_SHOWN && !is_inner; j++)
			is_inner = is_inside(p->unsupported[i].path, p->unsupported[j].path);
		if (!is_inner)
			p->unsupported[kept++] = p->unsupported[i];
	}
	p->unsupported_count = kept;
}

static void report_group(struct option_problems *p)
{
	struct buf names;
	buf_init(&names);
	for (size_t i = 0; i < p->unsupported_count && i < UNSUPPORTED_SHOWN; i++)
		buf_printf(&names, "%s%.*s (line %u)", i > 0 ? ", " : "", STR_ARGS(p->unsupported[i].path), p->unsupported[i].at.line);
	if (p->unsupported_count > UNSUPPORTED_SHOWN)
		buf_printf(&names, " and %zu more", p->unsupported_count - UNSUPPORTED_SHOWN);
	schema_error(p, p->unsupported[0].at, STR_NONE,
		   "known, but not implemented: %.*s; remove what is named, or start with --ignore-unsupported", STR_ARGS(buf_str(&names)));
	buf_fini(&names);
}

void schema_finish(struct option_problems *p, bool ignore_unsupported)
{
	if (p->unsupported_count == 0)
		return;
	qsort(p->unsupported, p->unsupported_count, sizeof *p->unsupported, compare_unsupported);
	drop_inner(p);
	if (!ignore_unsupported) {
		report_group(p);
		return;
	}
	for (size_t i = 0; i < p->unsupported_count; i++)
		schema_warning(p, p->unsupported[i].at, p->unsupported[i].path, "is not implemented and has no effect");
}
