/* One to one: chat, the same through a raw relay, ping, an echoing component. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xload.h"
#include "xload_modes.h"
#include "xload_steps.h"

/* ---- chat, and the same through a raw relay ---- */

static void chat_send(struct conn *c, uint64_t t)
{
	char buf[8192];
	struct conn *peer = &conns[conn_idx(c) ^ 1];
	int n = snprintf(buf, sizeof buf,
			 "<message to='%s' type='chat' id='c%x-%llx'><body>%s</body></message>",
			 conn_jid(peer), c->tx_seq++, (unsigned long long)t, body);
	sent++;
	in_flight++;
	conn_send(c, buf, (size_t)n);
}

static void chat_stanza(struct conn *c, const struct elem *e, uint64_t t)
{
	uint32_t seq;
	uint64_t ts;
	if (xml_attr_is(e, "type", "error")) {
		conn_error(c, "error stanza", e->p, e->len);
		return;
	}
	if (!xml_is(e, "message") || !parse_id(e, 'c', &seq, &ts))
		return;
	check_body(c, e);
	note_seq(c, seq);
	in_flight--;
	if (phase == MEASURE) {
		measured++;
		hist_add(&lat, t > ts ? t - ts : 0);
	}
	if (phase != DRAIN && opt.rate <= 0)
		chat_send(c, now_ns());
}

/* Open loop: message k is due at start + k / rate, whatever the server does. */
static void chat_pump(void)
{
	static uint64_t start, k;
	uint64_t t = now_ns();
	if (!start)
		start = t;
	for (;; k++) {
		uint64_t due = start + (uint64_t)((double)k * 1e9 / opt.rate);
		if (due > t)
			return;
		/* step through the senders so that neighbours are far apart */
		chat_send(&conns[k % opt.users], due);
	}
}

static void chat_traffic(void)
{
	struct span s;
	phase = WARM;
	if (opt.rate <= 0) /* both sides of each pair start, the window is the pair's */
		for (uint32_t i = 0; i < opt.users; i += 2)
			for (uint32_t w = 0; w < opt.window; w++)
				chat_send(&conns[i + (w & 1)], now_ns());
	run_traffic(&s, opt.rate > 0 ? chat_pump : NULL);
	report_traffic(&s, "message");
}

void run_chat(void)
{
	if (opt.users & 1)
		die("chat needs an even number of users");
	make_body();
	on_ready = nothing;
	on_stanza = chat_stanza;
	login_all(opt.users);
	run_for(opt.settle);
	if (!tot.errors)
		chat_traffic();
	logout_all(opt.users);
}

void run_raw(void)
{
	if (opt.users & 1)
		die("raw needs an even number of users");
	make_body();
	on_stanza = chat_stanza;
	for (uint32_t i = 0; i < opt.users; i++)
		if (!raw_connect(&conns[i]))
			die("connect failed");
	run_for(opt.settle);
	chat_traffic();
}

/* ---- ping ---- */

static void ping_send(struct conn *c)
{
	sent++;
	in_flight++;
	conn_sendf(c, "<iq type='get' id='p%x-%llx' to='%s'><ping xmlns='urn:xmpp:ping'/></iq>",
		   c->tx_seq++, (unsigned long long)now_ns(), opt.domain);
}

static void ping_stanza(struct conn *c, const struct elem *e, uint64_t t)
{
	uint32_t seq;
	uint64_t ts;
	if (!xml_is(e, "iq") || !parse_id(e, 'p', &seq, &ts))
		return;
	if (!xml_attr_is(e, "type", "result")) {
		conn_error(c, "ping refused", e->p, e->len);
		return;
	}
	note_seq(c, seq);
	in_flight--;
	if (phase == MEASURE) {
		measured++;
		hist_add(&lat, t - ts);
	}
	if (phase != DRAIN)
		ping_send(c);
}

void run_ping(void)
{
	struct span s;
	on_ready = nothing;
	on_stanza = ping_stanza;
	login_all(opt.users);
	run_for(opt.settle);
	phase = WARM;
	for (uint32_t i = 0; i < opt.users; i++)
		for (uint32_t w = 0; w < opt.window; w++)
			ping_send(&conns[i]);
	run_traffic(&s, NULL);
	report_traffic(&s, "ping");
	logout_all(opt.users);
}

/* ---- component: clients write to it, it sends every message back ---- */

static void component_stanza(struct conn *c, const struct elem *e, uint64_t t)
{
	const char *from, *id, *b;
	size_t flen, ilen;
	uint32_t seq;
	uint64_t ts;
	if (!xml_is(e, "message") || xml_attr_is(e, "type", "error"))
		return;
	if (c->component) {
		if (xml_attr(e, "from", &from, &flen) && xml_attr(e, "id", &id, &ilen) &&
		    (b = memmem(e->p, e->len, "<body>", 6)))
			conn_sendf(c, "<message from='%s' to='%.*s' type='chat' id='%.*s'>%.*s",
				   opt.comp_domain, (int)flen, from, (int)ilen, id,
				   (int)(e->p + e->len - b), b);
		return;
	}
	if (!parse_id(e, 'e', &seq, &ts))
		return;
	check_body(c, e);
	note_seq(c, seq);
	in_flight--;
	if (phase == MEASURE) {
		measured++;
		hist_add(&lat, t - ts);
	}
	if (phase == DRAIN)
		return;
	sent++;
	in_flight++;
	conn_sendf(c, "<message to='%s' type='chat' id='e%x-%llx'><body>%s</body></message>",
		   opt.comp_domain, c->tx_seq++, (unsigned long long)now_ns(), body);
}

void run_component(void)
{
	struct span s;
	struct conn *comp = &conns[opt.users];
	make_body();
	on_ready = nothing;
	on_stanza = component_stanza;
	comp->component = true;
	conn_start(comp);
	tot.started = 0;
	while (comp->state != C_READY && comp->fd >= 0)
		tick(100);
	if (comp->fd < 0)
		return;
	tot.ready = 0;
	login_all(opt.users);
	run_for(opt.settle);
	phase = WARM;
	for (uint32_t i = 0; i < opt.users; i++)
		for (uint32_t w = 0; w < opt.window; w++) {
			sent++;
			in_flight++;
			conn_sendf(&conns[i], "<message to='%s' type='chat' id='e%x-%llx'>"
				   "<body>%s</body></message>", opt.comp_domain, conns[i].tx_seq++,
				   (unsigned long long)now_ns(), body);
		}
	run_traffic(&s, NULL);
	report_traffic(&s, "roundtrip");
	logout_all(opt.users + 1);
}
