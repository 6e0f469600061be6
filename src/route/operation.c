#include "route/operation.h"

#include <stdio.h>

#include "base/check.h"
#include "route/realm.h"
#include "route/registry.h"

const struct operation_type operation_type_string = {.name = "String"}, operation_type_int = {.name = "Int"}, operation_type_long = {.name = "Long"};
const struct operation_type operation_type_boolean = {.name = "Boolean"}, operation_type_jid = {.name = "JID"};
const struct operation_type operation_type_domain = {.name = "DomainName"}, operation_type_resource = {.name = "ResourceName"};
const struct operation_type operation_type_id = {.name = "ID"}, operation_type_time = {.name = "DateTime"};
const struct operation_type operation_type_xml = {.name = "XmlElement"};
const struct operation_type operation_type_strings = {.item = &operation_type_string}, operation_type_jids = {.item = &operation_type_jid};

static const struct operation_word words[] = {
	[OPERATION_STRING] = {"String", "TEXT", "a string"},
	[OPERATION_TEXT] = {"NonEmptyString", "TEXT", "a string that is not empty"},
	[OPERATION_SECRET] = {"String", "SECRET", "a string"},
	[OPERATION_INT] = {"Int", "NUMBER", "an integer"},
	[OPERATION_NUMBER] = {"PosInt", "NUMBER", "an integer above zero"},
	[OPERATION_INDEX] = {"NonNegInt", "NUMBER", "an integer, zero or above"},
	[OPERATION_BOOL] = {"Boolean", "true|false", "true or false"},
	[OPERATION_ENUM] = {NULL, NULL, NULL},
	[OPERATION_JID] = {"JID", "USER@DOMAIN[/RESOURCE]", "an address, user@domain or user@domain/resource"},
	[OPERATION_USER] = {"JID", "USER@DOMAIN", "an address, user@domain"},
	[OPERATION_BARE_JID] = {"BareJID", "USER@DOMAIN", "an address, user@domain"},
	[OPERATION_FULL_JID] = {"FullJID", "USER@DOMAIN/RESOURCE", "an address, user@domain/resource"},
	[OPERATION_USER_NAME] = {"UserName", "NAME", "the part of an address before the @"},
	[OPERATION_DOMAIN] = {"DomainName", "DOMAIN", "a domain"},
	[OPERATION_TIME] = {"DateTime", "YYYY-MM-DDTHH:MM:SSZ", "a date like 2026-11-22T17:55:00Z"},
	[OPERATION_XML] = {"XmlElement", "XML", "an XML element"},
	[OPERATION_INPUT] = {NULL, "JSON", "an object with the fields that the schema names"},
};

const struct operation_word *operation_word(enum operation_arg_type type)
{
	return &words[type];
}

void operation_reply_partly(struct operation_call *c, json_t *data, json_t *errors)
{
	json_t *reply = json_pack("{s:o}", "data", data);

	check(reply != NULL);
	/* The reply is another thread's from now on, and so is all that is in it. */
	if (data != c->result)
		json_decref(c->result);
	c->result = NULL;
	if (json_array_size(errors) > 0)
		json_object_set_new(reply, "errors", errors);
	else
		json_decref(errors);
	c->on_reply(c, reply);
}

void operation_reply(struct operation_call *c, json_t *data)
{
	operation_reply_partly(c, data, NULL);
}

static json_t *make_error(const char *code, const char *format, va_list args)
{
	char text[1024];
	json_t *message, *error;

	vsnprintf(text, sizeof(text), format, args);
	/* A text that was cut in the middle of a character is no JSON string: the code says it then. */
	message = json_string(text);
	error = json_pack("{s:o, s:{s:s}}", "message", message ? message : json_string(code), "extensions", "code", code);
	check(error != NULL);
	return error;
}

json_t *operation_error(const char *code, const char *format, ...)
{
	va_list args;
	json_t *error;

	va_start(args, format);
	error = make_error(code, format, args);
	va_end(args);
	return error;
}

void operation_refuse(struct operation_call *c, json_t *error)
{
	json_t *reply = json_pack("{s:[o]}", "errors", error);

	check(reply != NULL);
	c->on_reply(c, reply);
}

void operation_fail(struct operation_call *c, const char *code, const char *format, ...)
{
	va_list args;
	json_t *error;

	va_start(args, format);
	error = make_error(code, format, args);
	va_end(args);
	operation_refuse(c, error);
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
