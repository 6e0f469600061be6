#include "admin/json_text.h"

#include <stdbool.h>

/* Brackets outside of strings; whether they fit together is not asked here. */
static bool is_too_deep(struct str text)
{
	bool is_in_string = false;
	int depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (is_in_string && c == '\\')
			i++;
		else if (c == '"')
			is_in_string = !is_in_string;
		else if (!is_in_string && (c == '[' || c == '{') && ++depth > JSON_TEXT_DEPTH_MAX)
			return true;
		else if (!is_in_string && (c == ']' || c == '}'))
			depth--;
	}
	return false;
}

json_t *json_text_read(struct str text, struct why *why)
{
	json_error_t error;
	json_t *value;

	if (is_too_deep(text)) {
		err_because(ERR_LIMIT, why, "the JSON has more than %d levels", JSON_TEXT_DEPTH_MAX);
		return NULL;
	}
	value = json_loadb(text.len ? text.data : "", text.len, JSON_REJECT_DUPLICATES, &error);
	if (!value && json_error_code(&error) == json_error_duplicate_key)
		err_because(ERR_INVALID, why, "the JSON has a name twice in one object: line %d, column %d", error.line, error.column);
	else if (!value)
		err_because(ERR_INVALID, why, "this is not well-formed JSON: line %d, column %d", error.line, error.column);
	return value;
}
