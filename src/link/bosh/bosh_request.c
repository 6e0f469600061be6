#include "link/bosh/bosh_request.h"

#include <stdlib.h>

#include "base/mem.h"
#include "link/bosh/bosh_session.h"
#include "xmpp/ns.h"

#define TYPE STR("text/xml; charset=utf-8")

void bosh_request_set_headers(struct exchange *x)
{
	struct str origin = exchange_header(x, "origin");

	exchange_set_header(x, "access-control-allow-origin", origin.len && x->method == HANDLER_OPTIONS ? origin : STR("*"));
	exchange_set_header(x, "access-control-allow-methods", STR("POST, GET, OPTIONS"));
	exchange_set_header(x, "access-control-allow-headers", STR("content-type"));
	exchange_set_header(x, "access-control-max-age", STR("1728000"));
}

char *bosh_request_terminate_text(const char *condition)
{
	struct buf out;

	buf_init(&out);
	buf_printf(&out, "<body xmlns='" NS_HTTPBIND "' type='terminate' condition='%s'/>", condition);
	buf_append_char(&out, '\0');
	return buf_take(&out, NULL);
}

static void free_request(struct bosh_request *r)
{
	bosh_body_fini(&r->body);
	free(r->answer);
	free(r);
}

/* ---- on the exchange's loop ---- */

static void deliver(struct letter *l)
{
	struct bosh_request *r = container_of(l, struct bosh_request, letter);

	if (r->exchange) {
		bosh_request_set_headers(r->exchange);
		exchange_answer(r->exchange, r->status, TYPE, str_from(r->answer));
	}
	free_request(r);
}

/* Tells a session to look. */
struct notice {
	struct letter letter;
	char sid[BOSH_DIRECTORY_SID_CHARS + 1];
};

static void run_notice(struct letter *l)
{
	struct notice *n = container_of(l, struct notice, letter);
	struct bosh_directory_entry *e;
	bool is_posted;

	e = bosh_directory_find(str_from(n->sid), loop_current(), l, &is_posted);
	if (is_posted)
		return;
	free(n);
	if (e)
		bosh_session_look(e);
}

/* Of a request that begins a session the sid is not known here; its answer comes at once. */
static void on_cancelled(struct exchange_holder *h)
{
	struct bosh_request *r = container_of(h, struct bosh_request, holder);
	struct notice *n;

	r->exchange = NULL;
	atomic_store(&r->is_gone, true);
	if (r->body.sid.len != BOSH_DIRECTORY_SID_CHARS)
		return;
	n = mem_new(sizeof(*n));
	n->letter.run = run_notice;
	memcpy(n->sid, r->body.sid.data, r->body.sid.len);
	mailbox_post(&r->loop->mailbox, &n->letter);
}

struct bosh_request *bosh_request_new(struct exchange *x)
{
	struct bosh_request *r = mem_new(sizeof(*r));

	r->exchange = x;
	r->loop = x->loop;
	r->status = 200;
	r->bytes = x->body.len;
	r->holder.on_cancelled = on_cancelled;
	return r;
}

void bosh_request_refuse(struct bosh_request *r, int status, const char *condition)
{
	char *text = bosh_request_terminate_text(condition);

	bosh_request_set_headers(r->exchange);
	exchange_answer(r->exchange, status, TYPE, str_from(text));
	free(text);
	free_request(r);
}

/* On whichever loop it is: further, or home. */
static void arrive(struct letter *l)
{
	struct bosh_request *r = container_of(l, struct bosh_request, letter);
	struct bosh_directory_entry *e;
	bool is_posted;

	e = bosh_directory_find(r->body.sid, loop_current(), l, &is_posted);
	if (e)
		bosh_session_take(e, r);
	else if (!is_posted)
		bosh_request_answer(r, bosh_request_terminate_text("item-not-found"));
}

void bosh_request_keep(struct bosh_request *r)
{
	exchange_keep(r->exchange, &r->holder);
}

void bosh_request_send(struct bosh_request *r)
{
	bosh_request_keep(r);
	r->letter.run = arrive;
	arrive(&r->letter);
}

/* ---- on the session's loop ---- */

void bosh_request_answer(struct bosh_request *r, char *text)
{
	r->answer = text;
	r->letter.run = deliver;
	if (r->loop == loop_current())
		deliver(&r->letter);
	else
		mailbox_post(&r->loop->mailbox, &r->letter);
}
