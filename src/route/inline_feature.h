/* inline_feature: what a client may switch on while it binds its resource (XEP-0386 §3.2): what modules offer for that, and have done.
 *
 * For links of clients. Threads: writing any; enabling the session's loop. Test: test/unit/route/inline_feature_test.c */
#ifndef MEERKAT_ROUTE_INLINE_FEATURE_H
#define MEERKAT_ROUTE_INLINE_FEATURE_H

#include "route/host.h"
#include "route/session.h"

/* <feature var='...'/> for each. */
void inline_feature_write(const struct host *h, struct writer *w);

/* Does what the children of <bind/> ask for, and writes the answers that there are. What nobody knows is ignored. */
void inline_feature_enable(struct session *s, const struct stanza *request, const struct node *bind, struct writer *w);

#endif
