#include "admin/rest/rest_answer.h"

#include <stdlib.h>

#include "admin/rest/rest_reply.h"
#include "route/host.h"
#include "route/registry.h"

void rest_answer_json(struct exchange *x, int status, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	exchange_set_header(x, "cache-control", STR("no-store"));
	exchange_answer(x, status, STR("application/json"), str_from(text));
	free(text);
}

void rest_answer_refusal(struct exchange *x, int status, const char *message)
{
	json_t *text = json_string(message);

	rest_answer_json(x, status, text);
	json_decref(text);
}

/* ---- headers ---- */

void rest_answer_set_methods(struct exchange *x, const char *header, unsigned methods)
{
	static const struct {
		unsigned method;
		const char *name;
	} names[] = {
		{HANDLER_GET, "GET, HEAD"}, {HANDLER_POST, "POST"}, {HANDLER_PUT, "PUT"}, {HANDLER_DELETE, "DELETE"}, {~0u, "OPTIONS"},
	};
	struct buf list;

	buf_init(&list);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (methods & names[i].method)
			buf_printf(&list, "%s%s", list.len ? ", " : "", names[i].name);
	exchange_set_header(x, header, buf_str(&list));
	buf_fini(&list);
}

/* The path of the request, and a segment behind it. */
static void set_location(struct exchange *x, struct str segment)
{
	struct str path = x->path;
	struct buf to;

	if (path.len > 0 && path.data[path.len - 1] == '/')
		path.len--;
	buf_init(&to);
	rest_reply_escape(path, true, &to);
	buf_append_char(&to, '/');
	rest_reply_escape(segment, false, &to);
	exchange_set_header(x, "location", buf_str(&to));
	buf_fini(&to);
}

void rest_answer_slash(struct exchange *x)
{
	set_location(x, STR(""));
	exchange_answer(x, 308, STR_NONE, STR(""));
}

/* ---- replies ---- */

static json_t *name_hosts(void)
{
	const struct host_set *set = registry_current()->hosts;
	json_t *names = json_array();

	for (size_t i = 0; i < set->count; i++)
		json_array_append_new(names, json_stringn(set->hosts[i].name.data, set->hosts[i].name.len));
	return names;
}

void rest_answer_reply(struct exchange *x, const struct rest_match *m, const json_t *reply, const json_t *args)
{
	json_t *hosts = name_hosts();
	struct rest_reply made = rest_reply_make(m, reply, args, hosts);

	if (made.local.len)
		set_location(x, made.local);
	if (made.body)
		rest_answer_json(x, made.status, made.body);
	else
		exchange_answer(x, made.status, STR_NONE, STR(""));
	json_decref(made.body);
	json_decref(hosts);
}
