/* XEP-0484 §3, and its algorithm of §6.1 */
#include "auth/fast.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/digest.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/codec.h"
#include "base/mem.h"

/* Somebody else has changed what was read so often that something else must be wrong. */
enum { TRIES = 5 };

/* What checking and issuing have in common: an object that walks to the store and back, until nobody has been in between. */
struct errand {
	const struct account_service *service;
	struct mailbox *reply_to;
	void *context;
	struct arena arena; /* of all that follows */
	struct fast_token_owner owner;
	int tries;
	void (*again)(void *errand); /* begins with reading */
	struct str read; /* what is in the store; data NULL: nothing */
	struct fast_token_pair pair;
};

static void start(struct errand *e, struct account_asker asker, struct jid who, struct str client)
{
	*e = (struct errand){.service = asker.service, .reply_to = asker.reply_to, .context = asker.context};
	arena_init(&e->arena, 0);
	e->owner = (struct fast_token_owner){arena_str(&e->arena, jid_bare_str(who)), arena_str(&e->arena, client)};
}

static void note_read(struct errand *e, struct str blob)
{
	e->read = blob.data ? arena_str(&e->arena, blob) : STR_NONE;
	fast_token_decode(e->read, &e->pair);
}

/* The steps that put the pair in place of what was read. */
static void add_change(struct errand *e, struct store_job *job)
{
	struct buf blob;

	store_map_need(job, e->owner.account, FAST_KIND, e->owner.client, e->read);
	if (!e->pair.current.is_there && !e->pair.fresh.is_there) {
		store_map_delete(job, e->owner.account, FAST_KIND, e->owner.client);
		return;
	}
	buf_init(&blob);
	fast_token_encode(&e->pair, &blob);
	store_map_put(job, e->owner.account, FAST_KIND, e->owner.client, buf_str(&blob));
	buf_fini(&blob);
}

/* When all tokens were taken back is kept among them, as decimal digits under this key, which is no client's. */
#define REVOKED STR("")

void fast_revoke(struct store_job *job, struct str owner)
{
	char when[24];

	snprintf(when, sizeof(when), "%lld", (long long)store_now_ms());
	store_map_delete_all(job, owner, FAST_KIND);
	store_map_put(job, owner, FAST_KIND, REVOKED, str_from(when));
}

static bool is_revoked_since(struct str when, int64_t since_ms)
{
	int64_t when_ms;

	return str_to_int(when, 0, INT64_MAX, &when_ms) && when_ms >= since_ms;
}

/* ---- checking ---- */

struct checking {
	struct errand errand;
	struct fast_claim claim;
	fast_checked *done;
	uint8_t proof[DIGEST_BYTES_MAX];
	struct fast_answer answer;
};

static void answer_check(struct checking *c, enum fast_verdict verdict)
{
	c->answer.verdict = verdict;
	if (verdict == FAST_RIGHT)
		c->answer.proof = str_make((const char *)c->proof, digest_bytes((enum config_hash)c->claim.use.hash));
	c->done(c->errand.context, &c->answer);
	codec_wipe(c->proof, sizeof(c->proof));
	arena_fini(&c->errand.arena);
	free(c);
}

/* The same work whether the token is there or not. Leaves the server's proof, if the client's is right. */
static bool is_proven(struct checking *c, const struct fast_token *t)
{
	enum config_hash hash = (enum config_hash)c->claim.use.hash;
	char token[FAST_TOKEN_CHARS + 1];
	uint8_t expected[DIGEST_BYTES_MAX], ours[DIGEST_BYTES_MAX];
	bool is_right;

	fast_token_make(c->errand.service->token_key, c->errand.owner, t, token);
	fast_token_prove(hash, str_from(token), "Initiator", c->claim.binding_data, expected);
	fast_token_prove(hash, str_from(token), "Responder", c->claim.binding_data, ours);
	is_right = c->claim.proof.len == digest_bytes(hash) && codec_equal_in_constant_time(expected, c->claim.proof.data, digest_bytes(hash));
	is_right &= t->is_there && t->use.hash == c->claim.use.hash && t->use.binding == c->claim.use.binding;
	if (is_right)
		memcpy(c->proof, ours, sizeof(ours));
	codec_wipe(token, sizeof(token));
	codec_wipe(expected, sizeof(expected));
	codec_wipe(ours, sizeof(ours));
	return is_right;
}

