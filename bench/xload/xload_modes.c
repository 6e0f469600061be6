/* The modes, and the plain ones among them: register, login, idle. */
#include "xload_modes.h"

#include "xload.h"
#include "xload_steps.h"

static void ignore(struct conn *c, const struct elem *e, uint64_t t)
{
	(void)t;
	if (xml_attr_is(e, "type", "error"))
		conn_error(c, "error stanza", e->p, e->len);
}

static void report_logins(double secs)
{
	report("logins", tot.ready, "");
	report("logins_per_s", tot.ready / secs, "/s");
	report_hist("login", &tot.login);
	if (tot.tls_name[0])
		report_str("tls", tot.tls_name);
}

/* ---- register, login, idle ---- */

static void run_register(void)
{
	struct span s;
	opt.presence = false;
	on_ready = conn_logout;
	on_stanza = ignore;
	span_begin(&s);
	login_all(opt.users);
	span_end(&s);
	logout_all(opt.users);
	report("registered", tot.ready - tot.conflicts, "");
	report("conflicts", tot.conflicts, "");
	report("registrations_per_s", tot.ready / span_secs(&s), "/s");
	span_report(&s, tot.ready, "registration");
}

static void run_login(void)
{
	struct span s, out;
	struct memory a, b;
	on_ready = opt.churn ? conn_logout : nothing;
	on_stanza = ignore;
	memory_read(&a);
	span_begin(&s);
	login_all(opt.users);
	span_end(&s);
	memory_read(&b);
	span_begin(&out);
	logout_all(opt.users);
	span_end(&out);
	report_logins(span_secs(&s));
	span_report(&s, tot.ready, "login");
	if (out.server && !opt.churn)
		report("server_us_per_logout", (out.u1.cpu_us - out.u0.cpu_us) / tot.ready, "us");
	memory_report(&a, &b, opt.users);
}

static void run_idle(void)
{
	struct span in, s;
	struct memory a, b;
	on_ready = nothing;
	on_stanza = ignore;
	memory_read(&a);
	span_begin(&in);
	login_all(opt.users);
	span_end(&in);
	run_for(opt.settle);
	span_begin(&s);
	run_for(opt.secs);
	span_end(&s);
	memory_read(&b);
	uint32_t stayed = 0;
	for (uint32_t i = 0; i < opt.users; i++)
		stayed += conns[i].state == C_READY;
	report_logins(span_secs(&in));
	report("stayed", stayed, "");
	span_report(&s, opt.users * span_secs(&s), "session_second");
	memory_report(&a, &b, opt.users);
	tot.errors += stayed != opt.users;
	logout_all(opt.users);
}

/* Bare TCP connections to `relay --hold`: what the kernel alone takes. */
static void run_rawidle(void)
{
	struct memory a, b;
	on_stanza = ignore;
	memory_read(&a);
	for (uint32_t i = 0; i < opt.users; i++)
		if (!raw_connect(&conns[i]))
			die("connect failed");
	run_for(opt.settle + opt.secs);
	memory_read(&b);
	report("connections", opt.users, "");
	memory_report(&a, &b, opt.users);
}

const struct mode modes[] = {
	{"register", run_register, "create the users in-band (XEP-0077); 'conflict' is fine"},
	{"login", run_login, "log all in, then out (--churn: out at once)"},
	{"idle", run_idle, "log all in, hold for --time"},
	{"chat", run_chat, "pairs exchange messages, --window in flight per pair"},
	{"ping", run_ping, "XEP-0199 to the server, --window per session"},
	{"component", run_component, "messages to an echoing XEP-0114 component"},
	{"muc", run_muc, "rooms of --group occupants, one sender each"},
	{"roster", run_roster, "subscribe the members of groups to each other (once)"},
	{"presence", run_presence, "login storm with rosters, then status changes"},
	{"raw", run_raw, "the chat pattern through `relay`, no XMPP"},
	{"rawidle", run_rawidle, "bare connections to `relay --hold`"},
	{NULL, NULL, NULL}};
