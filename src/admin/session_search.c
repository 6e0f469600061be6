/* session.searchSessions: the sessions that fit, in order, a page at a time.
 *
 * A page begins behind the last session of the page before, not at a number, so sessions that come and go do not shift it, and the last page
 * costs no more than the first. Of all sessions only those of the page are kept. The loops go on meanwhile: each looks at some users in a turn. */
#include <stdlib.h>
#include <string.h>

#include "admin/own_operations.h"
#include "admin/session_view.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/mem.h"
#include "route/registry.h"

enum { PAGE_MAX = 500, PAGE_PRESET = 50, TURN_MS = 2, USERS_PER_LOOK = 100 /* at the clock */, ORDER_BYTES = 16 };

enum sort { SORT_USER, SORT_IP, SORT_UPTIME, SORT_PRIORITY };

/* Where a session stands in the order. */
struct spot {
	uint8_t order[ORDER_BYTES]; /* compared first */
	struct str address;         /* then this */
};

struct found {
	struct spot spot; /* the address is that of `session` */
	json_t *session;
};

struct search {
	struct operation_call *call;
	struct str words; /* of the arguments */
	bool may_be_ip;   /* they can be the beginning of an address */
	enum sort sort;
	bool is_descending;
	bool has_after;
	struct spot after;
	size_t limit, count; /* of `page` */
	bool has_more;       /* there are some behind the page */
	struct found *page;  /* in order */
	int64_t total, matching;
	/* On the present loop. */
	bool is_begun;
	size_t cursor, mask;
	int64_t total_here, matching_here;
	struct timer next_turn;
};

/* ---- order ---- */

static void put_number(uint8_t order[ORDER_BYTES], int64_t n)
{
	uint64_t shifted = (uint64_t)n ^ (uint64_t)1 << 63;

	for (int i = 0; i < 8; i++)
		order[i] = (uint8_t)(shifted >> (56 - 8 * i));
}

static struct spot spot_of(const struct session *s, enum sort sort)
{
	struct spot spot = {.address = jid_str(s->address)};

	switch (sort) {
	case SORT_USER:
		break;
	case SORT_IP:
		/* Version 4 as ::a.b.c.d. */
		memcpy(s->peer.version == 6 ? spot.order : spot.order + 12, s->peer.bytes, s->peer.version == 6 ? 16 : 4);
		break;
	case SORT_UPTIME:
		put_number(spot.order, -(int64_t)s->opened_s);
		break;
	case SORT_PRIORITY:
		put_number(spot.order, s->presence ? s->priority : INT8_MIN - 1);
		break;
	}
	return spot;
}

/* Below 0: a comes before b on the pages. */
static int compare(const struct search *q, const struct spot *a, const struct spot *b)
{
	int order = memcmp(a->order, b->order, ORDER_BYTES);

	if (!order)
		order = str_compare(a->address, b->address);
	return q->is_descending ? -order : order;
}

/* ---- the page ---- */

/* Behind a page that is full? Most are, when many have been looked at. */
static bool is_behind(const struct search *q, const struct spot *spot)
{
	return q->count == q->limit && compare(q, spot, &q->page[q->count - 1].spot) > 0;
}

/* Where the spot belongs; false: it is there already. */
static bool find_place(const struct search *q, const struct spot *spot, size_t *place_out)
{
	size_t low = 0, high = q->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = compare(q, spot, &q->page[middle].spot);

		if (order == 0)
			return false;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	*place_out = low;
	return true;
}

static void put(struct search *q, const struct session *s)
{
	struct spot spot = spot_of(s, q->sort);
	size_t place;
	json_t *user;

	if (q->has_after && compare(q, &spot, &q->after) <= 0)
		return;
	if (is_behind(q, &spot)) {
		q->has_more = true;
		return;
	}
	if (!find_place(q, &spot, &place))
		return;
	if (q->count == q->limit) {
		q->has_more = true;
		json_decref(q->page[--q->count].session);
	}
	memmove(&q->page[place + 1], &q->page[place], (q->count - place) * sizeof(q->page[0]));
	q->count++;
	q->page[place].session = session_view_json(s);
	user = json_object_get(q->page[place].session, "user");
	q->page[place].spot = spot;
	q->page[place].spot.address = str_make(json_string_value(user), json_string_length(user));
}

/* ---- what fits ---- */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* ASCII letters without regard to case. */
static bool contains(struct str text, struct str words)
{
	for (size_t at = 0; at + words.len <= text.len; at++) {
		size_t i = 0;

		while (i < words.len && lower(text.data[at + i]) == lower(words.data[i]))
			i++;
		if (i == words.len)
			return true;
	}
	return false;
}

static bool fits(const struct search *q, const struct session *s)
{
	char ip[IP_TEXT_MAX];

	if (!q->words.len || contains(jid_str(s->address), q->words))
		return true;
	return q->may_be_ip && s->peer.version && str_starts_with(str_from(ip_format(s->peer, false, ip)), q->words);
}

/* With a dot or a colon: writing the address of every session takes longer than all the rest. */
static bool looks_like_ip(struct str words)
{
	if (str_find_char(words, '.') < 0 && str_find_char(words, ':') < 0)
		return false;
	for (size_t i = 0; i < words.len; i++)
		if (!strchr("0123456789abcdefABCDEF.:", words.data[i]) || !words.data[i])
			return false;
	return true;
}

