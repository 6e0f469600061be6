/* block_query: a user looks at the own block list and changes it: XEP-0191 §3. Threads: the user's loop. Tests:
 * test/wire/53-blocking */
#ifndef MEERKAT_EXT_BLOCK_QUERY_H
#define MEERKAT_EXT_BLOCK_QUERY_H

#include "route/module.h"

enum answer block_query_get(struct call *c, const struct module *m);
enum answer block_query_block(struct call *c, const struct module *m);
enum answer block_query_unblock(struct call *c, const struct module *m);

/* Hook of the stage ACCEPT: a change of the list needs to know the contacts. */
enum answer block_query_prepare(struct call *c, const struct module *m);

#endif
