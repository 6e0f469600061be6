/* entity_info: what the server says of itself in disco#info, and the hash of it (XEP-0115 §5.1). Threads: any. */
#ifndef MEERKAT_EXT_ENTITY_INFO_H
#define MEERKAT_EXT_ENTITY_INFO_H

#include "base/arena.h"
#include "route/host.h"
#include "xmpp/writer.h"

#define ENTITY_INFO_NODE "urn:meerkat:server"

/* One field of the contact form (XEP-0157). */
struct entity_info_contact {
	struct str name;            /* "abuse-addresses" */
	struct option_list urls;    /* struct str */
	struct option_list modules; /* struct str: names of modules whose disco has it; empty: all. Only the server's own is asked here */
};

/* Identity, features and the form into an open <query/>. */
void entity_info_write(struct writer *w, const struct host *h, struct option_list contacts);

/* Base64 of the SHA-1 of the verification string. */
struct str entity_info_version(struct arena *a, const struct host *h, struct option_list contacts);

#endif
