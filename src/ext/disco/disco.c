/* XEP-0030: what there is and what it can do; XEP-0157: whom to write to. Hosts and accounts; connected clients answer for themselves. */
#include "ext/disco/disco.h"

#include "ext/disco/entity_info.h"
#include "route/annex.h"
#include "route/module.h"
#include "route/registry.h"
#include "xmpp/ns.h"

struct option_list disco_contacts(const struct host *h)
{
	const struct module *m = host_find_module(h, &disco_module);
	return m ? ((const struct disco_options *)m->options)->server_info : (struct option_list){0};
}

static bool is_for_host(const struct call *c)
{
	return jid_is_set(c->to) && !c->to.local_len;
}

static struct str node_of(struct call *c)
{
	return node_attribute(c->stanza, call_payload(c), "node", &c->arena);
}

/* The only node there is: the one named in our own entity capabilities. */
static bool node_is_ours(struct call *c, const struct host *h, struct str node)
{
	struct str prefix = STR(ENTITY_INFO_NODE "#");
	if (!is_for_host(c) || !str_starts_with(node, prefix))
		return false;
	struct str version = entity_info_version(&c->arena, h, disco_contacts(h));
	return str_equal(str_make(node.data + prefix.len, node.len - prefix.len), version);
}

static void write_account(struct writer *w, const struct host *h)
{
	const char *const *features;
	size_t count = host_features(h, true, &features);
	writer_open(w, "identity", NULL);
	writer_attribute_text(w, "category", "account");
	writer_attribute_text(w, "type", "registered");
	writer_close(w);
	for (size_t i = 0; i < count; i++) {
		writer_open(w, "feature", NULL);
		writer_attribute_text(w, "var", features[i]);
		writer_close(w);
	}
}

static enum answer answer_info(struct call *c, const struct module *m)
{
	const struct disco_options *o = m->options;
	struct str node = node_of(c);
	if (node.len && !node_is_ours(c, m->host, node))
		return call_error(c, STANZA_ERROR_ITEM_NOT_FOUND, "no such node");
	struct writer *w = call_begin_result(c);
	writer_open(w, "query", NS_DISCO_INFO);
	if (node.len)
		writer_attribute(w, "node", node);
	if (is_for_host(c))
		entity_info_write(w, m->host, o->server_info);
	else
		write_account(w, c->host);
	writer_close(w);
	return call_send_result(c);
}

static void write_item(struct writer *w, struct str address)
{
	writer_open(w, "item", NULL);
	writer_attribute(w, "jid", address);
	writer_close(w);
}

/* Of an account: its available resources, for those who may see them (checked before: QUERY_CONTACT). */
static void write_resources(struct writer *w, const struct user *u)
{
	list_each(link, &u->sessions) {
		const struct session *s = container_of(link, struct session, link);
		if (s->presence)
			write_item(w, jid_str(s->address));
	}
}

static bool is_below(struct str domain, const struct host *h)
{
	return domain.len > h->name.len + 1 && str_ends_with(domain, h->name) && domain.data[domain.len - h->name.len - 1] == '.';
}

/* Of several hosts the one with the longest name has it. */
static bool is_component_of(struct str domain, const struct host *h)
{
	if (!is_below(domain, h))
		return false;
	for (size_t i = 0; i < h->set->count; i++)
		if (h->set->hosts[i].name.len > h->name.len && is_below(domain, &h->set->hosts[i]))
			return false;
	return true;
}

/* Components are the host's when their domain is below it. Who has no user part, a component itself for example, sees the hidden ones, too. */
static void write_components(struct writer *w, struct call *c, const struct module *m)
{
	const struct disco_options *o = m->options;
	bool sees_hidden = o->users_can_see_hidden_services || c->from.local_len == 0;
	const struct annex_domain *d;
	size_t cursor = 0;

	while ((d = annex_next(c->registry, &cursor))) {
		if (d->is_hidden && !sees_hidden)
			continue;
		if (d->is_prefix)
			write_item(w, str_from(arena_printf(&c->arena, "%.*s%.*s", STR_ARGS(d->key), STR_ARGS(m->host->name))));
		else if (is_component_of(d->key, m->host))
			write_item(w, d->key);
	}
}

static enum answer answer_items(struct call *c, const struct module *m)
{
	const struct disco_options *o = m->options;
	const struct str *domains = o->extra_domains.items;
	struct str node = node_of(c);
	if (node.len)
		return call_error(c, STANZA_ERROR_ITEM_NOT_FOUND, "no such node");
	struct writer *w = call_begin_result(c);
	writer_open(w, "query", NS_DISCO_ITEMS);
	if (!is_for_host(c))
		write_resources(w, c->user);
	for (size_t i = 0; is_for_host(c) && i < o->extra_domains.count; i++)
		write_item(w, domains[i]);
	if (is_for_host(c))
		write_components(w, c, m);
	writer_close(w);
	return call_send_result(c);
}

static const struct option contact_options[] = {
	{.key = "name", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .min = 1, .offset = offsetof(struct entity_info_contact, name),
	 .help = "Field of the form: abuse-addresses, admin-addresses, feedback-addresses, sales-addresses, security-addresses, "
		 "status-addresses, support-addresses.", .example = "\"abuse-addresses\""},
	{.key = "urls", .type = OPTION_LIST_STRING, .flags = OPTION_REQUIRED, .offset = offsetof(struct entity_info_contact, urls),
	 .help = "Addresses as URIs.", .example = "[\"mailto:abuse@example.org\"]"},
	{.key = "modules", .type = OPTION_LIST_STRING, .offset = offsetof(struct entity_info_contact, modules),
	 .help = "Modules whose discovery shows the field; without it, all."},
	{0},
};
static const struct option_table contact_table = {
	.name = "modules.mod_disco.server_info", .size = sizeof(struct entity_info_contact), .options = contact_options,
	.help = "A contact address of the service (XEP-0157)."};

static const struct option options[] = {
	{.key = "extra_domains", .type = OPTION_LIST_DOMAIN, .offset = offsetof(struct disco_options, extra_domains),
	 .help = "Further addresses to list as items of the server.", .example = "[\"files.example.org\"]"},
	{.key = "server_info", .type = OPTION_TABLES, .offset = offsetof(struct disco_options, server_info), .table = &contact_table,
	 .help = "Contact addresses of the service (XEP-0157)."},
	{.key = "users_can_see_hidden_services", .type = OPTION_BOOL, .preset = "true",
	 .offset = offsetof(struct disco_options, users_can_see_hidden_services), .help = "List components that are marked as hidden too."},
	{0},
};
static const struct option_table table = {
	.name = "modules.mod_disco", .size = sizeof(struct disco_options), .options = options, .help = "Service Discovery (XEP-0030)."};

static const char *const features[] = {NS_DISCO_INFO, NS_DISCO_ITEMS, NULL};
static const struct module_query queries[] = {
	{NS_DISCO_INFO, "query", QUERY_GET, QUERY_HOST | QUERY_CONTACT, answer_info},
	{NS_DISCO_ITEMS, "query", QUERY_GET, QUERY_HOST | QUERY_CONTACT, answer_items},
	{0},
};

const struct module_def disco_module = {
	.name = "mod_disco",
	.summary = "tells what there is and what it can do",
	.options = &table,
	.host_features = features,
	.account_features = features,
	.queries = queries,
};
