#include "main/giving_back.h"

#include <malloc.h>

#include "base/clock.h"
#include "base/log.h"

enum { LARGE_BYTES = 1024 * 1024 };

void giving_back_begin(void)
{
	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
}

static void give_back(void)
{
	int64_t began_ms = clock_monotonic_ms();

	malloc_trim(0);
	log_event(LOG_DEBUG, "server", "what many connections have left was given back", LOG_NUM("ms", clock_monotonic_ms() - began_ms));
}

bool giving_back_look(struct giving_back *g, int64_t connections)
{
	bool is_falling = connections < g->last;

	g->last = connections;
	if (connections > g->most)
		g->most = connections;
	if (is_falling || g->most - connections < GIVING_BACK_CROWD || connections > g->most / 2)
		return false;
	g->most = connections;
	give_back();
	return true;
}
