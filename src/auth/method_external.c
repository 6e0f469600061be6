/* The method "external": a program is asked (program.h): auth, isuser, setpass, tryregister, removeuser, with user, server and password
 * after colons. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "auth/method.h"
#include "auth/partner.h"
#include "auth/program.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/mem.h"

/* A program has so long for an answer; one that has failed is started again after the pause. */
enum { ANSWER_MS = 5000, PAUSE_MS = 1000, WAITING_MAX = 100 };

struct instance {
	struct instance *next;
	struct program *program; /* NULL: not started, or it has failed */
	int64_t failed_ms;       /* when it did last */
};

/* The instances of a program; as many as there are threads to ask them. */
struct crew {
	pthread_mutex_t lock;
	struct instance *idle;
};

/* The partner */

static bool is_same(const struct config_auth *a, const struct config_auth *b)
{
	return str_equal(a->external->program, b->external->program) && a->external->instances == b->external->instances;
}

static struct partner_size size(const struct config_auth *auth)
{
	return (struct partner_size){auth->external->instances, WAITING_MAX, ANSWER_MS};
}

/* The whole may be a name with spaces in it, or the first word is one. One without slash is searched when it is started. */
static bool is_executable(struct str program)
{
	struct str rest, first = str_split(program, ' ', &rest);
	char *name = str_dup(first);
	bool is_found = str_find_char(first, '/') < 0 || access(program.data, X_OK) == 0 || access(name, X_OK) == 0;

	free(name);
	return is_found;
}

static bool open_crew(struct partner *p, struct why *why)
{
	struct str program = p->auth->external->program;
	struct crew *c;

	if (!is_executable(program)) {
		err_because(ERR_NOT_FOUND, why, "auth.external.program: \"%.*s\" cannot be executed", STR_ARGS(program));
		return false;
	}
	c = mem_new(sizeof(*c));
	check(pthread_mutex_init(&c->lock, NULL) == 0);
	for (int64_t i = 0; i < p->size.workers; i++) {
		struct instance *instance = mem_new(sizeof(*instance));

		instance->failed_ms = -PAUSE_MS;
		instance->next = c->idle;
		c->idle = instance;
	}
	p->state = c;
	return true;
}

static void close_crew(struct partner *p)
{
	struct crew *c = p->state;

	while (c->idle) {
		struct instance *i = c->idle;

		c->idle = i->next;
		program_stop(&i->program);
		free(i);
	}
	pthread_mutex_destroy(&c->lock);
	free(c);
	p->state = NULL;
}

static const struct partner_def crew = {
	.name = "program",
	.is_same = is_same,
	.size = size,
	.open = open_crew,
	.close = close_crew,
};

/* Instances: on threads of the partner */

static struct instance *take_instance(struct crew *c)
{
	struct instance *i;

	pthread_mutex_lock(&c->lock);
	i = c->idle;
	check(i != NULL);
	c->idle = i->next;
	pthread_mutex_unlock(&c->lock);
	return i;
}

static void return_instance(struct crew *c, struct instance *i)
{
	pthread_mutex_lock(&c->lock);
	i->next = c->idle;
	c->idle = i;
	pthread_mutex_unlock(&c->lock);
}

/* One that runs, or ERR_SYSTEM. One that has died while it was idle has done nobody any harm. */
static enum err make_ready(struct partner *p, struct instance *i, struct why *why)
{
	if (i->program && program_is_ready(i->program))
		return ERR_NONE;
	program_stop(&i->program);
	if (clock_monotonic_ms() < i->failed_ms + PAUSE_MS)
		return err_because(ERR_SYSTEM, why, "it has failed a moment ago");
	i->program = program_start(p->auth->external->program, why);
	if (i->program) {
		program_watch(i->program, &p->is_closing);
		return ERR_NONE;
	}
	i->failed_ms = clock_monotonic_ms();
	return ERR_SYSTEM;
}

static enum err ask_instance(struct partner *p, struct instance *i, struct str text, bool *yes_out)
{
	struct why why = {""};
	enum err e = make_ready(p, i, &why);

	if (e == ERR_NONE) {
		e = program_ask(i->program, text, ANSWER_MS, yes_out, &why);
		if (e != ERR_NONE) {
			program_stop(&i->program);
			i->failed_ms = clock_monotonic_ms();
		}
	}
	if (e == ERR_NONE)
		partner_note_up(p, p->auth->external->program);
	else
		partner_note_down(p, p->auth->external->program, why.text);
	return e;
}

/* Questions */

static const char *const words[QUESTION_TASKS] = {
	[QUESTION_CHECK_PASSWORD] = "auth", [QUESTION_EXISTS] = "isuser",     [QUESTION_REGISTER] = "tryregister",
	[QUESTION_SET_PASSWORD] = "setpass", [QUESTION_REMOVE] = "removeuser",
};

static const enum err refusals[QUESTION_TASKS] = {
	[QUESTION_CHECK_PASSWORD] = ERR_ACCESS, [QUESTION_EXISTS] = ERR_NOT_FOUND,    [QUESTION_REGISTER] = ERR_EXISTS,
	[QUESTION_SET_PASSWORD] = ERR_ACCESS, [QUESTION_REMOVE] = ERR_NOT_FOUND,
};

/* Names have no colons, and the password comes last. */
static void write_question(const struct question *q, struct buf *out)
{
	buf_printf(out, "%s:%.*s:%.*s", words[q->task], STR_ARGS(jid_local(q->who)), STR_ARGS(jid_domain(q->who)));
	if (q->task != QUESTION_EXISTS && q->task != QUESTION_REMOVE) {
		buf_append_char(out, ':');
		buf_append_str(out, q->password);
	}
}

static void work(struct question *q)
{
	struct partner *p = q->partner;
	struct instance *i = take_instance(p->state);
	struct buf text;
	bool is_yes = false;

	buf_init(&text);
	write_question(q, &text);
	q->result = ask_instance(p, i, buf_str(&text), &is_yes);
	if (q->result == ERR_NONE && !is_yes)
		q->result = refusals[q->task];
	codec_wipe(text.data, text.len);
	buf_fini(&text);
	return_instance(p->state, i);
}

static void ask(struct question *q)
{
	enum { NAMES_MAX = 2 * JID_PART_MAX + 16 };
	bool is_change = q->task == QUESTION_REGISTER || q->task == QUESTION_SET_PASSWORD;

	if (q->password.len + NAMES_MAX > PROGRAM_QUESTION_MAX || (is_change && !question_prepare(q)))
		question_answer_later(q, is_change ? ERR_INVALID : ERR_ACCESS);
	else
		partner_ask(q, &crew, work);
}

static unsigned serves(const struct config_auth *auth)
{
	(void)auth;
	return METHOD_PASSWORDS;
}

const struct method method_external = {
	.serves = serves,
	.ask = {
		[QUESTION_CHECK_PASSWORD] = ask,
		[QUESTION_EXISTS] = ask,
		[QUESTION_REGISTER] = ask,
		[QUESTION_SET_PASSWORD] = ask,
		[QUESTION_REMOVE] = ask,
	},
	.partner = &crew,
};
