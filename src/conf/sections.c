#include "conf/sections.h"

#include "conf/schema.h"

static bool table_has(const struct toml_node *parent, const char *section, struct str name)
{
	const struct toml_node *table = parent->kind == TOML_KIND_TABLE ? toml_find(parent, str_from(section)) : NULL;
	return table && table->kind == TOML_KIND_TABLE && toml_find(table, name);
}

bool sections_name_is_defined(const struct option_problems *p, const char *section, struct str name)
{
	const struct schema_place *top = p->place;
	while (top->parent)
		top = top->parent;
	const struct toml_node *hosts = toml_find(top->node, STR("host_config"));
	if (table_has(top->node, section, name))
		return true;
	for (size_t i = 0; hosts && hosts->kind == TOML_KIND_ARRAY && i < hosts->count; i++) {
		if (table_has(&hosts->items[i], section, name))
			return true;
	}
	return false;
}
