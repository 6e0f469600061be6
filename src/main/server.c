#include "main/server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "admin/operations.h"
#include "auth/fast_key.h"
#include "auth/scram.h"
#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "conf/layout.h"
#include "ext/all.h"
#include "main/control.h"
#include "main/federation.h"
#include "main/giving_back.h"
#include "main/http_handlers.h"
#include "main/loading.h"
#include "main/notify.h"
#include "main/reload.h"
#include "main/services.h"
#include "main/version.h"
#include "net/tls_memory.h"
#include "route/journal.h"
#include "route/registry.h"
#include "route/resumption.h"
#include "route/router.h"

enum { DRAIN_MS = 3500, POLL_MS = 10, LOOK_MS = 1000 };

/* ---- configuration ---- */

static void print_report(struct buf *report)
{
	if (report->len > 0)
		fwrite(report->data, 1, report->len, stderr);
	buf_fini(report);
}

static enum err load(struct server *s)
{
	struct buf report;
	buf_init(&report);
	s->config = loading_read(s->options, &s->hosts, &report);
	print_report(&report);
	if (!s->config)
		return ERR_INVALID;
	s->started = s->config;
	config_ref(s->started);
	log_set_level((enum log_level)s->config->general.loglevel);
	return ERR_NONE;
}

/* ---- loops ---- */

static void *run_loop(void *argument)
{
	struct registry *r = argument;
	registry_set_current(r);
	loop_run(container_of(r->mailbox, struct loop, mailbox));
	registry_set_current(NULL);
	return NULL;
}

static void end_turn(struct loop *l, void *context)
{
	(void)l;
	registry_end_turn(context);
}

static int loop_count_of(const struct config *c)
{
	int count = c->meerkat.loops ? (int)c->meerkat.loops : loop_default_count();

	return count < SERVER_LOOPS_MAX ? count : SERVER_LOOPS_MAX;
}

/* Threads that read from the database: one for each loop, within reason. */
static int reader_count_of(const struct config *c)
{
	int loops = loop_count_of(c);

	return loops < 2 ? 2 : loops < 8 ? loops : 8;
}

static void make_loops(struct server *s)
{
	s->loop_count = loop_count_of(s->config);
	s->realm.count = s->loop_count;
	s->home = (struct service_home){.realm = &s->realm, .loops = s->loops, .loop_count = s->loop_count};
	s->home.handlers = http_handlers(&s->home);
	s->realm.registries = mem_new_array((size_t)s->loop_count, sizeof(struct registry *));
	for (int i = 0; i < s->loop_count; i++) {
		s->loops[i] = loop_new(i);
		s->realm.registries[i] = registry_new(i, &s->realm, &s->loops[i]->mailbox, s->loops[i]->timers, s->hosts);
		s->loops[i]->at_turn_end = end_turn;
		s->loops[i]->at_turn_end_context = s->realm.registries[i];
	}
}

static void start_loops(struct server *s)
{
	for (; s->threads_running < s->loop_count; s->threads_running++) {
		int i = s->threads_running;
		check(pthread_create(&s->threads[i], NULL, run_loop, s->realm.registries[i]) == 0);
	}
}

static void stop_loops(struct server *s)
{
	for (int i = 0; i < s->threads_running; i++)
		loop_stop_post(s->loops[i]);
	for (int i = 0; i < s->threads_running; i++)
		pthread_join(s->threads[i], NULL);
	s->threads_running = 0;
}

/* What loops have posted to each other, and to the main thread, while they ended. A letter may post another one. */
static void open_last_letters(struct server *s)
{
	for (bool is_done = false; !is_done;) {
		is_done = mailbox_is_empty(&s->mailbox);
		mailbox_drain(&s->mailbox, SIZE_MAX);
		for (int i = 0; i < s->loop_count; i++) {
			is_done = is_done && mailbox_is_empty(&s->loops[i]->mailbox);
			registry_set_current(s->realm.registries[i]);
			mailbox_drain(&s->loops[i]->mailbox, SIZE_MAX);
			registry_end_turn(s->realm.registries[i]);
		}
	}
	registry_set_current(NULL);
}

static void free_loops(struct server *s)
{
	open_last_letters(s);
	federation_free(s);
	for (int i = 0; i < s->loop_count; i++)
		registry_free(&s->realm.registries[i]);
	for (int i = 0; i < s->loop_count; i++)
		loop_free(&s->loops[i]);
	free(s->realm.registries);
}

