#include "stream/revoked.h"

#include "auth/revocation.h"
#include "stream/negotiation.h"

bool revoked_since_login(const struct stream *s)
{
	const struct stream_negotiation *n = s->negotiation;

	return revocation_came(s->rules->accounts->revocations, jid_bare_str(n->who), n->login_mark);
}
