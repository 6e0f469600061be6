/* last_operations: the category "last": when accounts were last here, for administrators and for users themselves.
 *
 * Names and arguments are MongooseIM's. Threads: constant. Test: test/wire/81-operations/last.wire */
#ifndef MEERKAT_EXT_LAST_OPERATIONS_H
#define MEERKAT_EXT_LAST_OPERATIONS_H

#include "route/operation.h"

extern const struct operation last_operations[];

#endif
