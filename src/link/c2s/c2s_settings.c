#include "link/c2s/c2s_settings.h"

#include "link/entry.h"

void c2s_settings_complete(struct c2s_settings *s, const struct service_home *home, const struct stream_link *link)
{
	const struct config_listen *listen = s->base.listen;

	entry_parser_limits(&s->base, &s->before_login, &s->after_login);
	s->rules = (struct stream_rules){
		.link = link,
		.listen = listen,
		.accounts = &home->realm->accounts,
		.can_start_tls = s->base.tls && listen->tls->mode != CONFIG_TLS,
		.must_start_tls = s->base.tls && listen->tls->mode == CONFIG_STARTTLS_REQUIRED,
	};
}
