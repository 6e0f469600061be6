/* XEP-0478: what a client may send. How long it may be silent is not said: an open stream has no such limit. */
#include <stdio.h>

#include "stream/feature.h"
#include "stream/negotiation.h"
#include "xmpp/ns.h"

static int64_t max_bytes(const struct stream *s)
{
	int64_t after = s->rules->listen->max_stanza_size, before = s->negotiation->config->meerkat.preauth_max_stanza_size;

	return s->is_logged_in || after < before ? after : before;
}

static void write_limits(struct stream *s, struct writer *w)
{
	int64_t max = max_bytes(s);
	char text[24];

	if (max == OPTION_INFINITY)
		return;
	snprintf(text, sizeof(text), "%lld", (long long)max);
	writer_open(w, "limits", NS_STREAM_LIMITS);
	writer_leaf(w, "max-bytes", NULL, str_from(text));
	writer_close(w);
}

const struct feature feature_limits = {
	.name = "limits",
	.forbids = FEATURE_TLS_DUE,
	.write = write_limits,
};
