/* conf_check: loads a configuration text in a test and compares the whole report with what is expected.
 *
 * The text is called "f" in the report. There are two known modules, mod_one (an integer "size" with the default 3, and "host") and
 * mod_two (no options). Threads: one. */
#ifndef MEERKAT_SUPPORT_CONF_CHECK_H
#define MEERKAT_SUPPORT_CONF_CHECK_H

#include "conf/config.h"

/* Two lines that make a file complete, so that what is tested begins on line 3. */
#define CONF_CHECK_BASE                                                          \
	"general = {hosts = [\"h\"], default_server_domain = \"h\"}\n"           \
	"auth.internal = {}\n"

struct conf_check_one {
	int64_t size;
	struct str host;
};

/* One case of a table: text and report, both without CONF_CHECK_BASE. */
struct conf_check_case {
	const char *text, *report;
};

extern const struct config_known conf_check_known;

/* Fails the test, showing both, if the report is not exactly the expected one. NULL if the text has errors; the caller unrefs. */
const struct config *conf_check(const char *text, const char *expected_report);

/* Puts CONF_CHECK_BASE before each text; the configuration must be good if, and only if, no line of the report is an error. */
void conf_check_cases(const struct conf_check_case *cases, size_t count);

#endif
