#include "admin/socket.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/graphql/graphql_console.h"
#include "admin/operations.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"

enum { CLIENTS_MAX = 8, IDLE_MS = 60000, ANSWER_MS = 30000, LONG_S = 86400 };

struct admin_socket {
	struct realm *realm;
	struct graphql_schema *schema;
	int fd, wake;
	char *path;
	pthread_t acceptor;
	pthread_mutex_t lock; /* of clients */
	pthread_cond_t changed;
	int clients;
	bool stopping;
};

struct client {
	struct admin_socket *socket;
	int fd;
};

/* One request under way; shared by the client's thread and the loop that answers, freed by the later of the two. */
struct exchange {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	json_t *reply;
	bool is_abandoned;
};

/* ---- one request ---- */

static void exchange_free(struct exchange *x)
{
	pthread_mutex_destroy(&x->lock);
	pthread_cond_destroy(&x->answered);
	json_decref(x->reply);
	free(x);
}

static void on_reply(void *context, json_t *reply)
{
	struct exchange *x = context;
	pthread_mutex_lock(&x->lock);
	x->reply = reply;
	bool is_abandoned = x->is_abandoned;
	pthread_cond_signal(&x->answered);
	pthread_mutex_unlock(&x->lock);
	if (is_abandoned)
		exchange_free(x);
}

static json_t *error_reply(const char *code, const char *message)
{
	return json_pack("{s:[{s:s, s:{s:s}}]}", "errors", "message", message, "extensions", "code", code);
}

/* Waits for the answer; one that comes after that is thrown away by on_reply. */
static json_t *await(struct exchange *x, bool is_long)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += is_long ? LONG_S : ANSWER_MS / 1000;
	pthread_mutex_lock(&x->lock);
	while (!x->reply && pthread_cond_timedwait(&x->answered, &x->lock, &until) == 0)
		;
	json_t *reply = x->reply;
	x->reply = NULL;
	x->is_abandoned = reply == NULL;
	pthread_mutex_unlock(&x->lock);
	if (!reply)
		return error_reply("timeout", "the server did not answer in time");
	exchange_free(x);
	return reply;
}

static struct str member(const json_t *request, const char *name)
{
	const json_t *v = json_object_get(request, name);
	return json_is_string(v) ? str_make(json_string_value(v), json_string_length(v)) : STR_NONE;
}

static struct exchange *exchange_new(void)
{
	struct exchange *x = mem_new(sizeof(*x));

	pthread_mutex_init(&x->lock, NULL);
	pthread_cond_init(&x->answered, NULL);
	return x;
}

/* It may hold any operation: it takes as long as it takes. */
static json_t *answer_graphql(struct admin_socket *s, const json_t *request)
{
	struct exchange *x = exchange_new();

	graphql_console_post(s->realm, s->schema, request, on_reply, x);
	return await(x, true);
}

static json_t *answer_operation(struct admin_socket *s, const json_t *request)
{
	const struct operation *o = operations_find(member(request, "category"), member(request, "operation"));
	struct exchange *x;

	if (!o)
		return error_reply("unknown_operation", "there is no such operation; see meerkatctl --help");
	x = exchange_new();
	operations_start(s->realm, &(struct operations_request){.operation = o, .role = OPERATIONS_ADMIN, .on_reply = on_reply,
								.args = json_object_get(request, "args"), .context = x});
	return await(x, o->place == OPERATION_ANYWHERE_LONG);
}

static json_t *answer(struct admin_socket *s, struct str line)
{
	json_error_t error;
	json_t *request = json_loadb(line.data, line.len, 0, &error), *graphql = json_object_get(request, "graphql"), *reply;

	if (!json_is_object(request))
		reply = error_reply("bad_request", "the request is not a JSON object on one line");
	else if (graphql)
		reply = answer_graphql(s, graphql);
	else
		reply = answer_operation(s, request);
	json_decref(request);
	return reply;
}

/* ---- one connection ---- */

static bool send_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool serve_lines(struct client *c, struct buf *in)
{
	for (ptrdiff_t end; (end = str_find_char(buf_str(in), '\n')) >= 0; buf_consume(in, (size_t)end + 1)) {
		json_t *reply = answer(c->socket, str_make(in->data, (size_t)end));
		char *text = json_dumps(reply, JSON_COMPACT);
		bool is_sent = text && send_all(c->fd, text, strlen(text)) && send_all(c->fd, "\n", 1);
		free(text);
		json_decref(reply);
		if (!is_sent)
			return false;
	}
	return !in->over;
}

