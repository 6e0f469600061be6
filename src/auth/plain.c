/* RFC 4616 §2: message = [authzid] NUL authcid NUL passwd. */
#include "auth/plain.h"

#include "base/codec.h"

static bool is_text(struct str s)
{
	return s.len > 0 && codec_utf8_is_valid(s);
}

void plain_step(struct sasl *s, struct str data)
{
	struct str authzid, authcid, password, rest;
	enum sasl_failure failure;
	struct jid who;

	authzid = str_split(data, 0, &rest);
	authcid = str_split(rest, 0, &password);
	if (!is_text(authcid) || !is_text(password) || memchr(password.data, 0, password.len) || !codec_utf8_is_valid(authzid)) {
		mechanism_fail(s, SASL_FAILURE_MALFORMED_REQUEST);
		return;
	}
	failure = mechanism_find_who(s, authcid, authzid, &who);
	if (failure != SASL_FAILURE_NONE)
		mechanism_fail(s, failure);
	else
		account_check_password(mechanism_ask(s), who, password, mechanism_on_checked);
}
