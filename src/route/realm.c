#include "route/realm.h"

struct registry *realm_home_of(const struct realm *r, struct str bare)
{
	return r->registries[r->count == 1 ? 0 : str_hash(bare) % (uint64_t)r->count];
}
