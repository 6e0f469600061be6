/* dial_race: the second half of dialling: the addresses of the candidates, looked up and connected to, the first one wins (RFC 8305).
 *
 * dial's own. Threads: one loop's. Test: test/unit/net/dial_test.c */
#ifndef MEERKAT_NET_DIAL_RACE_H
#define MEERKAT_NET_DIAL_RACE_H

#include "base/arena.h"
#include "base/buf.h"
#include "net/candidate.h"
#include "net/loop.h"

enum { DIAL_RACE_FAMILIES = 2 };

struct dial_race;
struct dial_race_target;
struct dial_race_address;

/* A question of one family, or for TLSA records. */
struct dial_race_question {
	struct dial_race_target *target;
	enum resolve_type type;
	struct resolve_question *handle; /* NULL: not asked, or answered */
};

/* A candidate whose turn has come. */
struct dial_race_target {
	struct dial_race *race;
	struct candidate candidate;
	struct dial_race_question families[DIAL_RACE_FAMILIES], tlsa;
	size_t family_count;
	struct list addresses;
	bool is_proved; /* DNSSEC holds for the address, too */
	bool is_barred; /* of no use */
	const struct resolve_tlsa *tlsas;
	size_t tlsa_count;
};

struct dial_race {
	struct resolve *resolve;
	const struct config_s2s *config;
	struct loop *loop;
	struct arena arena;
	struct buf trace;
	struct candidate_list candidates;
	size_t next_candidate;
	struct dial_race_target targets[DIAL_CANDIDATES_MAX];
	size_t target_count;
	struct dial_race_address *winner; /* connected, and TLSA records are waited for */
	bool is_resting;                  /* the result is told */
	uint8_t last_version;             /* of the address tried last */
	struct timer timer;               /* until something is to be done */
	uint64_t next_address_ms, next_candidate_ms; /* not before, while others are still trying */
	struct dial_result result;
	dial_on_done *on_done;
	void *context;
};

/* What is to be given to it is in place: resolve, config, on_done, context. */
void dial_race_init(struct dial_race *r);
void dial_race_fini(struct dial_race *r);

/* With the candidates that are in it; if there are none it fails. It may be over, and freed, when this returns. */
void dial_race_start(struct dial_race *r);
/* With one address. */
void dial_race_start_at(struct dial_race *r, struct ip ip, bool is_direct_tls);

/* After a success: tries what is left. */
void dial_race_go_on(struct dial_race *r);

/* It is over without a connection; it may be freed when this returns. */
void dial_race_fail(struct dial_race *r);

/* A line of the trace; the second also is the reason of a failure, unless there is a better one. `what` failed goes before it in the trace:
 * "AAAA: "; may be empty. */
__attribute__((format(printf, 2, 3))) void dial_race_note(struct dial_race *r, const char *format, ...);
void dial_race_note_failure(struct dial_race *r, enum dial_step step, enum err e, const char *what, const char *text);

#endif
