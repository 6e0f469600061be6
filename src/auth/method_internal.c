/* The method "internal": accounts are values of the store, kind "account" (record.h); a ban is another. */
#include "auth/fast.h"
#include "auth/method.h"
#include "auth/scram_text.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/codec.h"
#include "base/limit.h"

/* One more account is allowed in the domain. */
static void need_room(struct question *q, struct store_job *job)
{
	int64_t most = q->auth->max_users_per_domain;

	if (most != OPTION_INFINITY)
		store_owner_room(job, jid_domain(q->who), ACCOUNT_KIND, most);
}

/* Reading the record */

static void ask_record(struct question *q, void (*then)(struct store_job *job, void *context))
{
	struct store_job *job = question_store_job(q, then);

	store_value_get(job, question_owner(q), ACCOUNT_KIND);
	store_value_get(job, question_owner(q), ACCOUNT_KIND_BAN);
	if (q->task == QUESTION_REGISTER)
		need_room(q, job);
	store_submit_post(job);
}

/* Whatever was found is in the question afterwards. */
static enum err take_record(struct question *q, struct store_job **job)
{
	enum err e = question_store_result(*job);

	if (e == ERR_NONE) {
		struct store_rows found = store_job_rows(*job, 0);

		q->exists = found.count > 0;
		q->is_banned = store_job_rows(*job, 1).count > 0;
		if (q->exists && !record_decode(found.rows[0].blob, &q->record))
			e = ERR_INVALID;
		/* A password in the record is one to make keys from, unless one was given to be checked. */
		if (e == ERR_NONE && q->record.password.data && !q->prepared)
			q->prepared = str_dup(q->record.password);
		q->record.password = STR_NONE;
	}
	store_job_free(job);
	return e;
}

/* SCRAM */

static void answer_keys(struct question *q)
{
	if (!q->exists || !q->record.keys.hash[q->hash].present)
		question_answer(q, ERR_NOT_FOUND);
	else
		question_answer(q, q->is_banned ? ERR_CLOSED : ERR_NONE);
}

static void derive_one(struct job *j)
{
	struct question *q = question_of_job(j);
	uint8_t salt[SCRAM_SALT_BYTES];

	codec_random(salt, sizeof salt);
	scram_derive(&q->record.keys.hash[q->hash], q->hash, str_from(q->prepared), salt, (uint32_t)q->auth->scram_iterations);
}

static void on_one_derived(struct letter *l)
{
	struct question *q = question_of_letter(l);

	if (q->job.is_dropped)
		question_answer(q, ERR_BUSY);
	else
		answer_keys(q);
}

static void on_record_for_keys(struct store_job *job, void *context)
{
	struct question *q = context;
	enum err e = take_record(q, &job);

	if (e != ERR_NONE)
		question_answer(q, e);
	else if (!q->exists || q->record.keys.hash[q->hash].present || !q->prepared)
		answer_keys(q);
	else if (!question_work(q, derive_one, on_one_derived))
		question_answer(q, ERR_BUSY);
}

static void find_keys(struct question *q)
{
	ask_record(q, on_record_for_keys);
}

/* Checking a password */

static const int *hashes(const struct question *q)
{
	return q->auth->hashes.items;
}

/* The first hash of the configuration for which there are keys, or any, or the first of the configuration for those to be pretended. */
static enum config_hash choose_hash(const struct question *q)
{
	for (size_t i = 0; i < q->auth->hashes.count; i++) {
		if (q->record.keys.hash[hashes(q)[i]].present)
			return (enum config_hash)hashes(q)[i];
	}
	for (int h = 0; h < CONFIG_HASH_COUNT; h++) {
		if (q->record.keys.hash[h].present)
			return (enum config_hash)h;
	}
	return (enum config_hash)hashes(q)[0];
}

static void verify(struct job *j)
{
	struct question *q = question_of_job(j);

	q->is_right = scram_verify_password(&q->record.keys.hash[q->hash], q->hash, str_from(q->prepared));
}

static void on_verified(struct letter *l)
{
	struct question *q = question_of_letter(l);

	if (q->job.is_dropped)
		question_answer(q, ERR_BUSY);
	else if (!q->exists)
		question_answer(q, ERR_NOT_FOUND);
	else if (!q->is_right)
		question_answer(q, ERR_ACCESS);
	else
		question_answer(q, q->is_banned ? ERR_CLOSED : ERR_NONE);
}

/* For somebody who does not exist it is the same work. */
static void on_record_for_check(struct store_job *job, void *context)
{
	struct question *q = context;
	enum err e = take_record(q, &job);

	if (e != ERR_NONE) {
		question_answer(q, e);
		return;
	}
	q->hash = choose_hash(q);
	question_pretend_keys(q);
	if (!question_work(q, verify, on_verified))
		question_answer(q, ERR_BUSY);
}

