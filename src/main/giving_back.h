/* giving_back: when a crowd of connections has gone, the memory that it has left free goes back to the system.
 *
 * The C library gives back only what is free at the end of its heaps; what was TLS sessions lies in between, and would stay ours. Looking for it
 * holds up whoever allocates meanwhile, so it is done once after many have gone, and not before a second in which no more went.
 * What is large goes back when it is free, as it is never part of a heap. Without being told so, the library takes a large stanza for a sign that
 * more such will come, and keeps the room.
 * Threads: the main thread. Test: test/unit/main/giving_back_test.c, test/robust/everything.py,
 * test/robust/hostile_stanzas.py */
#ifndef MEERKAT_MAIN_GIVING_BACK_H
#define MEERKAT_MAIN_GIVING_BACK_H

#include <stdbool.h>
#include <stdint.h>

enum { GIVING_BACK_CROWD = 250 }; /* fewer are not worth it */

struct giving_back {
	int64_t most; /* connections since it was done, or was found to be needless */
	int64_t last; /* at the last look */
};

/* Before there are other threads. */
void giving_back_begin(void);

/* Once a second, with how many connections there are. Has it been done? */
bool giving_back_look(struct giving_back *g, int64_t connections);

#endif
