/* rest_fuzz: any bytes as a request for REST: the first byte is the method and whose table; a path, a query and a body follow, each in a line. */
#include <stddef.h>
#include <stdint.h>

#include "admin/operations.h"
#include "admin/rest/rest_arguments.h"
#include "base/check.h"
#include "ext/all.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum handler_method methods[] = {HANDLER_GET, HANDLER_POST, HANDLER_PUT, HANDLER_DELETE};

static void ask(const struct rest_route *routes, enum handler_method method, struct str text)
{
	static const struct option_list all_groups;
	struct str path = str_split(text, '\n', &text), query = str_split(text, '\n', &text);
	struct rest_match m;
	struct why why = {""};
	struct arena a;

	arena_init(&a, 0);
	m = rest_route_find(routes, &all_groups, method, path, &a);
	check(!m.route || (m.route->method == method && m.methods & method));
	if (m.route) {
		json_t *args = rest_arguments_make(&m, query, text, &why);

		check(args || why.text[0]);
		json_decref(args);
	}
	arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_prepared;

	if (!is_prepared)
		operations_init(all_modules, NULL);
	is_prepared = true;
	if (size > 0)
		ask(data[0] & 4 ? rest_route_client : rest_route_admin, methods[data[0] & 3], str_make((const char *)data + 1, size - 1));
	return 0;
}
