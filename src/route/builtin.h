/* builtin: what the server does by itself at each stage, after the modules: RFC 6120 §8 and §10, RFC 6121 §8.
 *
 * Threads: the call's loop. Test: test/unit/route/builtin_test.c */
#ifndef MEERKAT_ROUTE_BUILTIN_H
#define MEERKAT_ROUTE_BUILTIN_H

#include "route/pipeline.h"

/* Before anything else: may this stanza be handled at all? NONE, or the error it gets (RFC 6120 §8.2.3). */
enum stanza_error builtin_examine(const struct stanza *s);

/* Does anything come of this stanza at an account without sessions? Not of presence other than subscriptions and probes, nor of answers. */
bool builtin_needs_account(const struct stanza *s);

/* The server's part of the call's stage; again after LATER and call_resume with PASS. */
enum answer builtin_run(struct call *c);

/* What `meerkat --routes` says about it; "" when the server does nothing there. */
const char *builtin_text(enum side side, enum stage stage, enum stanza_kind kind);

#endif
