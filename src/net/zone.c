#include "net/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "net/rdata.h"

enum { TYPES = 4 };

static const enum resolve_type types[TYPES] = {RESOLVE_A, RESOLVE_AAAA, RESOLVE_SRV, RESOLVE_TLSA};

/* Records of one type. */
struct set {
	union resolve_record *records;
	size_t count;
};

/* What the file has for one name. */
struct owner {
	struct str name;
	struct str alias; /* STR_NONE: none */
	struct set sets[TYPES];
};

struct zone {
	struct arena arena;
	struct map owners;
};

struct reading {
	struct zone *zone;
	const char *file;
	unsigned line;
	struct why *why;
};

static struct str key_of(const void *value)
{
	return ((const struct owner *)value)->name;
}

static struct owner *get_owner(struct zone *z, struct str name)
{
	struct owner *o = map_find(&z->owners, name);

	if (o)
		return o;
	o = arena_alloc(&z->arena, sizeof(*o));
	o->name = name;
	map_add(&z->owners, o);
	return o;
}

static int index_of(enum resolve_type type)
{
	for (int i = 0; i < TYPES; i++)
		if (types[i] == type)
			return i;
	return -1;
}

/* More than an answer can have are read, so that they are known to be good, and not kept. */
static void add_record(struct zone *z, struct str name, enum resolve_type type, const union resolve_record *record)
{
	struct set *set = &get_owner(z, name)->sets[index_of(type)];

	if (!set->records)
		set->records = arena_alloc_array(&z->arena, 1, sizeof(*record));
	else if ((set->count & (set->count - 1)) == 0 && set->count < RESOLVE_RECORDS_MAX) {
		union resolve_record *more = arena_alloc_array(&z->arena, set->count * 2, sizeof(*record));

		memcpy(more, set->records, set->count * sizeof(*record));
		set->records = more;
	}
	if (set->count < RESOLVE_RECORDS_MAX)
		set->records[set->count++] = *record;
}

static bool fail(const struct reading *r, const char *expected, struct str got)
{
	/* What is in the file is shown as far as it can be printed. */
	size_t len = 0;

	while (len < got.len && len < 64 && got.data[len] >= ' ' && got.data[len] <= '~')
		len++;
	(void)err_because(ERR_INVALID, r->why, "%s:%u: expected %s, got \"%.*s\"", r->file, r->line, expected, (int)len, got.data ? got.data : "");
	return false;
}

/* "192.0.2.7 example.com www.example.com" */
static bool read_host(const struct reading *r, struct ip ip, struct str names)
{
	enum resolve_type type = ip.version == 4 ? RESOLVE_A : RESOLVE_AAAA;
	const union resolve_record record = {.ip = ip};
	struct str word = rdata_word(names, &names), name;

	if (word.len == 0)
		return fail(r, "the name of the address", word);
	for (; word.len > 0; word = rdata_word(names, &names)) {
		if (!rdata_name(word, &r->zone->arena, &name))
			return fail(r, "a name", word);
		add_record(r->zone, name, type, &record);
	}
	return true;
}

static bool read_alias(const struct reading *r, struct str owner, struct str text)
{
	struct owner *o = get_owner(r->zone, owner);
	struct str rest, word = rdata_word(text, &rest);

	if (o->alias.data || str_trim(rest).len > 0 || !rdata_name(word, &r->zone->arena, &o->alias))
		return fail(r, "one name that this one is an alias of", text);
	return true;
}

static bool read_data(const struct reading *r, struct str owner, struct str type, struct str text)
{
	static const char *const names[TYPES] = {"A", "AAAA", "SRV", "TLSA"};
	static const char *const wants[TYPES] = {"an address such as 192.0.2.1", "an address such as 2001:db8::1",
						  "priority, weight, port and target", "usage, selector, matching type and data"};
	union resolve_record record;

	if (str_equal_ignoring_case(type, STR("CNAME")))
		return read_alias(r, owner, text);
	for (int i = 0; i < TYPES; i++) {
		if (!str_equal_ignoring_case(type, str_from(names[i])))
			continue;
		if (!rdata_parse(types[i], text, &r->zone->arena, &record))
			return fail(r, wants[i], str_trim(text));
		add_record(r->zone, owner, types[i], &record);
		return true;
	}
	return fail(r, "A, AAAA, SRV, TLSA or CNAME", type);
}

