/* fake_link: a stream over nothing: what it sends is collected, what it wants is noted. */
#ifndef MEERKAT_TEST_FAKE_LINK_H
#define MEERKAT_TEST_FAKE_LINK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stream/stream.h"
#include "xmpp/ns.h"
#include "xmpp/parser.h"

struct fake {
	struct stream stream;
	struct parser parser;
	struct parser_limits limits;
	struct stream_place place;
	struct stream_link link;
	struct stream_rules rules;
	struct config_listen listen;
	struct config config;
	struct config_host hosts[2];
	struct config_module module_names[4];
	struct config_host_module modules[4];
	struct config_auth auth;
	struct account_service accounts;
	struct mailbox mailbox;
	struct buf scratch, out, kept;
	uint64_t now_ms;
	bool is_paused, has_ended, was_dropped, in_tls, was_bound, answers_queries_later, logs_in;
	enum stanza_error bind_error;
	struct str ids[8]; /* of the headers sent */
	int id_count;
	bool was_claimed;
};

static struct fake *fake_of(struct stream *s)
{
	return (struct fake *)(void *)s; /* the first member */
}

static void fake_send(struct stream *s, struct str xml)
{
	assert_false(fake_of(s)->has_ended);
	buf_append_str(&fake_of(s)->out, xml);
}

static void fake_send_header(struct stream *s, const struct stream_header *h)
{
	struct fake *f = fake_of(s);
	struct buf *out = &f->out;

	assert_true(h->id.len >= 26);
	f->ids[f->id_count++] = str_make(str_dup(h->id), h->id.len);
	buf_printf(out, "<?xml version='1.0'?><stream:stream from='%.*s'", STR_ARGS(h->from));
	if (h->to.len)
		buf_printf(out, " to='%.*s'", STR_ARGS(h->to));
	buf_printf(out, " lang='%.*s'>", STR_ARGS(h->language));
}

static void fake_end(struct stream *s)
{
	fake_send(s, STR("</stream:stream>"));
	fake_of(s)->has_ended = true;
}

static void fake_drop(struct stream *s)
{
	fake_of(s)->has_ended = fake_of(s)->was_dropped = true;
}

static void fake_pause(struct stream *s)
{
	assert_false(fake_of(s)->is_paused);
	fake_of(s)->is_paused = true;
}

static void fake_resume(struct stream *s)
{
	assert_true(fake_of(s)->is_paused);
	fake_of(s)->is_paused = false;
}

static void fake_restart(struct stream *s)
{
	parser_restart(&fake_of(s)->parser);
}

static void fake_start_tls(struct stream *s)
{
	fake_of(s)->in_tls = true;
}

static bool fake_binding(struct stream *s, const char *type, struct buf *out)
{
	(void)s;
	buf_append_text(out, "binding data");
	return str_is(STR("tls-exporter"), type);
}

static void fake_on_login(struct stream *s, bool has_succeeded)
{
	fake_of(s)->logs_in = has_succeeded;
}

static bool fake_login_query(struct stream *s, const struct stanza *iq)
{
	const struct node *payload = stanza_payload(iq);

	if (!payload || !node_is(iq, payload, "query", NS_REGISTER))
		return false;
	if (!fake_of(s)->answers_queries_later)
		stream_answer_query(s, STR("<iq type='result' id='r'/>"));
	return true;
}

static void fake_write_features(struct stream *s, struct writer *w, bool is_logged_in)
{
	(void)s;
	writer_empty(w, is_logged_in ? "ver" : "register", "urn:example");
}

static void fake_bind(struct stream *s, struct jid address)
{
	struct fake *f = fake_of(s);

	f->was_bound = true;
	assert_true(address.resource_len > 0);
	if (f->bind_error)
		stream_refuse_bind(s, f->bind_error);
	else
		stream_bound(s);
}

static void fake_write_inline(struct stream *s, struct writer *w)
{
	(void)s;
	writer_open(w, "feature", NULL);
	writer_attribute_text(w, "var", "urn:example");
	writer_close(w);
}

static void fake_write_bound(struct stream *s, const struct stanza *request, const struct node *bind, struct writer *w)
{
	assert_true(fake_of(s)->was_bound && node_is(request, bind, "bind", NS_BIND2));
	if (node_find_child(request, bind, "enable", "urn:example"))
		writer_empty(w, "enabled", "urn:example");
}

static void fake_claim(struct stream *s)
{
	const struct stanza *request = stream_claim(s);

	assert_true(request && node_is(request, node_root(request), "resume", NS_SM));
	fake_of(s)->was_claimed = true;
}

static void fake_take(struct stream *s, struct stanza *e)
{
	fake_send(s, STR("[taken]"));
	stanza_unref(&e);
}

static const struct stream_link fake_link = {
	.send_header = fake_send_header, .send = fake_send, .end = fake_end, .drop = fake_drop, .pause = fake_pause,
	.resume = fake_resume, .restart = fake_restart, .start_tls = fake_start_tls, .binding = fake_binding,
	.on_login = fake_on_login, .login_query = fake_login_query, .write_features = fake_write_features, .write_inline = fake_write_inline,
	.write_bound = fake_write_bound, .bind = fake_bind, .claim = fake_claim, .take = fake_take,
};

#endif
