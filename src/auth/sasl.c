/* RFC 6120 §6, RFC 4422. Which mechanisms there are, and which of them are offered to whom. */
#include "auth/sasl.h"

#include <stdlib.h>

#include "auth/anonymous.h"
#include "auth/external.h"
#include "auth/hashed_token.h"
#include "auth/mechanism.h"
#include "auth/plain.h"
#include "auth/scram_exchange.h"
#include "base/codec.h"
#include "base/mem.h"

#define SCRAM(option_text, name_text, hash_id, is_plus)                                                                      \
	{                                                                                                                    \
		.option = "scram_" option_text, .name = "SCRAM-" name_text, .needs = METHOD_KEYS, .binds = (is_plus),         \
		.hash = CONFIG_HASH_##hash_id, .state_bytes = sizeof(struct scram_exchange_state), .step = scram_exchange_step \
	}

static const struct mechanism mechanisms[] = {
	SCRAM("sha512_plus", "SHA-512-PLUS", SHA512, true),
	SCRAM("sha512", "SHA-512", SHA512, false),
	SCRAM("sha384_plus", "SHA-384-PLUS", SHA384, true),
	SCRAM("sha384", "SHA-384", SHA384, false),
	SCRAM("sha256_plus", "SHA-256-PLUS", SHA256, true),
	SCRAM("sha256", "SHA-256", SHA256, false),
	SCRAM("sha224_plus", "SHA-224-PLUS", SHA224, true),
	SCRAM("sha224", "SHA-224", SHA224, false),
	SCRAM("sha1_plus", "SHA-1-PLUS", SHA1, true),
	SCRAM("sha1", "SHA-1", SHA1, false),
	{.option = "plain", .name = "PLAIN", .needs = METHOD_PASSWORDS, .shows_password = true, .step = plain_step},
	{.option = "external", .name = "EXTERNAL", .needs = METHOD_CERTIFICATES, .step = external_step},
	{.option = "anonymous", .name = "ANONYMOUS", .needs = METHOD_GUESTS, .may_say_nothing = true, .step = anonymous_step},
};

enum { MECHANISM_COUNT = sizeof mechanisms / sizeof mechanisms[0] };

const char *sasl_failure_condition(enum sasl_failure f)
{
	static const char *const conditions[] = {
		[SASL_FAILURE_NONE] = "none",
		[SASL_FAILURE_ABORTED] = "aborted",
		[SASL_FAILURE_ACCOUNT_DISABLED] = "account-disabled",
		[SASL_FAILURE_CREDENTIALS_EXPIRED] = "credentials-expired",
		[SASL_FAILURE_ENCRYPTION_REQUIRED] = "encryption-required",
		[SASL_FAILURE_INCORRECT_ENCODING] = "incorrect-encoding",
		[SASL_FAILURE_INVALID_AUTHZID] = "invalid-authzid",
		[SASL_FAILURE_INVALID_MECHANISM] = "invalid-mechanism",
		[SASL_FAILURE_MALFORMED_REQUEST] = "malformed-request",
		[SASL_FAILURE_MECHANISM_TOO_WEAK] = "mechanism-too-weak",
		[SASL_FAILURE_NOT_AUTHORIZED] = "not-authorized",
		[SASL_FAILURE_TEMPORARY_AUTH_FAILURE] = "temporary-auth-failure",
	};

	return conditions[f];
}

/* What is offered */

static bool list_has(const struct option_list *list, int value)
{
	const int *items = list->items;

	for (size_t i = 0; i < list->count; i++) {
		if (items[i] == value)
			return true;
	}
	return false;
}

/* What the listener does not allow is not offered, and not asked either: a mechanism may serve more methods than one. */
static uint32_t denied_methods(const struct config_listen *listen)
{
	uint32_t denied = 0;

	if (!listen || !listen->limits_auth_methods)
		return 0;
	for (int m = 0; m < CONFIG_AUTH_METHODS; m++) {
		if (!list_has(&listen->allowed_auth_methods, m))
			denied |= 1u << m;
	}
	return denied;
}

static bool fits_connection(const struct mechanism *m, const struct sasl_context *c)
{
	if (m->shows_password)
		return c->is_encrypted;
	if (m->needs == METHOD_CERTIFICATES)
		return c->certificate != NULL;
	if (m->binds && !c->bindings[0].type)
		return false;
	return m->needs != METHOD_KEYS || list_has(&c->asker.auth->hashes, (int)m->hash);
}

static const struct mechanism *find_by_option(struct str option)
{
	for (size_t i = 0; i < MECHANISM_COUNT; i++) {
		if (str_is(option, mechanisms[i].option))
			return &mechanisms[i];
	}
	return NULL;
}

/* In the order of the configuration, which says what is strongest. */
static size_t find_offered(const struct sasl_context *c, const struct config_listen *listen, const struct mechanism **out, size_t max)
{
	const struct option_list *list = &c->asker.auth->sasl_mechanisms;
	const struct str *options = list->items;
	unsigned services = method_services(c->asker.auth, denied_methods(listen));
	size_t count = 0;

	for (size_t i = 0; i < list->count && count < max; i++) {
		const struct mechanism *m = find_by_option(options[i]);

		if (m && (m->needs & services) && fits_connection(m, c))
			out[count++] = m;
	}
	return count;
}

