/* s2s_in: a stream that another server has opened to us: its opening tag, TLS, who it is, and then its stanzas (RFC 6120, XEP-0220, XEP-0178).
 *
 * It is accepted on any loop, and moves to the home of the domain that its opening tag claims. It may speak for several pairs of domains
 * (theirs, ours), each of which it has to prove: by its certificate, or by dialback (s2s_in_dialback.c). A stanza of any other pair ends
 * the stream. Before the first pair is proved, it holds little and lives no longer than login_timeout.
 * Internal to link/s2s. Threads: the loop of the connection. Tests: test/federation/ */
#ifndef MEERKAT_LINK_S2S_IN_H
#define MEERKAT_LINK_S2S_IN_H

#include "base/arena.h"
#include "link/s2s/s2s_in_settings.h"
#include "link/s2s/s2s_place.h"
#include "link/s2s/s2s_verify.h"
#include "link/s2s/s2s_wire.h"
#include "route/source.h"

enum {
	S2S_IN_ID_CHARS = 26,      /* of 5 bits each: more than 128 random bits */
	S2S_IN_PAIRS_MAX = 200,    /* of one stream */
	S2S_IN_QUESTIONS_MAX = 16, /* of them, those that are not proved yet */
};

/* Two domains that the stream may speak for, or that it is asked about. */
struct s2s_in_pair {
	struct list link;         /* in s2s_in->pairs */
	struct str local, remote; /* the texts follow the struct */
	bool is_proved;
};

struct s2s_in {
	struct s2s_wire wire;
	struct service_place *at; /* of its listener, on its loop */
	struct s2s_place *place;  /* on its loop */
	struct service_settings *settings; /* counted: those of its beginning */
	struct list link;         /* in at->peers */
	uint64_t id;
	struct arena arena;       /* for the names in its opening tag; bounded by their number */
	struct str local, remote; /* as its opening tag says; remote may be empty */
	struct list pairs;        /* of struct s2s_in_pair; the last one used first */
	uint16_t pair_count, question_count;
	struct timer patience;    /* for what is awaited; later: while it is idle */
	struct timer deadline;    /* login_timeout */
	uint64_t deadline_ms, used_ms; /* of the loops' clock */
	struct source source;     /* while authenticated */
	uint32_t proved_count;
	bool is_admitted;         /* counted by admission_enter */
	bool is_known;            /* it has sent a valid opening tag once */
	bool is_authenticated;    /* at least one pair is proved */
	bool has_version, has_external;
	bool is_managed;          /* XEP-0198 is on */
	bool wants_bidi;          /* XEP-0288 */
	bool is_leaving;          /* the server stops: as soon as what has come is safe */
	bool is_useful;           /* it has asked about one of our keys */
	struct list *claims;      /* what is left of a stream and is to go on here, when it is safe; NULL: nothing */
	char stream_id[S2S_IN_ID_CHARS + 1];
	char resumption_id[S2S_IN_ID_CHARS + 1]; /* empty: it cannot go on */
};

/* For s2s_kind. */
void s2s_in_accept(struct service_place *at, int fd, struct ip peer);
void s2s_in_end_all(struct service_place *at);

/* The answer to a question of a stream of this place, which may be gone. */
void s2s_in_verified(struct s2s_place *p, const struct s2s_verify *v);

/* The server stops. Nothing of the stream is under way any more, or it has had its time for that. */
void s2s_in_leave(struct s2s_in *in);

/* ---- for s2s_in_dialback.c ---- */

/* A pair of domains is proved: stanzas may come. */
void s2s_in_prove(struct s2s_in *in, struct s2s_in_pair *pair, const char *how);
/* Has the certificate been checked, and does it stand for the domain? */
bool s2s_in_is_covered(const struct s2s_in *in, struct str domain);
/* TLS has to come first, and has not. */
bool s2s_in_is_tls_due(const struct s2s_in *in);
/* Does the configuration let us talk to it? */
bool s2s_in_is_allowed(const struct s2s_in *in, struct str local, struct str remote);
/* For its source: it may read on. */
void s2s_in_resume(struct source *source);
/* Something is awaited again. */
void s2s_in_start_patience(struct s2s_in *in);

#endif
