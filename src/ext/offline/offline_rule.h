/* offline_rule: which messages wait for their receiver: XEP-0160 §3, XEP-0334.
 *
 * Threads: any, pure. Test: test/unit/ext/offline_rule_test.c */
#ifndef MEERKAT_EXT_OFFLINE_RULE_H
#define MEERKAT_EXT_OFFLINE_RULE_H

#include <stdbool.h>

#include "xmpp/stanza.h"

enum offline_rule {
	OFFLINE_RULE_KEEP,
	OFFLINE_RULE_REFUSE, /* the sender learns that nobody was there */
	OFFLINE_RULE_DROP,   /* said for the moment only; nobody needs to know */
};

enum offline_rule offline_rule_for(const struct stanza *message, bool keeps_groupchat);

#endif
