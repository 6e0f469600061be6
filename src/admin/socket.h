/* socket: administration over a Unix socket in state_dir, for meerkatctl: one JSON object per line in, one per line out.
 *
 *   {"category":"account","operation":"countUsers","args":{"domain":"localhost"}}
 *   {"data":{"account":{"countUsers":3}}}
 *   {"graphql":{"query":"...","variables":{},"operationName":"..."}}
 *   {"data":...}
 *
 * Whoever may open the socket (mode 0600) is an administrator. Own threads, one per connection and at most eight, since nothing here is in
 * a hurry; the work itself is done on the loops. Threads: start/stop the main thread. Test: test/unit/admin/socket_test.c */
#ifndef MEERKAT_ADMIN_SOCKET_H
#define MEERKAT_ADMIN_SOCKET_H

#include "base/err.h"
#include "route/realm.h"

struct admin_socket;

enum { ADMIN_REQUEST_BYTES_MAX = 1024 * 1024 };

/* The name of the socket in a state directory, on the heap. */
char *admin_socket_path(const char *state_dir);

/* ERR_BUSY (NULL with why) when another server answers on it; a left-over of a dead one is replaced. */
struct admin_socket *admin_socket_start(const char *state_dir, struct realm *realm, struct why *why);

/* Ends the connections and removes the socket. The loops must still run. */
void admin_socket_stop(struct admin_socket **s);

#endif
