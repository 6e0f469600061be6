#include "route/errand_query.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "xmpp/ns.h"

struct asking {
	struct errand errand;
	struct arena arena;
	struct errand_query query;
};

static void on_done(struct errand *e)
{
	struct asking *a = container_of(e, struct asking, errand);

	if (!errand_is_done(e) || !e->answer)
		errand_fail(e, a->query.call);
	else
		a->query.reply(a->query.call, e->answer, stanza_payload(e->answer));
	errand_fini(e);
	arena_fini(&a->arena);
	free(a);
}

static struct stanza *make_iq(const struct errand_query *q)
{
	struct stanza *s;
	struct buf text;
	struct writer w;

	buf_init(&text);
	writer_init(&w, &text);
	writer_open(&w, "iq", NS_CLIENT);
	writer_attribute_text(&w, "type", q->type);
	writer_attribute_text(&w, "id", "errand");
	writer_raw(&w, q->payload);
	writer_close(&w);
	s = stanza_try_from_text(buf_str(&text), NS_CLIENT);
	buf_fini(&text);
	return s;
}

void errand_query_start(const struct errand_query *q)
{
	struct stanza *iq = make_iq(q);
	struct asking *a;

	if (!iq) {
		operation_fail(q->call, "too_large", "this is more than fits into one stanza, or is not well-formed");
		return;
	}
	a = mem_new(sizeof(*a));
	*a = (struct asking){.query = *q, .errand = {.asker = q->call->registry, .stanza = iq, .on_done = on_done}};
	arena_init(&a->arena, 0);
	check(jid_parse(&a->errand.from, q->user, &a->arena));
	errand_post(&a->errand);
}
