/* The method "jwt": the password is a token, which says itself whose it is. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "auth/jwt.h"
#include "auth/method.h"
#include "auth/partner.h"
#include "base/codec.h"
#include "base/log.h"

enum { KEY_BYTES_MAX = 65536 };

/* The key */

static bool is_same(const struct config_auth *a, const struct config_auth *b)
{
	const struct config_auth_jwt *x = a->jwt, *y = b->jwt;

	return str_equal(x->secret_file, y->secret_file) && str_equal(x->secret_env, y->secret_env) &&
	       str_equal(x->secret_value, y->secret_value) && str_equal(x->algorithm, y->algorithm) &&
	       str_equal(x->username_key, y->username_key);
}

static bool read_file(struct str name, struct buf *out, struct why *why)
{
	int file = open(name.data, O_RDONLY | O_CLOEXEC);
	ssize_t got = file < 0 ? -1 : read(file, buf_reserve(out, KEY_BYTES_MAX), KEY_BYTES_MAX);

	if (got < 0)
		err_because(ERR_SYSTEM, why, "auth.jwt.secret.file: \"%.*s\" cannot be read: %s", STR_ARGS(name), strerror(errno));
	else
		buf_claim(out, (size_t)got);
	if (file >= 0)
		close(file);
	return got >= 0;
}

static bool read_secret(const struct config_auth_jwt *j, struct buf *out, struct why *why)
{
	const char *text;

	if (j->secret_file.data)
		return read_file(j->secret_file, out, why);
	if (j->secret_value.data) {
		buf_append_str(out, j->secret_value);
		return true;
	}
	text = secure_getenv(j->secret_env.data);
	if (!text) {
		err_because(ERR_NOT_FOUND, why, "auth.jwt.secret.env: there is no environment variable \"%s\"", j->secret_env.data);
		return false;
	}
	buf_append_text(out, text);
	return true;
}

static bool open_key(struct partner *p, struct why *why)
{
	const struct config_auth_jwt *j = p->auth->jwt;
	struct why reason = {""};
	struct buf secret;

	buf_init(&secret);
	if (read_secret(j, &secret, why)) {
		p->state = jwt_key_new(j->algorithm, buf_str(&secret), j->username_key.data, &reason);
		if (!p->state)
			err_because(ERR_INVALID, why, "auth.jwt.secret: %s", reason.text);
		else if (jwt_key_is_short(p->state))
			log_event(LOG_WARN, "auth", "the secret for tokens is shorter than its hash, which makes it easier to guess",
				  LOG_STR("algorithm", j->algorithm));
	}
	if (secret.data)
		codec_wipe(secret.data, secret.len);
	buf_fini(&secret);
	return p->state != NULL;
}

static void close_key(struct partner *p)
{
	struct jwt_key *k = p->state;

	jwt_key_free(&k);
	p->state = NULL;
}

static struct partner_size size(const struct config_auth *auth)
{
	(void)auth;
	return (struct partner_size){0};
}

static const struct partner_def key = {
	.name = "key for tokens",
	.is_read_again = true,
	.is_same = is_same,
	.size = size,
	.open = open_key,
	.close = close_key,
};

/* Questions */

static bool names_user(struct arena *a, struct str name, struct jid who)
{
	struct str local;

	return jid_prepare_local(name, a, &local) && str_equal(local, jid_local(who));
}

static void verify(struct question *q)
{
	struct arena a;
	struct str name;
	enum jwt_verdict v;
	bool is_right;

	arena_init(&a, 0);
	v = jwt_verify(q->partner->state, q->password, store_now_ms() / 1000, &a, &name);
	is_right = v == JWT_GOOD && names_user(&a, name, q->who);
	arena_fini(&a);
	if (!is_right)
		log_event(LOG_DEBUG, "auth", "token refused", LOG_STR("who", question_owner(q)),
			  LOG_TEXT("why", v == JWT_GOOD ? "the token names somebody else" : jwt_verdict_text(v)));
	q->result = is_right ? ERR_NONE : ERR_ACCESS;
}

static void check_password(struct question *q)
{
	partner_ask(q, &key, verify);
}

/* Whoever signs tokens knows who there is; here everybody might be. */
static void exists(struct question *q)
{
	question_answer_later(q, ERR_NONE);
}

static unsigned serves(const struct config_auth *auth)
{
	(void)auth;
	return METHOD_PASSWORDS;
}

const struct method method_jwt = {
	.serves = serves,
	.ask = {
		[QUESTION_CHECK_PASSWORD] = check_password,
		[QUESTION_EXISTS] = exists,
	},
	.partner = &key,
	.has_everybody = true,
};
