/* graphql_fuzz: any bytes as a GraphQL request: parsed, validated against the schema of administrators, without a crash and in bounds. */
#include "admin/graphql/graphql_parse.h"
#include "admin/graphql/graphql_validate.h"
#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct graphql_schema *schema;
	struct graphql_place place;
	struct arena a;
	struct why why = {""};
	json_t *errors = NULL;

	if (!schema) {
		operations_init(NULL, NULL);
		schema = graphql_schema_new(OPERATIONS_ADMIN);
	}
	arena_init(&a, 0);
	const struct graphql_document *d = graphql_parse(str_make((const char *)data, size), &a, &place, &why);

	bool is_valid = d && graphql_validate(schema, d, &a, &errors);

	if (d)
		check(is_valid == (errors == NULL));
	else
		check(why.text[0] && place.line > 0);
	json_decref(errors);
	arena_fini(&a);
	return 0;
}
