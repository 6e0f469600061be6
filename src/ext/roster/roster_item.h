/* roster_item: one contact as the roster keeps it: in memory and in the store the same few bytes.
 *
 * An item is one block: a head, the contact's address, and the record as it is stored (kind "roster", key the address).
 * It never changes; a change makes a new one. A record may exist without being listed: a request from somebody who is
 * not in the roster waits in one. Threads: any, one at a time. Test: test/unit/ext/roster_item_test.c */
#ifndef MEERKAT_EXT_ROSTER_ITEM_H
#define MEERKAT_EXT_ROSTER_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "xmpp/jid.h"
#include "xmpp/writer.h"

enum {
	ROSTER_ITEM_LISTED = 1,   /* the user sees it in the roster */
	ROSTER_ITEM_APPROVED = 2, /* a request of the contact is answered without asking (RFC 6121 §3.4) */
};

enum {
	ROSTER_ITEM_NAME_MAX = 1023,
	ROSTER_ITEM_GROUP_MAX = 1023,
	ROSTER_ITEM_GROUPS_MAX = 64,
	ROSTER_ITEM_REQUEST_MAX = 2048, /* of a kept subscription request; a longer one is kept without its content */
};

struct roster_item {
	uint16_t local_len, domain_len, resource_len;
	uint8_t state; /* enum roster_state */
	uint8_t flags;
	uint32_t record_len;
	char text[]; /* address, record */
};

/* What an item says. Texts point into the item, or wherever they came from. */
struct roster_fields {
	struct jid address;
	uint8_t state, flags;
	struct str name;
	const struct str *groups;
	size_t group_count;
	struct str request; /* the stanza that asked, while pending in; may be absent */
};

/* Within the limits above (check); heap, free with free(). */
struct roster_item *roster_item_new(const struct roster_fields *f);

/* How many bytes of memory an item that says this takes. */
size_t roster_item_size_of(const struct roster_fields *f);
size_t roster_item_size(const struct roster_item *item);

/* As found in the store; NULL if it is no record of ours. */
struct roster_item *roster_item_from_record(struct str key, struct str record);

struct jid roster_item_address(const struct roster_item *item);
struct str roster_item_key(const struct roster_item *item);
struct str roster_item_record(const struct roster_item *item);

/* The array of groups is made in the arena, the texts are the item's. */
void roster_item_read(const struct roster_item *item, struct arena *a, struct roster_fields *out);

/* Does it say anything at all? Otherwise it need not be kept. */
bool roster_item_is_needed(const struct roster_item *item);

static inline bool roster_item_is_listed(const struct roster_item *item)
{
	return item && (item->flags & ROSTER_ITEM_LISTED);
}

/* A number for what the user sees of it, 0 when it is not listed: items that differ in it look different. The same in
 * every process. */
uint64_t roster_item_digest(const struct roster_item *item);

/* <item .../>, as in results and pushes. */
void roster_item_write(const struct roster_item *item, struct writer *w, struct arena *a);

#endif
