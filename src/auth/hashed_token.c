/* draft-schmaus-kitten-sasl-ht-08 §3: authcid NUL HMAC(token, "Initiator" || cb-data); HMAC(token, "Responder" || cb-data) comes back. */
#include "auth/hashed_token.h"

#include "auth/digest.h"
#include "base/codec.h"

static const char *const binding_types[FAST_TOKEN_BINDINGS] = {
	[FAST_TOKEN_UNIQ] = "tls-unique", [FAST_TOKEN_ENDP] = "tls-server-end-point", [FAST_TOKEN_EXPR] = "tls-exporter",
};

/* The data of the binding; data NULL: the connection has none. */
static struct str find_binding(const struct mechanism *m, const struct sasl_context *c)
{
	const char *type = binding_types[m->token_binding];

	if (!type)
		return STR("");
	for (const struct sasl_binding *b = c->bindings; b->type; b++)
		if (!strcmp(b->type, type))
			return b->data;
	return STR_NONE;
}

/* Where there is the exporter, tls-unique is not what it was (RFC 9266 §4). */
bool hashed_token_fits(const struct mechanism *m, const struct sasl_context *c)
{
	bool is_outdated = m->token_binding == FAST_TOKEN_UNIQ && c->bindings[0].type && !strcmp(c->bindings[0].type, "tls-exporter");

	return !is_outdated && find_binding(m, c).data != NULL;
}

struct fast_token_use hashed_token_use(const struct mechanism *m)
{
	return (struct fast_token_use){(uint8_t)m->hash, m->token_binding};
}

static void on_found(void *context, enum err result)
{
	struct sasl *s = mechanism_redeem(context);
	const struct hashed_token_state *state;

	if (!s)
		return;
	state = s->state;
	if (result == ERR_NONE)
		mechanism_succeed(s, state->who, state->proof);
	else
		mechanism_fail(s, mechanism_failure_of(result));
}

/* The account may have gone without a word, where it is kept elsewhere. Who takes everybody for an account is not asked. */
static void accept(struct sasl *s, const struct fast_answer *a)
{
	struct hashed_token_state *state = s->state;
	struct account_asker asker = mechanism_ask(s);

	for (int id = 0; id < CONFIG_AUTH_METHODS; id++) {
		const struct method *m = method_find((enum config_auth_method)id);

		if (m && m->has_everybody)
			asker.denied |= 1u << id;
	}
	s->token_is_due = a->is_due;
	state->proof = arena_str(&s->arena, a->proof);
	account_exists(asker, state->who, on_found);
}

static void on_checked(void *context, const struct fast_answer *a)
{
	static const enum sasl_failure failures[] = {
		[FAST_WRONG] = SASL_FAILURE_NOT_AUTHORIZED,
		[FAST_EXPIRED] = SASL_FAILURE_CREDENTIALS_EXPIRED,
		[FAST_BANNED] = SASL_FAILURE_ACCOUNT_DISABLED,
		[FAST_FAILED] = SASL_FAILURE_TEMPORARY_AUTH_FAILURE,
	};
	struct sasl *s = mechanism_redeem(context);

	if (!s)
		return;
	if (a->verdict == FAST_RIGHT)
		accept(s, a);
	else
		mechanism_fail(s, failures[a->verdict]);
}

static void step(struct sasl *s, struct str data)
{
	struct hashed_token_state *state = s->state;
	const struct sasl_token *token = s->about.token;
	struct str proof, name = str_split(data, 0, &proof);
	enum sasl_failure failure = SASL_FAILURE_MALFORMED_REQUEST;

	if (name.len > 0 && codec_utf8_is_valid(name) && proof.len == digest_bytes(s->mechanism->hash))
		failure = mechanism_find_who(s, name, STR_NONE, &state->who);
	if (failure != SASL_FAILURE_NONE) {
		mechanism_fail(s, failure);
		return;
	}
	fast_check(mechanism_ask(s), state->who, &(struct fast_claim){
		.client = token->client,
		.use = hashed_token_use(s->mechanism),
		.binding_data = find_binding(s->mechanism, &s->about),
		.proof = proof,
		.count = token->count,
		.needs_count = token->needs_count,
		.invalidates = token->invalidates,
		.rotate_before_expire_ms = token->rotate_before_expire_ms,
	}, on_checked);
}

#define HASHED_TOKEN(hash_name, hash_id, binding_name)                                                                          \
	{                                                                                                                      \
		.name = "HT-" hash_name "-" #binding_name, .hash = CONFIG_HASH_##hash_id, .token_binding = FAST_TOKEN_##binding_name, \
		.binds = FAST_TOKEN_##binding_name != FAST_TOKEN_NONE, .state_bytes = sizeof(struct hashed_token_state), .step = step \
	}

/* As XEP-0440 orders the bindings; one that a stranger could have as well comes last. */
const struct mechanism hashed_token_mechanisms[] = {
	HASHED_TOKEN("SHA-512", SHA512, EXPR), HASHED_TOKEN("SHA-384", SHA384, EXPR), HASHED_TOKEN("SHA-256", SHA256, EXPR),
	HASHED_TOKEN("SHA-512", SHA512, UNIQ), HASHED_TOKEN("SHA-384", SHA384, UNIQ), HASHED_TOKEN("SHA-256", SHA256, UNIQ),
	HASHED_TOKEN("SHA-512", SHA512, ENDP), HASHED_TOKEN("SHA-384", SHA384, ENDP), HASHED_TOKEN("SHA-256", SHA256, ENDP),
	HASHED_TOKEN("SHA-512", SHA512, NONE), HASHED_TOKEN("SHA-384", SHA384, NONE), HASHED_TOKEN("SHA-256", SHA256, NONE),
};

const size_t hashed_token_mechanism_count = sizeof(hashed_token_mechanisms) / sizeof(hashed_token_mechanisms[0]);
