#include "route/pipeline.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "route/builtin.h"
#include "route/errand.h"
#include "route/host.h"
#include "route/parcel.h"
#include "route/registry.h"
#include "route/router.h"
#include "route/session.h"
#include "route/settlement.h"
#include "xmpp/ns.h"

static struct jid copy_address(char *text, struct jid j)
{
	if (!jid_is_set(j))
		return JID_NONE;
	memcpy(text, j.text, jid_len(j));
	j.text = text;
	return j;
}

struct call *call_new(struct registry *r, struct stanza *s, struct jid from, struct jid to)
{
	size_t from_len = jid_is_set(from) ? jid_len(from) + 1 : 0, to_len = jid_is_set(to) ? jid_len(to) + 1 : 0;
	struct call *c = mem_new(sizeof(*c) + from_len + to_len);
	char *texts = (char *)(c + 1);

	list_init(&c->link);
	c->registry = r;
	c->stanza = s;
	stanza_ref(s);
	c->from = copy_address(texts, from);
	c->to = copy_address(texts + from_len, to);
	c->origin.registry = -1;
	arena_init(&c->arena, 0);
	return c;
}

void call_free(struct call **call)
{
	struct call *c = *call;
	struct errand *errand = c->errand;

	*call = NULL;
	stanza_unref(&c->stanza);
	arena_fini(&c->arena);
	registry_unuse_hosts(&c->hosts);
	if (c->parcel)
		parcel_unref(&c->parcel);
	if (c->session) {
		settlement_unqueued(c);
		session_unref(&c->session);
	}
	if (!settlement_end(c))
		free(c);
	/* Now its owner may free it. */
	if (errand)
		errand_end(errand);
}

/* Presence of a session that has ended since is not announced any more: its end was. Subscriptions still count. */
static bool is_outdated(const struct call *c)
{
	if (c->stanza->kind != STANZA_PRESENCE || !c->session || c->session->user)
		return false;
	return c->stanza->type == STANZA_TYPE_NONE || c->stanza->type == STANZA_TYPE_UNAVAILABLE;
}

static enum answer ask_module(struct call *c, const struct host_hook *hook)
{
	c->next_hook++;
	return hook->run(c, hook->module);
}

/* What an errand does by itself: then there is no further stage. */
static enum answer run_errand(struct call *c)
{
	enum answer a = c->errand->run(c);

	return a == ANSWER_PASS ? ANSWER_DONE : a;
}

/* The modules from next_hook on, then the server's own part. A query to a host has no user, and modules' hooks are about users. */
static enum answer ask_stage(struct call *c)
{
	if (c->errand && c->errand->run)
		return run_errand(c);

	const struct host_hook *hooks = NULL;
	size_t count = c->user ? host_hooks(c->host, c->side, c->stage, c->stanza->kind, &hooks) : 0;

	while (!is_outdated(c)) {
		if (c->next_hook >= count)
			return builtin_run(c);

		enum answer a = ask_module(c, &hooks[c->next_hook]);

		if (a != ANSWER_PASS)
			return a;
	}
	return ANSWER_DONE;
}

/* False: there is no further stage. */
static bool next_stage(struct call *c, enum answer a)
{
	c->next_hook = c->step = 0;
	if (c->stage == STAGE_DELIVER && c->became_available) {
		c->stage = STAGE_AVAILABLE;
		return true;
	}
	if (c->stage == STAGE_DELIVER && c->side == SIDE_RECEIVER && a == ANSWER_PASS) {
		c->stage = STAGE_FALLBACK;
		return true;
	}
	if (a == ANSWER_DONE || c->stage >= STAGE_DELIVER)
		return false;
	c->stage++;
	return true;
}

static enum answer take_answer(struct call *c)
{
	c->is_resumed = false;
	return c->answer;
}

/* What is wrong with it is answered before any module sees it. */
static enum answer begin(struct call *c)
{
	if (c->stage != STAGE_ACCEPT || c->next_hook != 0 || c->step != 0)
		return ANSWER_PASS;

