#include "route/module.h"

#include <stdint.h>

#include "base/check.h"

enum { MODULES_MAX = 128, PLACES = 512 };

/* From the address of a definition to its slots, by open addressing: modules ask for every stanza. Constant after start. */
static struct place {
	const struct module_def *def;
	int user_slot, session_slot; /* -1: none */
} places[PLACES];

static const struct module_def *all[MODULES_MAX + 1]; /* ended by NULL */
static int user_slots, session_slots;

static struct place *place_of(const struct module_def *def)
{
	size_t at = ((uintptr_t)def >> 4) * 0x9E3779B97F4A7C15u >> 32 & (PLACES - 1);

	while (places[at].def && places[at].def != def)
		at = (at + 1) & (PLACES - 1);
	return &places[at];
}

void module_number(const struct module_def *const *defs)
{
	size_t count = 0;

	user_slots = session_slots = 0;
	memset(places, 0, sizeof(places));
	for (; defs[count]; count++) {
		struct place *place = place_of(defs[count]);

		check(count < MODULES_MAX && !place->def);
		*place = (struct place){defs[count], -1, -1};
		if (defs[count]->has_user_state)
			place->user_slot = user_slots++;
		if (defs[count]->has_session_state)
			place->session_slot = session_slots++;
		all[count] = defs[count];
	}
	all[count] = NULL;
}

const struct module_def *const *module_all(void)
{
	return all;
}

int module_user_slot(const struct module_def *def)
{
	int slot = place_of(def)->user_slot;

	check(slot >= 0 && place_of(def)->def == def);
	return slot;
}

int module_session_slot(const struct module_def *def)
{
	int slot = place_of(def)->session_slot;

	check(slot >= 0 && place_of(def)->def == def);
	return slot;
}

int module_user_slot_count(void)
{
	return user_slots;
}

int module_session_slot_count(void)
{
	return session_slots;
}