/* Has the client, or somebody who heard it, said this before? */
static bool is_repeated(const struct fast_claim *claim, const struct fast_token *t)
{
	return claim->count < 0 ? claim->needs_count : claim->count <= t->count;
}

/* The right token becomes the one in use, whatever else there was. Is that a change? */
static bool use_token(struct checking *c, struct fast_token *t)
{
	struct fast_token_pair *pair = &c->errand.pair;
	bool changes = t == &pair->fresh || c->claim.count >= 0;

	if (c->claim.count >= 0)
		t->count = c->claim.count;
	if (t == &pair->fresh) {
		pair->current = pair->fresh;
		pair->fresh = (struct fast_token){0};
	}
	c->answer.is_due = !c->claim.invalidates && pair->current.expiry_ms - store_now_ms() < c->claim.rotate_before_expire_ms;
	if (c->claim.invalidates)
		*pair = (struct fast_token_pair){0};
	return changes || c->claim.invalidates;
}

static void on_used(struct store_job *job, void *context)
{
	struct checking *c = context;
	enum err result = store_job_result(job, NULL);

	store_job_free(&job);
	if (result == ERR_NOT_FOUND && ++c->errand.tries < TRIES)
		c->errand.again(context);
	else
		answer_check(c, result == ERR_NONE ? FAST_RIGHT : FAST_FAILED);
}

static void judge(struct checking *c, bool is_banned)
{
	struct fast_token_pair *pair = &c->errand.pair;
	bool is_fresh = is_proven(c, &pair->fresh), is_current = is_proven(c, &pair->current);
	struct fast_token *t = is_fresh ? &pair->fresh : &pair->current;

	if (!is_fresh && !is_current)
		answer_check(c, FAST_WRONG);
	else if (is_banned)
		answer_check(c, FAST_BANNED);
	else if (t->expiry_ms <= store_now_ms())
		answer_check(c, FAST_EXPIRED);
	else if (is_repeated(&c->claim, t))
		answer_check(c, FAST_WRONG);
	else if (!use_token(c, t))
		answer_check(c, FAST_RIGHT);
	else {
		struct store_job *job = store_job_new(c->errand.service->store, c->errand.reply_to, on_used, c);

		add_change(&c->errand, job);
		store_submit_post(job);
	}
}

static void on_read_for_check(struct store_job *job, void *context)
{
	struct checking *c = context;
	bool has_failed = store_job_result(job, NULL) != ERR_NONE, is_banned = false;

	if (!has_failed) {
		struct store_rows found = store_job_rows(job, 0);

		is_banned = store_job_rows(job, 1).count > 0;
		note_read(&c->errand, found.count > 0 ? found.rows[0].blob : STR_NONE);
	}
	store_job_free(&job);
	if (has_failed)
		answer_check(c, FAST_FAILED);
	else
		judge(c, is_banned);
}

static void read_for_check(void *errand)
{
	struct checking *c = errand;
	struct store_job *job = store_job_new(c->errand.service->store, c->errand.reply_to, on_read_for_check, c);

	store_map_get(job, c->errand.owner.account, FAST_KIND, c->errand.owner.client);
	store_value_get(job, c->errand.owner.account, ACCOUNT_KIND_BAN);
	store_submit_post(job);
}

void fast_check(struct account_asker asker, struct jid who, const struct fast_claim *claim, fast_checked *done)
{
	struct checking *c = mem_new(sizeof(*c));

	start(&c->errand, asker, who, claim->client);
	c->errand.again = read_for_check;
	c->done = done;
	c->claim = *claim;
	c->claim.client = c->errand.owner.client;
	c->claim.binding_data = arena_str(&c->errand.arena, claim->binding_data);
	c->claim.proof = arena_str(&c->errand.arena, claim->proof);
	read_for_check(c);
}

/* ---- issuing ---- */

struct issuing {
	struct errand errand;
	struct fast_wish wish; /* its client is not kept */
	fast_issued *done;
};

