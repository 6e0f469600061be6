/* Files are looked at by their status, not watched by inotify: what is named is often a link to a link (certbot, Kubernetes), and what
 * changes then is neither the file nor its folder. */
#include "net/tls_context.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/check.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/probe.h"

/* What a file was like when it was looked at. */
struct look {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified, changed;
};

struct tls_context {
	_Atomic uint32_t refs;
	struct list link;     /* in all */
	struct arena arena;   /* of the copies below */
	struct config_tls config;
	char *alpn;
	const char **files;
	size_t file_count;
	struct look *loaded, *seen; /* when they were loaded; when they were looked at last */
	pthread_mutex_t lock;       /* of setup */
	struct tls_setup *setup;
	struct probe probe;
};

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct list all = {&all, &all};

/* ---- the configuration, copied ---- */

static struct option_list copy_texts(struct arena *a, const struct option_list *list)
{
	struct str *items = arena_alloc_array(a, list->count, sizeof(*items));
	const struct str *from = list->items;

	for (size_t i = 0; i < list->count; i++)
		items[i] = arena_str(a, from[i]);
	return (struct option_list){items, list->count};
}

static struct option_list copy_versions(struct arena *a, const struct option_list *list)
{
	int *items = arena_alloc_array(a, list->count, sizeof(*items));

	if (list->count)
		memcpy(items, list->items, list->count * sizeof(*items));
	return (struct option_list){items, list->count};
}

static struct option_list copy_certificates(struct arena *a, const struct option_list *list)
{
	struct config_certificate *items = arena_alloc_array(a, list->count, sizeof(*items));
	const struct config_certificate *from = list->items;

	for (size_t i = 0; i < list->count; i++)
		items[i] = (struct config_certificate){
			.host = arena_str(a, from[i].host),
			.certfile = arena_str(a, from[i].certfile),
			.keyfile = arena_str(a, from[i].keyfile),
			.password = arena_str(a, from[i].password),
		};
	return (struct option_list){items, list->count};
}

/* An absent text stays absent. */
static void copy_text(struct arena *a, struct str *text)
{
	if (text->data)
		*text = arena_str(a, *text);
}

static void copy_config(struct tls_context *c, const struct config_tls *from)
{
	struct config_tls *to = &c->config;

	*to = *from;
	copy_text(&c->arena, &to->certfile);
	copy_text(&c->arena, &to->keyfile);
	copy_text(&c->arena, &to->password);
	copy_text(&c->arena, &to->cacertfile);
	copy_text(&c->arena, &to->dhfile);
	copy_text(&c->arena, &to->ciphers);
	copy_text(&c->arena, &to->session_tickets);
	to->protocol_options = (struct option_list){0};
	to->versions = copy_versions(&c->arena, &from->versions);
	to->crl_files = copy_texts(&c->arena, &from->crl_files);
	to->certificates = copy_certificates(&c->arena, &from->certificates);
}

static void wipe(struct str secret)
{
	if (secret.data)
		explicit_bzero((void *)(uintptr_t)secret.data, secret.len);
}

static void wipe_passwords(struct tls_context *c)
{
	const struct config_certificate *more = c->config.certificates.items;

	wipe(c->config.password);
	for (size_t i = 0; i < c->config.certificates.count; i++)
		wipe(more[i].password);
}

/* ---- files ---- */

static void add_file(struct tls_context *c, struct str file)
{
	if (file.len)
		c->files[c->file_count++] = arena_str(&c->arena, file).data;
}

static void list_files(struct tls_context *c)
{
	const struct config_tls *t = &c->config;
	const struct config_certificate *more = t->certificates.items;
	const struct str *lists = t->crl_files.items;
	size_t most = 4 + t->crl_files.count + 2 * t->certificates.count;

	c->files = arena_alloc_array(&c->arena, most, sizeof(c->files[0]));
	c->loaded = arena_alloc_array(&c->arena, most, sizeof(c->loaded[0]));
	c->seen = arena_alloc_array(&c->arena, most, sizeof(c->seen[0]));
	add_file(c, t->certfile);
	add_file(c, t->keyfile);
	add_file(c, t->cacertfile);
	add_file(c, t->dhfile);
	for (size_t i = 0; i < t->crl_files.count; i++)
		add_file(c, lists[i]);
	for (size_t i = 0; i < t->certificates.count; i++) {
		add_file(c, more[i].certfile);
		add_file(c, more[i].keyfile);
	}
}

/* True if something is not as it was at the last look; this is the last look now. A file that is not there is all zero. */
static bool look_at_files(const struct tls_context *c, struct look *last)
{
	bool is_changed = false;

	for (size_t i = 0; i < c->file_count; i++) {
		struct look now;
		struct stat s;

		memset(&now, 0, sizeof(now));
		if (stat(c->files[i], &s) == 0) {
			now.device = s.st_dev;
			now.inode = s.st_ino;
			now.size = s.st_size;
			now.modified = s.st_mtim;
			now.changed = s.st_ctim;
		}
		is_changed |= memcmp(&last[i], &now, sizeof(now)) != 0;
		memcpy(&last[i], &now, sizeof(now));
	}
	return is_changed;
}

/* ---- making ---- */

static void tell_why(void *context, const void *value, const char *option, const char *text)
{
	struct why *why = context;

	(void)value;
	/* Only the first: there is room for one. */
	if (why && !why->text[0])
		(void)err_because(ERR_INVALID, why, "tls.%s: %s", option, text);
}

static void free_context(struct tls_context *c)
{
	tls_setup_unref(&c->setup);
	pthread_mutex_destroy(&c->lock);
	wipe_passwords(c);
	arena_fini(&c->arena);
	free(c);
}

