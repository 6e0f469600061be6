/* Options and main. */
#include <arpa/inet.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "xload.h"
#include "xload_conn.h"
#include "xload_sasl.h"

struct options opt = {
	.host = "127.0.0.1", .domain = "localhost", .prefix = "u", .pass = "secret",
	.resource = "xl", .muc_host = "conference.localhost", .comp_domain = "echo.localhost",
	.comp_secret = "secret", .port = 5222, .comp_port = 5347, .mech = M_AUTO, .users = 100,
	.concurrent = 64, .window = 1, .body = 64, .group = 10, .secs = 10, .warmup = 2,
	.settle = 1, .max_secs = 170, .timeout = 30, .presence = true,
};

enum {
	O_HOST = 256, O_DOMAIN, O_PREFIX, O_PASS, O_RES, O_TLS, O_TLSMAX, O_MECH, O_FIRST, O_SRC,
	O_RATE, O_LRATE, O_WARM, O_SETTLE, O_MAX, O_TIMEOUT, O_NOPRES, O_COAL, O_CHURN, O_PID,
	O_JSON, O_LABEL, O_GROUP, O_MUC, O_CDOM, O_CSEC, O_CPORT, O_CACHE
};

static const struct { struct option o; const char *help; } table[] = {
	{{"host", 1, 0, O_HOST}, "loopback address of the server (127.0.0.1)"},
	{{"port", 1, 0, 'p'}, "c2s port (5222)"},
	{{"domain", 1, 0, O_DOMAIN}, "XMPP domain (localhost)"},
	{{"users", 1, 0, 'n'}, "sessions (100)"},
	{{"first", 1, 0, O_FIRST}, "number of the first user (0)"},
	{{"prefix", 1, 0, O_PREFIX}, "user name prefix (u): u0, u1, ..."},
	{{"password", 1, 0, O_PASS}, "password of all users (secret)"},
	{{"resource", 1, 0, O_RES}, "resource asked for (xl)"},
	{{"tls", 1, 0, O_TLS}, "none, starttls or direct (none)"},
	{{"tls-max", 1, 0, O_TLSMAX}, "1.2 or 1.3 (1.3)"},
	{{"mech", 1, 0, O_MECH}, "auto, plain, scram-sha-1 or scram-sha-256 (auto)"},
	{{"scram-cache", 1, 0, O_CACHE}, "file keeping the client's derived keys between runs"},
	{{"sources", 1, 0, O_SRC}, "source addresses in 127.0.0.0/8 (users / 20000 + 4)"},
	{{"concurrent", 1, 0, 'k'}, "logins in progress at once (64)"},
	{{"login-rate", 1, 0, O_LRATE}, "logins started per second (no limit)"},
	{{"churn", 0, 0, O_CHURN}, "login: log each session out as soon as it is in"},
	{{"no-presence", 0, 0, O_NOPRES}, "no initial presence"},
	{{"window", 1, 0, 'w'}, "stanzas in flight per pair or session (1, at most 64)"},
	{{"body", 1, 0, 'b'}, "message body bytes (64)"},
	{{"rate", 1, 0, O_RATE}, "chat, raw: open loop at this many messages/s in all"},
	{{"coalesce", 0, 0, O_COAL}, "one write for all answers to one read"},
	{{"group", 1, 0, O_GROUP}, "room or contact group size (10)"},
	{{"muc-host", 1, 0, O_MUC}, "(conference.localhost)"},
	{{"component-domain", 1, 0, O_CDOM}, "(echo.localhost)"},
	{{"component-secret", 1, 0, O_CSEC}, "(secret)"},
	{{"component-port", 1, 0, O_CPORT}, "(5347)"},
	{{"time", 1, 0, 't'}, "seconds measured or held (10)"},
	{{"warmup", 1, 0, O_WARM}, "seconds before measuring (2)"},
	{{"settle", 1, 0, O_SETTLE}, "quiet seconds after the logins (1)"},
	{{"timeout", 1, 0, O_TIMEOUT}, "seconds a login may take (30)"},
	{{"max-time", 1, 0, O_MAX}, "hard limit for the whole run (170)"},
	{{"server-pid", 1, 0, O_PID}, "PID[,PID...]: measure that process's CPU and memory"},
	{{"label", 1, 0, O_LABEL}, "text for the JSON line"},
	{{"json", 1, 0, O_JSON}, "append one JSON line to this file ('-': stdout)"},
	{{"help", 0, 0, 'h'}, ""},
};
#define N_OPTS (sizeof table / sizeof *table)

static _Noreturn void usage(int rc)
{
	FILE *f = rc ? stderr : stdout;
	fprintf(f, "usage: xload MODE [options]\n\nmodes:\n");
	for (const struct mode *m = modes; m->name; m++)
		fprintf(f, "  %-22s %s\n", m->name, m->help);
	fprintf(f, "\noptions:\n");
	for (size_t i = 0; i < N_OPTS; i++)
		fprintf(f, "  %s%c%s --%-16s %s\n", table[i].o.val < 256 ? "-" : " ",
			table[i].o.val < 256 ? table[i].o.val : ' ', " ", table[i].o.name,
			table[i].help);
	exit(rc);
}

static double number(const char *name, const char *s, double min, double max)
{
	char *end;
	double v = strtod(s, &end);
	if (*end || end == s || !(v >= min && v <= max))
		die("--%s: a number from %g to %g is wanted", name, min, max);
	return v;
}

static int choice(const char *name, const char *s, const char *const *list)
{
	for (int i = 0; list[i]; i++)
		if (!strcmp(s, list[i]))
			return i;
	die("--%s: unknown value '%s'", name, s);
}

