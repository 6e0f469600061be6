/* scram_message: the two messages a SCRAM client sends, taken apart (RFC 5802 §7).
 *
 * Everything points into the message. Threads: any. Test: test/unit/auth/scram_message_test.c */
#ifndef MEERKAT_AUTH_SCRAM_MESSAGE_H
#define MEERKAT_AUTH_SCRAM_MESSAGE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/* What the client says of channel binding. */
enum scram_message_binding {
	SCRAM_MESSAGE_CANNOT,     /* n: it cannot bind */
	SCRAM_MESSAGE_CANNOT_SEE, /* y: it can, but thinks that the server cannot */
	SCRAM_MESSAGE_BINDS,      /* p=type */
};

struct scram_message_first {
	enum scram_message_binding binding;
	struct str binding_type; /* BINDS: "tls-exporter" */
	struct str gs2_header;   /* with the comma that ends it */
	struct str authzid;      /* encoded; data NULL: none */
	struct str bare;         /* what follows the gs2 header */
	struct str name;         /* encoded */
	struct str nonce;
};

struct scram_message_final {
	struct str binding; /* base64 */
	struct str nonce;
	struct str without_proof;
	struct str proof; /* base64 */
};

/* False: malformed, or has an extension that must be understood (m=). */
bool scram_message_parse_first(struct str message, struct scram_message_first *out);
bool scram_message_parse_final(struct str message, struct scram_message_final *out);

/* A name with =2C and =3D turned back; false if it is empty, not UTF-8 or has another '='. */
bool scram_message_decode_name(struct arena *a, struct str encoded, struct str *out);

#endif
