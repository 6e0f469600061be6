#include "link/s2s/s2s_lane.h"

#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "base/mem.h"
#include "base/metric.h"
#include "link/s2s/s2s_out.h"
#include "xmpp/ns.h"

enum { LOOK_FIRST_MS = 20, LOOK_MAX_MS = 1000 };

static struct timer_wheel *timers_of(const struct s2s_lane *l)
{
	return l->place->loop->timers;
}

static uint64_t now(const struct s2s_lane *l)
{
	return timer_now_ms(timers_of(l));
}

static void look_soon(struct s2s_lane *l)
{
	l->look_ms = LOOK_FIRST_MS;
	timer_start(timers_of(l), &l->look, l->look_ms);
}

/* ---- what has arrived ---- */

static void drop_first(struct s2s_lane *l)
{
	s2s_queue_first(&l->sent)->out->unconfirmed--;
	s2s_queue_drop_first(&l->sent);
}

/* Everything has left this machine and is with the other one's kernel. */
static bool is_all_taken(const struct s2s_lane *l)
{
	int waiting = 0;

	return l->wire->conn.out_bytes == 0 && ioctl(l->wire->conn.source.fd, SIOCOUTQ, &waiting) == 0 && waiting == 0;
}

void s2s_lane_confirm(struct s2s_lane *l)
{
	if (l->is_acknowledged || !l->sent.count || !is_all_taken(l))
		return;
	while (l->sent.count)
		drop_first(l);
	l->has_delivered = true;
}

static void ask_for_acknowledgement(struct s2s_lane *l)
{
	if (!l->is_acknowledged || l->awaits_acknowledgement || !l->sent.count)
		return;
	l->awaits_acknowledgement = true;
	s2s_wire_send(l->wire, STR("<r xmlns='" NS_SM "'/>"));
}

/* ---- sending ---- */

static size_t window(const struct s2s_lane *l)
{
	size_t limit = l->wire->conn.output_limit_bytes / 2;

	return limit && limit < S2S_LANE_SENT_BYTES ? limit : S2S_LANE_SENT_BYTES;
}

static bool has_room(const struct s2s_lane *l)
{
	return !conn_is_closing(&l->wire->conn) && (!l->sent.count || l->sent.bytes < window(l));
}

static void send_first(struct s2s_lane *l, struct s2s_out *o)
{
	struct s2s_item *item = s2s_queue_first(&o->queue);
	struct buf *scratch = &l->place->loop->scratch;

	writer_stanza(scratch, item->stanza, item->from, item->to, NS_SERVER, false);
	conn_send(&l->wire->conn, buf_str(scratch));
	buf_clear(scratch);
	item->since_ms = now(l);
	s2s_queue_pass(&o->queue, &l->sent);
	o->unconfirmed++;
	metric_add(METRIC_s2s_stanzas_out, 1);
}

void s2s_lane_flush(struct s2s_out *o)
{
	struct s2s_lane *l = o->lane;

	if (!l || !o->queue.count)
		return;
	s2s_lane_confirm(l);
	if (!has_room(l))
		return;
	while (o->queue.count && has_room(l))
		send_first(l, o);
	o->used_ms = now(l);
	ask_for_acknowledgement(l);
	look_soon(l);
}

static void flush_all(struct s2s_lane *l)
{
	list_each (link, &l->outs)
		s2s_lane_flush(container_of(link, struct s2s_out, in_lane));
	ask_for_acknowledgement(l);
}

bool s2s_lane_acknowledged(struct s2s_lane *l, uint32_t count)
{
	if (count > l->sent.count)
		return false;
	l->awaits_acknowledgement = false;
	if (count == 0)
		return true; /* it has not dealt with them yet; on_look asks again */
	l->has_delivered = true;
	while (count-- > 0)
		drop_first(l);
	flush_all(l);
	return true;
}

void s2s_lane_unmanaged(struct s2s_lane *l)
{
	l->is_acknowledged = false;
}

/* ---- looking after it ---- */

static void on_look(struct timer *t)
{
	struct s2s_lane *l = container_of(t, struct s2s_lane, look);
	const struct s2s_item *first;

	s2s_lane_confirm(l);
	first = s2s_queue_first(&l->sent);
	if (first && now(l) > first->since_ms + S2S_OUT_WAIT_MS) {
		s2s_out_stuck(l);
		return;
	}
	l->look_ms = l->look_ms * 2 < LOOK_MAX_MS ? l->look_ms * 2 : LOOK_MAX_MS;
	if (first)
		timer_start(timers_of(l), &l->look, l->look_ms);
	flush_all(l);
}

uint64_t s2s_lane_used_ms(const struct s2s_lane *l)
{
	uint64_t last_ms = 0;

	list_each (link, &l->outs) {
		const struct s2s_out *o = container_of(link, struct s2s_out, in_lane);

		last_ms = o->used_ms > last_ms ? o->used_ms : last_ms;
	}
	return last_ms;
}

bool s2s_lane_is_alone(const struct s2s_lane *l)
{
	return l->outs.next->next == &l->outs;
}

/* ---- life ---- */

struct s2s_lane *s2s_lane_new(struct s2s_place *p, struct s2s_wire *w, bool is_acknowledged)
{
	struct s2s_lane *l = mem_new(sizeof(*l));

	l->place = p;
	l->wire = w;
	l->is_acknowledged = is_acknowledged;
	l->opened_ms = now(l);
	list_init(&l->outs);
	s2s_queue_init(&l->sent, SIZE_MAX);
	timer_init(&l->look, on_look);
	return l;
}

void s2s_lane_join(struct s2s_lane *l, struct s2s_out *o)
{
	list_remove(&o->in_lane);
	o->lane = l;
	list_append(&l->outs, &o->in_lane);
}

void s2s_lane_free(struct s2s_lane **lane)
{
	struct s2s_lane *l = *lane;

	*lane = NULL;
	while (l->sent.count) {
		struct s2s_out *o = s2s_queue_last(&l->sent)->out;

		o->unconfirmed--;
		s2s_queue_return(&l->sent, &o->queue);
	}
	list_each (link, &l->outs) {
		list_remove(link);
		container_of(link, struct s2s_out, in_lane)->lane = NULL;
	}
	timer_stop(&l->look);
	free(l);
}
