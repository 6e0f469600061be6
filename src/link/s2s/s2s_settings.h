/* s2s_settings: what one configuration says about streams to other servers, ready for use.
 *
 * Constant and counted: a stream keeps those that it began with, a reload gives new ones to those that begin later. Internal to link/s2s.
 * Threads: any. Test: test/federation/ */
#ifndef MEERKAT_LINK_S2S_SETTINGS_H
#define MEERKAT_LINK_S2S_SETTINGS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/config.h"
#include "net/tls.h"

/* One [s2s] section: the global one or that of a host. */
struct s2s_side {
	const struct config_s2s *config;
	struct tls_context *tls; /* towards others; NULL: there is no TLS */
};

/* What one configuration says; constant and counted. */
struct s2s_settings {
	_Atomic uint32_t refs;
	const struct config *config; /* counted */
	size_t side_count;
	struct s2s_side sides[];
};

/* NULL with why: a certificate that cannot be used. The configuration is counted. */
struct s2s_settings *s2s_settings_new(const struct config *c, struct why *why);
void s2s_settings_ref(struct s2s_settings *s);
void s2s_settings_unref(struct s2s_settings **s);

/* What holds for one of our domains. */
const struct s2s_side *s2s_settings_side(const struct s2s_settings *s, struct str local);

#endif
