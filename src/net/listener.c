#include "net/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "base/probe.h"
#include "conf/option.h"

enum {
	ACCEPTS_PER_TURN = 32, /* then the connections that are there have their turn */
	FIRST_PAUSE_MS = 10,
	LONGEST_PAUSE_MS = 1000,
	UNSENT_BYTES = 128 * 1024, /* in the kernel, for one peer that does not read; without this, megabytes */
};

/* One loop that accepts. */
struct acceptor {
	struct loop_source source;
	struct listener *listener;
	struct loop *loop;
	struct letter start, stop;
	struct timer pause;
	uint32_t pause_ms; /* the last one; 0: accepting went well */
	_Atomic bool is_stopped;
};

struct listener {
	_Atomic int64_t refs;   /* the owner's, one per acceptor that runs, one per connection */
	_Atomic int watchers;   /* acceptors that may still look at a shared socket */
	const struct config_listen *config;
	_Atomic int64_t max_connections;
	int64_t margin; /* of those that are accepted to be refused */
	int port;
	listener_on_accept *on_accept;
	void *context;
	_Atomic int64_t connections, accepted, refused; /* open now; since the start */
	struct probe probe;
	struct log_throttle throttle;
	bool owns_each; /* every acceptor has a socket of its own */
	bool is_stopped;
	int acceptor_count;
	struct acceptor acceptors[];
};

static void unref(struct listener *l)
{
	if (atomic_fetch_sub(&l->refs, 1) == 1)
		free(l);
}

static void report(const struct probe *p, probe_take *take, void *context)
{
	static const char *const kinds[] = {"c2s", "s2s", "component", "http"};
	const struct listener *l = container_of(p, struct listener, probe);
	const struct config_listen *c = l->config;
	char labels[160];

	snprintf(labels, sizeof(labels), "listener=\"%s\",address=\"%.*s\",port=\"%d\"", kinds[c->kind], STR_ARGS(c->ip_address), l->port);
	take(context, &(struct probe_sample){"listener_connections", "gauge", "Connections open now", labels, (double)l->connections});
	take(context,
	     &(struct probe_sample){"listener_accepted_total", "counter", "Connections that came", labels, (double)l->accepted});
	take(context, &(struct probe_sample){"listener_refused_total", "counter", "Connections closed for max_connections", labels,
					     (double)l->refused});
}

static void log_pause(struct acceptor *a, int error)
{
	uint64_t suppressed;

	if (log_throttle_pass(&a->listener->throttle, timer_now_ms(a->loop->timers), &suppressed))
		log_event(LOG_WARN, "net", "accepting pauses", LOG_NUM("port", a->listener->port),
			  LOG_TEXT("reason", strerror(error)), LOG_NUM("repeated", suppressed));
}

/* Connects wait in the backlog meanwhile; asking again at once would only spin. */
static void pause_accepting(struct acceptor *a, int error)
{
	a->pause_ms = a->pause_ms ? a->pause_ms * 2 : FIRST_PAUSE_MS;
	if (a->pause_ms > LONGEST_PAUSE_MS)
		a->pause_ms = LONGEST_PAUSE_MS;
	loop_unwatch(a->loop, &a->source);
	timer_start(a->loop->timers, &a->pause, a->pause_ms);
	metric_add(METRIC_accept_paused, 1);
	log_pause(a, error);
}

/* Of the connection that is being accepted on this thread: it is one of the margin. */
static _Thread_local bool is_over;

/* Exact: the place is taken before it is known whether there is one. */
static bool take_place(struct listener *l)
{
	int64_t max = atomic_load_explicit(&l->max_connections, memory_order_relaxed);
	int64_t over = atomic_fetch_add(&l->connections, 1) - max;

	is_over = over >= 0;
	if (is_over)
		atomic_fetch_add_explicit(&l->refused, 1, memory_order_relaxed);
	if (over < l->margin) {
		atomic_fetch_add(&l->refs, 1);
		return true;
	}
	atomic_fetch_sub(&l->connections, 1);
	return false;
}

static void hand_over(struct acceptor *a, int fd, const struct sockaddr_storage *peer)
{
	struct listener *l = a->listener;
	struct ip address = ip_from_sockaddr((const struct sockaddr *)peer);

	atomic_fetch_add_explicit(&l->accepted, 1, memory_order_relaxed);
	if (!take_place(l)) {
		limit_acted(METRIC_max_connections_refused, address);
		close(fd);
		return;
	}
	metric_add(METRIC_connections_accepted, 1);
	metric_add(METRIC_connections_open, 1);
	l->on_accept(l->context, l, a->loop, fd, address);
}

