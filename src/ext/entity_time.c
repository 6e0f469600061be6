/* XEP-0202: what time it is here. Servers keep UTC. */
#include <stdio.h>
#include <time.h>

#include "route/module.h"
#include "xmpp/ns.h"

static enum answer answer_time(struct call *c, const struct module *m)
{
	(void)m;
	struct timespec now;
	struct tm utc;
	char text[64];
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	size_t len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	len += (size_t)snprintf(text + len, sizeof(text) - len, ".%03ldZ", now.tv_nsec / 1000000);
	struct writer *w = call_begin_result(c);
	writer_open(w, "time", NS_TIME);
	writer_leaf(w, "tzo", NULL, STR("+00:00"));
	writer_leaf(w, "utc", NULL, str_make(text, len));
	writer_close(w);
	return call_send_result(c);
}

static const char *const features[] = {NS_TIME, NULL};
static const struct module_query queries[] = {{NS_TIME, "time", QUERY_GET, QUERY_HOST, answer_time}, {0}};

const struct module_def time_module = {
	.name = "mod_time",
	.summary = "tells the time",
	.host_features = features,
	.queries = queries,
};
