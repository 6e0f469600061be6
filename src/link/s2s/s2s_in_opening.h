/* s2s_in_opening: the opening tag of another server: is it right, and between whom does it say the stream is (RFC 6120 §4.7, XEP-0220 §2.1)?
 *
 * Internal to link/s2s_in. Threads: the loop of the stream. Test: test/federation/ */
#ifndef MEERKAT_LINK_S2S_IN_OPENING_H
#define MEERKAT_LINK_S2S_IN_OPENING_H

#include "link/s2s/s2s_in.h"

/* Notes what it says. NONE, or the first thing that is wrong with it, with a text. */
enum stream_error s2s_in_opening_examine(struct s2s_in *in, const struct stanza *tag, const char **text_out);

#endif
