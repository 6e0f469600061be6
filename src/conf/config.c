#include "conf/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/metric.h"
#include "conf/access_rules.h"
#include "conf/layout.h"
#include "conf/schema.h"

/* A configuration and what has to be ended with it. */
struct loaded {
	struct config config; /* first: the address of one is that of the other */
	struct access_rules **rules;
	size_t rules_count;
};

/* What one file is built from. */
struct build {
	struct loaded *to;
	const struct layout_file *file;
	const struct toml_node *root;
	const struct config_known *known;
	const struct config_module *modules; /* a copy of the known ones, to be pointed to */
	const struct config_place *places;
};

static struct access_rules *make_rules(struct build *b, const struct layout_host *host)
{
	struct loaded *l = b->to;
	struct access_rules_source from = {
		.acl = b->file->acl, .access = b->file->access, .shapers = b->file->shapers, .hosts = b->file->general.hosts,
	};
	if (host) {
		from.host_acl = host->acl;
		from.host_access = host->access;
	}
	l->rules[l->rules_count] = access_rules_make(&l->config.arena, &from);
	return l->rules[l->rules_count++];
}

static const struct layout_host *find_layout(const struct layout_file *file, struct str name)
{
	const struct layout_host *hosts = file->hosts.items;
	for (size_t i = 0; i < file->hosts.count; i++) {
		if (hosts[i].host.data && str_equal(hosts[i].host, name))
			return &hosts[i];
	}
	return NULL;
}

/* The table of [modules] that holds for a host: its own, else the global one. */
static const struct toml_node *find_modules_node(const struct build *b, const struct layout_host *own)
{
	const struct toml_node *table = b->root;
	if (own && own->modules)
		table = &toml_find(b->root, STR("host_config"))->items[own - (const struct layout_host *)b->file->hosts.items];
	return toml_find(table, STR("modules"));
}

static void build_modules(struct build *b, struct config_host *host, const struct layout_host *own)
{
	void *const *options = own && own->modules ? own->modules : b->file->modules;
	const struct toml_node *node = find_modules_node(b, own);
	struct config_host_module *modules = arena_alloc_array(&b->to->config.arena, b->known->module_count, sizeof *modules);
	host->modules = modules;
	for (size_t i = 0; options && i < b->known->module_count; i++) {
		if (options[i])
			modules[host->module_count++] = (struct config_host_module){
				.module = &b->modules[i],
				.options = options[i],
				.line = toml_find(node, str_from(b->known->modules[i].name))->key_at.line,
			};
	}
}

/* A copy of the section for one host, with the pools that the host has. */
static const struct config_auth *build_auth(struct build *b, const struct layout_host *own, struct str host)
{
	struct arena *a = &b->to->config.arena;
	const struct pool_set *pools = own ? own->pools : NULL, *global = &b->file->pools;
	struct config_auth *auth = arena_alloc(a, sizeof *auth);
	*auth = own && own->auth ? *own->auth : b->file->auth;
	auth->config = &b->to->config;
	if (auth->http) {
		struct config_auth_http *http = arena_alloc(a, sizeof *http);
		*http = *auth->http;
		http->pool = pool_find_http(pools, global, STR("auth"), host);
		auth->http = http;
	}
	if (auth->ldap) {
		struct config_auth_ldap *ldap = arena_alloc(a, sizeof *ldap);
		*ldap = *auth->ldap;
		ldap->pool = pool_find_ldap(pools, global, ldap->pool_tag, host);
		ldap->bind_pool = pool_find_ldap(pools, global, ldap->bind_pool_tag, host);
		auth->ldap = ldap;
	}
	return auth;
}

/* What is shown to servers that we connect to, when the section says nothing of it: what they see when they connect to us. */
static void borrow_certificate(const struct build *b, struct config_tls *t)
{
	const struct config_listen *listeners = b->file->listen.s2s.items;
	for (size_t i = 0; i < b->file->listen.s2s.count && !t->certfile.data; i++) {
		if (!listeners[i].tls)
			continue;
		t->certfile = listeners[i].tls->certfile;
		t->keyfile = listeners[i].tls->keyfile;
		t->password = listeners[i].tls->password;
	}
}

