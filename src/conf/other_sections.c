/* Sections that are known and have no meaning here yet, or never will: checked as far as files of others have them. */
#include "conf/sections.h"

static const struct option no_options[] = {{0}};

static const struct option extra_options[] = {
	{.key = "submods", .type = OPTION_LIST_STRING, .min = 1, .help = "groups of commands"},
	{0},
};
static const struct option tracking_options[] = {
	{.key = "id", .type = OPTION_STRING, .min = 1, .help = "of the measurement"},
	{.key = "secret", .type = OPTION_STRING, .flags = OPTION_SECRET, .min = 1, .help = "of the measurement"},
	{0},
};
static const struct option_table tracking_table = {.name = "services.service_mongoose_system_metrics.tracking_id",
						   .options = tracking_options};
static const struct option metrics_options[] = {
	{.key = "report", .type = OPTION_BOOL, .help = "whether to report"},
	{.key = "initial_report", .type = OPTION_INT, .min = 0, .max = INT64_MAX, .unit = "ms", .help = "time to the first report"},
	{.key = "periodic_report", .type = OPTION_INT, .min = 0, .max = INT64_MAX, .unit = "ms", .help = "time between reports"},
	{.key = "tracking_id", .type = OPTION_TABLE, .table = &tracking_table, .help = "one more receiver"},
	{0},
};
static const struct option domain_options[] = {
	{.key = "event_cleaning_interval", .type = OPTION_INT, .min = 1, .max = INT64_MAX, .preset = "1800", .unit = "s", .help = "clean-up"},
	{.key = "event_max_age", .type = OPTION_INT, .min = 1, .max = INT64_MAX, .preset = "7200", .unit = "s", .help = "age of events"},
	{.key = "db_pool", .type = OPTION_NAME, .preset = "\"global\"", .help = "the outgoing pool"},
	{0},
};

static const struct option_table extra_table = {.name = "services.service_admin_extra", .options = extra_options};
static const struct option_table metrics_table = {.name = "services.service_mongoose_system_metrics", .options = metrics_options};
static const struct option_table domain_table = {.name = "services.service_domain_db", .options = domain_options};
static const struct option_table traffic_table = {.name = "services.service_traffic", .options = no_options};

static const struct option service_options[] = {
	{.key = "service_bosh", .type = OPTION_TABLE, .flags = OPTION_POINTER, .offset = offsetof(struct sections_services, bosh), .since = "6.6",
	 .table = &sections_bosh_table, .help = "limits of BOSH"},
	{.key = "service_domain_db", .type = OPTION_TABLE, .flags = OPTION_UNSUPPORTED | OPTION_NOT_STORED,
	 .table = &domain_table, .help = "domains in a database"},
	{.key = "service_traffic", .type = OPTION_TABLE, .flags = OPTION_UNSUPPORTED | OPTION_NOT_STORED,
	 .table = &traffic_table, .help = "live traffic for admins"},
	{.key = "service_admin_extra", .type = OPTION_TABLE, .flags = OPTION_IGNORED, .table = &extra_table,
	 .help = "all commands are always there"},
	{.key = "service_mongoose_system_metrics", .type = OPTION_TABLE, .flags = OPTION_IGNORED, .table = &metrics_table,
	 .help = "nothing is ever reported to anybody"},
	{0},
};

const struct option_table sections_services_table = {
	.name = "services", .size = sizeof(struct sections_services), .options = service_options, .help = "Services of the whole server.",
};

static const struct option cets_options[] = {
	{.key = "backend", .type = OPTION_STRING, .values = "rdbms|file", .help = "how nodes find each other"},
	{.key = "cluster_name", .type = OPTION_NAME, .help = "the name of the cluster"},
	{.key = "node_list_file", .type = OPTION_STRING, .min = 1, .help = "a file with the nodes"},
	{0},
};
static const struct option_table cets_table = {.name = "internal_databases.cets", .options = cets_options};
static const struct option_table mnesia_table = {.name = "internal_databases.mnesia", .options = no_options};

static const struct option database_options[] = {
	{.key = "cets", .type = OPTION_TABLE, .table = &cets_table, .help = "tables in memory"},
	{.key = "mnesia", .type = OPTION_TABLE, .table = &mnesia_table, .help = "tables on disk"},
	{0},
};

const struct option_table sections_databases_table = {
	.name = "internal_databases", .options = database_options, .help = "How MongooseIM keeps its tables; this server has one store.",
};

static const struct option graphite_options[] = {
	{.key = "host", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .min = 1, .help = "where to send to"},
	{.key = "port", .type = OPTION_PORT, .preset = "2003", .help = "where to send to"},
	{.key = "interval", .type = OPTION_INT, .min = 1, .max = INT64_MAX, .preset = "60000", .unit = "ms", .help = "time between reports"},
	{.key = "prefix", .type = OPTION_STRING, .help = "before each name"},
	{.key = "env_prefix", .type = OPTION_STRING, .help = "environment variable with what stands before each name"},
	{.key = "api_key", .type = OPTION_STRING, .flags = OPTION_SECRET, .help = "of the receiver"},
	{.key = "connect_timeout", .type = OPTION_INT, .min = 1, .max = INT64_MAX, .preset = "5000", .unit = "ms", .help = "for connecting"},
	{0},
};
static const struct option_table graphite_table = {.name = "instrumentation.exometer.report.graphite", .options = graphite_options};
static const struct option report_options[] = {
	{.key = "graphite", .type = OPTION_TABLES, .table = &graphite_table, .help = "push to Graphite"},
	{.key = "statsd", .type = OPTION_TABLES, .help = "push to StatsD"},
	{0},
};
static const struct option_table report_table = {.name = "instrumentation.exometer.report", .options = report_options};
static const struct option exometer_options[] = {
	{.key = "all_metrics_are_global", .type = OPTION_BOOL, .preset = "false", .help = "one metric for all host types"},
	{.key = "report", .type = OPTION_TABLE, .table = &report_table, .help = "where metrics are pushed"},
	{0},
};
static const struct option log_options[] = {
	{.key = "level", .type = OPTION_STRING, .values = "none|emergency|alert|critical|error|warning|notice|info|debug|all", .help = "level"},
	{0},
};
static const struct option_table exometer_table = {.name = "instrumentation.exometer", .options = exometer_options};
static const struct option_table log_table = {.name = "instrumentation.log", .options = log_options};
static const struct option_table prometheus_table = {.name = "instrumentation.prometheus", .options = no_options};

static const struct option instrumentation_options[] = {
	{.key = "probe_interval", .type = OPTION_INT, .flags = OPTION_IGNORED, .min = 1, .max = INT64_MAX, .unit = "s",
	 .help = "values are taken when they are asked for"},
	{.key = "prometheus", .type = OPTION_TABLE, .flags = OPTION_UNSUPPORTED, .table = &prometheus_table, .help = "metrics for Prometheus"},
	{.key = "exometer", .type = OPTION_TABLE, .flags = OPTION_IGNORED, .table = &exometer_table, .help = "metrics are not pushed"},
	{.key = "log", .type = OPTION_TABLE, .flags = OPTION_IGNORED, .table = &log_table, .help = "metrics are not logged"},
	{0},
};

const struct option_table sections_instrumentation_table = {
	.name = "instrumentation", .options = instrumentation_options, .help = "How metrics leave the server.",
};