/* ---- listeners ---- */

static bool open_services(struct server *s, struct buf *report)
{
	for (size_t i = 0; i < s->config->listener_count; i++) {
		const struct config_listen *l = s->config->listeners[i];
		struct why why = {""};
		struct service *service = service_new(services_kind(l->kind), s->config, l, &s->home, &why);
		if (!service) {
			config_report(s->config, &l->port, true, why.text, report);
			return false;
		}
		s->opened[s->service_count] = l;
		s->services[s->service_count++] = service;
	}
	return true;
}

static int64_t open_connections(const struct server *s)
{
	int64_t count = federation_streams(s);
	for (int i = 0; i < s->service_count; i++)
		count += service_connections(s->services[i]);
	for (int i = 0; i < s->retired_count; i++)
		count += service_connections(s->retired[i]);
	return count;
}

static void end_lost_sessions(struct registry *r, void *context)
{
	(void)context;
	resumption_stop(r);
}

static void stop_services(struct server *s)
{
	/* From now on what is not acknowledged is left to the next process, which finds it in the store. */
	atomic_store(&s->realm.is_stopping, true);
	if (s->threads_running)
		router_post_to_all(&s->realm, end_lost_sessions, NULL);
	for (int i = 0; i < s->service_count; i++)
		service_stop(s->services[i]);
	federation_stop(s);
	for (int waited = 0; waited < DRAIN_MS; waited += POLL_MS) {
		if (open_connections(s) == 0)
			return;
		usleep(POLL_MS * 1000);
	}
	log_event(LOG_WARN, "server", "some connections did not end in time");
}

static void free_services(struct server *s)
{
	while (s->service_count > 0)
		service_free(&s->services[--s->service_count]);
	while (s->retired_count > 0)
		service_free(&s->retired[--s->retired_count]);
	free(s->retired);
}

/* ---- the process ---- */

static void raise_descriptor_limit(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static void block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* A file that may grow no further is a failed write. */
	signal(SIGXFSZ, SIG_IGN);
}

/* Something about the state directory, where the store and the control socket are. */
static enum err fail(struct server *s, enum err e, const struct why *why)
{
	struct buf report, text;
	buf_init(&report);
	buf_init(&text);
	buf_append_text(&text, why->text[0] ? why->text : err_text(e));
	if (str_is(s->config->meerkat.state_dir, CONFIG_DEFAULT_STATE_DIR))
		buf_append_text(&text, "; meerkat.state_dir can name another one");
	buf_append_char(&text, '\0');
	config_report(s->config, &s->config->file->meerkat.state_dir, true, text.data, &report);
	buf_fini(&text);
	print_report(&report);
	server_stop(s);
	return e;
}

static enum err fail_to_listen(struct server *s, struct buf *report)
{
	print_report(report);
	server_stop(s);
	return ERR_BUSY;
}

static void say_ready(struct server *s)
{
	for (int i = 0; i < s->service_count; i++) {
		const struct config_listen *l = s->config->listeners[i];
		log_event(LOG_INFO, "server", "listening", LOG_TEXT("listener", service_kind(s->services[i])->name),
			  LOG_STR("address", l->ip_address), LOG_NUM("port", service_port(s->services[i])));
	}
	log_event(LOG_INFO, "server", "ready", LOG_TEXT("version", version_text()), LOG_NUM("loops", s->loop_count),
		  LOG_NUM("hosts", s->config->host_count));
	notify_supervisor("READY=1");
}

/* What is in the state directory, and the accounts, which are kept there. */
static enum err open_state(struct server *s, const char *state_dir, struct why *why)
{
	int64_t job_threads = s->config->meerkat.job_threads;

	s->store = store_open(state_dir, reader_count_of(s->config), why);
	if (!s->store || journal_recover(s->store, s->hosts, why) != ERR_NONE)
		return ERR_SYSTEM;
	s->jobs = jobs_start(job_threads ? (int)job_threads : loop_default_count());
	s->realm.version = version_text();
	s->realm.started_ms = store_now_ms();
	account_service_init(&s->realm.accounts, s->store, s->jobs);
	s->has_accounts = true;
	if (!account_service_use(&s->realm.accounts, s->config, why))
		return ERR_INVALID;
	return fast_key_load(state_dir, s->realm.accounts.token_key, why) == ERR_NONE ? ERR_NONE : ERR_SYSTEM;
}

