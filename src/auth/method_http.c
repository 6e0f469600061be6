/* The method "http": a web service is asked, over MongooseIM's protocol: GET check_password, user_exists, get_password; POST register,
 * set_password, remove_user; the fields are user, server, pass. With password.format = "scram" the service keeps keys (scram_text.h) and
 * never sees a password; with "plain" it checks passwords itself. */
#ifndef MEERKAT_WITHOUT_CURL
#include <stdio.h>
#include <stdlib.h>

#include "auth/method.h"
#include "auth/partner.h"
#include "auth/scram_text.h"
#include "auth/web_service.h"
#include "base/codec.h"

/* The partner */

static bool is_same(const struct config_auth *a, const struct config_auth *b)
{
	const struct pool_http *x = a->http->pool, *y = b->http->pool;

	return str_equal(a->http->basic_auth, b->http->basic_auth) && str_equal(x->host, y->host) && str_equal(x->path_prefix, y->path_prefix) &&
	       x->request_timeout_ms == y->request_timeout_ms && pool_common_is_same(&x->common, &y->common) && pool_tls_is_same(x->tls, y->tls);
}

static struct partner_size size(const struct config_auth *auth)
{
	const struct pool *p = &auth->http->pool->common;

	return (struct partner_size){p->workers, p->queue_max, p->call_timeout_ms};
}

static bool open_service(struct partner *p, struct why *why)
{
	p->state = web_service_new(p->auth->http->pool, p->auth->http->basic_auth, &p->is_closing, why);
	return p->state != NULL;
}

static void close_service(struct partner *p)
{
	struct web_service *s = p->state;

	web_service_free(&s);
	p->state = NULL;
}

static const struct partner_def service = {
	.name = "web service",
	.is_same = is_same,
	.size = size,
	.open = open_service,
	.close = close_service,
};

/* Requests: on a thread of the partner */

static struct str host_of(const struct partner *p)
{
	return p->auth->http->pool->host;
}

static enum err fail(struct question *q, enum err e, const char *why)
{
	partner_note_down(q->partner, host_of(q->partner), why);
	return e;
}

/* ERR_NONE: the service has said something, which its status tells; a status that speaks of its own trouble is none. */
static enum err request(struct question *q, const char *path, struct str password, struct web_service_answer *out)
{
	const struct web_service_field fields[] = {{"user", jid_local(q->who)}, {"server", jid_domain(q->who)}, {"pass", password}, {NULL, STR_NONE}};
	bool is_post = q->task >= QUESTION_REGISTER;
	enum err e = web_service_ask(q->partner->state, is_post, path, fields, out);
	char why[64];

	if (e != ERR_NONE)
		return fail(q, e, out->why.text);
	if (out->status < 200 || out->status >= 500 || (out->status >= 300 && out->status < 400)) {
		snprintf(why, sizeof why, "%s was answered with status %d", path, out->status);
		return fail(q, ERR_SYSTEM, why);
	}
	return ERR_NONE;
}

/* What a refusal with this status means. */
static enum err refusal(int status)
{
	if (status == 404)
		return ERR_NOT_FOUND;
	return status == 409 ? ERR_EXISTS : ERR_ACCESS;
}

static bool is_done(int status)
{
	return status == 200 || status == 201 || status == 204;
}

static void wipe(struct buf *b)
{
	if (b->data)
		codec_wipe(b->data, b->cap);
	buf_fini(b);
}

/* "true" or "false" */
static enum err read_truth(struct question *q, const char *path, const struct web_service_answer *a, enum err if_false)
{
	struct str body = str_trim(buf_str(&a->body));
	char why[64];

	if (a->status != 200)
		return refusal(a->status) == ERR_NOT_FOUND ? ERR_NOT_FOUND : if_false;
	if (str_is(body, "true"))
		return ERR_NONE;
	if (str_is(body, "false"))
		return if_false;
	snprintf(why, sizeof why, "%s was answered with neither true nor false", path);
	return fail(q, ERR_INVALID, why);
}

static enum err ask_truth(struct question *q, const char *path, struct str password, enum err if_false)
{
	struct web_service_answer a = {0};
	enum err e;

	buf_init(&a.body);
	e = request(q, path, password, &a);
	if (e == ERR_NONE) {
		e = read_truth(q, path, &a, if_false);
		if (e != ERR_INVALID)
			partner_note_up(q->partner, host_of(q->partner));
	}
	wipe(&a.body);
	return e;
}

/* Keys; or the password itself, of which keys for this hash are made. */
static enum err take_password(struct question *q, enum config_hash hash, struct str text)
{
	uint8_t salt[SCRAM_SALT_BYTES];
	char *prepared;

	if (text.len == 0)
		return ERR_NOT_FOUND;
	if (scram_text_is_keys(text))
		return scram_text_read(text, &q->record.keys) ? ERR_NONE : fail(q, ERR_INVALID, "get_password was answered with broken keys");
	if (!scram_prepare_password(text, &prepared))
		return fail(q, ERR_INVALID, "get_password was answered with what cannot be a password");
	codec_random(salt, sizeof salt);
	scram_derive(&q->record.keys.hash[hash], hash, str_from(prepared), salt, (uint32_t)q->auth->scram_iterations);
	codec_wipe(prepared, strlen(prepared));
	free(prepared);
	return ERR_NONE;
}

