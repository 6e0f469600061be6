#include "auth/question.h"

#include <stdlib.h>

#include "auth/digest.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/codec.h"
#include "base/list.h"
#include "base/mem.h"

struct question *question_new(struct account_asker asker, enum question_task task, struct jid who, struct str password)
{
	struct str bare = jid_bare_str(who);
	struct question *q = mem_new(sizeof(*q) + bare.len + 1 + password.len + 1);
	char *password_text = q->who_text + bare.len + 1;

	check(asker.auth->hashes.count > 0 && asker.auth->hashes.count <= CONFIG_HASH_COUNT);
	memcpy(q->who_text, bare.data, bare.len);
	q->who = jid_bare(who);
	q->who.text = q->who_text;
	if (password.len > 0)
		memcpy(password_text, password.data, password.len);
	q->password = str_make(password_text, password.len);
	q->task = task;
	q->service = asker.service;
	q->auth = asker.auth;
	q->denied = asker.denied;
	q->method_out = asker.method_out;
	q->context = asker.context;
	q->job.reply_to = asker.reply_to;
	config_auth_ref(q->auth);
	return q;
}

void question_free(struct question **question)
{
	struct question *q = *question;

	*question = NULL;
	if (q->prepared)
		codec_wipe(q->prepared, strlen(q->prepared));
	free(q->prepared);
	codec_wipe((char *)(uintptr_t)q->password.data, q->password.len);
	codec_wipe(&q->record, sizeof q->record);
	config_auth_unref(&q->auth);
	free(q);
}

struct str question_owner(const struct question *q)
{
	return jid_bare_str(q->who);
}

bool question_prepare(struct question *q)
{
	return q->prepared || scram_prepare_password(q->password, &q->prepared);
}

struct question *question_of_job(struct job *j)
{
	return container_of(j, struct question, job);
}

struct question *question_of_letter(struct letter *l)
{
	return question_of_job(container_of(l, struct job, letter));
}

bool question_work(struct question *q, void (*work)(struct job *j), void (*then)(struct letter *l))
{
	q->job.work = work;
	q->job.letter.run = then;
	return jobs_post(q->service->jobs, &q->job);
}

struct store_job *question_store_job(struct question *q, void (*done)(struct store_job *job, void *context))
{
	return store_job_new(q->service->store, q->job.reply_to, done, q);
}

enum err question_store_result(const struct store_job *job)
{
	enum err e = store_job_result(job, NULL);

	return e == ERR_CLOSED ? ERR_SYSTEM : e;
}

void question_pretend_keys(struct question *q)
{
	struct scram_keys *k = &q->record.keys.hash[q->hash];
	uint8_t made[DIGEST_BYTES_MAX];
	struct buf name;

	buf_init(&name);
	buf_append_text(&name, scram_hash_name(q->hash));
	buf_append_char(&name, ' ');
	buf_append_str(&name, question_owner(q));
	digest_hmac(CONFIG_HASH_SHA256, str_make((const char *)q->service->pretend_key, sizeof q->service->pretend_key), buf_str(&name), made);
	buf_fini(&name);
	if (k->present)
		return;
	memcpy(k->salt, made, sizeof k->salt);
	k->iterations = (uint32_t)q->auth->scram_iterations;
}

static void on_answer_letter(struct letter *l)
{
	struct question *q = question_of_letter(l);

	question_answer(q, q->result);
}

void question_answer_later(struct question *q, enum err result)
{
	q->result = result;
	q->job.letter.run = on_answer_letter;
	mailbox_post(q->job.reply_to, &q->job.letter);
}
