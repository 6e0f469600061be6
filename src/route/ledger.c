#include "route/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

enum { ROOM_MIN = 8, ROOM_KEPT = 64 };

void ledger_init(struct ledger *l)
{
	*l = (struct ledger){0};
}

void ledger_fini(struct ledger *l)
{
	free(l->entries);
	l->entries = NULL;
	l->room = 0;
}

static struct ledger_entry *entry_of(const struct ledger *l, uint32_t number)
{
	return &l->entries[number & (l->room - 1)];
}

static bool is_under_way(const struct ledger *l, uint32_t number)
{
	return number - l->settled - 1 < ledger_open(l);
}

static void grow(struct ledger *l)
{
	uint32_t room = l->room ? l->room * 2 : ROOM_MIN;
	struct ledger_entry *entries = mem_new_array(room, sizeof(*entries));

	for (uint32_t number = l->settled + 1; number != l->received + 1; number++)
		entries[number & (room - 1)] = *entry_of(l, number);
	free(l->entries);
	l->entries = entries;
	l->room = room;
}

uint32_t ledger_enter(struct ledger *l)
{
	if (ledger_open(l) == l->room)
		grow(l);
	*entry_of(l, ++l->received) = (struct ledger_entry){.pending = 1};
	return l->received;
}

void ledger_count(struct ledger *l, uint32_t number)
{
	if (is_under_way(l, number))
		entry_of(l, number)->pending++;
}

uint32_t ledger_settle(struct ledger *l, uint32_t number)
{
	uint32_t asks = 0;

	if (!is_under_way(l, number))
		return 0;
	check(entry_of(l, number)->pending > 0);
	entry_of(l, number)->pending--;
	while (!ledger_is_settled(l) && entry_of(l, l->settled + 1)->pending == 0)
		asks += entry_of(l, ++l->settled)->asks;
	if (ledger_is_settled(l) && l->room > ROOM_KEPT)
		ledger_fini(l);
	return asks;
}

bool ledger_ask(struct ledger *l)
{
	if (ledger_is_settled(l))
		return true;
	entry_of(l, l->received)->asks++;
	return false;
}
