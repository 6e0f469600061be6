/* roster_query: <iq/> with <query xmlns='jabber:iq:roster'/>: RFC 6121 §2. Threads: the user's loop. Tests:
 * test/wire/50-roster */
#ifndef MEERKAT_EXT_ROSTER_QUERY_H
#define MEERKAT_EXT_ROSTER_QUERY_H

#include "route/module.h"

enum answer roster_query_run(struct call *c, const struct module *m);

/* A set whose contact becomes one with subscription "both", without being asked: an errand of those who may decide that for both. */
enum answer roster_query_befriend(struct call *c);

#endif
