#include "link/s2s/s2s_queue.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/metric.h"

static _Atomic int64_t held_bytes, budget_bytes = INT64_MAX;

void s2s_queue_set_budget(int64_t bytes)
{
	atomic_store(&budget_bytes, bytes);
}

void s2s_queue_init(struct s2s_queue *q, size_t limit_bytes)
{
	*q = (struct s2s_queue){.limit_bytes = limit_bytes};
	list_init(&q->items);
}

static struct jid copy_address(char *text, struct jid j)
{
	memcpy(text, j.text, jid_len(j));
	j.text = text;
	return j;
}

static size_t size_of(const struct stanza *s, struct jid from, struct jid to)
{
	return sizeof(struct s2s_item) + jid_len(from) + jid_len(to) + stanza_size(s);
}

struct s2s_item *s2s_queue_put(struct s2s_queue *q, struct stanza *s, struct jid from, struct jid to, uint64_t now_ms)
{
	size_t bytes = size_of(s, from, to);
	struct s2s_item *item = mem_new(bytes - stanza_size(s));

	atomic_fetch_add(&held_bytes, (int64_t)bytes);
	item->stanza = s;
	stanza_ref(s);
	item->from = copy_address((char *)(item + 1), from);
	item->to = copy_address((char *)(item + 1) + jid_len(from), to);
	item->bytes = bytes;
	item->came_ms = item->since_ms = now_ms;
	list_init(&item->young);
	list_append(&q->items, &item->link);
	q->bytes += bytes;
	q->count++;
	metric_add(METRIC_s2s_queued, 1);
	return item;
}

struct s2s_item *s2s_queue_add(struct s2s_queue *q, struct stanza *s, struct jid from, struct jid to, uint64_t now_ms)
{
	size_t bytes = size_of(s, from, to);

	/* A single one may be larger than the limit: stanzas have limits of their own. */
	if (q->count > 0 && q->bytes + bytes > q->limit_bytes)
		return NULL;
	if (atomic_load(&held_bytes) + (int64_t)bytes > atomic_load(&budget_bytes))
		return NULL;
	return s2s_queue_put(q, s, from, to, now_ms);
}

struct s2s_item *s2s_queue_first(const struct s2s_queue *q)
{
	return q->count ? container_of(q->items.next, struct s2s_item, link) : NULL;
}

struct s2s_item *s2s_queue_last(const struct s2s_queue *q)
{
	return q->count ? container_of(q->items.prev, struct s2s_item, link) : NULL;
}

static void take_out(struct s2s_queue *q, struct s2s_item *item)
{
	list_remove(&item->link);
	q->bytes -= item->bytes;
	q->count--;
}

static struct s2s_item *take_first(struct s2s_queue *q)
{
	struct s2s_item *item = s2s_queue_first(q);

	take_out(q, item);
	return item;
}

void s2s_queue_pass(struct s2s_queue *from, struct s2s_queue *to)
{
	struct s2s_item *item = take_first(from);

	list_append(&to->items, &item->link);
	to->bytes += item->bytes;
	to->count++;
}

void s2s_queue_return(struct s2s_queue *from, struct s2s_queue *to)
{
	struct s2s_item *item = s2s_queue_last(from);

	take_out(from, item);
	list_prepend(&to->items, &item->link);
	to->bytes += item->bytes;
	to->count++;
}

static void free_item(struct s2s_item *item)
{
	atomic_fetch_sub(&held_bytes, (int64_t)item->bytes);
	metric_add(METRIC_s2s_queued, -1);
	list_remove(&item->young);
	stanza_unref(&item->stanza);
	free(item);
}

void s2s_queue_drop_first(struct s2s_queue *q)
{
	struct s2s_item *item = take_first(q);

	if (item->departure)
		departure_end(&item->departure);
	free_item(item);
}

void s2s_queue_leave_all(struct s2s_queue *q)
{
	while (q->count) {
		struct s2s_item *item = take_first(q);

		if (item->departure)
			departure_leave(&item->departure);
		free_item(item);
	}
}
