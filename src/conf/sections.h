/* sections: the option tables of the sections of the file, and the structs that only loading sees.
 *
 * A section is one .c file with its tables (general.c, listen.c, listen_tls.c, listen_http.c, auth_section.c, auth_methods.c,
 * access_section.c, meerkat_section.c, s2s_section.c, pools_section.c, pool.c, other_sections.c); config.c puts them together.
 * Threads: constant. Test: the tests of the sections in test/unit/conf */
#ifndef MEERKAT_CONF_SECTIONS_H
#define MEERKAT_CONF_SECTIONS_H

#include "conf/config.h"
#include "conf/option.h"

/* The names of enum config_auth_method, for options. */
#define SECTIONS_AUTH_METHODS "internal|rdbms|anonymous|dummy|http|jwt|external|ldap|pki"

/* Of enum config_hash. */
#define SECTIONS_HASHES "sha|sha224|sha256|sha384|sha512"

/* [listen] */
struct sections_listen {
	struct option_list c2s, s2s, component, http; /* struct config_listen */
};

/* What [general] of [[host_config]] may have. */
struct sections_host_general {
	struct str route_subdomains;
};

/* What a pattern of [acl] asks of one part of an address; all that is given must hold. */
struct sections_acl_part {
	struct str text, regexp, glob; /* STR_NONE: not asked */
};

struct sections_acl_pattern {
	int match; /* enum sections_acl_match */
	struct sections_acl_part user, server, resource;
};

enum sections_acl_match { SECTIONS_MATCH_CURRENT_DOMAIN, SECTIONS_MATCH_ANY_HOSTED_DOMAIN, SECTIONS_MATCH_ALL, SECTIONS_MATCH_NONE };

/* A clause of [access]. */
struct sections_access_clause {
	struct str acl;
	struct option_int_or_name value;
};

struct sections_shaper {
	struct str name;
	int64_t max_rate;
};

/* Is there something of this name in the section ("acl", "access", "shaper") of the file or of a [[host_config]]? */
bool sections_name_is_defined(const struct option_problems *p, const char *section, struct str name);

struct bosh_limits;

/* What [services] is read into. */
struct sections_services {
	const struct bosh_limits *bosh; /* NULL: not there */
};

extern const struct option_table sections_general_table, sections_host_general_table;
extern const struct option_table sections_listen_table, sections_tls_c2s_table, sections_tls_s2s_table, sections_tls_component_table;
extern const struct option_table sections_tls_http_table, sections_tls_outgoing_table;
extern const struct option_table sections_handlers_table;
extern const struct option_table sections_auth_internal_table, sections_auth_rdbms_table, sections_auth_anonymous_table;
extern const struct option_table sections_auth_dummy_table, sections_auth_http_table, sections_auth_jwt_table;
extern const struct option_table sections_auth_external_table, sections_auth_ldap_table, sections_auth_pki_table;
extern const struct option_table sections_auth_table, sections_meerkat_table;
extern const struct option_table sections_acl_table, sections_access_table, sections_shaper_table;
extern const struct option_table sections_pool_http_table, sections_pool_ldap_table;
extern const struct option_table sections_s2s_table, sections_pools_table, sections_services_table, sections_bosh_table;
extern const struct option_table sections_databases_table, sections_instrumentation_table;

#endif
