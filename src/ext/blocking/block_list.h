/* block_list: the addresses a user has blocked, sorted, and whom they mean (XEP-0191).
 *
 * A list does not change; a change makes a new one. Empty ones are all the same and cost nothing. Threads: any.
 * Test: test/unit/ext/block_list_test.c */
#ifndef MEERKAT_EXT_BLOCK_LIST_H
#define MEERKAT_EXT_BLOCK_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "xmpp/jid.h"

struct block_list;

/* Of these addresses (prepared; copied), each once. */
const struct block_list *block_list_new(const struct str *addresses, size_t count);
void block_list_free(const struct block_list **l);

size_t block_list_count(const struct block_list *l);
struct str block_list_at(const struct block_list *l, size_t index);
bool block_list_has(const struct block_list *l, struct str address);

/* Is somebody with this address meant? user@host/resource: by an entry for this address, for user@host, for
 * host/resource, or for host. */
bool block_list_matches(const struct block_list *l, struct jid who);

#endif
