/* annex: domains that are served by somebody who is connected to this server: components (XEP-0114).
 *
 * Every loop has a copy of the table of domains, so that looking one up takes no lock; while there is none, it is one pointer that is NULL.
 * Changes begin at loop 0, which decides who has a name, and go from loop to loop in their order; when a new connection has been
 * round, it is told (`opened`), and from then on everybody can reach it. A connection stays on its loop; stanzas for its domain go there.
 * A name is a domain, or (is_prefix) the first part of NAME.HOST at each of our hosts. Hosts of ours come first, whoever had the name.
 * Several connections may share a domain: then the sender's bare address chooses among them, so that what one sender sends stays in order.
 * Threads: the loop of the registry given. Tests: test/unit/route/annex_test.c, test/wire/65-components */
#ifndef MEERKAT_ROUTE_ANNEX_H
#define MEERKAT_ROUTE_ANNEX_H

#include "route/pipeline.h"
#include "route/registry.h"

struct annex_link;

struct annex_ops {
	/* A stanza for its domain; borrowed. NONE, or the error that its sender gets. */
	enum stanza_error (*send)(struct annex_link *l, const struct stanza *s, struct jid from, struct jid to);
	/* It has the name, on every loop. */
	void (*opened)(struct annex_link *l);
	/* Somebody else has the name. The link is closed already. */
	void (*refused)(struct annex_link *l);
	/* Somebody else has the name from now on. The link is closed already. */
	void (*replaced)(struct annex_link *l);
};

/* What becomes of a second connection for a name: it is refused, or it replaces the others, or it shares the domain with them. */
enum annex_conflict { ANNEX_REFUSE, ANNEX_REPLACE, ANNEX_SHARE };

struct annex_offer {
	struct str name; /* prepared */
	bool is_prefix;
	bool is_hidden; /* not to be shown to everybody */
	enum annex_conflict conflict;
};

/* A connection that serves a domain. Embedded in the object of its link. */
struct annex_link {
	const struct annex_ops *ops;
	struct registry *registry; /* NULL: closed */
	uint32_t id;               /* unique in the realm */
	char *key;                 /* its own: the name, as the table has it */
	bool is_open;              /* `opened` was called */
};

/* What is known of a domain. */
struct annex_domain {
	struct str key; /* the name, with a dot behind it if it is a prefix */
	bool is_prefix, is_hidden;
	uint8_t conflict; /* enum annex_conflict */
	uint32_t count;
	struct annex_place {
		uint32_t id;
		int32_t registry; /* index */
	} *places;
};

/* Asks for the name; `opened` or `refused` follows, from the loop, unless annex_close comes first. */
void annex_open(struct annex_link *l, const struct annex_ops *ops, struct registry *r, const struct annex_offer *o);

/* The connection has gone, or is about to. Nothing if it is closed already. */
void annex_close(struct annex_link *l);

/* Who serves this domain; NULL: nobody. */
const struct annex_domain *annex_find(const struct registry *r, struct str domain);

/* All of them in no order: start with *cursor = 0; NULL at the end. */
const struct annex_domain *annex_next(const struct registry *r, size_t *cursor);

/* Where a call is to be taken if its receiver's domain is served by a connection, which is noted in it; NULL: it is not. */
struct registry *annex_choose(struct call *c);

/* Hands a call to the connection that was chosen, on its loop. False: it has gone. *error_out: what the sender gets, or NONE. */
bool annex_deliver(struct call *c, enum stanza_error *error_out);

/* The registry is about to go. */
void annex_free_all(struct registry *r);

#endif
