/* toml_fault: what toml++ says about a text that is no TOML, in the words of this server's other messages.
 *
 * What is not in the table is passed on as it is, so a newer toml++ with other words is still understood. Threads: any.
 * Test: test/unit/conf/toml_test.c */
#ifndef MEERKAT_CONF_TOML_FAULT_H
#define MEERKAT_CONF_TOML_FAULT_H

#include <stddef.h>

#include "base/str.h"

/* `description` is that of toml::parse_error; at most size - 1 bytes are written, and a zero. */
void toml_fault_describe(struct str description, char *text, size_t size);

#endif
