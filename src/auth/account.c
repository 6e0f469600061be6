/* Each question is an object that walks from the store to a job thread and back to the asker, as far as it needs to. It is on the asker's
 * thread whenever it looks at what it found, so it needs no lock. */
#include "auth/account.h"

#include <poll.h>
#include <stdlib.h>

#include "auth/digest.h"
#include "auth/record.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/codec.h"
#include "base/list.h"
#include "base/mem.h"

#define KIND_ACCOUNT "account"
#define KIND_BAN "ban"

struct question {
	struct job job; /* for the job threads, and to post an answer that is known at once */
	const struct account_service *service;
	void *context;
	account_done *done;
	account_keys_done *keys_done;
	/* What the configuration of the host says. */
	enum config_hash hashes[CONFIG_HASH_COUNT];
	size_t hash_count;
	uint32_t iterations;
	bool keeps_password;

	enum config_hash hash; /* for which keys are wanted or a password is checked */
	char *password;        /* prepared; NULL if there is none */
	struct record record;  /* found or made; its password is `password` or none */
	bool is_new;           /* to be registered; otherwise its password changes */
	bool exists, is_banned, is_right;
	enum err result;
	struct jid who;
	char who_text[]; /* bare */
};

/* Asking and answering */

static struct question *new_question(struct account_asker asker, struct jid who)
{
	struct str bare = jid_bare_str(who);
	struct question *q = mem_new(sizeof(*q) + bare.len + 1);
	const int *hashes = asker.auth->hashes.items;

	memcpy(q->who_text, bare.data, bare.len);
	q->who = jid_bare(who);
	q->who.text = q->who_text;
	q->service = asker.service;
	q->context = asker.context;
	q->job.reply_to = asker.reply_to;
	check(asker.auth->hashes.count > 0 && asker.auth->hashes.count <= CONFIG_HASH_COUNT);
	q->hash_count = asker.auth->hashes.count;
	for (size_t i = 0; i < q->hash_count; i++)
		q->hashes[i] = (enum config_hash)hashes[i];
	q->iterations = (uint32_t)asker.auth->scram_iterations;
	q->keeps_password = asker.auth->plain_format;
	return q;
}

static struct question *new_plain_question(struct account_asker asker, struct jid who, account_done *done)
{
	struct question *q = new_question(asker, who);

	q->done = done;
	return q;
}

static void free_question(struct question *q)
{
	if (q->password)
		codec_wipe(q->password, strlen(q->password));
	free(q->password);
	codec_wipe(&q->record, sizeof q->record);
	free(q);
}

/* The last thing that happens to it. */
static void answer(struct question *q, enum err result)
{
	q->done(q->context, result);
	free_question(q);
}

static void answer_keys(struct question *q, enum err result)
{
	q->keys_done(q->context, result, q->exists, result == ERR_NONE || result == ERR_CLOSED ? &q->record.keys.hash[q->hash] : NULL);
	free_question(q);
}

static struct question *question_of(struct letter *l)
{
	return container_of(container_of(l, struct job, letter), struct question, job);
}

static void on_answer_letter(struct letter *l)
{
	struct question *q = question_of(l);

	answer(q, q->result);
}

/* For what is known before the function has returned. */
static void answer_later(struct question *q, enum err result)
{
	q->result = result;
	q->job.letter.run = on_answer_letter;
	mailbox_post(q->job.reply_to, &q->job.letter);
}

static enum err hash_later(struct question *q, void (*work)(struct job *j), void (*then)(struct letter *l))
{
	q->job.work = work;
	q->job.letter.run = then;
	return jobs_post(q->service->jobs, &q->job) ? ERR_NONE : ERR_BUSY;
}

static struct store_job *new_store_job(struct question *q, void (*done)(struct store_job *job, void *context))
{
	return store_job_new(q->service->store, q->job.reply_to, done, q);
}

static struct str owner(const struct question *q)
{
	return jid_bare_str(q->who);
}

/* Among the answers about an account, ERR_CLOSED is a ban. */
static enum err result_of(const struct store_job *job)
{
	enum err e = store_job_result(job, NULL);

	return e == ERR_CLOSED ? ERR_SYSTEM : e;
}

static void on_stored(struct store_job *job, void *context)
{
	enum err result = result_of(job);

	store_job_free(&job);
	answer(context, result);
}

/* Reading the record */

static void ask_record(struct question *q, void (*then)(struct store_job *job, void *context))
{
	struct store_job *job = new_store_job(q, then);

	store_value_get(job, owner(q), KIND_ACCOUNT);
	store_value_get(job, owner(q), KIND_BAN);
	store_submit_post(job);
}

/* Whatever was found is in the question afterwards. */
static enum err take_record(struct question *q, struct store_job **job)
{
	enum err e = result_of(*job);

	if (e == ERR_NONE) {
		struct store_rows found = store_job_rows(*job, 0);

		q->exists = found.count > 0;
		q->is_banned = store_job_rows(*job, 1).count > 0;
		if (q->exists && !record_decode(found.rows[0].blob, &q->record))
			e = ERR_INVALID;
		/* A password in the record is one to make keys from, unless one was given to be checked or set. */
		if (e == ERR_NONE && q->record.password.data && !q->password)
			q->password = str_dup(q->record.password);
		q->record.password = STR_NONE;
	}
	store_job_free(job);
	return e;
}

