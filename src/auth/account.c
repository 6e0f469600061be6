/* The walk of a question over the methods of the host, in the order of the configuration. A password is right if one of them says so; keys
 * and existence are those of the first that knows the account. A method that cannot be reached answers nothing: the next one is asked, and
 * only if none of them says yes is the question answered with what went wrong. */
#include "auth/account.h"

#include <poll.h>

#include "auth/fast.h"
#include "auth/guest.h"
#include "auth/method.h"
#include "auth/partner.h"
#include "auth/revocation.h"
#include "auth/scram_text.h"
#include "base/check.h"
#include "base/codec.h"

static bool is_login(const struct question *q)
{
	return q->task == QUESTION_CHECK_PASSWORD || q->task == QUESTION_CHECK_CERTIFICATE || q->task == QUESTION_FIND_KEYS;
}

/* The end of the walk */

static void answer_keys(struct question *q, enum err result)
{
	bool is_known = result != ERR_NOT_FOUND && result != ERR_ACCESS;

	if (!is_known)
		result = ERR_NONE;
	q->exists = is_known && q->record.keys.hash[q->hash].present;
	question_pretend_keys(q);
	q->keys_done(q->context, result, q->exists, result == ERR_NONE || result == ERR_CLOSED ? &q->record.keys.hash[q->hash] : NULL);
}

/* What was right before it is right no more. */
static bool is_revocation(const struct question *q)
{
	return (q->changes_ban && q->bans) || q->task == QUESTION_SET_PASSWORD || q->task == QUESTION_REMOVE;
}

/* The last thing that happens to it. */
static void finish(struct question *q, enum err result)
{
	if (result == ERR_NONE && is_revocation(q))
		revocation_note(q->service->revocations, question_owner(q));
	if (result == ERR_NONE && q->method_out && is_login(q))
		*q->method_out = q->method_id;
	if (q->keys_done)
		answer_keys(q, result);
	else
		q->done(q->context, result);
	question_free(&q);
}

static void on_stored(struct store_job *job, void *context)
{
	enum err result = question_store_result(job);

	store_job_free(&job);
	finish(context, result);
}

static void on_ban_read(struct store_job *job, void *context)
{
	enum err result = question_store_result(job);
	bool is_banned = result == ERR_NONE && store_job_rows(job, 0).count > 0;

	store_job_free(&job);
	finish(context, is_banned ? ERR_CLOSED : result);
}

/* Bans are in the store, whoever keeps the account. */
static void look_for_ban(struct question *q)
{
	struct store_job *job = question_store_job(q, on_ban_read);

	store_value_get(job, question_owner(q), ACCOUNT_KIND_BAN);
	store_submit_post(job);
}

static void delete_data(struct question *q)
{
	struct store_job *job = question_store_job(q, on_stored);

	store_owner_delete(job, question_owner(q));
	store_submit_post(job);
}

static void write_ban(struct question *q)
{
	struct store_job *job = question_store_job(q, on_stored);

	if (q->method->is_in_store)
		store_value_need(job, question_owner(q), ACCOUNT_KIND);
	if (q->bans) {
		store_value_put(job, question_owner(q), ACCOUNT_KIND_BAN, STR("1"));
		fast_revoke(job, question_owner(q));
	} else {
		store_value_delete(job, question_owner(q), ACCOUNT_KIND_BAN);
	}
	store_submit_post(job);
}

/* Another password, and with it the tokens end that were given for the old one. Accounts in the store see to it themselves. */
static void drop_tokens(struct question *q)
{
	struct store_job *job = question_store_job(q, on_stored);

	fast_revoke(job, question_owner(q));
	store_submit_post(job);
}

/* One method has said yes, or all that can have done it. */
static void succeed(struct question *q)
{
	if (q->changes_ban)
		write_ban(q);
	else if (is_login(q) && !q->method->is_in_store)
		look_for_ban(q);
	else if (q->task == QUESTION_SET_PASSWORD && !q->method->is_in_store)
		drop_tokens(q);
	else if (q->task == QUESTION_REMOVE && q->has_data_left)
		delete_data(q);
	else
		finish(q, ERR_NONE);
}

/* The walk */

/* While it is looked whether anybody knows a name, that the listener denies a method is no reason to leave it out. */
static bool may_ask(const struct question *q, int id, const struct method *m)
{
	if (!m || !m->ask[q->task])
		return false;
	if (q->is_looking)
		return q->wish == QUESTION_REGISTER ? !m->has_everybody : !m->is_for_strangers;
	return !(q->denied & 1u << id) && (m->is_in_store || !q->has_keys);
}

static const struct method *find_next(struct question *q)
{
	const int *list = q->auth->methods.items;

	while (q->next < q->auth->methods.count) {
		int id = list[q->next++];
		const struct method *m = method_find((enum config_auth_method)id);

		if (may_ask(q, id, m)) {
			q->method_id = id;
			return m;
		}
	}
	return NULL;
}

/* A name that is to be registered must not be anybody's yet; with one method that is for it to say. */
static bool needs_look(const struct question *q, const struct method *m)
{
	if (q->has_looked)
		return false;
	return (q->task == QUESTION_REGISTER && q->auth->methods.count > 1) || (q->task == QUESTION_CHECK_PASSWORD && m->is_for_strangers);
}

static void begin_look(struct question *q)
{
	q->is_looking = q->has_looked = true;
	q->wish = q->task;
	q->task = QUESTION_EXISTS;
	q->resume = q->next - 1;
	q->next = 0;
}

