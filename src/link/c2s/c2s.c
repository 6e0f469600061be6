#include "link/c2s/c2s.h"

#include "link/c2s/c2s_tcp.h"

static bool complete(struct service_settings *settings, const struct service_home *home, struct why *why)
{
	(void)why;
	c2s_settings_complete(c2s_settings(settings), home, &c2s_tcp_carrier.link);
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
