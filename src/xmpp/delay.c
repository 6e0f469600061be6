#include "xmpp/delay.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "xmpp/ns.h"
#include "xmpp/writer.h"

void delay_format_time(char *out, int64_t time_ms)
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm t;
	char day[32];

	check(gmtime_r(&seconds, &t));
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &t);
	snprintf(out, DELAY_TIME_MAX, "%s.%03dZ", day, (int)(time_ms % 1000));
}

/* Where the closing tag of an element that is not written <x/> begins. */
static size_t closing_tag_at(struct str xml)
{
	size_t at = xml.len - 1;

	while (at > 0 && !(xml.data[at] == '<' && xml.data[at + 1] == '/'))
		at--;
	check(at > 0);
	return at;
}

/* With its prefix, if it has one. */
static struct str name_of(struct str xml)
{
	size_t end = 1;

	while (end < xml.len && !strchr(" />", xml.data[end]))
		end++;
	return str_make(xml.data + 1, end - 1);
}

static void write_stamp(struct buf *out, const struct delay *stamp)
{
	struct writer w;
	char time[DELAY_TIME_MAX];

	delay_format_time(time, stamp->time_ms);
	writer_init(&w, out);
	writer_open(&w, "delay", NS_DELAY);
	writer_attribute(&w, "from", stamp->by);
	writer_attribute_text(&w, "stamp", time);
	writer_close(&w);
}

void delay_write(struct buf *out, const struct stanza *s, struct jid from, struct jid to, const struct delay *stamp)
{
	struct str xml;
	struct buf whole;

	buf_init(&whole);
	writer_stanza(&whole, s, from, to, NS_CLIENT, true);
	xml = buf_str(&whole);
	if (str_ends_with(xml, STR("/>"))) {
		buf_append(out, xml.data, xml.len - 2);
		buf_append_char(out, '>');
		write_stamp(out, stamp);
		buf_printf(out, "</%.*s>", STR_ARGS(name_of(xml)));
	} else {
		size_t end = closing_tag_at(xml);

		buf_append(out, xml.data, end);
		write_stamp(out, stamp);
		buf_append(out, xml.data + end, xml.len - end);
	}
	buf_fini(&whole);
}
