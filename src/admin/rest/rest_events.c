#include "admin/rest/rest_events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "admin/rest/rest_answer.h"
#include "base/mem.h"
#include "http/event_stream.h"
#include "route/feed.h"
#include "route/registry.h"
#include "store/store.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"

enum { PING_MS = 30 * 1000, QUEUE_BYTES = 1024 * 1024 };

struct listening {
	struct exchange_holder holder;
	struct exchange *exchange; /* until the stream begins; NULL: the client went away */
	struct rest_match match;
	struct mailbox *home;
	struct feed *feed;
	struct event_stream *events; /* NULL: not begun, or over */
	int64_t count;               /* of events */
	struct letter letter;
	json_t *reply;
};

static void listening_free(struct listening *l)
{
	feed_close(&l->feed);
	event_stream_stop(&l->events);
	json_decref(l->reply);
	free(l);
}

/* ---- an event ---- */

static void set_text(json_t *object, const char *name, struct str text)
{
	if (text.data)
		json_object_set_new(object, name, json_stringn(text.data, text.len));
}

static void describe_thread(const struct stanza *s, struct arena *a, json_t *out)
{
	const struct node *thread = node_find_child(s, node_root(s), "thread", NS_CLIENT);

	if (!thread)
		return;
	set_text(out, "thread", node_text(s, thread, a));
	set_text(out, "parent", node_attribute(s, thread, "parent", a));
}

static json_t *describe(const struct stanza *s, int64_t now_us)
{
	static const char *const attributes[] = {"from", "to", "id"};
	const struct node *body = node_find_child(s, node_root(s), "body", NS_CLIENT);
	json_t *out = NULL;
	struct arena a;

	if (s->kind != STANZA_MESSAGE || s->type != STANZA_TYPE_CHAT || !body)
		return NULL;
	arena_init(&a, 0);
	out = json_pack("{s:I}", "timestamp", (json_int_t)now_us);
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		set_text(out, attributes[i], node_attribute(s, node_root(s), attributes[i], &a));
	set_text(out, "body", node_text(s, body, &a));
	describe_thread(s, &a, out);
	arena_fini(&a);
	return out;
}

json_t *rest_events_describe(const json_t *event, int64_t now_us)
{
	const json_t *xml = json_object_get(event, "stanza");
	struct stanza *s = NULL;
	json_t *out;

	if (json_is_string(xml))
		s = stanza_try_from_text(str_make(json_string_value(xml), json_string_length(xml)), NS_CLIENT);
	if (!s)
		return NULL;
	out = describe(s, now_us);
	stanza_unref(&s);
	return out;
}

static void on_event(void *context, json_t *event)
{
	struct listening *l = context;
	json_t *told = rest_events_describe(event, store_now_ms() * 1000);
	char *text = told ? json_dumps(told, JSON_COMPACT) : NULL, id[24];

	if (text) {
		int len = snprintf(id, sizeof(id), "%" PRId64, ++l->count);

		event_stream_send(l->events, &(struct event_stream_event){
						     .type = STR("message"), .id = str_make(id, (size_t)len), .data = str_from(text)});
	}
	free(text);
	json_decref(told);
	json_decref(event);
}

/* ---- the end ---- */

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

static void on_cancelled(struct exchange_holder *h)
{
	container_of(h, struct listening, holder)->exchange = NULL;
}

/* ---- the beginning ---- */

static void begin(struct listening *l)
{
	struct exchange *x = l->exchange;

	l->exchange = NULL;
	l->events = event_stream_start(x, &(struct event_stream_settings){
						  .ping_ms = PING_MS, .queue_limit_bytes = QUEUE_BYTES, .on_ended = on_stream_ended, .context = l});
	if (!l->events)
		listening_free(l);
}

static void on_letter(struct letter *letter)
{
	struct listening *l = container_of(letter, struct listening, letter);

	if (l->exchange && json_object_get(l->reply, "data")) {
		begin(l);
		return;
	}
	if (l->exchange)
		rest_answer_reply(l->exchange, &l->match, l->reply, NULL);
	listening_free(l);
}

/* On any thread. */
static void on_reply(void *context, json_t *reply)
{
	struct listening *l = context;

	l->reply = reply;
	mailbox_post(l->home, &l->letter);
}

void rest_events_start(struct exchange *x, const struct rest_events_request *r)
{
	struct listening *l = mem_new(sizeof(*l));

	/* Its path has no variables, so that the copy needs nothing of the request. */
	*l = (struct listening){.holder.on_cancelled = on_cancelled,
				.exchange = x,
				.match = *r->match,
				.home = registry_current()->mailbox,
				.letter.run = on_letter};
	exchange_keep(x, &l->holder);
	l->feed = feed_new(&(struct feed_listener){
		.home = l->home, .peer = x->peer, .on_event = on_event, .on_ended = on_source_ended, .context = l});
	operations_start(r->realm, &(struct operations_request){.operation = l->match.operation,
								.role = OPERATIONS_USER,
								.caller = r->caller,
								.feed = l->feed,
								.on_reply = on_reply,
								.context = l});
}
