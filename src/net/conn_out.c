#include "net/conn_out.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/check.h"
#include "base/limited.h"
#include "base/mem.h"
#include "base/metric.h"
#include "net/conn_side.h"

enum {
	PARTS_PER_WRITE = 64,
	SMALL_CHUNK_BYTES = 2000,
	SMALL_OUTPUT_BYTES = 4 * SMALL_CHUNK_BYTES, /* more than this comes in larger chunks */
	LAST_CHUNK_BYTES = 32 * 1024,
	SPARE_CHUNKS_MAX = 64, /* small ones that a loop keeps: nearly all output is gone when the turn ends */
	SHARE_FROM_BYTES = 512, /* below, copying costs less than keeping a reference */
	RECORD_BYTES = 16 * 1024,
	ENCRYPT_BYTES = 64 * 1024, /* encrypted ahead of one write */
};

enum { UNIT_BITS = 16, SLOW_UNITS = 4 /* from here on a peer is one that reads slowly */ };

/* All connections together; little output never touches it. */
static _Atomic int64_t budget_units = INT64_MAX, used_units;

struct conn_chunk {
	struct conn_chunk *next;
	struct conn_bytes *shared; /* NULL: the bytes are in data */
	size_t start, end;         /* what is left of them */
	size_t cap;
	char data[];
};

struct conn_bytes *conn_bytes_new(struct str bytes)
{
	struct conn_bytes *b;

	check(bytes.len <= UINT32_MAX);
	b = mem_resize(NULL, sizeof(*b) + bytes.len);
	atomic_init(&b->refs, 1);
	b->len = (uint32_t)bytes.len;
	if (bytes.len)
		memcpy(b->data, bytes.data, bytes.len);
	return b;
}

void conn_bytes_unref(struct conn_bytes **b)
{
	struct conn_bytes *bytes = *b;

	*b = NULL;
	if (bytes && atomic_fetch_sub_explicit(&bytes->refs, 1, memory_order_acq_rel) == 1)
		free(bytes);
}

void conn_set_budget(int64_t bytes)
{
	atomic_store_explicit(&budget_units, bytes >> UNIT_BITS, memory_order_relaxed);
}

/* As they are counted for conn_set_budget. */
static int64_t units_of(size_t bytes)
{
	return (int64_t)(bytes >> UNIT_BITS);
}

bool conn_out_has_room(const struct conn *c, size_t len)
{
	size_t after = c->out_bytes + len;
	int64_t more = units_of(after) - units_of(c->out_bytes);

	if (c->output_limit_bytes && c->out_bytes && after > c->output_limit_bytes)
		return false;
	return more <= 0 || atomic_load_explicit(&used_units, memory_order_relaxed) + more <=
				     atomic_load_explicit(&budget_units, memory_order_relaxed);
}

bool conn_out_note_waiting(const struct conn *c, size_t before, size_t after)
{
	int64_t units = units_of(after), more = units - units_of(before), used;

	if (more == 0)
		return true;
	used = atomic_fetch_add_explicit(&used_units, more, memory_order_relaxed) + more;
	metric_add(METRIC_output_waiting_bytes, more * (1 << UNIT_BITS));
	if (more > 0 && units >= SLOW_UNITS)
		limited_note(METRIC_output_waiting_bytes, c->peer, STR_NONE);
	return more < 0 || used <= atomic_load_explicit(&budget_units, memory_order_relaxed);
}

static void set_bytes(struct conn *c, size_t bytes)
{
	(void)conn_out_note_waiting(c, c->out_bytes, bytes);
	c->out_bytes = bytes;
}

static struct conn_chunk *new_chunk(struct loop *l, size_t cap)
{
	struct conn_chunk *chunk = l->spare_chunks;

	if (cap != SMALL_CHUNK_BYTES || !chunk)
		return mem_resize(NULL, sizeof(*chunk) + cap);
	l->spare_chunks = chunk->next;
	l->spare_chunk_count--;
	return chunk;
}

