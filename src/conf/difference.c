#include "conf/difference.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "conf/schema.h"

/* One comparison. */
struct walk {
	struct difference *to; /* NULL: it is only asked whether anything differs */
	unsigned classes;
	size_t found;
};

/* What is passed over has no place in the structs, or no effect. */
static bool is_compared(const struct option_table *table, const struct option *o)
{
	return table->size > 0 && !(o->flags & (OPTION_IGNORED | OPTION_NOT_STORED | OPTION_UNSUPPORTED));
}

/* ---- values ---- */

static size_t list_item_size(enum option_type list)
{
	if (list == OPTION_LIST_ENUM)
		return sizeof(int);
	return list == OPTION_LIST_INT ? sizeof(int64_t) : sizeof(struct str);
}

static bool lists_differ(enum option_type type, const struct option_list *x, const struct option_list *y)
{
	size_t size = list_item_size(type);

	/* An empty list that is written is not the same as none. */
	if (x->count != y->count || !x->items != !y->items)
		return true;
	if (size != sizeof(struct str))
		return x->count > 0 && memcmp(x->items, y->items, x->count * size) != 0;
	for (size_t i = 0; i < x->count; i++)
		if (!str_equal(((const struct str *)x->items)[i], ((const struct str *)y->items)[i]))
			return true;
	return false;
}

static bool texts_differ(const struct str *x, const struct str *y)
{
	return !x->data != !y->data || !str_equal(*x, *y);
}

static bool numbers_or_names_differ(const struct option_int_or_name *x, const struct option_int_or_name *y)
{
	return x->is_int != y->is_int || (x->is_int ? x->number != y->number : texts_differ(&x->name, &y->name));
}

static bool values_differ(enum option_type type, const void *x, const void *y)
{
	switch (type) {
	case OPTION_BOOL:
		return *(const bool *)x != *(const bool *)y;
	case OPTION_ENUM:
		return *(const int *)x != *(const int *)y;
	case OPTION_INT:
	case OPTION_INT_OR_INFINITY:
	case OPTION_PORT:
		return *(const int64_t *)x != *(const int64_t *)y;
	case OPTION_INT_OR_NAME:
		return numbers_or_names_differ(x, y);
	case OPTION_STRING:
	case OPTION_NAME:
	case OPTION_DOMAIN:
	case OPTION_IP:
	case OPTION_FILE:
		return texts_differ(x, y);
	default:
		return lists_differ(type, x, y);
	}
}

/* ---- what is found ---- */

static void append_value(enum option_type type, const void *at, struct buf *out)
{
	if (type == OPTION_INT || type == OPTION_PORT)
		buf_printf(out, "%" PRId64, *(const int64_t *)at);
	else
		buf_append_str(out, *(const struct str *)at);
}

/* "port 5223, ip_address 127.0.0.1" for an item of [[x]]. */
static struct str describe_item(struct arena *a, const struct option_table *table, const char *item)
{
	struct buf text;
	buf_init(&text);
	for (const struct option *o = table->options; o->key; o++) {
		if (!(o->flags & OPTION_IDENTITY) || (o->type != OPTION_PORT && !((const struct str *)(const void *)(item + o->offset))->data))
			continue;
		buf_printf(&text, "%s%s ", text.len > 0 ? ", " : "", o->key);
		append_value(o->type, item + o->offset, &text);
	}
	struct str copy = arena_str(a, buf_str(&text));
	buf_fini(&text);
	return copy;
}

/* `item`: of [[x]], or NULL. */
static void add(struct walk *w, const struct schema_place *at, enum difference_kind kind, const struct option *o, const void *item)
{
	struct difference *d = w->to;
	struct buf path;

	if (!(w->classes & 1u << o->reload))
		return;
	w->found++;
	if (!d)
		return;
	if (d->count == d->cap) {
		d->cap = d->cap ? 2 * d->cap : 32;
		d->entries = mem_resize(d->entries, d->cap * sizeof(*d->entries));
	}
	buf_init(&path);
	schema_append_place(&path, at);
	d->entries[d->count++] = (struct difference_entry){
		.kind = kind,
		.reload = o->reload,
		.path = arena_str(&d->arena, buf_str(&path)),
		.detail = item ? describe_item(&d->arena, o->table, item) : STR(""),
	};
	buf_fini(&path);
}

