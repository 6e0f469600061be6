#include "ext/blocking/block_list.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

struct block_list {
	size_t count;
	struct str entries[]; /* their texts follow */
};

static const struct block_list empty;

static int compare(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static size_t without_doubles(struct str *entries, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (kept == 0 || !str_equal(entries[kept - 1], entries[i]))
			entries[kept++] = entries[i];
	return kept;
}

const struct block_list *block_list_new(const struct str *addresses, size_t count)
{
	size_t texts = 0;
	struct block_list *l;
	char *text;

	if (count == 0)
		return &empty;
	for (size_t i = 0; i < count; i++)
		texts += addresses[i].len;
	l = mem_new(sizeof(*l) + count * sizeof(struct str) + texts);
	text = (char *)(l->entries + count);
	for (size_t i = 0; i < count; i++) {
		memcpy(text, addresses[i].data, addresses[i].len);
		l->entries[i] = str_make(text, addresses[i].len);
		text += addresses[i].len;
	}
	qsort(l->entries, count, sizeof(*l->entries), compare);
	l->count = without_doubles(l->entries, count);
	return l;
}

void block_list_free(const struct block_list **l)
{
	if (*l != &empty)
		free((void *)(uintptr_t)*l);
	*l = NULL;
}

size_t block_list_count(const struct block_list *l)
{
	return l->count;
}

struct str block_list_at(const struct block_list *l, size_t index)
{
	return l->entries[index];
}

bool block_list_has(const struct block_list *l, struct str address)
{
	return l->count > 0 && bsearch(&address, l->entries, l->count, sizeof(address), compare);
}

static bool has_domain_with_resource(const struct block_list *l, struct jid who)
{
	char text[2 * JID_PART_MAX + 1];
	struct str domain = jid_domain(who), resource = jid_resource(who);

	memcpy(text, domain.data, domain.len);
	text[domain.len] = '/';
	memcpy(text + domain.len + 1, resource.data, resource.len);
	return block_list_has(l, str_make(text, domain.len + 1 + resource.len));
}

bool block_list_matches(const struct block_list *l, struct jid who)
{
	if (l->count == 0)
		return false;
	return block_list_has(l, jid_str(who)) || block_list_has(l, jid_bare_str(who)) ||
	       block_list_has(l, jid_domain(who)) || (!jid_is_bare(who) && has_domain_with_resource(l, who));
}
