/* server: the running whole: configuration, store, loops, registries, listeners, administration; started in this order, stopped in the other.
 *
 * The main thread starts it, waits for signals and requests, reloads, and stops it. Threads: the main thread, except what says post.
 * Test: test/wire/ and test/clients/ run all of it. */
#ifndef MEERKAT_MAIN_SERVER_H
#define MEERKAT_MAIN_SERVER_H

#include <pthread.h>

#include "admin/socket.h"
#include "conf/config.h"
#include "link/s2s/s2s.h"
#include "link/service.h"
#include "main/options.h"
#include "net/loop.h"
#include "net/tls.h"
#include "route/host.h"
#include "route/realm.h"
#include "store/jobs.h"
#include "store/store.h"

enum { SERVER_LOOPS_MAX = 256 };

/* What came of the last reload, for those who ask later. */
struct server_reload {
	int64_t at_ms; /* Unix time; 0: there was none */
	bool is_applied;
	struct buf report;
};

struct server {
	const struct options *options;
	const struct config *config; /* counted */
	const struct config *started; /* counted: the one of the start, which still holds for what needs a restart */
	const struct host_set *hosts; /* counted */
	struct store *store;
	struct jobs *jobs;
	struct realm realm;
	struct loop *loops[SERVER_LOOPS_MAX];
	pthread_t threads[SERVER_LOOPS_MAX];
	int loop_count, threads_running;
	struct service_home home;
	struct service *services[CONFIG_LISTENERS_MAX]; /* as config->listeners */
	const struct config_listen *opened[CONFIG_LISTENERS_MAX]; /* with what each was opened; of a configuration it holds */
	int service_count;
	struct service **retired; /* listeners that a reload took away and whose connections are still ending */
	int retired_count;
	struct resolve *resolve;
	struct s2s *federation;
	struct admin_socket *admin;
	struct server_reload reloaded;
	struct mailbox mailbox; /* what others ask of the main thread */
	bool stopping;
	bool has_accounts; /* the service of realm is started */
};

/* What a new process tells its user; ERR_INVALID for the configuration. Everything printed to stderr is one line each. */
enum err server_start(struct server *s, const struct options *o);

/* Until SIGTERM, SIGINT or meerkatctl server stop. SIGHUP reloads. */
void server_wait(struct server *s);

void server_stop(struct server *s);

#endif
