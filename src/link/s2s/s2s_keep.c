#include "link/s2s/s2s_keep.h"

#include <stdlib.h>

#include "base/mem.h"
#include "link/s2s/s2s_out.h"
#include "route/router.h"

/* ---- what gets old ---- */

static uint64_t due_ms(const struct s2s_item *item)
{
	return item->came_ms + S2S_KEEP_AFTER_MS;
}

static void keep(const struct s2s_item *item)
{
	if (item->departure)
		departure_keep(item->departure, item->stanza, item->from, item->to);
}

static void on_due(struct timer *t)
{
	struct s2s_place *p = container_of(t, struct s2s_place, keep);
	uint64_t now_ms = timer_now_ms(p->loop->timers);

	while (!list_is_empty(&p->young)) {
		struct s2s_item *item = container_of(p->young.next, struct s2s_item, young);

		if (due_ms(item) > now_ms) {
			timer_start(p->loop->timers, &p->keep, due_ms(item) - now_ms);
			return;
		}
		list_remove(&item->young);
		keep(item);
	}
}

void s2s_keep_watch(struct s2s_place *p, struct s2s_item *item)
{
	list_append(&p->young, &item->young);
	if (!timer_is_running(&p->keep))
		timer_start(p->loop->timers, &p->keep, S2S_KEEP_AFTER_MS);
}

void s2s_keep_all(const struct s2s_queue *q)
{
	list_each (link, &q->items)
		keep(container_of(link, struct s2s_item, link));
}

void s2s_keep_init(struct s2s_place *p)
{
	list_init(&p->young);
	timer_init(&p->keep, on_due);
}

/* ---- what an earlier process has left behind ---- */

struct find {
	struct letter letter;
	struct s2s_place *place;
	struct stanza *stanza; /* counted */
	struct departure_left left;
};

static void on_find(struct letter *l)
{
	struct find *f = container_of(l, struct find, letter);
	struct registry *r = f->place->registry;
	struct departure *d = departure_take_on(r, &f->left);

	if (atomic_load(&r->realm->is_stopping))
		departure_leave(&d);
	else
		s2s_out_take_on(f->place, f->stanza, d);
	stanza_unref(&f->stanza);
	free(f);
}

static void found(void *context, const struct departure_left *left, struct stanza *s)
{
	struct s2s *all = context;
	struct find *f = mem_new(sizeof(*f));

	f->letter.run = on_find;
	f->place = s2s_place_of(all, jid_domain(s->to));
	f->left = *left;
	f->stanza = s;
	stanza_ref(s);
	mailbox_post(&f->place->loop->mailbox, &f->letter);
}

enum err s2s_keep_recover(struct s2s *s, struct why *why)
{
	return departure_recover(s->home->realm->accounts.store, found, s, why);
}