size_t sasl_offered(const struct sasl_context *c, const struct config_listen *listen, const char **names_out, size_t max)
{
	const struct mechanism *offered[MECHANISM_COUNT];
	size_t count = find_offered(c, listen, offered, max < MECHANISM_COUNT ? max : MECHANISM_COUNT);

	for (size_t i = 0; i < count; i++)
		names_out[i] = offered[i]->name;
	return count;
}

static const struct mechanism *find_for_token(const struct sasl_context *c, struct str name)
{
	for (size_t i = 0; i < hashed_token_mechanism_count; i++) {
		if (str_is(name, hashed_token_mechanisms[i].name) && hashed_token_fits(&hashed_token_mechanisms[i], c))
			return &hashed_token_mechanisms[i];
	}
	return NULL;
}

size_t sasl_offered_for_tokens(const struct sasl_context *c, const char **names_out, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < hashed_token_mechanism_count && count < max; i++) {
		if (hashed_token_fits(&hashed_token_mechanisms[i], c))
			names_out[count++] = hashed_token_mechanisms[i].name;
	}
	return count;
}

bool sasl_find_token_use(const struct sasl_context *c, struct str mechanism, struct fast_token_use *out)
{
	const struct mechanism *m = find_for_token(c, mechanism);

	if (m)
		*out = hashed_token_use(m);
	return m != NULL;
}

/* The exchange */

static void copy_strings(struct sasl *s)
{
	if (s->about.announced.data)
		s->about.announced = arena_str(&s->arena, s->about.announced);
	if (s->about.token) {
		struct sasl_token *token = arena_alloc(&s->arena, sizeof(*token));

		*token = *s->about.token;
		token->client = arena_str(&s->arena, token->client);
		s->about.token = token;
	}
	s->about.host = arena_str(&s->arena, s->about.host);
	for (struct sasl_binding *b = s->about.bindings; b->type; b++) {
		b->type = arena_strdup(&s->arena, b->type);
		b->data = arena_str(&s->arena, b->data);
	}
}

struct sasl *sasl_new(const struct sasl_context *c, const struct config_listen *listen, struct str mechanism,
		      void (*on_answer)(void *context, const struct sasl_answer *answer), void *context)
{
	const struct mechanism *offered[MECHANISM_COUNT], *chosen = NULL;
	size_t count = find_offered(c, listen, offered, MECHANISM_COUNT);
	bool offers_binding = false;
	struct sasl *s;

	for (size_t i = 0; i < count; i++) {
		offers_binding |= offered[i]->binds;
		if (str_is(mechanism, offered[i]->name))
			chosen = offered[i];
	}
	if (!chosen && c->token)
		chosen = find_for_token(c, mechanism);
	if (!chosen)
		return NULL;
	s = mem_new(sizeof(*s));
	*s = (struct sasl){.mechanism = chosen, .about = *c, .offers_binding = offers_binding, .on_answer = on_answer, .context = context,
			.began_ms = store_now_ms()};
	s->about.asker.denied = denied_methods(listen);
	arena_init(&s->arena, 0);
	copy_strings(s);
	s->state = arena_alloc(&s->arena, chosen->state_bytes);
	return s;
}

void sasl_step(struct sasl *s, struct str data)
{
	/* Nothing may be said while an answer is awaited, or after the end; whoever lets it through gets a failure, and no second answer. */
	if (s->ticket || s->is_over) {
		mechanism_drop(s);
		mechanism_fail(s, SASL_FAILURE_MALFORMED_REQUEST);
		return;
	}
	/* All mechanisms so far let the client begin; if it has not, it is asked to, once. */
	if (!data.data && !s->has_begun && !s->mechanism->may_say_nothing) {
		s->has_begun = true;
		mechanism_challenge(s, STR_NONE);
		return;
	}
	s->has_begun = true;
	s->mechanism->step(s, data.data ? data : STR(""));
}

struct jid sasl_who(const struct sasl *s)
{
	return s->who;
}

struct jid sasl_claimed(const struct sasl *s)
{
	return s->claimed;
}

int64_t sasl_began_ms(const struct sasl *s)
{
	return s->began_ms;
}

/* Whoever logs in with one has one. */
bool sasl_may_have_token(const struct sasl *s)
{
	const struct method *m = method_find((enum config_auth_method)s->method);

	return !s->mechanism->needs || (m && m->ask[QUESTION_EXISTS] && !m->has_everybody && !m->is_for_strangers);
}

bool sasl_is_guest(const struct sasl *s)
{
	return s->method == CONFIG_AUTH_ANONYMOUS;
}

bool sasl_token_is_due(const struct sasl *s)
{
	return s->token_is_due;
}

void sasl_free(struct sasl **s)
{
	if (!*s)
		return;
	mechanism_drop(*s);
	codec_wipe((*s)->state, (*s)->mechanism->state_bytes);
	arena_fini(&(*s)->arena);
	free(*s);
	*s = NULL;
}
