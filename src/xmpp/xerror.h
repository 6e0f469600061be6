/* xerror: the errors RFC 6120 defines for streams (§4.9.3) and stanzas (§8.3.3), from xerror.def. Threads: any. */
#ifndef MEERKAT_XMPP_XERROR_H
#define MEERKAT_XMPP_XERROR_H

enum stream_error {
	STREAM_ERROR_NONE,
#define STREAM_ERROR(name, condition) STREAM_ERROR_##name,
#include "xmpp/xerror.def"
#undef STREAM_ERROR
};

enum stanza_error {
	STANZA_ERROR_NONE,
#define STANZA_ERROR(name, condition, type) STANZA_ERROR_##name,
#include "xmpp/xerror.def"
#undef STANZA_ERROR
};

/* The element name of the condition; "" for NONE. */
const char *xerror_stream_condition(enum stream_error e);
const char *xerror_stanza_condition(enum stanza_error e);
/* "auth", "cancel", "modify" or "wait". */
const char *xerror_stanza_type(enum stanza_error e);

#endif