static void set_option(int ch, const char *name, char *arg)
{
	static const char *const tls[] = {"none", "starttls", "direct", NULL};
	static const char *const mech[] = {"auto", "plain", "scram-sha-1", "scram-sha-256", NULL};
	static const char *const ver[] = {"1.2", "1.3", NULL};
	switch (ch) {
	case O_HOST: opt.host = arg; break;
	case O_DOMAIN: opt.domain = arg; break;
	case O_PREFIX: opt.prefix = arg; break;
	case O_PASS: opt.pass = arg; break;
	case O_RES: opt.resource = arg; break;
	case O_MUC: opt.muc_host = arg; break;
	case O_CDOM: opt.comp_domain = arg; break;
	case O_CSEC: opt.comp_secret = arg; break;
	case O_CACHE: opt.scram_cache = arg; break;
	case O_JSON: opt.json = arg; break;
	case O_LABEL: opt.label = arg; break;
	case O_PID: usage_pids(arg); break;
	case O_NOPRES: opt.presence = false; break;
	case O_COAL: opt.coalesce = true; break;
	case O_CHURN: opt.churn = true; break;
	case O_TLS: opt.tls = (enum tls_mode)choice(name, arg, tls); break;
	case O_TLSMAX: opt.tls_max = choice(name, arg, ver) ? TLS1_3_VERSION : TLS1_2_VERSION; break;
	case O_MECH: opt.mech = (enum mech)choice(name, arg, mech); break;
	case 'p': opt.port = (int)number(name, arg, 1, 65535); break;
	case O_CPORT: opt.comp_port = (int)number(name, arg, 1, 65535); break;
	case 'n': opt.users = (uint32_t)number(name, arg, 1, 1000000); break;
	case O_FIRST: opt.first = (uint32_t)number(name, arg, 0, 1e9); break;
	case O_SRC: opt.sources = (uint32_t)number(name, arg, 1, 60000); break;
	case 'k': opt.concurrent = (uint32_t)number(name, arg, 1, 100000); break;
	case 'w': opt.window = (uint32_t)number(name, arg, 1, 64); break;
	case 'b': opt.body = (uint32_t)number(name, arg, 0, 6000); break;
	case O_GROUP: opt.group = (uint32_t)number(name, arg, 2, 10000); break;
	case O_RATE: opt.rate = number(name, arg, 1, 1e7); break;
	case O_LRATE: opt.login_rate = number(name, arg, 0.1, 1e6); break;
	case 't': opt.secs = number(name, arg, 0.1, 3600); break;
	case O_WARM: opt.warmup = number(name, arg, 0, 600); break;
	case O_SETTLE: opt.settle = number(name, arg, 0, 600); break;
	case O_TIMEOUT: opt.timeout = number(name, arg, 1, 600); break;
	case O_MAX: opt.max_secs = number(name, arg, 1, 4000); break;
	case 'h': usage(0);
	default: usage(2);
	}
}

static void parse(int argc, char **argv)
{
	struct option longs[N_OPTS + 1] = {0};
	char shorts[2 * N_OPTS + 1] = "", *s = shorts;
	for (size_t i = 0; i < N_OPTS; i++) {
		longs[i] = table[i].o;
		if (longs[i].val < 256) {
			*s++ = (char)longs[i].val;
			if (longs[i].has_arg)
				*s++ = ':';
		}
	}
	*s = 0;
	for (int ch, li = -1; (ch = getopt_long(argc, argv, shorts, longs, &li)) != -1; li = -1) {
		const char *name = "?";
		for (size_t i = 0; i < N_OPTS; i++)
			if (longs[i].val == ch)
				name = longs[i].name;
		set_option(ch, name, optarg);
	}
	if (optind != argc - 1)
		usage(2);
	opt.mode = argv[optind];
	if (!strcmp(opt.host, "localhost"))
		opt.host = "127.0.0.1";
	if (inet_pton(AF_INET, opt.host, &opt.addr) != 1 || ntohl(opt.addr.s_addr) >> 24 != 127)
		die("--host: only addresses in 127.0.0.0/8 are allowed");
	if (!opt.sources)
		opt.sources = opt.users / 20000 + 4;
}

static void raise_fd_limit(uint32_t need)
{
	struct rlimit r;
	getrlimit(RLIMIT_NOFILE, &r);
	if (r.rlim_cur >= need)
		return;
	r.rlim_cur = need;
	if (r.rlim_max < need)
		r.rlim_max = need;
	if (setrlimit(RLIMIT_NOFILE, &r))
		die("cannot have %u open files", need);
}

int main(int argc, char **argv)
{
	const struct mode *m;
	parse(argc, argv);
	for (m = modes; m->name && strcmp(m->name, opt.mode); m++)
		;
	if (!m->name)
		usage(2);
	signal(SIGPIPE, SIG_IGN);
	alarm((unsigned)opt.max_secs + 10);
	deadline = now_ns() + (uint64_t)(opt.max_secs * 1e9);
	raise_fd_limit(opt.users + 100);
	scram_cache_open(opt.scram_cache, opt.mech, opt.first + opt.users);
	conn_init(opt.users + 1);

	printf("%s: %u sessions, %s:%d%s\n", opt.mode, opt.users, opt.host, opt.port,
	       opt.tls == TLS_STARTTLS ? ", STARTTLS" : opt.tls == TLS_DIRECT ? ", direct TLS" : "");
	report_str("mode", opt.mode);
	if (opt.label)
		report_str("label", opt.label);
	report("sessions", opt.users, "");
	report("window", opt.window, "");
	report("body", opt.body, "B");
	m->run();
	scram_cache_save();
	report("errors", (double)tot.errors, "");
	report_flush(opt.json);
	return tot.errors != 0;
}
