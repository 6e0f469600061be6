/* fake_sasl: stands in for auth/sasl with mechanisms that do as they are told in their first word. One program includes it once. */
#ifndef MEERKAT_TEST_FAKE_SASL_H
#define MEERKAT_TEST_FAKE_SASL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "auth/fast.h"
#include "auth/sasl.h"
#include "base/mem.h"

/* base64 of what they understand */
#define GOOD "Z29vZA=="
#define GOOD_DATA "ZGF0YQ=="
#define BAD "YmFk"
#define ASK "YXNr"
#define LATER "bGF0ZXI="

struct sasl {
	void (*on_answer)(void *context, const struct sasl_answer *answer);
	void *context;
	struct sasl_context about;
	bool is_for_token;
};

static struct sasl *fake_waiting; /* the one that was told "later" */

const char *sasl_failure_condition(enum sasl_failure f)
{
	switch (f) {
	case SASL_FAILURE_ABORTED:
		return "aborted";
	case SASL_FAILURE_ENCRYPTION_REQUIRED:
		return "encryption-required";
	case SASL_FAILURE_INCORRECT_ENCODING:
		return "incorrect-encoding";
	case SASL_FAILURE_INVALID_AUTHZID:
		return "invalid-authzid";
	case SASL_FAILURE_INVALID_MECHANISM:
		return "invalid-mechanism";
	case SASL_FAILURE_MALFORMED_REQUEST:
		return "malformed-request";
	default:
		return "not-authorized";
	}
}

size_t sasl_offered(const struct sasl_context *c, const struct config_listen *listen, const char **names_out, size_t max)
{
	size_t count = 0;

	assert_non_null(listen);
	assert_true(max >= 3);
	if (c->bindings[0].type)
		names_out[count++] = "SCRAM-SHA-1-PLUS";
	names_out[count++] = "SCRAM-SHA-1";
	if (c->is_encrypted)
		names_out[count++] = "PLAIN";
	return count;
}

struct sasl *sasl_new(const struct sasl_context *c, const struct config_listen *listen, struct str mechanism,
		      void (*on_answer)(void *context, const struct sasl_answer *answer), void *context)
{
	const char *names[4];
	size_t count = sasl_offered(c, listen, names, 4);

	if (c->token)
		names[count++] = "HT-SHA-256-NONE";
	for (size_t i = 0; i < count; i++) {
		if (!str_is(mechanism, names[i]))
			continue;
		struct sasl *s = mem_new(sizeof(*s));
		*s = (struct sasl){on_answer, context, *c, str_is(mechanism, "HT-SHA-256-NONE")};
		return s;
	}
	return NULL;
}

size_t sasl_offered_for_tokens(const struct sasl_context *c, const char **names_out, size_t max)
{
	(void)c;
	assert_true(max > 0);
	names_out[0] = "HT-SHA-256-NONE";
	return 1;
}

bool sasl_find_token_use(const struct sasl_context *c, struct str mechanism, struct fast_token_use *out)
{
	(void)c;
	*out = (struct fast_token_use){CONFIG_HASH_SHA256, FAST_TOKEN_NONE};
	return str_is(mechanism, "HT-SHA-256-NONE");
}

/* Whose count is odd. */
bool sasl_token_is_due(const struct sasl *s)
{
	return s->is_for_token && s->about.token->count % 2 == 1;
}

/* The question for a token that has no answer yet. */
static struct {
	fast_issued *done;
	void *context;
} fake_issue;

void fast_issue(struct account_asker asker, struct jid who, const struct fast_wish *wish, fast_issued *done)
{
	assert_null(fake_issue.done);
	assert_true(str_is(jid_str(who), "alice@localhost"));
	assert_int_equal(wish->client.len, 36);
	assert_int_equal(wish->access_ms, 3000);
	fake_issue.done = done;
	fake_issue.context = asker.context;
}

static void fake_answer(struct sasl *s, enum sasl_result result, enum sasl_failure failure, struct str data)
{
	s->on_answer(s->context, &(struct sasl_answer){result, failure, data});
}

void sasl_step(struct sasl *s, struct str data)
{
	if (str_is(data, "later"))
		fake_waiting = s;
	else if (!data.data)
		fake_answer(s, SASL_CHALLENGE, SASL_FAILURE_NONE, STR_NONE);
	else if (str_is(data, "good"))
		fake_answer(s, SASL_SUCCESS, SASL_FAILURE_NONE, STR_NONE);
	else if (str_is(data, "data"))
		fake_answer(s, SASL_SUCCESS, SASL_FAILURE_NONE, STR("v=1"));
	else if (str_is(data, "ask"))
		fake_answer(s, SASL_CHALLENGE, SASL_FAILURE_NONE, STR("what?"));
	else if (data.len == 0)
		fake_answer(s, SASL_FAILED, SASL_FAILURE_MALFORMED_REQUEST, STR_NONE);
	else
		fake_answer(s, SASL_FAILED, SASL_FAILURE_NOT_AUTHORIZED, STR_NONE);
}

struct jid sasl_claimed(const struct sasl *s)
{
	(void)s;
	return JID_NONE;
}

int64_t sasl_began_ms(const struct sasl *s)
{
	(void)s;
	return 1;
}

bool sasl_may_have_token(const struct sasl *s)
{
	(void)s;
	return true;
}

struct jid sasl_who(const struct sasl *s)
{
	(void)s;
	return (struct jid){.text = "alice@localhost", .local_len = 5, .domain_len = 9};
}

bool sasl_is_guest(const struct sasl *s)
{
	(void)s;
	return false;
}

void sasl_free(struct sasl **s)
{
	if (fake_waiting == *s)
		fake_waiting = NULL;
	free(*s);
	*s = NULL;
}

#endif
