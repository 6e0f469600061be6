#include "net/proxy_gate.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "net/proxy.h"

enum { PATIENCE_MS = 5000, LOOK_BYTES = 4096 };

/* One connection that waits. */
struct arrival {
	struct loop_source source;
	struct proxy_gate *gate;
	struct list link;
	struct timer patience;
	struct ip connection;
	struct proxy header;
};

struct proxy_rules *proxy_gate_rules(const struct option_list *trusted)
{
	const struct str *items = trusted->items;
	struct proxy_rules *r = mem_new(sizeof(*r) + trusted->count * sizeof(r->trusted[0]));

	for (; r->count < trusted->count; r->count++)
		check(ip_range_parse(items[r->count], &r->trusted[r->count]));
	return r;
}

static bool is_trusted(const struct proxy_rules *r, struct ip address)
{
	for (size_t i = 0; i < r->count; i++)
		if (ip_range_contains(&r->trusted[i], address))
			return true;
	return r->count == 0;
}

static void note_refusal(const struct proxy_gate *g, struct ip connection, const char *reason)
{
	static struct log_throttle throttle;
	char text[IP_TEXT_MAX];
	uint64_t suppressed;

	metric_add(METRIC_proxy_header_refused, 1);
	if (log_on(LOG_INFO) && log_throttle_pass(&throttle, timer_now_ms(g->loop->timers), &suppressed))
		log_event(LOG_INFO, "net", "PROXY header refused", LOG_TEXT("reason", reason),
			  LOG_TEXT("peer", ip_format(connection, true, text)), LOG_NUM("suppressed", suppressed));
}

/* It waits no longer; its descriptor is the caller's. */
static int release(struct arrival *a)
{
	int fd = a->source.fd;

	loop_unwatch(a->gate->loop, &a->source);
	timer_stop(&a->patience);
	list_remove(&a->link);
	free(a);
	return fd;
}

static void let_in(struct arrival *a)
{
	struct proxy_gate *g = a->gate;
	struct ip peer = proxy_source(&a->header, a->connection), connection = a->connection;
	char peer_text[IP_TEXT_MAX], connection_text[IP_TEXT_MAX];

	log_event(LOG_DEBUG, "net", "PROXY header", LOG_TEXT("peer", ip_format(peer, true, peer_text)),
		  LOG_TEXT("proxy", ip_format(connection, true, connection_text)));
	g->on_done(g, release(a), peer);
}

/* reason NULL: there is nothing to be told. */
static void turn_away(struct arrival *a, const char *reason)
{
	struct proxy_gate *g = a->gate;
	struct ip connection = a->connection;

	if (reason)
		note_refusal(g, connection, reason);
	close(release(a));
	g->on_done(g, -1, connection);
}

/* Looks at what is there and takes what belongs to the header. */
static void read_some(struct arrival *a)
{
	struct loop *l = a->gate->loop;
	ssize_t len = recv(a->source.fd, l->input, LOOK_BYTES, MSG_PEEK | MSG_DONTWAIT);
	enum proxy_result result;
	size_t used;

	if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (len <= 0) {
		turn_away(a, NULL);
		return;
	}
	result = proxy_feed(&a->header, str_make(l->input, (size_t)len), &used);
	if (result == PROXY_MALFORMED) {
		turn_away(a, a->header.len > 0 ? "malformed" : "missing");
		return;
	}
	/* What was there a moment ago is there still, unless the connection has broken meanwhile. */
	if (recv(a->source.fd, l->input, used, MSG_DONTWAIT) != (ssize_t)used)
		turn_away(a, NULL);
	else if (result == PROXY_DONE)
		let_in(a);
}

static void on_ready(struct loop_source *s, uint32_t events)
{
	(void)events;
	read_some(container_of(s, struct arrival, source));
}

static void on_patience_over(struct timer *t)
{
	turn_away(container_of(t, struct arrival, patience), "late");
}

void proxy_gate_init(struct proxy_gate *g, struct loop *l, void (*on_done)(struct proxy_gate *g, int fd, struct ip peer))
{
	*g = (struct proxy_gate){.loop = l, .on_done = on_done};
	list_init(&g->waiting);
}

void proxy_gate_enter(struct proxy_gate *g, const struct proxy_rules *rules, int fd, struct ip connection)
{
	struct arrival *a;

	if (!is_trusted(rules, connection)) {
		note_refusal(g, connection, "from an address that is not in proxy_trusted");
		close(fd);
		g->on_done(g, -1, connection);
		return;
	}
	a = mem_new(sizeof(*a));
	*a = (struct arrival){.source = {.fd = fd, .on_ready = on_ready}, .gate = g, .connection = connection};
	proxy_init(&a->header);
	timer_init(&a->patience, on_patience_over);
	timer_start(g->loop->timers, &a->patience, PATIENCE_MS);
	list_append(&g->waiting, &a->link);
	loop_watch(g->loop, &a->source, EPOLLIN);
}

void proxy_gate_close(struct proxy_gate *g)
{
	while (!list_is_empty(&g->waiting))
		turn_away(container_of(g->waiting.next, struct arrival, link), NULL);
}