/* Keys for somebody who has none: their salt is always the same for the same name and nobody can tell it from a real one. */
static void pretend(struct question *q)
{
	struct scram_keys *k = &q->record.keys.hash[q->hash];
	uint8_t made[DIGEST_BYTES_MAX];
	struct buf name;

	buf_init(&name);
	buf_append_text(&name, scram_hash_name(q->hash));
	buf_append_char(&name, ' ');
	buf_append_str(&name, owner(q));
	digest_hmac(CONFIG_HASH_SHA256, str_make((const char *)q->service->pretend_key, sizeof q->service->pretend_key), buf_str(&name), made);
	buf_fini(&name);
	if (k->present)
		return; /* the work was done all the same */
	memcpy(k->salt, made, sizeof k->salt);
	k->iterations = q->iterations;
}

/* SCRAM */

static void derive_one(struct job *j)
{
	struct question *q = container_of(j, struct question, job);
	uint8_t salt[SCRAM_SALT_BYTES];

	codec_random(salt, sizeof salt);
	scram_derive(&q->record.keys.hash[q->hash], q->hash, str_from(q->password), salt, q->iterations);
}

static void on_one_derived(struct letter *l)
{
	struct question *q = question_of(l);

	if (q->job.is_dropped)
		answer_keys(q, ERR_BUSY);
	else
		answer_keys(q, q->is_banned ? ERR_CLOSED : ERR_NONE);
}

static void on_record_for_keys(struct store_job *job, void *context)
{
	struct question *q = context;
	enum err e = take_record(q, &job);

	if (e == ERR_NONE && q->exists && !q->record.keys.hash[q->hash].present && q->password) {
		e = hash_later(q, derive_one, on_one_derived);
		if (e == ERR_NONE)
			return;
	}
	if (e == ERR_NONE) {
		q->exists = q->exists && q->record.keys.hash[q->hash].present;
		pretend(q);
		e = q->exists && q->is_banned ? ERR_CLOSED : ERR_NONE;
	}
	answer_keys(q, e);
}

void account_find_keys(struct account_asker asker, struct jid who, enum config_hash hash, account_keys_done *done)
{
	struct question *q = new_question(asker, who);

	q->keys_done = done;
	q->hash = hash;
	ask_record(q, on_record_for_keys);
}

/* Checking a password */

/* The first hash of the configuration for which there are keys, or any, or the first of the configuration for those to be pretended. */
static enum config_hash choose_hash(const struct question *q)
{
	for (size_t i = 0; i < q->hash_count; i++) {
		if (q->record.keys.hash[q->hashes[i]].present)
			return q->hashes[i];
	}
	for (int h = 0; h < CONFIG_HASH_COUNT; h++) {
		if (q->record.keys.hash[h].present)
			return (enum config_hash)h;
	}
	return q->hashes[0];
}

static void check_password(struct job *j)
{
	struct question *q = container_of(j, struct question, job);

	q->is_right = scram_verify_password(&q->record.keys.hash[q->hash], q->hash, str_from(q->password));
}

static void on_checked(struct letter *l)
{
	struct question *q = question_of(l);

	if (q->job.is_dropped)
		answer(q, ERR_BUSY);
	else if (!q->exists)
		answer(q, ERR_NOT_FOUND);
	else if (!q->is_right)
		answer(q, ERR_ACCESS);
	else
		answer(q, q->is_banned ? ERR_CLOSED : ERR_NONE);
}

static void on_record_for_check(struct store_job *job, void *context)
{
	struct question *q = context;
	enum err e = take_record(q, &job);

	if (e == ERR_NONE) {
		q->hash = choose_hash(q);
		pretend(q);
		e = hash_later(q, check_password, on_checked);
	}
	if (e != ERR_NONE)
		answer(q, e);
}

void account_check_password(struct account_asker asker, struct jid who, struct str password, account_done *done)
{
	struct question *q = new_plain_question(asker, who, done);

	/* What cannot be a password is nobody's; nothing about an account can be learned from how soon that is said. */
	if (scram_prepare_password(password, &q->password))
		ask_record(q, on_record_for_check);
	else
		answer_later(q, ERR_ACCESS);
}

static void on_record_for_exists(struct store_job *job, void *context)
{
	struct question *q = context;
	enum err e = take_record(q, &job);

	answer(q, e == ERR_NONE && !q->exists ? ERR_NOT_FOUND : e);
}

void account_exists(struct account_asker asker, struct jid who, account_done *done)
{
	ask_record(new_plain_question(asker, who, done), on_record_for_exists);
}

/* Setting a password */

static void derive_all(struct job *j)
{
	struct question *q = container_of(j, struct question, job);
	uint8_t salt[SCRAM_SALT_BYTES];

	q->record = (struct record){0};
	for (size_t i = 0; i < q->hash_count; i++) {
		codec_random(salt, sizeof salt);
		scram_derive(&q->record.keys.hash[q->hashes[i]], q->hashes[i], str_from(q->password), salt, q->iterations);
	}
}

