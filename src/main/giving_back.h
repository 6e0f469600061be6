/* giving_back: when a crowd of connections has gone, the memory that it has left free goes back to the system.
 *
 * The C library gives back only what is free at the end of its heaps; what was TLS sessions lies in between, and would stay ours. Looking for it
 * holds up whoever allocates meanwhile, so it is done once after many have gone, and not before a second in which no more went.
 * Threads: the main thread. Test: test/unit/main/giving_back_test.c, test/robust/everything.py */
#ifndef MEERKAT_MAIN_GIVING_BACK_H
#define MEERKAT_MAIN_GIVING_BACK_H

#include <stdbool.h>
#include <stdint.h>

enum { GIVING_BACK_CROWD = 250 }; /* fewer are not worth it */

struct giving_back {
	int64_t most; /* connections since it was done, or was found to be needless */
	int64_t last; /* at the last look */
};

/* Once a second, with how many connections there are. Has it been done? */
bool giving_back_look(struct giving_back *g, int64_t connections);

#endif
