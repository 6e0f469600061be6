/* XEP-0198: clients may count stanzas, hear what has arrived, and get their session back after they lost the connection. All of it is done
 * where sessions are (route/resumption.h); here are the options and what is announced. */
#include "route/module.h"
#include "route/resumption.h"
#include "route/resumption_stream.h"
#include "xmpp/ns.h"

static void enable_at_bind(const struct module *m, struct session *s, const struct module_inline_request *r)
{
	(void)m;
	if (node_is(r->element, r->node, "enable", NS_SM))
		resumption_stream_enable(s, r->element, r->node, r->answer);
}

#define AT(member) offsetof(struct resumption_rules, member)

static void write_feature(const struct module *m, struct writer *w, bool is_logged_in)
{
	(void)m;
	if (is_logged_in)
		writer_empty(w, "sm", NS_SM);
}

static const struct option stale_options[] = {
	{.key = "enabled", .type = OPTION_BOOL, .offset = offsetof(struct resumption_stale, enabled), .preset = "false",
	 .reload = OPTION_NEW_CONNECTIONS,
	 .help = "Remember of sessions that have ended how many stanzas of the client were handled, for clients that come back too late."},
	{.key = "repeat_after", .type = OPTION_INT, .offset = offsetof(struct resumption_stale, repeat_after_s), .min = 1, .max = 86400 * 365,
	 .preset = "1800", .unit = "s", .reload = OPTION_NEW_CONNECTIONS, .help = "How often what is too old is forgotten."},
	{.key = "geriatric", .type = OPTION_INT, .offset = offsetof(struct resumption_stale, geriatric_s), .min = 1, .max = 86400 * 365,
	 .preset = "3600", .unit = "s", .reload = OPTION_NEW_CONNECTIONS, .help = "How long it is remembered."},
	{0},
};

static const struct option_table stale_table = {
	.name = "modules.mod_stream_management.stale_h",
	.size = sizeof(struct resumption_stale),
	.options = stale_options,
	.help = "What is told to clients that want to resume a session which has ended: at most 10,000 on a loop are remembered.",
};

static const struct option options[] = {
	{.key = "buffer", .type = OPTION_BOOL, .offset = AT(buffer), .preset = "true", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "Keep stanzas until the client has acknowledged them. Without it, sessions cannot be resumed, and nothing is sent again."},
	{.key = "buffer_max", .type = OPTION_INT_OR_INFINITY, .offset = AT(buffer_max), .min = 1, .max = INT32_MAX, .preset = "100",
	 .reload = OPTION_NEW_CONNECTIONS,
	 .help = "Stanzas that may wait to be acknowledged. A session with more for five seconds, in which none is acknowledged, is ended; what "
		 "waited goes to the offline store."},
	{.key = "ack", .type = OPTION_BOOL, .offset = AT(ack), .preset = "true", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "Ask clients to acknowledge what they got."},
	{.key = "ack_freq", .type = OPTION_INT, .offset = AT(ack_freq), .min = 1, .max = INT32_MAX, .preset = "1",
	 .reload = OPTION_NEW_CONNECTIONS,
	 .help = "After so many stanzas a client is asked to acknowledge them; of stanzas that leave together only the last is followed by a "
		 "request."},
	{.key = "resume_timeout", .type = OPTION_INT, .offset = AT(resume_timeout_s), .min = 1, .max = 86400 * 365, .preset = "600", .unit = "s",
	 .reload = OPTION_NEW_CONNECTIONS, .help = "How long a session waits for its client after the connection was lost."},
	{.key = "stale_h", .type = OPTION_TABLE, .offset = AT(stale_h), .table = &stale_table,
	 .help = "What is remembered of sessions that could have been resumed."},
	{0},
};

static const struct option_table option_table = {
	.name = "modules.mod_stream_management",
	.size = sizeof(struct resumption_rules),
	.options = options,
	.help = "Stream Management (XEP-0198): acknowledgements and resumption. What the server acknowledges survives its end: a message that "
		"its receiver has not acknowledged is in the store, and goes to the offline messages if the receiver does not come back.",
};

static const char *const features[] = {NS_SM, NULL};
static const struct module_inline inlines[] = {{NS_SM, enable_at_bind}, {0}};

const struct module_def stream_management_module = {
	.name = "mod_stream_management",
	.summary = "acknowledges stanzas, and lets clients resume a session after a lost connection (XEP-0198)",
	.options = &option_table,
	.host_features = features,
	.stream_features = write_feature,
	.inlines = inlines,
	.is_resumption = true,
};
