#include "link/s2s/s2s_control.h"

#include "link/s2s/s2s_in.h"
#include "link/s2s/s2s_out.h"

/* ---- each ---- */

static void describe_out(const struct s2s_out *o, struct abroad_stream *out)
{
	*out = (struct abroad_stream){
		.local = o->local,
		.remote = o->remote,
		.state = s2s_out_state(o),
		.waiting = o->queue.count,
		.unconfirmed = o->unconfirmed,
	};
	if (o->lane) {
		out->peer = o->lane->wire->conn.peer;
		out->is_secure = o->lane->wire->is_secure;
	}
}

static void describe_in(const struct s2s_in *in, struct abroad_stream *out)
{
	*out = (struct abroad_stream){
		.is_incoming = true,
		.local = in->local,
		.remote = in->remote,
		.state = in->is_authenticated ? "open" : "proving",
		.peer = in->wire.conn.peer,
		.is_secure = in->wire.is_secure,
	};
}

static void each(struct registry *r, void (*visit)(void *context, const struct abroad_stream *s), void *context)
{
	struct s2s_place *p = s2s_place_on(r);
	struct abroad_stream stream;
	const struct s2s_out *o;
	const struct s2s_in *in;

	for (size_t cursor = 0; (o = map_next(&p->outs, &cursor));) {
		describe_out(o, &stream);
		visit(context, &stream);
	}
	for (size_t cursor = 0; (in = map_next(&p->ins, &cursor));) {
		describe_in(in, &stream);
		visit(context, &stream);
	}
}

/* ---- drop ---- */

static bool speaks_for(const struct s2s_in *in, struct str remote)
{
	list_each (link, &in->pairs)
		if (str_equal(container_of(link, struct s2s_in_pair, link)->remote, remote))
			return true;
	return str_equal(in->remote, remote);
}

/* Ending one does not take it out of the map: that happens at the end of the turn. */
static size_t drop(struct registry *r, struct str remote)
{
	struct s2s_place *p = s2s_place_on(r);
	struct s2s_out *o;
	struct s2s_in *in;
	size_t count = 0;

	for (size_t cursor = 0; (in = map_next(&p->ins, &cursor));)
		if (!in->wire.is_ended && speaks_for(in, remote)) {
			s2s_wire_error(&in->wire, STREAM_ERROR_RESET, "ended by an administrator");
			count++;
		}
	for (size_t cursor = 0; (o = map_next(&p->outs, &cursor));)
		if (str_equal(o->remote, remote)) {
			count += o->stream || o->dial;
			s2s_out_drop(o, "ended by an administrator");
			s2s_out_unblock(p, o->local, o->remote);
		}
	return count;
}

const struct abroad_ops s2s_control_ops = {.each = each, .drop = drop};
