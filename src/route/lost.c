/* XEP-0198 §4 ("Acks"): what is not acknowledged is to be handled as if the peer had been away */
#include "route/lost.h"

#include "base/metric.h"
#include "route/journal.h"
#include "route/router.h"

/* The session that has ended still counts as one of the holders. */
static bool is_lost(const struct parcel *p)
{
	return p->is_returnable && !p->is_taken && p->holders == 1;
}

/* What the server itself asked has no sender to be told. */
static void refuse(struct user *u, const struct parcel *p)
{
	if (jid_is_set(p->from) && jid_is_set(p->to))
		router_bounce(u->registry, p->stanza, p->to, p->from, STANZA_ERROR_SERVICE_UNAVAILABLE);
}

static void return_message(struct user *u, struct parcel *p)
{
	struct call *c;

	if (u->existence == USER_ABSENT) {
		refuse(u, p);
		return;
	}
	if (p->kept_number && !user_is_reachable(u))
		return; /* it still waits for the account */
	parcel_stamp(p);
	p->to = jid_bare(p->to);
	c = call_new(u->registry, p->stanza, p->from, p->to);
	c->side = SIDE_RECEIVER;
	c->stage = STAGE_DELIVER;
	c->user = u;
	c->parcel = p;
	parcel_ref(p);
	registry_put_first(c);
	metric_add(METRIC_unacknowledged_returned, 1);
}

static void keep_all(const struct user *u, const struct handed *h)
{
	for (uint32_t number = h->acknowledged + 1; number != h->sent + 1; number++) {
		struct parcel *p = handed_get(h, number);

		if (is_lost(p) && parcel_is_worth_keeping(p))
			journal_keep(p);
	}
	journal_flush(u->registry);
}

void lost_give_back(struct user *u, const struct handed *h)
{
	if (!h->places)
		return;
	if (u->existence != USER_ABSENT)
		keep_all(u, h);
	/* The next process returns what is kept. */
	if (atomic_load(&u->registry->realm->is_stopping))
		return;
	for (uint32_t number = h->sent; number != h->acknowledged; number--) {
		struct parcel *p = handed_get(h, number);

		if (is_lost(p))
			return_message(u, p);
	}
	for (uint32_t number = h->acknowledged + 1; number != h->sent + 1; number++) {
		struct parcel *p = handed_get(h, number);

		if (p->stanza->kind == STANZA_IQ)
			refuse(u, p);
	}
}
