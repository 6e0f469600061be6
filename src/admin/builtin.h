/* builtin: the operation tables of the server itself, one file per category. */
#ifndef MEERKAT_ADMIN_BUILTIN_H
#define MEERKAT_ADMIN_BUILTIN_H

#include "route/operation.h"

extern const struct operation builtin_account[], builtin_session[], builtin_server[], builtin_stanza[];

/* All of them, ended by NULL. */
extern const struct operation *const builtin_tables[];

#endif
