#include "link/c2s_settings.h"

static size_t size_limit(int64_t bytes)
{
	return bytes == OPTION_INFINITY ? SIZE_MAX : (size_t)bytes;
}

static struct parser_limits parser_limits(const struct config_meerkat *m, size_t element_bytes)
{
	return (struct parser_limits){
		.element_bytes = element_bytes,
		.depth = (uint32_t)m->max_depth,
		.attributes = (uint32_t)m->max_attributes,
		.name_bytes = (uint32_t)m->max_name_bytes,
	};
}

void c2s_settings_complete(struct c2s_settings *s, const struct service_home *home, const struct stream_link *link)
{
	const struct config_meerkat *m = &s->base.config->meerkat;
	const struct config_listen *listen = s->base.listen;
	size_t after = size_limit(listen->max_stanza_size), before = size_limit(m->preauth_max_stanza_size);

	s->after_login = parser_limits(m, after);
	s->before_login = parser_limits(m, before < after ? before : after);
	s->rules = (struct stream_rules){
		.link = link,
		.listen = listen,
		.accounts = &home->realm->accounts,
		.can_start_tls = s->base.tls && listen->tls->mode != CONFIG_TLS,
		.must_start_tls = s->base.tls && listen->tls->mode == CONFIG_STARTTLS_REQUIRED,
	};
}
