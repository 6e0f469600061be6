/* check: assertions for our own bugs; always on, in every build.
 *
 * A failed check prints where and what, and aborts: the supervisor restarts the process, and what was acknowledged is in the store.
 * Never used for what a peer or the world does: see xerror.def and err.h.
 * Threads: any. */
#ifndef MEERKAT_BASE_CHECK_H
#define MEERKAT_BASE_CHECK_H

/* Prints "FILE:LINE: FUNCTION: check failed: CONDITION" to stderr and aborts. */
_Noreturn __attribute__((cold)) void check_failed(const char *file, int line, const char *function, const char *condition);

#define check(cond)                                                     \
	((cond) ? (void)0 : check_failed(__FILE__, __LINE__, __func__, #cond))

#endif
