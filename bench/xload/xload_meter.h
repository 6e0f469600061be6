/* xload_meter: what is measured, and how it is told: clock, histogram, CPU and memory of processes, the report. */
#ifndef XLOAD_METER_H
#define XLOAD_METER_H

#include <stdbool.h>
#include <stdint.h>

uint64_t now_ns(void);
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Log-linear histogram: 64 steps per power of two, so about 1.6 % resolution. */
#define HIST_SUB 64
#define HIST_N (HIST_SUB * 59)
struct hist {
	uint64_t n, max, bucket[HIST_N];
};
void hist_add(struct hist *h, uint64_t v);
void hist_clear(struct hist *h);
uint64_t hist_pct(const struct hist *h, double pct);

struct usage { /* one sample of the server process(es) */
	double cpu_us, user_us, sys_us;
	long rss_kb, pss_kb;
};
struct sysmem { /* one sample of kernel memory, whole machine */
	long avail_kb, slab_kb, tcp_pages;
};
void usage_pids(const char *list); /* "123" or "123,456" */
bool usage_cpu(struct usage *u);   /* false when no pid was given */
bool usage_mem(struct usage *u);
void machine_cpu(double *busy_s, double *steal_s); /* all cores, since boot */
void sysmem_read(struct sysmem *m);
long self_rss_kb(void);

void report(const char *key, double value, const char *unit);
void report_str(const char *key, const char *value);
void report_hist(const char *prefix, const struct hist *h);
void report_flush(const char *json_file);

#endif
