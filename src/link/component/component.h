/* component: external components (XEP-0114): programs that connect to us and serve a domain of their own.
 *
 * A connection stays on the loop where it was accepted. Once it has shown the password and has its name on all loops (route/annex), stanzas for
 * its domain go to it; what it sends is routed as it is, but for its addresses, which are checked. Threads: the loops.
 * Tests: test/unit/link/component_handshake_test.c, test/wire/65-components */
#ifndef MEERKAT_LINK_COMPONENT_H
#define MEERKAT_LINK_COMPONENT_H

#include "link/service.h"

extern const struct service_kind component_kind;

#endif
