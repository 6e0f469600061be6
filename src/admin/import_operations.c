/* account importUsers: accounts from a file of comma-separated values on the server's machine, one in each row: username, domain, password.
 *
 * In place of a password there may be keys of SCRAM as MongooseIM keeps them (auth/scram_text.h), so that users keep passwords that nobody
 * knows. The file is read on a job thread; then a few accounts at a time are made, and what became of each is collected by status. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/csv.h"
#include "admin/own_operations.h"
#include "auth/scram_text.h"
#include "base/buf.h"
#include "base/codec.h"
#include "base/list.h"
#include "base/mem.h"
#include "route/registry.h"

enum { AT_A_TIME = 8, FIELDS = 3, MAX_BYTES = 256 << 20, READ_BYTES = 65536 };

enum status { CREATED, EXISTS, NOT_ALLOWED, INVALID_JID, NULL_PASSWORD, LIMIT_EXCEEDED, BAD_CSV, FAILED, STATUSES };

static const char *const status_names[STATUSES] = {
	"created", "existing", "notAllowed", "invalidJID", "emptyPassword", "limitExceeded", "invalidRecord", "failed",
};

struct import {
	struct job job;
	struct operation_call *call;
	const struct host_set *hosts; /* counted */
	char *file;
	struct buf text;
	struct why why;
	struct csv csv;
	int under_way;
	json_t *users[STATUSES];
};

/* One account that is being made. */
struct row {
	struct import *import;
	struct arena arena;
	struct jid user;
};

static void import_free(struct import *i)
{
	for (int s = 0; s < STATUSES; s++)
		json_decref(i->users[s]);
	/* Passwords were in it. */
	if (i->text.data)
		codec_wipe(i->text.data, i->text.len);
	buf_fini(&i->text);
	host_set_unref(&i->hosts);
	free(i->file);
	free(i);
}

static void note(struct import *i, enum status s, struct str what)
{
	if (!i->users[s])
		i->users[s] = json_array();
	json_array_append_new(i->users[s], json_stringn(what.data, what.len));
}

static void note_line(struct import *i, enum status s)
{
	char line[32];
	snprintf(line, sizeof line, "line %zu", i->csv.line);
	note(i, s, str_from(line));
}

static void finish(struct import *i)
{
	json_t *reply = json_pack("{s:s}", "status", "Completed");
	for (int s = 0; s < STATUSES; s++) {
		if (i->users[s])
			json_object_set_new(reply, status_names[s], i->users[s]);
		i->users[s] = NULL; /* the reply goes to another thread, with all that is in it */
	}
	operation_reply(i->call, reply);
	import_free(i);
}

static enum status status_of(enum err e)
{
	switch (e) {
	case ERR_NONE:
		return CREATED;
	case ERR_EXISTS:
		return EXISTS;
	case ERR_ACCESS:
		return NOT_ALLOWED;
	case ERR_INVALID:
		return NULL_PASSWORD;
	case ERR_LIMIT:
		return LIMIT_EXCEEDED;
	default:
		return FAILED;
	}
}

static void advance(struct import *i);

static void on_made(void *context, enum err e)
{
	struct row *r = context;
	struct import *i = r->import;
	note(i, status_of(e), jid_str(r->user));
	arena_fini(&r->arena);
	free(r);
	i->under_way--;
	advance(i);
}

static bool has_bad_keys(struct str password)
{
	struct scram_record keys;
	return scram_text_is_keys(password) && !scram_text_read(password, &keys);
}

/* The account of a row; NULL, and noted, if it cannot be made. */
static struct row *row_new(struct import *i, const struct str fields[FIELDS], const struct host **host_out)
{
	struct row *r = mem_new(sizeof *r);
	*r = (struct row){.import = i};
	arena_init(&r->arena, 0);
	struct str local, domain;
	bool is_address = jid_prepare_local(fields[0], &r->arena, &local) && jid_prepare_domain(fields[1], &r->arena, &domain);
	*host_out = is_address ? host_find(i->hosts, domain) : NULL;
	if (!is_address)
		note_line(i, INVALID_JID);
	else
		r->user = jid_make(&r->arena, local, domain, STR_NONE);
	if (is_address && !*host_out)
		note(i, NOT_ALLOWED, jid_str(r->user));
	else if (is_address && fields[2].len == 0)
		note(i, NULL_PASSWORD, jid_str(r->user));
	else if (is_address && has_bad_keys(fields[2]))
		note_line(i, BAD_CSV);
	else if (is_address)
		return r;
	arena_fini(&r->arena);
	free(r);
	return NULL;
}

