/* XEP-0082 §3.2 */
#include "base/date.h"

#include <stdio.h>
#include <time.h>

#include "base/check.h"

enum { MINUTE_S = 60 };

/* The second day of the year 0 and the last but one of 9999: an offset leads to no other year than there is. */
#define EARLIEST_S INT64_C(-62167132800)
#define LATEST_S INT64_C(253402214400)

const char *date_write(int64_t time_ms, char out[DATE_TEXT_BYTES])
{
	/* Rounded down, before 1970 as well. */
	time_t seconds = (time_t)(time_ms / 1000 - (time_ms % 1000 < 0));
	struct tm t;

	check(gmtime_r(&seconds, &t) && t.tm_year >= -1900 && t.tm_year <= 9999 - 1900);
	snprintf(out, DATE_TEXT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
	return out;
}

/* So many digits. */
static bool take_number(struct str *rest, size_t digits, int *out)
{
	*out = 0;
	if (rest->len < digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		char c = rest->data[i];

		if (c < '0' || c > '9')
			return false;
		*out = *out * 10 + (c - '0');
	}
	*rest = str_make(rest->data + digits, rest->len - digits);
	return true;
}

static bool take_char(struct str *rest, char c)
{
	if (rest->len == 0 || rest->data[0] != c)
		return false;
	*rest = str_make(rest->data + 1, rest->len - 1);
	return true;
}

static bool take_day(struct str *rest, struct tm *t)
{
	bool is_good = take_number(rest, 4, &t->tm_year) && take_char(rest, '-') && take_number(rest, 2, &t->tm_mon) && take_char(rest, '-') &&
		       take_number(rest, 2, &t->tm_mday);

	t->tm_year -= 1900;
	t->tm_mon--;
	return is_good;
}

static bool take_clock(struct str *rest, struct tm *t)
{
	return take_number(rest, 2, &t->tm_hour) && take_char(rest, ':') && take_number(rest, 2, &t->tm_min) && take_char(rest, ':') &&
	       take_number(rest, 2, &t->tm_sec) && t->tm_hour < 24 && t->tm_min < 60 && t->tm_sec < 60;
}

/* What is finer than a millisecond is cut off. */
static bool take_fraction(struct str *rest, int *ms)
{
	int digit, weight = 100;

	*ms = 0;
	if (!take_char(rest, '.'))
		return true;
	if (!take_number(rest, 1, &digit))
		return false;
	do {
		*ms += digit * weight;
		weight /= 10;
	} while (take_number(rest, 1, &digit));
	return true;
}

static bool take_zone(struct str *rest, int *offset_s)
{
	int hours, minutes, sign = 1;

	*offset_s = 0;
	if (take_char(rest, 'Z'))
		return true;
	if (take_char(rest, '-'))
		sign = -1;
	else if (!take_char(rest, '+'))
		return false;
	if (!take_number(rest, 2, &hours) || !take_char(rest, ':') || !take_number(rest, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*offset_s = sign * (hours * 60 + minutes) * MINUTE_S;
	return true;
}

bool date_read(struct str text, int64_t *time_ms_out)
{
	struct tm t = {0};
	int ms, offset_s;

	if (!take_day(&text, &t) || !take_char(&text, 'T') || !take_clock(&text, &t) || !take_fraction(&text, &ms) ||
	    !take_zone(&text, &offset_s) || text.len > 0)
		return false;

	struct tm written = t;
	time_t seconds = timegm(&t);

	/* A day that is not in the calendar has become another one. */
	if (t.tm_mday != written.tm_mday || t.tm_mon != written.tm_mon || t.tm_year != written.tm_year)
		return false;
	*time_ms_out = ((int64_t)seconds - offset_s) * 1000 + ms;
	return seconds >= EARLIEST_S && seconds < LATEST_S;
}