bool tls_is_possible(const struct config_tls *c)
{
	return c->certfile.len > 0 || c->certificates.count > 0;
}

static void report(const struct probe *p, probe_take *take, void *context)
{
	struct tls_context *c = container_of(p, struct tls_context, probe);
	char labels[512];

	bool is_plain = str_find_char(c->config.certfile, '"') < 0 && str_find_char(c->config.certfile, '\\') < 0;

	if (c->config.certfile.len == 0 || c->config.certfile.len > sizeof(labels) / 2 || !is_plain)
		return;
	snprintf(labels, sizeof(labels), "certfile=\"%.*s\"", STR_ARGS(c->config.certfile));
	take(context, &(struct probe_sample){
			      "tls_certificate_left_seconds", "gauge",
			      "Time until a certificate ends, in whole days; negative: since it has ended", labels,
			      (double)tls_context_days_left(c) * 86400,
		      });
}

struct tls_context *tls_context_make(const struct config_tls *config, const char *alpn, bool is_client, struct why *why)
{
	struct tls_context *c = mem_new(sizeof(*c));

	if (why)
		why->text[0] = '\0';
	atomic_init(&c->refs, 1);
	arena_init(&c->arena, 0);
	pthread_mutex_init(&c->lock, NULL);
	copy_config(c, config);
	c->alpn = arena_strdup(&c->arena, alpn);
	list_files(c);
	/* Before they are loaded: what changes meanwhile is noticed later. */
	look_at_files(c, c->loaded);
	memcpy(c->seen, c->loaded, c->file_count * sizeof(c->seen[0]));
	c->setup = tls_setup_new(&c->config, c->alpn, is_client, tell_why, why);
	if (!c->setup) {
		free_context(c);
		return NULL;
	}
	pthread_mutex_lock(&all_lock);
	list_append(&all, &c->link);
	pthread_mutex_unlock(&all_lock);
	c->probe.report = report;
	probe_add(&c->probe);
	return c;
}

struct tls_context *tls_context_new(const struct config_tls *config, const char *alpn, struct why *why)
{
	return tls_context_make(config, alpn, false, why);
}

void tls_context_ref(struct tls_context *c)
{
	atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
}

void tls_context_unref(struct tls_context **context)
{
	struct tls_context *c = *context;
	bool is_last;

	*context = NULL;
	if (!c)
		return;
	/* Under the lock, so that nobody finds it in the list who could not count himself in any more. */
	pthread_mutex_lock(&all_lock);
	is_last = atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) == 1;
	if (is_last)
		list_remove(&c->link);
	pthread_mutex_unlock(&all_lock);
	if (!is_last)
		return;
	probe_remove(&c->probe);
	free_context(c);
}

struct tls_setup *tls_context_take_setup(struct tls_context *c)
{
	struct tls_setup *setup;

	pthread_mutex_lock(&c->lock);
	setup = c->setup;
	tls_setup_ref(setup);
	pthread_mutex_unlock(&c->lock);
	return setup;
}

int64_t tls_context_days_left(struct tls_context *c)
{
	struct tls_setup *setup = tls_context_take_setup(c);
	int64_t days = tls_certificate_days_left(setup);

	tls_setup_unref(&setup);
	return days;
}

/* ---- changes ---- */

static void replace_setup(struct tls_context *c, struct tls_setup *setup)
{
	struct tls_setup *before;

	pthread_mutex_lock(&c->lock);
	before = c->setup;
	c->setup = setup;
	pthread_mutex_unlock(&c->lock);
	tls_setup_unref(&before);
}

static void load_again(struct tls_context *c)
{
	struct why why = {""};
	struct tls_setup *setup = tls_setup_new(&c->config, c->alpn, c->setup->is_client, tell_why, &why);

	if (!setup) {
		log_event(LOG_ERROR, "net", "a changed certificate cannot be used, the one before it stays",
			  LOG_TEXT("file", c->files[0]), LOG_TEXT("reason", why.text));
		return;
	}
	replace_setup(c, setup);
	log_event(LOG_INFO, "net", "certificate loaded again", LOG_TEXT("file", c->files[0]),
		  LOG_NUM("days_left", tls_context_days_left(c)));
}

/* A file that is still being written, or a key whose certificate comes a moment later, would be a mistake to load: it has to be the same
 * at two looks. What was tried once is not tried again until it changes again. */
static void refresh(struct tls_context *c)
{
	bool is_changing = look_at_files(c, c->seen);

	if (is_changing || memcmp(c->seen, c->loaded, c->file_count * sizeof(c->seen[0])) == 0)
		return;
	memcpy(c->loaded, c->seen, c->file_count * sizeof(c->seen[0]));
	load_again(c);
}

/* Calls back for each context, without the lock. */
static void visit_all(void (*visit)(struct tls_context *c, void *context), void *context)
{
	struct tls_context **found;
	size_t count = 0, at = 0;

	pthread_mutex_lock(&all_lock);
	list_each (link, &all)
		count++;
	found = mem_new_array(count + 1, sizeof(struct tls_context *));
	list_each (link, &all) {
		found[at] = container_of(link, struct tls_context, link);
		tls_context_ref(found[at++]);
	}
	pthread_mutex_unlock(&all_lock);
	for (at = 0; at < count; at++) {
		visit(found[at], context);
		tls_context_unref(&found[at]);
	}
	free(found);
}

static void visit_refresh(struct tls_context *c, void *context)
{
	(void)context;
	refresh(c);
}

void tls_context_refresh_all(void)
{
	visit_all(visit_refresh, NULL);
}
