/* rest_route: the paths of REST: each is a line that names an operation, says which part of a request is which of its arguments, and how the answer
 * looks. Nothing else is known of a path: its document (rest_openapi) is made from the same lines, arguments and permission are checked where
 * every operation has them checked (operations.h).
 *
 * Paths, names and statuses are those of MongooseIM 6.1 to 6.5. Threads: constant; any. Test: test/unit/admin/rest_route_test.c */
#ifndef MEERKAT_ADMIN_REST_ROUTE_H
#define MEERKAT_ADMIN_REST_ROUTE_H

#include "conf/option.h"
#include "http/handler.h"
#include "route/operation.h"

enum { REST_VARIABLES_MAX = 4 };

enum rest_place {
	REST_PATH,  /* `name` is a template: "{username}@{domain}" */
	REST_QUERY, /* a parameter */
	REST_BODY,  /* a member of the JSON object */
};

/* One argument of the operation. */
struct rest_part {
	const char *arg; /* NULL ends the list */
	enum rest_place place;
	const char *name;
	const char *words; /* what is written here for what the operation says: "invite=INVITE|accept=ACCEPT"; NULL: the same */
	bool is_needed;    /* also where the operation can do without */
};

enum rest_shape {
	REST_NOTHING,
	REST_WHOLE,        /* what the operation answers */
	REST_MEMBER,       /* of the object that it answers, the member `members` */
	REST_EACH,         /* of each object in the list that it answers, the member `members` */
	REST_OBJECTS,      /* of each object in the list, these members: "jid subscription ask"; enumerations in lower case */
	REST_LEFT,         /* the operation answers a list of what it did: what of `contacts` was not done, as the member `members` */
	REST_METRIC_NAMES, /* of metric.getMetrics */
	REST_METRIC_VALUES,
	REST_METRIC, /* the one that the path names */
};

struct rest_route {
	enum handler_method method;
	const char *path;                 /* "/users/{domain}"; NULL ends the list */
	const char *group;                /* of the option `handlers` */
	const char *category, *operation; /* a subscription is a stream of events */
	const struct rest_part *parts;    /* NULL: none */
	bool is_for_users;                /* about themselves: the operation is the one that is for them */
	const char *help;
	enum rest_shape shape;
	const char *members;
	int status;        /* where it has worked */
	int absent_status; /* where a user, domain or session is not there; 0: 404 */
	const char *first; /* an operation of the same category that has to succeed before, with those of the arguments that it knows; NULL: none */
};

extern const struct rest_route rest_route_admin[], rest_route_client[];

struct rest_variable {
	struct str name, value;
};

/* What a request is for. */
struct rest_match {
	const struct rest_route *route;    /* NULL: nothing, or not with this method */
	const struct operation *operation;
	unsigned methods;                  /* that the path has; 0: there is no such path */
	struct rest_variable variables[REST_VARIABLES_MAX];
	size_t variable_count;
};

/* Finds the path (as exchange.subpath has it) among those whose group is in `groups` (of struct str; none: all), and whose operation exists.
 * Values of variables are in the arena. */
struct rest_match rest_route_find(const struct rest_route *routes, const struct option_list *groups, enum handler_method method, struct str path,
				  struct arena *a);

/* Is it served? */
bool rest_route_is_there(const struct rest_route *r, const struct option_list *groups);

/* NULL: it is not among the operations of this program. */
const struct operation *rest_route_operation(const struct rest_route *r);

/* The one to be run before; NULL: none. */
const struct operation *rest_route_first(const struct rest_route *r);

/* May it be left out? */
bool rest_route_is_optional(const struct operation *o, const struct rest_part *part);

/* The argument of this name; the table names none that is not there. */
const struct operation_arg *rest_route_arg(const struct operation *o, const char *name);

#endif
