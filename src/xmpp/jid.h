/* jid: an address, localpart@domainpart/resourcepart (RFC 7622, prepared as RFC 6122 does: nodeprep, nameprep, resourceprep).
 *
 * A struct jid is a view of one prepared text; it owns nothing and can be copied. Text that is already prepared (ASCII, lower case: nearly
 * all of it) is not copied but pointed to. Compare by bytes. Each part has at most 1,023 bytes after preparation.
 * Threads: any. Test: test/unit/xmpp/jid_test.c */
#ifndef MEERKAT_XMPP_JID_H
#define MEERKAT_XMPP_JID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct jid {
	const char *text;      /* NULL: no address */
	uint16_t local_len;    /* 0: none (then there is no '@' either) */
	uint16_t domain_len;   /* at least 1 when text is set */
	uint16_t resource_len; /* 0: bare */
};

#define JID_NONE ((struct jid){0})
enum { JID_PART_MAX = 1023, JID_MAX = 3 * JID_PART_MAX + 2 };

/* Parses and prepares raw (unescaped text). False: malformed. When preparation changes the text, the new one is made in the arena,
 * otherwise *out points into raw. A trailing dot of the domain is removed. */
bool jid_parse(struct jid *out, struct str raw, struct arena *a);

/* Prepares one part: nodeprep, nameprep (a domain: also IP literals in brackets), resourceprep. An empty part is malformed. */
bool jid_prepare_local(struct str raw, struct arena *a, struct str *out);
bool jid_prepare_domain(struct str raw, struct arena *a, struct str *out);
bool jid_prepare_resource(struct str raw, struct arena *a, struct str *out);

/* Puts prepared parts together in the arena; local and resource may be empty. */
struct jid jid_make(struct arena *a, struct str local, struct str domain, struct str resource);

/* A copy whose text lives in the arena (zero-terminated). */
struct jid jid_copy(struct arena *a, struct jid j);

/* The same address without resource; shares the text. */
struct jid jid_bare(struct jid j);

static inline bool jid_is_set(struct jid j)
{
	return j.text != NULL;
}

static inline bool jid_is_bare(struct jid j)
{
	return j.resource_len == 0;
}

static inline size_t jid_bare_len(struct jid j)
{
	return (size_t)j.local_len + (j.local_len ? 1u : 0u) + j.domain_len;
}

static inline size_t jid_len(struct jid j)
{
	return jid_bare_len(j) + (j.resource_len ? 1u + j.resource_len : 0u);
}

/* Views; empty (with data NULL) where the part is absent. */
struct str jid_local(struct jid j);
struct str jid_domain(struct jid j);
struct str jid_resource(struct jid j);
struct str jid_bare_str(struct jid j);
struct str jid_str(struct jid j);

bool jid_equal(struct jid a, struct jid b);
bool jid_bare_equal(struct jid a, struct jid b);

#endif
