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
}

void source_send(struct source *s, struct stanza *stanza, struct jid from, struct jid to)
{
	struct call_origin origin = {.registry = s->registry->index, .session = s->id, .load = stanza->len / 1024};
	enum stanza_error e = builtin_examine(stanza);
	struct stanza *whole = stanza; /* the addresses may be in it */

	stanza_ref(whole);
	forgery_strip(&stanza, &(struct forgery_source){.hosts = s->registry->hosts, .sender = from});
	if (e == STANZA_ERROR_NONE)
		router_send_from(s->registry, stanza, from, to, origin);
	else
		router_bounce(s->registry, stanza, to, from, e);
	stanza_unref(&stanza);
	stanza_unref(&whole);
}

void source_count(struct registry *r, struct call_origin origin)
{
	struct source *s = find(r, origin.session);

	if (!s)
		return;
	s->unsettled++;
	s->load += origin.load;
	if (s->unsettled > SOURCE_BACKED_UP || s->load > SOURCE_LOAD)
		s->is_backed_up = true;
}

void source_settle(struct registry *r, struct call_origin origin)
{
	struct source *s = find(r, origin.session);

	if (!s)
		return;
	check(s->unsettled > 0 && s->load >= origin.load);
	s->unsettled--;
	s->load -= origin.load;
	if (!s->is_backed_up || s->unsettled > SOURCE_BACKED_UP / 2 || s->load > SOURCE_LOAD / 2)
		return;
	s->is_backed_up = false;
	s->resume(s);
}
