/* driver: the seam between the store and a database: one const struct of functions, and the steps they carry out.
 *
 * A link is one connection, used by one thread at a time. The store opens one writing link, then as many reading ones as it wants, and
 * one for care; it alone decides what is one transaction. A driver answers the three conditions of steps (ERR_EXISTS, ERR_NOT_FOUND,
 * ERR_LIMIT) as such and never uses these for anything else; after any other error the store rolls the transaction back.
 * Threads: each link one at a time. Test: test/contract/store_test.c */
#ifndef MEERKAT_STORE_DRIVER_H
#define MEERKAT_STORE_DRIVER_H

#include "store/store.h"

enum store_op {
	STORE_VALUE_GET, STORE_VALUE_PUT, STORE_VALUE_ADD, STORE_VALUE_NEED, STORE_VALUE_DELETE,
	STORE_MAP_GET, STORE_MAP_LIST, STORE_MAP_NEED, STORE_MAP_PUT, STORE_MAP_DELETE, STORE_MAP_DELETE_ALL,
	STORE_QUEUE_APPEND, STORE_QUEUE_LIST, STORE_QUEUE_COUNT, STORE_QUEUE_DELETE_TO, STORE_QUEUE_DELETE, STORE_QUEUE_OWNERS,
	STORE_OWNER_DELETE, STORE_OWNER_LIST, STORE_OWNER_COUNT, STORE_OWNER_ROOM,
	STORE_OP_COUNT
};

struct store_step {
	enum store_op op;
	struct str owner; /* OWNER_LIST, OWNER_COUNT, OWNER_ROOM, QUEUE_OWNERS: the host */
	struct str kind;
	struct str key;   /* OWNER_LIST, QUEUE_OWNERS: after */
	struct str blob;
	int64_t number;   /* QUEUE_LIST: after; QUEUE_DELETE_TO: up to; QUEUE_DELETE: which; MAP_NEED: 0: is not to be there */
	bool has_time;    /* VALUE_PUT: of the row is time_ms, not now */
	int64_t time_ms;
	int64_t most;     /* lists: how many; QUEUE_APPEND, OWNER_ROOM: the limit */
	struct store_rows rows; /* what reading steps found */
};

enum store_role { STORE_WRITES, STORE_READS, STORE_CARES };

struct store_link; /* the driver's own */

struct store_driver {
	const char *name;
	/* STORE_WRITES comes first: it makes the database if there is none, applies schema steps, and refuses a second process. */
	struct store_link *(*open)(const char *place, enum store_role role, struct why *why);
	void (*close)(struct store_link *link);
	enum err (*begin)(struct store_link *link, struct why *why);
	enum err (*commit)(struct store_link *link, struct why *why);
	void (*rollback)(struct store_link *link); /* also when the database has done so already */
	/* A mark in a transaction, to which it can be undone; both forget the mark. */
	enum err (*mark)(struct store_link *link, struct why *why);
	enum err (*unmark)(struct store_link *link, struct why *why);
	enum err (*undo_to_mark)(struct store_link *link, struct why *why);
	enum err (*run)(struct store_link *link, struct store_step *step, struct arena *arena, struct why *why);
	/* After a commit: is there something to be tidied that no asker should wait for? Then care is called with the caring link. */
	bool (*needs_care)(struct store_link *link);
	void (*care)(struct store_link *link);
};

/* store_open with another driver than the usual one. */
struct store *store_open_with(const struct store_driver *driver, const char *place, int reader_threads, struct why *why);

#endif
