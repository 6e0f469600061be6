#include "conf/schema_unknown.h"

#include "conf/nearest.h"

enum { KEY_SHOWN = 60, FEW_KEYS = 6 };

/* Names that MongooseIM had once. Only what no option table can say as an old spelling. */
static const struct {
	const char *table, *key, *text;
} removed[] = {
	{"auth", "riak", "it was removed in MongooseIM 6.2; \"internal\" keeps accounts in the server's own store"},
	{"outgoing_pools", "riak", "it was removed in MongooseIM 6.2"},
	{"listen.http.handlers", "mongoose_api", "it was removed in MongooseIM 6.0; \"mongoose_admin_api\" is nearest to it"},
	{"listen.http.handlers", "mongoose_api_admin", "it was removed in MongooseIM 6.0; \"mongoose_admin_api\" came in its place"},
	{"listen.http.handlers", "mongoose_api_client", "it was removed in MongooseIM 6.0; \"mongoose_client_api\" came in its place"},
	{"listen.http.handlers", "mongoose_domain_handler", "it was removed in MongooseIM 6.0; the GraphQL category \"domain\" came in its place"},
	{"listen.http.handlers.mongoose_websocket_handler", "service", "it was removed in MongooseIM 6.1"},
	{"modules", "mod_mam_meta", "it was renamed; write \"mod_mam\""},
};

static bool is_section(const struct option *o)
{
	return o->type >= OPTION_TABLE;
}

/* "[[listen.c2s]]" for an option of the place that is a section. */
static const char *heading(struct option_problems *p, const struct schema_place *place, const struct option *o)
{
	struct buf path;
	buf_init(&path);
	schema_append_heading(&path, place);
	buf_append_text(&path, path.len > 0 ? "." : "");
	buf_append_text(&path, o->key);
	const char *text = arena_printf(&p->scratch, o->type == OPTION_TABLES ? "[[%.*s]]" : "[%.*s]", STR_ARGS(buf_str(&path)));
	buf_fini(&path);
	return text;
}

static const char *what_became_of_it(const struct schema_place *here, struct str key)
{
	for (size_t i = 0; i < sizeof removed / sizeof removed[0]; i++) {
		if (!strcmp(here->table->name, removed[i].table) && str_is(key, removed[i].key))
			return removed[i].text;
	}
	return NULL;
}

/* The key, or one that was meant, under its present name. */
static const char *nearest_key(struct option_problems *p, const struct schema_place *here, struct str key)
{
	struct nearest n;
	const char *best = NULL;
	nearest_start(&n, key);
	for (const struct option *o = here->table->options; o->key; o++) {
		size_t distance = n.distance;
		if (o->flags & OPTION_IGNORED)
			continue;
		nearest_offer(&n, str_from(o->key));
		if (o->old_key)
			nearest_offer(&n, str_from(o->old_key));
		if (n.distance < distance)
			best = o->key;
	}
	/* "roster" for "mod_roster" */
	const struct option *module = schema_find_option(here->table, str_from(arena_printf(&p->scratch, "mod_%.*s", STR_ARGS(key))));
	return best || !module ? best : module->key;
}

/* The key is one of a section around, or of the sections beside this one. */
static const char *where_it_belongs(struct option_problems *p, const struct schema_place *here, struct str key)
{
	for (const struct schema_place *outer = here->parent; outer; outer = outer->parent) {
		const struct option *o = schema_find_option(outer->table, key);
		if (o && is_section(o))
			return arena_printf(&p->scratch, "it is a section of its own, %s", heading(p, outer, o));
		for (o = outer->table->options; o->key; o++) {
			if (is_section(o) && o->table && o->table != here->table && schema_find_option(o->table, key))
				return arena_printf(&p->scratch, "it is an option of %s", heading(p, outer, o));
		}
	}
	return NULL;
}

/* All there are, if they are few. */
static const char *keys_there_are(struct option_problems *p, const struct option_table *table)
{
	struct buf text;
	size_t count = 0, shown = 0;
	for (const struct option *o = table->options; o->key; o++)
		count += !(o->flags & OPTION_IGNORED);
	if (count == 0 || count > FEW_KEYS)
		return count == 0 ? "there are no options here" : NULL;
	buf_init(&text);
	for (const struct option *o = table->options; o->key; o++) {
		if (o->flags & OPTION_IGNORED)
			continue;
		shown++;
		buf_printf(&text, "%s\"%s\"", shown == 1 ? "" : shown == count ? " and " : ", ", o->key);
	}
	const char *list = arena_printf(&p->scratch, "there %s %.*s", count == 1 ? "is" : "are", STR_ARGS(buf_str(&text)));
	buf_fini(&text);
	return list;
}

void schema_unknown_report(struct option_problems *p, const struct schema_place *here, const struct toml_node *node)
{
	struct str key = node->key, path = schema_path(p, STR_NONE, -1);
	const char *hint = what_became_of_it(here, key);
	const char *nearest = hint ? NULL : nearest_key(p, here, key);
	if (nearest)
		hint = arena_printf(&p->scratch, "did you mean \"%s\"?", nearest);
	if (!hint)
		hint = where_it_belongs(p, here, key);
	if (!hint)
		hint = keys_there_are(p, here->table);
	bool is_long = key.len > KEY_SHOWN;
	schema_error(p, node->key_at, path, "unknown key \"%.*s%s\"%s%s", is_long ? KEY_SHOWN : (int)key.len, key.data, is_long ? "..." : "",
		     hint ? "; " : "", hint ? hint : "");
}
