/* The calls for one loop hang behind the first of them: its link is the head of the list, its letter carries all. */
#include "route/outbox.h"

#include <stdlib.h>

#include "base/mem.h"
#include "route/router.h"
#include "route/settlement.h"

static void on_batch(struct letter *l)
{
	struct call *first = container_of(l, struct call, letter);
	struct registry *r = first->registry;
	struct list batch;
	bool was_running = registry_hold(r);

	list_init(&batch);
	list_insert_before(&first->link, &batch);
	while (!list_is_empty(&batch)) {
		struct call *c = container_of(batch.next, struct call, link);

		list_remove(&c->link);
		if (c->is_settled) {
			settlement_arrived(c);
			free(c);
		} else {
			router_arrive(c);
		}
	}
	registry_let_run(r, was_running);
}

void outbox_add(struct registry *r, struct registry *target, struct call *c)
{
	if (!r->outbox)
		r->outbox = mem_new_array((size_t)r->realm->count, sizeof(struct call *));

	struct call **first = &r->outbox[target->index];

	c->registry = target;
	list_init(&c->link);
	if (*first)
		list_append(&(*first)->link, &c->link);
	else
		*first = c;
}

void outbox_send(struct registry *r)
{
	for (int i = 0; r->outbox && i < r->realm->count; i++) {
		struct call *first = r->outbox[i];

		if (!first)
			continue;
		r->outbox[i] = NULL;
		first->letter.run = on_batch;
		mailbox_post(first->registry->mailbox, &first->letter);
	}
}

void outbox_drop(struct registry *r)
{
	for (int i = 0; r->outbox && i < r->realm->count; i++)
		while (r->outbox[i]) {
			struct call *first = r->outbox[i], *c = container_of(first->link.next, struct call, link);

			list_remove(&c->link);
			if (c == first)
				r->outbox[i] = NULL;
			c->origin.registry = -1;
			call_free(&c);
		}
	free(r->outbox);
	r->outbox = NULL;
}
