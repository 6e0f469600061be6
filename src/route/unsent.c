#include "route/unsent.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/mem.h"
#include "route/host.h"
#include "route/lost.h"

/* Lives until the connection says that it is done. */
struct unsent {
	struct outlet_wait wait;
	struct session *session; /* NULL: it has ended */
	struct handed messages;
};

static void give_up(struct unsent *u)
{
	u->session->unsent = NULL;
	u->session = NULL;
	handed_fini(&u->messages);
}

static void on_written(struct outlet_wait *w, bool is_sent)
{
	struct unsent *u = container_of(w, struct unsent, wait);
	struct session *s = u->session;

	if (s) {
		struct registry *r = s->registry;
		bool was_running = registry_hold(r);

		/* It goes on without this connection. */
		if (!is_sent && s->user)
			lost_give_back(s->user, &u->messages);
		give_up(u);
		registry_let_run(r, was_running);
	}
	free(u);
}

bool unsent_matters(const struct stanza *s)
{
	return s->kind == STANZA_MESSAGE && (s->type == STANZA_TYPE_NONE || s->type == STANZA_TYPE_NORMAL || s->type == STANZA_TYPE_CHAT);
}

static struct unsent *begin(struct session *s)
{
	struct unsent *u = mem_new(sizeof(*u));

	u->wait.run = on_written;
	u->session = s;
	s->unsent = u;
	session_await_written(s, &u->wait);
	return u;
}

bool unsent_add(struct session *s, struct call *c)
{
	if (!unsent_matters(c->stanza))
		return false;
	if (s->unsent && s->unsent->messages.bytes > (size_t)s->registry->hosts->config->meerkat.max_output_bytes)
		return false;
	if (!c->parcel) {
		c->parcel = parcel_new(s->registry, c->stanza, c->from, c->to);
		c->parcel->is_returnable = true;
	}
	handed_add(s->unsent ? &s->unsent->messages : &begin(s)->messages, c->parcel);
	return true;
}

void unsent_end(struct session *s)
{
	if (!s->unsent)
		return;
	lost_give_back(s->user, &s->unsent->messages);
	give_up(s->unsent);
}
