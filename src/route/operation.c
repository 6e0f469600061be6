#include "route/operation.h"

#include <stdio.h>

#include "base/check.h"
#include "route/realm.h"
#include "route/registry.h"

const struct operation_type operation_type_string = {.name = "String"}, operation_type_int = {.name = "Int"}, operation_type_long = {.name = "Long"};
const struct operation_type operation_type_boolean = {.name = "Boolean"}, operation_type_jid = {.name = "JID"};
const struct operation_type operation_type_domain = {.name = "DomainName"};
const struct operation_type operation_type_strings = {.item = &operation_type_string}, operation_type_jids = {.item = &operation_type_jid};

void operation_reply(struct operation_call *c, json_t *data)
{
	json_t *reply = json_pack("{s:o}", "data", data);

	check(reply != NULL);
	if (data == c->result)
		c->result = NULL;
	c->on_reply(c, reply);
}

void operation_fail(struct operation_call *c, const char *code, const char *format, ...)
{
	char text[1024];
	va_list args;
	json_t *reply;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* A text that was cut in the middle of a character is no JSON string: the code says it then. */
	json_t *message = json_string(text);

	reply = json_pack("{s:[{s:o,s:{s:s}}]}", "errors", "message", message ? message : json_string(code), "extensions", "code", code);
	check(reply != NULL);
	c->on_reply(c, reply);
}

static void on_next(struct letter *l)
{
	struct operation_call *c = container_of(l, struct operation_call, letter);

	c->operation->run(c);
}

void operation_next(struct operation_call *c)
{
	const struct realm *realm = c->registry->realm;
	int next = c->registry->index + 1;

	check(!c->is_last && next < realm->count);
	c->registry = realm->registries[next];
	c->is_last = next + 1 == realm->count;
	c->letter.run = on_next;
	mailbox_post(c->registry->mailbox, &c->letter);
}

struct str operation_str(const struct operation_call *c, const char *name)
{
	const json_t *value = json_object_get(c->args, name);

	return json_is_string(value) ? str_make(json_string_value(value), json_string_length(value)) : STR_NONE;
}

int64_t operation_int(const struct operation_call *c, const char *name, int64_t otherwise)
{
	const json_t *value = json_object_get(c->args, name);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool operation_bool(const struct operation_call *c, const char *name)
{
	return json_is_true(json_object_get(c->args, name));
}
