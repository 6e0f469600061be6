#include "route/settlement.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "route/outbox.h"

static void note_backlog(struct session *s)
{
	if (s->unsettled > SETTLEMENT_BACKED_UP || s->queued > SETTLEMENT_BACKED_UP)
		s->is_backed_up = true;
}

/* The last thing done with a session: its link may read, and close it. */
static void resume_if_low(struct session *s)
{
	if (!s->is_backed_up || s->unsettled >= SETTLEMENT_BACKED_UP / 2 || s->queued >= SETTLEMENT_BACKED_UP / 2)
		return;
	s->is_backed_up = false;
	if (s->outlet)
		s->outlet->ops->resume(s->outlet);
}

void settlement_queued(struct session *s)
{
	s->queued++;
	note_backlog(s);
}

void settlement_unqueued(struct session *s)
{
	check(s->queued > 0);
	s->queued--;
	resume_if_low(s);
}

void settlement_count(struct call *c, struct session *s, bool leaves)
{
	if (!s->user)
		return; /* closed: nobody asks any more */
	c->origin = (struct call_origin){s->registry->index, s->id};
	s->unsettled++;
	note_backlog(s);
	if (!leaves) {
		c->settles = s;
		session_ref(s);
	}
}

/* "One more of yours is under way", from a loop that passes on what came from another. */
struct note {
	struct letter letter;
	struct registry *registry;
	uint32_t session;
};

static void on_note(struct letter *l)
{
	struct note *n = container_of(l, struct note, letter);
	struct session *s = registry_find_session(n->registry, n->session);

	if (s) {
		s->unsettled++;
		note_backlog(s);
	}
	free(n);
}

void settlement_count_origin(struct call *c, struct call_origin origin, bool leaves)
{
	struct registry *r = c->registry;

	if (origin.registry < 0)
		return;
	if (origin.registry == r->index) {
		struct session *s = registry_find_session(r, origin.session);

		if (s)
			settlement_count(c, s, leaves);
		return;
	}
	/* Posted at once and not with the turn's batch: it must be there before any loop can say that this call is done. */
	struct note *n = mem_new(sizeof(*n));

	n->letter.run = on_note;
	n->registry = r->realm->registries[origin.registry];
	n->session = origin.session;
	c->origin = origin;
	mailbox_post(n->registry->mailbox, &n->letter);
}

static void settle(struct session *s)
{
	check(s->unsettled > 0);
	if (--s->unsettled == 0)
		settlement_release(s);
	resume_if_low(s);
}

bool settlement_end(struct call *c)
{
	if (c->side == SIDE_SENDER || c->origin.registry < 0)
		return false;
	if (c->origin.registry != c->registry->index) {
		c->is_settled = true;
		outbox_add(c->registry, c->registry->realm->registries[c->origin.registry], c);
		return true;
	}
	settlement_arrived(c);
	return false;
}

void settlement_arrived(struct call *c)
{
	struct session *s = c->settles ? c->settles : registry_find_session(c->registry, c->origin.session);

	if (s)
		settle(s);
	if (c->settles)
		session_unref(&c->settles);
}

bool settlement_holds(const struct call *c)
{
	const struct session *s = c->session;

	if (!s || !s->user)
		return false;
	return !list_is_empty(&s->held) || (c->stanza->kind == STANZA_IQ && s->unsettled > 0);
}

void settlement_release(struct session *s)
{
	if (list_is_empty(&s->held))
		return;
	while (!list_is_empty(&s->held)) {
		struct list *last = s->held.prev;

		list_remove(last);
		list_prepend(&s->user->calls, last);
	}
	registry_make_runnable(s->user);
	registry_run(s->registry);
}
