/* https://prometheus.io/docs/instrumenting/exposition_formats/ (text, 0.0.4) */
#include "admin/prometheus.h"

#include <stdio.h>
#include <stdlib.h>

#include "admin/process_memory.h"
#include "base/histogram.h"
#include "base/mem.h"
#include "base/metric.h"
#include "base/probe.h"
#include "http/exchange.h"
#include "route/realm.h"
#include "store/store.h"

/* ---- MongooseIM's names, as it has them with all_metrics_are_global ---- */

#define GLOBAL "host_type=\"global\""
#define C2S "connection_type=\"c2s\",host_type=\"global\""

/* The value is plus - minus. */
static const struct {
	const char *name, *kind, *labels, *help;
	enum metric plus, minus; /* METRIC_COUNT: nothing */
} known[] = {
	{"c2s_auth_failed_count", "counter", GLOBAL, "Failed logins", METRIC_auth_failed, METRIC_COUNT},
	{"sm_session_count", "gauge", GLOBAL, "Sessions bound now", METRIC_sessions, METRIC_COUNT},
	{"sm_session_logins", "counter", GLOBAL, "Sessions opened", METRIC_sessions_opened, METRIC_COUNT},
	{"sm_session_logouts", "counter", GLOBAL, "Sessions closed", METRIC_sessions_opened, METRIC_sessions},
	{"sm_node_sessions_count", "gauge", "", "Sessions bound now", METRIC_sessions, METRIC_COUNT},
	{"sm_total_sessions_count", "gauge", "", "Sessions bound now", METRIC_sessions, METRIC_COUNT},
	{"system_tcp_ports_count", "gauge", "", "Connections open now", METRIC_connections_open, METRIC_COUNT},
	{"xmpp_element_in_stanza_count", "counter", C2S, "Stanzas received", METRIC_stanzas_in, METRIC_COUNT},
	{"xmpp_element_in_message_count", "counter", C2S, "Messages received", METRIC_messages_in, METRIC_COUNT},
	{"xmpp_element_in_presence_count", "counter", C2S, "Presence stanzas received", METRIC_presences_in, METRIC_COUNT},
	{"xmpp_element_in_iq_count", "counter", C2S, "Iq stanzas received", METRIC_iqs_in, METRIC_COUNT},
	{"xmpp_element_out_stanza_count", "counter", C2S, "Stanzas sent", METRIC_stanzas_out, METRIC_COUNT},
	{"xmpp_element_out_message_count", "counter", C2S, "Messages sent", METRIC_messages_out, METRIC_COUNT},
	{"xmpp_element_out_presence_count", "counter", C2S, "Presence stanzas sent", METRIC_presences_out, METRIC_COUNT},
	{"xmpp_element_out_iq_count", "counter", C2S, "Iq stanzas sent", METRIC_iqs_out, METRIC_COUNT},
};

static const struct {
	const char *name, *labels;
	enum histogram source;
} known_histograms[] = {
	{"c2s_message_processed_time", GLOBAL, HISTOGRAM_stanza_seconds},
	{"xmpp_element_in_byte_size", C2S, HISTOGRAM_stanza_in_bytes},
};

/* ---- samples ---- */

static void append_value(struct buf *out, double value)
{
	buf_printf(out, value == (double)(int64_t)value ? "%.0f" : "%.9g", value);
}

