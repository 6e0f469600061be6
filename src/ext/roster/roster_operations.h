/* roster_operations: the category "roster": contacts and subscriptions, for administrators and for users themselves.
 *
 * Names and arguments are MongooseIM's. Threads: constant. Test: test/wire/81-operations/roster.wire */
#ifndef MEERKAT_EXT_ROSTER_OPERATIONS_H
#define MEERKAT_EXT_ROSTER_OPERATIONS_H

#include "route/operation.h"

extern const struct operation roster_operations[];

#endif
