#include "link/s2s/s2s_settings.h"

#include <stdlib.h>

#include "base/mem.h"
#include "net/tls_outgoing.h"

void s2s_settings_ref(struct s2s_settings *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
}

void s2s_settings_unref(struct s2s_settings **settings)
{
	struct s2s_settings *s = *settings;

	*settings = NULL;
	if (atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	for (size_t i = 0; i < s->side_count; i++)
		if (s->sides[i].tls)
			tls_context_unref(&s->sides[i].tls);
	config_unref(&s->config);
	free(s);
}

static bool add_side(struct s2s_settings *s, const struct config_s2s *config, struct why *why)
{
	struct s2s_side *side = &s->sides[s->side_count];

	for (size_t i = 0; i < s->side_count; i++)
		if (s->sides[i].config == config)
			return true;
	side->config = config;
	if (config->outgoing.tls_policy != CONFIG_S2S_TLS_NONE)
		side->tls = tls_outgoing_context_new(config->outgoing.tls, "xmpp-server", why);
	s->side_count++;
	return side->tls || config->outgoing.tls_policy == CONFIG_S2S_TLS_NONE;
}

struct s2s_settings *s2s_settings_new(const struct config *c, struct why *why)
{
	struct s2s_settings *s = mem_new(sizeof(*s) + (c->host_count + 1) * sizeof(s->sides[0]));
	bool is_good;

	s->refs = 1;
	s->config = c;
	config_ref(c);
	is_good = add_side(s, c->s2s, why);
	for (size_t i = 0; is_good && i < c->host_count; i++)
		is_good = add_side(s, c->hosts[i].s2s, why);
	if (!is_good)
		s2s_settings_unref(&s);
	return s;
}

const struct s2s_side *s2s_settings_side(const struct s2s_settings *s, struct str local)
{
	const struct config_host *h = config_find_host(s->config, local);
	const struct config_s2s *wanted = h ? h->s2s : s->config->s2s;

	for (size_t i = 0; i < s->side_count; i++)
		if (s->sides[i].config == wanted)
			return &s->sides[i];
	return &s->sides[0];
}
