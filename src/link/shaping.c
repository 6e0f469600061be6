#include "link/shaping.h"

void shaping_begin(struct conn *c, const struct service_settings *s)
{
	int64_t rate;

	if (access_shaper_rate(s->config->access, s->listen->shaper, &rate))
		conn_set_rate(c, rate);
}

void shaping_come_home(struct conn *c, const struct service_settings *s, struct jid who)
{
	const struct config_host *host = config_find_host(s->config, jid_domain(who));
	struct access_subject subject = {jid_local(who), jid_domain(who), jid_resource(who), jid_domain(who)};
	int64_t rate;

	if (str_is(s->listen->shaper, "none") || access_shaper_rate(s->config->access, s->listen->shaper, &rate))
		return;
	if (host && access_shaper_for(host->access, s->listen->shaper, &subject, &rate))
		conn_set_rate(c, rate);
}
