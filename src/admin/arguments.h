/* arguments: an operation's arguments, checked and made canonical. Threads: any. Test: test/unit/admin/operations_test.c */
#ifndef MEERKAT_ADMIN_ARGUMENTS_H
#define MEERKAT_ADMIN_ARGUMENTS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "route/operation.h"

/* A new object with every argument of its type (numbers and booleans may come as strings; addresses are prepared), or NULL with a
 * sentence in why that names the argument. `args` NULL: none were given. */
json_t *arguments_check(const struct operation *o, const json_t *args, struct why *why);

/* Would a value do for this argument? What it would have to be, in words: "an address, user@domain". */
bool arguments_fits(const struct operation_arg *arg, const json_t *value);
const char *arguments_expected(const struct operation_arg *arg);

/* A copy with the caller's own address wherever the operation asks for it (OPERATION_OWN), whatever was written there. */
json_t *arguments_with_caller(const struct operation *o, const json_t *args, struct str caller);

/* The user an operation is about: its argument `user`, `from`, or `username` with `domain`. False if it has none. */
bool arguments_user(const struct operation_call *c, struct arena *a, struct jid *out);

/* Do all addresses and domains among the arguments belong to this domain, and is there at least one? */
bool arguments_are_within(const struct operation_call *c, struct str domain);

#endif