/* False: the question is answered by it. */
static bool end_look(struct question *q, bool is_known)
{
	q->is_looking = false;
	q->task = q->wish;
	q->next = q->resume;
	if (!is_known)
		return true;
	if (q->task == QUESTION_REGISTER) {
		finish(q, q->failure != ERR_NONE ? q->failure : ERR_EXISTS);
		return false;
	}
	q->next++;
	return true;
}

static void end_walk(struct question *q)
{
	if (q->failure != ERR_NONE)
		finish(q, q->failure);
	else if (q->has_removed)
		succeed(q);
	else
		finish(q, q->refusal);
}

static void walk(struct question *q)
{
	for (;;) {
		const struct method *m = find_next(q);

		if (!m && q->is_looking) {
			end_look(q, false);
		} else if (!m) {
			end_walk(q);
			return;
		} else if (needs_look(q, m)) {
			begin_look(q);
		} else {
			q->method = m;
			m->ask[q->task](q);
			return;
		}
	}
}

static bool is_change(const struct question *q)
{
	return q->task >= QUESTION_REGISTER;
}

/* Nothing is answered before the asker has got back to its work. */
static void start(struct question *q)
{
	q->refusal = is_change(q) ? ERR_ACCESS : ERR_NOT_FOUND;
	if (find_next(q)) {
		q->next = 0;
		walk(q);
	} else {
		question_answer_later(q, q->refusal);
	}
}

/* Of several refusals, "wrong password" says the most about a login, and "not there" about a change. */
static void note_refusal(struct question *q, enum err result)
{
	if ((result == ERR_ACCESS) != is_change(q))
		q->refusal = result;
}

/* Whoever cannot be asked may know the name. */
static void take_look(struct question *q, enum err result)
{
	bool is_unknown = result == ERR_NOT_FOUND || result == ERR_ACCESS;

	if (!is_unknown && result != ERR_NONE)
		q->failure = result;
	if (is_unknown || end_look(q, true))
		walk(q);
}

static void take_answer(struct question *q, enum err result)
{
	switch (result) {
	case ERR_NONE:
		if (q->task != QUESTION_REMOVE) {
			succeed(q);
			return;
		}
		q->has_removed = true;
		q->has_data_left |= !q->method->is_in_store;
		break;
	case ERR_NOT_FOUND:
	case ERR_ACCESS:
		note_refusal(q, result);
		break;
	default:
		/* Right, but banned; or something that no other method could make good. */
		if (result == ERR_CLOSED || q->task == QUESTION_REGISTER || q->task == QUESTION_SET_PASSWORD) {
			finish(q, result);
			return;
		}
		q->failure = result;
		break;
	}
	walk(q);
}

void question_answer(struct question *q, enum err result)
{
	if (q->is_looking)
		take_look(q, result);
	else
		take_answer(q, result);
}

/* What can be asked */

void account_find_keys(struct account_asker asker, struct jid who, enum config_hash hash, account_keys_done *done)
{
	struct question *q = question_new(asker, QUESTION_FIND_KEYS, who, STR_NONE);

	q->keys_done = done;
	q->hash = hash;
	start(q);
}

static void ask(struct question *q, account_done *done)
{
	q->done = done;
	start(q);
}

void account_check_password(struct account_asker asker, struct jid who, struct str password, account_done *done)
{
	ask(question_new(asker, QUESTION_CHECK_PASSWORD, who, password), done);
}

void account_check_certificate(struct account_asker asker, struct jid who, account_done *done)
{
	ask(question_new(asker, QUESTION_CHECK_CERTIFICATE, who, STR_NONE), done);
}

void account_exists(struct account_asker asker, struct jid who, account_done *done)
{
	ask(question_new(asker, QUESTION_EXISTS, who, STR_NONE), done);
}

void account_register(struct account_asker asker, struct jid who, struct str password, account_done *done)
{
	ask(question_new(asker, QUESTION_REGISTER, who, password), done);
}

void account_import(struct account_asker asker, struct jid who, struct str password_or_keys, account_done *done)
{
	struct question *q = question_new(asker, QUESTION_REGISTER, who, password_or_keys);

	q->has_keys = scram_text_is_keys(password_or_keys);
	ask(q, done);
}

void account_set_password(struct account_asker asker, struct jid who, struct str password, account_done *done)
{
	ask(question_new(asker, QUESTION_SET_PASSWORD, who, password), done);
}

void account_remove(struct account_asker asker, struct jid who, account_done *done)
{
	ask(question_new(asker, QUESTION_REMOVE, who, STR_NONE), done);
}

static void change_ban(struct account_asker asker, struct jid who, bool bans, account_done *done)
{
	struct question *q = question_new(asker, QUESTION_EXISTS, who, STR_NONE);

	q->changes_ban = true;
	q->bans = bans;
	ask(q, done);
}

void account_ban(struct account_asker asker, struct jid who, account_done *done)
{
	change_ban(asker, who, true, done);
}

void account_unban(struct account_asker asker, struct jid who, account_done *done)
{
	change_ban(asker, who, false, done);
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
	s->partners = partner_set_new();
	s->guests = guest_list_new();
	s->revocations = revocation_list_new();
}

bool account_service_use(struct account_service *s, const struct config *c, struct why *why)
{
	return partner_set_use(s->partners, c, why);
}

bool account_service_check(const struct config *c, struct why *why)
{
	return partner_check(c, why);
}

void account_service_finish(struct account_service *s)
{
	partner_set_finish(s->partners);
}

void account_service_fini(struct account_service *s)
{
	partner_set_free(&s->partners);
	guest_list_free(&s->guests);
	revocation_list_free(&s->revocations);
}
