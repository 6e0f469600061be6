/* XEP-0388 (SASL2), XEP-0386 (Bind 2), XEP-0484 (FAST): switches for what streams do themselves. The last two need the first, so each of them
 * switches it on. */
#include "auth/fast.h"
#include "route/module.h"

enum unit { UNIT_DAYS, UNIT_HOURS, UNIT_MINUTES, UNIT_SECONDS };

struct period {
	int64_t value;
	int unit;
};

struct validity {
	struct period access, rotate_before_expire;
};

/* Streams see the first part. */
struct token_options {
	struct fast_options options;
	struct validity validity;
};

static int64_t milliseconds(struct period p)
{
	static const int64_t seconds[] = {[UNIT_DAYS] = 86400, [UNIT_HOURS] = 3600, [UNIT_MINUTES] = 60, [UNIT_SECONDS] = 1};

	return p.value * seconds[p.unit] * 1000;
}

static void complete(void *values, struct option_problems *p)
{
	struct token_options *o = values;

	(void)p;
	o->options.access_ms = milliseconds(o->validity.access);
	o->options.rotate_before_expire_ms = milliseconds(o->validity.rotate_before_expire);
}

/* Otherwise every login would bring another token. */
static void examine(const void *values, struct option_problems *p)
{
	const struct token_options *o = values;

	if (o->options.rotate_before_expire_ms >= o->options.access_ms)
		option_problem(p, "validity_period", "rotate_before_expire has to be shorter than access");
}

enum { VALUE_MAX = 100 * 1000 * 1000 };

#define PERIOD_OPTIONS(value_preset, unit_preset)                                                                                    \
	(const struct option[])                                                                                                     \
	{                                                                                                                           \
		{.key = "value", .type = OPTION_INT, .offset = offsetof(struct period, value), .min = 0, .max = VALUE_MAX,            \
		 .preset = value_preset, .help = "How long, in units."},                                                          \
		{.key = "unit", .type = OPTION_ENUM, .offset = offsetof(struct period, unit), .values = "days|hours|minutes|seconds", \
		 .preset = unit_preset, .help = "The unit."},                                                                        \
		{0},                                                                                                                \
	}

static const struct option_table access_table = {
	.name = "modules.mod_fast_auth_token.validity_period.access", .size = sizeof(struct period), .options = PERIOD_OPTIONS("3", "\"days\""),
	.help = "How long a token is good.",
};

static const struct option_table rotation_table = {
	.name = "modules.mod_fast_auth_token.validity_period.rotate_before_expire",
	.size = sizeof(struct period),
	.options = PERIOD_OPTIONS("6", "\"hours\""),
	.help = "How long before its end a token is replaced.",
};

static const struct option validity_options[] = {
	{.key = "access", .type = OPTION_TABLE, .table = &access_table, .offset = offsetof(struct validity, access), .since = "6.3",
	 .help = "How long a token is good.", .example = "{value = 30, unit = \"minutes\"}"},
	{.key = "rotate_before_expire", .type = OPTION_TABLE, .table = &rotation_table, .offset = offsetof(struct validity, rotate_before_expire),
	 .since = "6.3", .help = "A login so long before the end of its token, or less, brings another one.",
	 .example = "{value = 10, unit = \"minutes\"}"},
	{0},
};

static const struct option_table validity_table = {
	.name = "modules.mod_fast_auth_token.validity_period", .size = sizeof(struct validity), .options = validity_options,
	.help = "Times of tokens.",
};

static const struct option token_options[] = {
	{.key = "validity_period", .type = OPTION_TABLE, .table = &validity_table, .offset = offsetof(struct token_options, validity), .since = "6.3",
	 .help = "Times of tokens."},
	{0},
};

static const struct option_table token_table = {
	.name = "modules.mod_fast_auth_token",
	.size = sizeof(struct token_options),
	.options = token_options,
	.complete = complete,
	.examine = examine,
	.help = "Logins with a token instead of the password, in one round trip (XEP-0484). Switches mod_sasl2 on.",
};

static const struct option_table sasl2_table = {
	.name = "modules.mod_sasl2",
	.options = (const struct option[]){{0}},
	.help = "Logins with fewer round trips (XEP-0388), over TLS.",
};

static const struct option_table bind2_table = {
	.name = "modules.mod_bind2",
	.options = (const struct option[]){{0}},
	.help = "A session along with the login (XEP-0386), its features switched on. Switches mod_sasl2 on.",
};

const struct module_def sasl2_module = {
	.name = "mod_sasl2", .summary = "logins with fewer round trips (XEP-0388)", .options = &sasl2_table,
};

const struct module_def bind2_module = {
	.name = "mod_bind2", .summary = "a session along with the login (XEP-0386)", .options = &bind2_table,
};

const struct module_def fast_auth_token_module = {
	.name = "mod_fast_auth_token", .summary = "logins with a token instead of the password (XEP-0484)", .options = &token_table,
};
