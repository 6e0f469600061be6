#include "main/reload.h"

#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "conf/difference.h"
#include "conf/layout.h"
#include "ext/all.h"
#include "main/federation.h"
#include "main/loading.h"
#include "main/services.h"
#include "route/registry.h"
#include "route/router.h"
#include "store/store.h"

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

static void take_note(struct registry *r, void *context)
{
	struct handover *h = context;
	(void)r;
	sem_post(&h->taken);
}

/* Comes back when every loop has done it, and all that was posted to it before: whoever is told of the reload finds it done. */
static void hand_to_all(struct server *s, void (*take)(struct registry *r, void *context), struct handover *h)
{
	sem_init(&h->taken, 0, 0);
	router_post_to_all(&s->realm, take, h);
	for (int i = 0; i < s->realm.count; i++)
		while (sem_wait(&h->taken) != 0)
			;
	sem_destroy(&h->taken);
}

static void apply_hosts(struct server *s, const struct host_set *hosts)
{
	struct handover h = {.hosts = hosts};
	hand_to_all(s, take_hosts, &h);
	host_set_unref(&s->hosts);
	s->hosts = hosts;
}

/* ---- listeners ---- */

/* What is needed for the new configuration, made before anything is changed. services[i] is that of listeners[i] of the new one. */
struct plan {
	struct service *services[CONFIG_LISTENERS_MAX];
	const struct config_listen *opened[CONFIG_LISTENERS_MAX];
	bool is_new[CONFIG_LISTENERS_MAX];
	int count;
};

static bool is_same_address(const struct config_listen *a, const struct config_listen *b)
{
	return a->kind == b->kind && a->port == b->port && str_equal(a->ip_address, b->ip_address);
}

/* The index among those that are there, or -1. */
static int find_service(const struct server *s, const struct config_listen *like)
{
	for (int i = 0; i < s->service_count; i++)
		if (is_same_address(s->config->listeners[i], like))
			return i;
	return -1;
}

static void undo(struct plan *p)
{
	for (int i = 0; i < p->count; i++)
		if (p->is_new[i]) {
			service_stop(p->services[i]);
			service_free(&p->services[i]);
		} else {
			service_cancel(p->services[i]);
		}
}

/* A port of ours is given back only after the new listeners are there: nothing is taken away before it is sure that all goes well. */
static bool is_held_by_us(const struct server *s, const struct config_listen *l)
{
	for (int i = 0; i < s->service_count; i++)
		if (s->config->listeners[i]->port == l->port && s->config->listeners[i]->ip_version == l->ip_version)
			return find_service(s, l) < 0;
	return false;
}

static void explain(const struct server *s, const struct config *c, const struct config_listen *l, struct why *why, struct buf *report)
{
	if (is_held_by_us(s, l) && strstr(why->text, "in use"))
		*why = (struct why){"this server listens on the port at another address now; reload without that listener first, then with this one"};
	config_report(c, &l->port, true, why->text, report);
}

static bool prepare_listener(struct server *s, const struct config *c, struct plan *p, struct why *why)
{
	const struct config_listen *l = c->listeners[p->count];
	int there = find_service(s, l);
	struct service *service =
	    there >= 0 ? s->services[there] : service_new(services_kind(l->kind), c, l, &s->home, why);

	if (!service || (there >= 0 && !service_prepare(service, c, l, why)))
		return false;
	p->is_new[p->count] = there < 0;
	p->opened[p->count] = there < 0 ? l : s->opened[there];
	p->services[p->count++] = service;
	return true;
}

static bool prepare_listeners(struct server *s, const struct config *c, struct plan *p, struct buf *report)
{
	struct why why = {""};

	while (p->count < (int)c->listener_count)
		if (!prepare_listener(s, c, p, &why)) {
			explain(s, c, c->listeners[p->count], &why, report);
			undo(p);
			return false;
		}
	return true;
}

/* Those of earlier reloads whose last connection has ended. */
static void free_retired(struct server *s)
{
	int kept = 0;

	for (int i = 0; i < s->retired_count; i++)
		if (service_connections(s->retired[i]) > 0)
			s->retired[kept++] = s->retired[i];
		else
			service_free(&s->retired[i]);
	s->retired_count = kept;
}

/* Those that the new file does not have: nobody new comes in, and who is there is told to leave (system-shutdown). */
static void stop_vanished(struct server *s, const struct plan *p)
{
	for (int i = 0; i < s->service_count; i++) {
		bool is_kept = false;
		for (int j = 0; j < p->count; j++)
			is_kept = is_kept || p->services[j] == s->services[i];
		if (is_kept)
			continue;
		service_stop(s->services[i]);
		s->retired = mem_resize(s->retired, (size_t)(s->retired_count + 1) * sizeof(struct service *));
		s->retired[s->retired_count++] = s->services[i];
	}
}

