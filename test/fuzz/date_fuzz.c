/* Any bytes as a date: what is read is written as a date that is read as the same second. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[DATE_TEXT_BYTES];
	int64_t first, second;

	if (!date_read(str_make((const char *)data, size), &first))
		return 0;
	check(date_read(str_from(date_write(first, text)), &second));
	check(second <= first && first - second < 1000);
	return 0;
}
