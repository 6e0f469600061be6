/* XEP-0220 §2.6 */
#include "link/s2s/s2s_out_guest.h"

#include "base/log.h"
#include "link/s2s/s2s_out_attempt.h"
#include "route/host.h"

/* The configuration may want other things of different domains of ours. */
static bool wants_the_same(const struct s2s_out_stream *s, const struct s2s_out *o)
{
	return s->side->config == o->side->config && s->settings == o->settings;
}

static bool takes_guests(const struct s2s_out_stream *s, const struct s2s_out *o)
{
	return s->state == S2S_OUT_STREAM_OPEN && s->lane && s->offer.dialback && s->offer.dialback_errors && !s->is_bidirectional &&
	       !conn_is_closing(&s->wire.conn) && wants_the_same(s, o);
}

/* That of another of our hosts to the same domain. */
static struct s2s_out_stream *find_stream(const struct s2s_out *o)
{
	const struct host_set *hosts = o->place->registry->hosts;

	for (size_t i = 0; i < hosts->count; i++) {
		struct s2s_out *other = s2s_out_find(o->place, hosts->hosts[i].name, o->remote);

		if (other && other != o && other->stream && takes_guests(other->stream, o))
			return other->stream;
	}
	return NULL;
}

bool s2s_out_guest_ask(struct s2s_out *o)
{
	struct s2s_out_stream *s = find_stream(o);

	if (!s)
		return false;
	o->host = s;
	list_append(&s->guests, &o->in_guests);
	s2s_out_proof_key(&s->wire, &(struct dialback_key_about){
		.secret = s2s_place_secret(o->place, o->local),
		.receiving = o->remote,
		.originating = o->local,
		.id = str_make(s->id, s->id_len),
	});
	return true;
}

void s2s_out_guest_leave(struct s2s_out *o)
{
	list_remove(&o->in_guests);
	o->host = NULL;
}

static void go_alone(struct s2s_out *o)
{
	s2s_out_guest_leave(o);
	s2s_out_attempt_alone(o);
}

/* Who has asked for this answer; NULL: nobody. */
static struct s2s_out *find_guest(const struct s2s_out_stream *s, const struct stanza *e)
{
	struct s2s_out *found = NULL;
	struct arena scratch;
	struct str from, to;

	arena_init(&scratch, 0);
	from = node_attribute(e, node_root(e), "from", &scratch);
	to = node_attribute(e, node_root(e), "to", &scratch);
	if (from.data && to.data && jid_prepare_domain(from, &scratch, &from) && jid_prepare_domain(to, &scratch, &to))
		list_each (link, &s->guests) {
			struct s2s_out *o = container_of(link, struct s2s_out, in_guests);

			if (str_equal(o->remote, from) && str_equal(o->local, to))
				found = o;
		}
	arena_fini(&scratch);
	return found;
}

void s2s_out_guest_answer(struct s2s_out_stream *s, const struct stanza *e)
{
	struct s2s_out *o = find_guest(s, e);

	if (!o)
		return;
	if (!str_is(node_attribute_raw(e, node_root(e), "type"), "valid")) {
		go_alone(o);
		return;
	}
	s2s_out_guest_leave(o);
	s2s_out_attempt_ready(o);
	log_event(LOG_INFO, "s2s", "a stream to another server is shared", LOG_STR("domain", o->remote), LOG_STR("from", o->local),
		  LOG_STR("with", s->out->local));
	s2s_out_use(o, s->lane);
	/* Questions came meanwhile. */
	if (!list_is_empty(&o->verifies))
		s2s_out_attempt_start(o);
}

void s2s_out_guest_send_away(struct s2s_out_stream *s)
{
	while (!list_is_empty(&s->guests)) {
		struct s2s_out *o = container_of(s->guests.next, struct s2s_out, in_guests);

		if (o->place->is_stopping)
			s2s_out_guest_leave(o);
		else
			go_alone(o);
	}
}
