/* XEP-0198 §3 (enabling), §4 (acknowledgements), §5 (resumption) */
#include "route/resumption_stream.h"

#include <stdio.h>

#include "base/limit.h"
#include "route/former.h"
#include "route/host.h"
#include "route/resumption.h"
#include "xmpp/ns.h"

#define FAILED(condition) "<failed xmlns='" NS_SM "'><" condition " xmlns='" NS_STANZA_ERROR "'/></failed>"

static void answer(struct session *s, const char *xml)
{
	if (s->outlet)
		s->outlet->ops->write(s->outlet, str_from(xml));
}

static bool read_count(const struct stanza *e, const struct node *node, const char *name, int64_t *out)
{
	struct arena a;
	bool is_count;

	arena_init(&a, 0);
	is_count = str_to_int(node_attribute(e, node, name, &a), 0, UINT32_MAX, out);
	arena_fini(&a);
	return is_count;
}

static bool is_true(const struct stanza *e, const struct node *node, const char *name)
{
	struct str raw = node_attribute_raw(e, node, name);

	return str_is(raw, "true") || str_is(raw, "1");
}

static enum resumption_stream too_high(const struct resumption *r, int64_t h, struct resumption_stream_error *out)
{
	out->error = STREAM_ERROR_UNDEFINED_CONDITION;
	out->text = "More was acknowledged than was sent";
	snprintf(out->detail, sizeof(out->detail), "<handled-count-too-high xmlns='" NS_SM "' h='%u' send-count='%u'/>", (uint32_t)h,
		 r->out.sent);
	return RESUMPTION_STREAM_FAILS;
}

/* ---- on the stream of a session ---- */

static int64_t timeout_of(const struct stanza *e, const struct node *node, const struct resumption_rules *rules)
{
	int64_t wish;

	if (!rules->buffer || !is_true(e, node, "resume"))
		return 0;
	return read_count(e, node, "max", &wish) && wish > 0 && wish < rules->resume_timeout_s ? wish : rules->resume_timeout_s;
}

static void start(struct session *s, const struct stanza *e, const struct node *node, struct writer *w)
{
	const struct module *m = s->user->host->resumption;

	resumption_start(s, m->options, timeout_of(e, node, m->options));
	writer_open(w, "enabled", NS_SM);
	if (s->resumption->timeout_s > 0) {
		writer_attribute_text(w, "id", s->resumption->id);
		writer_attribute_text(w, "resume", "true");
		writer_attribute_int(w, "max", s->resumption->timeout_s);
	}
	writer_close(w);
}

void resumption_stream_enable(struct session *s, const struct stanza *e, const struct node *node, struct writer *w)
{
	if (!s->resumption && s->user->host->resumption)
		start(s, e, node, w);
	else
		writer_raw(w, STR(FAILED("unexpected-request")));
}

static enum resumption_stream take_enable(struct session *s, const struct stanza *e)
{
	struct writer w;
	struct buf xml;

	if (s->resumption) {
		answer(s, FAILED("unexpected-request"));
		return RESUMPTION_STREAM_ENDS;
	}
	if (!s->user->host->resumption) {
		answer(s, FAILED("feature-not-implemented"));
		return RESUMPTION_STREAM_GOES_ON;
	}
	buf_init(&xml);
	writer_init(&w, &xml);
	start(s, e, node_root(e), &w);
	if (s->outlet)
		s->outlet->ops->write(s->outlet, buf_str(&xml));
	buf_fini(&xml);
	return RESUMPTION_STREAM_GOES_ON;
}

static enum resumption_stream take_acknowledgement(struct session *s, const struct stanza *e, struct resumption_stream_error *out)
{
	int64_t h;

	if (!s->resumption)
		return RESUMPTION_STREAM_GOES_ON;
	if (!read_count(e, node_root(e), "h", &h)) {
		*out = (struct resumption_stream_error){STREAM_ERROR_POLICY_VIOLATION, "An acknowledgement needs a count", ""};
		return RESUMPTION_STREAM_FAILS;
	}
	/* If it is wrong, nothing has happened. */
	return resumption_acknowledge(s->resumption, (uint32_t)h) ? RESUMPTION_STREAM_GOES_ON : too_high(s->resumption, h, out);
}

enum resumption_stream resumption_stream_take(struct session *s, const struct stanza *e, struct resumption_stream_error *out)
{
	struct str name = node_name(e, node_root(e));

	if (!s->user || !str_is(node_ns(e, node_root(e)), NS_SM))
		return RESUMPTION_STREAM_GOES_ON;
	if (str_is(name, "a"))
		return take_acknowledgement(s, e, out);
	if (str_is(name, "enable"))
		return take_enable(s, e);
	if (str_is(name, "r") && s->resumption)
		resumption_ask(s->resumption);
	else if (str_is(name, "resume"))
		answer(s, FAILED("unexpected-request"));
	return RESUMPTION_STREAM_GOES_ON;
}

/* ---- before there is one ---- */

static enum resumption_stream refuse(const struct resumption_stream_claim *c, struct str xml)
{
	limit_acted(METRIC_resumptions_refused, c->peer);
	c->outlet->ops->claimed(c->outlet, NULL, xml);
	return RESUMPTION_STREAM_GOES_ON;
}

static struct resumption *find(struct registry *r, struct jid who, struct str id)
{
	struct user *u = registry_find_user(r, jid_bare_str(who));

	if (!u || id.len != RESUMPTION_ID_CHARS)
		return NULL;
	list_each(link, &u->sessions) {
		struct resumption *found = container_of(link, struct session, link)->resumption;

		if (found && str_is(id, found->id))
			return found;
	}
	return NULL;
}

static enum resumption_stream refuse_unknown(struct registry *r, const struct resumption_stream_claim *c, struct str id)
{
	char text[256];
	uint32_t handled;

	if (!former_find(r, id, c->who, &handled))
		return refuse(c, STR(FAILED("item-not-found")));
	snprintf(text, sizeof(text), "<failed xmlns='" NS_SM "' h='%u'><item-not-found xmlns='" NS_STANZA_ERROR "'/></failed>", handled);
	return refuse(c, str_from(text));
}

static enum resumption_stream resume(struct resumption *r, const struct resumption_stream_claim *c, int64_t h,
				     struct resumption_stream_error *out)
{
	if (!resumption_acknowledge(r, (uint32_t)h))
		return too_high(r, h, out);
	r->session->peer = c->peer;
	r->session->is_secure = c->is_secure;
	resumption_attach(r, c->outlet);
	return RESUMPTION_STREAM_GOES_ON;
}

enum resumption_stream resumption_stream_claim(struct registry *r, const struct resumption_stream_claim *c,
						struct resumption_stream_error *out)
{
	const struct host *host = host_find(r->hosts, jid_domain(c->who));
	bool was_running = registry_hold(r); /* the session stays until it is done */
	enum resumption_stream result;
	struct arena a;
	struct str id;
	int64_t h;

	arena_init(&a, 0);
	id = node_attribute(c->request, node_root(c->request), "previd", &a);
	if (!host || !host->resumption) {
		result = refuse(c, STR(FAILED("feature-not-implemented")));
	} else if (!read_count(c->request, node_root(c->request), "h", &h)) {
		result = refuse(c, STR(FAILED("bad-request")));
	} else {
		struct resumption *found = find(r, c->who, id);

		result = found ? resume(found, c, h, out) : refuse_unknown(r, c, id);
	}
	arena_fini(&a);
	registry_let_run(r, was_running);
	return result;
}