enum err server_start(struct server *s, const struct options *o)
{
	struct why why = {""};
	sigset_t signals;
	*s = (struct server){.options = o};
	raise_descriptor_limit();
	block_signals(&signals);
	mailbox_init(&s->mailbox);
	giving_back_begin();
	tls_memory_watch();
	if (!scram_self_test()) {
		fprintf(stderr, "meerkat: the SCRAM self-test failed: the OpenSSL library computes wrong keys\n");
		return ERR_SYSTEM;
	}
	enum err e = load(s);
	if (e != ERR_NONE)
		return e;
	char *state_dir = str_dup(s->config->meerkat.state_dir);
	e = open_state(s, state_dir, &why);
	if (e == ERR_NONE) {
		module_number(all_modules);
		make_loops(s);
		operations_init(all_modules, control_of_server(s));
		s->admin = admin_socket_start(state_dir, &s->realm, &why);
		e = s->admin ? ERR_NONE : ERR_BUSY;
	}
	free(state_dir);
	if (e != ERR_NONE)
		return fail(s, e, &why);
	struct buf report;
	buf_init(&report);
	if (!federation_open(s, &report) || !open_services(s, &report))
		return fail_to_listen(s, &report);
	start_loops(s);
	for (int i = 0; i < s->service_count; i++)
		service_start(s->services[i]);
	say_ready(s);
	return ERR_NONE;
}

static void on_signal(struct server *s, int number)
{
	if (number != SIGHUP) {
		log_event(LOG_INFO, "server", "stopping on a signal", LOG_NUM("signal", number));
		s->stopping = true;
		return;
	}
	struct buf report;
	buf_init(&report);
	notify_supervisor("RELOADING=1");
	reload_configuration(s, &report);
	print_report(&report);
	notify_supervisor("READY=1");
}

/* Certificates are renewed while the server runs, and crowds come and go. */
static void look_around(int64_t *next_ms, struct giving_back *memory)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	int64_t now_ms = t.tv_sec * 1000LL + t.tv_nsec / 1000000;
	if (now_ms < *next_ms)
		return;
	*next_ms = now_ms + LOOK_MS;
	tls_context_refresh_all();
	giving_back_look(memory, metric_read(METRIC_connections_open));
}

void server_wait(struct server *s)
{
	sigset_t signals;
	block_signals(&signals);
	int fd = signalfd(-1, &signals, SFD_CLOEXEC);
	check(fd >= 0);
	int64_t next_look_ms = 0;
	struct giving_back memory = {0};
	struct pollfd ready[] = {{.fd = fd, .events = POLLIN}, {.fd = s->mailbox.fd, .events = POLLIN}};
	while (!s->stopping) {
		if (poll(ready, 2, LOOK_MS) < 0 && errno != EINTR)
			break;
		look_around(&next_look_ms, &memory);
		struct signalfd_siginfo info;
		if ((ready[0].revents & POLLIN) && read(fd, &info, sizeof(info)) == sizeof(info))
			on_signal(s, (int)info.ssi_signo);
		if (ready[1].revents & POLLIN)
			mailbox_drain(&s->mailbox, 100);
	}
	close(fd);
}

void server_stop(struct server *s)
{
	s->stopping = true;
	notify_supervisor("STOPPING=1");
	stop_services(s);
	if (s->admin)
		admin_socket_stop(&s->admin);
	if (s->jobs)
		jobs_finish(s->jobs);
	if (s->has_accounts)
		account_service_finish(&s->realm.accounts);
	if (s->store)
		store_finish(s->store);
	stop_loops(s);
	mailbox_drain(&s->mailbox, SIZE_MAX);
	free_services(s);
	free_loops(s);
	if (s->has_accounts)
		account_service_fini(&s->realm.accounts);
	if (s->jobs)
		jobs_stop(&s->jobs);
	if (s->store)
		store_close(&s->store);
	if (s->hosts)
		host_set_unref(&s->hosts);
	if (s->config)
		config_unref(&s->config);
	if (s->started)
		config_unref(&s->started);
	mailbox_fini(&s->mailbox);
	buf_fini(&s->reloaded.report);
	log_event(LOG_INFO, "server", "stopped");
}
