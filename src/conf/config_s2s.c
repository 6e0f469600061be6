#include "conf/config_s2s.h"

bool config_s2s_allows(const struct config_s2s *s, struct str domain)
{
	const struct config_s2s_policy *policies = s->policies.items;
	for (size_t i = 0; i < s->policies.count; i++) {
		if (str_equal(policies[i].host, domain))
			return policies[i].rule == CONFIG_S2S_ALLOW;
	}
	return s->default_policy == CONFIG_S2S_ALLOW;
}

const struct config_s2s_address *config_s2s_find_address(const struct config_s2s *s, struct str domain)
{
	const struct config_s2s_address *addresses = s->outgoing.addresses.items;
	for (size_t i = 0; i < s->outgoing.addresses.count; i++) {
		if (str_equal(addresses[i].host, domain))
			return &addresses[i];
	}
	return NULL;
}