static void append_family(struct buf *out, const char *name, const char *kind, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void append_sample(struct buf *out, const char *name, const char *labels, double value)
{
	buf_printf(out, *labels ? "%s{%s} " : "%s%s ", name, labels);
	append_value(out, value);
	buf_append_char(out, '\n');
}

static void append_one(struct buf *out, const struct probe_sample *s)
{
	append_family(out, s->name, s->kind, s->help);
	append_sample(out, s->name, s->labels, s->value);
}

static void append_bucket(struct buf *out, const char *name, const char *labels, const char *end, uint64_t count)
{
	buf_printf(out, "%s_bucket{%s%sle=\"%s\"} %llu\n", name, labels, *labels ? "," : "", end, (unsigned long long)count);
}

/* `scale`: what is one, in the unit of the name. */
static void append_histogram(struct buf *out, const char *name, const char *labels, enum histogram h, double scale)
{
	struct histogram_state state;
	uint64_t count = 0;
	char part[96];

	histogram_read(h, &state);
	append_family(out, name, "histogram", histogram_help(h));
	for (int i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
		snprintf(part, sizeof(part), "%.10g", (double)(1ull << i) / scale);
		count += state.buckets[i];
		append_bucket(out, name, labels, part, count);
	}
	append_bucket(out, name, labels, "+Inf", state.count);
	snprintf(part, sizeof(part), "%s_sum", name);
	append_sample(out, part, labels, (double)state.sum / scale);
	snprintf(part, sizeof(part), "%s_count", name);
	append_sample(out, part, labels, (double)state.count);
}

/* ---- what there is ---- */

static void append_own(struct buf *out)
{
	char name[96];

	for (int m = 0; m < METRIC_COUNT; m++) {
		const char *kind = metric_kind((enum metric)m);
		struct probe_sample s = {name, kind, metric_help((enum metric)m), "", (double)metric_read((enum metric)m)};

		snprintf(name, sizeof(name), "meerkat_%s%s", metric_name((enum metric)m), strcmp(kind, "counter") ? "" : "_total");
		append_one(out, &s);
	}
	for (int h = 0; h < HISTOGRAM_COUNT; h++) {
		snprintf(name, sizeof(name), "meerkat_%s", histogram_name((enum histogram)h));
		append_histogram(out, name, "", (enum histogram)h, histogram_scale((enum histogram)h));
	}
}

static void append_known(struct buf *out)
{
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		int64_t value = metric_read(known[i].plus) - (known[i].minus == METRIC_COUNT ? 0 : metric_read(known[i].minus));

		append_one(out, &(struct probe_sample){known[i].name, known[i].kind, known[i].help, known[i].labels, (double)value});
	}
	for (size_t i = 0; i < sizeof known_histograms / sizeof known_histograms[0]; i++)
		append_histogram(out, known_histograms[i].name, known_histograms[i].labels, known_histograms[i].source, 1);
}

/* Samples of probes by their families; a few dozens. */
struct families {
	struct family {
		const char *name, *kind, *help;
		struct buf samples;
	} list[32];
	int count;
};

/* A name of MongooseIM stays as it is. */
static const char *prefix_of(const char *probe)
{
	return strcmp(probe, "tls_cert_remaining_days") ? "meerkat_" : "";
}

static void take(void *context, const struct probe_sample *s)
{
	struct families *all = context;
	struct buf line;
	int at = 0;

	while (at < all->count && strcmp(all->list[at].name, s->name))
		at++;
	if (at == (int)(sizeof all->list / sizeof all->list[0]))
		return;
	if (at == all->count)
		all->list[all->count++] = (struct family){s->name, s->kind, s->help, {0}};
	struct family *f = &all->list[at];

	buf_init(&line);
	buf_append_text(&line, prefix_of(s->name));
	append_sample(&line, s->name, s->labels, s->value);
	/* Two who speak of the same thing: a certificate of two listeners. */
	if (!f->samples.len || !memmem(f->samples.data, f->samples.len, line.data, line.len))
		buf_append_str(&f->samples, buf_str(&line));
	buf_fini(&line);
}

static void append_probes(struct buf *out)
{
	struct families *all = mem_new(sizeof(*all));
	char name[96];

	probe_ask_all(take, all);
	for (int i = 0; i < all->count; i++) {
		snprintf(name, sizeof(name), "%s%s", prefix_of(all->list[i].name), all->list[i].name);
		append_family(out, name, all->list[i].kind, all->list[i].help);
		buf_append_str(out, buf_str(&all->list[i].samples));
		buf_fini(&all->list[i].samples);
	}
	free(all);
}

static void append_process(struct buf *out, const struct realm *realm)
{
	struct process_memory memory = process_memory_read();
	double up_s = (double)(store_now_ms() - realm->started_ms) / 1000;
	const struct probe_sample samples[] = {
		{"system_up_time_seconds", "gauge", "Since the start", "", up_s},
		{"process_start_time_seconds", "gauge", "Start of the process, Unix time", "", (double)realm->started_ms / 1000},
		{"process_resident_memory_bytes", "gauge", "Memory of the process", "", (double)memory.resident},
		{"meerkat_heap_used_bytes", "gauge", "Memory that is allocated", "", (double)memory.heap_used},
		{"meerkat_heap_free_bytes", "gauge", "Memory of the heap that is free", "", (double)memory.heap_free},
	};

	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
		append_one(out, &samples[i]);
}

static void *create(const struct handler_site *site, struct why *why)
{
	(void)why;
	return site->world;
}

static void handle(void *instance, struct exchange *x)
{
	struct buf text;

	buf_init(&text);
	append_process(&text, instance);
	append_known(&text);
	append_own(&text);
	append_probes(&text);
	exchange_answer(x, 200, STR("text/plain; version=0.0.4; charset=utf-8"), buf_str(&text));
	buf_fini(&text);
}

const struct handler prometheus_handler = {
	.name = "mongoose_prometheus_handler",
	.methods = HANDLER_GET,
	.has_subpaths = true,
	.create = create,
	.handle = handle,
};
