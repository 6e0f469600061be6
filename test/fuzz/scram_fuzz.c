/* What a client may say in SASL, in a whole exchange: the first byte chooses the mechanism, then come messages with newlines between.
 *
 * So that an exchange gets further than its first message, %n in a message stands for the nonce, %p for the proof of the right password.
 * Whatever is said, only one thing may come of it: nobody but alice, by her password, is let in. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "support/sasl_client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {"SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512-PLUS", "SCRAM-SHA-256-PLUS", "PLAIN"};
static const enum config_hash hashes[] = {CONFIG_HASH_SHA1, CONFIG_HASH_SHA256, CONFIG_HASH_SHA512, CONFIG_HASH_SHA256, CONFIG_HASH_SHA1};

static struct accounts accounts;
static struct sasl_client client;

static void finish(void)
{
	sasl_client_fini(&client);
	accounts_fini(&accounts);
}

static void start(void)
{
	accounts_init(&accounts);
	accounts_add(&accounts, "alice@example.org", "secret");
	atexit(finish);
}

/* The parts of the true last message: from `from` to before `to`, or to the end. */
static void append_between(struct buf *out, struct str message, const char *from, const char *to)
{
	const char *begin = memmem(message.data, message.len, from, strlen(from));
	struct str rest = str_make(begin + strlen(from), message.len - (size_t)(begin - message.data) - strlen(from));
	const char *end = to ? memmem(rest.data, rest.len, to, strlen(to)) : NULL;

	buf_append(out, rest.data, end ? (size_t)(end - rest.data) : rest.len);
}

static void expand(struct buf *out, struct str message, struct str true_final)
{
	for (size_t i = 0; i < message.len; i++) {
		char next = message.data[i] == '%' && i + 1 < message.len && true_final.data ? message.data[i + 1] : 0;

		if (next == 'n')
			append_between(out, true_final, ",r=", ",p=");
		else if (next == 'p')
			append_between(out, true_final, ",p=", NULL);
		else
			buf_append_char(out, message.data[i]);
		i += next == 'n' || next == 'p';
	}
}

/* After a challenge with a salt, what a client with the right password would say. */
static struct str make_final(struct str first)
{
	struct str rest = first;
	int64_t iterations;
	const char *at = client.data.data ? memmem(client.data.data, client.data.len, ",i=", 3) : NULL;

	if (client.result != SASL_CHALLENGE || !at ||
	    !str_to_int(str_make(at + 3, client.data.len - (size_t)(at + 3 - client.data.data)), 1, 100, &iterations))
		return STR_NONE;
	str_split(rest, ',', &rest);
	str_split(rest, ',', &rest);
	return sasl_client_scram_final(&client, rest, STR("biws"), "secret");
}

static void say_all(struct str rest)
{
	struct str first = STR_NONE, true_final = STR_NONE;
	struct buf message;
	bool is_over = false;

	buf_init(&message);
	while (rest.data && !is_over) {
		buf_clear(&message);
		expand(&message, str_split(rest, '\n', &rest), true_final);
		if (!true_final.data)
			first = arena_str(&client.arena, buf_str(&message));
		sasl_client_step(&client, message.data ? buf_str(&message) : STR(""));
		is_over = client.result != SASL_CHALLENGE;
		if (client.result == SASL_SUCCESS)
			check(str_is(jid_str(sasl_who(client.sasl)), "alice@example.org"));
		else if (!is_over)
			true_final = make_final(first);
	}
	buf_fini(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t which = size > 0 ? data[0] % (sizeof names / sizeof names[0]) : 0;

	if (size < 2)
		return 0;
	if (!accounts.store)
		start();
	sasl_client_init(&client, &accounts);
	client.hash = hashes[which];
	client.about.bindings[0] = (struct sasl_binding){"tls-exporter", STR("bound")};
	check(sasl_client_start(&client, names[which]));
	say_all(str_make((const char *)data + 1, size - 1));
	sasl_client_fini(&client);
	return 0;
}
