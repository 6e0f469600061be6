/* scram_text_fuzz: any bytes as keys that a service has kept for us: what is understood is written as it is understood again. */
#include <string.h>

#include "auth/scram_text.h"
#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_same(const struct scram_record *x, const struct scram_record *y)
{
	for (int h = 0; h < CONFIG_HASH_COUNT; h++)
		if (memcmp(&x->hash[h], &y->hash[h], sizeof(x->hash[h])) != 0)
			return false;
	return true;
}

static bool has_keys(const struct scram_record *r)
{
	for (int h = 0; h < CONFIG_HASH_COUNT; h++)
		if (r->hash[h].present)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct scram_record read, again;
	struct buf written;

	if (!scram_text_read(text, &read))
		return 0;
	check(scram_text_is_keys(text) && has_keys(&read));
	buf_init(&written);
	scram_text_write(&read, &written);
	check(scram_text_read(buf_str(&written), &again) && is_same(&read, &again));
	buf_fini(&written);
	return 0;
}
