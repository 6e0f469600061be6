/* Robin Hood hashing with backward-shift deletion: entries of one probe run stand in the order of their homes, so a search
 * ends as soon as it meets an entry nearer to its home than the search is, and there are no tombstones. */
#include "base/map.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

#define FIRST_SLOTS 8

struct map_slot {
	uint64_t hash;
	void *value; /* NULL: empty */
};

void map_init(struct map *m, struct str (*key_of)(const void *value))
{
	*m = (struct map){.key_of = key_of};
}

void map_fini(struct map *m)
{
	free(m->slots);
	m->slots = NULL;
	m->count = m->mask = 0;
}

static inline size_t distance_from_home(const struct map *m, size_t at)
{
	return (at - m->slots[at].hash) & m->mask;
}

/* The slot of the key, or NULL. Keys are compared only where whole hashes agree. */
static struct map_slot *find_slot(const struct map *m, struct str key, uint64_t hash)
{
	if (!m->slots)
		return NULL;
	for (size_t at = hash & m->mask, distance = 0;; at = (at + 1) & m->mask, distance++) {
		struct map_slot *slot = &m->slots[at];

		if (!slot->value || distance_from_home(m, at) < distance)
			return NULL;
		if (slot->hash == hash && str_equal(m->key_of(slot->value), key))
			return slot;
	}
}

void *map_find(const struct map *m, struct str key)
{
	struct map_slot *slot = find_slot(m, key, str_hash(key));

	return slot ? slot->value : NULL;
}

static void put(struct map *m, struct map_slot entry)
{
	for (size_t at = entry.hash & m->mask, distance = 0;; at = (at + 1) & m->mask, distance++) {
		struct map_slot *slot = &m->slots[at];

		if (!slot->value) {
			*slot = entry;
			return;
		}
		if (distance_from_home(m, at) < distance) {
			struct map_slot nearer = *slot;

			distance = distance_from_home(m, at);
			*slot = entry;
			entry = nearer;
		}
	}
}

static void resize(struct map *m, size_t slots)
{
	struct map_slot *old = m->slots;
	size_t old_slots = old ? m->mask + 1 : 0;

	m->slots = mem_new_array(slots, sizeof(*m->slots));
	m->mask = slots - 1;
	for (size_t i = 0; i < old_slots; i++)
		if (old[i].value)
			put(m, old[i]);
	free(old);
}

void map_add(struct map *m, void *value)
{
	struct str key = m->key_of(value);
	uint64_t hash = str_hash(key);

	check(value != NULL);
	check(!find_slot(m, key, hash));
	if (!m->slots)
		resize(m, FIRST_SLOTS);
	else if (m->count + 1 > (m->mask + 1) / 8 * 7)
		resize(m, (m->mask + 1) * 2);
	put(m, (struct map_slot){hash, value});
	m->count++;
}

static void shrink_if_sparse(struct map *m)
{
	if (m->count == 0)
		map_fini(m);
	else if (m->mask + 1 > FIRST_SLOTS && m->count < (m->mask + 1) / 8)
		resize(m, (m->mask + 1) / 4 < FIRST_SLOTS ? FIRST_SLOTS : (m->mask + 1) / 4);
}

void *map_take(struct map *m, struct str key)
{
	struct map_slot *slot = find_slot(m, key, str_hash(key));

	if (!slot)
		return NULL;

	void *value = slot->value;
	size_t at = (size_t)(slot - m->slots), next;

	for (;; at = next) {
		next = (at + 1) & m->mask;
		if (!m->slots[next].value || distance_from_home(m, next) == 0)
			break;
		m->slots[at] = m->slots[next];
	}
	m->slots[at].value = NULL;
	m->count--;
	shrink_if_sparse(m);
	return value;
}

void *map_next(const struct map *m, size_t *cursor)
{
	size_t slots = m->slots ? m->mask + 1 : 0;

	while (*cursor < slots) {
		void *value = m->slots[(*cursor)++].value;

		if (value)
			return value;
	}
	return NULL;
}
