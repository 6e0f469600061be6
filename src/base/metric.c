#include "base/metric.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"

static const struct {
	const char *name, *kind, *help;
} metrics[] = {
#define METRIC(name, kind, help) {#name, #kind, help},
#include "base/metric.def"
#undef METRIC
};

struct cells {
	struct list link;
	_Atomic int64_t values[METRIC_COUNT]; /* written by their thread only */
};

static _Thread_local struct cells *own_cells;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list all_cells = {&all_cells, &all_cells}; /* under the lock */
static int64_t ended[METRIC_COUNT];                      /* sums of threads that are gone; under the lock */
static pthread_key_t end_of_thread;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fold_in(void *data)
{
	struct cells *cells = data;

	pthread_mutex_lock(&lock);
	for (int m = 0; m < METRIC_COUNT; m++)
		ended[m] += atomic_load_explicit(&cells->values[m], memory_order_relaxed);
	list_remove(&cells->link);
	pthread_mutex_unlock(&lock);
	free(cells);
	own_cells = NULL;
}

static void make_key(void)
{
	check(pthread_key_create(&end_of_thread, fold_in) == 0);
}

static struct cells *make_own_cells(void)
{
	struct cells *cells = mem_new(sizeof(*cells));

	pthread_once(&once, make_key);
	check(pthread_setspecific(end_of_thread, cells) == 0);
	pthread_mutex_lock(&lock);
	list_append(&all_cells, &cells->link);
	pthread_mutex_unlock(&lock);
	return cells;
}

void metric_add(enum metric m, int64_t n)
{
	if (!own_cells)
		own_cells = make_own_cells();

	_Atomic int64_t *cell = &own_cells->values[m];

	/* No read-modify-write: nobody else writes it, readers only need a value that is whole. */
	atomic_store_explicit(cell, atomic_load_explicit(cell, memory_order_relaxed) + n, memory_order_relaxed);
}

int64_t metric_read(enum metric m)
{
	int64_t sum;

	check(m < METRIC_COUNT);
	pthread_mutex_lock(&lock);
	sum = ended[m];
	list_each(link, &all_cells)
		sum += atomic_load_explicit(&container_of(link, struct cells, link)->values[m], memory_order_relaxed);
	pthread_mutex_unlock(&lock);
	return sum;
}

const char *metric_name(enum metric m)
{
	check(m < METRIC_COUNT);
	return metrics[m].name;
}

const char *metric_help(enum metric m)
{
	check(m < METRIC_COUNT);
	return metrics[m].help;
}

const char *metric_kind(enum metric m)
{
	check(m < METRIC_COUNT);
	return metrics[m].kind;
}
