/* Clock, histogram, /proc and the report. */
#include "xload_meter.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("xload: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(2);
}

/* ---- histogram ---- */

static unsigned hist_index(uint64_t v)
{
	if (v < HIST_SUB)
		return (unsigned)v;
	unsigned shift = 63 - (unsigned)__builtin_clzll(v) - 6;
	return (shift + 1) * HIST_SUB + (unsigned)((v >> shift) & (HIST_SUB - 1));
}

static uint64_t hist_value(unsigned i) /* upper edge of bucket i */
{
	if (i < HIST_SUB)
		return i;
	unsigned shift = i / HIST_SUB - 1;
	return (((uint64_t)HIST_SUB + i % HIST_SUB + 1) << shift) - 1;
}

void hist_add(struct hist *h, uint64_t v)
{
	h->n++;
	if (v > h->max)
		h->max = v;
	h->bucket[hist_index(v)]++;
}

void hist_clear(struct hist *h) { memset(h, 0, sizeof *h); }

uint64_t hist_pct(const struct hist *h, double pct)
{
	uint64_t need = (uint64_t)((double)h->n * pct / 100.0), seen = 0;
	for (unsigned i = 0; i < HIST_N; i++) {
		seen += h->bucket[i];
		if (seen > need || (seen == h->n && seen)) {
			uint64_t v = hist_value(i);
			return v < h->max ? v : h->max;
		}
	}
	return 0;
}

/* ---- /proc ---- */

static int pids[32], npids;

void usage_pids(const char *list)
{
	for (const char *p = list; *p && npids < 32;) {
		char *end;
		long v = strtol(p, &end, 10);
		if (end == p || v <= 0)
			die("bad --server-pid '%s'", list);
		pids[npids++] = (int)v;
		p = *end == ',' ? end + 1 : end;
	}
	struct usage u;
	usage_cpu(&u);
}

/* CPU time so far, in 10 ms ticks: measure for seconds, not for milliseconds. */
bool usage_cpu(struct usage *u)
{
	double tick_us = 1e6 / (double)sysconf(_SC_CLK_TCK);
	u->cpu_us = u->user_us = u->sys_us = 0;
	for (int i = 0; i < npids; i++) {
		char path[64], buf[1024];
		snprintf(path, sizeof path, "/proc/%d/stat", pids[i]);
		FILE *f = fopen(path, "r");
		if (!f || !fgets(buf, sizeof buf, f))
			die("server process %d is gone", pids[i]);
		fclose(f);
		const char *p = strrchr(buf, ')');
		unsigned long ut = 0, st = 0;
		if (!p || sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
				 &ut, &st) != 2)
			die("cannot parse %s", path);
		u->user_us += (double)ut * tick_us;
		u->sys_us += (double)st * tick_us;
	}
	u->cpu_us = u->user_us + u->sys_us;
	return npids > 0;
}

static long field_kb(const char *path, const char *key)
{
	char line[256];
	long v = 0;
	FILE *f = fopen(path, "r");
	if (!f)
		return 0;
	while (fgets(line, sizeof line, f))
		if (!strncmp(line, key, strlen(key))) {
			v = strtol(line + strlen(key), NULL, 10);
			break;
		}
	fclose(f);
	return v;
}

bool usage_mem(struct usage *u)
{
	u->rss_kb = u->pss_kb = 0;
	for (int i = 0; i < npids; i++) {
		char path[64];
		snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pids[i]);
		u->rss_kb += field_kb(path, "Rss:");
		u->pss_kb += field_kb(path, "Pss:");
	}
	return npids > 0;
}

void machine_cpu(double *busy_s, double *steal_s)
{
	unsigned long v[8] = {0}; /* user nice system idle iowait irq softirq steal */
	double tick = (double)sysconf(_SC_CLK_TCK);
	FILE *f = fopen("/proc/stat", "r");
	if (!f || fscanf(f, "cpu %lu %lu %lu %lu %lu %lu %lu %lu", v, v + 1, v + 2, v + 3, v + 4,
			 v + 5, v + 6, v + 7) != 8)
		die("cannot read /proc/stat");
	fclose(f);
	*busy_s = (double)(v[0] + v[1] + v[2] + v[5] + v[6]) / tick;
	*steal_s = (double)v[7] / tick;
}

void sysmem_read(struct sysmem *m)
{
	char line[256];
	memset(m, 0, sizeof *m);
	m->avail_kb = field_kb("/proc/meminfo", "MemAvailable:");
	m->slab_kb = field_kb("/proc/meminfo", "Slab:");
	FILE *f = fopen("/proc/net/sockstat", "r");
	while (f && fgets(line, sizeof line, f)) {
		const char *p = strstr(line, " mem ");
		if (!strncmp(line, "TCP:", 4) && p)
			m->tcp_pages = strtol(p + 5, NULL, 10);
	}
	if (f)
		fclose(f);
}

long self_rss_kb(void) { return field_kb("/proc/self/smaps_rollup", "Rss:"); }

/* ---- report: human lines now, one JSON line at the end ---- */

static char json[16384];
static size_t json_len;

static void json_add(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(json + json_len, sizeof json - json_len, fmt, ap);
	va_end(ap);
	if (n > 0 && json_len + (size_t)n < sizeof json)
		json_len += (size_t)n;
}

void report(const char *key, double value, const char *unit)
{
	printf("  %-28s %14.*f %s\n", key, value == (double)(int64_t)value ? 0 : 3, value, unit);
	json_add("%s\"%s\":%.6g", json_len ? "," : "", key, value);
}

void report_str(const char *key, const char *value)
{
	printf("  %-28s %14s\n", key, value);
	json_add("%s\"%s\":\"%s\"", json_len ? "," : "", key, value);
}

void report_hist(const char *prefix, const struct hist *h)
{
	static const struct { const char *name; double pct; } p[] = {
		{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99_9", 99.9}};
	char key[64];
	for (unsigned i = 0; i < sizeof p / sizeof *p; i++) {
		snprintf(key, sizeof key, "%s_%s_us", prefix, p[i].name);
		report(key, (double)hist_pct(h, p[i].pct) / 1e3, "us");
	}
	snprintf(key, sizeof key, "%s_max_us", prefix);
	report(key, (double)h->max / 1e3, "us");
}

void report_flush(const char *file)
{
	fflush(stdout);
	if (!file)
		return;
	FILE *f = strcmp(file, "-") ? fopen(file, "a") : stdout;
	if (!f)
		die("cannot open %s", file);
	fprintf(f, "{%s}\n", json);
	if (f != stdout)
		fclose(f);
}