/* ---- tables ---- */

static void compare_tables(struct walk *w, const struct schema_place *here, const struct option_table *table, const char *x, const char *y);

/* Does anything differ, of whatever class? */
static bool tables_differ(const struct option_table *table, const void *x, const void *y)
{
	struct walk w = {.classes = ~0u};

	compare_tables(&w, NULL, table, x, y);
	return w.found > 0;
}

static bool items_differ(const struct option_table *table, const struct option_list *x, const struct option_list *y)
{
	const char *xs = x->items, *ys = y->items;
	bool differs = x->count != y->count;

	for (size_t i = 0; !differs && table && i < x->count; i++)
		differs = tables_differ(table, xs + i * table->size, ys + i * table->size);
	return differs;
}

static void compare_table(struct walk *w, const struct schema_place *here, const struct option *o, const void *x, const void *y)
{
	if (!o->table)
		return;
	if (o->flags & OPTION_POINTER) {
		x = *(void *const *)x;
		y = *(void *const *)y;
	}
	if (x && y)
		compare_tables(w, here, o->table, x, y);
	else if (x || y)
		add(w, here, x ? DIFFERENCE_REMOVED : DIFFERENCE_ADDED, o, NULL);
}

/* Lists whose items can be told apart: by name, or by what their options with OPTION_IDENTITY say. */
struct pairing {
	const struct option *o;
	const struct schema_place *parent;
	size_t size; /* of an item */
};

static bool has_names(const struct option *o)
{
	return o->type == OPTION_NAMED || o->type == OPTION_NAMED_TABLES;
}

static bool has_identity(const struct option_table *table)
{
	for (const struct option *o = table->options; o->key; o++)
		if (o->flags & OPTION_IDENTITY)
			return true;
	return false;
}

static bool is_same_item(const struct option *o, const char *x, const char *y)
{
	if (has_names(o))
		return str_equal(*(const struct str *)(const void *)x, *(const struct str *)(const void *)y);
	for (const struct option *i = o->table->options; i->key; i++)
		if ((i->flags & OPTION_IDENTITY) && values_differ(i->type, x + i->offset, y + i->offset))
			return false;
	return true;
}

/* The item of the list that is `wanted`, which had the index `at` in the other: mostly it is there. NULL: there is none. */
static const char *find_item(const struct pairing *p, const struct option_list *list, const char *wanted, size_t at)
{
	const char *items = list->items;

	if (at < list->count && is_same_item(p->o, items + at * p->size, wanted))
		return items + at * p->size;
	for (size_t i = 0; i < list->count; i++)
		if (is_same_item(p->o, items + i * p->size, wanted))
			return items + i * p->size;
	return NULL;
}

/* listen.c2s[2] or shaper.fast */
static struct schema_place place_of_item(const struct pairing *p, const char *item, size_t index)
{
	if (has_names(p->o))
		return (struct schema_place){.parent = p->parent, .key = *(const struct str *)(const void *)item, .index = -1};
	return (struct schema_place){.parent = p->parent->parent, .key = p->parent->key, .index = (ptrdiff_t)index};
}

static void compare_pair(struct walk *w, const struct pairing *p, const struct schema_place *here, const char *x, const char *y)
{
	if (p->o->type != OPTION_NAMED_TABLES) {
		compare_tables(w, here, p->o->table, x, y);
		return;
	}
	const struct option_named_list *old = (const void *)x, *new = (const void *)y;
	if (items_differ(p->o->table, &old->items, &new->items))
		add(w, here, DIFFERENCE_CHANGED, p->o, NULL);
}

