/* operation: what administrators can do: name, category, typed arguments, permission, handler. From these tables come meerkatctl and its help,
 * and later GraphQL, REST and ad-hoc commands. The registry of all of them is admin/operations.
 *
 * A handler runs on a loop and answers once, now or later. Threads: tables are constant; a call belongs to the loop it runs on.
 * Test: test/unit/admin/operations_test.c */
#ifndef MEERKAT_ROUTE_OPERATION_H
#define MEERKAT_ROUTE_OPERATION_H

#include <jansson.h>
#include <stdbool.h>

#include "base/mailbox.h"
#include "base/str.h"
#include "xmpp/jid.h"

struct feed;
struct registry;
struct operation_call;

enum operation_arg_type {
	OPERATION_STRING,
	OPERATION_TEXT,   /* a string that is not empty */
	OPERATION_SECRET, /* a string that is not shown */
	OPERATION_INT,
	OPERATION_NUMBER, /* an integer from 1 */
	OPERATION_INDEX,  /* an integer from 0 */
	OPERATION_BOOL,
	OPERATION_ENUM,
	OPERATION_JID,
	OPERATION_USER,      /* any address of an account; what is left is the bare one */
	OPERATION_BARE_JID,
	OPERATION_FULL_JID,
	OPERATION_USER_NAME, /* the part of an address before the @ */
	OPERATION_DOMAIN,
	OPERATION_TIME, /* a date; what is left is an integer, milliseconds since 1970 */
	OPERATION_XML,  /* one element, as text */
	OPERATION_INPUT, /* an object */
};

/* What a type is called. */
struct operation_word {
	const char *scalar;   /* in GraphQL; NULL: it has a name of its own (ENUM, INPUT) */
	const char *word;     /* on a command line: "USER@DOMAIN"; NULL: its values (ENUM) */
	const char *expected; /* in a sentence: "an integer"; NULL likewise */
};

const struct operation_word *operation_word(enum operation_arg_type type);

/* Bits of operation_arg.flags. */
enum operation_arg_flag {
	OPERATION_OPTIONAL = 1,
	OPERATION_LIST = 2, /* a list of them */
	OPERATION_OWN = 4,  /* where users call for themselves: their own address, which they do not write */
	OPERATION_ANY_DOMAIN = 8, /* not only the own one of a domain administrator: whom somebody writes to, not who writes */
};

struct operation_arg {
	const char *name; /* "username"; NULL ends the list */
	enum operation_arg_type type;
	unsigned flags; /* enum operation_arg_flag */
	const struct operation_type *of; /* of ENUM and INPUT; otherwise NULL */
	const char *help;
};

/* What an answer is made of, or an argument that is more than a word; the schemas of GraphQL and REST are made from it. One of `item`,
 * `fields`, `values`, `inputs` and `members` is set, or none: then it is a scalar. */
struct operation_type {
	const char *name; /* "UserPayload"; of a list NULL */
	const struct operation_type *item; /* of a list */
	bool has_gaps; /* of a list: null stands for an item of which there is an error */
	const struct operation_field *fields; /* of an object; ended by a NULL name */
	const char *values; /* of an enumeration: "error|warn|info" */
	const struct operation_arg *inputs; /* of an object that is an argument */
	const struct operation_type *const *members; /* of a union; ended by NULL. Its objects say in "__typename" which they are */
};

struct operation_field {
	const char *name; /* NULL ends the list */
	const struct operation_type *type;
	const char *help;
};

extern const struct operation_type operation_type_string, operation_type_int, operation_type_long, operation_type_boolean; /* long: 64 bits */
extern const struct operation_type operation_type_jid, operation_type_domain, operation_type_resource, operation_type_id;
extern const struct operation_type operation_type_time, operation_type_xml;
extern const struct operation_type operation_type_strings, operation_type_jids; /* lists */

enum operation_place {
	OPERATION_ANYWHERE,   /* on the first loop */
	OPERATION_ANYWHERE_LONG, /* the same, and it takes as long as it takes: whoever asks waits */
	OPERATION_AT_USER,    /* on the home loop of the argument `user`, or of username and domain */
	OPERATION_FEED_AT_USER, /* at the user too, and its answer goes on: a subscription, see operation_call.feed */
	OPERATION_EVERYWHERE, /* on each loop in turn; `result` is carried along; the handler answers on the last one only */
};

enum operation_permission { OPERATION_FOR_ADMIN, OPERATION_FOR_DOMAIN_ADMIN, OPERATION_FOR_USER, OPERATION_FOR_USER_ONLY };

struct operation {
	const char *category, *name; /* "account", "registerUser"; name NULL ends a list */
	const char *help;
	const struct operation_arg *args;
	enum operation_place place;
	enum operation_permission permission; /* the least one that suffices; a domain administrator only for the own domain */
	bool changes; /* a mutation, in the words of GraphQL */
	void (*run)(struct operation_call *c);
	const struct operation_type *type; /* of the answer; of a subscription: of each event */
};

static inline bool operation_is_subscription(const struct operation *o)
{
	return o->place == OPERATION_FEED_AT_USER;
}

struct operation_call {
	struct letter letter;
	const struct operation *operation;
	struct registry *registry; /* of the loop it is on */
	json_t *args;              /* checked against operation->args */
	json_t *result;            /* EVERYWHERE: made by the handler on the first loop */
	void *state;               /* likewise, and the handler frees it before it answers */
	bool is_last;              /* EVERYWHERE: no loop after this one */
	/* A subscription: what the handler begins (feed_begin) before it replies, with whatever; a handler that fails has not begun it. */
	struct feed *feed;
	/* How it ends: the transport's. Called on the loop that answered. `reply` is {"data":...} or
	 * {"errors":[{"message":..., "extensions":{"code":...}}]}. */
	void (*on_reply)(struct operation_call *c, json_t *reply);
	void *context;
};

/* Ends the call with data (taken over), or with an error: code is a short lower-case word ("user_not_found"). */
void operation_reply(struct operation_call *c, json_t *data);
/* With both: what was done, and an array of errors for the rest (taken over; NULL or empty: none), each made by operation_error. */
void operation_reply_partly(struct operation_call *c, json_t *data, json_t *errors);
/* Ends the call with an error made by operation_error (taken over). */
void operation_refuse(struct operation_call *c, json_t *error);
json_t *operation_error(const char *code, const char *format, ...) __attribute__((format(printf, 2, 3)));
void operation_fail(struct operation_call *c, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* EVERYWHERE: on to the next loop. */
void operation_next(struct operation_call *c);

/* Arguments; STR_NONE, 0, false when absent. */
struct str operation_str(const struct operation_call *c, const char *name);
int64_t operation_int(const struct operation_call *c, const char *name, int64_t otherwise);
bool operation_bool(const struct operation_call *c, const char *name);

#endif
