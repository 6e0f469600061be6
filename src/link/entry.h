/* entry: what is the same for connections at the listeners of all kinds that speak XMPP: who is let in, how much they may send.
 *
 * Threads: the place's loop; entry_parser_limits any. Tests: test/wire/10-stream, test/wire/65-components */
#ifndef MEERKAT_LINK_ENTRY_H
#define MEERKAT_LINK_ENTRY_H

#include "base/ip.h"
#include "link/service.h"
#include "xmpp/parser.h"

/* May somebody from this address come in, who has not logged in yet? Then admission_leave is due. */
bool entry_admit(struct service_place *place, struct ip address);

/* What the configuration says about elements, of which one has at most so many bytes (OPTION_INFINITY: any number). Any thread. */
struct parser_limits entry_limits(const struct config_meerkat *m, int64_t element_bytes);

/* The same before and after login at a listener. */
void entry_parser_limits(const struct service_settings *s, struct parser_limits *before_out, struct parser_limits *after_out);

/* What is left in mid-element counts, for all connections together; *held is what was counted of this one. False: they hold too much, and
 * this one has grown: it has to end (METRIC_input_budget_exceeded, ENTRY_HOLDS_TOO_MUCH). */
bool entry_hold(uint32_t *held, const struct parser *p, const struct config_meerkat *limits);

#define ENTRY_HOLDS_TOO_MUCH STREAM_ERROR_RESOURCE_CONSTRAINT, "the server holds too much unfinished input"

#endif
