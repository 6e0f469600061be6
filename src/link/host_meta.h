/* host_meta: where browsers find WebSocket and BOSH of a domain (XEP-0156): /.well-known/host-meta and host-meta.json, made from the
 * HTTP listeners of the configuration.
 *
 * Every HTTP listener serves them while there is anything to be said, unless a configured handler has the path. An address is that of the
 * domain that was asked, or the handler's own; a listener with TLS goes before one without. Behind a proxy that adds TLS the addresses are those
 * of the proxy, for what is on the same listener. Threads: any. Test: test/robust/web_requests.py */
#ifndef MEERKAT_LINK_HOST_META_H
#define MEERKAT_LINK_HOST_META_H

#include "conf/config.h"
#include "http/hosting.h"

/* The two paths as fallbacks of the hosting, which holds the configuration. */
bool host_meta_add(struct hosting *h, const struct config *config, const struct config_listen *listen, struct why *why);

#endif
