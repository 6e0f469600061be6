/* carbon_rule: which messages are copied to a user's other resources, and how a copy looks: XEP-0280 §6.1 and §7.
 *
 * Threads: any, pure. Test: test/unit/ext/carbon_rule_test.c */
#ifndef MEERKAT_EXT_CARBON_RULE_H
#define MEERKAT_EXT_CARBON_RULE_H

#include "xmpp/stanza.h"

enum carbon_rule { CARBON_RULE_SENT, CARBON_RULE_RECEIVED };

bool carbon_rule_copies(const struct stanza *message, enum carbon_rule direction);

/* The message of these addresses wrapped as a copy; addresses of the copy are its delivery's. Counted, yours. */
struct stanza *carbon_rule_wrap(const struct stanza *message, struct jid from, struct jid to,
				enum carbon_rule direction);

#endif
