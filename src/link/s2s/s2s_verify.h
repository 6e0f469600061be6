/* s2s_verify: "is this key yours?": what an incoming stream asks the home of the domain that somebody claims (XEP-0220 §2.3), and the answer.
 *
 * It is made by s2s_in, travels to the home of the remote domain, is asked on the stream of s2s_out there, and comes back. Whoever has it owns it.
 * Internal to link/s2s. Threads: whoever has it. */
#ifndef MEERKAT_LINK_S2S_VERIFY_H
#define MEERKAT_LINK_S2S_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/mailbox.h"
#include "base/str.h"

struct s2s_place;

enum s2s_verdict { S2S_VERDICT_INVALID, S2S_VERDICT_VALID, S2S_VERDICT_UNREACHABLE };

struct s2s_verify {
	struct letter letter;
	struct list link;          /* with s2s_out */
	struct s2s_place *asker;   /* where the stream was that asks */
	struct s2s_place *home;    /* of the remote domain */
	uint64_t stream;           /* s2s_in->id */
	struct str local, remote;  /* the texts follow the struct */
	struct str id, key;        /* of the stream in question */
	bool is_sent;              /* by the present stream of s2s_out */
	uint8_t verdict;           /* enum s2s_verdict */
};

/* Strings are copied. */
struct s2s_verify *s2s_verify_new(const struct s2s_verify *like);

/* To the home; s2s_out_verify takes it there. */
void s2s_verify_ask(struct s2s_verify *v);

/* Back to the stream that asked, which may be gone. */
void s2s_verify_answer(struct s2s_verify *v, enum s2s_verdict verdict);

#endif
