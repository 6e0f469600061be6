/* stanza: one complete top-level element: its bytes as received and the flat array of its nodes, in one block of memory.
 *
 * Counted, and constant once the link that received it has stamped it (stanza_stamp): from then on it may be read on any thread.
 * Forwarding copies the bytes behind a new head (writer_stanza); addresses of a delivery are the envelope's, not the stanza's.
 * Threads: ref/unref any; making and stamping one. Test: test/unit/xmpp/stanza_test.c */
#ifndef MEERKAT_XMPP_STANZA_H
#define MEERKAT_XMPP_STANZA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "xmpp/jid.h"
#include "xmpp/node.h"
#include "xmpp/xerror.h"

enum stanza_kind {
	STANZA_OTHER, /* any other top-level element: SASL, TLS, acknowledgements, stream errors */
	STANZA_MESSAGE,
	STANZA_PRESENCE,
	STANZA_IQ,
	STANZA_HEADER, /* the opening tag of a stream: one element node with its attributes */
};

enum stanza_type {
	STANZA_TYPE_NONE, /* no type attribute: message is normal, presence is available, iq is malformed */
	STANZA_TYPE_INVALID, /* a value the RFC does not know for this kind */
	STANZA_TYPE_ERROR,
	/* message, RFC 6121 §5.2.2 */
	STANZA_TYPE_NORMAL,
	STANZA_TYPE_CHAT,
	STANZA_TYPE_GROUPCHAT,
	STANZA_TYPE_HEADLINE,
	/* presence, RFC 6121 §4.7.1 */
	STANZA_TYPE_UNAVAILABLE,
	STANZA_TYPE_SUBSCRIBE,
	STANZA_TYPE_SUBSCRIBED,
	STANZA_TYPE_UNSUBSCRIBE,
	STANZA_TYPE_UNSUBSCRIBED,
	STANZA_TYPE_PROBE,
	/* iq, RFC 6120 §8.2.3 */
	STANZA_TYPE_GET,
	STANZA_TYPE_SET,
	STANZA_TYPE_RESULT,
};

struct stanza {
	_Atomic uint32_t refs;
	uint8_t kind;        /* enum stanza_kind; a stanza is one of the content namespace */
	uint8_t type;        /* enum stanza_type */
	bool has_from, has_to; /* the attributes are there, well-formed or not */
	uint32_t node_count;
	uint32_t len;        /* of the element's bytes; namespace names and re-declared prefixes may stand behind them */
	uint32_t content_ns, content_ns_len; /* the stream's default namespace, as an offset into bytes */
	uint32_t redeclare, redeclare_len;   /* " xmlns:p='...'": prefixes of the stream header that the stanza uses, or length 0 */
	uint32_t spare, spare_len; /* room in the block behind the bytes, for the sender's address */
	struct jid from, to; /* prepared; unset until stanza_stamp (from) and stanza_address (to) */
	struct arena *extra; /* with what preparation changed; NULL mostly */
	const struct node *nodes;
	const char *bytes;
};

void stanza_ref(struct stanza *s);
/* Clears your pointer; frees with the last one. */
void stanza_unref(struct stanza **s);

/* A copy without addresses, in as little memory as it takes: of one that is kept for long. */
struct stanza *stanza_copy(const struct stanza *s);

/* Makes a stanza from complete text that we wrote ourselves (or read back from our store): one element whose content namespace, when it
 * declares none, is `content_ns`. Malformed text is our bug (check). from/to are taken from the attributes when they are there. */
struct stanza *stanza_from_text(struct str text, const char *content_ns);

/* The same for text of doubtful origin (store, admin): NULL if it is not one well-formed element within the limits that a peer can have at most. */
struct stanza *stanza_try_from_text(struct str text, const char *content_ns);

/* Prepares the `to` attribute into s->to. False: malformed. Without the attribute s->to stays unset and the answer is true. */
bool stanza_address(struct stanza *s);
/* The same for `from`. */
bool stanza_sender(struct stanza *s);

/* Sets s->from to a copy of the sender's address; what the peer wrote there no longer counts. */
void stanza_stamp(struct stanza *s, struct jid from);

/* The id attribute as written (still escaped), STR_NONE if absent. */
struct str stanza_id_raw(const struct stanza *s);

/* IQ: the only child element, or NULL when there is none or more than one (RFC 6120 §8.2.3). */
const struct node *stanza_payload(const struct stanza *s);

/* All memory of the block, for accounting. */
size_t stanza_size(const struct stanza *s);

const char *stanza_kind_name(enum stanza_kind kind);  /* "message" */
const char *stanza_type_name(enum stanza_type type);  /* "chat", "" for NONE */

#endif