static void free_chunk(struct loop *l, struct conn_chunk *chunk)
{
	if (chunk->cap != SMALL_CHUNK_BYTES || l->spare_chunk_count == SPARE_CHUNKS_MAX) {
		free(chunk);
		return;
	}
	chunk->next = l->spare_chunks;
	l->spare_chunks = chunk;
	l->spare_chunk_count++;
}

void conn_out_free_spares(struct loop *l)
{
	while (l->spare_chunks) {
		struct conn_chunk *chunk = l->spare_chunks;

		l->spare_chunks = chunk->next;
		free(chunk);
	}
	l->spare_chunk_count = 0;
}

static struct conn_chunk *push_chunk(struct conn *c, struct conn_queue *q, size_t cap)
{
	struct conn_chunk *chunk = new_chunk(c->loop, cap);

	*chunk = (struct conn_chunk){.cap = cap};
	if (q->last)
		q->last->next = chunk;
	else
		q->first = chunk;
	q->last = chunk;
	return chunk;
}

static void pop_chunk(struct conn *c, struct conn_queue *q)
{
	struct conn_chunk *chunk = q->first;

	q->first = chunk->next;
	if (!q->first)
		q->last = NULL;
	conn_bytes_unref(&chunk->shared);
	free_chunk(c->loop, chunk);
}

static struct str chunk_str(const struct conn_chunk *chunk)
{
	const char *data = chunk->shared ? chunk->shared->data : chunk->data;

	return str_make(data + chunk->start, chunk->end - chunk->start);
}

static size_t next_cap(const struct conn *c, size_t needed)
{
	size_t cap = SMALL_CHUNK_BYTES;

	if (c->out_bytes >= SMALL_OUTPUT_BYTES)
		cap = c->out_bytes < LAST_CHUNK_BYTES ? c->out_bytes : LAST_CHUNK_BYTES;
	return needed > cap ? needed : cap;
}

static void append(struct conn *c, struct conn_queue *q, struct str bytes)
{
	struct conn_chunk *chunk = q->last;

	if (bytes.len == 0)
		return;
	if (!chunk || chunk->shared || chunk->cap - chunk->end < bytes.len)
		chunk = push_chunk(c, q, next_cap(c, bytes.len));
	memcpy(chunk->data + chunk->end, bytes.data, bytes.len);
	chunk->end += bytes.len;
	set_bytes(c, c->out_bytes + bytes.len);
}

/* Where the owner's output goes. */
static struct conn_queue *front_queue(struct conn *c)
{
	return c->tls ? &c->side->plain : &c->wire;
}

void conn_out_append(struct conn *c, struct str bytes)
{
	append(c, front_queue(c), bytes);
}

void conn_out_append_wire(struct conn *c, struct str bytes)
{
	append(c, &c->wire, bytes);
}

void conn_out_append_shared(struct conn *c, struct conn_bytes *bytes)
{
	struct conn_chunk *chunk;

	if (bytes->len < SHARE_FROM_BYTES) {
		conn_out_append(c, str_make(bytes->data, bytes->len));
		return;
	}
	chunk = push_chunk(c, front_queue(c), 0);
	chunk->shared = bytes;
	chunk->end = bytes->len;
	atomic_fetch_add_explicit(&bytes->refs, 1, memory_order_relaxed);
	set_bytes(c, c->out_bytes + bytes->len);
}

void conn_out_drop(struct conn *c, struct conn_queue *q)
{
	while (q->first) {
		set_bytes(c, c->out_bytes - chunk_str(q->first).len);
		pop_chunk(c, q);
	}
}

