#include "link/c2s.h"

#include "link/c2s_tcp.h"

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

static bool complete(struct service_settings *settings, const struct service_home *home, struct why *why)
{
	struct c2s_settings *s = c2s_settings(settings);
	const struct config_meerkat *m = &settings->config->meerkat;
	const struct config_listen *listen = settings->listen;
	size_t after = size_limit(listen->max_stanza_size), before = size_limit(m->preauth_max_stanza_size);

	(void)why;
	s->after_login = parser_limits(m, after);
	s->before_login = parser_limits(m, before < after ? before : after);
	s->rules = (struct stream_rules){
		.link = &c2s_tcp_carrier.link,
		.listen = listen,
		.accounts = &home->realm->accounts,
		.can_start_tls = settings->tls && listen->tls->mode != CONFIG_TLS,
		.must_start_tls = settings->tls && listen->tls->mode == CONFIG_STARTTLS_REQUIRED,
	};
	return true;
}

const struct service_kind c2s_kind = {
	.name = "c2s",
	.alpn = "xmpp-client",
	.settings_size = sizeof(struct c2s_settings),
	.complete = complete,
	.accept = c2s_tcp_accept,
	.end_all = c2s_peer_end_all,
};