static void start_row(struct import *i, const struct str fields[FIELDS])
{
	const struct host *host;
	struct row *r = row_new(i, fields, &host);
	if (!r)
		return;
	struct registry *registry = i->call->registry;
	struct account_asker asker = {
		.service = &registry->realm->accounts, .auth = host->config->auth, .reply_to = registry->mailbox, .context = r,
	};
	i->under_way++;
	account_import(asker, r->user, fields[2], on_made);
}

/* False: there is no further row. */
static bool read_row(struct import *i)
{
	struct str fields[FIELDS];
	struct arena a;
	arena_init(&a, 0);
	bool is_there = csv_next(&i->csv, &a, fields, FIELDS);
	if (is_there && i->csv.is_good && i->csv.count == FIELDS)
		start_row(i, fields);
	else if (is_there)
		note_line(i, BAD_CSV);
	for (size_t f = 0; f < i->csv.count && f < FIELDS; f++)
		codec_wipe((char *)(uintptr_t)fields[f].data, fields[f].len);
	arena_fini(&a);
	return is_there;
}

/* Goes on until enough is under way; when the server stops, with what is. */
static void advance(struct import *i)
{
	bool is_stopping = atomic_load(&i->call->registry->realm->is_stopping), has_more = true;
	while (has_more && !is_stopping && i->under_way < AT_A_TIME)
		has_more = read_row(i);
	if (i->under_way == 0)
		finish(i);
}

/* ---- the file ---- */

static void read_all(struct import *i, int fd)
{
	ssize_t got = 1;
	while (got > 0 && i->text.len <= MAX_BYTES) {
		char *room = buf_reserve(&i->text, READ_BYTES);
		got = read(fd, room, READ_BYTES);
		if (got > 0)
			buf_claim(&i->text, (size_t)got);
		else if (got < 0 && errno == EINTR)
			got = 1;
	}
	if (got < 0)
		err_because(ERR_SYSTEM, &i->why, "cannot read %s: %s", i->file, strerror(errno));
	else if (i->text.len > MAX_BYTES)
		err_because(ERR_LIMIT, &i->why, "%s has more than %d bytes; import it in parts", i->file, MAX_BYTES);
}

static void read_file(struct job *j)
{
	struct import *i = container_of(j, struct import, job);
	int fd = open(i->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		err_because(ERR_SYSTEM, &i->why, "cannot open %s: %s", i->file, strerror(errno));
		return;
	}
	read_all(i, fd);
	close(fd);
}

static void fail(struct import *i, const char *text)
{
	operation_fail(i->call, "file_error", "%s", text);
	import_free(i);
}

static void on_file_read(struct letter *l)
{
	struct import *i = container_of(container_of(l, struct job, letter), struct import, job);
	if (i->job.is_dropped) {
		fail(i, "the server stops");
	} else if (i->why.text[0]) {
		fail(i, i->why.text);
	} else {
		csv_init(&i->csv, buf_str(&i->text));
		advance(i);
	}
}

static void run_import(struct operation_call *c)
{
	struct import *i = mem_new(sizeof *i);
	*i = (struct import){.call = c, .hosts = c->registry->hosts, .file = str_dup(operation_str(c, "filename"))};
	host_set_ref(i->hosts);
	buf_init(&i->text);
	i->job = (struct job){.letter.run = on_file_read, .work = read_file, .reply_to = c->registry->mailbox};
	if (!jobs_post(c->registry->realm->accounts.jobs, &i->job))
		fail(i, "the server is too busy");
}

static const struct operation_field import_fields[] = {
	{"status", &operation_type_string, "Completed"},
	{"created", &operation_type_jids, "accounts that were made"},
	{"existing", &operation_type_jids, "accounts that were there"},
	{"notAllowed", &operation_type_jids, "no domain of this server, or methods that keep no accounts here"},
	{"invalidJID", &operation_type_strings, "lines whose name or domain is none"},
	{"emptyPassword", &operation_type_jids, "accounts without a password"},
	{"invalidRecord", &operation_type_strings, "lines without three fields, or whose keys are none"},
	{"limitExceeded", &operation_type_jids, "their domains have max_users_per_domain accounts already"},
	{"failed", &operation_type_jids, "something else, which the log tells"},
	{0},
};
static const struct operation_type import_payload = {.name = "ImportPayload", .fields = import_fields};

static const struct operation_arg args_import[] = {
	{"filename", OPERATION_TEXT, 0, NULL, "a file on the server's machine; in each line: username,domain,password"},
	{0},
};

const struct operation import_operations[] = {
	{"account", "importUsers", "makes the accounts that a file of comma-separated values lists", args_import, OPERATION_ANYWHERE_LONG,
	 OPERATION_FOR_ADMIN, true, run_import, &import_payload},
	{0},
};
