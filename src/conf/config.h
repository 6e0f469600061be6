/* config: the whole configuration, typed, valid and constant.
 *
 * Made in one go from a file: either all of it is valid or nothing of it exists. Counted: connections, listeners and hosts hold the one
 * they were made from, a reload replaces it whole. Sections are described by option tables (general.c, listen.c, auth_section.c,
 * access.c, meerkat_section.c); modules bring their own tables (struct config_module), so that this folder knows none of them.
 * Threads: ref/unref and reading any. Test: test/unit/conf/config_test.c */
#ifndef MEERKAT_CONF_CONFIG_H
#define MEERKAT_CONF_CONFIG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "conf/access.h"
#include "conf/config_s2s.h"
#include "conf/option.h"
#include "conf/pool.h"

struct config_general {
	int loglevel; /* enum log_level */
	struct option_list hosts;      /* struct str, prepared */
	struct option_list host_types; /* struct str */
	struct str default_server_domain;
	struct str language; /* "en" */
	bool hide_service_name;
	int64_t registration_timeout_s; /* OPTION_INFINITY: one registration per address for ever */
	struct str http_server_name;
	struct str route_subdomains; /* "s2s" or STR_NONE */
};

/* More of them is an error. */
enum { CONFIG_LISTENERS_MAX = 64 };

/* Where state is kept when [meerkat] says nothing. */
#define CONFIG_DEFAULT_STATE_DIR "/var/lib/meerkat"

/* Own settings, [meerkat]. */
struct config_meerkat {
	struct str state_dir;  /* "run/state" style path; default /var/lib/meerkat */
	int64_t loops;         /* 0: one per CPU this process may use */
	int64_t preauth_max_stanza_size;
	int64_t login_timeout_ms;
	int64_t max_depth, max_attributes, max_name_bytes; /* 128, 64, 255 */
	int64_t max_output_bytes; /* of one connection whose peer does not read */
	int64_t max_total_output_bytes; /* of all connections together */
	int64_t max_input_bytes;  /* of all connections together */
	int64_t left_behind_timeout_ms; /* for messages to other servers, after a start */
	int64_t max_unauthenticated_per_address;
	int64_t max_login_failures_per_address; /* per minute */
	bool allow_plain_without_tls;
	int64_t job_threads; /* 0: as many as loops */
	struct option_list proxy_trusted; /* struct str: "10.0.0.0/8" (ip_range_parse accepts them); empty: everybody */
	struct option_list certificates;  /* struct config_certificate */
	struct config_resolver resolver;
};

/* One more certificate, chosen by the name a client asks for (SNI). */
struct config_certificate {
	struct str host; /* as written; "*.example.org" covers one label */
	struct str certfile, keyfile, password;
};

enum config_tls_mode { CONFIG_STARTTLS, CONFIG_STARTTLS_REQUIRED, CONFIG_TLS };
enum config_verify_mode { CONFIG_VERIFY_PEER, CONFIG_VERIFY_SELFSIGNED, CONFIG_VERIFY_NONE };

struct config_tls {
	int mode;        /* enum config_tls_mode */
	int verify_mode; /* enum config_verify_mode */
	bool verify_is_required; /* verify_mode = "peer" and disconnect_on_failure = true were both written */
	bool disconnect_on_failure;
	struct str certfile, keyfile, password, cacertfile, dhfile, ciphers;
	/* int: 0 tlsv1, 1 tlsv1.1, 2 tlsv1.2, 3 tlsv1.3, each once. What protocol_options leaves ("no_tlsv1" ...) is turned into it;
	 * empty: 1.2 and 1.3. */
	struct option_list versions;
	struct option_list protocol_options; /* struct str: no_tlsv1_3 ... */
	struct option_list crl_files;        /* struct str */
	bool keep_secrets;                   /* write session secrets to the file named by SSLKEYLOGFILE */
	bool early_data;
	struct str session_tickets; /* "stateless" or STR_NONE */
	struct option_list certificates; /* struct config_certificate: those of [meerkat], for all listeners */
};

enum config_listen_kind { CONFIG_LISTEN_C2S, CONFIG_LISTEN_S2S, CONFIG_LISTEN_COMPONENT, CONFIG_LISTEN_HTTP };

struct handlers;

/* listen.http.transport */
struct config_transport {
	int64_t num_acceptors, max_connections; /* OPTION_INFINITY */
};

/* A second component of the same name. */
enum config_conflict { CONFIG_CONFLICT_DISCONNECT, CONFIG_CONFLICT_KICK_OLD, CONFIG_CONFLICT_SHARE };

