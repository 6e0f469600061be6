#include "admin/web_login.h"

#include <openssl/evp.h>

#include "base/check.h"
#include "base/codec.h"
#include "route/host.h"
#include "route/registry.h"

/* Digests have one length: the time tells nothing about that of the secret either. */
static bool is_same_secret(struct str a, struct str b)
{
	uint8_t one[EVP_MAX_MD_SIZE], other[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	check(EVP_Digest(a.data, a.len, one, &len, EVP_sha256(), NULL) && EVP_Digest(b.data, b.len, other, &len, EVP_sha256(), NULL));
	return codec_equal_in_constant_time(one, other, len);
}

static enum web_login_verdict judge_admin(const struct handlers_credentials *good, struct str user, struct str password)
{
	bool is_user = is_same_secret(user, good->username), is_password = is_same_secret(password, good->password);

	return is_user & is_password ? WEB_LOGIN_GOOD : WEB_LOGIN_BAD;
}

enum web_login_verdict web_login_admin(const struct handlers_credentials *credentials, const struct exchange *x)
{
	enum web_login_verdict verdict = WEB_LOGIN_BAD;
	struct str user, password;
	struct buf kept;

	if (!credentials->username.data)
		return WEB_LOGIN_GOOD;
	if (!exchange_header(x, "authorization").data)
		return WEB_LOGIN_NOBODY;
	buf_init(&kept);
	if (exchange_credentials(x, &kept, &user, &password))
		verdict = judge_admin(credentials, user, password);
	codec_wipe(kept.data, kept.len);
	buf_fini(&kept);
	return verdict;
}

static void on_checked(void *context, enum err e)
{
	struct web_login *l = context;

	if (e == ERR_NONE)
		l->on_done(l, WEB_LOGIN_GOOD);
	else
		l->on_done(l, e == ERR_NOT_FOUND || e == ERR_ACCESS || e == ERR_CLOSED || e == ERR_INVALID ? WEB_LOGIN_BAD : WEB_LOGIN_BUSY);
}

static void start_user(struct web_login *l, struct str user, struct str password)
{
	struct registry *r = registry_current();
	const struct host *host = NULL;
	struct jid who;

	if (jid_parse(&who, user, &l->arena) && who.local_len && jid_is_bare(who))
		host = host_find(r->hosts, jid_domain(who));
	if (!host) {
		l->on_done(l, WEB_LOGIN_BAD);
		return;
	}
	l->caller = arena_str(&l->arena, jid_str(who));
	account_check_password((struct account_asker){.service = &l->realm->accounts,
						      .auth = host->config->auth,
						      .reply_to = r->mailbox,
						      .context = l},
			       who, password, on_checked);
}

void web_login_start(struct web_login *l, const struct exchange *x)
{
	struct str user, password;
	struct buf kept;

	if (l->role != OPERATIONS_USER || !exchange_header(x, "authorization").data) {
		l->on_done(l, l->role == OPERATIONS_USER ? WEB_LOGIN_NOBODY : web_login_admin(l->credentials, x));
		return;
	}
	buf_init(&kept);
	/* After its on_done the login is its owner's. */
	if (exchange_credentials(x, &kept, &user, &password))
		start_user(l, user, password);
	else
		l->on_done(l, WEB_LOGIN_BAD);
	codec_wipe(kept.data, kept.len);
	buf_fini(&kept);
}

void web_login_refuse(struct exchange *x, enum web_login_verdict v)
{
	if (v == WEB_LOGIN_BUSY) {
		exchange_fail(x, 503);
		return;
	}
	exchange_set_header(x, "www-authenticate", STR("Basic realm=\"meerkat\", charset=\"UTF-8\""));
	exchange_fail(x, 401);
}
