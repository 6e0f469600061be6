#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "base/check.h"

static const char *const texts[] = {
	[ERR_NONE] = "no error",
	[ERR_NOT_FOUND] = "not found",
	[ERR_EXISTS] = "already there",
	[ERR_LIMIT] = "limit reached",
	[ERR_INVALID] = "invalid",
	[ERR_BUSY] = "in use",
	[ERR_ACCESS] = "permission denied",
	[ERR_CLOSED] = "closed by the other side",
	[ERR_TIMEOUT] = "timed out",
	[ERR_SYSTEM] = "system error",
};

const char *err_text(enum err e)
{
	check((size_t)e < sizeof(texts) / sizeof(texts[0]));
	return texts[e];
}

/* A peer or a library may have had a hand in the words: one line is promised. */
static void make_one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = ' ';
}

enum err err_because(enum err e, struct why *why, const char *format, ...)
{
	va_list args;

	if (!why)
		return e;
	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	make_one_line(why->text);
	return e;
}

enum err err_from_errno(int e)
{
	static const struct {
		int number;
		enum err err;
	} table[] = {
		{0, ERR_NONE},
		{ENOENT, ERR_NOT_FOUND},
		{ENOTDIR, ERR_NOT_FOUND},
		{ENODEV, ERR_NOT_FOUND},
		{EEXIST, ERR_EXISTS},
		{EMFILE, ERR_LIMIT},
		{ENFILE, ERR_LIMIT},
		{ENOSPC, ERR_LIMIT},
		{EDQUOT, ERR_LIMIT},
		{EFBIG, ERR_LIMIT},
		{EINVAL, ERR_INVALID},
		{EISDIR, ERR_INVALID},
		{ENAMETOOLONG, ERR_INVALID},
		{EADDRINUSE, ERR_BUSY},
		{EBUSY, ERR_BUSY},
		{ETXTBSY, ERR_BUSY},
		{EAGAIN, ERR_BUSY},
		{EACCES, ERR_ACCESS},
		{EPERM, ERR_ACCESS},
		{EROFS, ERR_ACCESS},
		{EPIPE, ERR_CLOSED},
		{ECONNRESET, ERR_CLOSED},
		{ECONNREFUSED, ERR_CLOSED},
		{ECONNABORTED, ERR_CLOSED},
		{ENOTCONN, ERR_CLOSED},
		{ETIMEDOUT, ERR_TIMEOUT},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].number == e)
			return table[i].err;
	return ERR_SYSTEM;
}
