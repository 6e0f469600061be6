#include "main/reload.h"

#include <semaphore.h>

#include "base/log.h"
#include "ext/all.h"
#include "route/registry.h"
#include "route/router.h"

static bool same_address(const struct config_listen *a, const struct config_listen *b)
{
	return a->kind == b->kind && a->port == b->port && str_equal(a->ip_address, b->ip_address);
}

static const struct config_listen *find_listener(const struct config *c, const struct config_listen *like)
{
	for (size_t i = 0; i < c->listener_count; i++)
		if (same_address(&c->listeners[i], like))
			return &c->listeners[i];
	return NULL;
}

static void say_listener(struct buf *report, const char *what, const struct config_listen *l)
{
	buf_printf(report, "%s: listener %.*s port %lld\n", what, STR_ARGS(l->ip_address), (long long)l->port);
}

/* ---- hosts ---- */

struct handover {
	const struct host_set *hosts;
	sem_t taken;
};

static void take_hosts(struct registry *r, void *context)
{
	struct handover *h = context;
	registry_set_hosts(r, h->hosts);
	sem_post(&h->taken);
}

/* Comes back when every loop has them: whoever is told of the reload finds it done. */
static void apply_hosts(struct server *s, const struct host_set *hosts)
{
	struct handover h = {.hosts = hosts};
	sem_init(&h.taken, 0, 0);
	router_post_to_all(&s->realm, take_hosts, &h);
	for (int i = 0; i < s->realm.count; i++)
		while (sem_wait(&h.taken) != 0)
			;
	sem_destroy(&h.taken);
	host_set_unref(&s->hosts);
	s->hosts = hosts;
}

/* ---- listeners ---- */

/* What is needed for the new configuration, made before anything is changed. services[i] is that of listeners[i] of the new one. */
struct plan {
	struct c2s_service *services[SERVER_LISTENERS_MAX];
	bool is_new[SERVER_LISTENERS_MAX];
	int count;
};

static struct c2s_service *find_service(const struct server *s, const struct config_listen *like)
{
	for (int i = 0; i < s->service_count; i++)
		if (same_address(&s->config->listeners[i], like))
			return s->services[i];
	return NULL;
}

static void undo(struct plan *p)
{
	for (int i = 0; i < p->count; i++)
		if (p->is_new[i]) {
			c2s_service_stop(p->services[i]);
			c2s_service_free(&p->services[i]);
		}
}

static bool prepare_listeners(struct server *s, const struct config *c, struct plan *p, struct why *why)
{
	for (; p->count < (int)c->listener_count && p->count < SERVER_LISTENERS_MAX; p->count++) {
		const struct config_listen *l = &c->listeners[p->count];
		struct c2s_service *there = find_service(s, l);
		p->is_new[p->count] = there == NULL;
		p->services[p->count] = there ? there : c2s_service_new(c, l, &s->home, why);
		if (!p->services[p->count] || (there && !c2s_service_prepare(there, c, l, why)))
			return false;
	}
	return true;
}

/* Those whose address the new file does not have: nobody new comes in, and who is there leaves (system-shutdown). */
static void stop_vanished(struct server *s, const struct config *c, struct buf *report)
{
	for (int i = 0; i < s->service_count; i++) {
		if (find_listener(c, &s->config->listeners[i]) || s->retired_count == SERVER_LISTENERS_MAX)
			continue;
		say_listener(report, "stopped", &s->config->listeners[i]);
		c2s_service_stop(s->services[i]);
		s->retired[s->retired_count++] = s->services[i];
	}
}

static void apply_listeners(struct server *s, const struct config *c, struct plan *p, struct buf *report)
{
	stop_vanished(s, c, report);
	for (int i = 0; i < p->count; i++) {
		s->services[i] = p->services[i];
		if (!p->is_new[i]) {
			c2s_service_apply(p->services[i]);
			continue;
		}
		say_listener(report, "started", &c->listeners[i]);
		c2s_service_start(p->services[i]);
	}
	s->service_count = p->count;
}

/* ---- the whole ---- */

static void say_restart(const struct config *old, const struct config *new, struct buf *report)
{
	if (!str_equal(old->meerkat.state_dir, new->meerkat.state_dir))
		buf_append_text(report, "needs a restart: meerkat.state_dir\n");
	if (old->meerkat.loops != new->meerkat.loops)
		buf_append_text(report, "needs a restart: meerkat.loops\n");
	if (old->meerkat.job_threads != new->meerkat.job_threads)
		buf_append_text(report, "needs a restart: meerkat.job_threads\n");
	for (size_t i = 0; i < new->listener_count; i++) {
		const struct config_listen *l = &new->listeners[i], *before = find_listener(old, l);
		if (before && (before->backlog != l->backlog || before->num_acceptors != l->num_acceptors || before->reuse_port != l->reuse_port))
			say_listener(report, "needs a restart: backlog, num_acceptors and reuse_port of", l);
	}
}

static const struct config *load_again(struct server *s, struct buf *report, const struct host_set **hosts_out)
{
	struct config_known known = all_known_modules();
	struct why why = {""};
	const struct config *c = config_load(s->options->config_path, &known, (struct config_flags){s->options->ignore_unsupported}, report);
	if (c && !server_check_files(c, report))
		config_unref(&c);
	*hosts_out = c ? host_set_new(c, all_modules, &why) : NULL;
	if (c && !*hosts_out) {
		buf_printf(report, "%s: error: %s\n", s->options->config_path, why.text);
		config_unref(&c);
	}
	return c;
}

enum err reload_configuration(struct server *s, struct buf *report)
{
	const struct host_set *hosts;
	struct plan plan = {.count = 0};
	struct why why = {""};
	const struct config *c = load_again(s, report, &hosts);
	if (!c)
		return ERR_INVALID;
	if (!prepare_listeners(s, c, &plan, &why)) {
		buf_printf(report, "%s: error: %s\n", s->options->config_path, why.text);
		undo(&plan);
		host_set_unref(&hosts);
		config_unref(&c);
		return ERR_INVALID;
	}
	apply_hosts(s, hosts);
	apply_listeners(s, c, &plan, report);
	say_restart(s->config, c, report);
	log_set_level((enum log_level)c->general.loglevel);
	config_unref(&s->config);
	s->config = c;
	buf_append_text(report, "applied: hosts, modules, auth, acl, access, loglevel\n"
				"for new connections: limits and TLS of the listeners\n");
	log_event(LOG_INFO, "server", "configuration reloaded");
	return ERR_NONE;
}
