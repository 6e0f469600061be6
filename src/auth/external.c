/* RFC 4422 appendix A: message = [authzid]. XEP-0178 §2: which of the addresses it is. */
#include "auth/external.h"

#include "base/codec.h"

/* ---- ways to find a name: each says who, or that it is not for it to say, or what is wrong ---- */

enum finding { FOUND, NOT_HERE, WRONG };

/* Text as an account of this host. */
static bool is_user(struct sasl *s, struct str text, struct jid *out)
{
	return mechanism_find_who(s, text, STR_NONE, out) == SASL_FAILURE_NONE;
}

/* The same, where only a bare address will do. */
static bool is_address(struct sasl *s, struct str text, struct jid *out)
{
	return str_find_char(text, '@') > 0 && is_user(s, text, out);
}

static enum finding find_address(struct sasl *s, struct str authzid, struct jid *out)
{
	const struct sasl_certificate *c = s->about.certificate;
	struct jid wanted;

	if (c->address_count == 0)
		return NOT_HERE;
	if (authzid.len == 0)
		return c->address_count == 1 && is_address(s, c->addresses[0], out) ? FOUND : WRONG;
	if (!is_address(s, authzid, &wanted))
		return WRONG;
	for (size_t i = 0; i < c->address_count; i++) {
		if (is_address(s, c->addresses[i], out) && jid_equal(*out, wanted))
			return FOUND;
	}
	return WRONG;
}

/* What stands between the prefix and the suffix of the configuration. */
static bool strip(struct str *name, struct str prefix, struct str suffix)
{
	if (name->len <= prefix.len + suffix.len || !str_starts_with(*name, prefix) ||
	    memcmp(name->data + name->len - suffix.len, suffix.data ? suffix.data : "", suffix.len) != 0)
		return false;
	*name = str_make(name->data + prefix.len, name->len - prefix.len - suffix.len);
	return true;
}

static enum finding find_common_name(struct sasl *s, struct str authzid, struct jid *out)
{
	const struct config_auth *auth = s->about.asker.auth;
	const struct sasl_certificate *c = s->about.certificate;
	struct str name;
	struct jid wanted;

	if (c->common_name_count != 1)
		return NOT_HERE;
	name = c->common_names[0];
	if (!strip(&name, auth->common_name.prefix, auth->common_name.suffix) || !is_user(s, name, out))
		return WRONG;
	if (authzid.len > 0 && (!is_address(s, authzid, &wanted) || !jid_equal(wanted, *out)))
		return WRONG;
	return FOUND;
}

/* Whoever has a good certificate may be anybody: for those who give certificates to servers of their own only. */
static enum finding find_request(struct sasl *s, struct str authzid, struct jid *out)
{
	if (s->about.certificate->address_count > 0 || authzid.len == 0)
		return NOT_HERE;
	return is_address(s, authzid, out) ? FOUND : WRONG;
}

static bool lists(const struct config_auth *auth, int way)
{
	const int *ways = auth->sasl_external.items;

	for (size_t i = 0; i < auth->sasl_external.count; i++) {
		if (ways[i] == way)
			return true;
	}
	return false;
}

/* Where addresses are listened to, a certificate that has some is good for these and for nobody else. */
static bool find_who(struct sasl *s, struct str authzid, struct jid *out)
{
	static enum finding (*const find[])(struct sasl *s, struct str authzid, struct jid *out) = {
		[CONFIG_EXTERNAL_STANDARD] = find_address,
		[CONFIG_EXTERNAL_COMMON_NAME] = find_common_name,
		[CONFIG_EXTERNAL_AUTH_ID] = find_request,
	};
	const struct config_auth *auth = s->about.asker.auth;
	const int *ways = auth->sasl_external.items;

	if (lists(auth, CONFIG_EXTERNAL_STANDARD) && s->about.certificate->address_count > 0)
		return find_address(s, authzid, out) == FOUND;
	for (size_t i = 0; i < auth->sasl_external.count; i++) {
		if (find[ways[i]](s, authzid, out) == FOUND)
			return true;
	}
	return false;
}

/* ---- the exchange ---- */

void external_step(struct sasl *s, struct str data)
{
	bool is_text = codec_utf8_is_valid(data) && (data.len == 0 || !memchr(data.data, 0, data.len));
	struct jid who;
	bool is_found = is_text && find_who(s, data, &who);

	/* Not those that were looked at on the way. */
	s->claimed = is_found ? who : JID_NONE;
	if (!is_text)
		mechanism_fail(s, SASL_FAILURE_MALFORMED_REQUEST);
	else if (!is_found)
		mechanism_fail(s, data.len > 0 ? SASL_FAILURE_INVALID_AUTHZID : SASL_FAILURE_NOT_AUTHORIZED);
	else
		account_check_certificate(mechanism_ask(s), who, mechanism_on_checked);
}
