/* s2s_out_stream: a stream to another server, from the connection until it is open: TLS, SASL EXTERNAL or dialback, stream management
 * (RFC 6120 §4 to §6, XEP-0220, XEP-0178, XEP-0198, XEP-0288).
 *
 * It lives until its connection is gone, maybe longer than s2s_out needs it. Internal to link/s2s. Threads: the loop of its s2s_out.
 * Tests: test/federation/ */
#ifndef MEERKAT_LINK_S2S_OUT_STREAM_H
#define MEERKAT_LINK_S2S_OUT_STREAM_H

#include "link/s2s/s2s_out.h"
#include "link/s2s/s2s_out_proof.h"
#include "route/source.h"

enum { S2S_OUT_STREAM_ID_MAX = 256 }; /* of theirs: goes into our keys, and into <resume/> */

enum s2s_out_stream_state {
#define STATE(name, function, patience, text) S2S_OUT_STREAM_##name,
#include "link/s2s/s2s_out_states.def"
#undef STATE
};

struct s2s_out_stream {
	struct s2s_wire wire;
	struct s2s_out *out; /* NULL: it needs the stream no more */
	struct s2s_lane *lane; /* while it is open, and `out` is set */
	struct list guests;   /* of struct s2s_out: other pairs whose keys are under way here */
	struct s2s_place *place;
	struct s2s_settings *settings; /* counted */
	const struct s2s_side *side;
	struct parser_limits limits;
	struct timer patience;
	struct source source; /* of stanzas that come back here (XEP-0288), while open */
	const struct dial_result *facts; /* until it is open or given up */
	uint8_t state;        /* enum s2s_out_stream_state */
	struct s2s_out_offer offer; /* the last */
	bool is_authenticated, was_refused_external;
	bool is_bidirectional;
	bool is_managed;      /* XEP-0198 is on */
	uint32_t received, acknowledged; /* stanzas, as XEP-0198 counts */
	uint16_t id_len, resumption_id_len;
	char resumption_id[S2S_OUT_STREAM_ID_MAX]; /* by which it can go on when the connection is lost; empty: it cannot */
	char id[S2S_OUT_STREAM_ID_MAX];      /* of their opening tag */
};

/* On a connection that the dial of `o` has made; takes its descriptor. The facts are lent until the dial goes on. */
struct s2s_out_stream *s2s_out_stream_new(struct s2s_out *o, const struct dial_result *facts);

/* There is something to be sent, or to be asked. */
void s2s_out_stream_wake(struct s2s_out_stream *s);

/* Is it open or ready for questions, so that its end is not a failure of the attempt? */
bool s2s_out_stream_is_settled(const struct s2s_out_stream *s);

/* s2s_out has done with it: it ends. Clears your pointer. */
void s2s_out_stream_leave(struct s2s_out_stream **s, enum stream_error e, const char *text);

/* "AWAIT_FEATURES", for people. */
const char *s2s_out_stream_state(const struct s2s_out_stream *s);

#endif
