/* XEP-0199: the server answers pings; with send_pings it also pings clients that have been silent for ping_interval. */
#include <stdlib.h>

#include "base/codec.h"
#include "base/log.h"
#include "base/mem.h"
#include "route/module.h"
#include "route/registry.h"
#include "xmpp/ns.h"

const struct module_def ping_module;

enum timeout_action { ACTION_NONE, ACTION_KILL };

struct ping_options {
	bool send_pings;
	int64_t ping_interval_s, ping_req_timeout_s;
	int timeout_action;
};

static enum answer answer_ping(struct call *c, const struct module *m)
{
	(void)m;
	return call_result(c);
}

/* ---- pinging silent clients ---- */

enum { ID_LEN = 12 };

struct pinger {
	struct timer timer;
	struct session *session;
	struct ping_options options;
	char id[ID_LEN + 1]; /* of the ping that has no answer yet; "" */
};

static struct timer_wheel *timers_of(const struct pinger *p)
{
	return p->session->user->registry->timers;
}

static void wait_for_silence(struct pinger *p)
{
	p->id[0] = 0;
	timer_start(timers_of(p), &p->timer, (uint64_t)p->options.ping_interval_s * 1000);
}

static void send_ping(struct pinger *p)
{
	struct buf text;
	struct writer w;
	buf_init(&text);
	writer_init(&w, &text);
	codec_random_text(p->id, ID_LEN);
	writer_open(&w, "iq", NULL);
	writer_attribute(&w, "from", p->session->user->host->name);
	writer_attribute_jid(&w, "to", p->session->address);
	writer_attribute_text(&w, "id", p->id);
	writer_attribute_text(&w, "type", "get");
	writer_empty(&w, "ping", NS_PING);
	writer_close(&w);
	session_deliver_text(p->session, buf_str(&text));
	buf_fini(&text);
	timer_start(timers_of(p), &p->timer, (uint64_t)p->options.ping_req_timeout_s * 1000);
}

static void on_due(struct timer *t)
{
	struct pinger *p = container_of(t, struct pinger, timer);
	if (!p->session->outlet) {
		wait_for_silence(p); /* it has lost its connection, and waits to be resumed */
	} else if (!p->id[0]) {
		send_ping(p);
	} else if (p->options.timeout_action == ACTION_KILL) {
		log_event(LOG_INFO, "ping", "no answer, the session is ended", LOG_STR("jid", jid_str(p->session->address)));
		session_kick(p->session, STREAM_ERROR_CONNECTION_TIMEOUT, "no answer to a ping");
	} else {
		wait_for_silence(p);
	}
}

static void on_session_opened(const struct module *m, struct session *s)
{
	const struct ping_options *o = m->options;
	if (!o->send_pings)
		return;
	struct pinger *p = mem_new(sizeof(*p));
	p->session = s;
	p->options = *o;
	timer_init(&p->timer, on_due);
	*session_slot(s, &ping_module) = p;
	wait_for_silence(p);
}

static void on_session_closing(const struct module *m, struct session *s)
{
	struct pinger *p = *session_slot(s, &ping_module);
	(void)m;
	if (p)
		timer_stop(&p->timer);
}

static void free_pinger(struct session *s, void *state)
{
	(void)s;
	free(state);
}

/* Whatever a client sends shows that it is there, the answer to a ping (result or error) too; that one is for us alone. */
static enum answer on_sign_of_life(struct call *c, const struct module *m)
{
	(void)m;
	struct pinger *p = c->session && c->session->user ? *session_slot(c->session, &ping_module) : NULL;
	if (!p)
		return ANSWER_PASS;
	bool is_answer = p->id[0] && str_is(stanza_id_raw(c->stanza), p->id);
	wait_for_silence(p);
	return is_answer ? ANSWER_DONE : ANSWER_PASS;
}

static const struct option options[] = {
	{.key = "send_pings", .type = OPTION_BOOL, .offset = offsetof(struct ping_options, send_pings), .preset = "false",
	 .help = "Ping clients that have been silent for ping_interval."},
	{.key = "ping_interval", .type = OPTION_INT, .offset = offsetof(struct ping_options, ping_interval_s), .min = 1, .max = 86400 * 365,
	 .preset = "60", .unit = "s", .help = "How long a client may be silent before it is pinged."},
	{.key = "ping_req_timeout", .type = OPTION_INT, .offset = offsetof(struct ping_options, ping_req_timeout_s), .min = 1, .max = 86400,
	 .preset = "32", .unit = "s", .help = "How long the answer to a ping may take."},
	{.key = "timeout_action", .type = OPTION_ENUM, .offset = offsetof(struct ping_options, timeout_action), .values = "none|kill",
	 .preset = "\"none\"", .help = "What happens to a client that does not answer: nothing, or its session is ended."},
	{0},
};
static const struct option_table table = {
	.name = "modules.mod_ping",
	.size = sizeof(struct ping_options),
	.options = options,
	.help = "XMPP Ping (XEP-0199).",
};

static const char *const features[] = {NS_PING, NULL};
static const struct module_query queries[] = {{NS_PING, "ping", QUERY_GET, QUERY_HOST | QUERY_OWN, answer_ping}, {0}};
static const struct module_hook hooks[] = {
	{on_sign_of_life, SIDE_SENDER, STAGE_ACCEPT, 1 << STANZA_MESSAGE | 1 << STANZA_PRESENCE | 1 << STANZA_IQ},
	{0},
};

const struct module_def ping_module = {
	.name = "mod_ping",
	.summary = "answers pings, and can ping silent clients",
	.options = &table,
	.host_features = features,
	.account_features = features,
	.queries = queries,
	.hooks = hooks,
	.session_opened = on_session_opened,
	.session_closing = on_session_closing,
	.has_session_state = true,
	.session_free = free_pinger,
};