/* The values of a copy stand where those of the original do. */
static void copy_places(struct config *c, const void *original, const void *copy, size_t size)
{
	uintptr_t from = (uintptr_t)original;
	for (const struct config_place *p = c->places; p; p = p->next) {
		uintptr_t value = (uintptr_t)p->value;
		if (value < from || value >= from + size)
			continue;
		struct config_place *place = arena_alloc(&c->arena, sizeof *place);
		*place = *p;
		place->next = c->places;
		place->value = (const char *)copy + (value - from);
		c->places = place;
	}
}

static const struct config_s2s *build_s2s(struct build *b, const struct config_s2s *from)
{
	struct config *c = &b->to->config;
	struct config_s2s *s2s = arena_alloc(&c->arena, sizeof *s2s);
	struct config_tls *tls = arena_alloc(&c->arena, sizeof *tls);
	*s2s = *from;
	*tls = *from->outgoing.tls;
	copy_places(c, from->outgoing.tls, tls, sizeof *tls);
	borrow_certificate(b, tls);
	tls->certificates = c->meerkat.certificates;
	s2s->outgoing.tls = tls;
	s2s->config = c;
	return s2s;
}

static void build_host(struct build *b, struct config_host *host, struct str name)
{
	const struct layout_host *own = find_layout(b->file, name);
	const struct config_general *general = &b->file->general;
	const struct config *c = &b->to->config;
	bool has_rules = own && (own->acl.count > 0 || own->access.count > 0);
	bool has_routing = own && own->general && own->general->route_subdomains.data;
	host->name = name;
	host->auth = build_auth(b, own, name);
	host->access = has_rules ? make_rules(b, own) : c->access;
	host->route_subdomains = has_routing ? own->general->route_subdomains : general->route_subdomains;
	host->s2s = own && own->s2s ? build_s2s(b, own->s2s) : c->s2s;
	build_modules(b, host, own);
}

/* They belong to no listener of the file, and to all. */
static void share_certificates(struct config *c)
{
	for (size_t i = 0; i < c->listener_count; i++)
		if (c->listeners[i]->tls)
			((struct config_tls *)(uintptr_t)c->listeners[i]->tls)->certificates = c->meerkat.certificates;
}

/* Those of a kind that is not implemented have been reported, and there are none. */
static void collect_listeners(const struct build *b, struct config *c)
{
	const struct config_listen **all = arena_alloc_array(&c->arena, CONFIG_LISTENERS_MAX, sizeof *all);
	const struct option *o;

	for (o = sections_listen_table.options; o->key; o++) {
		const struct option_list *list = (const void *)((const char *)&b->file->listen + o->offset);
		const struct config_listen *items = list->items;

		for (size_t i = 0; !(o->flags & OPTION_UNSUPPORTED) && i < list->count; i++)
			all[c->listener_count++] = &items[i];
	}
	c->listeners = all;
}

static void build(struct build *b)
{
	struct config *c = &b->to->config;
	const struct str *names = b->file->general.hosts.items;
	struct config_host *hosts = arena_alloc_array(&c->arena, b->file->general.hosts.count, sizeof *hosts);
	b->to->rules = arena_alloc_array(&c->arena, b->file->general.hosts.count + 1, sizeof(struct access_rules *));
	struct config_module *modules = arena_alloc_array(&c->arena, b->known->module_count, sizeof *modules);
	if (b->known->module_count > 0)
		memcpy(modules, b->known->modules, b->known->module_count * sizeof *modules);
	b->modules = modules;
	c->file = b->file;
	c->general = b->file->general;
	c->places = b->places;
	c->meerkat = b->file->meerkat;
	collect_listeners(b, c);
	share_certificates(c);
	c->access = make_rules(b, NULL);
	c->s2s = build_s2s(b, &b->file->s2s);
	c->hosts = hosts;
	c->host_count = b->file->general.hosts.count;
	for (size_t i = 0; i < c->host_count; i++)
		build_host(b, &hosts[i], names[i]);
}

static void free_loaded(struct loaded *l)
{
	for (size_t i = 0; i < l->rules_count; i++)
		access_rules_fini(l->rules[i]);
	arena_fini(&l->config.arena);
	free(l);
	metric_add(METRIC_configurations, -1);
}

