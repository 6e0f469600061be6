/* RFC 6120 §8.1.1.2 and §8.1.2.2: between servers a stanza always says from whom it is, and for whom */
#include "link/s2s/s2s_stanza.h"

#include "base/metric.h"

enum stream_error s2s_stanza_address(struct stanza *s)
{
	if (!s->has_from || !s->has_to || !stanza_sender(s) || !stanza_address(s))
		return STREAM_ERROR_IMPROPER_ADDRESSING;
	return STREAM_ERROR_NONE;
}

void s2s_stanza_route(struct source *source, struct stanza *s)
{
	metric_add(METRIC_s2s_stanzas_in, 1);
	source_send(source, s, s->from, s->to);
}