static void check_password(struct question *q)
{
	/* What cannot be a password is nobody's; nothing about an account can be learned from how soon that is said. */
	if (question_prepare(q))
		ask_record(q, on_record_for_check);
	else
		question_answer_later(q, ERR_ACCESS);
}

static void on_record_for_exists(struct store_job *job, void *context)
{
	struct question *q = context;
	enum err e = take_record(q, &job);

	if (e != ERR_NONE)
		question_answer(q, e);
	else
		question_answer(q, q->exists ? ERR_NONE : ERR_NOT_FOUND);
}

static void exists(struct question *q)
{
	ask_record(q, on_record_for_exists);
}

/* Setting a password */

static void end_change(struct question *q, enum err result)
{
	if (result == ERR_LIMIT)
		limit_acted_on(METRIC_max_users_per_domain_refused, jid_bare_str(q->who));
	question_answer(q, result);
}

static void on_stored(struct store_job *job, void *context)
{
	enum err result = question_store_result(job);

	store_job_free(&job);
	end_change(context, result);
}

static void derive_all(struct job *j)
{
	struct question *q = question_of_job(j);
	uint8_t salt[SCRAM_SALT_BYTES];

	q->record = (struct record){0};
	for (size_t i = 0; i < q->auth->hashes.count; i++) {
		enum config_hash h = (enum config_hash)hashes(q)[i];

		codec_random(salt, sizeof salt);
		scram_derive(&q->record.keys.hash[h], h, str_from(q->prepared), salt, (uint32_t)q->auth->scram_iterations);
	}
}

static void store_record(struct question *q)
{
	struct store_job *job = question_store_job(q, on_stored);
	struct buf blob;

	buf_init(&blob);
	if (q->auth->plain_format && q->prepared)
		q->record.password = str_from(q->prepared);
	record_encode(&q->record, &blob);
	if (q->task == QUESTION_REGISTER) {
		need_room(q, job);
		store_value_add(job, question_owner(q), ACCOUNT_KIND, buf_str(&blob));
		store_map_delete_all(job, question_owner(q), FAST_KIND); /* of somebody who had the name before */
	} else {
		store_value_need(job, question_owner(q), ACCOUNT_KIND);
		store_value_put(job, question_owner(q), ACCOUNT_KIND, buf_str(&blob));
		fast_revoke(job, question_owner(q));
	}
	store_submit_post(job);
	codec_wipe(blob.data, blob.len);
	buf_fini(&blob);
}

static void on_all_derived(struct letter *l)
{
	struct question *q = question_of_letter(l);

	if (q->job.is_dropped)
		question_answer(q, ERR_BUSY);
	else
		store_record(q);
}

/* Asked first, so that what is refused costs no hashing; the store's own condition decides in the end. */
static void on_record_for_set(struct store_job *job, void *context)
{
	struct question *q = context;
	enum err e = question_store_result(job);
	bool is_there = e == ERR_NONE && store_job_rows(job, 0).count > 0;

	store_job_free(&job);
	if (e == ERR_NONE && is_there == (q->task == QUESTION_REGISTER))
		e = is_there ? ERR_EXISTS : ERR_NOT_FOUND;
	if (e == ERR_NONE && !q->has_keys && !question_work(q, derive_all, on_all_derived))
		e = ERR_BUSY;
	if (e != ERR_NONE)
		end_change(q, e);
	else if (q->has_keys)
		store_record(q);
}

static void set_password(struct question *q)
{
	if (q->has_keys ? scram_text_read(q->password, &q->record.keys) : question_prepare(q))
		ask_record(q, on_record_for_set);
	else
		question_answer_later(q, ERR_INVALID);
}

static void remove_account(struct question *q)
{
	struct store_job *job = question_store_job(q, on_stored);

	store_value_need(job, question_owner(q), ACCOUNT_KIND);
	store_owner_delete(job, question_owner(q));
	store_submit_post(job);
}

static unsigned serves(const struct config_auth *auth)
{
	(void)auth;
	return METHOD_PASSWORDS | METHOD_KEYS;
}

const struct method method_internal = {
	.serves = serves,
	.ask = {
		[QUESTION_CHECK_PASSWORD] = check_password,
		[QUESTION_FIND_KEYS] = find_keys,
		[QUESTION_EXISTS] = exists,
		[QUESTION_REGISTER] = set_password,
		[QUESTION_SET_PASSWORD] = set_password,
		[QUESTION_REMOVE] = remove_account,
	},
	.is_in_store = true,
};
