#include "net/conn_give.h"

#include "net/conn_side.h"

/* In the same list of the loop at the same place. */
static void relink(struct list *from, struct list *to)
{
	list_init(to);
	if (list_is_empty(from))
		return;
	list_insert_before(from, to);
	list_remove(from);
}

void conn_give(struct conn *from, struct conn *to, const struct conn_handler *h)
{
	struct loop *l = from->loop;
	uint32_t events = from->source.events;

	if (events)
		loop_unwatch(l, &from->source);
	*to = *from;
	relink(&from->link, &to->link);
	if (to->side)
		to->side->conn = to;
	to->handler = h;
	to->awaits_written = false;
	*from = (struct conn){.source = {.fd = -1}, .loop = l};
	list_init(&from->link);
	if (events)
		loop_watch(l, &to->source, events);
	if (conn_is_closing(to))
		return;
	conn_resume(to);
	h->on_moved(to);
}