/* True if there was no error. The struct of the file lives in the configuration's arena, because pointers into it remain. */
static bool read_text(struct build *b, struct option_problems *p, struct str text, struct config_flags flags)
{
	struct toml_error error = {0};
	struct layout_file *file = arena_alloc(&b->to->config.arena, sizeof *file);
	struct toml_node *root = toml_parse(&p->scratch, text, &error);
	if (!root) {
		schema_error(p, error.at, STR_NONE, "%s", error.text);
		return false;
	}
	schema_read(p, layout_make(&p->scratch, b->known), root, file);
	schema_finish(p, flags.ignore_unsupported);
	b->file = file;
	b->root = root;
	b->places = p->places;
	return p->report.errors == 0;
}

struct config *config_load_text(struct str text, const char *name, const struct config_known *known, struct config_flags flags,
				struct buf *report)
{
	struct loaded *l = mem_new(sizeof *l);
	metric_add(METRIC_configurations, 1);
	struct build b = {.to = l, .known = known};
	struct option_problems p;
	arena_init(&l->config.arena, 16384);
	l->config.path = arena_str(&l->config.arena, str_from(name));
	l->config.refs = 1;
	schema_init(&p, name, &l->config.arena, known->prepare);
	bool is_good = read_text(&b, &p, text, flags);
	if (is_good)
		build(&b);
	report_print(&p.report, report);
	schema_fini(&p);
	if (is_good)
		return &l->config;
	free_loaded(l);
	return NULL;
}

/* Up to a byte more than is allowed, so that toml.h can say so. */
static int read_file(const char *path, struct buf *out)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return errno;
	ssize_t got = 1;
	while (got > 0 && out->len <= TOML_MAX_BYTES) {
		char *room = buf_reserve(out, 16384);
		got = read(file, room, 16384);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			buf_claim(out, (size_t)got);
	}
	int failure = got < 0 ? errno : 0;
	close(file);
	return failure;
}

struct config *config_load(const char *path, const struct config_known *known, struct config_flags flags, struct buf *report)
{
	struct buf text;
	struct config *c = NULL;
	buf_init(&text);
	int failure = read_file(path, &text);
	if (failure)
		buf_printf(report, "%s: error: the file cannot be read: %s\n", path, strerror(failure));
	else
		c = config_load_text(buf_str(&text), path, known, flags, report);
	/* It may have had passwords in it. */
	if (text.data)
		explicit_bzero(text.data, text.len);
	buf_fini(&text);
	return c;
}

void config_ref(const struct config *c)
{
	atomic_fetch_add_explicit(&((struct config *)(uintptr_t)c)->refs, 1, memory_order_relaxed);
}

void config_unref(const struct config **c)
{
	struct config *config = (struct config *)(uintptr_t)*c;
	*c = NULL;
	if (!config)
		return;
	uint32_t before = atomic_fetch_sub_explicit(&config->refs, 1, memory_order_acq_rel);
	check(before > 0);
	if (before == 1)
		free_loaded((struct loaded *)config);
}

void config_auth_ref(const struct config_auth *a)
{
	if (a->config)
		config_ref(a->config);
}

void config_auth_unref(const struct config_auth **a)
{
	const struct config *c = *a ? (*a)->config : NULL;
	*a = NULL;
	config_unref(&c);
}

static const struct config_place *find_place(const struct config *c, const void *value)
{
	for (const struct config_place *p = c->places; p; p = p->next) {
		if (p->value == value)
			return p;
	}
	return NULL;
}

void config_report(const struct config *c, const void *value, bool is_error, const char *text, struct buf *report)
{
	const struct config_place *place = find_place(c, value);
	const char *severity = is_error ? "error" : "warning";
	struct buf line;
	buf_init(&line);
	buf_printf(&line, "%.*s:", STR_ARGS(c->path));
	if (place)
		buf_printf(&line, "%u:%u: %s: %.*s: %s\n", place->line, place->column, severity, STR_ARGS(place->path), text);
	else
		buf_printf(&line, " %s: %s\n", severity, text);
	if (report->len == 0 || !memmem(report->data, report->len, line.data, line.len))
		buf_append_str(report, buf_str(&line));
	buf_fini(&line);
}

const struct config_host *config_find_host(const struct config *c, struct str name)
{
	for (size_t i = 0; i < c->host_count; i++) {
		if (str_equal(c->hosts[i].name, name))
			return &c->hosts[i];
	}
	return NULL;
}

const struct config_host_module *config_find_module(const struct config_host *h, const char *name)
{
	for (size_t i = 0; i < h->module_count; i++) {
		if (!strcmp(h->modules[i].module->name, name))
			return &h->modules[i];
	}
	return NULL;
}
