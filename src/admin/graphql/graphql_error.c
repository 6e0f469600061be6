#include "admin/graphql/graphql_error.h"

#include <stdarg.h>
#include <stdio.h>

void graphql_error_add(json_t **errors, struct graphql_place place, const char *code, const char *format, ...)
{
	char text[512];
	va_list args;
	json_t *message, *error;

	if (!*errors)
		*errors = json_array();
	if (json_array_size(*errors) >= GRAPHQL_ERRORS_MAX)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	/* A text that was cut in the middle of a character is no JSON string: the code says it then. */
	message = json_string(text);
	error = json_pack("{s:o, s:{s:s}}", "message", message ? message : json_string(code), "extensions", "code", code);
	if (place.line)
		json_object_set_new(error, "locations", json_pack("[{s:I, s:I}]", "line", (json_int_t)place.line, "column",
								  (json_int_t)place.column));
	json_array_append_new(*errors, error);
}
