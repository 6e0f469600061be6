#include "support/http_bed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "http/exchange.h"

/* ---- handlers ---- */

static void handle_echo(void *instance, struct exchange *x)
{
	struct buf text;

	(void)instance;
	buf_init(&text);
	buf_printf(&text, "%d %.*s|%.*s|%.*s|%.*s", x->method, STR_ARGS(x->path), STR_ARGS(x->subpath), STR_ARGS(x->query), STR_ARGS(x->body));
	exchange_set_header(x, "x-host", x->host);
	exchange_answer(x, 200, STR("text/plain"), buf_str(&text));
	buf_fini(&text);
}

static void on_cancelled(struct exchange_holder *h)
{
	struct http_bed *b = container_of(h, struct http_bed, holder);

	b->cancelled++;
	b->kept = NULL;
}

static void on_drained(struct exchange_holder *h)
{
	container_of(h, struct http_bed, holder)->drained++;
}

static void *create(const struct handler_site *site, struct why *why)
{
	(void)why;
	return site->world;
}

static void handle_later(void *instance, struct exchange *x)
{
	struct http_bed *b = instance;

	b->kept = x;
	b->holder.on_cancelled = on_cancelled;
	b->holder.on_drained = on_drained;
	exchange_keep(x, &b->holder);
}

static void handle_stream(void *instance, struct exchange *x)
{
	handle_later(instance, x);
	exchange_begin(x, 200, STR("text/event-stream"));
	exchange_write(x, STR("first\n"));
}

static void handle_events(void *instance, struct exchange *x)
{
	struct http_bed *b = instance;

	b->events = event_stream_start(x, &b->event_settings);
}

static void handle_big(void *instance, struct exchange *x)
{
	static char big[HTTP_BED_BIG_BYTES];

	(void)instance;
	memset(big, 'b', sizeof(big));
	exchange_answer_constant(x, 200, STR("application/octet-stream"), str_make(big, sizeof(big)));
}

static size_t on_bytes(struct conn *c, struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		char upper = bytes.data[i] >= 'a' && bytes.data[i] <= 'z' ? (char)(bytes.data[i] - 32) : bytes.data[i];

		conn_send(c, str_make(&upper, 1));
	}
	return bytes.len;
}

static void on_moved(struct conn *c)
{
	struct http_bed *b = container_of(c, struct http_bed, handed);

	b->handed_moved++;
	conn_send(c, STR("hello "));
}

static void on_closed(struct conn *c, enum err reason)
{
	struct http_bed *b = container_of(c, struct http_bed, handed);

	(void)reason;
	b->handed_closed++;
	exchange_seat_release(&b->seat);
}

static const struct conn_handler echoing = {.on_bytes = on_bytes, .on_moved = on_moved, .on_closed = on_closed};

static void handle_upgrade(void *instance, struct exchange *x)
{
	struct http_bed *b = instance;

	if (exchange_asks_upgrade(x, "upper"))
		b->seat = exchange_hand_over(x, "upper", &b->handed, &echoing);
	else
		exchange_fail(x, 426);
}

static void end(void *instance, struct loop *loop)
{
	struct http_bed *b = instance;

	check(loop == b->loop);
	b->ended++;
}

static const struct {
	const char *path;
	struct handler handler;
} handlers[] = {
	{"/echo", {.methods = HANDLER_GET | HANDLER_POST, .body_limit_bytes = HTTP_BED_BODY_BYTES, .has_subpaths = true, .handle = handle_echo}},
	{"/later", {.methods = HANDLER_GET, .handle = handle_later}},
	{"/stream", {.methods = HANDLER_GET, .handle = handle_stream, .end = end}},
	{"/events", {.methods = HANDLER_GET, .handle = handle_events}},
	{"/big", {.methods = HANDLER_GET, .handle = handle_big}},
	{"/upgrade", {.methods = HANDLER_GET, .handle = handle_upgrade}},
};

enum { HANDLERS = sizeof handlers / sizeof handlers[0] };

/* ---- the bed ---- */

static bool hold(void *context, size_t before, size_t after)
{
	struct http_bed *b = context;

	b->held += after - before;
	return true;
}

void http_bed_init(struct http_bed *b)
{
	*b = (struct http_bed){.loop = loop_new(0)};
	list_init(&b->conns);
	b->rules = (struct hosting_rules){
		.server_name = STR("bed"), .first_ms = 5000, .head_ms = 5000, .idle_ms = 5000, .body_ms = 5000, .context = b, .hold = hold,
	};
}

void http_bed_begin(struct http_bed *b)
{
	static struct handler copies[HANDLERS];
	struct why why;

	b->hosting = hosting_new(&b->rules);
	for (int i = 0; i < HANDLERS; i++) {
		struct handler_site site = {.host = STR("_"), .path = str_from(handlers[i].path), .world = b};

		copies[i] = handlers[i].handler;
		copies[i].name = handlers[i].path;
		copies[i].create = create;
		check(hosting_add(b->hosting, &copies[i], &site, false, &why));
	}
}

void http_bed_fini(struct http_bed *b)
{
	list_each(link, &b->conns)
		conn_abort(&container_of(link, struct http_conn, link)->conn, ERR_CLOSED);
	http_bed_turns(b, 3);
	check(list_is_empty(&b->conns) && b->held == 0);
	hosting_unref(&b->hosting);
	loop_free(&b->loop);
}

static void on_gone(void *context)
{
	((struct http_bed *)context)->gone++;
}

int http_bed_connect(struct http_bed *b, bool is_refused)
{
	struct http_conn_place place = {.loop = b->loop, .conns = &b->conns, .context = b, .on_gone = on_gone};
	int fds[2];

	check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
	http_conn_accept(&place, b->hosting, fds[0], (struct ip){{127, 0, 0, 1}, 1, 4}, is_refused);
	return fds[1];
}

void http_bed_turns(struct http_bed *b, int count)
{
	for (int i = 0; i < count; i++)
		loop_turn(b->loop, 0);
}

void http_bed_send(struct http_bed *b, int fd, struct str bytes)
{
	size_t sent = 0;

	for (int i = 0; sent < bytes.len && i < 1000; i++) {
		ssize_t len = send(fd, bytes.data + sent, bytes.len - sent, MSG_NOSIGNAL);

		sent += len > 0 ? (size_t)len : 0;
		http_bed_turns(b, 2);
	}
}

bool http_bed_receive(struct http_bed *b, int fd, struct buf *out)
{
	for (int silent = 0; silent < 5;) {
		char *room = buf_reserve(out, 65536);
		ssize_t len;

		http_bed_turns(b, 2);
		len = recv(fd, room, 65536, 0);
		if (len == 0)
			return false;
		buf_claim(out, len > 0 ? (size_t)len : 0);
		silent = len > 0 ? 0 : silent + 1;
	}
	return true;
}

char *http_bed_ask(struct http_bed *b, struct str request, bool *is_open_out)
{
	struct buf got;
	int fd = http_bed_connect(b, false);
	bool is_open;

	buf_init(&got);
	http_bed_send(b, fd, request);
	is_open = http_bed_receive(b, fd, &got);
	if (is_open_out)
		*is_open_out = is_open;
	close(fd);
	http_bed_turns(b, 3);
	return buf_take(&got, NULL);
}