static void answer_issue(struct issuing *i, enum err result)
{
	char token[FAST_TOKEN_CHARS + 1] = "";

	if (result == ERR_NONE)
		fast_token_make(i->errand.service->token_key, i->errand.owner, &i->errand.pair.fresh, token);
	i->done(i->errand.context, result, str_from(token), i->errand.pair.fresh.expiry_ms);
	codec_wipe(token, sizeof(token));
	arena_fini(&i->errand.arena);
	free(i);
}

static void on_issued(struct store_job *job, void *context)
{
	struct issuing *i = context;
	enum err result = store_job_result(job, NULL);

	store_job_free(&job);
	if (result == ERR_NOT_FOUND && ++i->errand.tries < TRIES)
		i->errand.again(context);
	else
		answer_issue(i, result);
}

/* When the last token of a client ends; what cannot be read ended long ago. */
static int64_t end_of(struct str blob)
{
	struct fast_token_pair pair;

	fast_token_decode(blob, &pair);
	return pair.fresh.expiry_ms > pair.current.expiry_ms ? pair.fresh.expiry_ms : pair.current.expiry_ms;
}

/* Other clients' tokens that have ended go, and if too many are left, those that end first. */
static void add_cleaning(struct issuing *i, struct store_rows rows, struct store_job *job)
{
	const struct store_row *first = NULL;
	size_t left = 0;

	for (size_t r = 0; r < rows.count; r++) {
		const struct store_row *row = &rows.rows[r];

		if (str_equal(row->key, i->errand.owner.client) || str_equal(row->key, REVOKED))
			continue;
		if (end_of(row->blob) <= store_now_ms()) {
			store_map_delete(job, i->errand.owner.account, FAST_KIND, row->key);
			continue;
		}
		if (!first || end_of(row->blob) < end_of(first->blob))
			first = row;
		left++;
	}
	if (left >= FAST_CLIENTS_MAX)
		store_map_delete(job, i->errand.owner.account, FAST_KIND, first->key);
}

static void make_fresh(struct issuing *i)
{
	struct fast_token_pair *pair = &i->errand.pair;

	if (pair->current.expiry_ms <= store_now_ms())
		pair->current = (struct fast_token){0};
	pair->fresh = (struct fast_token){.is_there = true, .use = i->wish.use, .expiry_ms = store_now_ms() + i->wish.access_ms, .count = -1};
	codec_random(pair->fresh.salt, sizeof(pair->fresh.salt));
}

static struct str find_row(struct store_rows rows, struct str key)
{
	for (size_t i = 0; i < rows.count; i++)
		if (str_equal(rows.rows[i].key, key))
			return rows.rows[i].blob;
	return STR_NONE;
}

static void write_fresh(struct issuing *i, struct store_rows rows)
{
	struct store_job *job = store_job_new(i->errand.service->store, i->errand.reply_to, on_issued, i);

	note_read(&i->errand, find_row(rows, i->errand.owner.client));
	make_fresh(i);
	store_map_need(job, i->errand.owner.account, FAST_KIND, REVOKED, find_row(rows, REVOKED));
	add_change(&i->errand, job);
	add_cleaning(i, rows, job);
	store_submit_post(job);
}

static void on_read_for_issue(struct store_job *job, void *context)
{
	struct issuing *i = context;
	enum err result = store_job_result(job, NULL);
	struct store_rows rows = result == ERR_NONE ? store_job_rows(job, 0) : (struct store_rows){0};

	if (is_revoked_since(find_row(rows, REVOKED), i->wish.since_ms))
		result = ERR_ACCESS;
	if (result == ERR_NONE)
		write_fresh(i, rows);
	store_job_free(&job);
	if (result != ERR_NONE)
		answer_issue(i, result);
}

static void read_for_issue(void *errand)
{
	struct issuing *i = errand;
	struct store_job *job = store_job_new(i->errand.service->store, i->errand.reply_to, on_read_for_issue, i);

	store_map_list(job, i->errand.owner.account, FAST_KIND);
	store_submit_post(job);
}

void fast_issue(struct account_asker asker, struct jid who, const struct fast_wish *wish, fast_issued *done)
{
	struct issuing *i = mem_new(sizeof(*i));

	start(&i->errand, asker, who, wish->client);
	i->errand.again = read_for_issue;
	i->wish = *wish;
	i->done = done;
	read_for_issue(i);
}
