#include "route/handed.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

enum { ROOM_MIN = 8 };

static struct parcel **place_of(const struct handed *h, uint32_t number)
{
	return &h->places[number & (h->room - 1)];
}

static void give_room_back(struct handed *h)
{
	free(h->places);
	h->places = NULL;
	h->room = 0;
}

static void grow(struct handed *h)
{
	uint32_t room = h->room ? h->room * 2 : ROOM_MIN;
	struct parcel **places = mem_new_array(room, sizeof(struct parcel *));

	for (uint32_t number = h->acknowledged + 1; number != h->sent + 1; number++)
		places[number & (room - 1)] = *place_of(h, number);
	free(h->places);
	h->places = places;
	h->room = room;
}

void handed_add(struct handed *h, struct parcel *p)
{
	check(handed_count(h) <= h->room);
	if (handed_count(h) == h->room)
		grow(h);
	*place_of(h, ++h->sent) = p;
	parcel_ref(p);
	p->holders++;
	h->bytes += p->bytes;
}

void handed_count_only(struct handed *h)
{
	check(!h->places);
	h->sent++;
}

struct parcel *handed_get(const struct handed *h, uint32_t number)
{
	check(number - h->acknowledged - 1 < handed_count(h) && h->places);
	return *place_of(h, number);
}

static void let_go(struct handed *h, struct parcel **place)
{
	h->bytes -= (*place)->bytes;
	(*place)->holders--;
	parcel_unref(place);
}

/* Those that wait for the account go up to a number, so the last of them is enough. */
static void leave_to_next(struct handed *h, uint32_t number, uint32_t handled)
{
	struct parcel *p = *place_of(h, number), *next = number == handled ? NULL : *place_of(h, number + 1);

	if (p->kept_number && next && next->kept_number > p->kept_number)
		p->kept_number = 0;
}

bool handed_acknowledge(struct handed *h, uint32_t handled)
{
	int32_t more = (int32_t)(handled - h->acknowledged);

	if (more <= 0)
		return true;
	if ((uint32_t)more > handed_count(h))
		return false;
	for (uint32_t number = h->acknowledged + 1; h->places && number != handled + 1; number++) {
		struct parcel **place = place_of(h, number);

		h->acknowledged = number;
		leave_to_next(h, number, handled);
		parcel_take(*place);
		let_go(h, place);
	}
	h->acknowledged = handled;
	if (handed_count(h) == 0 && h->room > ROOM_MIN)
		give_room_back(h);
	return true;
}

void handed_fini(struct handed *h)
{
	for (uint32_t number = h->acknowledged + 1; h->places && number != h->sent + 1; number++)
		let_go(h, place_of(h, number));
	give_room_back(h);
	h->acknowledged = h->sent;
}
