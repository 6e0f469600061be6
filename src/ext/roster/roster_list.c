#include "ext/roster/roster_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct roster_list *roster_list_new(void)
{
	return mem_new(sizeof(struct roster_list));
}

void roster_list_free(struct roster_list **l)
{
	if (!*l)
		return;
	for (uint32_t i = 0; i < (*l)->count; i++)
		free((*l)->items[i]);
	free((*l)->items);
	free(*l);
	*l = NULL;
}

static void count_in(struct roster_list *l, const struct roster_item *item)
{
	l->digest += roster_item_digest(item);
	l->bytes += roster_item_size(item);
}

static void drop(struct roster_list *l, struct roster_item *item)
{
	l->digest -= roster_item_digest(item);
	l->bytes -= roster_item_size(item);
	free(item);
}

/* Where the address is, or would be. */
static uint32_t place_of(const struct roster_list *l, struct str key, bool *is_there_out)
{
	uint32_t low = 0, high = l->count;

	*is_there_out = false;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = str_compare(roster_item_key(l->items[middle]), key);

		if (order == 0) {
			*is_there_out = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct roster_item *roster_list_find(const struct roster_list *l, struct jid address)
{
	bool is_there;
	uint32_t i = place_of(l, jid_str(address), &is_there);

	return is_there ? l->items[i] : NULL;
}

static void make_room(struct roster_list *l)
{
	bool is_full = l->count == 0 || (l->count >= 4 && (l->count & (l->count - 1)) == 0);

	if (is_full)
		l->items = mem_resize(l->items, (l->count ? l->count * 2 : 4) * sizeof(*l->items));
}

void roster_list_put(struct roster_list *l, struct roster_item *item)
{
	bool is_there;
	uint32_t i = place_of(l, roster_item_key(item), &is_there);

	if (is_there) {
		drop(l, l->items[i]);
	} else {
		make_room(l);
		memmove(l->items + i + 1, l->items + i, (l->count - i) * sizeof(*l->items));
		l->count++;
	}
	l->items[i] = item;
	count_in(l, item);
}

void roster_list_remove(struct roster_list *l, struct jid address)
{
	bool is_there;
	uint32_t i = place_of(l, jid_str(address), &is_there);

	if (!is_there)
		return;
	drop(l, l->items[i]);
	l->count--;
	memmove(l->items + i, l->items + i + 1, (l->count - i) * sizeof(*l->items));
}

void roster_list_version(const struct roster_list *l, char out[ROSTER_LIST_VERSION_BYTES])
{
	snprintf(out, ROSTER_LIST_VERSION_BYTES, "%016" PRIx64, l->digest);
}
