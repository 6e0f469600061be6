/* schema_value: reads one value or list of values of an option, everything but tables.
 *
 * Threads: one at a time. Test: test/unit/conf/schema_test.c */
#ifndef MEERKAT_CONF_SCHEMA_VALUE_H
#define MEERKAT_CONF_SCHEMA_VALUE_H

#include "base/buf.h"
#include "conf/schema.h"

/* Checks the node and stores its value at `at` (NULL: only checks). The path of its errors is the place and the node's key. */
void schema_value_read(struct option_problems *p, const struct option *o, const struct toml_node *node, void *at);

/* Stores the option's preset. */
void schema_value_preset(struct option_problems *p, const struct option *o, void *at);

/* Is this what the option has without being written? Only for single values. */
bool schema_value_is_preset(struct option_problems *p, const struct option *o, const struct toml_node *node);

/* What the option wants, for messages and the documentation: "an integer from 0 to 65535". */
void schema_value_expected(const struct option *o, struct buf *out);

/* What was found, for messages: "\"abc\"", "a table"; nothing of the value of a secret. */
void schema_value_found(const struct option *o, const struct toml_node *node, struct buf *out);

#endif
