#include "support/name_server.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "net/resolve.h"

enum { HEAD = 12, NOERROR = 0, SERVFAIL = 2, NXDOMAIN = 3, SLOW_MS = 400, ASKED_MAX = 4096 };

struct name_server {
	pthread_t thread;
	pthread_mutex_t lock;
	int fd, port;
	char *asked[ASKED_MAX];
	int asked_count;
};

struct query {
	struct sockaddr_in from;
	char name[256];
	int type;
	char bytes[512];
	size_t question_end;
};

struct reply {
	struct buf records;
	int count, rcode;
	unsigned ttl_s;
};

/* An answer that is sent later, by a thread of its own. */
struct late {
	int fd;
	struct sockaddr_in to;
	struct buf bytes;
};

static void add_number(struct buf *b, unsigned value, int bytes)
{
	while (bytes-- > 0)
		buf_append_char(b, (char)(value >> (8 * bytes)));
}

static void add_name(struct buf *b, const char *name)
{
	while (*name) {
		size_t len = strcspn(name, ".");

		add_number(b, (unsigned)len, 1);
		buf_append(b, name, len);
		name += len + (name[len] == '.');
	}
	add_number(b, 0, 1);
}

/* A record of the name that was asked for (or another one). */
static void add_record(struct reply *r, const char *owner, int type, struct str data)
{
	if (owner)
		add_name(&r->records, owner);
	else
		add_number(&r->records, 0xc000 | HEAD, 2);
	add_number(&r->records, (unsigned)type, 2);
	add_number(&r->records, 1, 2);
	add_number(&r->records, r->ttl_s, 4);
	add_number(&r->records, (unsigned)data.len, 2);
	buf_append_str(&r->records, data);
	r->count++;
}

static void add_srv(struct reply *r, unsigned priority, unsigned weight, unsigned port, const char *target)
{
	struct buf data;

	buf_init(&data);
	add_number(&data, priority, 2);
	add_number(&data, weight, 2);
	add_number(&data, port, 2);
	add_name(&data, target);
	add_record(r, NULL, RESOLVE_SRV, buf_str(&data));
	buf_fini(&data);
}

static void add_alias(struct reply *r, const char *target)
{
	struct buf data;

	buf_init(&data);
	add_name(&data, target);
	add_record(r, NULL, RESOLVE_CNAME, buf_str(&data));
	buf_fini(&data);
}

static bool is_under(const char *name, const char *zone)
{
	size_t len = strlen(name), wanted = strlen(zone);

	return len >= wanted && strcmp(name + len - wanted, zone) == 0;
}

static void compose(const struct query *q, struct reply *r)
{
	static const char six[] = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01";
	bool is_a = q->type == RESOLVE_A, is_srv = q->type == RESOLVE_SRV;

	r->ttl_s = 3600;
	if (is_under(q->name, "alias.test")) {
		add_alias(r, "a.test");
		if (is_a)
			add_record(r, "a.test", RESOLVE_A, STR("\xc0\x00\x02\x01"));
	} else if (is_under(q->name, "loop.test")) {
		add_alias(r, "loop.test");
	} else if (is_under(q->name, "a.test") && is_a) {
		add_record(r, NULL, RESOLVE_A, STR("\xc0\x00\x02\x01"));
		add_record(r, NULL, RESOLVE_A, STR("\xc0\x00\x02\x02"));
	} else if (is_under(q->name, "a.test") && q->type == RESOLVE_AAAA) {
		add_record(r, NULL, RESOLVE_AAAA, str_make(six, 16));
	} else if (is_under(q->name, "brief.test") && is_a) {
		r->ttl_s = 1;
		add_record(r, NULL, RESOLVE_A, STR("\xc0\x00\x02\x03"));
	} else if (is_under(q->name, "slow.test") && is_a) {
		add_record(r, NULL, RESOLVE_A, STR("\xc0\x00\x02\x04"));
	} else if (is_under(q->name, "srv.test") && is_srv) {
		add_srv(r, 10, 20, 5269, "a.test");
		add_srv(r, 5, 0, 0, "a.test");
	} else if (is_under(q->name, "many.test") && is_srv) {
		while (r->records.len < 1100)
			add_srv(r, (unsigned)r->count, 0, 5269, "m");
	} else if (is_under(q->name, "broken.test")) {
		r->rcode = SERVFAIL;
	} else if (!is_under(q->name, "empty.test") && !is_under(q->name, "a.test") && !is_under(q->name, "srv.test")) {
		r->rcode = NXDOMAIN;
	}
}

static void send_to(int fd, const struct sockaddr_in *to, const struct buf *bytes)
{
	(void)sendto(fd, bytes->data, bytes->len, 0, (const struct sockaddr *)to, sizeof(*to));
}

static void *send_late(void *context)
{
	struct late *l = context;

	usleep(SLOW_MS * 1000);
	send_to(l->fd, &l->to, &l->bytes);
	buf_fini(&l->bytes);
	close(l->fd);
	free(l);
	return NULL;
}

