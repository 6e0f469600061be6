/* graphql_value: values and what they become (§3.5 to §3.12, §6.1.2, §6.4.1): literals and variables as JSON of their types.
 *
 * Threads: any. Test: test/unit/admin/graphql_execute_test.c */
#ifndef MEERKAT_ADMIN_GRAPHQL_VALUE_H
#define MEERKAT_ADMIN_GRAPHQL_VALUE_H

#include <jansson.h>

#include "admin/graphql/graphql_schema.h"

/* May this literal stand where a scalar or enumeration of this type is expected? Variables and lists are not asked about. */
bool graphql_value_fits(const struct graphql_value *v, const struct graphql_type *leaf);

/* A literal that was found valid, as JSON, variables replaced. NULL: a variable that was not given (then what it stands for is not given
 * either), or a null where there must be something. */
json_t *graphql_value_of_literal(const struct graphql_value *v, const struct graphql_type *t, const json_t *variables);

/* JSON as it came, in the form of its type. NULL with a sentence in why. */
json_t *graphql_value_of_json(const json_t *given, const struct graphql_type *t, struct why *why);

/* The variables of an operation from what was given (NULL: nothing). False with errors. */
bool graphql_value_variables(const struct graphql_schema *s, const struct graphql_operation *o, const json_t *given, json_t **variables,
			     json_t **errors);

/* The arguments of a field. False with errors. */
bool graphql_value_arguments(const struct graphql_field *f, const struct graphql_selection *selection, const json_t *variables,
			     json_t **arguments, json_t **errors);

#endif
