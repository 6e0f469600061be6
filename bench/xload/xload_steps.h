/* xload_steps: what the modes have in common: steps of a run, measured stretches of time, numbered stanzas. */
#ifndef XLOAD_STEPS_H
#define XLOAD_STEPS_H

#include "xload_conn.h"

/* Where a run is; only what arrives while MEASURE counts. */
enum phase { IDLE, WARM, MEASURE, DRAIN };
extern enum phase phase;

extern uint64_t sent, received, measured, dups, disorder;
extern int64_t in_flight;
extern struct hist lat;
extern char *body;

struct span { /* a measured stretch of time */
	uint64_t t0, t1;
	struct usage u0, u1;
	double self0, self1, busy0, busy1, steal0, steal1;
	bool server;
};

struct memory {
	struct usage u;
	struct sysmem k;
	long self_kb;
};

void tick(int timeout_ms);
void run_for(double secs);
void span_begin(struct span *s);
void span_end(struct span *s);
double span_secs(const struct span *s);
void span_report(const struct span *s, double ops, const char *op);
void memory_read(struct memory *m);
void memory_report(const struct memory *a, const struct memory *b, double n);
void login_all(uint32_t n);
void logout_all(uint32_t n);
void nothing(struct conn *c);
void make_body(void);
bool parse_id(const struct elem *e, char kind, uint32_t *seq, uint64_t *ts);
void note_seq(struct conn *c, uint32_t seq);
void check_body(struct conn *c, const struct elem *e);
void run_traffic(struct span *s, void (*pump)(void));
void report_traffic(const struct span *s, const char *op);

#endif
