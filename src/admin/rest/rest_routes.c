/* The table of rest_route.h. */
#include "admin/rest/rest_route.h"

#define IN_PATH(of, at) {.arg = of, .place = REST_PATH, .name = at}
#define IN_QUERY(of, at) {.arg = of, .place = REST_QUERY, .name = at}
#define IN_BODY(of, at, ...) {.arg = of, .place = REST_BODY, .name = at __VA_OPT__(, ) __VA_ARGS__}

#define CALLER IN_BODY("from", "caller")
#define USER_IN_PATH IN_PATH("user", "{username}@{domain}")

static const struct rest_part in_domain[] = {IN_PATH("domain", "{domain}"), {0}};
static const struct rest_part of_domain[] = {IN_PATH("domain", "{domain}"), IN_QUERY("limit", "limit"), {0}};
static const struct rest_part new_user[] = {
	IN_PATH("domain", "{domain}"),
	IN_BODY("username", "username", .is_needed = true),
	IN_BODY("password", "password"),
	{0},
};
static const struct rest_part user[] = {USER_IN_PATH, {0}};
static const struct rest_part new_password[] = {USER_IN_PATH, IN_BODY("newPassword", "newpass"), {0}};
static const struct rest_part session[] = {IN_PATH("user", "{username}@{domain}/{resource}"), {0}};
static const struct rest_part message[] = {CALLER, IN_BODY("to", "to"), IN_BODY("body", "body"), {0}};
static const struct rest_part stanza[] = {IN_BODY("stanza", "stanza"), {0}};

#define OWNER IN_PATH("user", "{user}")
#define CONTACT IN_PATH("contact", "{contact}")

static const struct rest_part owner[] = {OWNER, {0}};
static const struct rest_part new_contact[] = {OWNER, IN_BODY("contact", "jid"), {0}};
static const struct rest_part contact[] = {OWNER, CONTACT, {0}};
static const struct rest_part request[] = {OWNER, CONTACT, IN_BODY("action", "action", .words = "subscribe=invite|subscribed=accept"), {0}};
static const struct rest_part both[] = {
	IN_PATH("userA", "{user}"),
	IN_PATH("userB", "{contact}"),
	IN_BODY("action", "action", .words = "connect=connect|disconnect=disconnect"),
	{0},
};

