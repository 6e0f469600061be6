#include "link/s2s/s2s_in_settings.h"

#include "base/list.h"
#include "link/entry.h"

static int policy_of(const struct service_settings *s)
{
	const struct config_tls *tls = s->listen->tls;

	if (s->config->s2s->has_use_starttls)
		return s->config->s2s->use_starttls;
	if (!tls)
		return CONFIG_S2S_TLS_NONE;
	return tls->mode == CONFIG_STARTTLS ? CONFIG_S2S_TLS_OPTIONAL : CONFIG_S2S_TLS_REQUIRED;
}

bool s2s_in_settings_complete(struct service_settings *base, const struct service_home *home, struct why *why)
{
	struct s2s_in_settings *s = container_of(base, struct s2s_in_settings, base);
	struct config_tls own = *base->config->s2s->outgoing.tls;

	(void)home;
	s->policy = policy_of(base);
	s->is_direct_tls = base->tls && base->listen->tls->mode == CONFIG_TLS;
	s->tls = base->tls;
	/* As 6.1 has it: all that is said of TLS is in [s2s]. */
	if (!s->tls && s->policy != CONFIG_S2S_TLS_NONE && tls_is_possible(&own)) {
		own.disconnect_on_failure = false; /* dialback may prove what a certificate does not */
		s->tls = s->own_tls = tls_context_new(&own, "xmpp-server", why);
		if (!s->tls)
			return false;
	}
	entry_parser_limits(base, &s->before, &s->after);
	return true;
}

void s2s_in_settings_release(struct service_settings *base)
{
	struct s2s_in_settings *s = container_of(base, struct s2s_in_settings, base);

	if (s->own_tls)
		tls_context_unref(&s->own_tls);
}
