#include "link/bosh/bosh_todo.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

static void tidy(struct bosh_todo *t)
{
	if (!bosh_todo_is_empty(t))
		return;
	free(t->items);
	*t = (struct bosh_todo){.items = NULL};
}

struct stanza *bosh_todo_take(struct bosh_todo *t)
{
	struct stanza *item;

	check(!bosh_todo_is_empty(t));
	item = t->items[t->at++];
	tidy(t);
	return item;
}

static void push(struct bosh_todo *t, struct stanza *item)
{
	t->items[t->count++] = item;
}

void bosh_todo_add(struct bosh_todo *t, struct bosh_body *b, bool is_opening)
{
	t->items = mem_resize(t->items, (t->count + b->count + 2) * sizeof(struct stanza *));
	if (is_opening) {
		stanza_ref(b->tag);
		push(t, b->tag);
	}
	for (size_t i = 0; i < b->count; i++)
		push(t, b->elements[i]);
	b->count = 0;
	if (b->is_terminate)
		push(t, NULL);
	tidy(t);
}

void bosh_todo_fini(struct bosh_todo *t)
{
	while (!bosh_todo_is_empty(t)) {
		struct stanza *item = bosh_todo_take(t);

		if (item)
			stanza_unref(&item);
	}
}
