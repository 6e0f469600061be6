/* handlers: what a [[listen.http]] serves: the options of each handler, typed.
 *
 * One struct for each name of [[listen.http.handlers.NAME]]; it begins with host and path. Described by listen_http.c. Constant, and lives as
 * long as its configuration. Threads: any. Test: test/unit/conf/handlers_test.c */
#ifndef MEERKAT_CONF_HANDLERS_H
#define MEERKAT_CONF_HANDLERS_H

#include "conf/option.h"

/* Of every handler; all that some of them have. */
struct handlers_place {
	struct str host, path;
};

/* mongoose_websocket_handler */
struct handlers_websocket {
	struct handlers_place at;
	int64_t timeout_ms;       /* OPTION_INFINITY */
	int64_t ping_rate_ms;     /* 0: never */
	int64_t max_stanza_size;  /* OPTION_INFINITY */
	int64_t state_timeout_ms; /* OPTION_INFINITY */
	bool backwards_compatible_session;
	struct str shaper; /* "none" */
};

/* mongoose_bosh_handler */
struct handlers_bosh {
	struct handlers_place at;
	int64_t max_stanza_size; /* OPTION_INFINITY */
	struct str shaper; /* "none" */
};

enum handlers_endpoint { HANDLERS_ADMIN, HANDLERS_DOMAIN_ADMIN, HANDLERS_USER };

/* Who may use it; STR_NONE: no credentials were given. */
struct handlers_credentials {
	struct str username, password;
};

/* mongoose_graphql_handler */
struct handlers_graphql {
	struct handlers_place at;
	int endpoint; /* enum handlers_endpoint */
	struct handlers_credentials credentials;
	struct option_list allowed_categories; /* struct str; empty: all */
	int64_t sse_idle_timeout_ms;           /* OPTION_INFINITY */
};

/* mongoose_admin_api */
struct handlers_admin_api {
	struct handlers_place at;
	struct handlers_credentials credentials;
	struct option_list handlers; /* struct str; empty: all */
};

/* mongoose_client_api */
struct handlers_client_api {
	struct handlers_place at;
	struct option_list handlers; /* struct str; empty: all */
	bool docs;
};

/* meerkat_dashboard */
struct handlers_dashboard {
	struct handlers_place at;
	struct handlers_credentials credentials;
};

/* mongoose_prometheus_handler, meerkat_chat: no options but the place. */
struct handlers_plain {
	struct handlers_place at;
};

/* One configured handler. */
struct handlers_entry {
	const char *name;    /* as in the table of options */
	size_t index;        /* among those of its name */
	const void *options; /* its struct; begins with struct handlers_place */
	const struct handlers_credentials
	    *credentials; /* those it has to have, or to be on loopback only; NULL: it needs none */
};

/* Of one listener. */
struct handlers {
	struct option_list bosh, websocket, graphql, prometheus, admin_api, client_api, dashboard,
	    chat;               /* of the structs above */
	struct option_list all; /* struct handlers_entry */
};

static inline const struct handlers_place *handlers_place_of(const struct handlers_entry *e)
{
	return e->options;
}

/* Does it lack credentials that it has to have where others than this machine can reach it? */
bool handlers_lacks_credentials(const struct handlers_entry *e);

#endif
