/* access: who may: [acl], [access] and [shaper] of the file (spec 3.4).
 *
 * An acl is a list of patterns, any of which may match; all conditions of a pattern must. An access rule is a list of (acl, value), the
 * first acl that matches gives the value; none: deny. The rules "all" and "none" are built in; an undefined rule denies.
 * Threads: reading any. Test: test/unit/conf/access_test.c */
#ifndef MEERKAT_CONF_ACCESS_H
#define MEERKAT_CONF_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct access_rules; /* made while the configuration is loaded */

/* Who asks: prepared parts of an address. */
struct access_subject {
	struct str user, server, resource; /* empty where absent */
	struct str current_domain; /* the host on whose behalf the question is asked */
};

struct access_value {
	enum { ACCESS_DENY, ACCESS_ALLOW, ACCESS_NUMBER, ACCESS_NAME } kind;
	int64_t number;  /* NUMBER; OPTION_INFINITY for "infinity" */
	struct str name; /* NAME: of a shaper */
};

struct access_value access_ask(const struct access_rules *rules, struct str rule, const struct access_subject *who);

/* True for "allow". */
bool access_allows(const struct access_rules *rules, struct str rule, const struct access_subject *who);

bool access_rule_exists(const struct access_rules *rules, struct str rule);

/* Rate of a shaper in bytes per second: false if there is none of that name ("none" is no shaper). */
bool access_shaper_rate(const struct access_rules *rules, struct str name, int64_t *bytes_per_second_out);

/* The rate for somebody, as the option "shaper" means it: `name` is a shaper, else an access rule whose value is one. */
bool access_shaper_for(const struct access_rules *rules, struct str name, const struct access_subject *who, int64_t *bytes_per_second_out);

#endif
