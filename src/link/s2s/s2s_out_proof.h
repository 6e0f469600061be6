/* s2s_out_proof: what a stream to another server says to prove who we are, or to have others proved, and the features it was offered.
 *
 * Internal to link/s2s_out_stream. Threads: the loop of the stream. Test: test/federation/ */
#ifndef MEERKAT_LINK_S2S_OUT_PROOF_H
#define MEERKAT_LINK_S2S_OUT_PROOF_H

#include "link/s2s/dialback_key.h"
#include "link/s2s/s2s_verify.h"
#include "link/s2s/s2s_wire.h"

/* What the other server has. */
struct s2s_out_offer {
	bool starttls, external, dialback, dialback_errors, management, bidi;
};

/* From <stream:features/>. Dialback stays if the opening tag has offered it. EXTERNAL counts with TLS only. */
void s2s_out_proof_read(struct s2s_out_offer *o, const struct stanza *features, bool is_secure);

/* Our certificate is ours (XEP-0178). */
void s2s_out_proof_external(struct s2s_wire *w, struct str local);

/* This key is ours (XEP-0220 §2.1.1). */
void s2s_out_proof_key(struct s2s_wire *w, const struct dialback_key_about *about);

/* Is this key yours (§2.2.1)? */
void s2s_out_proof_ask(struct s2s_wire *w, struct s2s_verify *v);

#endif
