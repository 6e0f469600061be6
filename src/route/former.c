#include "route/former.h"

#include <stdlib.h>

#include "base/mem.h"

struct entry {
	struct list link;
	uint64_t until_ms;
	uint32_t handled;
	struct str id, who; /* the texts follow the struct */
};

struct formers {
	struct registry *registry;
	struct map by_id;
	struct list entries; /* the oldest first */
	struct timer timer;  /* while there are any */
	uint64_t look_after_ms;
};

static struct str key_of(const void *value)
{
	return ((const struct entry *)value)->id;
}

static void drop(struct formers *f, struct entry *e)
{
	list_remove(&e->link);
	map_take(&f->by_id, e->id);
	free(e);
}

static void drop_old(struct formers *f)
{
	uint64_t now_ms = timer_now_ms(f->registry->timers);

	list_each(link, &f->entries) {
		struct entry *e = container_of(link, struct entry, link);

		if (e->until_ms <= now_ms)
			drop(f, e);
	}
}

static void look_again(struct formers *f)
{
	if (!list_is_empty(&f->entries) && !timer_is_running(&f->timer))
		timer_start(f->registry->timers, &f->timer, f->look_after_ms);
}

static void on_timer(struct timer *t)
{
	struct formers *f = container_of(t, struct formers, timer);

	drop_old(f);
	look_again(f);
}

static struct formers *formers_get(struct registry *r)
{
	struct formers *f = r->formers;

	if (f)
		return f;
	f = r->formers = mem_new(sizeof(*f));
	f->registry = r;
	map_init(&f->by_id, key_of);
	list_init(&f->entries);
	timer_init(&f->timer, on_timer);
	return f;
}

void former_add(struct registry *r, const struct former *former)
{
	struct formers *f = formers_get(r);
	struct str who = jid_bare_str(former->who);
	struct entry *e = mem_new(sizeof(*e) + former->id.len + who.len);
	char *texts = (char *)(e + 1);

	memcpy(texts, former->id.data, former->id.len);
	memcpy(texts + former->id.len, who.data, who.len);
	e->id = str_make(texts, former->id.len);
	e->who = str_make(texts + former->id.len, who.len);
	e->handled = former->handled;
	e->until_ms = timer_now_ms(r->timers) + (uint64_t)former->keep_s * 1000;
	list_append(&f->entries, &e->link);
	map_add(&f->by_id, e);
	if (f->by_id.count > FORMER_MAX)
		drop(f, container_of(f->entries.next, struct entry, link));
	f->look_after_ms = (uint64_t)former->look_after_s * 1000;
	look_again(f);
}

bool former_find(struct registry *r, struct str id, struct jid who, uint32_t *handled_out)
{
	struct entry *e = r->formers ? map_find(&r->formers->by_id, id) : NULL;

	if (!e || !str_equal(e->who, jid_bare_str(who)) || e->until_ms <= timer_now_ms(r->timers))
		return false;
	*handled_out = e->handled;
	return true;
}

void former_free_all(struct registry *r)
{
	struct formers *f = r->formers;

	if (!f)
		return;
	timer_stop(&f->timer);
	list_each(link, &f->entries)
		drop(f, container_of(link, struct entry, link));
	map_fini(&f->by_id);
	free(f);
	r->formers = NULL;
}
