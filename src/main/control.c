#include "main/control.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/mem.h"
#include "link/s2s_probe.h"
#include "main/reload.h"

struct request {
	struct letter letter;
	struct server *server;
	void (*done)(void *context, bool is_applied, struct str report); /* NULL: stop */
	void *context;
};

static void on_request(struct letter *l)
{
	struct request *r = container_of(l, struct request, letter);
	if (!r->done) {
		r->server->stopping = true;
	} else {
		struct buf report;
		buf_init(&report);
		enum err e = r->server->stopping ? ERR_CLOSED : reload_configuration(r->server, &report);
		r->done(r->context, e == ERR_NONE, buf_str(&report));
		buf_fini(&report);
	}
	free(r);
}

static void post(struct server *s, void (*done)(void *, bool, struct str), void *context)
{
	struct request *r = mem_new(sizeof(*r));
	*r = (struct request){.letter.run = on_request, .server = s, .done = done, .context = context};
	mailbox_post(&s->mailbox, &r->letter);
}

static void post_stop(void *context)
{
	post(context, NULL, NULL);
}

static void post_reload(void *context, void (*done)(void *, bool, struct str), void *done_context)
{
	post(context, done, done_context);
}

static void test_domain(struct registry *r, const struct operations_test *t)
{
	s2s_probe_start(r, &(struct s2s_probe_wish){t->from, t->domain, t->on_done, t->context});
}

const struct operations_control *control_of_server(struct server *s)
{
	static struct operations_control control;
	control = (struct operations_control){.context = s, .post_stop = post_stop, .post_reload = post_reload, .test_domain = test_domain};
	return &control;
}
