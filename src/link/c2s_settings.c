#include "link/c2s_settings.h"

#include <stdlib.h>

#include "base/mem.h"
#include "link/c2s_stream.h"

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

static void set_rules(struct c2s_settings *s, const struct account_service *accounts)
{
	const struct config_meerkat *m = &s->config->meerkat;
	const struct config_tls *tls = s->listen->tls;
	size_t after = size_limit(s->listen->max_stanza_size), before = size_limit(m->preauth_max_stanza_size);

	s->after_login = parser_limits(m, after);
	s->before_login = parser_limits(m, before < after ? before : after);
	s->rules = (struct stream_rules){
		.link = &c2s_stream_link,
		.listen = s->listen,
		.accounts = accounts,
		.can_start_tls = s->tls && tls->mode != CONFIG_TLS,
		.must_start_tls = s->tls && tls->mode == CONFIG_STARTTLS_REQUIRED,
	};
}

struct c2s_settings *c2s_settings_new(const struct config *config, const struct config_listen *listen,
				      const struct account_service *accounts, struct why *why)
{
	bool has_tls = listen->tls && tls_is_possible(listen->tls);
	struct tls_context *tls = has_tls ? tls_context_new(listen->tls, "xmpp-client", why) : NULL;

	if (has_tls && !tls)
		return NULL;

	struct c2s_settings *s = mem_new(sizeof(*s));

	*s = (struct c2s_settings){.refs = 1, .config = config, .listen = listen, .tls = tls};
	if (listen->proxy_protocol)
		s->proxy = proxy_gate_rules(&config->meerkat.proxy_trusted);
	config_ref(config);
	conn_set_budget(config->meerkat.max_total_output_bytes);
	set_rules(s, accounts);
	return s;
}

void c2s_settings_ref(struct c2s_settings *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
}

void c2s_settings_unref(struct c2s_settings **settings)
{
	struct c2s_settings *s = *settings;

	*settings = NULL;
	if (atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	if (s->tls)
		tls_context_unref(&s->tls);
	free(s->proxy);
	config_unref(&s->config);
	free(s);
}
