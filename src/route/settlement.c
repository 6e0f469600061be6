#include "route/settlement.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "route/outbox.h"
#include "route/resumption.h"
#include "route/source.h"

static uint32_t open_in_ledger(const struct session *s)
{
	return s->resumption ? resumption_open(s->resumption) : 0;
}

static void note_backlog(struct session *s)
{
	if (s->unsettled > SETTLEMENT_BACKED_UP || s->queued > SETTLEMENT_BACKED_UP || s->load > SETTLEMENT_LOAD ||
	    open_in_ledger(s) > SETTLEMENT_OPEN)
		s->is_backed_up = true;
}

/* The last thing done with a session: its link may read, and close it. */
static void resume_if_low(struct session *s)
{
	if (!s->is_backed_up || s->unsettled >= SETTLEMENT_BACKED_UP / 2 || s->queued >= SETTLEMENT_BACKED_UP / 2 ||
	    s->load >= SETTLEMENT_LOAD / 2 || open_in_ledger(s) >= SETTLEMENT_OPEN / 2)
		return;
	s->is_backed_up = false;
	if (s->outlet)
		s->outlet->ops->resume(s->outlet);
}

void settlement_queued(struct call *c)
{
	struct session *s = c->session;

	s->queued++;
	s->load += c->origin.load;
	note_backlog(s);
}

void settlement_unqueued(struct call *c)
{
	struct session *s = c->session;

	check(s->queued > 0 && s->load >= c->origin.load);
	s->queued--;
	s->load -= c->origin.load;
	if (s->resumption)
		resumption_settle(s->resumption, c->origin.number);
	resume_if_low(s);
}

void settlement_count(struct call *c, struct session *s, bool leaves)
{
	if (!s->user) {
		c->origin.registry = -1; /* closed: nobody asks any more */
		return;
	}
	s->unsettled++;
	s->load += c->origin.load;
	if (s->resumption)
		resumption_count(s->resumption, c->origin.number);
	note_backlog(s);
	if (!leaves) {
		c->settles = s;
		session_ref(s);
	}
}

/* "One more of yours is under way", from a loop that passes on what came from another; or "one is safe". */
struct note {
	struct letter letter;
	struct registry *registry;
	struct call_origin origin;
	bool is_whole;
};

static void post_note(struct registry *from, struct note note)
{
	struct note *n = mem_new(sizeof(*n));

	*n = note;
	n->registry = from->realm->registries[note.origin.registry];
	mailbox_post(n->registry->mailbox, &n->letter);
}

static void on_note(struct letter *l)
{
	struct note *n = container_of(l, struct note, letter);
	struct session *s = registry_find_session(n->registry, n->origin.session);

	if (source_is_origin(n->origin)) {
		source_count(n->registry, n->origin);
	} else if (s) {
		s->unsettled++;
		s->load += n->origin.load;
		if (s->resumption)
			resumption_count(s->resumption, n->origin.number);
		note_backlog(s);
	}
	free(n);
}

void settlement_count_origin(struct call *c, struct call_origin origin, bool leaves)
{
	struct registry *r = c->registry;

	if (origin.registry < 0)
		return;
	if (origin.registry == r->index && source_is_origin(origin)) {
		c->origin = origin;
		source_count(r, origin);
		return;
	}
	if (origin.registry == r->index) {
		struct session *s = registry_find_session(r, origin.session);

		c->origin = origin;
		if (s)
			settlement_count(c, s, leaves);
		else
			c->origin.registry = -1;
		return;
	}
	/* Posted at once and not with the turn's batch: it must be there before any loop can say that this call is done. */
	post_note(r, (struct note){.letter.run = on_note, .origin = origin});
	c->origin = origin;
}

static void settle_in_ledger(struct session *s, uint32_t number)
{
	if (s->resumption)
		resumption_settle(s->resumption, number);
}

static void settle(struct session *s, uint32_t load)
{
	check(s->unsettled > 0 && s->load >= load);
	s->load -= load;
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

	if (source_is_origin(c->origin))
		source_settle(c->registry, c->origin, !c->is_handed_on);
	if (s && !c->is_handed_on)
		settle_in_ledger(s, c->origin.number);
	if (s)
		settle(s, c->origin.load);
	if (c->settles)
		session_unref(&c->settles);
}

struct call_origin settlement_hand_on(struct call *c, bool whole)
{
	struct call_origin origin = c->origin;

	if (origin.registry < 0 || c->is_handed_on || (!whole && origin.number == 0))
		return (struct call_origin){.registry = -1};
	c->is_handed_on = true;
	if (!whole)
		return origin;
	c->origin.registry = -1;
	if (c->settles)
		session_unref(&c->settles);
	return origin;
}

static void pay(struct session *s, struct call_origin origin, bool whole)
{
	session_ref(s); /* what goes on now may end it */
	settle_in_ledger(s, origin.number);
	if (whole)
		settle(s, origin.load);
	else
		resume_if_low(s);
	session_unref(&s);
}

static void take_payment(struct registry *r, struct call_origin origin, bool whole)
{
	struct session *s = registry_find_session(r, origin.session);

	if (source_is_origin(origin) && whole)
		source_settle(r, origin, true);
	else if (source_is_origin(origin))
		source_pay(r, origin);
	else if (s)
		pay(s, origin, whole);
}

static void on_payment(struct letter *l)
{
	struct note *n = container_of(l, struct note, letter);
	take_payment(n->registry, n->origin, n->is_whole);
	free(n);
}

void settlement_pay(struct registry *r, struct call_origin origin, bool whole)
{
	if (origin.registry == r->index)
		take_payment(r, origin, whole);
	else
		post_note(r, (struct note){.letter.run = on_payment, .origin = origin, .is_whole = whole});
}

bool settlement_holds(const struct call *c)
{
	const struct session *s = c->session;

	if (!s || !s->user)
		return false;
	return !list_is_empty(&s->held) || (c->stanza->kind == STANZA_IQ && s->unsettled > 0);
}

/* The first call in the user's queue that the session sent, or the end of the queue. */
static struct list *find_first_of(struct session *s)
{
	struct list *at = s->user->calls.next;

	while (at != &s->user->calls && container_of(at, struct call, link)->session != s)
		at = at->next;
	return at;
}

/* Before what the session sent later, but behind what came for the user meanwhile: answers to what it sent earlier, for example. */
void settlement_release(struct session *s)
{
	struct list *later = list_is_empty(&s->held) ? NULL : find_first_of(s);

	if (!later)
		return;
	while (!list_is_empty(&s->held)) {
		struct list *first = s->held.next;

		list_remove(first);
		list_insert_before(later, first);
	}
	registry_make_runnable(s->user);
	registry_run(s->registry);
}
