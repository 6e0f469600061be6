/* vcard_operations: the category "vcard", for administrators and for users themselves.
 *
 * Names and arguments are MongooseIM's. Threads: constant. Test: test/wire/81-operations/vcard.wire */
#ifndef MEERKAT_EXT_VCARD_OPERATIONS_H
#define MEERKAT_EXT_VCARD_OPERATIONS_H

#include "route/operation.h"

extern const struct operation vcard_operations[];

#endif
