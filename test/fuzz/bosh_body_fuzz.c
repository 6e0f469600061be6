/* bosh_body_fuzz: any text as the <body/> of a BOSH request: within the limits, or refused. */
#include <stdint.h>

#include "base/check.h"
#include "link/bosh/bosh_body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct parser_limits limits = {.element_bytes = 4096, .depth = 20, .attributes = 30, .name_bytes = 200};
	struct bosh_body b;

	if (bosh_body_init(&b, str_make((const char *)data, size), &limits)) {
		enum stream_error e = bosh_body_read(&b, &limits);

		check(b.tag && b.rid <= BOSH_BODY_RID_MAX);
		check(b.wait >= -1 && b.hold >= -1 && b.ack >= -1 && b.pause >= -1);
		check(e != STREAM_ERROR_NONE || b.unread.len == 0);
		for (size_t i = 0; i < b.count; i++)
			check(b.elements[i] && b.elements[i]->len <= 4096);
	}
	bosh_body_fini(&b);
	return 0;
}
