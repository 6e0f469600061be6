/* dashboard_snapshot: what the page for operators shows, as JSON, put together from operations and metrics.
 *
 * Of the snapshot everything changes all the time: at, domain, status, listeners, memory, metrics, histograms; of the news little does: warnings,
 * limited, reload. Members are the answers of the operations, so that whoever asks with meerkatctl or GraphQL finds the same.
 * Threads: the start is the first loop's. Test: test/unit/admin/dashboard_snapshot_test.c */
#ifndef MEERKAT_ADMIN_DASHBOARD_SNAPSHOT_H
#define MEERKAT_ADMIN_DASHBOARD_SNAPSHOT_H

#include <jansson.h>

#include "route/realm.h"

/* on_done is called once, on the first loop, and owns both. */
void dashboard_snapshot_start(struct realm *realm, void (*on_done)(void *context, json_t *snapshot, json_t *news), void *context);

#endif
