#include "base/gauge.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list shown = {&shown, &shown}; /* under the lock */

void gauge_show(struct gauge *g)
{
	pthread_mutex_lock(&lock);
	list_append(&shown, &g->link);
	pthread_mutex_unlock(&lock);
}

void gauge_hide(struct gauge *g)
{
	pthread_mutex_lock(&lock);
	list_remove(&g->link);
	pthread_mutex_unlock(&lock);
}

void gauge_visit(void (*visit)(const struct gauge *g, int64_t value, void *context), void *context)
{
	pthread_mutex_lock(&lock);
	list_each (link, &shown) {
		const struct gauge *g = container_of(link, struct gauge, link);

		visit(g, g->read(g->context), context);
	}
	pthread_mutex_unlock(&lock);
}
