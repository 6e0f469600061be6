#include "net/candidate.h"

#include "base/codec.h"

static bool is_same(const struct candidate *x, const struct candidate *y)
{
	return x->port == y->port && x->is_direct_tls == y->is_direct_tls && str_equal(x->host, y->host);
}

/* Where it can go: behind the others; instead of the last one of a worse priority when there is no room; NULL: nowhere. */
static struct candidate *find_room(struct candidate_list *l, const struct candidate *c)
{
	struct candidate *worst = NULL;

	if (l->count < DIAL_CANDIDATES_MAX)
		return &l->items[l->count++];
	l->has_bad = true;
	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].priority > c->priority && (!worst || l->items[i].priority >= worst->priority))
			worst = &l->items[i];
	return worst;
}

static void add(struct candidate_list *l, const struct candidate *c)
{
	struct candidate *room;

	for (size_t i = 0; i < l->count; i++)
		if (is_same(&l->items[i], c))
			return;
	room = find_room(l, c);
	if (room)
		*room = *c;
}

void candidate_add(struct candidate_list *l, const struct resolve_answer *answer, bool is_direct_tls)
{
	for (size_t i = 0; i < answer->count; i++) {
		const struct resolve_srv *srv = &answer->records[i].srv;
		const struct candidate c = {
			.host = srv->target,
			.port = srv->port,
			.priority = srv->priority,
			.weight = srv->weight,
			.is_direct_tls = is_direct_tls,
			.is_secure = answer->is_secure,
		};

		if (str_is(srv->target, "."))
			l->denies |= !is_direct_tls;
		else if (srv->port == 0)
			l->has_bad = true;
		else
			add(l, &c);
	}
}

static uint32_t random_below(uint32_t end)
{
	uint32_t number;

	codec_random(&number, sizeof(number));
	return (uint32_t)((uint64_t)number * end >> 32);
}

/* The one of items[from..to) that is next. Those without weight are not ruled out, but hardly ever before others. */
static size_t draw(const struct candidate *items, size_t from, size_t to)
{
	uint32_t sum = 0, at;

	for (size_t i = from; i < to; i++)
		sum += items[i].weight ? items[i].weight * 16u : 1;
	at = random_below(sum);
	for (size_t i = from; i + 1 < to; i++) {
		uint32_t share = items[i].weight ? items[i].weight * 16u : 1;

		if (at < share)
			return i;
		at -= share;
	}
	return to - 1;
}

static void swap(struct candidate *x, struct candidate *y)
{
	struct candidate was = *x;

	*x = *y;
	*y = was;
}

static void sort_by_priority(struct candidate_list *l)
{
	for (size_t i = 1; i < l->count; i++)
		for (size_t j = i; j > 0 && l->items[j - 1].priority > l->items[j].priority; j--)
			swap(&l->items[j - 1], &l->items[j]);
}

void candidate_sort(struct candidate_list *l)
{
	sort_by_priority(l);
	for (size_t i = 0; i < l->count; i++) {
		size_t end = i + 1;

		while (end < l->count && l->items[end].priority == l->items[i].priority)
			end++;
		swap(&l->items[i], &l->items[draw(l->items, i, end)]);
	}
}
