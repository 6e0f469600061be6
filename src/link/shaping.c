#include "link/shaping.h"

int64_t shaping_rate(const struct service_settings *s)
{
	int64_t rate;

	return access_shaper_rate(s->config->access, s->listen->shaper, &rate) ? rate : 0;
}

int64_t shaping_rate_of(const struct service_settings *s, struct jid who, int64_t otherwise)
{
	const struct config_host *host = config_find_host(s->config, jid_domain(who));
	struct access_subject subject = {jid_local(who), jid_domain(who), jid_resource(who), jid_domain(who)};
	int64_t rate;

	if (str_is(s->listen->shaper, "none") || access_shaper_rate(s->config->access, s->listen->shaper, &rate))
		return otherwise;
	return host && access_shaper_for(host->access, s->listen->shaper, &subject, &rate) ? rate : otherwise;
}

void shaping_begin(struct conn *c, const struct service_settings *s)
{
	int64_t rate = shaping_rate(s);

	if (rate)
		conn_set_rate(c, rate);
}

void shaping_come_home(struct conn *c, const struct service_settings *s, struct jid who)
{
	int64_t rate = shaping_rate_of(s, who, -1);

	if (rate >= 0)
		conn_set_rate(c, rate);
}
