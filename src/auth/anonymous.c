/* RFC 4505 §2: the message is a trace, up to 255 characters, or nothing. XEP-0175: the name is not the client's to choose. */
#include "auth/anonymous.h"

#include "base/codec.h"

enum { NAME_CHARS = 24, TRACE_BYTES_MAX = 4 * 255 };

void anonymous_step(struct sasl *s, struct str data)
{
	char name[NAME_CHARS + 1];

	if (data.len > TRACE_BYTES_MAX || !codec_utf8_is_valid(data)) {
		mechanism_fail(s, SASL_FAILURE_MALFORMED_REQUEST);
		return;
	}
	codec_random_text(name, NAME_CHARS);
	s->method = CONFIG_AUTH_ANONYMOUS;
	mechanism_succeed(s, jid_make(&s->arena, str_make(name, NAME_CHARS), s->about.host, STR_NONE), STR_NONE);
}
