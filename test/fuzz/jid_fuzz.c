/* jid_fuzz: any bytes as an address: what is accepted is prepared for good, within the limits, and made of its parts. */
#include <stdlib.h>

#include "base/check.h"
#include "xmpp/jid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_parts(struct jid j, struct arena *a)
{
	struct str part;

	check(j.domain_len > 0 && j.domain_len <= JID_PART_MAX);
	check(j.local_len <= JID_PART_MAX && j.resource_len <= JID_PART_MAX);
	check(jid_prepare_domain(jid_domain(j), a, &part) && str_equal(part, jid_domain(j)));
	if (j.local_len)
		check(jid_prepare_local(jid_local(j), a, &part) && str_equal(part, jid_local(j)));
	if (j.resource_len)
		check(jid_prepare_resource(jid_resource(j), a, &part) && str_equal(part, jid_resource(j)));
	check(jid_equal(j, jid_make(a, jid_local(j), jid_domain(j), jid_resource(j))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str raw = str_make((const char *)data, size);
	struct jid j, again;
	struct arena a;

	arena_init(&a, 0);
	if (jid_parse(&j, raw, &a)) {
		check_parts(j, &a);
		check(jid_parse(&again, jid_str(j), &a));
		check(jid_equal(j, again) && again.text == j.text);
	} else {
		check(!jid_is_set(j));
	}
	arena_fini(&a);
	return 0;
}
