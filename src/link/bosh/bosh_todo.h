/* bosh_todo: elements that have come for a stream which may have to wait before it takes them.
 *
 * Threads: the session's. Test: test/wire/26-bosh/ */
#ifndef MEERKAT_LINK_BOSH_TODO_H
#define MEERKAT_LINK_BOSH_TODO_H

#include "link/bosh/bosh_body.h"

/* Zeroed at first. */
struct bosh_todo {
	struct stanza **items; /* NULL among them: the client's end */
	size_t at, count;
};

void bosh_todo_fini(struct bosh_todo *t);

/* Takes over what is in the body, after the tag itself if that opens a stream; and the end, if it says so. */
void bosh_todo_add(struct bosh_todo *t, struct bosh_body *b, bool is_opening);

static inline bool bosh_todo_is_empty(const struct bosh_todo *t)
{
	return t->at == t->count;
}

/* The next, which becomes yours; NULL: the end. It must not be empty. */
struct stanza *bosh_todo_take(struct bosh_todo *t);

#endif