/* Takes up to len bytes off the front; into `out` unless it is NULL. Returns how many. */
static size_t take(struct conn *c, struct conn_queue *q, char *out, size_t len)
{
	size_t taken = 0;

	while (q->first && taken < len) {
		struct str front = chunk_str(q->first);
		size_t part = front.len < len - taken ? front.len : len - taken;

		if (out)
			memcpy(out + taken, front.data, part);
		taken += part;
		q->first->start += part;
		if (part == front.len)
			pop_chunk(c, q);
	}
	set_bytes(c, c->out_bytes - taken);
	return taken;
}

/* Whole records as far as possible, whatever pieces the bytes came in: a record costs more than copying its bytes. */
static enum err encrypt(struct conn *c, struct buf *out)
{
	char record[RECORD_BYTES];
	struct conn_queue *plain = &c->side->plain;

	while (plain->first && out->len < ENCRYPT_BYTES) {
		size_t len = take(c, plain, record, sizeof(record));

		if (tls_send(c->tls, str_make(record, len), out) != TLS_OK)
			return ERR_INVALID;
	}
	return ERR_NONE;
}

struct gathered {
	struct iovec parts[PARTS_PER_WRITE];
	int count;
	size_t len;
};

static void add_part(struct gathered *g, struct str bytes)
{
	g->parts[g->count++] = (struct iovec){(void *)bytes.data, bytes.len};
	g->len += bytes.len;
}

/* The front of `wire`, and behind it, if all of that has found room, what can be encrypted into the loop's buffer. */
static enum err gather(struct conn *c, struct gathered *g)
{
	struct conn_chunk *chunk = c->wire.first;
	enum err e;

	g->count = 0;
	g->len = 0;
	for (; chunk && g->count < PARTS_PER_WRITE; chunk = chunk->next)
		add_part(g, chunk_str(chunk));
	if (chunk || g->count == PARTS_PER_WRITE || !c->tls || !c->side->plain.first || !tls_is_established(c->tls))
		return ERR_NONE;
	e = encrypt(c, &c->loop->wire);
	add_part(g, buf_str(&c->loop->wire));
	return e;
}

/* How many bytes the socket took, 0 if it takes none now, or -1 with errno. */
static ssize_t write_gathered(int fd, struct gathered *g)
{
	struct msghdr message = {.msg_iov = g->parts, .msg_iovlen = (size_t)g->count};
	ssize_t written;

	do {
		if (g->count == 1)
			written = send(fd, g->parts[0].iov_base, g->parts[0].iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
		else
			written = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (written < 0 && errno == EINTR);
	return written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : written;
}

/* Ciphertext that the socket did not take joins the queue. */
static void keep_unwritten(struct conn *c, size_t written)
{
	struct buf *wire = &c->loop->wire;

	written -= take(c, &c->wire, NULL, written);
	buf_consume(wire, written);
	append(c, &c->wire, buf_str(wire));
	buf_clear(wire);
}

enum err conn_out_write(struct conn *c, bool *blocked_out)
{
	struct gathered g;

	for (;;) {
		enum err e = gather(c, &g);
		ssize_t written;

		*blocked_out = false;
		if (g.len == 0)
			return e;
		written = write_gathered(c->source.fd, &g);
		if (written < 0) {
			e = err_from_errno(errno);
			buf_clear(&c->loop->wire);
			return e;
		}
		keep_unwritten(c, (size_t)written);
		*blocked_out = (size_t)written < g.len;
		if (e || *blocked_out)
			return e;
	}
}

static bool is_written(const struct conn *c)
{
	return c->awaits_written && c->out_bytes == 0 && !conn_is_closing(c);
}

void conn_out_tell_written(struct conn *c)
{
	if (!is_written(c))
		return;
	list_remove(&c->link);
	list_append(&c->loop->due, &c->link);
}

void conn_out_run_written(struct conn *c)
{
	if (!is_written(c))
		return;
	c->awaits_written = false;
	c->handler->on_written(c);
}

void conn_await_written(struct conn *c)
{
	check(c->handler->on_written);
	c->awaits_written = true;
	conn_out_tell_written(c);
}
