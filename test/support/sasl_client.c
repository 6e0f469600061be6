#include "support/sasl_client.h"

#include "auth/digest.h"
#include "base/check.h"
#include "base/codec.h"

void sasl_client_init(struct sasl_client *e, struct accounts *a)
{
	*e = (struct sasl_client){.accounts = a};
	e->about.asker = accounts_asker(a);
	e->about.host = STR("example.org");
	e->about.is_encrypted = true;
	arena_init(&e->arena, 0);
}

void sasl_client_fini(struct sasl_client *e)
{
	sasl_free(&e->sasl);
	arena_fini(&e->arena);
}

static void on_answer(void *context, const struct sasl_answer *answer)
{
	struct sasl_client *e = context;

	e->answers++;
	e->result = answer->result;
	e->failure = answer->failure;
	e->data = answer->data.data ? arena_str(&e->arena, answer->data) : STR_NONE;
	e->accounts->answered = true;
}

bool sasl_client_start(struct sasl_client *e, const char *mechanism)
{
	sasl_free(&e->sasl);
	e->sasl = sasl_new(&e->about, &e->listen, str_from(mechanism), on_answer, e);
	return e->sasl != NULL;
}

void sasl_client_step(struct sasl_client *e, struct str data)
{
	e->accounts->answered = false;
	sasl_step(e->sasl, data);
	await(&e->accounts->mailbox, &e->accounts->answered);
}

static struct str attribute(struct str message, char name)
{
	while (message.data) {
		struct str part = str_split(message, ',', &message);

		if (part.len >= 2 && part.data[0] == name && part.data[1] == '=')
			return str_make(part.data + 2, part.len - 2);
	}
	return STR_NONE;
}

static struct str hmac(struct sasl_client *e, struct str key, struct str data)
{
	char *out = arena_alloc(&e->arena, digest_bytes(e->hash));

	digest_hmac(e->hash, key, data, (uint8_t *)out);
	return str_make(out, digest_bytes(e->hash));
}

struct str sasl_client_scram_final(struct sasl_client *e, struct str first_bare, struct str c, const char *password)
{
	struct arena *a = &e->arena;
	size_t len = digest_bytes(e->hash);
	char *salted = arena_alloc(a, len), *stored = arena_alloc(a, len), *without_proof, *message;
	struct str salt, client_key, signature;
	int64_t iterations;

	check(codec_base64_decode(a, attribute(e->data, 's'), &salt));
	check(str_to_int(attribute(e->data, 'i'), 1, INT32_MAX, &iterations));
	digest_pbkdf2(e->hash, str_from(password), salt, (uint32_t)iterations, (uint8_t *)salted);
	client_key = hmac(e, str_make(salted, len), STR("Client Key"));
	digest_make(e->hash, client_key, (uint8_t *)stored);
	without_proof = arena_printf(a, "c=%.*s,r=%.*s", STR_ARGS(c), STR_ARGS(attribute(e->data, 'r')));
	message = arena_printf(a, "%.*s,%.*s,%s", STR_ARGS(first_bare), STR_ARGS(e->data), without_proof);
	signature = hmac(e, str_make(stored, len), str_from(message));
	for (size_t i = 0; i < len; i++)
		stored[i] = (char)(client_key.data[i] ^ signature.data[i]);
	signature = hmac(e, hmac(e, str_make(salted, len), STR("Server Key")), str_from(message));
	e->expected = codec_base64(a, signature.data, len);
	return str_from(arena_printf(a, "%s,p=%.*s", without_proof, STR_ARGS(codec_base64(a, stored, len))));
}

bool sasl_client_scram_is_signed(struct sasl_client *e)
{
	return str_equal(attribute(e->data, 'v'), e->expected);
}

void sasl_client_scram(struct sasl_client *e, const char *gs2_header, struct str binding, const char *name, const char *password)
{
	struct str bare = str_from(arena_printf(&e->arena, "n=%s,r=clientnonce", name));
	struct str bound = str_from(arena_printf(&e->arena, "%s%.*s", gs2_header, STR_ARGS(binding)));

	sasl_client_step(e, str_from(arena_printf(&e->arena, "%s%.*s", gs2_header, STR_ARGS(bare))));
	if (e->result == SASL_CHALLENGE)
		sasl_client_step(e, sasl_client_scram_final(e, bare, codec_base64(&e->arena, bound.data, bound.len), password));
}