static void answer_late(const struct name_server *s, const struct query *q, struct buf *bytes)
{
	struct late *l = mem_new(sizeof(*l));
	pthread_t thread;

	*l = (struct late){dup(s->fd), q->from, *bytes};
	buf_init(bytes);
	check(pthread_create(&thread, NULL, send_late, l) == 0);
	pthread_detach(thread);
}

/* RFC 1035 §4.1. Negative answers have an SOA record, so that they can be kept. */
static void answer(const struct name_server *s, const struct query *q)
{
	struct reply r = {0};
	struct buf bytes;

	buf_init(&r.records);
	buf_init(&bytes);
	compose(q, &r);
	buf_append(&bytes, q->bytes, 2);
	add_number(&bytes, 0x8580u | (unsigned)r.rcode, 2);
	add_number(&bytes, 1, 2);
	add_number(&bytes, (unsigned)r.count, 2);
	add_number(&bytes, r.count == 0 && r.rcode != SERVFAIL, 2);
	add_number(&bytes, 0, 2);
	buf_append(&bytes, q->bytes + HEAD, q->question_end - HEAD);
	if (is_under(q->name, "garbage.test"))
		buf_append_text(&bytes, "\xc0\xff\xff\xff\xc0\x0c nonsense");
	else
		buf_append_str(&bytes, buf_str(&r.records));
	if (r.count == 0 && r.rcode != SERVFAIL) {
		add_name(&bytes, "test");
		add_number(&bytes, 6, 2);
		add_number(&bytes, 1, 2);
		add_number(&bytes, 60, 4);
		add_number(&bytes, 24, 2);
		buf_append(&bytes, "\1m\0\1m\0", 6);
		buf_append(&bytes, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 14);
		add_number(&bytes, 60, 4);
	}
	if (is_under(q->name, "slow.test"))
		answer_late(s, q, &bytes);
	else if (!is_under(q->name, "silent.test"))
		send_to(s->fd, &q->from, &bytes);
	buf_fini(&bytes);
	buf_fini(&r.records);
}

static bool read_question(struct query *q, size_t len)
{
	size_t at = HEAD, out = 0;

	while (at < len && q->bytes[at]) {
		size_t label = (unsigned char)q->bytes[at++];

		if (label > 63 || at + label >= len || out + label + 2 > sizeof(q->name))
			return false;
		for (size_t i = 0; i < label; i++)
			q->name[out++] = (char)(q->bytes[at + i] | (q->bytes[at + i] >= 'A' && q->bytes[at + i] <= 'Z' ? 0x20 : 0));
		q->name[out++] = '.';
		at += label;
	}
	q->name[out ? out - 1 : 0] = '\0';
	q->question_end = at + 5;
	if (q->question_end > len)
		return false;
	q->type = (unsigned char)q->bytes[at + 1] << 8 | (unsigned char)q->bytes[at + 2];
	return true;
}

static void note(struct name_server *s, const struct query *q)
{
	pthread_mutex_lock(&s->lock);
	if (s->asked_count < ASKED_MAX)
		s->asked[s->asked_count++] = strdup(q->name);
	pthread_mutex_unlock(&s->lock);
}

static void *serve(void *context)
{
	struct name_server *s = context;

	for (;;) {
		struct query q = {0};
		socklen_t len = sizeof(q.from);
		ssize_t got = recvfrom(s->fd, q.bytes, sizeof(q.bytes), 0, (struct sockaddr *)&q.from, &len);

		/* The empty one is from name_server_stop. */
		if (got <= 0)
			return NULL;
		if (got > HEAD && read_question(&q, (size_t)got)) {
			note(s, &q);
			answer(s, &q);
		}
	}
}

struct name_server *name_server_start(void)
{
	struct name_server *s = mem_new(sizeof(*s));
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	pthread_mutex_init(&s->lock, NULL);
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	check(s->fd >= 0 && bind(s->fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	check(getsockname(s->fd, (struct sockaddr *)&a, &len) == 0);
	s->port = ntohs(a.sin_port);
	check(pthread_create(&s->thread, NULL, serve, s) == 0);
	return s;
}

int name_server_port(const struct name_server *s)
{
	return s->port;
}

int name_server_count(struct name_server *s, const char *text)
{
	int count = 0;

	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < s->asked_count; i++)
		count += strstr(s->asked[i], text) != NULL;
	pthread_mutex_unlock(&s->lock);
	return count;
}

void name_server_stop(struct name_server **server)
{
	struct name_server *s = *server;
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)s->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	(void)sendto(s->fd, "", 0, 0, (struct sockaddr *)&a, sizeof(a));
	pthread_join(s->thread, NULL);
	close(s->fd);
	for (int i = 0; i < s->asked_count; i++)
		free(s->asked[i]);
	pthread_mutex_destroy(&s->lock);
	free(s);
	*server = NULL;
}
