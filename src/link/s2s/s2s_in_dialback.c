/* XEP-0220 §2.1.2 (the receiving server), §2.3 and §2.4 (errors, several domains), §2.2.2 (the authoritative server); XEP-0344 where a certificate
 * says already what a key would */
#include "link/s2s/s2s_in_dialback.h"

#include <stdlib.h>

#include "base/limit.h"
#include "base/log.h"
#include "base/mem.h"
#include "link/s2s/dialback_key.h"
#include "link/s2s/s2s_out.h"
#include "xmpp/ns.h"

enum { KEY_MAX = 1024, ID_MAX = 256 };

/* The addresses of an element about keys. */
struct between {
	struct str from, to;
};

/* ---- pairs ---- */

struct s2s_in_pair *s2s_in_dialback_find(struct s2s_in *in, struct str local, struct str remote)
{
	list_each (link, &in->pairs) {
		struct s2s_in_pair *p = container_of(link, struct s2s_in_pair, link);

		if (str_equal(p->local, local) && str_equal(p->remote, remote)) {
			list_remove(&p->link);
			list_prepend(&in->pairs, &p->link);
			return p;
		}
	}
	return NULL;
}

struct s2s_in_pair *s2s_in_dialback_add(struct s2s_in *in, struct str local, struct str remote)
{
	struct s2s_in_pair *p;
	char *text;

	if (in->pair_count >= S2S_IN_PAIRS_MAX || in->question_count >= S2S_IN_QUESTIONS_MAX) {
		limit_acted(METRIC_s2s_questions_exceeded, in->wire.conn.peer);
		return NULL;
	}
	p = mem_new(sizeof(*p) + local.len + remote.len);
	text = (char *)(p + 1);
	memcpy(text, local.data, local.len);
	memcpy(text + local.len, remote.data, remote.len);
	p->local = str_make(text, local.len);
	p->remote = str_make(text + local.len, remote.len);
	list_append(&in->pairs, &p->link);
	in->pair_count++;
	in->question_count++;
	return p;
}

static void forget(struct s2s_in *in, struct s2s_in_pair *p)
{
	list_remove(&p->link);
	in->pair_count--;
	if (!p->is_proved)
		in->question_count--;
	free(p);
}

void s2s_in_dialback_drop_questions(struct s2s_in *in)
{
	list_each (link, &in->pairs) {
		struct s2s_in_pair *p = container_of(link, struct s2s_in_pair, link);

		if (!p->is_proved)
			forget(in, p);
	}
}

void s2s_in_dialback_free_pairs(struct s2s_in *in)
{
	while (!list_is_empty(&in->pairs))
		forget(in, container_of(in->pairs.next, struct s2s_in_pair, link));
}

/* ---- out ---- */

/* type "error" comes with an error, others with NONE; id: of a question, or STR_NONE. */
static void answer(struct s2s_in *in, struct between between, struct str id, const char *type, enum stanza_error e)
{
	struct writer w = s2s_wire_begin(&in->wire);

	writer_open(&w, id.data ? "db:verify" : "db:result", NULL);
	writer_attribute(&w, "from", between.to);
	writer_attribute(&w, "to", between.from);
	if (id.data)
		writer_attribute(&w, "id", id);
	writer_attribute_text(&w, "type", type);
	if (e != STANZA_ERROR_NONE) {
		writer_open(&w, "error", NULL);
		writer_attribute_text(&w, "type", xerror_stanza_type(e));
		writer_empty(&w, xerror_stanza_condition(e), NS_STANZA_ERROR);
		writer_close(&w);
	}
	writer_close(&w);
	s2s_wire_finish(&in->wire);
}

static void answer_result(struct s2s_in *in, struct between between, const char *type, enum stanza_error e)
{
	answer(in, between, STR_NONE, type, e);
}

/* ---- in ---- */

/* False: the stream has been told. */
static bool read_addresses(struct s2s_in *in, const struct stanza *e, struct arena *a, struct between *out)
{
	struct str from = node_attribute(e, node_root(e), "from", a), to = node_attribute(e, node_root(e), "to", a);

	if (from.data && to.data && jid_prepare_domain(from, a, &out->from) && jid_prepare_domain(to, a, &out->to))
		return true;
	s2s_wire_error(&in->wire, STREAM_ERROR_IMPROPER_ADDRESSING, "'from' and 'to' have to be domains");
	return false;
}

/* To the home of the domain, which asks the server that really is there. */
static void ask(struct s2s_in *in, struct between between, struct str key)
{
	s2s_verify_ask(s2s_verify_new(&(struct s2s_verify){
		.asker = in->place,
		.home = s2s_place_of(in->place->s2s, between.from),
		.stream = in->id,
		.local = between.to,
		.remote = between.from,
		.id = str_make(in->stream_id, S2S_IN_ID_CHARS),
		.key = key,
	}));
	timer_stop(&in->patience);
}

