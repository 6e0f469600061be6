/* err: what the world can do to us (files, sockets, database, memory of others); never for a peer's faults or our bugs.
 *
 * A function that can fail so returns enum err, which must be used; where the detail is known it is put into the caller's struct why,
 * for the one place that logs or shows it. Threads: any. */
#ifndef MEERKAT_BASE_ERR_H
#define MEERKAT_BASE_ERR_H

enum err {
	ERR_NONE = 0,
	ERR_NOT_FOUND, /* no such row, file, name */
	ERR_EXISTS,    /* the thing to be made is already there */
	ERR_LIMIT,     /* a configured limit or a quota says no */
	ERR_INVALID,   /* the content cannot be used: bad file, bad key */
	ERR_BUSY,      /* in use by somebody else: a port, a lock */
	ERR_ACCESS,    /* permission denied */
	ERR_CLOSED,    /* the other side or the service is gone */
	ERR_TIMEOUT,
	ERR_SYSTEM, /* anything else the system reported; the text says what */
};

struct why {
	char text[512]; /* one line without a full stop, empty if nothing is known */
};

#define must_use __attribute__((warn_unused_result))

/* A lower-case phrase for an error, for logs: "not found". Static storage. */
const char *err_text(enum err e);

/* Fills why (may be NULL) printf-like and returns e, so that a function can end in `return err_because(ERR_ACCESS, why, "...", ...)`. */
enum err err_because(enum err e, struct why *why, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The error of errno e (EADDRINUSE is ERR_BUSY, EACCES is ERR_ACCESS, ...). */
enum err err_from_errno(int e);

#endif