/* ---- beginning ---- */

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool read_order(uint8_t order[ORDER_BYTES], const char *text)
{
	for (int i = 0; i < ORDER_BYTES; i++) {
		int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		order[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* As write_place makes it. */
static bool read_place(struct search *q, struct str text)
{
	q->has_after = text.data != NULL;
	if (!q->has_after)
		return true;
	if (text.len <= 2 * ORDER_BYTES || !read_order(q->after.order, text.data))
		return false;
	q->after.address = str_make(text.data + 2 * ORDER_BYTES, text.len - 2 * ORDER_BYTES);
	return true;
}

static json_t *write_place(const struct found *last)
{
	char order[2 * ORDER_BYTES + 1];

	codec_hex(order, last->spot.order, ORDER_BYTES);
	order[2 * ORDER_BYTES] = '\0';
	return json_sprintf("%s%.*s", order, STR_ARGS(last->spot.address));
}

static enum sort sort_named(struct str name)
{
	return str_is(name, "ip") ? SORT_IP : str_is(name, "uptime") ? SORT_UPTIME : str_is(name, "priority") ? SORT_PRIORITY : SORT_USER;
}

static void on_next_turn(struct timer *t);

/* False: the call has failed. */
static bool begin(struct operation_call *c)
{
	int64_t limit = operation_int(c, "limit", PAGE_PRESET);
	struct search *q;

	if (limit < 1 || limit > PAGE_MAX) {
		operation_fail(c, "bad_arguments", "--limit: from 1 to %d", PAGE_MAX);
		return false;
	}
	q = mem_new(sizeof *q);
	q->call = c;
	q->words = str_trim(operation_str(c, "search"));
	q->may_be_ip = looks_like_ip(q->words);
	q->sort = sort_named(operation_str(c, "sort"));
	q->is_descending = operation_bool(c, "descending");
	q->limit = (size_t)limit;
	if (!read_place(q, operation_str(c, "after"))) {
		free(q);
		operation_fail(c, "bad_arguments", "--after: not what was given as next");
		return false;
	}
	q->page = mem_new_array(q->limit, sizeof q->page[0]);
	timer_init(&q->next_turn, on_next_turn);
	c->state = q;
	return true;
}

/* ---- walking ---- */

static void finish(struct search *q)
{
	struct operation_call *c = q->call;
	json_t *sessions = json_array(), *next = q->has_more ? write_place(&q->page[q->count - 1]) : json_null();

	for (size_t i = 0; i < q->count; i++)
		json_array_append_new(sessions, q->page[i].session);
	json_t *result = json_pack("{s:I, s:I, s:o, s:o}", "total", (json_int_t)q->total, "matching", (json_int_t)q->matching, "next", next,
				   "sessions", sessions);
	free(q->page);
	free(q);
	c->state = NULL;
	operation_reply(c, result);
}

static void look_at(struct search *q, const struct user *u)
{
	list_each(link, &u->sessions) {
		const struct session *s = container_of(link, struct session, link);

		q->total_here++;
		if (fits(q, s)) {
			q->matching_here++;
			put(q, s);
		}
	}
}

/* True when all users of this loop have been looked at. When their map gets another size, what comes next is not what was not seen yet. */
static bool walk_on(struct search *q)
{
	const struct map *users = &q->call->registry->users;

	if (!q->is_begun || q->mask != users->mask) {
		q->is_begun = true;
		q->mask = users->mask;
		q->cursor = 0;
		q->total_here = q->matching_here = 0;
	}
	for (int64_t end_ms = clock_monotonic_ms() + TURN_MS; clock_monotonic_ms() < end_ms;)
		for (int i = 0; i < USERS_PER_LOOK; i++) {
			const struct user *u = map_next(users, &q->cursor);

			if (!u)
				return true;
			look_at(q, u);
		}
	return false;
}

static void go_on(struct search *q)
{
	struct operation_call *c = q->call;

	if (!walk_on(q)) {
		timer_start(c->registry->timers, &q->next_turn, 1);
		return;
	}
	q->total += q->total_here;
	q->matching += q->matching_here;
	q->is_begun = false;
	if (c->is_last)
		finish(q);
	else
		operation_next(c);
}

static void on_next_turn(struct timer *t)
{
	go_on(container_of(t, struct search, next_turn));
}

static void run_search(struct operation_call *c)
{
	if (c->state || begin(c))
		go_on(c->state);
}

static const struct operation_type sort_type = {.name = "SessionSort", .values = "user|ip|uptime|priority"};
static const struct operation_arg args_search[] = {
	{"search", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "a part of the address, or the beginning of the IP address with a dot or colon"},
	{"sort", OPERATION_ENUM, OPERATION_OPTIONAL, &sort_type, "in which order; default: user"},
	{"descending", OPERATION_BOOL, OPERATION_OPTIONAL, NULL, "from the other end"},
	{"limit", OPERATION_INT, OPERATION_OPTIONAL, NULL, "how many at a time, 1 to 500; default: 50"},
	{"after", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "what the page before gave as next"},
	{0},
};

static const struct operation_type page = {.item = &session_view_type};
static const struct operation_field search_fields[] = {
	{"total", &operation_type_long, "sessions there are"},
	{"matching", &operation_type_long, "of them fit"},
	{"sessions", &page, "of this page"},
	{"next", &operation_type_string, "where the next page begins; null: this is the last one"},
	{0},
};
static const struct operation_type result = {.name = "SessionPage", .fields = search_fields};

const struct operation search_operations[] = {
	{"session", "searchSessions", "the sessions that fit, in order, a page at a time", args_search, OPERATION_EVERYWHERE,
	 OPERATION_FOR_ADMIN, false, run_search, &result},
	{0},
};
