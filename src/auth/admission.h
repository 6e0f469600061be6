/* admission: what all listeners together let in: connections of one address that are not logged in, failed logins of one address, bytes
 * of unfinished elements.
 *
 * Process-wide and exact. Of version 6 a network of 64 bits counts as one address. An address is remembered while it has connections
 * that are not logged in, or failed logins of the last minute.
 * Threads: any. Test: test/unit/auth/admission_test.c */
#ifndef MEERKAT_AUTH_ADMISSION_H
#define MEERKAT_AUTH_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "conf/config.h"

enum admission {
	ADMISSION_GRANTED,  /* admission_leave is due when it has logged in or is gone */
	ADMISSION_CROWDED,  /* max_unauthenticated_per_address */
	ADMISSION_FAILED,   /* max_login_failures_per_address */
};

/* now_ms: any clock that does not go back. */
enum admission admission_enter(struct ip address, const struct config_meerkat *limits, uint64_t now_ms);
void admission_leave(struct ip address);

/* A login failed. False: its address has used up what it may fail in a minute (a bucket of that many, refilled evenly). */
bool admission_fail(struct ip address, const struct config_meerkat *limits, uint64_t now_ms);

/* May a login be tried from this address, or has it used that up? Over HTTP, where nobody enters. */
bool admission_may_try(struct ip address, const struct config_meerkat *limits, uint64_t now_ms);

/* Somebody holds `after` bytes of input in place of `before`. False: all together hold more than max_input_bytes. */
bool admission_hold(size_t before, size_t after, const struct config_meerkat *limits);

/* Addresses remembered, for tests. */
size_t admission_addresses(void);

#endif
