/* module: what an extension is: one const table of what it adds.
 *
 * Everything here runs on the loop of the user it is about, one thing at a time per user. Module state is per user or session (slots) or
 * in the store; what is shared between loops needs its own lock and a reason. Listed in ext/all.def, whose order is the order of asking.
 * Two modules of a host that claim the same query stop the server at start; `meerkat --routes` prints everything. Threads: tables are constant. */
#ifndef MEERKAT_ROUTE_MODULE_H
#define MEERKAT_ROUTE_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ip.h"
#include "conf/option.h"
#include "route/contacts.h"
#include "route/keeping.h"
#include "route/operation.h"
#include "route/pipeline.h"
#include "route/session.h"

struct module;

/* A module as one host has it. */
struct module {
	const struct module_def *def;
	const struct host *host;
	const void *options; /* the struct of def->options */
};

enum query_type { QUERY_GET = 1, QUERY_SET = 2 };

enum query_target {
	QUERY_HOST = 1,    /* to="example.org" */
	QUERY_OWN = 2,     /* to the asker's own account (or without `to`); others get forbidden */
	QUERY_CONTACT = 4, /* to an account, by itself and by who may see its presence; others get service-unavailable */
	QUERY_ANYONE = 8,  /* to an account, by anyone */
	QUERY_FORBIDS = 16, /* with CONTACT: others get forbidden */
};

struct module_query {
	const char *ns;    /* NULL ends the list */
	const char *name;  /* of the payload element */
	unsigned types;    /* enum query_type */
	unsigned targets;  /* enum query_target */
	enum answer (*run)(struct call *c, const struct module *m); /* PASS: feature-not-implemented */
};

struct module_hook {
	enum answer (*run)(struct call *c, const struct module *m); /* NULL ends the list */
	enum side side;
	enum stage stage;
	unsigned kinds; /* 1 << STANZA_MESSAGE | ... */
};

/* An IQ on a stream that is not logged in (XEP-0077). Answered once, now or later, on the same thread; the asker holds a reference to
 * host->set until then. */
struct login_query {
	const struct module *module;
	struct registry *registry;
	const struct host *host;
	const struct stanza *stanza; /* borrowed until the answer */
	struct ip peer;
	bool is_secure;
	void (*answer)(struct login_query *q, struct str xml); /* the whole <iq/>; ends the query */
	void (*cancel)(struct login_query *q); /* set by the module when it answers later: the stream is gone */
	void *module_state;
};

struct module_login_query {
	const char *ns, *name; /* ns NULL ends the list */
	void (*run)(struct login_query *q);
};

/* Something that a client may switch on while it binds (XEP-0386 §3.2), in the words in which it would ask for it later. */
struct module_inline_request {
	const struct stanza *element; /* in which it is */
	const struct node *node;
	struct writer *answer; /* for what is to be said in <bound/>, if anything */
};

struct module_inline {
	const char *ns; /* by which it is offered and asked for; NULL ends the list */
	/* The session was opened just now, and its peer does not know yet. Must not send anything. */
	void (*enable)(const struct module *m, struct session *s, const struct module_inline_request *r);
};

struct module_def {
	const char *name;     /* "mod_ping" */
	const char *summary;  /* one line */
	const struct option_table *options; /* NULL: none */
	const char *const *host_features;    /* disco#info of the host, ended by NULL; may be NULL */
	const char *const *account_features; /* disco#info of an account */
	const struct module_query *queries;
	const struct module_hook *hooks;
	const struct module_login_query *login_queries;
	const struct module_inline *inlines; /* may be NULL */
	/* Writes elements into <stream:features/>. */
	void (*stream_features)(const struct module *m, struct writer *w, bool is_logged_in);
	/* Events; each may be NULL. */
	void (*session_opened)(const struct module *m, struct session *s);
	void (*session_closing)(const struct module *m, struct session *s); /* still in its user, its outlet may be gone */
	void (*user_removed)(const struct module *m, struct user *u); /* the account is being deleted; its data is still there */
	bool has_user_state, has_session_state;   /* asks for slots */
	void (*user_free)(struct user *u, void *state);
	void (*session_free)(struct session *s, void *state);
	const struct contacts_ops *contacts; /* the one module that knows who may see whom */
	const struct keeping_ops *keeping; /* the one module that keeps messages for users who are not there */
	bool is_resumption; /* the one module that lets sessions be resumed (XEP-0198); its options are struct resumption_rules */
	/* The user wants nothing from this address and sends nothing to it (XEP-0191); after the ACCEPT stage of any call of the user. */
	bool (*is_blocked)(struct user *u, struct jid address);
	const struct operation *operations; /* for administrators; ended by name NULL */
};

/* Index of the slot, fixed at start by module_number. */
int module_user_slot(const struct module_def *def);
int module_session_slot(const struct module_def *def);
int module_user_slot_count(void);
int module_session_slot_count(void);

/* Tells the slots of all modules there are; once, at start. `defs` is ended by NULL. */
void module_number(const struct module_def *const *defs);
/* What it was told, ended by NULL. */
const struct module_def *const *module_all(void);

#endif
