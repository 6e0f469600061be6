/* registration: the parts of XEP-0077 that are the same before and after login: the form, the rules, the wishes in a <query/>.
 * Threads: the asking loop's. */
#ifndef MEERKAT_EXT_REGISTRATION_H
#define MEERKAT_EXT_REGISTRATION_H

#include "base/err.h"
#include "base/ip.h"
#include "route/module.h"
#include "xmpp/xerror.h"

struct registration_options {
	struct str access;
	struct option_list ip_access; /* struct registration_ip_rule */
	int64_t password_strength;
	struct option_list registration_watchers; /* struct str */
	struct str welcome_subject, welcome_body;
};

struct registration_ip_rule {
	struct str address;
	int policy; /* index of allow|deny */
};

/* What a <query xmlns='jabber:iq:register'/> asks for. */
struct registration_wish {
	struct str username, password; /* STR_NONE: absent */
	bool wants_removal;
};
struct registration_wish registration_read(const struct stanza *s, struct arena *a);

/* First match decides, none: allowed. */
bool registration_ip_is_allowed(const struct registration_options *o, struct ip who);

/* May this name be registered at the host with this password? NONE if so; otherwise the error and a sentence. *who_out is in the arena. */
enum stanza_error registration_check(const struct module *m, const struct registration_wish *w, struct arena *a, struct jid *who_out,
				     const char **text_out);
enum stanza_error registration_check_password(const struct registration_options *o, struct str password, const char **text_out);

/* The error for what the accounts answered; NONE for ERR_NONE. */
enum stanza_error registration_error(enum err e);

/* Welcomes the new account and tells the watchers. */
void registration_announce(struct registry *r, const struct module *m, struct jid who, struct ip from);

extern const struct option_table registration_table;

#endif