/* The keys of the account are in the question then. */
static enum err fetch_keys(struct question *q, enum config_hash hash)
{
	struct web_service_answer a = {0};
	enum err e;

	buf_init(&a.body);
	e = request(q, "get_password", STR_NONE, &a);
	if (e == ERR_NONE && a.status != 200)
		e = ERR_NOT_FOUND;
	else if (e == ERR_NONE)
		e = take_password(q, hash, str_trim(buf_str(&a.body)));
	if (e == ERR_NONE || e == ERR_NOT_FOUND)
		partner_note_up(q->partner, host_of(q->partner));
	wipe(&a.body);
	return e;
}

/* Questions */

static void work_find_keys(struct question *q)
{
	q->result = fetch_keys(q, q->hash);
	if (q->result == ERR_NONE && !q->record.keys.hash[q->hash].present)
		q->result = ERR_NOT_FOUND;
}

static void find_keys(struct question *q)
{
	partner_ask(q, &service, work_find_keys);
}

/* How long it takes tells nobody whether there is such a user. */
static enum err compare_with_nothing(struct question *q, enum config_hash hash)
{
	q->hash = hash;
	question_pretend_keys(q);
	scram_verify_password(&q->record.keys.hash[hash], hash, str_from(q->prepared));
	return ERR_NOT_FOUND;
}

/* The weakest of the hashes is the quickest to try, and all keys are of the same password. */
static enum err compare_with_keys(struct question *q)
{
	enum config_hash first = (enum config_hash)((const int *)q->auth->hashes.items)[0];
	enum err e = fetch_keys(q, first);

	if (e == ERR_NOT_FOUND)
		return compare_with_nothing(q, first);

	for (int h = 0; e == ERR_NONE && h < CONFIG_HASH_COUNT; h++) {
		const struct scram_keys *k = &q->record.keys.hash[h];

		if (k->present)
			return scram_verify_password(k, (enum config_hash)h, str_from(q->prepared)) ? ERR_NONE : ERR_ACCESS;
	}
	return e == ERR_NONE ? ERR_NOT_FOUND : e;
}

static void work_check(struct question *q)
{
	if (q->auth->plain_format)
		q->result = ask_truth(q, "check_password", q->password, ERR_ACCESS);
	else
		q->result = compare_with_keys(q);
}

static void check_password(struct question *q)
{
	if (q->auth->plain_format || question_prepare(q))
		partner_ask(q, &service, work_check);
	else
		question_answer_later(q, ERR_ACCESS);
}

static void work_exists(struct question *q)
{
	q->result = ask_truth(q, "user_exists", STR_NONE, ERR_NOT_FOUND);
}

static void exists(struct question *q)
{
	partner_ask(q, &service, work_exists);
}

/* What the service is to keep: the password, or keys. */
static void write_password(struct question *q, struct buf *out)
{
	const int *hashes = q->auth->hashes.items;
	uint8_t salt[SCRAM_SALT_BYTES];

	if (q->auth->plain_format) {
		buf_append_str(out, q->password);
		return;
	}
	for (size_t i = 0; i < q->auth->hashes.count; i++) {
		enum config_hash h = (enum config_hash)hashes[i];

		codec_random(salt, sizeof salt);
		scram_derive(&q->record.keys.hash[h], h, str_from(q->prepared), salt, (uint32_t)q->auth->scram_iterations);
	}
	scram_text_write(&q->record.keys, out);
}

static void work_change(struct question *q)
{
	static const char *const paths[QUESTION_TASKS] = {
		[QUESTION_REGISTER] = "register", [QUESTION_SET_PASSWORD] = "set_password", [QUESTION_REMOVE] = "remove_user",
	};
	struct web_service_answer a = {0};
	struct buf password;

	buf_init(&a.body);
	buf_init(&password);
	if (q->task != QUESTION_REMOVE)
		write_password(q, &password);
	q->result = request(q, paths[q->task], buf_str(&password), &a);
	if (q->result == ERR_NONE) {
		partner_note_up(q->partner, host_of(q->partner));
		q->result = is_done(a.status) ? ERR_NONE : refusal(a.status);
	}
	wipe(&password);
	wipe(&a.body);
}

static void change(struct question *q)
{
	if (q->task != QUESTION_REMOVE && !question_prepare(q))
		question_answer_later(q, ERR_INVALID);
	else
		partner_ask(q, &service, work_change);
}

static unsigned serves(const struct config_auth *auth)
{
	return auth->plain_format ? METHOD_PASSWORDS : METHOD_PASSWORDS | METHOD_KEYS;
}

const struct method method_http = {
	.serves = serves,
	.ask = {
		[QUESTION_CHECK_PASSWORD] = check_password,
		[QUESTION_FIND_KEYS] = find_keys,
		[QUESTION_EXISTS] = exists,
		[QUESTION_REGISTER] = change,
		[QUESTION_SET_PASSWORD] = change,
		[QUESTION_REMOVE] = change,
	},
	.partner = &service,
};
#endif
