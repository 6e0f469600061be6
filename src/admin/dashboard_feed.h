/* dashboard_feed: the events that the page for operators lives on: "snapshot" every second, "news" when they change.
 *
 * A snapshot is made once for all who watch, whatever loop they are on; while nobody does, nothing is made. Who comes gets the last ones at
 * once. Who reads too slowly gets fewer. Threads: dashboard_feed_add the loop of the exchange. Test: test/clients/dashboard_test.py */
#ifndef MEERKAT_ADMIN_DASHBOARD_FEED_H
#define MEERKAT_ADMIN_DASHBOARD_FEED_H

#include "http/exchange.h"
#include "route/realm.h"

/* Answers with the events until the client goes, or with 503 when too many watch. The exchange is not the caller's any more. */
void dashboard_feed_add(struct realm *realm, struct exchange *x);

#endif
