#include "base/histogram.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"

enum { SUM = HISTOGRAM_BUCKETS, CELLS };

static const struct {
	const char *name;
	double scale;
	const char *help;
} histograms[] = {
#define HISTOGRAM(name, scale, help) {#name, scale, help},
#include "base/histogram.def"
#undef HISTOGRAM
};

struct cells {
	struct list link;
	_Atomic uint64_t values[HISTOGRAM_COUNT][CELLS]; /* written by their thread only */
};

static _Thread_local struct cells *own_cells;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list all_cells = {&all_cells, &all_cells}; /* under the lock */
static uint64_t ended[HISTOGRAM_COUNT][CELLS];           /* sums of threads that are gone; under the lock */
static pthread_key_t end_of_thread;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fold_in(void *data)
{
	struct cells *cells = data;

	pthread_mutex_lock(&lock);
	for (int h = 0; h < HISTOGRAM_COUNT; h++)
		for (int i = 0; i < CELLS; i++)
			ended[h][i] += atomic_load_explicit(&cells->values[h][i], memory_order_relaxed);
	list_remove(&cells->link);
	pthread_mutex_unlock(&lock);
	free(cells);
	own_cells = NULL;
}

static void make_key(void)
{
	check(pthread_key_create(&end_of_thread, fold_in) == 0);
}

static void make_own_cells(void)
{
	own_cells = mem_new(sizeof(*own_cells));
	pthread_once(&once, make_key);
	check(pthread_setspecific(end_of_thread, own_cells) == 0);
	pthread_mutex_lock(&lock);
	list_append(&all_cells, &own_cells->link);
	pthread_mutex_unlock(&lock);
}

static int bucket_of(uint64_t value)
{
	int bits = value > 1 ? 64 - __builtin_clzll(value - 1) : 0;

	return bits < HISTOGRAM_BUCKETS ? bits : HISTOGRAM_BUCKETS - 1;
}

/* No read-modify-write: nobody else writes it, readers only need a value that is whole. */
static void raise(_Atomic uint64_t *cell, uint64_t by)
{
	atomic_store_explicit(cell, atomic_load_explicit(cell, memory_order_relaxed) + by, memory_order_relaxed);
}

void histogram_add(enum histogram h, uint64_t value)
{
	if (!own_cells)
		make_own_cells();
	raise(&own_cells->values[h][bucket_of(value)], 1);
	raise(&own_cells->values[h][SUM], value);
}

void histogram_read(enum histogram h, struct histogram_state *out)
{
	uint64_t cells[CELLS];

	check(h < HISTOGRAM_COUNT);
	pthread_mutex_lock(&lock);
	memcpy(cells, ended[h], sizeof(cells));
	list_each(link, &all_cells)
		for (int i = 0; i < CELLS; i++)
			cells[i] += atomic_load_explicit(&container_of(link, struct cells, link)->values[h][i], memory_order_relaxed);
	pthread_mutex_unlock(&lock);
	*out = (struct histogram_state){.sum = cells[SUM]};
	memcpy(out->buckets, cells, sizeof(out->buckets));
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
		out->count += cells[i];
}

const char *histogram_name(enum histogram h)
{
	check(h < HISTOGRAM_COUNT);
	return histograms[h].name;
}

double histogram_scale(enum histogram h)
{
	check(h < HISTOGRAM_COUNT);
	return histograms[h].scale;
}

const char *histogram_help(enum histogram h)
{
	check(h < HISTOGRAM_COUNT);
	return histograms[h].help;
}

uint64_t histogram_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}
