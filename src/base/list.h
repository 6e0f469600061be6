/* list: an intrusive, circular, doubly linked list.
 *
 * The head is a struct list, as are the links inside the objects. An unlinked link points to itself, so list_remove may be called
 * on it again. Owner: whoever holds the head. Threads: the owner's. */
#ifndef MEERKAT_BASE_LIST_H
#define MEERKAT_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

#define container_of(pointer, type, member) ((type *)(void *)((char *)(pointer) - offsetof(type, member)))

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_is_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_insert_before(struct list *at, struct list *item)
{
	item->prev = at->prev;
	item->next = at;
	at->prev->next = item;
	at->prev = item;
}

static inline void list_append(struct list *head, struct list *item)
{
	list_insert_before(head, item);
}

static inline void list_prepend(struct list *head, struct list *item)
{
	list_insert_before(head->next, item);
}

static inline void list_remove(struct list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	list_init(item);
}

/* All items of `from` become those of `to`, which need not be initialised. */
static inline void list_move_all(struct list *from, struct list *to)
{
	list_init(to);
	if (list_is_empty(from))
		return;
	list_append(from, to);
	list_remove(from);
}

/* Walks the links; the current one may be removed, no other. */
#define list_each(link, head)                                                                       \
	for (struct list *link = (head)->next, *link##_next = link->next; link != (head); \
	     link = link##_next, link##_next = link->next)

#endif
