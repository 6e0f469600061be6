/* prometheus: the handler mongoose_prometheus_handler: what the server counts, in the text format of Prometheus (version 0.0.4).
 *
 * Threads: see handler.h. Test: test/robust/web_requests.py */
#ifndef MEERKAT_ADMIN_PROMETHEUS_H
#define MEERKAT_ADMIN_PROMETHEUS_H

#include "http/handler.h"

/* Its world is the struct realm. */
extern const struct handler prometheus_handler;

#endif
