/* entry: what is the same for connections at the listeners of all kinds that speak XMPP over TCP: who is let in, how much they may send.
 *
 * Threads: the place's loop; entry_parser_limits any. Tests: test/wire/10-stream, test/wire/65-components */
#ifndef MEERKAT_LINK_ENTRY_H
#define MEERKAT_LINK_ENTRY_H

#include "base/ip.h"
#include "link/service.h"
#include "xmpp/parser.h"

/* May somebody from this address come in, who has not logged in yet? Then admission_leave is due. */
bool entry_admit(struct service_place *place, struct ip address);

/* What the configuration says about elements before and after login. */
void entry_parser_limits(const struct service_settings *s, struct parser_limits *before_out, struct parser_limits *after_out);

#endif
