/* private_operations: the category "private": what clients keep with mod_private, for administrators and for users themselves.
 *
 * Names and arguments are MongooseIM's. Threads: constant. Test: test/wire/81-operations/private.wire */
#ifndef MEERKAT_EXT_PRIVATE_OPERATIONS_H
#define MEERKAT_EXT_PRIVATE_OPERATIONS_H

#include "route/operation.h"

extern const struct operation private_operations[];

#endif
