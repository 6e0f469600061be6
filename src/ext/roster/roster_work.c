#include "ext/roster/roster_work.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ext/roster/roster.h"
#include "ext/roster/roster_query.h"
#include "route/errand.h"
#include "route/host.h"
#include "xmpp/ns.h"

enum { AT_ONCE = 32 };

struct work {
	struct roster_work what;
	size_t next, under_way;
	bool is_advancing;
	json_t *answers; /* a text for each; null: see errors */
	json_t *errors;
};

struct task {
	struct errand errand;
	struct arena arena;
	struct work *work;
	size_t index;
	int step;
	struct roster_work_item item;
};

static void advance(struct work *w);

/* ---- one item ---- */

static void end_task(struct task *t, json_t *answer, json_t *error)
{
	struct work *w = t->work;

	json_array_set_new(w->answers, t->index, answer ? answer : json_null());
	if (error)
		json_array_append_new(w->errors, error);
	errand_fini(&t->errand);
	arena_fini(&t->arena);
	free(t);
	w->under_way--;
	advance(w);
}

static json_t *done_text(const struct task *t)
{
	static const char *const texts[] = {
		[ROSTER_WORK_ADD] = "is a contact of",
		[ROSTER_WORK_DELETE] = "is no longer a contact of",
		[ROSTER_WORK_CONNECT] = "is connected with",
		[ROSTER_WORK_DISCONNECT] = "is no longer connected with",
	};
	struct str user = jid_str(t->item.user), contact = jid_str(t->item.contact);
	char text[2 * JID_MAX + 64];

	snprintf(text, sizeof(text), "%.*s %s %.*s", STR_ARGS(contact), texts[t->work->what.action], STR_ARGS(user));
	return json_string(text);
}

/* ---- errands ---- */

static bool is_removal(const struct task *t)
{
	return t->work->what.action == ROSTER_WORK_DELETE || t->work->what.action == ROSTER_WORK_DISCONNECT;
}

static void write_groups(struct writer *w, const json_t *groups)
{
	for (size_t i = 0; i < json_array_size(groups); i++) {
		const json_t *group = json_array_get(groups, i);

		writer_leaf(w, "group", NULL, str_make(json_string_value(group), json_string_length(group)));
	}
}

/* What a client would send; NULL: there are characters that XML cannot carry. */
static struct stanza *make_set(const struct task *t, struct jid contact, struct roster_work_label label)
{
	struct buf text;
	struct writer w;
	struct stanza *s;

	buf_init(&text);
	writer_init(&w, &text);
	writer_open(&w, "iq", NS_CLIENT);
	writer_attribute_text(&w, "type", "set");
	writer_attribute_text(&w, "id", "errand");
	writer_open(&w, "query", NS_ROSTER);
	writer_open(&w, "item", NULL);
	writer_attribute_jid(&w, "jid", contact);
	if (is_removal(t))
		writer_attribute_text(&w, "subscription", "remove");
	if (label.name.len > 0)
		writer_attribute(&w, "name", label.name);
	write_groups(&w, label.groups);
	writer_close(&w);
	writer_close(&w);
	writer_close(&w);
	s = stanza_try_from_text(buf_str(&text), NS_CLIENT);
	buf_fini(&text);
	return s;
}

static enum answer only_exist(struct call *c)
{
	(void)c;
	return ANSWER_DONE;
}

static void ask(struct task *t, struct jid who, struct stanza *stanza, enum answer (*run)(struct call *c))
{
	t->errand.from = who;
	t->errand.stanza = stanza;
	t->errand.run = run;
	errand_post(&t->errand);
}

static void change(struct task *t, struct jid who, struct jid contact, struct roster_work_label label)
{
	struct stanza *s = make_set(t, contact, label);

	if (s)
		ask(t, who, s, t->work->what.action == ROSTER_WORK_CONNECT ? roster_query_befriend : NULL);
	else
		end_task(t, NULL, operation_error("bad_name", "the name or a group has characters that XML cannot carry, or is too long"));
}