	enum stanza_error e = builtin_examine(c->stanza);

	if (e == STANZA_ERROR_NONE)
		return ANSWER_PASS;
	/* No further stage, as if the last one had been passed. */
	c->stage = STAGE_FALLBACK;
	return call_error(c, e, NULL);
}

bool pipeline_run(struct call *c)
{
	enum answer a = c->is_resumed ? take_answer(c) : begin(c);

	for (;;) {
		if (a == ANSWER_PASS)
			a = ask_stage(c);
		if (a == ANSWER_LATER && c->is_resumed) {
			a = take_answer(c);
			if (a == ANSWER_PASS)
				continue;
		}
		if (a == ANSWER_LATER) {
			c->is_waiting = true;
			return false;
		}
		if (!next_stage(c, a))
			return true;
		a = ANSWER_PASS;
	}
}

void call_resume(struct call *c, enum answer a)
{
	check(!c->is_resumed && a != ANSWER_LATER);
	c->is_resumed = true;
	c->answer = (uint8_t)a;
	/* Resumed before LATER was returned: pipeline_run sees it. */
	if (!c->is_waiting)
		return;
	c->is_waiting = false;
	if (c->user)
		registry_make_runnable(c->user);
	else
		registry_make_call_runnable(c);
	registry_run(c->registry);
}

/* Under which address an answer is sent: the one that was asked, or the asker's own account. */
static struct jid answering_address(const struct call *c)
{
	if (jid_is_set(c->to))
		return c->to;
	check(c->user != NULL);
	return c->user->address;
}

/* Do answers go to the owner of an errand? */
static bool is_for_owner(const struct call *c)
{
	return c->errand && !c->errand->leaves_answer;
}

/* Sends what is in the registry's scratch. */
static void send_answer(struct call *c)
{
	struct buf *xml = &c->registry->scratch;
	struct stanza *s = stanza_from_text(buf_str(xml), NS_CLIENT);

	buf_clear(xml);
	if (is_for_owner(c))
		errand_answer(c->errand, s);
	else if (c->side == SIDE_SENDER && c->session)
		session_deliver(c->session, s, answering_address(c), c->from);
	else
		router_send(c->registry, s, answering_address(c), c->from);
	stanza_unref(&s);
}

enum answer call_error(struct call *c, enum stanza_error e, const char *text)
{
	struct buf *out = &c->registry->scratch;

	if (c->errand)
		errand_refuse(c->errand, e, text);
	if (is_for_owner(c))
		return ANSWER_DONE;
	if (!router_may_bounce(c->stanza) &&
	    !(c->side == SIDE_SENDER && c->stanza->kind == STANZA_PRESENCE && c->stanza->type != STANZA_TYPE_ERROR))
		return ANSWER_DONE;
	check(out->len == 0);
	writer_stanza_error(out, c->stanza, answering_address(c), c->from, e, str_from(text));
	send_answer(c);
	return ANSWER_DONE;
}

struct writer *call_begin_result(struct call *c)
{
	struct registry *r = c->registry;

	check(r->scratch.len == 0 && c->stanza->kind == STANZA_IQ);
	writer_init(&r->writer, &r->scratch);
	writer_iq_result(&r->writer, c->stanza, answering_address(c), c->from);
	return &r->writer;
}

enum answer call_send_result(struct call *c)
{
	struct registry *r = c->registry;

	writer_close(&r->writer);
	check(r->writer.depth == 0);
	send_answer(c);
	return ANSWER_DONE;
}

enum answer call_result(struct call *c)
{
	call_begin_result(c);
	return call_send_result(c);
}

const struct node *call_payload(const struct call *c)
{
	return stanza_payload(c->stanza);
}

bool call_is_own(const struct call *c)
{
	return c->user && jid_bare_equal(c->from, c->user->address);
}
