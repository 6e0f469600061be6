/* throttle: one registration per address and general.registration_timeout.
 *
 * Shared by all loops behind a lock: registrations are rare, and an address may come to any loop. Bounded; when it is full of addresses that
 * must still wait, new ones are refused. Threads: any. Test: test/unit/ext/throttle_test.c */
#ifndef MEERKAT_EXT_THROTTLE_H
#define MEERKAT_EXT_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"

/* May this address register now? If so it is noted, and asked again within timeout_s it may not. IPv6 counts by /64.
 * now_ms: of a clock that is never set back (base/clock.h). */
bool throttle_pass(struct ip who, int64_t now_ms, int64_t timeout_s);

/* The registration did not happen: the address may try again. */
void throttle_forget(struct ip who);

#endif