static bool is_served(const struct task *t, struct jid who)
{
	return host_find(t->work->what.call->registry->hosts, jid_domain(who)) != NULL;
}

/* Each step leads to the next by its errand; the last one is behind the last action. */
static void step(struct task *t)
{
	const struct roster_work_item *i = &t->item;
	enum roster_work_action action = t->work->what.action;
	bool concerns_both = action == ROSTER_WORK_CONNECT || action == ROSTER_WORK_DISCONNECT;
	bool has_to_exist = action == ROSTER_WORK_CONNECT || (action == ROSTER_WORK_ADD && is_served(t, i->contact));

	t->step++;
	if (t->step == 1 && !has_to_exist)
		t->step++;
	switch (t->step) {
	case 1:
		ask(t, i->contact, NULL, only_exist);
		break;
	case 2:
		change(t, i->user, i->contact, i->label);
		break;
	case 3:
		if (concerns_both) {
			change(t, i->contact, i->user, i->user_label);
			break;
		}
		/* fall through */
	default:
		end_task(t, done_text(t), NULL);
	}
}

static void on_errand_done(struct errand *e)
{
	struct task *t = container_of(e, struct task, errand);

	if (errand_is_done(e))
		step(t);
	else if (e->refusal == STANZA_ERROR_ITEM_NOT_FOUND)
		end_task(t, NULL,
			 operation_error("contact_not_found", "%.*s and %.*s are no contacts", STR_ARGS(jid_str(t->item.user)),
					 STR_ARGS(jid_str(t->item.contact))));
	else
		end_task(t, NULL, errand_error(e));
}

/* What cannot be asked for at all. */
static json_t *refusal_of(const struct task *t)
{
	struct jid user = t->item.user;
	const struct host *h = host_find(t->work->what.call->registry->hosts, jid_domain(user));

	if (h && !host_find_module(h, &roster_module))
		return operation_error("deps_not_loaded", "mod_roster is not on at %.*s", STR_ARGS(h->name));
	if (jid_bare_equal(user, t->item.contact))
		return operation_error("not_allowed", "nobody is a contact of oneself: %.*s", STR_ARGS(jid_str(user)));
	return NULL;
}

static void start_task(struct work *w)
{
	struct task *t = mem_new(sizeof(*t));
	json_t *refusal;

	*t = (struct task){.work = w, .index = w->next++};
	t->errand.asker = w->what.call->registry;
	t->errand.on_done = on_errand_done;
	arena_init(&t->arena, 0);
	t->item = w->what.item(&w->what, t->index, &t->arena);
	w->under_way++;
	refusal = refusal_of(t);
	if (refusal)
		end_task(t, NULL, refusal);
	else
		step(t);
}

/* ---- all of them ---- */

/* The only one of an array, which is given back: nothing that the reply has may be anybody else's, as it goes to other threads. */
static json_t *take_only(json_t *array)
{
	json_t *only = json_incref(json_array_get(array, 0));

	json_decref(array);
	return only;
}

static void finish(struct work *w)
{
	struct roster_work what = w->what;
	json_t *answers = w->answers, *errors = w->errors;

	free(w);
	if (!what.is_single) {
		operation_reply_partly(what.call, answers, errors);
	} else if (json_array_size(errors) > 0) {
		json_decref(answers);
		operation_refuse(what.call, take_only(errors));
	} else {
		json_decref(errors);
		operation_reply(what.call, take_only(answers));
	}
}

/* What cannot be asked for ends within. */
static void advance(struct work *w)
{
	if (w->is_advancing)
		return;
	w->is_advancing = true;
	while (w->next < w->what.count && w->under_way < AT_ONCE)
		start_task(w);
	w->is_advancing = false;
	if (w->under_way == 0)
		finish(w);
}

void roster_work_start(const struct roster_work *what)
{
	struct work *w = mem_new(sizeof(*w));

	*w = (struct work){.what = *what, .answers = json_array(), .errors = json_array()};
	for (size_t i = 0; i < what->count; i++)
		json_array_append_new(w->answers, json_null());
	advance(w);
}
