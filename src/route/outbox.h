/* outbox: calls on their way to other loops: collected during a turn, sent as one letter per loop at its end, in their order.
 *
 * Threads: the loop of the registry given. Test: test/unit/route/registry_test.c */
#ifndef MEERKAT_ROUTE_OUTBOX_H
#define MEERKAT_ROUTE_OUTBOX_H

#include "route/pipeline.h"
#include "route/registry.h"

/* The call is the other registry's from here. */
void outbox_add(struct registry *r, struct registry *target, struct call *c);

/* Posts what was collected; registry_end_turn. */
void outbox_send(struct registry *r);

/* Frees what was not sent. */
void outbox_drop(struct registry *r);

#endif
