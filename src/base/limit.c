#include "base/limit.h"

#include "base/clock.h"
#include "base/limited.h"
#include "base/log.h"

static struct log_throttle throttles[METRIC_COUNT];

static void tell(enum metric limit, struct log_field whom)
{
	uint64_t suppressed;

	if (log_throttle_pass(&throttles[limit], (uint64_t)clock_monotonic_ms(), &suppressed))
		log_event(LOG_INFO, "limit", "a limit has acted", LOG_TEXT("limit", metric_name(limit)), whom,
			  LOG_NUM("suppressed", suppressed));
}

void limit_acted(enum metric limit, struct ip peer)
{
	char text[IP_TEXT_MAX];

	metric_add(limit, 1);
	limited_note(limit, peer, STR_NONE);
	if (log_on(LOG_INFO))
		tell(limit, LOG_TEXT("peer", ip_format(peer, true, text)));
}

void limit_acted_on(enum metric limit, struct str account)
{
	metric_add(limit, 1);
	limited_note(limit, (struct ip){.version = 0}, account);
	if (log_on(LOG_INFO))
		tell(limit, LOG_STR("account", account));
}
