#include "ext/presence/directed.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

/* Entries: two bytes of length, the text. */
struct directed {
	uint32_t count, used, capacity;
	char bytes[];
};

enum { HEAD_BYTES = 2 };

static struct str entry_at(const struct directed *d, size_t at)
{
	const unsigned char *p = (const unsigned char *)d->bytes + at;

	return str_make(d->bytes + at + HEAD_BYTES, (size_t)p[0] | (size_t)p[1] << 8);
}

struct str directed_next(const struct directed *d, size_t *cursor)
{
	struct str entry;

	if (!d || *cursor >= d->used)
		return STR_NONE;
	entry = entry_at(d, *cursor);
	*cursor += HEAD_BYTES + entry.len;
	return entry;
}

/* Where the address is; d->used if it is not there. */
static size_t find(const struct directed *d, struct str address)
{
	for (size_t at = 0, next = 0; at < d->used; at = next)
		if (str_equal(directed_next(d, &next), address))
			return at;
	return d->used;
}

bool directed_add(struct directed **list, struct str address)
{
	struct directed *d = *list;
	size_t used = d ? d->used : 0, needed = used + HEAD_BYTES + address.len;
	bool is_new = !d;

	if (d && find(d, address) < d->used)
		return true;
	if (d && d->count == DIRECTED_MAX)
		return false;
	if (is_new || needed > d->capacity) {
		d = mem_resize(d, sizeof(*d) + needed + needed / 2);
		if (is_new)
			d->count = 0;
		d->capacity = (uint32_t)(needed + needed / 2);
		*list = d;
	}
	d->bytes[used] = (char)address.len;
	d->bytes[used + 1] = (char)(address.len >> 8);
	memcpy(d->bytes + used + HEAD_BYTES, address.data, address.len);
	d->used = (uint32_t)needed;
	d->count++;
	return true;
}

void directed_remove(struct directed **list, struct str address)
{
	struct directed *d = *list;
	size_t at = d ? find(d, address) : 0, len = HEAD_BYTES + address.len;

	if (!d || at == d->used)
		return;
	memmove(d->bytes + at, d->bytes + at + len, d->used - at - len);
	d->used -= (uint32_t)len;
	if (--d->count == 0)
		directed_free(list);
}

void directed_free(struct directed **d)
{
	free(*d);
	*d = NULL;
}
