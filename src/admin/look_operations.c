/* The category "server": what the main thread knows: listeners, the last reload. */
#include <limits.h>

#include "admin/operations.h"
#include "admin/own_operations.h"
#include "conf/handlers.h"

static json_t *text_of(struct str s)
{
	return json_stringn(s.data ? s.data : "", s.len);
}

static void look(struct operation_call *c, void (*done)(void *context, const struct operations_view *view))
{
	const struct operations_control *control = operations_get_control();

	control->post_look(control->context, done, c);
}

/* ---- listListeners ---- */

static json_t *handlers_of(const struct config_listen *listen)
{
	const struct handlers_entry *all = listen->handlers ? listen->handlers->all.items : NULL;
	json_t *list = json_array();

	for (size_t i = 0; all && i < listen->handlers->all.count; i++) {
		struct str path = handlers_place_of(&all[i])->path;

		json_array_append_new(list, json_sprintf("%s %.*s", all[i].name, STR_ARGS(path)));
	}
	return list;
}

static json_t *limit_of(int64_t n)
{
	return n == OPTION_INFINITY ? json_null() : json_integer(n);
}

static json_t *describe(const struct operations_listener *l)
{
	static const char *const modes[] = {[CONFIG_STARTTLS] = "starttls", [CONFIG_STARTTLS_REQUIRED] = "starttls_required", [CONFIG_TLS] = "tls"};
	bool has_days = l->has_certificate && l->certificate_days != INT_MAX;
	json_t *j = json_pack("{s:s, s:i, s:I, s:I, s:I}", "type", l->kind, "port", l->port, "connections", (json_int_t)l->connections,
			      "accepted", (json_int_t)l->accepted, "refused", (json_int_t)l->refused);

	json_object_set_new(j, "address", text_of(l->listen->ip_address));
	json_object_set_new(j, "maxConnections", limit_of(l->max_connections));
	json_object_set_new(j, "tls", l->has_certificate ? json_string(modes[l->listen->tls->mode]) : json_null());
	json_object_set_new(j, "certificateDays", has_days ? json_integer(l->certificate_days) : json_null());
	json_object_set_new(j, "handlers", handlers_of(l->listen));
	return j;
}

static void on_listeners(void *context, const struct operations_view *view)
{
	json_t *list = json_array();

	for (size_t i = 0; i < view->listener_count; i++)
		json_array_append_new(list, describe(&view->listeners[i]));
	operation_reply(context, list);
}

static void run_list_listeners(struct operation_call *c)
{
	look(c, on_listeners);
}

/* ---- lastReload ---- */

static json_t *lines_of(struct str report)
{
	json_t *lines = json_array();

	while (report.data && report.len) {
		struct str line = str_split(report, '\n', &report);
		json_t *text = line.len ? text_of(line) : NULL;

		if (text)
			json_array_append_new(lines, text);
	}
	return lines;
}

static void on_reload(void *context, const struct operations_view *view)
{
	json_t *j = json_pack("{s:o, s:b, s:o}", "at", view->reloaded_ms ? json_integer(view->reloaded_ms) : json_null(), "applied",
			      view->is_reload_applied, "report", lines_of(view->reload_report));

	operation_reply(context, j);
}

static void run_last_reload(struct operation_call *c)
{
	look(c, on_reload);
}

static const struct operation_field listener_fields[] = {
	{"type", &operation_type_string, "c2s, s2s, component, http"},
	{"address", &operation_type_string, "where it listens"},
	{"port", &operation_type_int, "where it listens"},
	{"tls", &operation_type_string, "starttls, starttls_required, tls; null: without"},
	{"connections", &operation_type_long, "open now"},
	{"maxConnections", &operation_type_long, "how many there may be; null: any number"},
	{"accepted", &operation_type_long, "that came since it was opened"},
	{"refused", &operation_type_long, "closed because there were maxConnections"},
	{"certificateDays", &operation_type_long, "until its certificate ends; null: it has none"},
	{"handlers", &operation_type_strings, "of http: what is served, and where"},
	{0},
};
static const struct operation_field reload_fields[] = {
	{"at", &operation_type_long, "when the configuration was last read again, in milliseconds of Unix time; null: not since the start"},
	{"applied", &operation_type_boolean, "it had no errors; otherwise nothing was changed"},
	{"report", &operation_type_strings, "what changed and from when it holds; errors and warnings"},
	{0},
};
static const struct operation_type listener = {.name = "Listener", .fields = listener_fields}, listeners = {.item = &listener};
static const struct operation_type reload = {.name = "LastReload", .fields = reload_fields};

const struct operation look_operations[] = {
	{"server", "listListeners", "where the server listens, and how many connections there are", NULL, OPERATION_ANYWHERE, OPERATION_FOR_ADMIN,
	 false, run_list_listeners, &listeners},
	{"server", "lastReload", "what came of the last reload", NULL, OPERATION_ANYWHERE, OPERATION_FOR_ADMIN, false, run_last_reload, &reload},
	{0},
};
