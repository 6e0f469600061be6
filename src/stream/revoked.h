/* revoked: has the account of a stream been banned, deleted or given another password since its login began (auth/revocation.h)?
 *
 * Threads: the stream's. Test: test/wire/30-auth/changed-meanwhile.wire */
#ifndef MEERKAT_STREAM_REVOKED_H
#define MEERKAT_STREAM_REVOKED_H

#include "stream/stream.h"

/* While a resource is being bound, or a session claimed. To be asked on the loop that the account lives on: whoever makes the change ends its
 * sessions there afterwards, so none slips through in between. */
bool revoked_since_login(const struct stream *s);

#endif
