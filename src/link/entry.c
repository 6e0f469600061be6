#include "link/entry.h"

#include "base/limit.h"
#include "auth/admission.h"

bool entry_admit(struct service_place *place, struct ip address)
{
	const struct config_meerkat *limits = &place->settings->config->meerkat;

	if (place->is_ended)
		return false;
	switch (admission_enter(address, limits, timer_now_ms(place->loop->timers))) {
	case ADMISSION_GRANTED:
		return true;
	case ADMISSION_CROWDED:
		limit_acted(METRIC_max_unauthenticated_refused, address);
		return false;
	case ADMISSION_FAILED:
		limit_acted(METRIC_max_login_failures_refused, address);
		return false;
	}
	return false;
}

struct parser_limits entry_limits(const struct config_meerkat *m, int64_t element_bytes)
{
	return (struct parser_limits){
		.element_bytes = element_bytes == OPTION_INFINITY ? SIZE_MAX : (size_t)element_bytes,
		.depth = (uint32_t)m->max_depth,
		.attributes = (uint32_t)m->max_attributes,
		.name_bytes = (uint32_t)m->max_name_bytes,
	};
}

void entry_parser_limits(const struct service_settings *s, struct parser_limits *before_out, struct parser_limits *after_out)
{
	const struct config_meerkat *m = &s->config->meerkat;

	*after_out = entry_limits(m, s->listen->max_stanza_size);
	*before_out = entry_limits(m, m->preauth_max_stanza_size);
	if (before_out->element_bytes > after_out->element_bytes)
		before_out->element_bytes = after_out->element_bytes;
}

bool entry_hold(uint32_t *held, const struct parser *p, const struct config_meerkat *limits)
{
	size_t holds = parser_held_bytes(p);
	uint32_t before = *held, after = holds < UINT32_MAX ? (uint32_t)holds : UINT32_MAX;

	if (after == before)
		return true;
	*held = after;
	return admission_hold(before, after, limits) || after < before;
}