static void compare_items(struct walk *w, const struct pairing *p, const struct option_list *x, const struct option_list *y)
{
	const char *olds = x->items, *news = y->items;

	for (size_t i = 0; i < y->count; i++) {
		const char *new = news + i * p->size, *old = find_item(p, x, new, i);
		struct schema_place here = place_of_item(p, new, i);

		if (old)
			compare_pair(w, p, &here, old, new);
		else
			add(w, &here, DIFFERENCE_ADDED, p->o, has_names(p->o) ? NULL : new);
	}
	for (size_t i = 0; i < x->count; i++) {
		const char *old = olds + i * p->size;
		struct schema_place here = place_of_item(p, old, i);

		if (!find_item(p, y, old, i))
			add(w, &here, DIFFERENCE_REMOVED, p->o, has_names(p->o) ? NULL : old);
	}
}

static void compare_lists(struct walk *w, const struct schema_place *here, const struct option *o, const struct option_list *x,
			  const struct option_list *y)
{
	struct pairing p = {o, here, o->type == OPTION_NAMED_TABLES ? sizeof(struct option_named_list) : o->table->size};

	if (p.size == 0)
		return;
	if (has_names(o) || has_identity(o->table))
		compare_items(w, &p, x, y);
	else if (items_differ(o->table, x, y))
		add(w, here, DIFFERENCE_CHANGED, o, NULL);
}

static void compare_option(struct walk *w, const struct schema_place *here, const struct option *o, const void *x, const void *y)
{
	switch (o->type) {
	case OPTION_TABLE:
		compare_table(w, here, o, x, y);
		break;
	case OPTION_TABLES:
	case OPTION_NAMED:
	case OPTION_NAMED_TABLES:
		if (o->table)
			compare_lists(w, here, o, x, y);
		break;
	default:
		if (values_differ(o->type, x, y))
			add(w, here, DIFFERENCE_CHANGED, o, NULL);
		break;
	}
}

/* The recursion follows the option tables, which are ours and finite. */
static void compare_tables(struct walk *w, const struct schema_place *here, const struct option_table *table, const char *x, const char *y)
{
	for (const struct option *o = table->options; o->key; o++) {
		struct schema_place place = {.parent = here, .key = str_from(o->key), .index = -1};

		if (is_compared(table, o))
			compare_option(w, &place, o, x + o->offset, y + o->offset);
	}
}

/* ---- the whole ---- */

void difference_init(struct difference *d)
{
	*d = (struct difference){0};
	arena_init(&d->arena, 0);
}

void difference_fini(struct difference *d)
{
	arena_fini(&d->arena);
	free(d->entries);
	*d = (struct difference){0};
}

void difference_find(struct difference *d, const struct option_table *table, const void *old_values, const void *new_values, unsigned classes)
{
	struct walk w = {.to = d, .classes = classes};

	compare_tables(&w, NULL, table, old_values, new_values);
}

size_t difference_count(const struct difference *d, enum option_reload reload)
{
	size_t count = 0;

	for (size_t i = 0; i < d->count; i++)
		count += d->entries[i].reload == reload;
	return count;
}

static void print_entry(const struct difference_entry *e, const char *title, struct buf *out)
{
	static const char *const verbs[] = {
		[DIFFERENCE_CHANGED] = "", [DIFFERENCE_ADDED] = " is new", [DIFFERENCE_REMOVED] = " is gone",
	};

	buf_printf(out, "%s: %.*s%s", title, STR_ARGS(e->path), verbs[e->kind]);
	if (e->detail.len > 0)
		buf_printf(out, " (%.*s)", STR_ARGS(e->detail));
	buf_append_char(out, '\n');
}

void difference_print(const struct difference *d, struct buf *out)
{
	static const char *const titles[] = {
		[OPTION_AT_ONCE] = "applied", [OPTION_NEW_CONNECTIONS] = "for new connections", [OPTION_RESTART] = "needs a restart",
	};

	for (unsigned reload = 0; reload < sizeof(titles) / sizeof(titles[0]); reload++)
		for (size_t i = 0; i < d->count; i++)
			if (d->entries[i].reload == reload)
				print_entry(&d->entries[i], titles[reload], out);
}