/* What accept says of the new connection or the network, rather than of us: the next one may be fine. */
static bool is_passing(int error)
{
	return error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENETDOWN || error == ENOPROTOOPT ||
	       error == EHOSTDOWN || error == ENONET || error == EHOSTUNREACH || error == ENETUNREACH || error == EPERM;
}

static void on_ready(struct loop_source *s, uint32_t events)
{
	struct acceptor *a = container_of(s, struct acceptor, source);

	(void)events;
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		struct sockaddr_storage peer = {0};
		socklen_t len = sizeof(peer);
		int fd = accept4(s->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			a->pause_ms = 0;
			hand_over(a, fd, &peer);
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return;
		} else if (errno == EINVAL) {
			/* listener_stop has shut it down; the letter that ends it is on its way. */
			loop_unwatch(a->loop, s);
			return;
		} else if (!is_passing(errno)) {
			pause_accepting(a, errno);
			return;
		}
	}
}

static void watch(struct acceptor *a)
{
	/* A shared socket wakes one loop, not all. */
	loop_watch(a->loop, &a->source, EPOLLIN | (a->listener->owns_each ? 0 : (uint32_t)EPOLLEXCLUSIVE));
}

static void on_pause_over(struct timer *t)
{
	watch(container_of(t, struct acceptor, pause));
}

static void run_start(struct letter *letter)
{
	watch(container_of(letter, struct acceptor, start));
}

static void run_stop(struct letter *letter)
{
	struct acceptor *a = container_of(letter, struct acceptor, stop);
	struct listener *l = a->listener;

	timer_stop(&a->pause);
	loop_unwatch(a->loop, &a->source);
	/* A shared one when nobody watches it any more: its number may be another's the moment after. */
	if (atomic_fetch_sub(&l->watchers, 1) == 1 || l->owns_each)
		close(a->source.fd);
	atomic_store(&a->is_stopped, true);
	unref(l);
}

static enum err explain_bind(const struct config_listen *c, int error, struct why *why)
{
	const char *advice = "";
	char address[IP_TEXT_MAX];
	enum err e = err_from_errno(error);

	if (error == EADDRINUSE)
		advice = ": it is in use by another program; stop that one (`ss -ltnp` shows it) or choose another port";
	else if (error == EACCES)
		advice = ": ports below 1024 need the capability CAP_NET_BIND_SERVICE";
	else if (error == EADDRNOTAVAIL)
		advice = ": no network interface of this machine has the address; 0.0.0.0 or :: means all of them";
	snprintf(address, sizeof(address), "%.*s", STR_ARGS(c->ip_address));
	return err_because(e, why, "cannot listen on port %d of %s%s%s", (int)c->port, address, advice,
			   *advice ? "" : strerror(error));
}

static void set_option(int fd, int level, int option, int value)
{
	check(setsockopt(fd, level, option, &value, sizeof(value)) == 0);
}

