/* Any bytes as JSON: what is taken is not too deep, and is the same when it is written and read again. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "admin/json_text.h"
#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct why why = {""};
	json_t *value = json_text_read(str_make((const char *)data, size), &why);

	if (value) {
		char *text = json_dumps(value, JSON_COMPACT);
		json_t *again = json_text_read(str_make(text, strlen(text)), NULL);

		check(json_equal(value, again));
		json_decref(again);
		free(text);
	} else {
		check(why.text[0]);
	}
	json_decref(value);
	return 0;
}
