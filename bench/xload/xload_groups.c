/* One to many: rooms, presence, and the rosters that presence needs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xload.h"
#include "xload_modes.h"
#include "xload_steps.h"

/*
 * ---- fan-out: groups of `group` users, the first of each is the sender ----
 *
 * The sender's next stanza goes out when all members have the last one.
 */

static struct { uint32_t got, seq; } *groups;
static uint32_t need; /* deliveries per stanza */
static uint64_t storm;
static bool (*fan_id)(const struct elem *e, uint32_t *seq, uint64_t *ts);
static void (*fan_send)(uint32_t g);

static bool muc_id(const struct elem *e, uint32_t *seq, uint64_t *ts)
{
	return xml_is(e, "message") && parse_id(e, 'g', seq, ts);
}

static void muc_send(uint32_t g)
{
	conn_sendf(&conns[g * opt.group], "<message to='xl%u@%s' type='groupchat' id='g%x-%llx'>"
		   "<body>%s</body></message>", g, opt.muc_host, groups[g].seq,
		   (unsigned long long)now_ns(), body);
}

static bool presence_id(const struct elem *e, uint32_t *seq, uint64_t *ts)
{
	const char *p = xml_is(e, "presence") ? memmem(e->p, e->len, "<status>p", 9) : NULL;
	char *end;
	if (!p)
		return false;
	*seq = (uint32_t)strtoul(p + 9, &end, 16);
	if (*end != '-')
		return false;
	*ts = strtoull(end + 1, NULL, 16);
	return true;
}

static void presence_send(uint32_t g)
{
	conn_sendf(&conns[g * opt.group], "<presence><show>away</show><status>p%x-%llx</status>"
		   "</presence>", groups[g].seq, (unsigned long long)now_ns());
}

static void fan_next(uint32_t g)
{
	groups[g].seq++;
	groups[g].got = 0;
	sent += need;
	in_flight += need;
	fan_send(g);
}

static void fan_stanza(struct conn *c, const struct elem *e, uint64_t t)
{
	uint32_t seq, g = conn_idx(c) / opt.group;
	uint64_t ts;
	if (xml_attr_is(e, "type", "error")) {
		conn_error(c, "error stanza", e->p, e->len);
		return;
	}
	if (phase == IDLE)
		storm += xml_is(e, "presence");
	if (!fan_id(e, &seq, &ts) || (need < opt.group && conn_idx(c) % opt.group == 0))
		return; /* presence: the sender's own copy does not count */
	received++;
	in_flight--;
	if (seq != groups[g].seq || seq == c->rx_next)
		dups++;
	c->rx_next = seq;
	if (phase == MEASURE) {
		measured++;
		hist_add(&lat, t - ts);
	}
	if (++groups[g].got == need && phase != DRAIN)
		fan_next(g);
}

static void fan_traffic(const char *op)
{
	struct span s;
	for (uint32_t i = 0; i < opt.users; i++)
		conns[i].rx_next = 0;
	phase = WARM;
	for (uint32_t g = 0; g < opt.users / opt.group; g++)
		fan_next(g);
	run_traffic(&s, NULL);
	report_traffic(&s, op);
}

static uint32_t joined;

static void muc_join(uint32_t i)
{
	conn_sendf(&conns[i], "<presence to='xl%u@%s/n%u'><x xmlns='http://jabber.org/protocol/muc'>"
		   "<history maxstanzas='0'/></x></presence>", i / opt.group, opt.muc_host, i);
}

static void muc_join_stanza(struct conn *c, const struct elem *e, uint64_t t)
{
	uint32_t i = conn_idx(c);
	(void)t;
	if (xml_attr_is(e, "type", "error")) {
		conn_error(c, "join failed", e->p, e->len);
		return;
	}
	if (xml_is(e, "presence") && (xml_has(e, "code='110'") || xml_has(e, "code=\"110\""))) {
		joined++;
		if (i % opt.group == 0) /* the owner accepts the default configuration */
			conn_sendf(c, "<iq type='set' id='o' to='xl%u@%s'><query xmlns="
				   "'http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' "
				   "type='submit'/></query></iq>", i / opt.group, opt.muc_host);
	} else if (xml_is(e, "iq") && i % opt.group == 0) {
		for (uint32_t k = 1; k < opt.group; k++)
			muc_join(i + k);
	}
}

