/* component_handshake: what is said until a component is let in (XEP-0114 §3), without a connection: its opening tag, and the digest that
 * shows that it knows the password.
 *
 * Internal to link/component. Threads: any, pure. Test: test/unit/link/component_handshake_test.c */
#ifndef MEERKAT_LINK_COMPONENT_HANDSHAKE_H
#define MEERKAT_LINK_COMPONENT_HANDSHAKE_H

#include <stdbool.h>

#include "xmpp/stanza.h"

enum { COMPONENT_HANDSHAKE_CHARS = 40 };

/* The name that a component wants. */
struct component_handshake_claim {
	struct str name; /* prepared; in the arena, with a zero behind it */
	bool is_prefix;  /* of NAME.HOST at each of our hosts: is_subdomain='true' */
};

/* The first thing wrong with the tag in the order namespace, name, with a text; or NONE. */
enum stream_error component_handshake_examine(const struct stanza *tag, struct arena *a, struct component_handshake_claim *out,
					      const char **text_out);

/* Is this element a handshake, right or not? */
bool component_handshake_is(const struct stanza *element);

/* The lower-case hexadecimal SHA-1 of id and password, and a zero. */
void component_handshake_make(struct str id, struct str password, char out[COMPONENT_HANDSHAKE_CHARS + 1]);

/* Does the handshake show the password? Takes the same time whatever it says. */
bool component_handshake_fits(const struct stanza *handshake, struct str id, struct str password);

#endif
