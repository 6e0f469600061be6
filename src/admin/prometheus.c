#include "admin/prometheus.h"

#include "base/buf.h"
#include "base/metric.h"
#include "http/exchange.h"

static void append_metric(struct buf *out, enum metric m)
{
	bool is_counter = !strcmp(metric_kind(m), "counter");

	buf_printf(out, "# HELP meerkat_%s%s %s\n", metric_name(m), is_counter ? "_total" : "", metric_help(m));
	buf_printf(out, "# TYPE meerkat_%s%s %s\n", metric_name(m), is_counter ? "_total" : "", metric_kind(m));
	buf_printf(out, "meerkat_%s%s %lld\n", metric_name(m), is_counter ? "_total" : "", (long long)metric_read(m));
}

static void handle(void *instance, struct exchange *x)
{
	struct buf text;

	(void)instance;
	buf_init(&text);
	for (int m = 0; m < METRIC_COUNT; m++)
		append_metric(&text, (enum metric)m);
	exchange_answer(x, 200, STR("text/plain; version=0.0.4; charset=utf-8"), buf_str(&text));
	buf_fini(&text);
}

const struct handler prometheus_handler = {
	.name = "mongoose_prometheus_handler",
	.methods = HANDLER_GET,
	.has_subpaths = true,
	.handle = handle,
};
