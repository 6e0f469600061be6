#include "auth/domain_password.h"

#include <stdlib.h>
#include <string.h>

#include "auth/record.h"
#include "base/codec.h"
#include "base/list.h"
#include "base/mem.h"

#define KIND "domain_password"
#define HASH CONFIG_HASH_SHA256

struct task {
	struct domain_password_asker asker;
	account_done *done;
	struct job job;
	struct letter letter; /* for an answer that is known at once */
	struct arena arena;
	struct str domain;
	char *password; /* prepared; NULL: it cannot be one */
	struct scram_keys keys;
	bool is_right;
	enum err result;
};

static struct task *task_new(struct domain_password_asker asker, struct str domain, struct str password, account_done *done)
{
	struct task *t = mem_new(sizeof(*t));

	*t = (struct task){.asker = asker, .done = done};
	arena_init(&t->arena, 0);
	t->domain = arena_str(&t->arena, domain);
	if (password.data && (password.len == 0 || !scram_prepare_password(password, &t->password)))
		t->password = NULL;
	return t;
}

static void answer(struct task *t, enum err result)
{
	t->done(t->asker.context, result);
	if (t->password)
		codec_wipe(t->password, strlen(t->password));
	free(t->password);
	arena_fini(&t->arena);
	free(t);
}

static void on_letter(struct letter *l)
{
	struct task *t = container_of(l, struct task, letter);

	answer(t, t->result);
}

static void answer_later(struct task *t, enum err result)
{
	t->result = result;
	t->letter.run = on_letter;
	mailbox_post(t->asker.reply_to, &t->letter);
}

/* Answers ERR_BUSY if there are too many. */
static void post(struct task *t, void (*work)(struct job *j), void (*done)(struct letter *l))
{
	t->job = (struct job){.letter.run = done, .work = work, .reply_to = t->asker.reply_to};
	if (!jobs_post(t->asker.service->jobs, &t->job))
		answer_later(t, ERR_BUSY);
}

static struct task *task_of(struct letter *l)
{
	return container_of(container_of(l, struct job, letter), struct task, job);
}

static enum err result_of(struct store_job *job)
{
	struct why why;

	return store_job_result(job, &why);
}

/* ---- setting ---- */

static void on_changed(struct store_job *job, void *context)
{
	enum err result = result_of(job);

	store_job_free(&job);
	answer(context, result);
}

static void derive(struct job *j)
{
	struct task *t = container_of(j, struct task, job);
	uint8_t salt[SCRAM_SALT_BYTES];

	codec_random(salt, sizeof salt);
	scram_derive(&t->keys, HASH, str_from(t->password), salt, t->asker.iterations);
}

static void on_derived(struct letter *l)
{
	struct task *t = task_of(l);
	struct record record = {.password = STR_NONE};
	struct store_job *job;
	struct buf blob;

	if (t->job.is_dropped) {
		answer(t, ERR_BUSY);
		return;
	}
	record.keys.hash[HASH] = t->keys;
	buf_init(&blob);
	record_encode(&record, &blob);
	job = store_job_new(t->asker.service->store, t->asker.reply_to, on_changed, t);
	store_value_put(job, t->domain, KIND, buf_str(&blob));
	store_submit_post(job);
	buf_fini(&blob);
}

void domain_password_set(struct domain_password_asker asker, struct str domain, struct str password, account_done *done)
{
	struct task *t = task_new(asker, domain, password, done);

	if (t->password)
		post(t, derive, on_derived);
	else
		answer_later(t, ERR_INVALID);
}

void domain_password_delete(struct domain_password_asker asker, struct str domain, account_done *done)
{
	struct task *t = task_new(asker, domain, STR_NONE, done);
	struct store_job *job = store_job_new(asker.service->store, asker.reply_to, on_changed, t);

	store_value_need(job, t->domain, KIND);
	store_value_delete(job, t->domain, KIND);
	store_submit_post(job);
}

/* ---- checking ---- */

static void verify(struct job *j)
{
	struct task *t = container_of(j, struct task, job);

	t->is_right = scram_verify_password(&t->keys, HASH, str_from(t->password));
}

static void on_verified(struct letter *l)
{
	struct task *t = task_of(l);

	if (t->job.is_dropped)
		answer(t, ERR_BUSY);
	else
		answer(t, t->is_right ? ERR_NONE : ERR_ACCESS);
}

/* Keys that no password gives. */
static void pretend(struct task *t)
{
	codec_random(&t->keys, sizeof t->keys);
	t->keys.present = true;
	t->keys.iterations = t->asker.iterations;
}

static enum err take_keys(struct task *t, const struct store_job *job)
{
	struct store_rows found = store_job_rows(job, 0);
	struct record record;

	if (found.count == 0) {
		pretend(t);
		return ERR_NONE;
	}
	if (!record_decode(found.rows[0].blob, &record) || !record.keys.hash[HASH].present)
		return ERR_INVALID;
	t->keys = record.keys.hash[HASH];
	return ERR_NONE;
}

static void on_found(struct store_job *job, void *context)
{
	struct task *t = context;
	enum err e = result_of(job);

	if (e == ERR_NONE)
		e = take_keys(t, job);
	store_job_free(&job);
	if (e == ERR_NONE)
		post(t, verify, on_verified);
	else
		answer(t, e);
}

void domain_password_check(struct domain_password_asker asker, struct str domain, struct str password, account_done *done)
{
	struct task *t = task_new(asker, domain, password, done);
	struct store_job *job;

	if (!t->password) {
		answer_later(t, ERR_ACCESS);
		return;
	}
	job = store_job_new(asker.service->store, asker.reply_to, on_found, t);
	store_value_get(job, t->domain, KIND);
	store_submit_post(job);
}
