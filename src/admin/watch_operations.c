/* The categories "server" and "metric": what an operator watches: warnings, who met limits, memory, how long things take. */
#include <stdlib.h>

#include "admin/own_operations.h"
#include "admin/process_memory.h"
#include "base/histogram.h"
#include "base/limited.h"
#include "base/log_kept.h"
#include "base/mem.h"

/* ---- listWarnings ---- */

static void run_list_warnings(struct operation_call *c)
{
	struct log_kept *kept = mem_new_array(LOG_KEPT_MAX, sizeof *kept);
	json_t *list = json_array();

	for (size_t i = log_kept_read(kept); i-- > 0;)
		json_array_append_new(list, json_pack("{s:I, s:I, s:s, s:s%}", "number", (json_int_t)kept[i].number, "at",
						      (json_int_t)kept[i].time_ms, "level", log_level_name(kept[i].level), "text",
						      kept[i].text, kept[i].len));
	free(kept);
	operation_reply(c, list);
}

/* ---- listLimited ---- */

static json_t *describe(const struct limited *l)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:I}", "limit", metric_name(l->limit), "help", metric_help(l->limit), "who", l->who,
			 "isAddress", l->peer.version != 0, "count", (json_int_t)l->count, "first", (json_int_t)l->first_ms, "last",
			 (json_int_t)l->last_ms);
}

static void run_list_limited(struct operation_call *c)
{
	struct limited *kept = mem_new_array(LIMITED_MAX, sizeof *kept);
	size_t count = limited_read(kept);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *one = describe(&kept[i]);

		/* None: an account that is no text. */
		if (one)
			json_array_append_new(list, one);
	}
	free(kept);
	operation_reply(c, list);
}

/* ---- memory ---- */

static void run_memory(struct operation_call *c)
{
	struct process_memory m = process_memory_read();

	operation_reply(c, json_pack("{s:I, s:I, s:I, s:I, s:I}", "resident", (json_int_t)m.resident, "heapUsed", (json_int_t)m.heap_used,
				     "heapFree", (json_int_t)m.heap_free, "outputWaiting", (json_int_t)metric_read(METRIC_output_waiting_bytes),
				     "inputHeld", (json_int_t)metric_read(METRIC_input_held_bytes)));
}

/* ---- getHistograms ---- */

static json_t *describe_histogram(enum histogram h)
{
	struct histogram_state state;
	json_t *buckets = json_array();

	histogram_read(h, &state);
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
		json_array_append_new(buckets, json_integer((json_int_t)state.buckets[i]));
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o}", "name", histogram_name(h), "help", histogram_help(h), "scale",
			 (json_int_t)histogram_scale(h), "count", (json_int_t)state.count, "sum", (json_int_t)state.sum, "buckets", buckets);
}

static void run_get_histograms(struct operation_call *c)
{
	json_t *list = json_array();

	for (int h = 0; h < HISTOGRAM_COUNT; h++)
		json_array_append_new(list, describe_histogram((enum histogram)h));
	operation_reply(c, list);
}

static const struct operation_field warning_fields[] = {
	{"number", &operation_type_long, "1 is the first one since the start"},
	{"at", &operation_type_long, "milliseconds of Unix time"},
	{"level", &operation_type_string, "warn or error"},
	{"text", &operation_type_string, "the line of the log, which may be cut"},
	{0},
};
static const struct operation_field limited_fields[] = {
	{"limit", &operation_type_string, "the metric of the limit; output_waiting_bytes: it reads slowly"},
	{"help", &operation_type_string, "the same in words"},
	{"who", &operation_type_string, "an address, an account, another server"},
	{"isAddress", &operation_type_boolean, "who is an address"},
	{"count", &operation_type_long, "how often, about"},
	{"first", &operation_type_long, "milliseconds of Unix time"},
	{"last", &operation_type_long, "likewise"},
	{0},
};
static const struct operation_field memory_fields[] = {
	{"resident", &operation_type_long, "bytes that the process has in memory"},
	{"heapUsed", &operation_type_long, "bytes that are allocated"},
	{"heapFree", &operation_type_long, "bytes of the heap that are free"},
	{"outputWaiting", &operation_type_long, "of heapUsed: bytes that wait for peers to read them, in steps of 64 KiB a connection"},
	{"inputHeld", &operation_type_long, "of heapUsed: bytes of unfinished elements and requests"},
	{0},
};
static const struct operation_type longs = {.item = &operation_type_long};
static const struct operation_field histogram_fields[] = {
	{"name", &operation_type_string, "of the histogram"},
	{"help", &operation_type_string, "what it is about"},
	{"scale", &operation_type_long, "how many of its values are one of the unit that the name ends in"},
	{"count", &operation_type_long, "values since the start"},
	{"sum", &operation_type_long, "of the values"},
	{"buckets", &longs, "how many values were at most 1, 2, 4, 8 ...; the last one: the others"},
	{0},
};

static const struct operation_type warning = {.name = "Warning", .fields = warning_fields}, warnings = {.item = &warning};
static const struct operation_type limited = {.name = "Limited", .fields = limited_fields}, limited_list = {.item = &limited};
static const struct operation_type memory = {.name = "Memory", .fields = memory_fields};
static const struct operation_type histogram = {.name = "Histogram", .fields = histogram_fields}, histograms = {.item = &histogram};

const struct operation watch_operations[] = {
	{"server", "listWarnings", "the last warnings and errors of the log, the latest first", NULL, OPERATION_ANYWHERE, OPERATION_FOR_ADMIN, false,
	 run_list_warnings, &warnings},
	{"server", "listLimited", "on whom limits have acted lately, and who reads slowly", NULL, OPERATION_ANYWHERE, OPERATION_FOR_ADMIN, false,
	 run_list_limited, &limited_list},
	{"server", "memory", "what the process has in memory", NULL, OPERATION_ANYWHERE, OPERATION_FOR_ADMIN, false, run_memory, &memory},
	{"metric", "getHistograms", "how long things took and how large they were since the start", NULL, OPERATION_ANYWHERE, OPERATION_FOR_ADMIN,
	 false, run_get_histograms, &histograms},
	{0},
};
