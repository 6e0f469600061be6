#include "xmpp/xerror.h"

#include <stddef.h>

static const char *const stream_conditions[] = {
	[STREAM_ERROR_NONE] = "",
#define STREAM_ERROR(name, condition) [STREAM_ERROR_##name] = condition,
#include "xmpp/xerror.def"
#undef STREAM_ERROR
};

static const char *const stanza_conditions[] = {
	[STANZA_ERROR_NONE] = "",
#define STANZA_ERROR(name, condition, type) [STANZA_ERROR_##name] = condition,
#include "xmpp/xerror.def"
#undef STANZA_ERROR
};

static const char *const stanza_types[] = {
	[STANZA_ERROR_NONE] = "",
#define STANZA_ERROR(name, condition, type) [STANZA_ERROR_##name] = type,
#include "xmpp/xerror.def"
#undef STANZA_ERROR
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const char *xerror_stream_condition(enum stream_error e)
{
	return (size_t)e < COUNT(stream_conditions) ? stream_conditions[e] : "";
}

const char *xerror_stanza_condition(enum stanza_error e)
{
	return (size_t)e < COUNT(stanza_conditions) ? stanza_conditions[e] : "";
}

const char *xerror_stanza_type(enum stanza_error e)
{
	return (size_t)e < COUNT(stanza_types) ? stanza_types[e] : "";
}
