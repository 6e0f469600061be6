#include "base/probe.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list all = {&all, &all};

void probe_add(struct probe *p)
{
	pthread_mutex_lock(&lock);
	list_append(&all, &p->link);
	pthread_mutex_unlock(&lock);
}

void probe_remove(struct probe *p)
{
	pthread_mutex_lock(&lock);
	if (p->link.next)
		list_remove(&p->link);
	pthread_mutex_unlock(&lock);
}

void probe_ask_all(probe_take *take, void *context)
{
	pthread_mutex_lock(&lock);
	list_each(link, &all) {
		const struct probe *p = container_of(link, struct probe, link);

		p->report(p, take, context);
	}
	pthread_mutex_unlock(&lock);
}