#define ROUTE(of, at, in, name_of, does, ...) \
	{.group = of, .method = HANDLER_##at, .path = in, .category = name_of, .operation = does, __VA_ARGS__}
#define CONTACTS_SHAPE .shape = REST_OBJECTS, .members = "jid subscription ask", .status = 200
#define VALUES_SHAPE .shape = REST_METRIC_VALUES, .status = 200
#define VALUE_SHAPE .shape = REST_METRIC, .status = 200

const struct rest_route rest_route_admin[] = {
	ROUTE("users", GET, "/users/{domain}", "account", "listUsers", .parts = of_domain, .help = "The accounts of a domain", .shape = REST_WHOLE,
	      .status = 200),
	ROUTE("users", POST, "/users/{domain}", "account", "registerUser", .parts = new_user, .help = "Makes an account", .shape = REST_MEMBER,
	      .members = "message", .status = 201, .absent_status = 403),
	ROUTE("users", PUT, "/users/{domain}/{username}", "account", "changeUserPassword", .parts = new_password, .help = "Sets a new password",
	      .status = 204, .absent_status = 403),
	ROUTE("users", DELETE, "/users/{domain}/{username}", "account", "removeUser", .parts = user,
	      .help = "Removes an account and everything stored for it", .status = 204, .absent_status = 403),

	ROUTE("sessions", GET, "/sessions/{domain}", "session", "listSessions", .parts = in_domain,
	      .help = "The full addresses of those who are connected", .shape = REST_EACH, .members = "user", .status = 200),
	ROUTE("sessions", DELETE, "/sessions/{domain}/{username}/{resource}", "session", "kickUserSession", .parts = session,
	      .help = "Ends a session", .status = 204),

	ROUTE("messages", POST, "/messages", "stanza", "sendMessage", .parts = message, .help = "Sends a message in the name of a user",
	      .status = 204, .absent_status = 400),

	ROUTE("stanzas", POST, "/stanzas", "stanza", "sendStanza", .parts = stanza, .help = "Sends a message, presence or iq in the name of a user",
	      .status = 204, .absent_status = 400),

	ROUTE("contacts", GET, "/contacts/{user}", "roster", "listContacts", .parts = owner, .help = "The contacts of a user", CONTACTS_SHAPE),
	ROUTE("contacts", POST, "/contacts/{user}", "roster", "addContact", .parts = new_contact, .help = "Puts a contact into a roster",
	      .status = 204),
	ROUTE("contacts", PUT, "/contacts/{user}/{contact}", "roster", "subscription", .parts = request,
	      .help = "Asks for the presence of a contact, or lets it see the user's", .status = 204),
	ROUTE("contacts", DELETE, "/contacts/{user}/{contact}", "roster", "deleteContact", .parts = contact,
	      .help = "Takes a contact out of a roster", .status = 204),
	ROUTE("contacts", PUT, "/contacts/{user}/{contact}/manage", "roster", "setMutualSubscription", .parts = both,
	      .help = "Makes two users see each other, or takes each out of the other's roster", .status = 204),

	ROUTE("metrics", GET, "/metrics", "metric", "getMetrics", .help = "The names of what is counted", .shape = REST_METRIC_NAMES, .status = 200),
	ROUTE("metrics", GET, "/metrics/all", "metric", "getMetrics", .help = "All that is counted", VALUES_SHAPE),
	ROUTE("metrics", GET, "/metrics/all/{metric}", "metric", "getMetrics", .help = "One number", VALUE_SHAPE),
	ROUTE("metrics", GET, "/metrics/global", "metric", "getMetrics", .help = "All that is counted", VALUES_SHAPE),
	ROUTE("metrics", GET, "/metrics/global/{metric}", "metric", "getMetrics", .help = "One number", VALUE_SHAPE),
	{0},
};

static const struct rest_part own_message[] = {IN_BODY("to", "to"), IN_BODY("body", "body"), {0}};
static const struct rest_part own_new_contact[] = {IN_BODY("contact", "jid"), {0}};
static const struct rest_part own_contact[] = {IN_PATH("contact", "{jid}"), {0}};
static const struct rest_part own_contacts[] = {IN_BODY("contacts", "to_delete"), {0}};
static const struct rest_part own_request[] = {
	IN_PATH("contact", "{jid}"),
	IN_BODY("action", "action", .words = "invite=invite|accept=accept"),
	{0},
};

#define OWN_ROUTE(...) ROUTE(__VA_ARGS__, .is_for_users = true)

const struct rest_route rest_route_client[] = {
	OWN_ROUTE("messages", POST, "/messages", "stanza", "sendMessage", .parts = own_message, .help = "Sends a message; answers its id",
		  .shape = REST_WHOLE, .status = 200, .absent_status = 400),
	OWN_ROUTE("contacts", GET, "/contacts", "roster", "listContacts", .help = "The own contacts", CONTACTS_SHAPE),
	OWN_ROUTE("contacts", POST, "/contacts", "roster", "addContact", .parts = own_new_contact, .help = "Puts a contact into the own roster",
	      .status = 204),
	OWN_ROUTE("contacts", DELETE, "/contacts", "roster", "deleteContacts", .parts = own_contacts,
	      .help = "Takes contacts out of the own roster; answers which were not in it", .shape = REST_LEFT, .members = "not_deleted",
	      .status = 200),
	OWN_ROUTE("contacts", PUT, "/contacts/{jid}", "roster", "subscription", .parts = own_request,
	      .help = "Asks for the presence of a contact, or lets it see the own", .status = 204, .first = "getContact"),
	OWN_ROUTE("contacts", DELETE, "/contacts/{jid}", "roster", "deleteContact", .parts = own_contact,
	      .help = "Takes a contact out of the own roster", .status = 204),
	OWN_ROUTE("sse", GET, "/sse", "stanza", "subscribeForMessages", .help = "The own messages, as they come: events of the type message",
		  .status = 200),
	{0},
};
