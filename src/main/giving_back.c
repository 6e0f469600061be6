#include "main/giving_back.h"

#include <malloc.h>

bool giving_back_look(struct giving_back *g, int64_t connections)
{
	bool is_falling = connections < g->last;

	g->last = connections;
	if (connections > g->most)
		g->most = connections;
	if (is_falling || g->most - connections < GIVING_BACK_CROWD || connections > g->most / 2)
		return false;
	g->most = connections;
	malloc_trim(0);
	return true;
}