/* A listening socket on the address, or -1 with errno. */
static int open_socket(const struct config_listen *c, struct ip at)
{
	struct sockaddr_storage address;
	socklen_t len = ip_to_sockaddr(at, &address);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -1;
	set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	/* Inherited by what is accepted. */
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES);
	/* :: and 0.0.0.0 with one port are two listeners, in any order. */
	if (at.version == 6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (c->reuse_port)
		set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (bind(fd, (struct sockaddr *)&address, len) == 0 && listen(fd, (int)c->backlog) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	check(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
	return ip_from_sockaddr((struct sockaddr *)&address).port;
}

static void init_acceptor(struct acceptor *a, struct listener *l, struct loop *loop)
{
	*a = (struct acceptor){.listener = l, .loop = loop, .source = {.fd = -1, .on_ready = on_ready}};
	a->start.run = run_start;
	a->stop.run = run_stop;
	timer_init(&a->pause, on_pause_over);
}

static void close_sockets(struct listener *l)
{
	for (int i = 0; i < (l->owns_each ? l->acceptor_count : 1); i++)
		if (l->acceptors[i].source.fd >= 0)
			close(l->acceptors[i].source.fd);
}

static enum err open_sockets(struct listener *l, struct why *why)
{
	const struct config_listen *c = l->config;
	struct ip at;

	if (!ip_parse(c->ip_address, &at))
		return err_because(ERR_INVALID, why, "%.*s is not an address", STR_ARGS(c->ip_address));
	at.port = (uint16_t)c->port;
	for (int i = 0; i < l->acceptor_count; i++) {
		struct acceptor *a = &l->acceptors[i];

		if (i > 0 && !l->owns_each) {
			a->source.fd = l->acceptors[0].source.fd;
			continue;
		}
		a->source.fd = open_socket(c, at);
		if (a->source.fd < 0)
			return explain_bind(c, errno, why);
		/* The others join the one that the system chose for port 0. */
		at.port = (uint16_t)(l->port = port_of(a->source.fd));
	}
	return ERR_NONE;
}

struct listener *listener_open(const struct config_listen *c, struct loop *const *loops, int loop_count, struct why *why)
{
	int acceptors = c->num_acceptors < loop_count ? (int)c->num_acceptors : loop_count;
	struct listener *l;

	check(acceptors > 0);
	l = mem_new(sizeof(*l) + (size_t)acceptors * sizeof(l->acceptors[0]));
	atomic_init(&l->refs, 1);
	atomic_init(&l->watchers, acceptors);
	l->config = c;
	l->max_connections = c->max_connections;
	l->owns_each = c->reuse_port;
	l->acceptor_count = acceptors;
	/* Several listeners with few acceptors each do not all meet on the first loop. */
	for (int i = 0; i < acceptors; i++)
		init_acceptor(&l->acceptors[i], l, loops[(c->index + i) % loop_count]);
	if (open_sockets(l, why) != ERR_NONE) {
		close_sockets(l);
		free(l);
		return NULL;
	}
	l->probe.report = report;
	probe_add(&l->probe);
	return l;
}

void listener_start(struct listener *l, listener_on_accept *on_accept, void *context)
{
	check(!l->on_accept && !l->is_stopped);
	l->on_accept = on_accept;
	l->context = context;
	for (int i = 0; i < l->acceptor_count; i++)
		mailbox_post(&l->acceptors[i].loop->mailbox, &l->acceptors[i].start);
}

/* A loop that is not run by any thread accepts nothing; its letter stays until it is. */
static void wait_for(const struct acceptor *a)
{
	const struct timespec moment = {.tv_nsec = 200000};

	while (!atomic_load(&a->is_stopped) && loop_is_running(a->loop) && loop_current() != a->loop)
		nanosleep(&moment, NULL);
}

void listener_stop(struct listener *l)
{
	if (l->is_stopped)
		return;
	l->is_stopped = true;
	if (!l->on_accept) {
		close_sockets(l);
		return;
	}
	/* Refuses connects at once, from any thread; the descriptors are closed by the loops that watch them. */
	for (int i = 0; i < (l->owns_each ? l->acceptor_count : 1); i++)
		shutdown(l->acceptors[i].source.fd, SHUT_RDWR);
	atomic_fetch_add(&l->refs, l->acceptor_count);
	for (int i = 0; i < l->acceptor_count; i++)
		mailbox_post(&l->acceptors[i].loop->mailbox, &l->acceptors[i].stop);
	for (int i = 0; i < l->acceptor_count; i++)
		wait_for(&l->acceptors[i]);
}

void listener_free(struct listener **l)
{
	struct listener *listener = *l;

	*l = NULL;
	if (!listener)
		return;
	check(listener->is_stopped);
	probe_remove(&listener->probe);
	unref(listener);
}

int listener_port(const struct listener *l)
{
	return l->port;
}

void listener_set_max_connections(struct listener *l, int64_t max)
{
	atomic_store_explicit(&l->max_connections, max, memory_order_relaxed);
}

void listener_set_margin(struct listener *l, int64_t margin)
{
	check(!l->on_accept);
	l->margin = margin;
}

bool listener_is_over(void)
{
	return is_over;
}

void listener_set_backlog(struct listener *l, int backlog)
{
	check(!l->is_stopped);
	/* On a socket that listens already this changes the length of the queue only. */
	for (int i = 0; i < (l->owns_each ? l->acceptor_count : 1); i++)
		check(listen(l->acceptors[i].source.fd, backlog) == 0);
}

const struct config_listen *listener_config(const struct listener *l)
{
	return l->config;
}

void listener_released(struct listener *l)
{
	check(atomic_fetch_sub(&l->connections, 1) > 0);
	metric_add(METRIC_connections_open, -1);
	unref(l);
}

int64_t listener_connections(const struct listener *l)
{
	return atomic_load(&l->connections);
}

struct listener_counts listener_get_counts(const struct listener *l)
{
	return (struct listener_counts){l->connections, l->max_connections, l->accepted, l->refused};
}
