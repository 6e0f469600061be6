#include "admin/dashboard_snapshot.h"

#include <stdlib.h>

#include "admin/operations.h"
#include "base/mem.h"
#include "base/metric.h"
#include "route/registry.h"
#include "store/store.h"

/* One after the other: each takes a moment, and nothing has to be locked. */
static const struct {
	const char *category, *operation, *member;
	bool is_news;
} parts[] = {
	{"server", "status", "status", false},
	{"server", "listListeners", "listeners", false},
	{"server", "memory", "memory", false},
	{"metric", "getHistograms", "histograms", false},
	{"server", "listWarnings", "warnings", true},
	{"server", "listLimited", "limited", true},
	{"server", "lastReload", "reload", true},
};

enum { PARTS = sizeof parts / sizeof parts[0] };

struct making {
	struct letter letter;
	struct realm *realm;
	size_t at; /* of parts */
	json_t *snapshot, *news;
	void (*on_done)(void *context, json_t *snapshot, json_t *news);
	void *context;
};

static void ask(struct making *m);

static void go_on(struct letter *l)
{
	struct making *m = container_of(l, struct making, letter);

	if (m->at < PARTS) {
		ask(m);
		return;
	}
	m->on_done(m->context, m->snapshot, m->news);
	free(m);
}

/* On any thread. */
static void on_reply(void *context, json_t *reply)
{
	struct making *m = context;
	json_t *category = json_object_get(json_object_get(reply, "data"), parts[m->at].category);
	json_t *part = json_object_get(category, parts[m->at].operation);

	json_object_set_new(parts[m->at].is_news ? m->news : m->snapshot, parts[m->at].member, part ? json_incref(part) : json_null());
	json_decref(reply);
	m->at++;
	mailbox_post(m->realm->registries[0]->mailbox, &m->letter);
}

static void ask(struct making *m)
{
	const struct operation *o = operations_find(str_from(parts[m->at].category), str_from(parts[m->at].operation));

	operations_start(m->realm, &(struct operations_request){.operation = o, .on_reply = on_reply, .context = m});
}

static json_t *read_metrics(void)
{
	json_t *values = json_object();

	for (int m = 0; m < METRIC_COUNT; m++)
		json_object_set_new(values, metric_name((enum metric)m), json_integer(metric_read((enum metric)m)));
	return values;
}

void dashboard_snapshot_start(struct realm *realm, void (*on_done)(void *context, json_t *snapshot, json_t *news), void *context)
{
	struct str domain = realm->registries[0]->hosts->config->general.default_server_domain;
	struct making *m = mem_new(sizeof *m);

	*m = (struct making){.letter.run = go_on, .realm = realm, .on_done = on_done, .context = context};
	m->news = json_object();
	m->snapshot = json_object();
	json_object_set_new(m->snapshot, "at", json_integer(store_now_ms()));
	json_object_set_new(m->snapshot, "domain", json_stringn(domain.data, domain.len));
	json_object_set_new(m->snapshot, "metrics", read_metrics());
	ask(m);
}
