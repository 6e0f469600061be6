#include "route/parcel.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "route/host.h"
#include "route/journal.h"
#include "route/keeping.h"
#include "route/settlement.h"
#include "xmpp/delay.h"
#include "xmpp/ns.h"

static struct jid copy_address(char *text, struct jid j)
{
	if (!jid_is_set(j))
		return JID_NONE;
	memcpy(text, j.text, jid_len(j));
	j.text = text;
	return j;
}

struct parcel *parcel_new(struct registry *r, struct stanza *s, struct jid from, struct jid to)
{
	size_t from_len = jid_is_set(from) ? jid_len(from) : 0, to_len = jid_is_set(to) ? jid_len(to) : 0;
	struct parcel *p = mem_new(sizeof(*p) + from_len + to_len);

	p->refs = 1;
	p->registry = r;
	p->stanza = s;
	stanza_ref(s);
	p->from = copy_address((char *)(p + 1), from);
	p->to = copy_address((char *)(p + 1) + from_len, to);
	p->bytes = sizeof(*p) + stanza_size(s);
	p->time_ms = store_now_ms();
	p->debt.registry = -1;
	return p;
}

void parcel_ref(struct parcel *p)
{
	p->refs++;
}

void parcel_unref(struct parcel **parcel)
{
	struct parcel *p = *parcel;

	*parcel = NULL;
	check(p->refs > 0);
	if (p->refs > 1) {
		p->refs--;
		return;
	}
	/* Nobody has it, so it waits on for the account, if it does. In the journal it remains only for the next process. */
	p->kept_number = 0;
	if (!atomic_load(&p->registry->realm->is_stopping))
		journal_forget(p);
	parcel_pay(p);
	stanza_unref(&p->stanza);
	free(p);
}

void parcel_pay(struct parcel *p)
{
	struct call_origin debt = p->debt;

	p->debt.registry = -1;
	if (debt.registry >= 0)
		settlement_pay(p->registry, debt, p->owes_all);
}

void parcel_take(struct parcel *p)
{
	if (p->is_taken)
		return;
	p->is_taken = true;
	journal_forget(p);
	parcel_pay(p);
}

bool parcel_is_worth_keeping(const struct parcel *p)
{
	const struct host *h = p->is_returnable && !p->is_taken ? host_find(p->registry->hosts, jid_domain(p->to)) : NULL;

	return h && h->keeping && h->keeping->def->keeping->keeps(h->keeping, p->stanza);
}

void parcel_stamp(struct parcel *p)
{
	struct buf text;

	if (p->is_stamped || p->stanza->kind != STANZA_MESSAGE)
		return;
	buf_init(&text);
	delay_write(&text, p->stanza, p->from, p->to, &(struct delay){jid_domain(p->to), p->time_ms});
	stanza_unref(&p->stanza);
	p->stanza = stanza_from_text(buf_str(&text), NS_CLIENT);
	p->is_stamped = true;
	buf_fini(&text);
}
