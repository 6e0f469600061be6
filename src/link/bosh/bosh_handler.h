/* bosh_handler: the handler mongoose_bosh_handler: requests of BOSH clients (XEP-0124), for the sessions (bosh_session) that they belong to.
 *
 * Every answer lets scripts of any site read it (CORS). Threads: see handler.h. Test: test/wire/26-bosh/ */
#ifndef MEERKAT_LINK_BOSH_HANDLER_H
#define MEERKAT_LINK_BOSH_HANDLER_H

#include "http/handler.h"

/* Its world is a struct service_home. */
extern const struct handler bosh_handler;

#endif
