#include "link/s2s/s2s_in_resumption.h"

#include <stdlib.h>

#include "base/codec.h"
#include "base/mem.h"
#include "base/metric.h"
#include "link/s2s/s2s_in_dialback.h"
#include "link/s2s/s2s_in_stanza.h"
#include "xmpp/ns.h"

/* What is left of a stream. */
struct remains {
	struct list link; /* in place->remains, the oldest first */
	struct s2s_place *place;
	struct source source;
	struct timer end;
	struct s2s_in *claimant; /* a stream that is to go on with it; NULL: there is none yet */
	struct str local, remote; /* the texts follow the struct */
	char id[S2S_IN_ID_CHARS + 1];
};

static void forget(struct remains *r)
{
	if (r->claimant)
		r->claimant->claims = NULL;
	timer_stop(&r->end);
	source_close(&r->source);
	list_remove(&r->link);
	r->place->remains_count--;
	free(r);
}

static void fail(struct s2s_in *in, const char *condition)
{
	struct writer w = s2s_wire_begin(&in->wire);

	writer_open(&w, "failed", NS_SM);
	writer_empty(&w, condition, NS_STANZA_ERROR);
	writer_close(&w);
	s2s_wire_finish(&in->wire);
}

/* ---- a stream that was lost ---- */

/* There is nobody whose reading could be stopped. */
static void resume_nothing(struct source *s)
{
	(void)s;
}

static void complete(struct remains *r)
{
	struct s2s_in *in = r->claimant;
	struct writer w = s2s_wire_begin(&in->wire);

	source_close(&in->source);
	source_move(&r->source, &in->source, s2s_in_resume);
	in->source.settled = s2s_in_stanza_settled;
	in->is_managed = true;
	memcpy(in->resumption_id, r->id, sizeof(in->resumption_id));
	writer_open(&w, "resumed", NS_SM);
	writer_attribute_text(&w, "previd", r->id);
	writer_attribute_int(&w, "h", in->source.ledger.settled);
	writer_close(&w);
	s2s_wire_finish(&in->wire);
	metric_add(METRIC_s2s_resumptions, 1);
	forget(r);
	/* It may have been paused for what it had sent before. */
	if (!source_is_backed_up(&in->source))
		s2s_in_resume(&in->source);
}

static void on_settled(struct source *s, uint32_t asks)
{
	struct remains *r = container_of(s, struct remains, source);

	(void)asks;
	if (r->claimant && ledger_is_settled(&s->ledger))
		timer_start(r->place->loop->timers, &r->end, 0);
}

static void on_end(struct timer *t)
{
	struct remains *r = container_of(t, struct remains, end);

	if (r->claimant && ledger_is_settled(&r->source.ledger)) {
		complete(r);
		return;
	}
	if (r->claimant)
		fail(r->claimant, "item-not-found");
	forget(r);
}

static struct remains *keep(struct s2s_in *in)
{
	struct s2s_place *p = in->place;
	struct remains *r = mem_new(sizeof(*r) + in->local.len + in->remote.len);
	char *text = (char *)(r + 1);

	r->place = p;
	memcpy(text, in->local.data, in->local.len);
	memcpy(text + in->local.len, in->remote.data, in->remote.len);
	r->local = str_make(text, in->local.len);
	r->remote = str_make(text + in->local.len, in->remote.len);
	memcpy(r->id, in->resumption_id, sizeof(r->id));
	source_move(&in->source, &r->source, resume_nothing);
	r->source.settled = on_settled;
	timer_init(&r->end, on_end);
	timer_start(p->loop->timers, &r->end, S2S_IN_RESUMPTION_MS);
	if (p->remains_count++ >= S2S_IN_RESUMPTIONS_MAX)
		forget(container_of(p->remains.next, struct remains, link));
	list_append(&p->remains, &r->link);
	in->resumption_id[0] = '\0';
	in->is_managed = false;
	return r;
}

/* A pair of its opening tag that was not proved is nobody's. */
static bool is_proved(struct s2s_in *in, struct str local, struct str remote)
{
	const struct s2s_in_pair *pair = s2s_in_dialback_find(in, local, remote);

	return pair && pair->is_proved;
}

void s2s_in_resumption_leave(struct s2s_in *in)
{
	if (in->claims)
		container_of(in->claims, struct remains, link)->claimant = NULL;
	in->claims = NULL;
	if (in->resumption_id[0] && in->wire.was_cut && !in->place->is_stopping && is_proved(in, in->local, in->remote))
		keep(in);
}

/* ---- going on ---- */

void s2s_in_resumption_enable(struct s2s_in *in, bool wanted)
{
	struct writer w = s2s_wire_begin(&in->wire);

	wanted = wanted && is_proved(in, in->local, in->remote);
	writer_open(&w, "enabled", NS_SM);
	if (wanted) {
		codec_random_text(in->resumption_id, S2S_IN_ID_CHARS);
		writer_attribute_text(&w, "id", in->resumption_id);
		writer_attribute_text(&w, "resume", "true");
		writer_attribute_int(&w, "max", S2S_IN_RESUMPTION_MS / 1000);
	}
	writer_close(&w);
	s2s_wire_finish(&in->wire);
}

/* Its connection may be lost without our knowing. */
static struct remains *take_from_stream(struct s2s_in *asker, struct str id)
{
	size_t cursor = 0;
	struct s2s_in *in;

	while ((in = map_next(&asker->place->ins, &cursor)))
		if (in != asker && str_is(id, in->resumption_id) && id.len && is_proved(asker, in->local, in->remote)) {
			struct remains *r = keep(in);

			s2s_wire_error(&in->wire, STREAM_ERROR_CONFLICT, "the stream goes on on another connection");
			return r;
		}
	return NULL;
}

static struct remains *find(struct s2s_in *in, struct str id)
{
	list_each (link, &in->place->remains) {
		struct remains *r = container_of(link, struct remains, link);

		if (str_is(id, r->id) && is_proved(in, r->local, r->remote))
			return r;
	}
	return take_from_stream(in, id);
}

void s2s_in_resumption_ask(struct s2s_in *in, const struct stanza *e)
{
	struct remains *r = in->claims ? NULL : find(in, node_attribute_raw(e, node_root(e), "previd"));

	if (!r || r->claimant) {
		fail(in, "item-not-found");
		return;
	}
	r->claimant = in;
	in->claims = &r->link;
	if (ledger_is_settled(&r->source.ledger))
		complete(r);
}

/* ---- life ---- */

void s2s_in_resumption_init(struct s2s_place *p)
{
	list_init(&p->remains);
}

void s2s_in_resumption_fini(struct s2s_place *p)
{
	while (!list_is_empty(&p->remains))
		forget(container_of(p->remains.next, struct remains, link));
}
