#include "link/entry.h"

#include "base/limit.h"
#include "link/admission.h"

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

static size_t size_limit(int64_t bytes)
{
	return bytes == OPTION_INFINITY ? SIZE_MAX : (size_t)bytes;
}

static struct parser_limits limits(const struct config_meerkat *m, size_t element_bytes)
{
	return (struct parser_limits){
		.element_bytes = element_bytes,
		.depth = (uint32_t)m->max_depth,
		.attributes = (uint32_t)m->max_attributes,
		.name_bytes = (uint32_t)m->max_name_bytes,
	};
}

void entry_parser_limits(const struct service_settings *s, struct parser_limits *before_out, struct parser_limits *after_out)
{
	const struct config_meerkat *m = &s->config->meerkat;
	size_t after = size_limit(s->listen->max_stanza_size), before = size_limit(m->preauth_max_stanza_size);

	*after_out = limits(m, after);
	*before_out = limits(m, before < after ? before : after);
}
