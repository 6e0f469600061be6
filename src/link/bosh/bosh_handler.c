/* XEP-0124 §4 (HTTP), §7.1 (session creation), §17 (malformed requests) */
#include "link/bosh/bosh_handler.h"

#include "base/limit.h"
#include "conf/handlers.h"
#include "link/bosh/bosh_session.h"
#include "link/c2s/c2s_web.h"
#include "link/entry.h"
#include "link/service.h"

enum { BODY_LIMIT_BYTES = 8 << 20, STATE_TIMEOUT_MS = 30000 };

/* The host of the session; NULL: none that has BOSH. */
static const struct bosh_limits *limits_for(const struct config *c, struct bosh_body *b)
{
	const struct config_host *host = NULL;
	struct str name;

	if (b->to.data && jid_prepare_domain(b->to, &b->arena, &name))
		host = config_find_host(c, name);
	return host ? bosh_limits_of(c, host) : NULL;
}

static void begin(struct c2s_web *web, struct exchange *x, struct bosh_request *r)
{
	const struct bosh_limits *limits = limits_for(web->c2s.base.config, &r->body);
	struct c2s_peer_start start = {.settings = &web->c2s, .address = x->peer, .is_secure = x->is_secure};
	struct service_place *place = x->place;

	if (!limits) {
		bosh_request_refuse(r, 200, "host-unknown");
	} else if (r->body.hold < 1) {
		bosh_request_refuse(r, 200, "undefined-condition");
	} else if (!entry_admit(place, x->peer)) {
		bosh_request_refuse(r, 200, "policy-violation");
	} else {
		bosh_request_keep(r);
		bosh_session_begin(place, &start, limits, r);
	}
}

static enum stream_error read_body(const struct c2s_web *web, const struct exchange *x, struct bosh_body *b)
{
	bool is_logged_in = b->sid.data && bosh_directory_is_logged_in(b->sid);
	enum stream_error e;

	if (!is_logged_in && x->body.len > (size_t)web->c2s.base.config->meerkat.preauth_max_stanza_size)
		e = STREAM_ERROR_POLICY_VIOLATION;
	else
		e = bosh_body_read(b, is_logged_in ? &web->c2s.after_login : &web->c2s.before_login);
	if (e == STREAM_ERROR_POLICY_VIOLATION)
		limit_acted(METRIC_max_stanza_size_exceeded, x->peer);
	return e;
}

static void post(struct c2s_web *web, struct exchange *x)
{
	struct bosh_request *r = bosh_request_new(x);

	if (!bosh_body_init(&r->body, x->body, &web->c2s.before_login)) {
		bosh_request_refuse(r, 400, "bad-request");
		return;
	}
	r->fault = read_body(web, x, &r->body);
	if (r->fault && r->fault != STREAM_ERROR_POLICY_VIOLATION)
		r->status = 400;
	if (r->body.sid.data)
		bosh_request_send(r);
	else if (r->fault)
		bosh_request_refuse(r, r->status, r->status == 400 ? "bad-request" : "policy-violation");
	else
		begin(web, x, r);
}

static void handle(void *instance, struct exchange *x)
{
	if (x->method == HANDLER_POST && x->body.len) {
		post(instance, x);
		return;
	}
	bosh_request_set_headers(x);
	if (x->method == HANDLER_OPTIONS) {
		exchange_answer(x, 200, STR_NONE, STR(""));
	} else if (x->method == HANDLER_GET) {
		exchange_answer(x, 200, STR("text/plain; charset=utf-8"), STR("XMPP clients talk here, over BOSH (XEP-0124).\n"));
	} else if (x->method == HANDLER_POST) {
		exchange_fail(x, 400);
	} else {
		exchange_set_header(x, "allow", STR("GET, HEAD, OPTIONS, POST"));
		exchange_fail(x, 405);
	}
}

static void *create(const struct handler_site *site, struct why *why)
{
	const struct handlers_bosh *o = site->options;
	struct c2s_web_options common = {
		.max_stanza_size = o->max_stanza_size,
		.state_timeout_ms = STATE_TIMEOUT_MS,
		.backwards_compatible_session = true,
		.shaper = o->shaper,
	};

	(void)why;
	return c2s_web_new(site, &bosh_session_carrier, &common);
}

const struct handler bosh_handler = {
	.name = "mongoose_bosh_handler",
	.methods = HANDLER_GET | HANDLER_POST | HANDLER_OPTIONS | HANDLER_PUT | HANDLER_DELETE | HANDLER_PATCH,
	.body_limit_bytes = BODY_LIMIT_BYTES,
	.create = create,
	.destroy = c2s_web_destroy,
	.handle = handle,
};
