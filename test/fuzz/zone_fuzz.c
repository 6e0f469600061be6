/* zone_fuzz: any text as a file of local records: it is read or refused with a line number, and what was read can be found again. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "net/rdata.h"
#include "net/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_up(const struct zone *z, struct str name)
{
	static const enum resolve_type types[] = {RESOLVE_A, RESOLVE_AAAA, RESOLVE_SRV, RESOLVE_TLSA};
	struct zone_answer answer;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		enum zone_result result = zone_find(z, name, types[i], &answer);

		check((result == ZONE_RECORDS) == (answer.count > 0) && answer.count <= RESOLVE_RECORDS_MAX);
		check(answer.name.len > 0 && answer.name.data[answer.name.len] == '\0');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size), line, name;
	struct why why = {""};
	struct zone *z = zone_parse(text, "f", &why);
	struct arena a;

	if (!z) {
		check(!strncmp(why.text, "f:", 2));
		return 0;
	}
	arena_init(&a, 0);
	while (text.data) {
		line = str_split(text, '\n', &text);
		while (line.len > 0)
			if (rdata_name(rdata_word(line, &line), &a, &name))
				look_up(z, name);
	}
	arena_fini(&a);
	zone_free(&z);
	return 0;
}
