#include "admin/graphql/graphql_console.h"

#include <stdlib.h>

#include "admin/graphql/graphql_endpoint.h"
#include "admin/graphql/graphql_error.h"
#include "admin/graphql/graphql_execute.h"
#include "base/list.h"
#include "base/mem.h"
#include "route/registry.h"

struct asked {
	struct letter letter;
	struct graphql_request request;
	json_t *body; /* of its own: what the request points into */
	void (*on_reply)(void *context, json_t *reply);
	void *context;
};

static void on_done(void *context, bool is_valid, json_t *reply)
{
	struct asked *a = context;

	(void)is_valid;
	a->on_reply(a->context, reply);
	json_decref(a->body);
	free(a);
}

static void on_letter(struct letter *l)
{
	struct asked *a = container_of(l, struct asked, letter);

	graphql_execute(&a->request, false, on_done, a);
}

static json_t *refusal(const char *objection)
{
	json_t *errors = NULL;

	graphql_error_add(&errors, (struct graphql_place){0, 0}, "bad_request", "%s", objection);
	return json_pack("{s:o}", "errors", errors);
}

void graphql_console_post(struct realm *realm, const struct graphql_schema *schema, const json_t *request,
			  void (*on_reply)(void *context, json_t *reply), void *context)
{
	const char *objection = graphql_endpoint_objection(request);
	struct asked *a;

	if (objection) {
		on_reply(context, refusal(objection));
		return;
	}
	a = mem_new(sizeof(*a));
	*a = (struct asked){.letter.run = on_letter, .body = json_deep_copy(request), .on_reply = on_reply, .context = context};
	a->request = (struct graphql_request){.schema = schema,
					      .realm = realm,
					      .home = realm->registries[0]->mailbox,
					      .role = OPERATIONS_ADMIN,
					      .is_authorized = true,
					      .domain = STR(""),
					      .caller = STR("")};
	graphql_endpoint_fill(&a->request, a->body);
	mailbox_post(a->request.home, &a->letter);
}
