/* The category "server": the process itself. */
#include <string.h>

#include "admin/own_operations.h"
#include "admin/operations.h"
#include "base/log.h"
#include "base/metric.h"
#include "route/annex.h"
#include "route/registry.h"

static void run_status(struct operation_call *c)
{
	const struct realm *realm = c->registry->realm;
	json_int_t uptime_s = (json_int_t)((store_now_ms() - realm->started_ms) / 1000);
	operation_reply(c, json_pack("{s:s, s:s, s:s, s:s, s:I, s:i, s:I, s:I}", "statusCode", "RUNNING", "message", "meerkat is running",
				     "version", realm->version, "commitHash", "", "uptime", uptime_s, "loops", realm->count, "sessions",
				     (json_int_t)metric_read(METRIC_sessions), "connections", (json_int_t)metric_read(METRIC_connections_open)));
}

/* ---- reload and stop: work of the main thread ---- */

static void on_reloaded(void *context, bool is_applied, struct str report)
{
	struct operation_call *c = context;
	if (is_applied)
		operation_reply(c, json_pack("{s:s, s:o}", "message", "the configuration is reloaded", "report",
					     operations_lines(report)));
	else
		operation_fail(c, "bad_configuration", "nothing was changed; the file has errors:\n%.*s", STR_ARGS(str_trim(report)));
}

static void run_reload(struct operation_call *c)
{
	const struct operations_control *control = operations_get_control();
	control->post_reload(control->context, on_reloaded, c);
}

static void run_stop(struct operation_call *c)
{
	const struct operations_control *control = operations_get_control();
	operation_reply(c, json_string("stopping: everybody is told, then everything is stored"));
	control->post_stop(control->context);
}

/* ---- log level ---- */

/* In MongooseIM's words. */
static const char *loglevel_word(void)
{
	const char *name = log_level_name((enum log_level)log_level_now);
	return strcmp(name, "warn") ? name : "warning";
}

static void run_get_loglevel(struct operation_call *c)
{
	operation_reply(c, json_string(loglevel_word()));
}

static void run_set_loglevel(struct operation_call *c)
{
	enum log_level level;
	if (!log_level_from_name(operation_str(c, "level"), &level)) {
		operation_fail(c, "bad_arguments", "no such log level");
		return;
	}
	log_set_level(level);
	operation_reply(c, json_sprintf("the log level is %s until the next start", loglevel_word()));
}

static const struct operation_type log_level = {
	.name = "LogLevel", .values = "none|emergency|alert|critical|error|warn|warning|notice|info|debug|trace|all",
};
static const struct operation_type status_code = {.name = "StatusCode", .values = "running|not_running"};
static const struct operation_field status_fields[] = {
	{"statusCode", &status_code, "what can be asked is running"},
	{"message", &operation_type_string, "the same in words"},
	{"version", &operation_type_string, "of the program"},
	{"commitHash", &operation_type_string, "empty: the version says which program it is"},
	{"uptime", &operation_type_long, "seconds since the start"},
	{"loops", &operation_type_int, "threads that serve connections"},
	{"sessions", &operation_type_long, "of clients, now"},
	{"connections", &operation_type_long, "of all kinds, now"},
	{0},
};
static const struct operation_field reload_fields[] = {
	{"message", &operation_type_string, "what was done"},
	{"report", &operation_type_strings, "what changed and from when it holds, and warnings"},
	{0},
};
static const struct operation_type status = {.name = "Status", .fields = status_fields};
static const struct operation_type reload = {.name = "ServerReloadPayload", .fields = reload_fields};

static const struct operation_arg args_loglevel[] = {
	{"level", OPERATION_ENUM, false, &log_level, "how much is logged"},
	{0},
};

static void run_list_components(struct operation_call *c)
{
	json_t *list = json_array();
	const struct annex_domain *d;
	size_t cursor = 0;

	while ((d = annex_next(c->registry, &cursor))) {
		size_t len = d->key.len - (d->is_prefix ? 1 : 0); /* a prefix ends with its dot */

		json_array_append_new(list, json_pack("{s:s%, s:b, s:b, s:I}", "name", d->key.data, len, "isSubdomain", d->is_prefix,
						      "isHidden", d->is_hidden, "connections", (json_int_t)d->count));
	}
	operation_reply(c, list);
}

static const struct operation_field component_fields[] = {
	{"name", &operation_type_string, "its domain"},
	{"isSubdomain", &operation_type_boolean, "it serves NAME.HOST for each of our hosts"},
	{"isHidden", &operation_type_boolean, "hidden_components of its listener"},
	{"connections", &operation_type_long, "that share it"},
	{0},
};
static const struct operation_type component = {.name = "Component", .fields = component_fields}, components = {.item = &component};

const struct operation server_operations[] = {
	{"server", "status", "is it running, since when, with how many sessions?", NULL, OPERATION_ANYWHERE,
	 OPERATION_FOR_ADMIN, false, run_status, &status},
	{"server", "reload", "reads the configuration again; nobody is disconnected", NULL, OPERATION_ANYWHERE, OPERATION_FOR_ADMIN, true,
	 run_reload, &reload},
	{"server", "stop", "tells everybody and stops", NULL, OPERATION_ANYWHERE, OPERATION_FOR_ADMIN, true, run_stop,
	 &operation_type_string},
	{"server", "getLoglevel", "how much is logged now", NULL, OPERATION_ANYWHERE, OPERATION_FOR_ADMIN, false, run_get_loglevel, &log_level},
	{"server", "setLoglevel", "changes how much is logged", args_loglevel, OPERATION_ANYWHERE,
	 OPERATION_FOR_ADMIN, true, run_set_loglevel, &operation_type_string},
	{"server", "listComponents", "the components that are connected", NULL, OPERATION_ANYWHERE, OPERATION_FOR_ADMIN, false,
	 run_list_components, &components},
	{0},
};
