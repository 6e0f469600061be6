#include "main/control.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/mem.h"
#include "link/s2s/s2s_probe.h"
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

/* ---- looking ---- */

struct look {
	struct letter letter;
	struct server *server;
	void (*done)(void *context, const struct operations_view *view);
	void *context;
};

static struct operations_listener look_at(const struct server *s, int i)
{
	struct listener_counts counts = service_get_counts(s->services[i]);
	struct operations_listener l = {
		.kind = service_kind(s->services[i])->name,
		.listen = s->config->listeners[i],
		.port = service_port(s->services[i]),
		.connections = counts.connections,
		.max_connections = counts.max_connections,
		.accepted = counts.accepted,
		.refused = counts.refused,
	};

	l.has_certificate = service_certificate_days(s->services[i], &l.certificate_days);
	return l;
}

static void on_look(struct letter *letter)
{
	struct look *l = container_of(letter, struct look, letter);
	struct server *s = l->server;
	struct operations_listener listeners[CONFIG_LISTENERS_MAX];
	struct operations_view view = {.listeners = listeners, .listener_count = (size_t)s->service_count};

	for (int i = 0; i < s->service_count; i++)
		listeners[i] = look_at(s, i);
	view.reloaded_ms = s->reloaded.at_ms;
	view.is_reload_applied = s->reloaded.is_applied;
	view.reload_report = buf_str(&s->reloaded.report);
	l->done(l->context, &view);
	free(l);
}

static void post_look(void *context, void (*done)(void *, const struct operations_view *), void *done_context)
{
	struct server *s = context;
	struct look *l = mem_new(sizeof(*l));

	*l = (struct look){.letter.run = on_look, .server = s, .done = done, .context = done_context};
	mailbox_post(&s->mailbox, &l->letter);
}

static void test_domain(struct registry *r, const struct operations_test *t)
{
	s2s_probe_start(r, &(struct s2s_probe_wish){t->from, t->domain, t->on_done, t->context});
}

const struct operations_control *control_of_server(struct server *s)
{
	static struct operations_control control;
	control = (struct operations_control){.context = s, .post_stop = post_stop, .post_reload = post_reload,
						.post_look = post_look, .test_domain = test_domain};
	return &control;
}