static bool wait_readable(struct client *c)
{
	struct pollfd p[] = {{.fd = c->fd, .events = POLLIN}, {.fd = c->socket->wake, .events = POLLIN}};
	int n;
	while ((n = poll(p, 2, IDLE_MS)) < 0 && errno == EINTR)
		;
	return n > 0 && !p[1].revents;
}

static void serve(struct client *c)
{
	struct buf in;
	buf_init(&in);
	in.limit_bytes = ADMIN_REQUEST_BYTES_MAX;
	char piece[4096];
	while (wait_readable(c)) {
		ssize_t n = recv(c->fd, piece, sizeof(piece), 0);
		if (n <= 0)
			break;
		buf_append(&in, piece, (size_t)n);
		if (!serve_lines(c, &in))
			break;
	}
	buf_fini(&in);
}

static void *run_client(void *argument)
{
	struct client *c = argument;
	struct admin_socket *s = c->socket;
	serve(c);
	close(c->fd);
	free(c);
	pthread_mutex_lock(&s->lock);
	s->clients--;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* ---- the socket ---- */

static bool wait_for_room(struct admin_socket *s)
{
	pthread_mutex_lock(&s->lock);
	while (s->clients >= CLIENTS_MAX && !s->stopping)
		pthread_cond_wait(&s->changed, &s->lock);
	bool is_going_on = !s->stopping;
	s->clients += is_going_on;
	pthread_mutex_unlock(&s->lock);
	return is_going_on;
}

static void start_client(struct admin_socket *s, int fd)
{
	static const struct timeval patience = {.tv_sec = IDLE_MS / 1000};
	struct client *c = mem_new(sizeof(*c));
	*c = (struct client){s, fd};
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	pthread_t thread;
	if (pthread_create(&thread, NULL, run_client, c) == 0)
		pthread_detach(thread);
	else
		run_client(c);
}

static void *run_acceptor(void *argument)
{
	struct admin_socket *s = argument;
	struct pollfd p[] = {{.fd = s->fd, .events = POLLIN}, {.fd = s->wake, .events = POLLIN}};
	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return NULL;
		if (p[1].revents)
			return NULL;
		int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0) {
			usleep(10000); /* out of descriptors: the next turn may have one */
			continue;
		}
		if (wait_for_room(s))
			start_client(s, fd);
		else
			close(fd);
	}
}

char *admin_socket_path(const char *state_dir)
{
	struct buf path;
	buf_init(&path);
	buf_printf(&path, "%s/admin.sock", state_dir);
	return buf_take(&path, NULL);
}

static bool somebody_answers(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool answers = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0;
	close(fd);
	return answers;
}

static enum err open_socket(struct admin_socket *s, struct why *why)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	if (strlen(s->path) >= sizeof(at.sun_path))
		return err_because(ERR_INVALID, why, "the path of the administration socket is too long, choose a shorter state_dir: %s", s->path);
	strcpy(at.sun_path, s->path);
	if (somebody_answers(&at))
		return err_because(ERR_BUSY, why, "another meerkat is running with this state_dir: it answers on %s", s->path);
	unlink(s->path);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	mode_t old = umask(0177);
	int bound = bind(s->fd, (const struct sockaddr *)&at, sizeof(at));
	int error = errno;
	umask(old);
	if (bound || listen(s->fd, 64))
		return err_because(err_from_errno(error), why, "cannot listen on %s: %s", s->path, strerror(error));
	return ERR_NONE;
}

static void release(struct admin_socket *s)
{
	if (s->fd >= 0)
		close(s->fd);
	close(s->wake);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
	graphql_schema_free(&s->schema);
	free(s->path);
	free(s);
}

struct admin_socket *admin_socket_start(const char *state_dir, struct realm *realm, struct why *why)
{
	struct admin_socket *s = mem_new(sizeof(*s));
	*s = (struct admin_socket){.realm = realm, .fd = -1, .wake = eventfd(0, EFD_CLOEXEC), .path = admin_socket_path(state_dir)};
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	check(s->wake >= 0);
	if (open_socket(s, why) != ERR_NONE) {
		release(s);
		return NULL;
	}
	s->schema = graphql_schema_new(OPERATIONS_ADMIN);
	check(pthread_create(&s->acceptor, NULL, run_acceptor, s) == 0);
	return s;
}

void admin_socket_stop(struct admin_socket **socket)
{
	struct admin_socket *s = *socket;
	uint64_t one = 1;
	*socket = NULL;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	(void)!write(s->wake, &one, sizeof(one));
	pthread_join(s->acceptor, NULL);
	pthread_mutex_lock(&s->lock);
	while (s->clients > 0)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
	unlink(s->path);
	release(s);
}
