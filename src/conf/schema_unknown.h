/* schema_unknown: what is said of a key that its table does not have: the nearest one, where it belongs, or what became of it.
 *
 * Threads: one at a time. Test: test/unit/conf/schema_test.c, test/unit/conf/mistakes_test.c */
#ifndef MEERKAT_CONF_SCHEMA_UNKNOWN_H
#define MEERKAT_CONF_SCHEMA_UNKNOWN_H

#include "conf/schema.h"

/* Adds an error at the key of `node`, which the table of `here` does not know. */
void schema_unknown_report(struct option_problems *p, const struct schema_place *here, const struct toml_node *node);

#endif
