/* http_handlers: which handlers HTTP listeners have, and what each works on: the one table of them.
 *
 * A handler that is new is added here, its options in conf/listen_http.c. Threads: the main thread's. Test: test/robust/web_requests.py */
#ifndef MEERKAT_MAIN_HTTP_HANDLERS_H
#define MEERKAT_MAIN_HTTP_HANDLERS_H

#include "link/http_service.h"

/* For service_home.handlers; it must outlive the services. */
const struct handler_use *http_handlers(const struct service_home *home);

#endif
