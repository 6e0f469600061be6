/* revocation: whose account was banned, deleted or given another password while somebody was logging in to it with what was right before.
 *
 * A login reads what it is checked against at its beginning and may take its time to the end, and to the binding of a resource. Whoever opens
 * the session asks here whether anything came in between; sessions that are open already are ended by whoever makes the change. The last few
 * thousand changes are remembered; a login that has seen more go by is taken for one that was touched. Threads: any.
 * Test: test/unit/auth/revocation_test.c */
#ifndef MEERKAT_AUTH_REVOCATION_H
#define MEERKAT_AUTH_REVOCATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { REVOCATION_KEPT = 4096 };

struct revocation_list;

struct revocation_list *revocation_list_new(void);
void revocation_list_free(struct revocation_list **l);

/* The change is durable; `who` is a bare address. */
void revocation_note(struct revocation_list *l, struct str who);

/* For a login that begins. */
uint64_t revocation_now(const struct revocation_list *l);
/* Has anything come since then? */
bool revocation_came(struct revocation_list *l, struct str who, uint64_t since);

#endif
