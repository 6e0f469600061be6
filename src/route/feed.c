#include "route/feed.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/limit.h"
#include "base/list.h"
#include "base/mem.h"

struct feed {
	struct feed_listener listener;
	struct mailbox *source_home;
	void (*on_closed)(void *context);
	void *source_context;
	_Atomic uint32_t refs; /* the halves, and letters under way */
	_Atomic size_t waiting_bytes;
	bool is_listened_to;    /* the listener's: not closed */
	bool is_begun;          /* the source's; the listener sees it with the answer of the operation */
	bool is_fed;            /* the source's: begun and not ended */
	bool is_full;           /* the source's: more waited than may */
	struct letter to_source, to_listener; /* each sent once: closed; ended */
};

struct feed_event {
	struct letter letter;
	struct feed *feed; /* counted */
	json_t *event;
	size_t size;
};

static void ref(struct feed *f)
{
	atomic_fetch_add(&f->refs, 1);
}

static void unref(struct feed *f)
{
	if (atomic_fetch_sub(&f->refs, 1) == 1)
		free(f);
}

/* ---- the listener ---- */

struct feed *feed_new(const struct feed_listener *l)
{
	struct feed *f = mem_new(sizeof(*f));

	f->listener = *l;
	f->refs = 1;
	f->is_listened_to = true;
	return f;
}

static void take_closed(struct letter *l)
{
	struct feed *f = container_of(l, struct feed, to_source);

	if (f->is_fed)
		f->on_closed(f->source_context);
	unref(f);
}

static void tell_source(struct feed *f)
{
	ref(f);
	f->to_source.run = take_closed;
	mailbox_post(f->source_home, &f->to_source);
}

void feed_close(struct feed **f)
{
	struct feed *gone = *f;

	*f = NULL;
	if (!gone)
		return;
	gone->is_listened_to = false;
	if (gone->is_begun)
		tell_source(gone);
	unref(gone);
}

static void take_event(struct letter *l)
{
	struct feed_event *e = container_of(l, struct feed_event, letter);
	struct feed *f = e->feed;

	atomic_fetch_sub(&f->waiting_bytes, e->size);
	if (f->is_listened_to)
		f->listener.on_event(f->listener.context, e->event);
	else
		json_decref(e->event);
	free(e);
	unref(f);
}

static void take_ended(struct letter *l)
{
	struct feed *f = container_of(l, struct feed, to_listener);

	if (f->is_listened_to)
		f->listener.on_ended(f->listener.context);
	unref(f);
}

/* ---- the source ---- */

static void tell_listener(struct feed *f)
{
	ref(f);
	f->to_listener.run = take_ended;
	mailbox_post(f->listener.home, &f->to_listener);
}

struct ip feed_peer(const struct feed *f)
{
	return f->listener.peer;
}

void feed_begin(struct feed *f, struct mailbox *home, void (*on_closed)(void *context), void *context)
{
	ref(f);
	f->source_home = home;
	f->on_closed = on_closed;
	f->source_context = context;
	f->is_begun = f->is_fed = true;
}

static bool has_room(struct feed *f, size_t size)
{
	size_t waiting = atomic_fetch_add(&f->waiting_bytes, size);

	if (waiting == 0 || waiting + size <= FEED_WAITING_BYTES)
		return true;
	atomic_fetch_sub(&f->waiting_bytes, size);
	return false;
}

bool feed_post(struct feed *f, json_t *event, size_t size)
{
	struct feed_event *e;

	if (!f->is_full && !has_room(f, size)) {
		limit_acted(METRIC_feeds_cut_off, f->listener.peer);
		f->is_full = true;
		tell_listener(f);
	}
	if (f->is_full) {
		json_decref(event);
		return false;
	}
	e = mem_new(sizeof(*e));
	*e = (struct feed_event){.letter.run = take_event, .feed = f, .event = event, .size = size};
	ref(f);
	mailbox_post(f->listener.home, &e->letter);
	return true;
}

void feed_end(struct feed **f)
{
	struct feed *gone = *f;

	*f = NULL;
	if (!gone)
		return;
	gone->is_fed = false;
	if (!gone->is_full)
		tell_listener(gone);
	unref(gone);
}
