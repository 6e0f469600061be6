#include "link/s2s/s2s_returns.h"

#include "base/metric.h"
#include "route/router.h"

static void return_first(struct s2s_returns *back)
{
	struct s2s_item *item = s2s_queue_first(&back->waiting);
	struct call_origin origin = source_begin(&back->source, item->stanza);
	struct router_return how = {
		.from = item->to,
		.to = item->from,
		.error = (enum stanza_error)item->error,
		.is_promised = item->departure && item->departure->was_kept,
		.origin = origin,
	};

	item->number = origin.number;
	metric_add(METRIC_s2s_bounced, 1);
	s2s_queue_pass(&back->waiting, &back->under_way);
	router_return(back->registry, item->stanza, &how);
	source_done(&back->source, origin);
}

/* Returning may end in another return. */
static void run(struct s2s_returns *back)
{
	if (back->is_running)
		return;
	back->is_running = true;
	while (back->waiting.count && back->under_way.count < back->room)
		return_first(back);
	back->is_running = false;
}

static struct s2s_returns *returns_of(struct source *s)
{
	return container_of(s, struct s2s_returns, source);
}

static void on_settled(struct source *s, uint32_t asks)
{
	struct s2s_returns *back = returns_of(s);
	const struct s2s_item *first;

	(void)asks;
	while ((first = s2s_queue_first(&back->under_way)) && (int32_t)(s->ledger.settled - first->number) >= 0)
		s2s_queue_drop_first(&back->under_way);
	run(back);
}

static void on_resume(struct source *s)
{
	run(returns_of(s));
}

static void take(struct s2s_returns *back, struct s2s_queue *from, enum stanza_error e)
{
	struct s2s_item *item = s2s_queue_first(from);

	item->error = (uint8_t)e;
	item->out = NULL;
	s2s_queue_pass(from, &back->waiting);
}

void s2s_returns_first(struct s2s_returns *back, struct s2s_queue *from, enum stanza_error e)
{
	take(back, from, e);
	run(back);
}

void s2s_returns_all(struct s2s_returns *back, struct s2s_queue *from, enum stanza_error e)
{
	while (from->count)
		take(back, from, e);
	run(back);
}

void s2s_returns_init(struct s2s_returns *back, struct registry *r, int loops)
{
	back->registry = r;
	back->room = S2S_RETURNS_UNDER_WAY / (uint32_t)loops;
	s2s_queue_init(&back->waiting, SIZE_MAX);
	s2s_queue_init(&back->under_way, SIZE_MAX);
	source_open(&back->source, r, on_resume);
	source_keep_ledger(&back->source, on_settled);
}

void s2s_returns_fini(struct s2s_returns *back)
{
	source_close(&back->source);
	s2s_queue_leave_all(&back->waiting);
	s2s_queue_leave_all(&back->under_way);
}