void run_muc(void)
{
	uint64_t end;
	opt.users -= opt.users % opt.group;
	groups = calloc(opt.users / opt.group + 1, sizeof *groups);
	make_body();
	on_ready = nothing;
	on_stanza = muc_join_stanza;
	login_all(opt.users);
	run_for(opt.settle);
	for (uint32_t i = 0; i < opt.users; i += opt.group)
		muc_join(i);
	end = now_ns() + 60000000000u;
	while (joined < opt.users && now_ns() < end && !tot.errors)
		tick(100);
	if (joined < opt.users)
		die("only %u of %u occupants joined", joined, opt.users);
	run_for(opt.settle);
	on_stanza = fan_stanza;
	need = opt.group;
	fan_id = muc_id;
	fan_send = muc_send;
	fan_traffic("delivery");
	logout_all(opt.users);
}

/* ---- rosters ---- */

static uint32_t subscribed;

/* Subscription answers go only to sessions that asked for their roster (RFC 6121, 2.2). */
static void get_roster(struct conn *c)
{
	conn_sendf(c, "<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>");
}

static void roster_stanza(struct conn *c, const struct elem *e, uint64_t t)
{
	const char *from;
	size_t n;
	(void)t;
	if (!xml_is(e, "presence") || !xml_attr(e, "from", &from, &n))
		return;
	if (xml_attr_is(e, "type", "subscribe"))
		conn_sendf(c, "<presence to='%.*s' type='subscribed'/>", (int)n, from);
	else if (xml_attr_is(e, "type", "subscribed"))
		subscribed++;
}

/* Every user subscribes to all others of its group; run once, after `register`. */
void run_roster(void)
{
	opt.users -= opt.users % opt.group;
	on_ready = get_roster;
	on_stanza = roster_stanza;
	login_all(opt.users);
	run_for(opt.settle);
	uint32_t want = opt.users * (opt.group - 1);
	for (uint32_t k = 1; k < opt.group; k++) /* in rounds, so that answers keep up */
		for (uint32_t i = 0; i < opt.users; i++) {
			uint32_t g = i / opt.group * opt.group;
			conn_sendf(&conns[i], "<presence to='%s%u@%s' type='subscribe'/>",
				   opt.prefix, opt.first + g + (i - g + k) % opt.group, opt.domain);
			if (i % 256 == 0)
				tick(0);
		}
	for (int quiet = 0; subscribed < want && quiet < 20;) {
		uint32_t before = subscribed;
		run_for(0.25);
		quiet = subscribed == before ? quiet + 1 : 0;
	}
	report("subscriptions", subscribed, "");
	report("wanted", want, "");
	logout_all(opt.users);
}

/* All of the groups log in; then each group's first user changes its status. */
void run_presence(void)
{
	struct span in, out;
	opt.users -= opt.users % opt.group;
	groups = calloc(opt.users / opt.group + 1, sizeof *groups);
	on_ready = get_roster;
	on_stanza = fan_stanza;
	need = opt.group - 1;
	fan_id = presence_id;
	fan_send = presence_send;
	span_begin(&in);
	login_all(opt.users);
	for (uint64_t before = ~0ull; before != storm;) {
		before = storm;
		run_for(0.5);
	}
	span_end(&in);
	double cpu_in = in.u1.cpu_us - in.u0.cpu_us;
	report("storm_presences", (double)storm, "");
	report("storm_at_least", (double)opt.users * need, "");
	report("storm_server_us_per_user", cpu_in / opt.users, "us");
	tot.errors += storm < (uint64_t)opt.users * need;
	fan_traffic("delivery");
	span_begin(&out);
	logout_all(opt.users);
	span_end(&out);
	report("logout_server_us_per_user", (out.u1.cpu_us - out.u0.cpu_us) / opt.users, "us");
}
