/* s2s_out_attempt: reaching another server for a pair of domains: an attempt, its failure, and what becomes of what waits; its stream, and what
 * becomes of it when that is lost.
 *
 * Internal to link/s2s_out. Threads: the home loop of the remote domain. Tests: test/federation/ */
#ifndef MEERKAT_LINK_S2S_OUT_ATTEMPT_H
#define MEERKAT_LINK_S2S_OUT_ATTEMPT_H

#include "link/s2s/s2s_out.h"

/* There is none under way. */
void s2s_out_attempt_start(struct s2s_out *o);

/* The same on a stream of its own. */
void s2s_out_attempt_alone(struct s2s_out *o);

/* From now on it has so much time. */
void s2s_out_attempt_limit(struct s2s_out *o);
/* That is over. */
void s2s_out_attempt_expire(struct timer *deadline);

/* It ends without a word. */
void s2s_out_attempt_end(struct s2s_out *o);

/* All questions get this answer. */
void s2s_out_attempt_answer_all(struct s2s_out *o, enum s2s_verdict verdict);

/* ---- from its stream ---- */

/* Questions can be asked; there are no stanzas. */
void s2s_out_attempt_ready(struct s2s_out *o);
/* It is open: from now on stanzas go here. */
struct s2s_lane *s2s_out_attempt_opened(struct s2s_out *o, struct s2s_wire *w, bool is_acknowledged);
/* It cannot become what is needed; it is not of this attempt any more. */
void s2s_out_attempt_unusable(struct s2s_out *o, const char *step, const char *why);
/* It was open (with this lane, which is gone afterwards), or ready for questions (NULL), and has come to its end. */
void s2s_out_attempt_closed(struct s2s_out *o, struct s2s_lane *l, const char *why);
/* A lane on a stream of theirs is lost; it is gone afterwards. */
void s2s_out_attempt_withdrawn(struct s2s_lane *l, const char *why);

#endif
