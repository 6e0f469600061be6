#include "net/loop.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "net/conn.h"
#include "net/conn_out.h"

enum {
	EVENTS_PER_TURN = 256,
	LETTERS_PER_TURN = 4096, /* then sockets have their turn again */
	SCRATCH_KEPT_BYTES = 256 * 1024,
};

/* The turn on this thread's stack. */
struct turn {
	struct loop *loop;
	struct epoll_event *events; /* those not looked at yet */
	int count;
	bool has_mail;
};

static _Thread_local struct turn *current_turn;

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct loop *loop_new(int index)
{
	struct loop *l = mem_new(sizeof(*l));
	struct epoll_event mail = {.events = EPOLLIN, .data.ptr = NULL};

	l->index = index;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	check(l->epoll >= 0);
	mailbox_init(&l->mailbox);
	check(epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->mailbox.fd, &mail) == 0);
	l->timers = timer_wheel_new(now_ms());
	list_init(&l->dirty);
	list_init(&l->due);
	l->input = mem_new(LOOP_INPUT_BYTES);
	buf_init(&l->scratch);
	buf_init(&l->wire);
	return l;
}

/* Letters own what they carry: those that came too late are opened all the same. */
static void open_last_letters(struct loop *l)
{
	struct turn turn = {.loop = l}, *outer = current_turn;

	current_turn = &turn;
	while (mailbox_drain(&l->mailbox, LETTERS_PER_TURN))
		;
	current_turn = outer;
}

static void unlink_all(struct list *l)
{
	list_each(link, l)
		list_remove(link);
}

void loop_free(struct loop **l)
{
	struct loop *loop = *l;

	if (!loop)
		return;
	check(!loop_is_running(loop));
	open_last_letters(loop);
	unlink_all(&loop->dirty);
	unlink_all(&loop->due);
	conn_out_free_spares(loop);
	buf_fini(&loop->wire);
	buf_fini(&loop->scratch);
	free(loop->input);
	timer_wheel_free(&loop->timers);
	mailbox_fini(&loop->mailbox);
	close(loop->epoll);
	free(loop);
	*l = NULL;
}

struct loop *loop_current(void)
{
	return current_turn ? current_turn->loop : NULL;
}

void loop_watch(struct loop *l, struct loop_source *s, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = s};

	check(events != 0 && s->fd >= 0);
	if (events == s->events)
		return;
	check(epoll_ctl(l->epoll, s->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, s->fd, &event) == 0);
	s->events = events;
}

void loop_unwatch(struct loop *l, struct loop_source *s)
{
	if (!s->events)
		return;
	check(epoll_ctl(l->epoll, EPOLL_CTL_DEL, s->fd, NULL) == 0);
	s->events = 0;
	/* It may have been ready in this turn too, and be gone before its event is looked at. */
	if (loop_current() == l)
		for (int i = 0; i < current_turn->count; i++)
			if (current_turn->events[i].data.ptr == s)
				current_turn->events[i].events = 0;
}

static int time_to_wait(struct loop *l, int timeout_ms)
{
	int64_t next_ms;

	/* The last turn took its time, too. */
	timer_wheel_set_clock(l->timers, now_ms());
	next_ms = timer_next_ms(l->timers);
	if (l->mailbox.taken || !list_is_empty(&l->due) || !list_is_empty(&l->dirty))
		return 0;
	if (next_ms > INT32_MAX)
		next_ms = INT32_MAX;
	if (next_ms >= 0 && (timeout_ms < 0 || next_ms < timeout_ms))
		return (int)next_ms;
	return timeout_ms;
}

static void dispatch(struct turn *turn)
{
	while (turn->count > 0) {
		struct epoll_event event = *turn->events;

		turn->events++;
		turn->count--;
		if (!event.data.ptr) {
			turn->has_mail = true;
		} else if (event.events) {
			struct loop_source *s = event.data.ptr;

			s->on_ready(s, event.events);
		}
	}
}

/* Also looks into the box itself: letters that came while sockets were read are opened in this turn already. */
static void open_letters(struct loop *l, bool has_mail)
{
	if (has_mail || l->mailbox.taken || atomic_load_explicit(&l->mailbox.newest, memory_order_relaxed))
		mailbox_drain(&l->mailbox, LETTERS_PER_TURN);
}

static void end_turn(struct loop *l)
{
	conn_run_due(l);
	if (l->at_turn_end)
		l->at_turn_end(l, l->at_turn_end_context);
	conn_write_dirty(l);
	buf_tidy(&l->scratch, SCRATCH_KEPT_BYTES);
}

void loop_turn(struct loop *l, int timeout_ms)
{
	struct epoll_event events[EVENTS_PER_TURN];
	struct turn turn = {.loop = l, .events = events}, *outer = current_turn;

	current_turn = &turn;
	turn.count = epoll_wait(l->epoll, events, EVENTS_PER_TURN, time_to_wait(l, timeout_ms));
	check(turn.count >= 0 || errno == EINTR);
	timer_wheel_set_clock(l->timers, now_ms());
	dispatch(&turn);
	timer_wheel_advance(l->timers, timer_now_ms(l->timers));
	open_letters(l, turn.has_mail);
	end_turn(l);
	current_turn = outer;
}

void loop_run(struct loop *l)
{
	atomic_store(&l->running, true);
	while (!l->stopping)
		loop_turn(l, -1);
	open_last_letters(l);
	end_turn(l);
	atomic_store(&l->running, false);
}

bool loop_is_running(const struct loop *l)
{
	return atomic_load(&l->running);
}

static void stop(struct letter *letter)
{
	loop_current()->stopping = true;
	free(letter);
}

void loop_stop_post(struct loop *l)
{
	struct letter *letter = mem_new(sizeof(*letter));

	letter->run = stop;
	mailbox_post(&l->mailbox, letter);
}

int loop_default_count(void)
{
	cpu_set_t cpus;

	/* More than 1024 CPUs do not fit; then all that are online. */
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		return CPU_COUNT(&cpus);
	return (int)sysconf(_SC_NPROCESSORS_ONLN);
}
