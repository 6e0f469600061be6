/* What the modes have in common. */
#include "xload_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "xload.h"

uint64_t deadline;

enum phase phase;
uint64_t sent, received, measured, dups, disorder;
int64_t in_flight;
struct hist lat;
char *body;
static uint64_t lost, bad_body;

/* ---- common steps ---- */

void tick(int timeout_ms)
{
	static uint64_t next_check;
	uint64_t t;
	loop_once(timeout_ms);
	t = now_ns();
	if (t > deadline)
		die("time limit of %g s reached (see --max-time)", opt.max_secs);
	if (t >= next_check) {
		expire_logins();
		next_check = t + 1000000000u;
	}
}

void run_for(double secs)
{
	uint64_t end = now_ns() + (uint64_t)(secs * 1e9);
	for (uint64_t t; (t = now_ns()) < end;)
		tick(end - t > 100000000u ? 100 : (int)((end - t) / 1000000u) + 1);
}

static double cpu_of_self(void)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

void span_begin(struct span *s)
{
	s->server = usage_cpu(&s->u0);
	s->self0 = cpu_of_self();
	machine_cpu(&s->busy0, &s->steal0);
	s->t0 = now_ns();
}

void span_end(struct span *s)
{
	s->t1 = now_ns();
	s->self1 = cpu_of_self();
	machine_cpu(&s->busy1, &s->steal1);
	usage_cpu(&s->u1);
}

double span_secs(const struct span *s)
{
	return (double)(s->t1 - s->t0) / 1e9;
}

void span_report(const struct span *s, double ops, const char *op)
{
	double secs = span_secs(s);
	report_str("op", op);
	report("seconds", secs, "s");
	report("client_cpu_pct", (s->self1 - s->self0) / secs * 100, "%");
	report("steal_pct", (s->steal1 - s->steal0) / secs * 100, "%");
	if (!s->server)
		return;
	double cpu = s->u1.cpu_us - s->u0.cpu_us;
	double others = s->busy1 - s->busy0 - (s->self1 - s->self0) - cpu / 1e6;
	report("others_cpu_pct", others / secs * 100, "%");
	report("server_cpu_pct", cpu / 1e4 / secs, "%");
	if (ops <= 0)
		return;
	report("server_us_per_op", cpu / ops, "us");
	report("server_user_us_per_op", (s->u1.user_us - s->u0.user_us) / ops, "us");
	report("server_sys_us_per_op", (s->u1.sys_us - s->u0.sys_us) / ops, "us");
}

void memory_read(struct memory *m)
{
	usage_mem(&m->u);
	sysmem_read(&m->k);
	m->self_kb = self_rss_kb();
}

void memory_report(const struct memory *a, const struct memory *b, double n)
{
	if (b->u.rss_kb) {
		report("server_rss_before_kb", (double)a->u.rss_kb, "KiB");
		report("server_rss_after_kb", (double)b->u.rss_kb, "KiB");
		report("server_rss_per_session", (double)(b->u.rss_kb - a->u.rss_kb) * 1024 / n, "B");
		report("server_pss_per_session", (double)(b->u.pss_kb - a->u.pss_kb) * 1024 / n, "B");
	}
	report("client_rss_per_session", (double)(b->self_kb - a->self_kb) * 1024 / n, "B");
	report("slab_per_session_both_ends", (double)(b->k.slab_kb - a->k.slab_kb) * 1024 / n, "B");
	report("avail_per_session_all", (double)(a->k.avail_kb - b->k.avail_kb) * 1024 / n, "B");
}

/* Starts all connections, at a rate or with so many at once, and waits for them. */
void login_all(uint32_t n)
{
	uint64_t t0 = now_ns();
	while (tot.ready + tot.failed < n) {
		uint32_t allowed = n;
		if (opt.login_rate > 0) {
			double due = (double)(now_ns() - t0) / 1e9 * opt.login_rate + 1;
			if (due < n)
				allowed = (uint32_t)due;
		}
		while (tot.started < allowed &&
		       tot.started < tot.ready + tot.failed + opt.concurrent)
			conn_start(&conns[tot.started]);
		tick(opt.login_rate > 0 ? 1 : 100);
	}
	if (tot.failed)
		die("%u of %u sessions failed", tot.failed, n);
}

