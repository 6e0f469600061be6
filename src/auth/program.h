/* program: a child process that answers questions with yes or no, over the protocol that ejabberd made: each way two bytes of length, the
 * higher one first, and then so many bytes; an answer is 0 or 1 in two bytes.
 *
 * One question at a time. A program that dies, says anything else, or does not answer in time is killed, so that no answer can be taken for
 * that of another question; whoever asks next starts another. Its standard error is the server's.
 * Threads: one at a time. Test: test/unit/auth/program_test.c */
#ifndef MEERKAT_AUTH_PROGRAM_H
#define MEERKAT_AUTH_PROGRAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum { PROGRAM_QUESTION_MAX = 65535 };

struct program;

/* `command` is the name of a file, or words with spaces between: the program and its arguments. NULL with why if it cannot be started. */
struct program *program_start(struct str command, struct why *why);

/* It has not died and has said nothing unasked. */
bool program_is_ready(struct program *p);

/* ERR_TIMEOUT, ERR_SYSTEM (it is gone, or *is_closing has become true) or ERR_INVALID (nonsense), with why; then it is of no more use. */
must_use enum err program_ask(struct program *p, struct str question, int64_t timeout_ms, bool *yes_out, struct why *why);

/* Giving up is noticed soon after *is_closing becomes true; NULL: never. */
void program_watch(struct program *p, const _Atomic bool *is_closing);

/* Ends its input, and it, if it does not end soon. */
void program_stop(struct program **p);

#endif
