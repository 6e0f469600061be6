/* XEP-0160 §3, XEP-0203, XEP-0334, and RFC 6121 §8.5.2.2.1. */
#include "ext/offline/offline_rule.h"

#include <stdio.h>
#include <time.h>

#include "base/check.h"
#include "xmpp/node.h"
#include "xmpp/ns.h"
#include "xmpp/writer.h"

/* What a message is about, as far as keeping it goes. */
struct content {
	bool is_wanted;     /* <store/> */
	bool is_unwanted;   /* <no-store/> */
	bool has_state;     /* a chat state */
	bool has_substance; /* anything else, but for the thread */
};

static void look_at(const struct stanza *s, const struct node *n, struct content *c)
{
	struct str ns = node_ns(s, n), name = node_name(s, n);

	if (str_is(ns, NS_HINTS)) {
		c->is_wanted |= str_is(name, "store");
		c->is_unwanted |= str_is(name, "no-store");
	} else if (str_is(ns, NS_CHATSTATES)) {
		c->has_state = true;
	} else if (!str_is(name, "thread")) {
		c->has_substance = true;
	}
}

static bool type_is_kept(enum stanza_type type, bool keeps_groupchat)
{
	switch (type) {
	case STANZA_TYPE_ERROR:
	case STANZA_TYPE_HEADLINE:
		return false;
	case STANZA_TYPE_GROUPCHAT:
		return keeps_groupchat;
	default: /* a type nobody knows is normal (RFC 6121 §5.2.2) */
		return true;
	}
}

enum offline_rule offline_rule_for(const struct stanza *s, bool keeps_groupchat)
{
	struct content c = {0};

	if (!type_is_kept(s->type, keeps_groupchat))
		return OFFLINE_RULE_REFUSE;
	for (const struct node *n = node_first_child(s, node_root(s)); n; n = node_next_sibling(s, n))
		look_at(s, n, &c);
	if (c.is_wanted)
		return OFFLINE_RULE_KEEP;
	if (c.has_state && !c.has_substance)
		return OFFLINE_RULE_DROP;
	return c.has_substance && !c.is_unwanted ? OFFLINE_RULE_KEEP : OFFLINE_RULE_REFUSE;
}

static void write_time(char *out, size_t size, int64_t time_ms)
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm t;
	char day[32];

	check(gmtime_r(&seconds, &t));
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &t);
	snprintf(out, size, "%s.%03dZ", day, (int)(time_ms % 1000));
}

static size_t closing_tag_at(struct str xml)
{
	size_t at = xml.len - 1;

	while (at > 0 && !(xml.data[at] == '<' && xml.data[at + 1] == '/'))
		at--;
	check(at > 0);
	return at;
}

void offline_rule_write(struct buf *out, const struct stanza *s, struct jid from, struct jid to,
			struct offline_rule_stamp stamp)
{
	struct buf whole;
	struct writer w;
	char time[48];
	size_t end;

	buf_init(&whole);
	writer_stanza(&whole, s, from, to, NS_CLIENT, true);
	end = closing_tag_at(buf_str(&whole));
	write_time(time, sizeof(time), stamp.time_ms);
	buf_append(out, whole.data, end);
	writer_init(&w, out);
	writer_open(&w, "delay", NS_DELAY);
	writer_attribute(&w, "from", stamp.by);
	writer_attribute_text(&w, "stamp", time);
	writer_close(&w);
	buf_append(out, whole.data + end, whole.len - end);
	buf_fini(&whole);
}
