/* rdata_fuzz: any bytes as a record from the wire, the first byte choosing its type: what is accepted is within bounds and can be printed. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "net/rdata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_target(struct str target, struct arena *a)
{
	struct str again;

	check(target.len > 0 && target.len < RESOLVE_NAME_MAX && strlen(target.data) == target.len);
	check(str_is(target, ".") || (rdata_name(target, a, &again) && str_equal(target, again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum resolve_type types[] = {RESOLVE_A, RESOLVE_AAAA, RESOLVE_SRV, RESOLVE_TLSA, RESOLVE_CNAME};
	union resolve_record r;
	enum resolve_type type;
	struct str bytes;
	struct arena a;

	if (size == 0)
		return 0;
	type = types[data[0] % 5];
	bytes = str_make((const char *)data + 1, size - 1);
	arena_init(&a, 0);
	if (rdata_read(type, bytes, &a, &r)) {
		check(type != RESOLVE_CNAME);
		if (type == RESOLVE_SRV)
			check_target(r.srv.target, &a);
		else if (type == RESOLVE_TLSA)
			check(r.tlsa.data.len > 0 && r.tlsa.data.len + 3 == bytes.len);
		else
			check(r.ip.version == (type == RESOLVE_A ? 4 : 6));
	}
	arena_fini(&a);
	return 0;
}
