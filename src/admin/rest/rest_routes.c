/* The table of rest_route.h. */
#include "admin/rest/rest_route.h"

#define CALLER {"from", REST_BODY, "caller", NULL}
#define USER_IN_PATH {"user", REST_PATH, "{username}@{domain}", NULL}

static const struct rest_part in_domain[] = {{"domain", REST_PATH, "{domain}", NULL}, {0}};
static const struct rest_part of_domain[] = {{"domain", REST_PATH, "{domain}", NULL}, {"limit", REST_QUERY, "limit", NULL}, {0}};
static const struct rest_part new_user[] = {
	{"domain", REST_PATH, "{domain}", NULL},
	{"username", REST_BODY, "username", NULL},
	{"password", REST_BODY, "password", NULL},
	{0},
};
static const struct rest_part user[] = {USER_IN_PATH, {0}};
static const struct rest_part new_password[] = {USER_IN_PATH, {"newPassword", REST_BODY, "newpass", NULL}, {0}};
static const struct rest_part session[] = {{"user", REST_PATH, "{username}@{domain}/{resource}", NULL}, {0}};
static const struct rest_part message[] = {CALLER, {"to", REST_BODY, "to", NULL}, {"body", REST_BODY, "body", NULL}, {0}};

const struct rest_route rest_route_admin[] = {
	{HANDLER_GET, "/users/{domain}", "users", "account", "listUsers", of_domain, "The accounts of a domain", REST_WHOLE, NULL, 200, 404},
	{HANDLER_POST, "/users/{domain}", "users", "account", "registerUser", new_user, "Makes an account", REST_MEMBER, "message", 201, 403},
	{HANDLER_PUT, "/users/{domain}/{username}", "users", "account", "changeUserPassword", new_password, "Sets a new password", REST_NOTHING,
	 NULL, 204, 403},
	{HANDLER_DELETE, "/users/{domain}/{username}", "users", "account", "removeUser", user,
	 "Removes an account and everything stored for it", REST_NOTHING, NULL, 204, 403},

	{HANDLER_GET, "/sessions/{domain}", "sessions", "session", "listSessions", in_domain, "The full addresses of those who are connected",
	 REST_EACH, "user", 200, 404},
	{HANDLER_DELETE, "/sessions/{domain}/{username}/{resource}", "sessions", "session", "kickUser", session, "Ends a session", REST_NOTHING,
	 NULL, 204, 404},

	{HANDLER_POST, "/messages", "messages", "stanza", "sendMessage", message, "Sends a message in the name of a user", REST_NOTHING, NULL, 204,
	 400},

	{HANDLER_GET, "/metrics", "metrics", "metric", "getMetrics", NULL, "The names of what is counted", REST_METRIC_NAMES, NULL, 200, 404},
	{HANDLER_GET, "/metrics/all", "metrics", "metric", "getMetrics", NULL, "All that is counted", REST_METRIC_VALUES, NULL, 200, 404},
	{HANDLER_GET, "/metrics/all/{metric}", "metrics", "metric", "getMetrics", NULL, "One number", REST_METRIC, NULL, 200, 404},
	{HANDLER_GET, "/metrics/global", "metrics", "metric", "getMetrics", NULL, "All that is counted", REST_METRIC_VALUES, NULL, 200, 404},
	{HANDLER_GET, "/metrics/global/{metric}", "metrics", "metric", "getMetrics", NULL, "One number", REST_METRIC, NULL, 200, 404},
	{0},
};

const struct rest_route rest_route_client[] = {
	{0},
};
