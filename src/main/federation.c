#include "main/federation.h"

#include "conf/layout.h"

static bool refuse(const struct config *c, const void *value, const struct why *why, struct buf *report)
{
	config_report(c, value, true, why->text, report);
	return false;
}

bool federation_open(struct server *s, struct buf *report)
{
	struct why why = {""};

	s->resolve = resolve_new(&s->config->meerkat.resolver, &why);
	if (!s->resolve)
		return refuse(s->config, &s->config->file->meerkat.resolver, &why, report);
	s->federation = s2s_new(&s->home, s->resolve, s->config, &why);
	if (!s->federation)
		return refuse(s->config, &s->config->file->s2s, &why, report);
	return s2s_recover(s->federation, &why) == ERR_NONE || refuse(s->config, &s->config->file->meerkat.state_dir, &why, report);
}

void federation_stop(struct server *s)
{
	if (s->federation && s->threads_running)
		s2s_stop(s->federation);
}

int64_t federation_streams(const struct server *s)
{
	return s->federation ? s2s_streams(s->federation) : 0;
}

void federation_free(struct server *s)
{
	s2s_free(&s->federation);
	if (s->resolve)
		resolve_free(&s->resolve);
}

bool federation_prepare(struct server *s, const struct config *c, struct buf *report)
{
	struct why why = {""};

	return s2s_prepare(s->federation, c, &why) || refuse(c, &c->file->s2s, &why, report);
}

void federation_apply(struct server *s)
{
	s2s_apply(s->federation);
}

void federation_cancel(struct server *s)
{
	s2s_cancel(s->federation);
}
