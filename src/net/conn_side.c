#include "net/conn_side.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "net/conn_rate.h"

struct conn_side *conn_side_get(struct conn *c)
{
	if (!c->side) {
		c->side = mem_new(sizeof(*c->side));
		c->side->conn = c;
		timer_init(&c->side->timer, NULL);
		buf_init(&c->side->kept);
	}
	return c->side;
}

void conn_side_stop(struct conn *c)
{
	if (!c->side)
		return;
	timer_stop(&c->side->timer);
	conn_rate_stop(c->side->rate);
	c->side->move_to = NULL;
}

struct buf conn_side_take_kept(struct conn *c)
{
	struct buf kept;

	buf_init(&kept);
	if (c->side) {
		kept = c->side->kept;
		buf_init(&c->side->kept);
		conn_side_tidy(c);
	}
	return kept;
}

void conn_side_drop_kept(struct conn *c)
{
	struct buf kept = conn_side_take_kept(c);

	buf_fini(&kept);
}

void conn_side_tidy(struct conn *c)
{
	const struct conn_side *s = c->side;

	if (s && !c->tls && !s->kept.len && !s->move_to && !s->rate && !timer_is_running(&s->timer))
		conn_side_free(c);
}

void conn_side_free(struct conn *c)
{
	if (!c->side)
		return;
	conn_side_stop(c);
	check(!c->side->plain.first);
	buf_fini(&c->side->kept);
	conn_rate_free(&c->side->rate);
	free(c->side);
	c->side = NULL;
}
