/* config_s2s: what the file says about other servers: [s2s], and [meerkat.resolver].
 *
 * Constant parts of a configuration, made by s2s_section.c. Every spelling from 6.1 on ends up in the same field. A [s2s] in
 * [[host_config]] replaces the global one for that host (struct config_host). Threads: constant. Test: test/unit/conf/s2s_test.c */
#ifndef MEERKAT_CONF_CONFIG_S2S_H
#define MEERKAT_CONF_CONFIG_S2S_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "conf/option.h"

struct config;
struct config_tls;

enum config_s2s_rule { CONFIG_S2S_ALLOW, CONFIG_S2S_DENY };

/* An exception to default_policy. */
struct config_s2s_policy {
	struct str host; /* prepared */
	int rule;        /* enum config_s2s_rule */
};

/* What use_starttls can be. */
enum config_s2s_tls {
	CONFIG_S2S_TLS_NONE,     /* false: no TLS, dialback only */
	CONFIG_S2S_TLS_OPTIONAL, /* used where the other server has it */
	CONFIG_S2S_TLS_REQUIRED, /* any certificate */
	CONFIG_S2S_TLS_TRUSTED,  /* required_trusted: the certificate must be good, and the domain's */
};

/* Where a domain is, without looking it up. */
struct config_s2s_address {
	struct str host;       /* prepared */
	struct str ip_address; /* as ip_parse takes it */
	int64_t port;          /* 0: outgoing.port */
	bool tls;              /* from the first byte */
};

/* Looking a name up takes at most timeout_s * retries. */
struct config_s2s_dns {
	int64_t timeout_s; /* of one attempt */
	int64_t retries;   /* attempts */
};

struct config_s2s_outgoing {
	int64_t port;                   /* where nothing else says it */
	struct option_list ip_versions; /* int64_t: 4, 6, in the order of attempts */
	int64_t connection_timeout_ms;  /* OPTION_INFINITY */
	struct option_list addresses;   /* struct config_s2s_address */
	int64_t max_retry_delay_s;
	struct config_s2s_dns dns;
	int64_t max_stanza_size;   /* OPTION_INFINITY */
	int64_t state_timeout_ms;  /* OPTION_INFINITY */
	int64_t stream_timeout_ms; /* OPTION_INFINITY */
	struct str shaper;         /* "none" */
	int tls_policy;            /* enum config_s2s_tls, for streams to others, whichever way it was written */
	bool is_direct_tls;        /* tls.mode = "tls": TLS from the first byte where no record says how */
	const struct config_tls *tls; /* never NULL after loading; what it says of modes is in tls_policy */
	unsigned given;               /* bits of what was written in this section; for the loading only */
};

struct config_s2s {
	const struct config *config; /* of which this is a part: config_ref() keeps it */
	int default_policy;          /* enum config_s2s_rule */
	struct option_list policies; /* struct config_s2s_policy */
	int use_starttls;            /* enum config_s2s_tls; what listeners without a [listen.s2s.tls] of their own go by */
	bool has_use_starttls;       /* it was written */
	struct str certfile, ciphers; /* STR_NONE: not given; for listeners without a [listen.s2s.tls] of their own */
	struct str shared;            /* the secret of dialback; STR_NONE: one has to be made */
	struct config_s2s_outgoing outgoing;
	/* As 6.1 writes them, for the loading only. */
	struct option_list addresses;
	int64_t max_retry_delay_s;
	const struct config_s2s_dns *dns;
};

/* Looking names up. */
struct config_resolver {
	struct str server; /* address; "none": nothing but the file; STR_NONE: those of /etc/resolv.conf */
	int64_t port;
	struct str file;              /* local records; STR_NONE: none */
	struct str trust_anchor_file; /* STR_NONE: DNSSEC is not checked */
};

/* Does the configuration let us talk to this (prepared) domain at all? */
bool config_s2s_allows(const struct config_s2s *s, struct str domain);

/* The fixed address of a (prepared) domain, or NULL. */
const struct config_s2s_address *config_s2s_find_address(const struct config_s2s *s, struct str domain);

#endif
