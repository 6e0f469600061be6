/* keeping: where messages wait for users who are not there, as far as others than that module need to know. Provided by one module per
 * host (mod_offline). Threads: as each says. */
#ifndef MEERKAT_ROUTE_KEEPING_H
#define MEERKAT_ROUTE_KEEPING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "xmpp/stanza.h"

struct module;
struct store_job;

struct keeping_ops {
	/* Would this message wait for its receiver? Any thread. */
	bool (*keeps)(const struct module *m, const struct stanza *message);
	/* Adds a message to those that wait for the account; there is no limit, as it was promised already. `text` stands for itself: with its
	 * addresses and its stamp (XEP-0203). Any thread. */
	void (*add)(struct store_job *job, struct str account, struct str text);
	/* Takes away those that wait up to this number (session_deliver_kept). Any thread. */
	void (*remove_to)(struct store_job *job, struct str account, int64_t number);
};

#endif
