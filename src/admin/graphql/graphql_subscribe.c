#include "admin/graphql/graphql_subscribe.h"

#include <stdlib.h>

#include "admin/graphql/graphql_collect.h"
#include "admin/graphql/graphql_complete.h"
#include "admin/graphql/graphql_error.h"
#include "admin/graphql/graphql_value.h"
#include "base/mem.h"
#include "route/feed.h"

struct graphql_subscription {
	struct graphql_request request;
	struct graphql_subscriber subscriber;
	struct arena arena;
	struct graphql_request_operation asked;
	const struct graphql_field *category, *field;
	struct feed *feed;
	json_t *errors;
	json_t *reply; /* of the operation */
	struct letter letter;
	bool is_started; /* the operation has yet to answer: it needs the feed */
	bool is_wanted;  /* the subscriber has not gone */
};

static void subscription_free(struct graphql_subscription *s)
{
	feed_close(&s->feed);
	json_decref(s->errors);
	json_decref(s->reply);
	json_decref(s->asked.variables);
	arena_fini(&s->arena);
	free(s);
}

void graphql_subscribe_end(struct graphql_subscription **s)
{
	struct graphql_subscription *gone = *s;

	*s = NULL;
	if (!gone)
		return;
	gone->is_wanted = false;
	if (!gone->is_started)
		subscription_free(gone);
}

/* ---- what was asked for ---- */

struct shape {
	struct graphql_collector collector;
	const struct graphql_group *category;
	struct graphql_group *field;
};

/* The selections are collected for each event anew: they live in its arena. The one field of the root is a category, with one field. */
static struct shape shape_of(const struct graphql_subscription *s, struct arena *a)
{
	struct shape shape = {.collector = {s->asked.document, a, s->asked.variables, GRAPHQL_BUDGET}};
	struct graphql_group *root = graphql_collect_root(&shape.collector, s->asked.operation);

	shape.category = root;
	shape.field = root ? graphql_collect(&shape.collector, root) : NULL;
	return shape;
}

static struct str key_of(const struct graphql_group *g)
{
	return g->fields[0]->key;
}

static void complain(struct graphql_subscription *s, const char *code, const char *message)
{
	graphql_error_add(&s->errors, s->asked.operation->place, code, "%s", message);
}

static void check_shape(struct graphql_subscription *s, const struct shape *shape)
{
	if (!shape->category || !shape->field || shape->field->next || str_is(shape->field->fields[0]->name, "__typename")) {
		complain(s, "not_one_subscription", "a subscription asks for one field of one category");
		return;
	}
	s->category = graphql_schema_field(s->request.schema, s->request.schema->subscription, shape->category->fields[0]->name);
	s->field = graphql_schema_field(s->request.schema, s->category->type, shape->field->fields[0]->name);
	if (!graphql_request_allows_category(&s->request, s->category->name))
		graphql_error_add(&s->errors, s->asked.operation->place, "category_disabled", "the category %.*s is disabled here",
				  STR_ARGS(s->category->name));
}

/* NULL with errors. */
static json_t *arguments_of(struct graphql_subscription *s)
{
	json_t *arguments = NULL;
	struct shape shape;
	struct arena a;

	arena_init(&a, 0);
	shape = shape_of(s, &a);
	check_shape(s, &shape);
	if (!s->errors && !graphql_value_arguments(s->field, shape.field->fields[0], s->asked.variables, &arguments, &s->errors))
		arguments = NULL;
	arena_fini(&a);
	return arguments;
}

/* ---- events ---- */

static json_t *wrap(const struct graphql_group *g, json_t *value)
{
	json_t *object = json_object();

	json_object_setn_new(object, key_of(g).data, key_of(g).len, value);
	return object;
}

static void on_event(void *context, json_t *event)
{
	struct graphql_subscription *s = context;
	struct shape shape;
	struct arena a;
	json_t *value;

	arena_init(&a, 0);
	shape = shape_of(s, &a);
	value = graphql_complete(&shape.collector, event, s->field->type, shape.field);
	value = wrap(shape.category, wrap(shape.field, value ? value : json_null()));
	arena_fini(&a);
	json_decref(event);
	s->subscriber.on_event(s->subscriber.context, json_pack("{s:o}", "data", value));
}

static void on_ended(void *context)
{
	struct graphql_subscription *s = context;

	s->subscriber.on_ended(s->subscriber.context);
}

/* ---- the beginning ---- */

static void refuse(struct graphql_subscription *s)
{
	json_t *reply = json_object();

	json_object_set(reply, "errors", s->errors);
	s->subscriber.on_refused(s->subscriber.context, reply);
	subscription_free(s);
}

static void take_errors(struct graphql_subscription *s, const json_t *errors)
{
	for (size_t i = 0; i < json_array_size(errors); i++) {
		const json_t *error = json_array_get(errors, i);
		const char *code = json_string_value(json_object_get(json_object_get(error, "extensions"), "code"));

		complain(s, code ? code : "internal", json_string_value(json_object_get(error, "message")));
	}
}

static void on_answer(struct letter *l)
{
	struct graphql_subscription *s = container_of(l, struct graphql_subscription, letter);

	s->is_started = false;
	if (!s->is_wanted) {
		subscription_free(s);
		return;
	}
	take_errors(s, json_object_get(s->reply, "errors"));
	if (s->errors)
		refuse(s);
	else
		s->subscriber.on_begun(s->subscriber.context);
}

/* On any thread. */
static void on_reply(void *context, json_t *reply)
{
	struct graphql_subscription *s = context;

	s->reply = reply;
	mailbox_post(s->request.home, &s->letter);
}

static void start(struct graphql_subscription *s, const json_t *arguments)
{
	struct feed_listener listener = {
		.home = s->request.home, .peer = s->subscriber.peer, .on_event = on_event, .on_ended = on_ended, .context = s};

	s->feed = feed_new(&listener);
	operations_start(s->request.realm, &(struct operations_request){.operation = s->field->operation,
									.role = s->request.role,
									.domain = s->request.domain,
									.caller = s->request.caller,
									.feed = s->feed,
									.args = arguments,
									.on_reply = on_reply,
									.context = s});
}

struct graphql_subscription *graphql_subscribe(const struct graphql_request *r, const struct graphql_subscriber *subscriber)
{
	struct graphql_subscription *s = mem_new(sizeof(*s));
	json_t *arguments = NULL;

	s->subscriber = *subscriber;
	s->is_started = s->is_wanted = true;
	s->letter.run = on_answer;
	arena_init(&s->arena, 1 << 12);
	s->request = graphql_request_copy(r, &s->arena);
	if (graphql_request_prepare(&s->request, 1 << GRAPHQL_SUBSCRIPTION, &s->arena, &s->asked, &s->errors))
		arguments = arguments_of(s);
	if (arguments)
		start(s, arguments);
	else
		mailbox_post(r->home, &s->letter);
	json_decref(arguments);
	return s;
}
