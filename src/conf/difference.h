/* difference: what has changed between two configurations, option by option, and when each change holds: at once, for new connections, or
 * after a restart.
 *
 * It walks the option tables (their `reload`) and the two structs they describe, so it knows every option there is; there is no other
 * list. Items of [[x]] are the same one before and after if they agree in their options with OPTION_IDENTITY; a list of tables without such
 * options is compared as one value, and so is a list under a name ([acl], [access]). Options that have no effect here (unsupported, ignored,
 * checked only) are passed over. Values are never shown: they may be secret. Threads: any. Test: test/unit/conf/difference_test.c */
#ifndef MEERKAT_CONF_DIFFERENCE_H
#define MEERKAT_CONF_DIFFERENCE_H

#include "base/arena.h"
#include "base/buf.h"
#include "conf/option.h"

enum difference_kind { DIFFERENCE_CHANGED, DIFFERENCE_ADDED, DIFFERENCE_REMOVED };

struct difference_entry {
	enum difference_kind kind;
	enum option_reload reload;
	struct str path;   /* "listen.c2s[1].port": as in the new file, or in the old one for what was removed */
	struct str detail; /* which item was added or removed: "port 5223, ip_address 127.0.0.1"; empty for most */
};

struct difference {
	struct arena arena;
	struct difference_entry *entries; /* in the order of the option tables */
	size_t count, cap;
};

void difference_init(struct difference *d);
void difference_fini(struct difference *d);

/* Adds what differs between two structs of the table, as far as its class is one of `classes` (bits 1 << enum option_reload). */
void difference_find(struct difference *d, const struct option_table *table, const void *old_values, const void *new_values, unsigned classes);

size_t difference_count(const struct difference *d, enum option_reload reload);

/* One line each, by class: "applied: modules.mod_time is new", "for new connections: listen.c2s[0].max_stanza_size". */
void difference_print(const struct difference *d, struct buf *out);

#endif
