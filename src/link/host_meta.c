#include "link/host_meta.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "conf/handlers.h"
#include "http/exchange.h"

/* What `site.options` is. */
struct host_meta_source {
	const struct config *config;
	const struct config_listen *listen; /* where it is asked */
};

static const struct {
	const char *handler, *relation, *scheme;
} kinds[] = {
	{"mongoose_websocket_handler", "urn:xmpp:alt-connections:websocket", "ws"},
	{"mongoose_bosh_handler", "urn:xmpp:alt-connections:xbosh", "http"},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static int kind_of(const struct handlers_entry *e)
{
	for (int i = 0; i < KINDS; i++)
		if (!strcmp(e->name, kinds[i].handler))
			return i;
	return -1;
}

/* One link, as it is written. */
typedef void append_link(struct buf *out, const char *relation, struct str address);

struct making {
	const struct host_meta_source *source;
	const struct exchange *x;
	append_link *append;
	struct buf *out;
	bool is_secure; /* those with TLS now, or those without */
	bool is_found;
};

/* Nothing that would have to be escaped can be in it: the host is checked, the path is not from the client. */
static void append_address(struct buf *out, const struct making *m, const struct config_listen *l,
			   const struct handlers_entry *e, int kind)
{
	const struct handlers_place *at = handlers_place_of(e);
	bool is_any = str_is(at->host, "_") || str_find_char(at->host, '[') >= 0 || str_find_char(at->host, ':') >= 0;
	struct str host = is_any ? m->x->host : at->host;

	buf_printf(out, "%s%s://", kinds[kind].scheme, m->is_secure ? "s" : "");
	if (l == m->source->listen && is_any)
		buf_append_str(out, m->x->authority);
	else if (l->port == (m->is_secure ? 443 : 80))
		buf_append_str(out, host);
	else
		buf_printf(out, "%.*s:%d", STR_ARGS(host), (int)l->port);
	buf_append_str(out, at->path);
}

/* As whoever asked sees it. */
static bool is_secure(const struct making *m, const struct config_listen *l)
{
	return l->tls || (l == m->source->listen && m->x->is_secure);
}

static void append_listener(struct making *m, const struct config_listen *l, int kind)
{
	const struct handlers_entry *all = l->handlers ? l->handlers->all.items : NULL;
	struct buf address;

	if (l->kind != CONFIG_LISTEN_HTTP || is_secure(m, l) != m->is_secure)
		return;
	for (size_t i = 0; all && i < l->handlers->all.count; i++) {
		if (kind_of(&all[i]) != kind)
			continue;
		buf_init(&address);
		append_address(&address, m, l, &all[i], kind);
		m->append(m->out, kinds[kind].relation, buf_str(&address));
		buf_fini(&address);
		m->is_found = true;
	}
}

static void append_all(struct making *m)
{
	const struct config *c = m->source->config;

	for (int kind = 0; kind < KINDS; kind++)
		for (int is_plain = 0; is_plain < 2; is_plain++) {
			m->is_secure = !is_plain;
			for (size_t i = 0; i < c->listener_count; i++)
				append_listener(m, c->listeners[i], kind);
		}
}

static void append_xml(struct buf *out, const char *relation, struct str address)
{
	buf_printf(out, "  <Link rel='%s' href='%.*s'/>\n", relation, STR_ARGS(address));
}

static void append_json(struct buf *out, const char *relation, struct str address)
{
	buf_printf(out, "%s{\"rel\":\"%s\",\"href\":\"%.*s\"}", out->data[out->len - 1] == '[' ? "" : ",", relation,
		   STR_ARGS(address));
}

/* How the answer is written. */
struct format {
	struct str type;
	append_link *append;
	const char *before, *after;
};

static void answer(const struct host_meta_source *source, struct exchange *x, const struct format *f)
{
	struct buf text;
	struct making m = {.source = source, .x = x, .append = f->append, .out = &text};

	if (x->host.len == 0) {
		exchange_fail(x, 404);
		return;
	}
	buf_init(&text);
	buf_append_text(&text, f->before);
	append_all(&m);
	buf_append_text(&text, f->after);
	exchange_set_header(x, "access-control-allow-origin", STR("*"));
	if (m.is_found)
		exchange_answer(x, 200, f->type, buf_str(&text));
	else
		exchange_fail(x, 404);
	buf_fini(&text);
}

static void handle_xml(void *instance, struct exchange *x)
{
	static const char before[] = "<?xml version='1.0' encoding='utf-8'?>\n<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>\n";
	const struct format format = {STR("application/xrd+xml"), append_xml, before, "</XRD>\n"};

	answer(instance, x, &format);
}

static void handle_json(void *instance, struct exchange *x)
{
	const struct format format = {STR("application/json"), append_json, "{\"links\":[", "]}\n"};

	answer(instance, x, &format);
}

static void *create(const struct handler_site *site, struct why *why)
{
	struct host_meta_source *copy = mem_new(sizeof(*copy));

	(void)why;
	*copy = *(const struct host_meta_source *)site->options;
	return copy;
}

static const struct handler xml_handler = {
	.name = "host-meta",
	.methods = HANDLER_GET,
	.create = create,
	.destroy = free,
	.handle = handle_xml,
};
static const struct handler json_handler = {
	.name = "host-meta.json",
	.methods = HANDLER_GET,
	.create = create,
	.destroy = free,
	.handle = handle_json,
};

bool host_meta_add(struct hosting *h, const struct config *config, const struct config_listen *listen, struct why *why)
{
	const struct host_meta_source source = {config, listen};
	struct handler_site site = {.host = STR("_"), .path = STR("/.well-known/host-meta"), .options = &source};

	if (!hosting_add(h, &xml_handler, &site, true, why))
		return false;
	site.path = STR("/.well-known/host-meta.json");
	return hosting_add(h, &json_handler, &site, true, why);
}
