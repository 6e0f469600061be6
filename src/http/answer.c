#include "http/answer.h"

#include <stdio.h>
#include <time.h>

#include "http/status.h"

struct str answer_date(void)
{
	static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static _Thread_local struct {
		time_t at;
		char text[64];
		size_t len;
	} cached;
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	if (cached.len == 0 || cached.at != now.tv_sec) {
		cached.at = now.tv_sec;
		gmtime_r(&now.tv_sec, &tm);
		/* Whatever the locale is. */
		cached.len = (size_t)snprintf(
			cached.text, sizeof(cached.text), "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * tm.tm_wday,
			tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	}
	return str_make(cached.text, cached.len);
}

static void append_number(struct buf *out, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	buf_append(out, digits + at, sizeof(digits) - at);
}

static void append_header(struct buf *out, struct str name, struct str value)
{
	buf_append_str(out, name);
	buf_append_text(out, ": ");
	buf_append_str(out, value);
	buf_append_text(out, "\r\n");
}

void answer_append_head(struct buf *out, const struct transaction *t, int status, struct answer_frame frame)
{
	struct str server = hosting_get_rules(t->hosting)->server_name;

	buf_append_text(out, "HTTP/1.1 ");
	append_number(out, (uint64_t)status);
	buf_append_char(out, ' ');
	buf_append_text(out, status_text(status));
	buf_append_text(out, "\r\n");
	append_header(out, STR("date"), answer_date());
	if (server.len)
		append_header(out, STR("server"), server);
	for (const struct transaction_header *h = t->answer; h; h = h->next)
		append_header(out, h->name, h->value);
	if (frame.body_len >= 0) {
		buf_append_text(out, "content-length: ");
		append_number(out, (uint64_t)frame.body_len);
		buf_append_text(out, "\r\n");
	}
	if (frame.is_chunked)
		append_header(out, STR("transfer-encoding"), STR("chunked"));
	if (frame.closes)
		append_header(out, STR("connection"), STR("close"));
	else if (frame.keeps)
		append_header(out, STR("connection"), STR("keep-alive"));
	buf_append_text(out, "\r\n");
}