static bool read_record(const struct reading *r, struct str line)
{
	struct str rest, word = rdata_word(line, &rest), owner;
	int64_t ttl;
	struct ip ip;

	if (ip_parse(word, &ip))
		return read_host(r, ip, rest);
	if (!rdata_name(word, &r->zone->arena, &owner))
		return fail(r, "a name or an address", word);
	word = rdata_word(rest, &rest);
	if (str_to_int(word, 0, UINT32_MAX, &ttl))
		word = rdata_word(rest, &rest);
	if (str_equal_ignoring_case(word, STR("IN")))
		word = rdata_word(rest, &rest);
	return read_data(r, owner, word, rest);
}

static struct str without_comment(struct str line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.data[i] == ';' || line.data[i] == '#')
			return str_make(line.data, i);
	return line;
}

static bool read_lines(struct reading *r, struct str text)
{
	while (text.data) {
		struct str line = str_trim(without_comment(str_split(text, '\n', &text)));

		r->line++;
		if (line.len > 0 && !read_record(r, line))
			return false;
	}
	return true;
}

struct zone *zone_parse(struct str text, const char *name, struct why *why)
{
	struct zone *z = mem_new(sizeof(*z));
	struct reading r = {.zone = z, .file = name, .why = why};

	arena_init(&z->arena, 0);
	map_init(&z->owners, key_of);
	if (!read_lines(&r, text))
		zone_free(&z);
	return z;
}

static enum err read_file(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), failure;
	ssize_t got;

	if (fd < 0)
		return err_from_errno(errno);
	do {
		char *room = buf_reserve(out, 65536);

		got = read(fd, room, 65536);
		failure = got < 0 ? errno : 0;
		if (got > 0)
			buf_claim(out, (size_t)got);
	} while ((got > 0 && out->len <= ZONE_FILE_MAX) || failure == EINTR);
	close(fd);
	return failure ? err_from_errno(failure) : ERR_NONE;
}

struct zone *zone_load(const char *path, struct why *why)
{
	struct zone *z = NULL;
	struct buf text;
	enum err e;

	buf_init(&text);
	e = read_file(path, &text);
	if (e)
		(void)err_because(e, why, "%s: %s", path, err_text(e));
	else if (text.len > ZONE_FILE_MAX)
		(void)err_because(ERR_LIMIT, why, "%s: is larger than %d bytes", path, ZONE_FILE_MAX);
	else
		z = zone_parse(buf_str(&text), path, why);
	buf_fini(&text);
	return z;
}

void zone_free(struct zone **z)
{
	if (!*z)
		return;
	map_fini(&(*z)->owners);
	arena_fini(&(*z)->arena);
	free(*z);
	*z = NULL;
}

/* Does a name above it stand in the file? */
static bool is_below(const struct zone *z, struct str name)
{
	struct str rest = name;

	for (str_split(rest, '.', &rest); rest.data; str_split(rest, '.', &rest))
		if (map_find(&z->owners, rest))
			return true;
	return false;
}

enum zone_result zone_find(const struct zone *z, struct str name, enum resolve_type type, struct zone_answer *out)
{
	*out = (struct zone_answer){.name = name};
	for (int i = 0; i <= RESOLVE_ALIASES_MAX; i++) {
		const struct owner *o = map_find(&z->owners, out->name);
		const struct set *set = o ? &o->sets[index_of(type)] : NULL;

		if (!o)
			return is_below(z, out->name) ? ZONE_NOTHING : ZONE_ELSEWHERE;
		if (set->count > 0) {
			out->records = set->records;
			out->count = set->count;
			return ZONE_RECORDS;
		}
		if (!o->alias.data)
			return ZONE_NOTHING;
		out->name = o->alias;
	}
	return ZONE_NOTHING;
}