void logout_all(uint32_t n)
{
	uint64_t end = now_ns() + 15000000000u;
	uint32_t next = 0, base = tot.finished;
	while (tot.finished < n && now_ns() < end) {
		while (next < n && next < tot.finished - base + 1000)
			conn_logout(&conns[next++]);
		tick(100);
		if (next == n && tot.finished >= n)
			break;
	}
}

void nothing(struct conn *c)
{
	(void)c;
}

/* ---- numbered, time-stamped stanzas ---- */

/* id: a letter, sequence number and send time, both in hex. */
bool parse_id(const struct elem *e, char kind, uint32_t *seq, uint64_t *ts)
{
	const char *v;
	size_t n;
	char *end;
	if (!xml_attr(e, "id", &v, &n) || n < 4 || *v != kind)
		return false;
	*seq = (uint32_t)strtoul(v + 1, &end, 16);
	if (*end != '-')
		return false;
	*ts = strtoull(end + 1, &end, 16);
	return end == v + n;
}

/* Receiver's book-keeping; rx_seen covers the 64 numbers from rx_next on. */
void note_seq(struct conn *c, uint32_t seq)
{
	received++;
	if (seq < c->rx_next) {
		dups++;
		return;
	}
	if (c->rx_seen && seq < c->rx_next + 63 - (uint32_t)__builtin_clzll(c->rx_seen))
		disorder++; /* a later one was here before it */
	while (seq - c->rx_next >= 64) { /* far ahead: what is passed over counts as lost */
		c->rx_next++;
		c->rx_seen >>= 1;
	}
	uint64_t bit = 1ull << (seq - c->rx_next);
	if (c->rx_seen & bit)
		dups++;
	c->rx_seen |= bit;
	while (c->rx_seen & 1) {
		c->rx_seen >>= 1;
		c->rx_next++;
	}
}

void check_body(struct conn *c, const struct elem *e)
{
	const char *p = memmem(e->p, e->len, "<body>", 6);
	if (p && (size_t)(e->p + e->len - p) >= 13 + opt.body && !memcmp(p + 6, body, opt.body) &&
	    !memcmp(p + 6 + opt.body, "</body>", 7))
		return;
	if (!bad_body++)
		fprintf(stderr, "xload: user %u: altered body: %.*s\n", conn_idx(c),
			(int)e->len, e->p);
}

/* Runs warm-up, measurement and drain; `pump` is called as often as possible. */
void run_traffic(struct span *s, void (*pump)(void))
{
	uint64_t end;
	for (phase = WARM; phase <= MEASURE; phase++) {
		double secs = phase == WARM ? opt.warmup : opt.secs;
		end = now_ns() + (uint64_t)(secs * 1e9);
		if (phase == MEASURE)
			span_begin(s);
		while (now_ns() < end) {
			if (pump)
				pump();
			tick(pump ? 0 : 10);
		}
	}
	span_end(s);
	phase = DRAIN;
	end = now_ns() + 10000000000u;
	while (in_flight > 0 && now_ns() < end)
		tick(100);
	run_for(0.2); /* time for a duplicate to show up */
}

void report_traffic(const struct span *s, const char *op)
{
	report("ops", (double)measured, op);
	report("ops_per_s", (double)measured / span_secs(s), "/s");
	report_hist("latency", &lat);
	span_report(s, (double)measured, op);
	lost = sent > received - dups ? sent - (received - dups) : 0;
	report("lost", (double)lost, "");
	report("duplicated", (double)dups, "");
	report("out_of_order", (double)disorder, "");
	report("altered", (double)bad_body, "");
	tot.errors += lost + dups + disorder + bad_body;
	if (tot.tls_name[0])
		report_str("tls", tot.tls_name);
}

void make_body(void)
{
	body = malloc(opt.body + 1);
	for (uint32_t i = 0; i < opt.body; i++)
		body[i] = "the quick brown fox jumps over the lazy dog "[i % 44];
	body[opt.body] = 0;
}
