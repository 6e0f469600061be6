#include "admin/dashboard_feed.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "admin/dashboard_snapshot.h"
#include "base/list.h"
#include "base/mem.h"
#include "http/event_stream.h"
#include "route/registry.h"

enum {
	PERIOD_MS = 1000,
	PING_MS = 15000,
	WATCHERS_MAX = 100,
	WAITING_BYTES = 128 * 1024, /* more than this waits for a client: it gets no snapshot now */
	QUEUE_BYTES = 512 * 1024,
};

struct watcher {
	struct list link;
	struct event_stream *stream; /* counted */
};

/* All that watch. */
static struct {
	pthread_mutex_t lock;
	struct list watchers;
	size_t count;
	char *snapshot, *news; /* the last ones while somebody watches; otherwise NULL */
	bool is_running;       /* the first loop is at it */
	/* Of the first loop. */
	struct realm *realm;
	struct letter start;
	struct timer clock;
	bool is_making;
} feed = {.lock = PTHREAD_MUTEX_INITIALIZER, .watchers = {&feed.watchers, &feed.watchers}};

/* ---- sending; under the lock ---- */

/* Of snapshots one may be left out: the next one is as good. */
static void send_snapshot(struct watcher *w, const char *text)
{
	if (event_stream_waiting(w->stream) < WAITING_BYTES)
		event_stream_post(w->stream, &(struct event_stream_event){.type = STR("snapshot"), .data = str_from(text)});
}

static void send_news(struct watcher *w, const char *text)
{
	event_stream_post(w->stream, &(struct event_stream_event){.type = STR("news"), .data = str_from(text)});
}

static void send_all(const char *text, void (*send)(struct watcher *w, const char *text))
{
	list_each(link, &feed.watchers)
		send(container_of(link, struct watcher, link), text);
}

static void forget(void)
{
	free(feed.snapshot);
	free(feed.news);
	feed.snapshot = feed.news = NULL;
}

/* ---- making; on the first loop ---- */

static char *text_of(json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT);

	json_decref(j);
	return text;
}

static void on_made(void *context, json_t *snapshot, json_t *news)
{
	char *snapshot_text = text_of(snapshot), *news_text = text_of(news);

	(void)context;
	feed.is_making = false;
	pthread_mutex_lock(&feed.lock);
	if (!feed.news || strcmp(feed.news, news_text))
		send_all(news_text, send_news);
	send_all(snapshot_text, send_snapshot);
	forget();
	if (feed.count) {
		feed.snapshot = snapshot_text;
		feed.news = news_text;
	} else {
		free(snapshot_text);
		free(news_text);
	}
	pthread_mutex_unlock(&feed.lock);
}

static void tick(void)
{
	pthread_mutex_lock(&feed.lock);
	bool is_watched = feed.is_running = feed.count > 0;
	pthread_mutex_unlock(&feed.lock);
	if (!is_watched)
		return;
	timer_start(feed.realm->registries[0]->timers, &feed.clock, PERIOD_MS);
	/* The one before may still wait, for a reload. */
	if (feed.is_making)
		return;
	feed.is_making = true;
	dashboard_snapshot_start(feed.realm, on_made, NULL);
}

static void on_due(struct timer *t)
{
	(void)t;
	tick();
}

static void on_start(struct letter *l)
{
	(void)l;
	timer_init(&feed.clock, on_due);
	tick();
}

/* ---- who watches ---- */

static void on_ended(void *context, enum event_stream_reason reason)
{
	struct watcher *w = context;

	(void)reason;
	pthread_mutex_lock(&feed.lock);
	list_remove(&w->link);
	if (--feed.count == 0)
		forget();
	pthread_mutex_unlock(&feed.lock);
	event_stream_unref(&w->stream);
	free(w);
}

/* Under the lock. */
static void add(struct realm *realm, struct watcher *w)
{
	list_append(&feed.watchers, &w->link);
	feed.count++;
	if (feed.news)
		send_news(w, feed.news);
	if (feed.snapshot)
		send_snapshot(w, feed.snapshot);
	if (feed.is_running)
		return;
	feed.is_running = true;
	feed.realm = realm;
	feed.start.run = on_start;
	mailbox_post(realm->registries[0]->mailbox, &feed.start);
}

void dashboard_feed_add(struct realm *realm, struct exchange *x)
{
	struct watcher *w;

	pthread_mutex_lock(&feed.lock);
	bool has_room = feed.count < WATCHERS_MAX;
	pthread_mutex_unlock(&feed.lock);
	if (!has_room) {
		exchange_fail(x, 503);
		return;
	}
	w = mem_new(sizeof *w);
	w->stream = event_stream_start(x, &(struct event_stream_settings){.ping_ms = PING_MS, .queue_limit_bytes = QUEUE_BYTES, .on_ended = on_ended,
									  .context = w});
	if (!w->stream) {
		free(w);
		return;
	}
	event_stream_ref(w->stream);
	pthread_mutex_lock(&feed.lock);
	add(realm, w);
	pthread_mutex_unlock(&feed.lock);
}