struct config_listen {
	int kind; /* enum config_listen_kind */
	int index; /* among its kind, as in listen.c2s[0] */
	int64_t port;
	struct str ip_address; /* set: "0.0.0.0" or "::" when the file says nothing */
	int64_t ip_version;    /* 4 or 6 */
	int64_t backlog, num_acceptors;
	int64_t max_connections;   /* OPTION_INFINITY */
	int64_t max_stanza_size;   /* OPTION_INFINITY */
	int64_t state_timeout_ms;  /* OPTION_INFINITY */
	int64_t hibernate_after_ms; /* OPTION_INFINITY */
	bool reuse_port, proxy_protocol, backwards_compatible_session;
	struct str access; /* rule name, "all" */
	struct str shaper; /* "none" */
	bool limits_auth_methods;              /* allowed_auth_methods was given */
	struct option_list allowed_auth_methods; /* int: enum config_auth_method */
	const struct config_tls *tls;          /* NULL: no TLS */
	struct config_transport transport;     /* of http: what num_acceptors and max_connections come from */
	bool compress;                         /* of http */
	const struct handlers *handlers;       /* of http: handlers.h; NULL: none */
	/* Of components. */
	struct str password;
	bool check_from, hidden_components;
	int conflict_behaviour; /* enum config_conflict */
	uint32_t line;                         /* where it stands in the file */
};

enum config_auth_method {
	CONFIG_AUTH_INTERNAL, CONFIG_AUTH_RDBMS, CONFIG_AUTH_ANONYMOUS, CONFIG_AUTH_DUMMY, CONFIG_AUTH_HTTP, CONFIG_AUTH_JWT,
	CONFIG_AUTH_EXTERNAL, CONFIG_AUTH_LDAP, CONFIG_AUTH_PKI, CONFIG_AUTH_METHODS,
};

/* Bits of a set of password hashes, weakest first; also indexes (log2) of the SCRAM mechanisms. */
enum config_hash { CONFIG_HASH_SHA1, CONFIG_HASH_SHA224, CONFIG_HASH_SHA256, CONFIG_HASH_SHA384, CONFIG_HASH_SHA512, CONFIG_HASH_COUNT };

/* Where EXTERNAL finds the user. */
enum config_external { CONFIG_EXTERNAL_STANDARD, CONFIG_EXTERNAL_COMMON_NAME, CONFIG_EXTERNAL_AUTH_ID };

/* What stands around the user in a common name. */
struct config_common_name {
	struct str prefix, suffix;
};

/* How tokens are checked. One of the three secrets is given. */
struct config_auth_jwt {
	struct str secret_file, secret_env, secret_value;
	struct str algorithm; /* "HS256" */
	struct str username_key;
};

struct config_auth_anonymous {
	bool allow_multiple_connections;
	int protocol; /* enum config_anonymous_protocol */
};

enum config_anonymous_protocol { CONFIG_SASL_ANON, CONFIG_LOGIN_ANON, CONFIG_BOTH_ANON };

struct config_auth_dummy {
	int64_t base_time_ms, variance_ms;
};

struct config_auth_http {
	struct str basic_auth; /* "user:password" */
	const struct pool_http *pool;
};

struct config_auth_external {
	struct str program; /* with its arguments, between spaces */
	int64_t instances;
};

/* An attribute with the name of the user, and what is around the name in it. */
struct config_ldap_uid {
	struct str attribute, format; /* "%u" */
};

struct config_auth_ldap {
	struct str pool_tag, bind_pool_tag;
	const struct pool_ldap *pool, *bind_pool;
	struct str base, filter;
	struct option_list uids; /* struct config_ldap_uid */
	struct str dn_filter;    /* STR_NONE: none */
	struct option_list dn_filter_attributes; /* struct str */
	int local_filter;        /* enum config_local_filter */
	struct str local_attribute; /* STR_NONE: there is no such filter */
	struct option_list local_values; /* struct str */
	int deref; /* enum config_ldap_deref */
};

enum config_local_filter { CONFIG_LOCAL_EQUAL, CONFIG_LOCAL_NOT_EQUAL };
enum config_ldap_deref { CONFIG_DEREF_NEVER, CONFIG_DEREF_ALWAYS, CONFIG_DEREF_FINDING, CONFIG_DEREF_SEARCHING };

