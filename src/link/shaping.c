#include "link/shaping.h"

int64_t shaping_rate(const struct service_settings *s)
{
	int64_t rate;

	return access_shaper_rate(s->config->access, s->listen->shaper, &rate) ? rate : 0;
}

/* What the access rule says of somebody. */
static int64_t rate_by_rule(const struct service_settings *s, const struct access_subject *who, int64_t otherwise)
{
	const struct config_host *host = config_find_host(s->config, who->current_domain);
	int64_t rate;

	if (str_is(s->listen->shaper, "none") || access_shaper_rate(s->config->access, s->listen->shaper, &rate))
		return otherwise;
	return host && access_shaper_for(host->access, s->listen->shaper, who, &rate) ? rate : otherwise;
}

int64_t shaping_rate_of(const struct service_settings *s, struct jid who, int64_t otherwise)
{
	struct access_subject subject = {jid_local(who), jid_domain(who), jid_resource(who), jid_domain(who)};

	return rate_by_rule(s, &subject, otherwise);
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

void shaping_prove(struct conn *c, const struct service_settings *s, struct str remote, struct str local)
{
	struct access_subject subject = {.server = remote, .current_domain = local};
	int64_t rate = rate_by_rule(s, &subject, -1);

	if (rate >= 0)
		conn_set_rate(c, rate);
}

void shaping_call(struct conn *c, const struct config *config, struct str shaper, const struct access_subject *who)
{
	const struct config_host *host = config_find_host(config, who->current_domain);
	int64_t rate;

	if (access_shaper_for(host ? host->access : config->access, shaper, who, &rate))
		conn_set_rate(c, rate);
}
