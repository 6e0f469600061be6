/* offline_rule: which messages wait for their receiver, and how they look when they come late: XEP-0160 §3, XEP-0203,
 * XEP-0334.
 *
 * Threads: any, pure. Test: test/unit/ext/offline_rule_test.c */
#ifndef MEERKAT_EXT_OFFLINE_RULE_H
#define MEERKAT_EXT_OFFLINE_RULE_H

#include "base/buf.h"
#include "xmpp/stanza.h"

enum offline_rule {
	OFFLINE_RULE_KEEP,
	OFFLINE_RULE_REFUSE, /* the sender learns that nobody was there */
	OFFLINE_RULE_DROP,   /* said for the moment only; nobody needs to know */
};

enum offline_rule offline_rule_for(const struct stanza *message, bool keeps_groupchat);

/* Who says since when the message waits. */
struct offline_rule_stamp {
	struct str by;
	int64_t time_ms; /* Unix time */
};

/* The message under these addresses as it is to be delivered later. */
void offline_rule_write(struct buf *out, const struct stanza *message, struct jid from, struct jid to,
			struct offline_rule_stamp stamp);

#endif
