/* limited: on whom limits have acted lately, and who reads slowly: the last few, for whoever asks.
 *
 * One entry for each limit and address or account, LIMITED_MAX in all; the one that is oldest makes room. When two threads come at once one of
 * them is left out: the numbers here are to be looked at, what is counted is the metric's matter.
 * Threads: any. Test: test/unit/base/limit_test.c */
#ifndef MEERKAT_BASE_LIMITED_H
#define MEERKAT_BASE_LIMITED_H

#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/metric.h"
#include "base/str.h"

enum { LIMITED_MAX = 48, LIMITED_WHO_BYTES = 128 };

struct limited {
	enum metric limit;
	struct ip peer; /* version 0: an account, or another server */
	char who[LIMITED_WHO_BYTES]; /* the address without port, or the account, which may be cut; UTF-8, terminated */
	int64_t first_ms, last_ms;   /* Unix time */
	uint64_t count;
};

/* `account` is looked at if the peer has no version. */
void limited_note(enum metric limit, struct ip peer, struct str account);

/* Copies those that are there, the latest first; `out` has room for LIMITED_MAX. Returns how many. */
size_t limited_read(struct limited *out);

#endif
