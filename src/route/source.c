#include "route/source.h"

#include "base/check.h"
#include "route/builtin.h"
#include "route/forgery.h"
#include "route/router.h"

static struct source *find(const struct registry *r, uint32_t id)
{
	return map_find(&r->sources, str_make((const char *)&id, sizeof(id)));
}

void source_open(struct source *s, struct registry *r, void (*resume)(struct source *s))
{
	*s = (struct source){.registry = r, .resume = resume};
	do
		s->id = ++r->last_source_id | (uint32_t)SOURCE_IS;
	while (find(r, s->id));
	map_add(&r->sources, s);
}

void source_close(struct source *s)
{
	if (s->registry)
		map_take(&s->registry->sources, str_make((const char *)&s->id, sizeof(s->id)));
	s->registry = NULL;
	ledger_fini(&s->ledger);
}

void source_move(struct source *from, struct source *to, void (*resume)(struct source *s))
{
	*to = *from;
	map_take(&to->registry->sources, str_make((const char *)&to->id, sizeof(to->id)));
	map_add(&to->registry->sources, to);
	to->resume = resume;
	*from = (struct source){0};
}

void source_keep_ledger(struct source *s, void (*settled)(struct source *s, uint32_t asks))
{
	ledger_init(&s->ledger);
	s->has_ledger = true;
	s->settled = settled;
}

/* ---- what is under way ---- */

static void note_backlog(struct source *s)
{
	if (s->unsettled > SOURCE_BACKED_UP || s->load > SOURCE_LOAD || ledger_open(&s->ledger) > SOURCE_OPEN)
		s->is_backed_up = true;
}

static void resume_if_low(struct source *s)
{
	if (!s->is_backed_up || s->unsettled > SOURCE_BACKED_UP / 2 || s->load > SOURCE_LOAD / 2 || ledger_open(&s->ledger) > SOURCE_OPEN / 2)
		return;
	s->is_backed_up = false;
	s->resume(s);
}

static void settle_in_ledger(struct source *s, uint32_t number)
{
	uint32_t before = s->ledger.settled, asks = s->has_ledger && s->registry ? ledger_settle(&s->ledger, number) : 0;

	if (s->ledger.settled != before && s->settled)
		s->settled(s, asks);
}

/* The last thing done with it here: it may be gone afterwards. */
static void settle(struct source *s, struct call_origin origin, bool is_safe)
{
	check(s->unsettled > 0 && s->load >= origin.load);
	s->unsettled--;
	s->load -= origin.load;
	if (is_safe)
		settle_in_ledger(s, origin.number);
	resume_if_low(s);
}

void source_count(struct registry *r, struct call_origin origin)
{
	struct source *s = find(r, origin.session);

	if (!s)
		return;
	s->unsettled++;
	s->load += origin.load;
	if (s->has_ledger)
		ledger_count(&s->ledger, origin.number);
	note_backlog(s);
}

void source_settle(struct registry *r, struct call_origin origin, bool is_safe)
{
	struct source *s = find(r, origin.session);

	if (s)
		settle(s, origin, is_safe);
}

void source_pay(struct registry *r, struct call_origin origin)
{
	struct source *s = find(r, origin.session);

	if (!s)
		return;
	settle_in_ledger(s, origin.number);
	resume_if_low(s);
}

/* ---- sending ---- */

struct call_origin source_begin(struct source *s, const struct stanza *stanza)
{
	struct call_origin origin = {.registry = s->registry->index, .session = s->id, .load = stanza->len / 1024};

	if (s->has_ledger)
		origin.number = ledger_enter(&s->ledger);
	return origin;
}

void source_done(struct source *s, struct call_origin origin)
{
	settle_in_ledger(s, origin.number);
}

void source_send(struct source *s, struct stanza *stanza, struct jid from, struct jid to)
{
	struct call_origin origin = source_begin(s, stanza);
	enum stanza_error e = builtin_examine(stanza);
	struct stanza *whole = stanza; /* the addresses may be in it */

	stanza_ref(whole);
	forgery_strip(&stanza, &(struct forgery_source){.hosts = s->registry->hosts, .sender = from});
	if (e == STANZA_ERROR_NONE)
		router_send_from(s->registry, stanza, from, to, origin);
	else
		router_bounce(s->registry, stanza, to, from, e);
	source_done(s, origin);
	stanza_unref(&stanza);
	stanza_unref(&whole);
}
