/* dashboard: the handler meerkat_dashboard: a page on which operators see how the server is doing, live.
 *
 * PATH/ is the page, files of the folder that tools/dashboard-page makes; PATH/events the events it lives on (dashboard_feed.h); PATH/sessions and
 * PATH/servers are operations that only ask. All of it is for whoever has the credentials of the handler; without credentials, which only a listener
 * on the loopback may lack, for whoever is on this machine: requests for the names of other hosts are refused, so that a page from elsewhere
 * cannot have a browser read it (DNS rebinding). Threads: see handler.h. Tests: test/clients/dashboard_test.py, test/browser/dashboard_test.py */
#ifndef MEERKAT_ADMIN_DASHBOARD_H
#define MEERKAT_ADMIN_DASHBOARD_H

#include "http/handler.h"

/* Its world is the struct realm. */
extern const struct handler dashboard_handler;

#endif
