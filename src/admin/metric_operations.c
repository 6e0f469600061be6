/* The category "metric": what the server counts. */
#include "admin/operations.h"
#include "admin/own_operations.h"
#include "base/metric.h"
#include "base/probe.h"

struct search {
	struct str start;
	json_t *found;
};

static void add_sample(void *context, const struct probe_sample *p)
{
	struct search *s = context;

	if (str_starts_with(str_from(p->name), s->start))
		json_array_append_new(s->found, json_pack("{s:s, s:s, s:I, s:s, s:s}", "name", p->name, "type", p->kind, "value",
							  (json_int_t)p->value, "help", p->help, "labels", p->labels));
}

static void run_get_metrics(struct operation_call *c)
{
	struct str start = operation_str(c, "name");
	json_t *found = json_array();
	for (int i = 0; i < METRIC_COUNT; i++) {
		enum metric m = (enum metric)i;
		if (!str_starts_with(str_from(metric_name(m)), start))
			continue;
		json_array_append_new(found, json_pack("{s:s, s:s, s:I, s:s}", "name", metric_name(m), "type", metric_kind(m), "value",
						       (json_int_t)metric_read(m), "help", metric_help(m)));
	}
	probe_ask_all(add_sample, &(struct search){start, found});
	operation_reply(c, found);
}

static const struct operation_arg args_metrics[] = {
	{"name", OPERATION_STRING, true, NULL, "only those whose name begins so"},
	{0},
};

static const struct operation_field metric_fields[] = {
	{"name", &operation_type_string, "of the metric"},
	{"type", &operation_type_string, "counter or gauge"},
	{"value", &operation_type_long, "now"},
	{"help", &operation_type_string, "what it counts"},
	{"labels", &operation_type_string, "what tells it from others of its name, if there may be some"},
	{0},
};
static const struct operation_type metric = {.name = "Metric", .fields = metric_fields}, metrics = {.item = &metric};

const struct operation metric_operations[] = {
	{"metric", "getMetrics", "what the server has counted since its start", args_metrics, OPERATION_ANYWHERE, OPERATION_FOR_ADMIN, false,
	 run_get_metrics, &metrics},
	{0},
};
