/* XEP-0114 §3.3 and §4: the addresses of stanzas */
#include "link/component/component_stanza.h"

#include "base/metric.h"
#include "route/host.h"
#include "route/router.h"
#include "route/unsent.h"
#include "xmpp/ns.h"
#include "xmpp/writer.h"

/* ---- out ---- */

/* Our hosts answer what the component asks them; all others need the permission of the listener's rule. */
static bool may_send(const struct component_peer *p, struct jid from)
{
	const struct service_settings *settings = &p->settings->base;
	struct access_subject sender = {.user = jid_local(from), .server = jid_domain(from), .resource = jid_resource(from)};

	return access_allows(settings->config->access, settings->listen->access, &sender) ||
	       (from.local_len == 0 && host_find(p->place->registry->hosts, jid_domain(from)));
}

static bool matters(const struct stanza *s)
{
	return s->kind == STANZA_IQ ? s->type == STANZA_TYPE_GET || s->type == STANZA_TYPE_SET : unsent_matters(s);
}

static void keep(struct component_peer *p, const struct stanza *s, struct jid from, struct jid to)
{
	struct parcel *parcel;

	if (!matters(s) || p->unsent.bytes > p->conn.output_limit_bytes)
		return;
	if (handed_count(&p->unsent) == 0)
		conn_await_written(&p->conn);
	/* A stanza is constant but for its counter. */
	parcel = parcel_new(p->place->registry, (struct stanza *)s, from, to);
	handed_add(&p->unsent, parcel);
	parcel_unref(&parcel);
}

void component_stanza_forget_unsent(struct component_peer *p)
{
	bool was_running = registry_hold(p->place->registry);

	handed_fini(&p->unsent);
	registry_let_run(p->place->registry, was_running);
}

void component_stanza_return_unsent(struct component_peer *p)
{
	struct registry *r = p->place->registry;
	struct handed *h = &p->unsent;
	bool was_running = registry_hold(r);

	for (uint32_t number = h->acknowledged + 1; number != h->sent + 1; number++) {
		const struct parcel *parcel = handed_get(h, number);

		router_bounce(r, parcel->stanza, parcel->to, parcel->from, STANZA_ERROR_SERVICE_UNAVAILABLE);
	}
	handed_fini(h);
	registry_let_run(r, was_running);
}

enum stanza_error component_stanza_send(struct annex_link *l, const struct stanza *s, struct jid from, struct jid to)
{
	struct component_peer *p = container_of(l, struct component_peer, annex);
	struct buf *scratch = &p->place->loop->scratch;

	if (!may_send(p, from))
		return STANZA_ERROR_NOT_ALLOWED;
	if (conn_is_blocked(&p->conn))
		keep(p, s, from, to);
	writer_stanza(scratch, s, from, to, NS_COMPONENT, false);
	conn_send(&p->conn, buf_str(scratch));
	buf_clear(scratch);
	metric_add(METRIC_component_stanzas_out, 1);
	return STANZA_ERROR_NONE;
}

/* ---- in ---- */

static bool is_own_domain(const struct component_peer *p, struct str domain)
{
	struct str name = str_from(p->name);

	if (!p->is_prefix)
		return str_equal(domain, name);
	if (!str_starts_with(domain, name) || domain.len < name.len + 2 || domain.data[name.len] != '.')
		return false;
	return host_find(p->place->registry->hosts, str_make(domain.data + name.len + 1, domain.len - name.len - 1)) != NULL;
}

static bool is_from_itself(const struct component_peer *p, const struct stanza *e)
{
	return !p->settings->base.listen->check_from || is_own_domain(p, jid_domain(e->from));
}

/* A stanza whose addresses are not right, back to where it came from. */
static void refuse(struct component_peer *p, const struct stanza *e)
{
	struct buf *scratch = &p->place->loop->scratch;

	if (e->type == STANZA_TYPE_ERROR || e->type == STANZA_TYPE_RESULT)
		return;
	writer_stanza_error(scratch, e, e->to, e->from, STANZA_ERROR_BAD_REQUEST, STR_NONE);
	conn_send(&p->conn, buf_str(scratch));
	buf_clear(scratch);
}

/* An element that is no stanza. Its name stands for itself, without its prefix. */
static void refuse_other(struct component_peer *p, const struct stanza *e)
{
	const struct node *root = node_root(e);
	struct buf *scratch = &p->place->loop->scratch;
	struct str name = node_name(e, root);

	if (str_is(node_attribute_raw(e, root, "type"), "error"))
		return;
	buf_append_char(scratch, '<');
	buf_append_str(scratch, name);
	buf_append_text(scratch, " xmlns='");
	writer_escape(scratch, node_ns(e, root));
	buf_append_text(scratch, "' type='error'><error type='modify' xmlns='" NS_COMPONENT "'><bad-request xmlns='" NS_STANZA_ERROR "'/></error></");
	buf_append_str(scratch, name);
	buf_append_char(scratch, '>');
	conn_send(&p->conn, buf_str(scratch));
	buf_clear(scratch);
}

/* Some components say that their stanzas are those of a client; they mean the same. */
static void take_as_own(struct stanza **e)
{
	struct stanza *same;
	struct writer w;
	struct buf xml;

	if (!str_is(node_ns(*e, node_root(*e)), NS_CLIENT))
		return;
	buf_init(&xml);
	writer_init(&w, &xml);
	writer_node(&w, *e, node_root(*e));
	same = stanza_try_from_text(buf_str(&xml), NS_CLIENT);
	buf_fini(&xml);
	if (!same)
		return;
	stanza_unref(e);
	*e = same;
}

void component_stanza_take(struct component_peer *p, struct stanza *e)
{
	if (e->kind == STANZA_OTHER)
		take_as_own(&e);
	if (e->kind == STANZA_OTHER) {
		refuse_other(p, e);
		stanza_unref(&e);
		return;
	}
	metric_add(METRIC_component_stanzas_in, 1);

	bool is_addressed = stanza_address(e), is_signed = stanza_sender(e);

	if (is_addressed && is_signed && e->has_to && e->has_from && is_from_itself(p, e)) {
		source_send(&p->source, e, e->from, e->to);
		if (source_is_backed_up(&p->source))
			conn_pause(&p->conn);
		return;
	}
	refuse(p, e);
	stanza_unref(&e);
}