struct config_auth {
	const struct config *config;        /* of which this is a part, and with which it lives; NULL: it stands alone */
	struct option_list methods;         /* int: enum config_auth_method, in order of asking */
	int plain_format;                   /* 1: password.format = "plain", 0: "scram" */
	struct option_list hashes;          /* int: enum config_hash */
	int64_t scram_iterations;
	struct option_list sasl_mechanisms; /* struct str: names as in the file (scram_sha256_plus, plain, ...), strongest first */
	struct option_list sasl_external;   /* int: enum config_external, in order of asking */
	struct config_common_name common_name;
	int64_t max_users_per_domain;       /* OPTION_INFINITY */
	/* Of the methods; NULL: no such section. */
	const struct config_auth_anonymous *anonymous;
	const struct config_auth_dummy *dummy;
	const struct config_auth_http *http;
	const struct config_auth_jwt *jwt;
	const struct config_auth_external *external;
	const struct config_auth_ldap *ldap;
};

/* A module as one host has it. */
struct config_module {
	const char *name;
	const struct option_table *table; /* NULL: no options */
	const char *summary;              /* one line for the documentation; may be NULL */
};

struct config_host_module {
	const struct config_module *module;
	const void *options; /* the struct of the module's table */
	uint32_t line;       /* where its table stands in the file */
};

struct config_host {
	struct str name;
	const struct config_auth *auth;
	const struct config_host_module *modules; /* in the order of the known list, not of the file */
	size_t module_count;
	const struct access_rules *access; /* acl and access merged with the global ones */
	struct str route_subdomains; /* "s2s" or STR_NONE */
	const struct config_s2s *s2s;
};

struct layout_file; /* all sections, as the file has them: layout.h */

/* Where a value of the file stands. */
struct config_place {
	const struct config_place *next;
	const void *value; /* the field that it was read into */
	struct str path;   /* "listen.c2s[0].tls.certfile" */
	uint32_t line, column;
};

struct config {
	_Atomic uint32_t refs;
	struct arena arena;
	struct str path; /* of the file */
	const struct layout_file *file; /* all of it, for comparing (difference.h) */
	struct config_general general;
	struct config_meerkat meerkat;
	const struct config_listen *const *listeners; /* of all kinds that are implemented */
	size_t listener_count;
	const struct config_host *hosts;
	size_t host_count;
	const struct access_rules *access; /* global */
	const struct config_s2s *s2s;      /* global */
	const struct config_place *places; /* of all values that were written */
};

/* How parts of addresses are prepared: jid_prepare_local, jid_prepare_domain, jid_prepare_resource, given by whoever may include them.
 * A NULL function accepts ASCII only and makes it lower case. */
struct config_prepare {
	bool (*local)(struct str raw, struct arena *a, struct str *out);
	bool (*domain)(struct str raw, struct arena *a, struct str *out);
	bool (*resource)(struct str raw, struct arena *a, struct str *out);
};

/* Known to the configuration: what main collected from the modules. The names and tables are constant. */
struct config_known {
	const struct config_module *modules;
	size_t module_count;
	struct config_prepare prepare;
};

struct config_flags {
	bool ignore_unsupported; /* known options that are not implemented give warnings */
};

/* The same for a text, which is called `name` in the report. */
struct config *config_load_text(struct str text, const char *name, const struct config_known *known, struct config_flags flags,
				struct buf *report);

/* Reads and validates all of the file. NULL after at least one error: `report` then has every error and warning, one line each
 * ("FILE:LINE:COL: error: listen.c2s[0].port: expected ..."); on success it may have warnings. */
struct config *config_load(const char *path, const struct config_known *known, struct config_flags flags, struct buf *report);

void config_ref(const struct config *c);
void config_unref(const struct config **c);

/* The same for the configuration that this is a part of. */
void config_auth_ref(const struct config_auth *a);
void config_auth_unref(const struct config_auth **a);

/* The host of this prepared name, or NULL. */
const struct config_host *config_find_host(const struct config *c, struct str name);

/* The module of this name at the host, or NULL when it is off. */
const struct config_host_module *config_find_module(const struct config_host *h, const char *name);

/* Adds a line about a value of this configuration to the report, "FILE:LINE:COL: error: PATH: TEXT", unless it has that line already. `value`
 * is the address of the field; what was not written has no place, but is of the file. */
void config_report(const struct config *c, const void *value, bool is_error, const char *text, struct buf *report);

/* Every option there is, for people: `markdown` for docs/options.md, otherwise text for the terminal. */
void config_describe(const struct config_known *known, bool markdown, struct buf *out);

#endif
