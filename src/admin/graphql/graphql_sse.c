/* As MongooseIM has it: GET only, and credentials are needed where there can be any. */
#include "admin/graphql/graphql_sse.h"

#include <stdlib.h>

#include "admin/graphql/graphql_subscribe.h"
#include "base/mem.h"
#include "http/event_stream.h"
#include "route/registry.h"

enum { PING_MS = 30 * 1000 };

struct listening {
	struct graphql_endpoint_ask ask;
	struct graphql_subscription *subscription; /* NULL: not asked yet, or refused */
	struct event_stream *events;               /* NULL: not begun, or over */
};

static void listening_free(struct listening *l)
{
	graphql_subscribe_end(&l->subscription);
	event_stream_stop(&l->events);
	graphql_endpoint_ask_end(&l->ask);
	free(l);
}

/* ---- events ---- */

static void on_event(void *context, json_t *event)
{
	struct listening *l = context;
	char *text = json_dumps(event, JSON_COMPACT);

	event_stream_send(l->events, &(struct event_stream_event){.data = str_from(text)});
	free(text);
	json_decref(event);
}

static void on_source_ended(void *context)
{
	listening_free(context);
}

static void on_stream_ended(void *context, enum event_stream_reason reason)
{
	struct listening *l = context;

	(void)reason;
	l->events = NULL;
	listening_free(l);
}

/* ---- the beginning ---- */

static void on_refused(void *context, json_t *reply)
{
	struct listening *l = context;

	l->subscription = NULL;
	if (l->ask.exchange)
		graphql_endpoint_answer(l->ask.exchange, 400, reply);
	json_decref(reply);
	listening_free(l);
}

static void on_begun(void *context)
{
	struct listening *l = context;
	struct exchange *x = l->ask.exchange;
	struct event_stream_settings settings = {.ping_ms = PING_MS,
						 .idle_ms = l->ask.endpoint->idle_ms,
						 .queue_limit_bytes = (size_t)registry_current()->hosts->config->meerkat.max_output_bytes,
						 .on_ended = on_stream_ended,
						 .context = l};

	l->ask.exchange = NULL;
	if (x)
		l->events = event_stream_start(x, &settings);
	if (!l->events)
		listening_free(l);
}

static void subscribe(struct listening *l)
{
	struct graphql_request r = graphql_endpoint_request(&l->ask, true);

	l->subscription = graphql_subscribe(&r, &(struct graphql_subscriber){.peer = l->ask.exchange->peer,
									     .on_refused = on_refused,
									     .on_begun = on_begun,
									     .on_event = on_event,
									     .on_ended = on_source_ended,
									     .context = l});
}

static void on_login(struct web_login *login, enum web_login_verdict v)
{
	struct listening *l = container_of(login, struct listening, ask.login);

	if (l->ask.exchange && v == WEB_LOGIN_GOOD) {
		subscribe(l);
		return;
	}
	if (l->ask.exchange)
		web_login_refuse(l->ask.exchange, v);
	listening_free(l);
}

void graphql_sse_handle(struct graphql_endpoint *e, struct exchange *x)
{
	json_t *request;
	const char *objection;
	struct listening *l;

	if (x->method != HANDLER_GET) {
		exchange_set_header(x, "allow", STR("GET, HEAD, OPTIONS"));
		exchange_fail(x, 405);
		return;
	}
	request = graphql_endpoint_read_parameters(x);
	objection = graphql_endpoint_objection(request);
	if (objection) {
		json_decref(request);
		graphql_endpoint_refuse(x, objection);
		return;
	}
	l = mem_new(sizeof(*l));
	graphql_endpoint_ask_begin(&l->ask, e, x, request, on_login);
}
