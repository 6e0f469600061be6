#include "link/bosh/bosh_answer.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "xmpp/ns.h"
#include "xmpp/writer.h"

enum { WAIT_S = 60 }; /* for clients that do not say */

const char bosh_answer_nothing[] = "<body xmlns='" NS_HTTPBIND "'/>";

static void write_number(struct buf *out, const char *name, uint64_t value)
{
	if (value)
		buf_printf(out, " %s='%" PRIu64 "'", name, value);
}

static void write_text(struct buf *out, const char *name, const char *value)
{
	if (!value)
		return;
	buf_printf(out, " %s='", name);
	writer_escape(out, str_from(value));
	buf_append_char(out, '\'');
}

static void write_first(struct buf *out, const struct bosh_answer_first *f)
{
	write_text(out, "sid", f->sid);
	write_text(out, "authid", f->id);
	write_text(out, "from", f->from);
	write_text(out, "xml:lang", f->language);
	write_number(out, "wait", (uint64_t)f->wait_s);
	write_number(out, "requests", BOSH_ANSWER_REQUESTS);
	write_number(out, "hold", BOSH_ANSWER_HOLD);
	if (f->inactivity_s != OPTION_INFINITY)
		write_number(out, "inactivity", (uint64_t)f->inactivity_s);
	write_number(out, "maxpause", (uint64_t)f->max_pause_s);
	write_number(out, "ack", f->ack);
	buf_append_text(out, " ver='1.11' xmlns:xmpp='" NS_XBOSH "' xmpp:version='1.0' xmpp:restartlogic='true'");
}

char *bosh_answer_write(const struct bosh_answer *a)
{
	struct buf out;

	buf_init(&out);
	buf_append_text(&out, "<body xmlns='" NS_HTTPBIND "'");
	if (a->first)
		write_first(&out, a->first);
	else
		write_number(&out, "ack", a->ack);
	if (a->is_end)
		write_text(&out, "type", "terminate");
	if (a->is_end)
		write_text(&out, "condition", a->condition);
	write_number(&out, "report", a->report);
	if (a->report)
		buf_printf(&out, " time='%" PRIu64 "'", a->report_ms);
	if (a->content.len) {
		/* Errors and features have the prefix, which they declare too; XEP-0206 wants it here. */
		buf_append_text(&out, " xmlns:stream='" NS_STREAM "'>");
		buf_append_str(&out, a->content);
		buf_append_text(&out, "</body>");
	} else {
		buf_append_text(&out, "/>");
	}
	buf_append_char(&out, '\0');
	return buf_take(&out, NULL);
}

static int64_t choose_wait(const struct bosh_limits *limits, int64_t wished)
{
	int64_t wait = wished < 0 ? WAIT_S : wished;

	if (wait > INT32_MAX)
		wait = INT32_MAX;
	return limits->max_wait_s != OPTION_INFINITY && wait > limits->max_wait_s ? limits->max_wait_s : wait;
}

struct bosh_answer_first *bosh_answer_first_new(const char *sid, const struct bosh_limits *limits, int64_t wait_s, uint64_t rid)
{
	struct bosh_answer_first *f = mem_new(sizeof(*f));

	*f = (struct bosh_answer_first){
		.sid = str_dup(str_from(sid)),
		.wait_s = choose_wait(limits, wait_s),
		.inactivity_s = limits->inactivity_s,
		.max_pause_s = limits->max_pause_s,
		.ack = limits->server_acks ? rid : 0,
	};
	return f;
}

void bosh_answer_first_free(struct bosh_answer_first **first)
{
	struct bosh_answer_first *f = *first;

	*first = NULL;
	if (!f)
		return;
	free(f->sid);
	free(f->id);
	free(f->from);
	free(f->language);
	free(f);
}

/* RFC 6120's errors that BOSH has words of its own for. */
const char *bosh_answer_condition_of(struct str error)
{
	static const char *const same[] = {"host-unknown", "host-gone", "system-shutdown", "policy-violation"};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (memmem(error.data, error.len, same[i], strlen(same[i])))
			return i == 3 ? "remote-stream-error" : same[i];
	return "remote-stream-error";
}
