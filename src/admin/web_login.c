#include "admin/web_login.h"

#include <openssl/evp.h>

#include "auth/admission.h"
#include "auth/domain_password.h"
#include "base/check.h"
#include "base/codec.h"
#include "base/limit.h"
#include "base/log.h"
#include "route/host.h"
#include "route/registry.h"

/* ---- how often one may be wrong ---- */

static bool may_try(struct ip peer)
{
	const struct registry *r = registry_current();

	if (admission_may_try(peer, &r->hosts->config->meerkat, timer_now_ms(r->timers)))
		return true;
	limit_acted(METRIC_max_login_failures_refused, peer);
	return false;
}

/* What the address is told. Somebody may have tried many at once: what came out of those beyond the limit is not told. */
static enum web_login_verdict settle(struct ip peer, enum web_login_verdict v)
{
	const struct registry *r = registry_current();
	char ip[IP_TEXT_MAX];

	if (v == WEB_LOGIN_GOOD)
		return may_try(peer) ? v : WEB_LOGIN_LATER;
	if (v != WEB_LOGIN_BAD)
		return v;
	metric_add(METRIC_http_logins_failed, 1);
	log_event(LOG_INFO, "http", "login failed", LOG_TEXT("peer", ip_format(peer, false, ip)));
	v = may_try(peer) ? v : WEB_LOGIN_LATER;
	admission_fail(peer, &r->hosts->config->meerkat, timer_now_ms(r->timers));
	return v;
}

/* ---- administrators ---- */

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

	return (is_user & is_password) ? WEB_LOGIN_GOOD : WEB_LOGIN_BAD;
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
	if (!may_try(x->peer))
		return WEB_LOGIN_LATER;
	buf_init(&kept);
	if (exchange_credentials(x, &kept, &user, &password))
		verdict = judge_admin(credentials, user, password);
	codec_wipe(kept.data, kept.len);
	buf_fini(&kept);
	return settle(x->peer, verdict);
}

/* ---- those whose passwords are in the store ---- */

static void conclude(struct web_login *l, enum web_login_verdict v)
{
	l->on_done(l, settle(l->peer, v));
}

static void on_checked(void *context, enum err e)
{
	if (e == ERR_NONE)
		conclude(context, WEB_LOGIN_GOOD);
	else if (e == ERR_NOT_FOUND || e == ERR_ACCESS || e == ERR_CLOSED || e == ERR_INVALID)
		conclude(context, WEB_LOGIN_BAD);
	else
		conclude(context, WEB_LOGIN_BUSY);
}

static void check_user(struct web_login *l, const struct host *host, struct jid who, struct str password)
{
	l->caller = arena_str(&l->arena, jid_str(who));
	account_check_password((struct account_asker){.service = &l->realm->accounts,
						      .auth = host->config->auth,
						      .reply_to = registry_current()->mailbox,
						      .context = l},
			       who, password, on_checked);
}

static void check_domain_admin(struct web_login *l, const struct host *host, struct str password)
{
	l->domain = arena_str(&l->arena, host->name);
	domain_password_check((struct domain_password_asker){.service = &l->realm->accounts,
							     .reply_to = registry_current()->mailbox,
							     .iterations = (uint32_t)host->config->auth->scram_iterations,
							     .context = l},
			      l->domain, password, on_checked);
}

static void check_address(struct web_login *l, struct str user, struct str password)
{
	const struct host *host = NULL;
	struct jid who;

	if (jid_parse(&who, user, &l->arena) && who.local_len && jid_is_bare(who))
		host = host_find(registry_current()->hosts, jid_domain(who));
	if (host && l->role == OPERATIONS_USER)
		check_user(l, host, who, password);
	else if (host && str_is(jid_local(who), "admin"))
		check_domain_admin(l, host, password);
	else
		conclude(l, WEB_LOGIN_BAD);
}

static void check_credentials(struct web_login *l, const struct exchange *x)
{
	struct str user, password;
	struct buf kept;

	buf_init(&kept);
	/* After its on_done the login is its owner's. */
	if (exchange_credentials(x, &kept, &user, &password))
		check_address(l, user, password);
	else
		conclude(l, WEB_LOGIN_BAD);
	codec_wipe(kept.data, kept.len);
	buf_fini(&kept);
}

void web_login_start(struct web_login *l, const struct exchange *x)
{
	l->peer = x->peer;
	if (l->role == OPERATIONS_ADMIN)
		l->on_done(l, web_login_admin(l->credentials, x));
	else if (!exchange_header(x, "authorization").data)
		l->on_done(l, WEB_LOGIN_NOBODY);
	else if (!may_try(l->peer))
		l->on_done(l, WEB_LOGIN_LATER);
	else
		check_credentials(l, x);
}

/* ---- refusing ---- */

void web_login_refuse(struct exchange *x, enum web_login_verdict v)
{
	if (v == WEB_LOGIN_BUSY) {
		exchange_fail(x, 503);
	} else if (v == WEB_LOGIN_LATER) {
		exchange_set_header(x, "retry-after", STR("60"));
		exchange_fail(x, 429);
	} else {
		exchange_set_header(x, "www-authenticate", STR("Basic realm=\"meerkat\", charset=\"UTF-8\""));
		exchange_fail(x, 401);
	}
}
