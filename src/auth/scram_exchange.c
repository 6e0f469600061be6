/* RFC 5802 §5: client-first, server-first, client-final, server-final. Channel binding: §6, RFC 5929, RFC 9266. */
#include "auth/scram_exchange.h"

#include "auth/digest.h"
#include "auth/scram_message.h"
#include "base/codec.h"

static const struct sasl_binding *find_binding(const struct sasl *s, struct str type)
{
	for (const struct sasl_binding *b = s->about.bindings; b->type; b++) {
		if (str_is(type, b->type))
			return b;
	}
	return NULL;
}

/* Does what the client says of channel binding go with the mechanism it has chosen? */
static enum sasl_failure take_binding(struct sasl *s, const struct scram_message_first *first)
{
	struct scram_exchange_state *state = s->state;

	if (s->mechanism->binds != (first->binding == SCRAM_MESSAGE_BINDS))
		return SASL_FAILURE_MALFORMED_REQUEST;
	/* It could bind and has not seen that we can: somebody between us has removed the -PLUS from our list. */
	if (first->binding == SCRAM_MESSAGE_CANNOT_SEE && s->offers_binding)
		return SASL_FAILURE_NOT_AUTHORIZED;
	if (!s->mechanism->binds)
		return SASL_FAILURE_NONE;
	state->binding = find_binding(s, first->binding_type);
	return state->binding ? SASL_FAILURE_NONE : SASL_FAILURE_NOT_AUTHORIZED;
}

static enum sasl_failure take_names(struct sasl *s, const struct scram_message_first *first)
{
	struct scram_exchange_state *state = s->state;
	struct str name, authzid = STR_NONE;

	if (!scram_message_decode_name(&s->arena, first->name, &name))
		return SASL_FAILURE_MALFORMED_REQUEST;
	if (first->authzid.data && !scram_message_decode_name(&s->arena, first->authzid, &authzid))
		return SASL_FAILURE_MALFORMED_REQUEST;
	return mechanism_find_who(s, name, authzid, &state->who);
}

/* XEP-0474: what both sides sign has a hash of what the client was shown, so that nobody between us can have changed it. */
static const char *make_extension(struct sasl *s)
{
	uint8_t hash[DIGEST_BYTES_MAX];
	struct str text;

	if (!s->about.announced.data)
		return "";
	digest_make(s->mechanism->hash, s->about.announced, hash);
	text = codec_base64(&s->arena, hash, digest_bytes(s->mechanism->hash));
	return arena_printf(&s->arena, ",h=%.*s", STR_ARGS(text));
}

static void send_salt(struct sasl *s)
{
	struct scram_exchange_state *state = s->state;
	struct str salt = codec_base64(&s->arena, state->keys.salt, sizeof state->keys.salt);

	state->server_first = str_from(arena_printf(&s->arena, "r=%.*s,s=%.*s,i=%u%s", STR_ARGS(state->nonce), STR_ARGS(salt),
						    state->keys.iterations, make_extension(s)));
	state->has_challenged = true;
	mechanism_challenge(s, state->server_first);
}

static void on_keys(void *context, enum err result, bool exists, const struct scram_keys *keys)
{
	struct sasl *s = mechanism_redeem(context);
	struct scram_exchange_state *state;

	if (!s)
		return;
	if (!keys) {
		mechanism_fail(s, mechanism_failure_of(result));
		return;
	}
	state = s->state;
	state->exists = exists;
	state->is_banned = result == ERR_CLOSED;
	state->keys = *keys;
	send_salt(s);
}

static void take_first(struct sasl *s, struct str data)
{
	struct scram_exchange_state *state = s->state;
	struct scram_message_first first;
	char own_nonce[SCRAM_EXCHANGE_NONCE_CHARS + 1];
	enum sasl_failure failure = SASL_FAILURE_MALFORMED_REQUEST;

	if (scram_message_parse_first(data, &first)) {
		failure = take_binding(s, &first);
		if (failure == SASL_FAILURE_NONE)
			failure = take_names(s, &first);
	}
	if (failure != SASL_FAILURE_NONE) {
		mechanism_fail(s, failure);
		return;
	}
	codec_random_text(own_nonce, SCRAM_EXCHANGE_NONCE_CHARS);
	state->nonce = str_from(arena_printf(&s->arena, "%.*s%s", STR_ARGS(first.nonce), own_nonce));
	state->gs2_header = arena_str(&s->arena, first.gs2_header);
	state->client_first = arena_str(&s->arena, first.bare);
	account_find_keys(mechanism_ask(s), state->who, s->mechanism->hash, on_keys);
}

/* c= repeats the header of the first message, and with -PLUS what the client sees of the channel. */
static bool binding_fits(struct sasl *s, struct str decoded)
{
	const struct scram_exchange_state *state = s->state;
	struct str bound = state->binding ? state->binding->data : STR_NONE;
	size_t head = state->gs2_header.len;

	return decoded.len == head + bound.len && memcmp(decoded.data, state->gs2_header.data, head) == 0 &&
	       (bound.len == 0 || codec_equal_in_constant_time(decoded.data + head, bound.data, bound.len));
}

static enum sasl_failure check_final(struct sasl *s, const struct scram_message_final *final, uint8_t *signature_out)
{
	const struct scram_exchange_state *state = s->state;
	enum config_hash hash = s->mechanism->hash;
	struct str binding, proof, message;
	bool fits;

	if (!codec_base64_decode(&s->arena, final->binding, &binding) || !codec_base64_decode(&s->arena, final->proof, &proof) ||
	    proof.len != scram_hash_bytes(hash))
		return SASL_FAILURE_MALFORMED_REQUEST;
	message = str_from(arena_printf(&s->arena, "%.*s,%.*s,%.*s", STR_ARGS(state->client_first), STR_ARGS(state->server_first),
					STR_ARGS(final->without_proof)));
	/* All of it is always computed, so that the answer to a wrong password takes as long as that to an unknown name. */
	fits = scram_check_proof(&state->keys, hash, message, (const uint8_t *)proof.data, signature_out);
	if (!binding_fits(s, binding) || !str_equal(final->nonce, state->nonce) || !fits || !state->exists)
		return SASL_FAILURE_NOT_AUTHORIZED;
	return state->is_banned ? SASL_FAILURE_ACCOUNT_DISABLED : SASL_FAILURE_NONE;
}

static void take_final(struct sasl *s, struct str data)
{
	const struct scram_exchange_state *state = s->state;
	struct scram_message_final final;
	uint8_t signature[SCRAM_HASH_BYTES_MAX];
	enum sasl_failure failure = SASL_FAILURE_MALFORMED_REQUEST;
	struct str text;

	if (scram_message_parse_final(data, &final))
		failure = check_final(s, &final, signature);
	if (failure != SASL_FAILURE_NONE) {
		mechanism_fail(s, failure);
		return;
	}
	text = codec_base64(&s->arena, signature, scram_hash_bytes(s->mechanism->hash));
	mechanism_succeed(s, state->who, str_from(arena_printf(&s->arena, "v=%.*s", STR_ARGS(text))));
}

void scram_exchange_step(struct sasl *s, struct str data)
{
	const struct scram_exchange_state *state = s->state;

	if (state->has_challenged)
		take_final(s, data);
	else
		take_first(s, data);
}
