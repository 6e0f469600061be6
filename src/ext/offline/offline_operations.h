/* offline_operations: the category "offline": deleting messages that wait for somebody who does not come.
 *
 * Names and arguments are MongooseIM's. Threads: constant. Test: test/wire/81-operations/offline.wire */
#ifndef MEERKAT_EXT_OFFLINE_OPERATIONS_H
#define MEERKAT_EXT_OFFLINE_OPERATIONS_H

#include "route/operation.h"

extern const struct operation offline_operations[];

#endif