static void take_key(struct s2s_in *in, struct between between, struct str key)
{
	struct s2s_in_pair *pair = s2s_in_dialback_find(in, between.to, between.from);

	if (pair && !pair->is_proved)
		return; /* it is being asked */
	if (!pair)
		pair = s2s_in_dialback_add(in, between.to, between.from);
	if (!pair) {
		answer_result(in, between, "error", STANZA_ERROR_RESOURCE_CONSTRAINT);
	} else if (pair->is_proved) {
		answer_result(in, between, "valid", STANZA_ERROR_NONE);
	} else if (s2s_in_is_covered(in, between.from)) {
		answer_result(in, between, "valid", STANZA_ERROR_NONE);
		s2s_in_prove(in, pair, "certificate");
	} else {
		ask(in, between, key);
	}
}

static void take_result(struct s2s_in *in, const struct stanza *e, struct arena *a)
{
	struct between between;
	struct str key;

	if (!read_addresses(in, e, a, &between))
		return;
	key = str_trim(node_text(e, node_root(e), a));
	if (s2s_place_is_ours(in->place, between.from))
		s2s_wire_error(&in->wire, STREAM_ERROR_INVALID_FROM, "this domain is ours");
	else if (!s2s_place_is_ours(in->place, between.to))
		answer_result(in, between, "error", STANZA_ERROR_ITEM_NOT_FOUND);
	else if (!s2s_in_is_allowed(in, between.to, between.from) || s2s_in_is_tls_due(in))
		answer_result(in, between, "error", STANZA_ERROR_POLICY_VIOLATION);
	else if (key.len == 0 || key.len > KEY_MAX)
		answer_result(in, between, "invalid", STANZA_ERROR_NONE);
	else
		take_key(in, between, key);
}

void s2s_in_dialback_result(struct s2s_in *in, const struct stanza *e)
{
	struct arena scratch;

	/* With a type it would be an answer, and nothing was asked here. */
	if (node_attribute_raw(e, node_root(e), "type").len)
		return;
	arena_init(&scratch, 0);
	take_result(in, e, &scratch);
	arena_fini(&scratch);
}

static void take_verify(struct s2s_in *in, const struct stanza *e, struct arena *a)
{
	struct between between;
	struct str id = node_attribute(e, node_root(e), "id", a);
	bool is_ours;

	if (!read_addresses(in, e, a, &between))
		return;
	if (!id.data || id.len > ID_MAX) {
		s2s_wire_error(&in->wire, STREAM_ERROR_BAD_FORMAT, "a question about a key names a stream");
		return;
	}
	if (!s2s_place_is_ours(in->place, between.to)) {
		answer(in, between, id, "error", STANZA_ERROR_ITEM_NOT_FOUND);
		return;
	}
	is_ours = dialback_key_is(str_trim(node_text(e, node_root(e), a)), &(struct dialback_key_about){
		.secret = s2s_place_secret(in->place, between.to), .receiving = between.from, .originating = between.to, .id = id,
	});
	answer(in, between, id, is_ours ? "valid" : "invalid", STANZA_ERROR_NONE);
	in->is_useful = in->is_useful || is_ours;
}

void s2s_in_dialback_verify(struct s2s_in *in, const struct stanza *e)
{
	struct arena scratch;

	if (node_attribute_raw(e, node_root(e), "type").len)
		return;
	arena_init(&scratch, 0);
	take_verify(in, e, &scratch);
	arena_fini(&scratch);
}

/* ---- the answer from the home of the domain ---- */

static void refuse(struct s2s_in *in, struct s2s_in_pair *pair, struct between between, enum s2s_verdict verdict)
{
	metric_add(METRIC_s2s_refused, 1);
	log_event(LOG_DEBUG, "s2s", "another server has not proved who it is", LOG_STR("domain", pair->remote), LOG_STR("to", pair->local),
		  LOG_TEXT("why", verdict == S2S_VERDICT_INVALID ? "the key is not of that domain" : "that domain cannot be asked"));
	forget(in, pair);
	if (verdict == S2S_VERDICT_INVALID)
		answer_result(in, between, "invalid", STANZA_ERROR_NONE);
	else
		answer_result(in, between, "error", STANZA_ERROR_REMOTE_SERVER_NOT_FOUND);
	if (verdict == S2S_VERDICT_INVALID && in->pair_count == 0)
		s2s_wire_end(&in->wire);
	else
		s2s_in_start_patience(in);
}

void s2s_in_verified(struct s2s_place *p, const struct s2s_verify *v)
{
	struct s2s_in *in = map_find(&p->ins, str_make((const char *)&v->stream, sizeof(v->stream)));
	struct s2s_in_pair *pair = in && !in->wire.is_ended ? s2s_in_dialback_find(in, v->local, v->remote) : NULL;
	struct between between;

	/* Of a stream that has begun anew on its connection the id is another one. */
	if (!pair || pair->is_proved || !str_equal(v->id, str_make(in->stream_id, S2S_IN_ID_CHARS)))
		return;
	between = (struct between){.from = v->remote, .to = v->local};
	if (v->verdict != S2S_VERDICT_VALID) {
		refuse(in, pair, between, v->verdict);
		return;
	}
	answer_result(in, between, "valid", STANZA_ERROR_NONE);
	s2s_in_prove(in, pair, "dialback");
}
