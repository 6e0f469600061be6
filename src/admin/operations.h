/* operations: the registry of everything an administrator can do: the server's own tables and those the modules bring.
 *
 * Transports (the Unix socket, GraphQL, REST) find an operation here, hand over untyped arguments, and get a
 * reply; arguments and permission are checked here, in one place, whatever the transport.
 * Threads: operations_init one, at start; the rest any. Test: test/unit/admin/operations_test.c */
#ifndef MEERKAT_ADMIN_OPERATIONS_H
#define MEERKAT_ADMIN_OPERATIONS_H

#include <jansson.h>

#include "conf/config.h"
#include "route/module.h"
#include "route/operation.h"
#include "route/realm.h"

/* A question whether another server is reached: both domains prepared; on_done is called once, on the loop that asked, with one line for each
 * step and the verdict as the last one. */
struct operations_test {
	struct str from, domain;
	void (*on_done)(void *context, bool is_reached, struct str report);
	void *context;
};

/* A listener, at the moment it is looked at. */
struct operations_listener {
	const char *kind; /* "c2s" */
	const struct config_listen *listen;
	int port;
	int64_t connections, max_connections; /* OPTION_INFINITY */
	int64_t accepted, refused;            /* since it was opened; refused: for max_connections */
	bool has_certificate;
	int64_t certificate_days; /* until it ends; negative: it has */
};

/* What main knows of itself; valid during the call that shows it. */
struct operations_view {
	const struct operations_listener *listeners;
	size_t listener_count;
	int64_t reloaded_ms; /* the last attempt to reload the configuration, Unix time; 0: there was none */
	bool is_reload_applied;
	struct str reload_report; /* a line for each finding */
};

/* What the operations on the server itself need of main. Those that post return at once and work on the main thread. */
struct operations_control {
	void *context;
	void (*post_stop)(void *context);
	/* done runs on the main thread; `report` is one line per finding. */
	void (*post_reload)(void *context, void (*done)(void *done_context, bool is_applied, struct str report), void *done_context);
	/* done runs on the main thread. */
	void (*post_look)(void *context, void (*done)(void *done_context, const struct operations_view *view), void *done_context);
	/* On the loop of the registry; on_done is not called from within. NULL: there are no connections to other servers. */
	void (*test_domain)(struct registry *r, const struct operations_test *test);
};

/* `modules` is ended by NULL; NULL: only the server's own operations. */
void operations_init(const struct module_def *const *modules, const struct operations_control *control);
const struct operations_control *operations_get_control(void);

/* All of them, by category, then in the order of their tables; ended by NULL. */
const struct operation *const *operations_all(void);
/* NULL if there is none. Names are compared exactly. Where users have an operation of the same name, it is the one of administrators. */
const struct operation *operations_find(struct str category, struct str name);
bool operations_has_category(struct str category);
const char *operations_category_help(struct str category);

enum operations_role { OPERATIONS_ADMIN, OPERATIONS_DOMAIN_ADMIN, OPERATIONS_USER };

/* What a transport asks for. */
struct operations_request {
	const struct operation *operation;
	enum operations_role role;
	struct str domain;  /* DOMAIN_ADMIN: the own one */
	struct str caller;  /* USER: the own bare address */
	struct feed *feed;  /* a subscription: for its events, and borrowed until on_reply; otherwise NULL */
	const json_t *args; /* an object, borrowed; strings are accepted for numbers and booleans, as from a command line; NULL: none */
	/* Called exactly once, maybe before operations_start returns, on any thread; owns `reply`, which is
	 * {"data":{CATEGORY:{OPERATION:...}}} or {"errors":[...]}. */
	void (*on_reply)(void *context, json_t *reply);
	void *context;
};

/* Checks role and arguments and runs the operation on the loop it belongs to. */
void operations_start(struct realm *realm, const struct operations_request *request);

/* The lines of a report as a list of texts; empty ones are left out. */
json_t *operations_lines(struct str report);

#endif