static void apply_listeners(struct server *s, const struct plan *p)
{
	free_retired(s);
	stop_vanished(s, p);
	for (int i = 0; i < p->count; i++) {
		s->services[i] = p->services[i];
		s->opened[i] = p->opened[i];
		if (p->is_new[i])
			service_start(p->services[i]);
		else
			service_apply(p->services[i]);
	}
	s->service_count = p->count;
}

/* ---- the report ---- */

/* The listeners of a kind, with what they were opened with; listeners[] has room for all. */
static struct option_list listeners_in_force(const struct plan *p, enum config_listen_kind kind,
					     struct config_listen listeners[])
{
	struct option_list list = {listeners, 0};

	for (int i = 0; i < p->count; i++)
		if (p->opened[i]->kind == (int)kind)
			listeners[list.count++] = *p->opened[i];
	return list;
}

/* What is in force of the options that need a restart: those of the start, and of each listener those it was opened with. */
static struct layout_file file_in_force(const struct server *s, const struct plan *p, struct config_listen listeners[])
{
	struct layout_file file = *s->started->file;

	file.listen.c2s = listeners_in_force(p, CONFIG_LISTEN_C2S, listeners);
	file.listen.s2s = listeners_in_force(p, CONFIG_LISTEN_S2S, listeners += file.listen.c2s.count);
	file.listen.component = listeners_in_force(p, CONFIG_LISTEN_COMPONENT, listeners += file.listen.s2s.count);
	file.listen.http = listeners_in_force(p, CONFIG_LISTEN_HTTP, listeners + file.listen.component.count);
	return file;
}

static void find_differences(const struct server *s, const struct config *c, const struct plan *p, struct difference *d)
{
	struct config_known known = all_known_modules();
	struct config_listen listeners[CONFIG_LISTENERS_MAX];
	struct layout_file in_force = file_in_force(s, p, listeners);
	struct arena a;

	arena_init(&a, 0);
	const struct option_table *table = layout_make(&a, &known);
	difference_find(d, table, s->config->file, c->file, 1u << OPTION_AT_ONCE | 1u << OPTION_NEW_CONNECTIONS);
	difference_find(d, table, &in_force, c->file, 1u << OPTION_RESTART);
	arena_fini(&a);
}

static void report_differences(const struct difference *d, struct buf *report)
{
	if (d->count == 0)
		buf_append_text(report, "no option has changed; certificates, keys and other files were read again\n");
	difference_print(d, report);
	log_event(LOG_INFO, "server", "configuration reloaded", LOG_NUM("applied", difference_count(d, OPTION_AT_ONCE)),
		  LOG_NUM("for_new_connections", difference_count(d, OPTION_NEW_CONNECTIONS)),
		  LOG_NUM("needs_restart", difference_count(d, OPTION_RESTART)));
}

/* ---- the whole ---- */

/* The accounts last: what they use of a configuration cannot be taken back. */
static bool prepare(struct server *s, const struct config *c, struct plan *p, struct buf *report)
{
	struct why why = {""};

	if (!prepare_listeners(s, c, p, report))
		return false;
	if (!federation_prepare(s, c, report)) {
		undo(p);
		return false;
	}
	if (account_service_use(&s->realm.accounts, c, &why))
		return true;
	buf_printf(report, "%s: error: %s\n", s->options->config_path, why.text);
	federation_cancel(s);
	undo(p);
	return false;
}

static void apply(struct server *s, const struct config *c, const struct host_set *hosts, const struct plan *p)
{
	apply_hosts(s, hosts);
	apply_listeners(s, p);
	federation_apply(s);
	hand_to_all(s, take_note, &(struct handover){0});
	log_set_level((enum log_level)c->general.loglevel);
	config_unref(&s->config);
	s->config = c;
}

static enum err reload(struct server *s, struct buf *report)
{
	const struct host_set *hosts;
	struct difference d;
	struct plan plan = {.count = 0};
	const struct config *c = loading_read(s->options, &hosts, report);

	if (!c || !prepare(s, c, &plan, report)) {
		if (c) {
			host_set_unref(&hosts);
			config_unref(&c);
		}
		log_event(LOG_ERROR, "server", "configuration not reloaded: it has errors, and nothing was changed");
		return ERR_INVALID;
	}
	difference_init(&d);
	find_differences(s, c, &plan, &d);
	apply(s, c, hosts, &plan);
	report_differences(&d, report);
	difference_fini(&d);
	return ERR_NONE;
}

enum err reload_configuration(struct server *s, struct buf *report)
{
	size_t start = report->len;
	enum err e = reload(s, report);

	buf_clear(&s->reloaded.report);
	buf_append_str(&s->reloaded.report, str_make(report->data + start, report->len - start));
	s->reloaded.at_ms = store_now_ms();
	s->reloaded.is_applied = e == ERR_NONE;
	return e;
}