static void on_all_derived(struct letter *l)
{
	struct question *q = question_of(l);
	struct store_job *job;
	struct buf blob;

	if (q->job.is_dropped) {
		answer(q, ERR_BUSY);
		return;
	}
	job = new_store_job(q, on_stored);
	buf_init(&blob);
	if (q->keeps_password)
		q->record.password = str_from(q->password);
	record_encode(&q->record, &blob);
	if (q->is_new) {
		store_value_add(job, owner(q), KIND_ACCOUNT, buf_str(&blob));
	} else {
		store_value_need(job, owner(q), KIND_ACCOUNT);
		store_value_put(job, owner(q), KIND_ACCOUNT, buf_str(&blob));
	}
	store_submit_post(job);
	codec_wipe(blob.data, blob.len);
	buf_fini(&blob);
}

/* Asked first, so that what is refused costs no hashing; the store's own condition decides in the end. */
static void on_record_for_set(struct store_job *job, void *context)
{
	struct question *q = context;
	enum err e = result_of(job);
	bool exists = e == ERR_NONE && store_job_rows(job, 0).count > 0;

	store_job_free(&job);
	if (e == ERR_NONE && exists == q->is_new)
		e = exists ? ERR_EXISTS : ERR_NOT_FOUND;
	if (e == ERR_NONE)
		e = hash_later(q, derive_all, on_all_derived);
	if (e != ERR_NONE)
		answer(q, e);
}

static void set_password(struct question *q, struct str password)
{
	if (scram_prepare_password(password, &q->password))
		ask_record(q, on_record_for_set);
	else
		answer_later(q, ERR_INVALID);
}

void account_register(struct account_asker asker, struct jid who, struct str password, account_done *done)
{
	struct question *q = new_plain_question(asker, who, done);

	q->is_new = true;
	set_password(q, password);
}

void account_set_password(struct account_asker asker, struct jid who, struct str password, account_done *done)
{
	set_password(new_plain_question(asker, who, done), password);
}

/* What needs the store only */

void account_remove(struct account_asker asker, struct jid who, account_done *done)
{
	struct question *q = new_plain_question(asker, who, done);
	struct store_job *job = new_store_job(q, on_stored);

	store_value_need(job, owner(q), KIND_ACCOUNT);
	store_owner_delete(job, owner(q));
	store_submit_post(job);
}

void account_ban(struct account_asker asker, struct jid who, account_done *done)
{
	struct question *q = new_plain_question(asker, who, done);
	struct store_job *job = new_store_job(q, on_stored);

	store_value_need(job, owner(q), KIND_ACCOUNT);
	store_value_put(job, owner(q), KIND_BAN, STR("1"));
	store_submit_post(job);
}

void account_unban(struct account_asker asker, struct jid who, account_done *done)
{
	struct question *q = new_plain_question(asker, who, done);
	struct store_job *job = new_store_job(q, on_stored);

	store_value_need(job, owner(q), KIND_ACCOUNT);
	store_value_delete(job, owner(q), KIND_BAN);
	store_submit_post(job);
}

/* The service */

static void set_flag(struct store_job *job, void *context)
{
	(void)job;
	*(bool *)context = true;
}

/* Before there are loops, for the one letter that comes. It waits for the wake-up even if the letter is there already: until then the
 * writer is not done with the mailbox, which is about to go. */
static void wait_for(struct mailbox *m, const bool *flag)
{
	while (!*flag) {
		struct pollfd p = {.fd = m->fd, .events = POLLIN};

		poll(&p, 1, -1);
		mailbox_drain(m, 1);
	}
}

/* The key outlives the process: otherwise a restart would change the salts of all names but those that exist. */
static void find_pretend_key(struct account_service *s, struct mailbox *m)
{
	struct str key = str_make((const char *)s->pretend_key, sizeof s->pretend_key);
	bool is_done = false;
	struct store_job *job = store_job_new(s->store, m, set_flag, &is_done);
	struct store_rows found;

	store_value_get(job, STR(""), "pretend-key");
	store_submit_post(job);
	wait_for(m, &is_done);
	found = store_job_result(job, NULL) == ERR_NONE ? store_job_rows(job, 0) : (struct store_rows){0};
	if (found.count > 0 && found.rows[0].blob.len == key.len)
		memcpy(s->pretend_key, found.rows[0].blob.data, key.len);
	store_job_free(&job);
	if (found.count > 0)
		return;
	is_done = false;
	job = store_job_new(s->store, m, set_flag, &is_done);
	store_value_put(job, STR(""), "pretend-key", key);
	store_submit_post(job);
	wait_for(m, &is_done);
	store_job_free(&job);
}

void account_service_init(struct account_service *s, struct store *store, struct jobs *jobs)
{
	struct mailbox m;

	*s = (struct account_service){.store = store, .jobs = jobs};
	codec_random(s->pretend_key, sizeof s->pretend_key);
	mailbox_init(&m);
	find_pretend_key(s, &m);
	mailbox_fini(&m);
}
