/* access_rules: what stands behind struct access_rules, and how it is made from the sections acl, access and shaper.
 *
 * Threads: making one at a time, reading any. Test: test/unit/conf/access_test.c */
#ifndef MEERKAT_CONF_ACCESS_RULES_H
#define MEERKAT_CONF_ACCESS_RULES_H

#include <regex.h>

#include "conf/access.h"
#include "conf/sections.h"

/* One condition on a part of an address. */
struct access_rules_part {
	struct str text, glob; /* STR_NONE: not asked */
	regex_t regexp;
	bool has_regexp;
};

struct access_rules_pattern {
	enum sections_acl_match match;
	struct access_rules_part user, server, resource;
};

struct access_rules_acl {
	struct str name;
	struct access_rules_pattern *patterns;
	size_t count;
};

struct access_rules_clause {
	struct str acl; /* as written: "all", "none", or the name of one that may not exist */
	const struct access_rules_acl *found;
	struct access_value value;
};

struct access_rules_rule {
	struct str name;
	const struct access_rules_clause *clauses;
	size_t count;
};

struct access_rules {
	struct access_rules_acl *acls;
	const struct access_rules_rule *rules;
	const struct sections_shaper *shapers;
	const struct str *hosts; /* all hosts of the server */
	size_t acl_count, rule_count, shaper_count, host_count;
};

/* Lists as the option tables give them; the host's own may be empty. */
struct access_rules_source {
	struct option_list acl, access;           /* struct option_named_list */
	struct option_list host_acl, host_access;
	struct option_list shapers; /* struct sections_shaper */
	struct option_list hosts;   /* struct str */
};

/* All patterns must have been found good by the sections. The memory is the arena's, but for what access_rules_fini frees. */
struct access_rules *access_rules_make(struct arena *a, const struct access_rules_source *from);
void access_rules_fini(struct access_rules *r);

#endif
