#include "http/folder.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"

enum { DEPTH_MAX = 8, FILES_MAX = 2000 };

struct file {
	struct str path; /* "/converse/converse.min.js"; on the heap */
	struct str content, gzip;
	char etag[24];
};

struct folder {
	struct map files;
};

static struct str path_of(const void *value)
{
	return ((const struct file *)value)->path;
}

static const struct {
	const char *suffix, *type;
} types[] = {
	{".html", "text/html; charset=utf-8"},
	{".js", "text/javascript; charset=utf-8"},
	{".css", "text/css; charset=utf-8"},
	{".json", "application/json"},
	{".svg", "image/svg+xml"},
	{".png", "image/png"},
	{".ico", "image/x-icon"},
	{".woff2", "font/woff2"},
	{".ttf", "font/ttf"},
	{".mp3", "audio/mpeg"},
	{".ogg", "audio/ogg"},
	{".wasm", "application/wasm"},
};

static struct str type_of(struct str path)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_ends_with(path, str_from(types[i].suffix)))
			return str_from(types[i].type);
	return STR("text/plain; charset=utf-8");
}

/* ---- looking ---- */

/* nftw has no context. */
static _Thread_local struct folder *looking;
static _Thread_local size_t root_len;

static struct str map_file(const char *path, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	void *data = fd >= 0 && size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;

	if (fd >= 0)
		close(fd);
	if (size == 0)
		return STR("");
	return data == MAP_FAILED ? STR_NONE : str_make(data, size);
}

static int look(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	struct file *f;
	struct str content;

	if (kind != FTW_F || !S_ISREG(st->st_mode) || path[at->base] == '.' || looking->files.count >= FILES_MAX || at->level > DEPTH_MAX)
		return 0;
	content = map_file(path, (size_t)st->st_size);
	if (!content.data)
		return 0;
	f = mem_new(sizeof(*f));
	f->path = str_from(str_dup(str_from(path + root_len)));
	f->content = content;
	snprintf(f->etag, sizeof(f->etag), "\"%016llx\"", (unsigned long long)str_hash(content));
	/* Read once for that; they come back when somebody wants them. */
	if (content.len)
		madvise((void *)(uintptr_t)content.data, content.len, MADV_DONTNEED);
	map_add(&looking->files, f);
	return 0;
}

/* "x.js.gz" belongs to "x.js". */
static void pair(struct folder *folder)
{
	struct file *f, *plain;
	size_t cursor = 0;

	while ((f = map_next(&folder->files, &cursor))) {
		if (!str_ends_with(f->path, STR(".gz")))
			continue;
		plain = map_find(&folder->files, str_make(f->path.data, f->path.len - 3));
		if (plain)
			plain->gzip = f->content;
	}
}

struct folder *folder_open(const char *path)
{
	struct folder *f;

	if (access(path, R_OK | X_OK))
		return NULL;
	f = mem_new(sizeof(*f));
	map_init(&f->files, path_of);
	looking = f;
	root_len = strlen(path);
	(void)nftw(path, look, DEPTH_MAX, FTW_PHYS);
	pair(f);
	return f;
}

struct folder *folder_open_installed(const char *name)
{
	static const char *const places[] = {"", "../share/meerkat/"};
	char program[PATH_MAX], path[PATH_MAX + 128];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	struct folder *f = NULL;

	if (len <= 0)
		return NULL;
	program[len] = '\0';
	*strrchr(program, '/') = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !f; i++) {
		snprintf(path, sizeof(path), "%s/%s%s", program, places[i], name);
		f = folder_open(path);
	}
	return f;
}

void folder_close(struct folder **folder)
{
	struct folder *gone = *folder;
	struct file *f;
	size_t cursor = 0;

	*folder = NULL;
	if (!gone)
		return;
	while ((f = map_next(&gone->files, &cursor))) {
		if (f->content.len)
			munmap((void *)(uintptr_t)f->content.data, f->content.len);
		free((void *)(uintptr_t)f->path.data);
		free(f);
	}
	map_fini(&gone->files);
	free(gone);
}

/* ---- answering ---- */

static bool takes_gzip(const struct exchange *x)
{
	struct str accepted = exchange_header(x, "accept-encoding");

	return memmem(accepted.data ? accepted.data : "", accepted.len, "gzip", 4) && !memmem(accepted.data, accepted.len, "gzip;q=0", 8);
}

static void answer_with(const struct file *f, struct exchange *x, const char *policy)
{
	bool is_packed = f->gzip.data && takes_gzip(x);

	exchange_set_header(x, "etag", str_from(f->etag));
	exchange_set_header(x, "cache-control", STR("no-cache"));
	exchange_set_header(x, "content-security-policy", str_from(policy));
	exchange_set_header(x, "x-content-type-options", STR("nosniff"));
	exchange_set_header(x, "referrer-policy", STR("no-referrer"));
	if (f->gzip.data)
		exchange_set_header(x, "vary", STR("accept-encoding"));
	if (str_equal(exchange_header(x, "if-none-match"), str_from(f->etag))) {
		exchange_answer(x, 304, STR_NONE, STR(""));
		return;
	}
	if (is_packed)
		exchange_set_header(x, "content-encoding", STR("gzip"));
	exchange_answer(x, 200, type_of(f->path), is_packed ? f->gzip : f->content);
}

void folder_answer(const struct folder *folder, struct exchange *x, struct str path, const char *policy)
{
	const struct file *f = map_find(&folder->files, str_is(path, "/") ? STR("/index.html") : path);

	if (f)
		answer_with(f, x, policy);
	else
		exchange_fail(x, 404);
}

bool folder_redirect(struct exchange *x)
{
	struct buf to;

	if (x->subpath.len || x->path.len <= 1)
		return false;
	buf_init(&to);
	buf_append_str(&to, x->path);
	buf_append_char(&to, '/');
	exchange_set_header(x, "location", buf_str(&to));
	exchange_answer(x, 308, STR_NONE, STR(""));
	buf_fini(&to);
	return true;
}
