#include "conf/schema_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/ip.h"
#include "base/map.h"
#include "conf/nearest.h"

/* One value that is being read: the item `index` of a list, or the option itself (-1). */
struct value {
	struct option_problems *p;
	const struct option *o;
	const struct toml_node *node;
	struct str key;
	ptrdiff_t index;
};

enum { HINT_LEN = 40 };

static const char host_template[] = "@HOST@";

static bool option_is_list(const struct option *o)
{
	return o->type >= OPTION_LIST_STRING && o->type <= OPTION_LIST_INT;
}

/* The option that describes one item of a list. */
static struct option item_option(const struct option *list)
{
	struct option item = *list;
	switch (list->type) {
	case OPTION_LIST_DOMAIN:
		item.type = OPTION_DOMAIN;
		break;
	case OPTION_LIST_FILE:
		item.type = OPTION_FILE;
		break;
	case OPTION_LIST_ENUM:
		item.type = OPTION_ENUM;
		break;
	case OPTION_LIST_INT:
		item.type = OPTION_INT;
		break;
	default:
		item.type = OPTION_STRING;
		break;
	}
	return item;
}

static size_t item_size(enum option_type item)
{
	if (item == OPTION_ENUM)
		return sizeof(int);
	return item == OPTION_INT ? sizeof(int64_t) : sizeof(struct str);
}

/* "a", "b" or "c" */
static void append_values(const char *values, bool quoted, struct buf *out)
{
	const char *quote = quoted ? "\"" : "";
	for (size_t i = 0;; i++) {
		struct str name = option_value_name(values, i);
		if (!name.data)
			return;
		if (i > 0)
			buf_append_text(out, option_value_name(values, i + 1).data ? ", " : " or ");
		buf_printf(out, "%s%.*s%s", quote, STR_ARGS(name), quote);
	}
}

static bool has_range(const struct option *o)
{
	return o->min != 0 || o->max != 0;
}

static bool has_upper_end(const struct option *o)
{
	return o->max >= o->min && o->max != INT64_MAX;
}

static void append_integer_expected(const struct option *o, struct buf *out)
{
	if (o->values) {
		append_values(o->values, false, out);
		return;
	}
	buf_append_text(out, "an integer");
	if (has_range(o) && has_upper_end(o))
		buf_printf(out, " from %" PRId64 " to %" PRId64, o->min, o->max);
	else if (has_range(o))
		buf_printf(out, " of at least %" PRId64, o->min);
	if (o->type == OPTION_INT_OR_INFINITY)
		buf_append_text(out, " or \"infinity\"");
}

static void append_string_expected(const struct option *o, struct buf *out)
{
	if (o->values)
		append_values(o->values, true, out);
	else if (o->min > 1)
		buf_printf(out, "a string of at least %" PRId64 " characters", o->min);
	else
		buf_append_text(out, o->min == 1 ? "a non-empty string" : "a string");
}

static void append_list_expected(const struct option *o, struct buf *out)
{
	static const char *const items[] = {
		[OPTION_STRING] = "strings", [OPTION_DOMAIN] = "domain names", [OPTION_FILE] = "file names",
		[OPTION_INT] = "integers",
	};
	struct option item = item_option(o);
	buf_append_text(out, o->flags & OPTION_NON_EMPTY ? "a non-empty list of " : "a list of ");
	if (o->values)
		append_values(o->values, item.type != OPTION_INT, out);
	else
		buf_append_text(out, items[item.type]);
}

void schema_value_expected(const struct option *o, struct buf *out)
{
	switch (o->type) {
	case OPTION_BOOL:
		buf_append_text(out, "true or false");
		break;
	case OPTION_INT:
	case OPTION_INT_OR_INFINITY:
		append_integer_expected(o, out);
		break;
	case OPTION_PORT:
		buf_append_text(out, "an integer from 0 to 65535");
		break;
	case OPTION_STRING:
		append_string_expected(o, out);
		break;
	case OPTION_NAME:
		buf_append_text(out, "a non-empty string");
		break;
	case OPTION_DOMAIN:
		buf_append_text(out, "a domain name");
		break;
	case OPTION_IP:
		buf_append_text(out, "an IPv4 or IPv6 address");
		break;
	case OPTION_FILE:
		buf_append_text(out, "a file name");
		break;
	case OPTION_ENUM:
		append_values(o->values, true, out);
		break;
	case OPTION_INT_OR_NAME:
		buf_append_text(out, "an integer or a non-empty string");
		break;
	case OPTION_TABLE:
	case OPTION_NAMED:
	case OPTION_NAMED_TABLES:
		buf_append_text(out, "a table");
		break;
	case OPTION_TABLES:
		buf_append_text(out, "a list of tables");
		break;
	default:
		append_list_expected(o, out);
		break;
	}
}

static void append_found_string(struct str text, struct buf *out)
{
	enum { SHOWN_BYTES = 60 };
	size_t len = text.len;
	if (len > SHOWN_BYTES) {
		len = SHOWN_BYTES;
		while (len > 0 && ((unsigned char)text.data[len] & 0xc0) == 0x80)
			len--;
	}
	buf_append_char(out, '"');
	buf_append(out, text.data, len);
	buf_append_text(out, len < text.len ? "...\"" : "\"");
}

/* Not to be taken for an integer. */
static void append_found_real(double real, struct buf *out)
{
	char text[64];
	snprintf(text, sizeof text, "%g", real);
	buf_printf(out, strpbrk(text, ".en") ? "%s" : "%s.0", text);
}

void schema_value_found(const struct option *o, const struct toml_node *node, struct buf *out)
{
	bool is_hidden = o->flags & OPTION_SECRET;
	if (node->kind == TOML_KIND_STRING && (!is_hidden || node->text.len == 0))
		append_found_string(node->text, out);
	else if (node->kind == TOML_KIND_INT && !is_hidden)
		buf_printf(out, "%" PRId64, node->integer);
	else if (node->kind == TOML_KIND_FLOAT && !is_hidden)
		append_found_real(node->real, out);
	else if (node->kind == TOML_KIND_DATE && !is_hidden)
		buf_printf(out, "the date or time %.*s", STR_ARGS(node->text));
	else if (node->kind == TOML_KIND_BOOL)
		buf_append_text(out, node->truth ? "true" : "false");
	else
		buf_append_text(out, toml_kind_name(node->kind));
}

static void problem(const struct value *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void problem(const struct value *v, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct report_line line = {.severity = REPORT_ERROR, .at = v->node->at, .path = schema_path(v->p, v->key, v->index)};
	report_add_list(&v->p->report, line, format, args);
	va_end(args);
}

/* What to write instead, when it can be guessed. */
static void append_hint(const struct value *v, struct buf *text)
{
	struct str given = v->node->text;
	struct nearest n;
	bool is_word = v->node->kind == TOML_KIND_STRING && !(v->o->flags & OPTION_SECRET);
	bool is_hinted = is_word && v->o->values && v->o->type != OPTION_INT && v->o->type != OPTION_LIST_INT;
	nearest_start(&n, given);
	for (size_t i = 0; is_hinted && option_value_name(v->o->values, i).data; i++)
		nearest_offer(&n, option_value_name(v->o->values, i));
	if (is_word && v->o->type == OPTION_INT_OR_INFINITY)
		nearest_offer(&n, STR("infinity"));
	struct str best = n.best.data ? n.best : given;
	if (option_is_list(v->o) && is_word && v->o->type != OPTION_LIST_INT && best.len <= HINT_LEN &&
	    (!is_hinted || n.best.data))
		buf_printf(text, "; write [\"%.*s\"]", STR_ARGS(best));
	else if (n.best.data)
		buf_printf(text, "; did you mean \"%.*s\"?", STR_ARGS(n.best));
}

/* "expected A, got B", and what may have been meant when one of several words was wanted. */
static void expected(const struct value *v)
{
	struct buf text;
	buf_init(&text);
	buf_append_text(&text, "expected ");
	schema_value_expected(v->o, &text);
	buf_append_text(&text, ", got ");
	schema_value_found(v->o, v->node, &text);
	append_hint(v, &text);
	problem(v, "%.*s", STR_ARGS(buf_str(&text)));
	buf_fini(&text);
}

/* Index of the text in values, or -1. */
static int value_index(const char *values, struct str text)
{
	for (int i = 0;; i++) {
		struct str name = option_value_name(values, (size_t)i);
		if (!name.data)
			return -1;
		if (str_equal(name, text))
			return i;
	}
}

static bool integer_is_listed(const struct option *o, int64_t number)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRId64, number);
	return value_index(o->values, str_from(text)) >= 0;
}

static bool integer_is_allowed(const struct option *o, int64_t number)
{
	if (o->type == OPTION_PORT)
		return number >= 0 && number <= UINT16_MAX;
	if (o->values)
		return integer_is_listed(o, number);
	if (!has_range(o))
		return true;
	return number >= o->min && (!has_upper_end(o) || number <= o->max);
}

static bool read_integer(const struct value *v, int64_t *out)
{
	bool is_infinite = v->o->type == OPTION_INT_OR_INFINITY && v->node->kind == TOML_KIND_STRING && str_is(v->node->text, "infinity");
	if (is_infinite) {
		*out = OPTION_INFINITY;
		return true;
	}
	if (v->node->kind != TOML_KIND_INT || !integer_is_allowed(v->o, v->node->integer)) {
		expected(v);
		return false;
	}
	*out = v->node->integer;
	return true;
}

/* A string without zeros, of at least the wanted length. */
static bool read_text(const struct value *v, size_t min_len, struct str *out)
{
	if (v->node->kind != TOML_KIND_STRING || v->node->text.len < min_len) {
		expected(v);
		return false;
	}
	if (memchr(v->node->text.data, 0, v->node->text.len)) {
		problem(v, "a string may not contain the character U+0000");
		return false;
	}
	*out = arena_str(v->p->arena, v->node->text);
	return true;
}

static bool read_string(const struct value *v, struct str *out)
{
	size_t min_len = v->o->min > 0 ? (size_t)v->o->min : 0;
	if (!read_text(v, v->o->type == OPTION_NAME ? 1 : min_len, out))
		return false;
	bool is_listed = !v->o->values || value_index(v->o->values, *out) >= 0;
	bool is_short = v->o->type != OPTION_STRING || v->o->max <= 0 || out->len <= (size_t)v->o->max;
	if (!is_listed)
		expected(v);
	else if (!is_short)
		problem(v, "expected at most %" PRId64 " bytes, got %zu", v->o->max, out->len);
	return is_listed && is_short;
}

/* The parts around "@HOST@" are prepared as they would be with a host in its place. */
static bool read_domain(const struct value *v, struct str *out)
{
	struct str raw, prepared;
	if (!read_text(v, 1, &raw))
		return false;
	struct str sample = option_with_host(raw, &v->p->scratch, STR("host"));
	const char *template = strstr(raw.data, host_template);
	if (!v->p->prepare.domain(sample, &v->p->scratch, &prepared) || (template && prepared.len != sample.len)) {
		expected(v);
		return false;
	}
	if (!template) {
		*out = arena_str(v->p->arena, prepared);
		return true;
	}
	size_t before = (size_t)(template - raw.data);
	struct str after = str_make(prepared.data + before + strlen("host"), prepared.len - before - strlen("host"));
	*out = str_from(arena_printf(v->p->arena, "%.*s%s%.*s", (int)before, prepared.data, host_template, STR_ARGS(after)));
	return true;
}

static bool read_ip(const struct value *v, struct str *out)
{
	char text[IP_TEXT_MAX];
	struct ip ip;
	if (v->node->kind != TOML_KIND_STRING || !ip_parse(v->node->text, &ip)) {
		expected(v);
		return false;
	}
	*out = arena_str(v->p->arena, str_from(ip_format(ip, false, text)));
	return true;
}

static bool read_file(const struct value *v, struct str *out)
{
	struct stat s;
	if (!read_text(v, 1, out))
		return false;
	if (stat(out->data, &s) != 0)
		problem(v, "the file \"%s\" cannot be used: %s", out->data, strerror(errno));
	else if (!S_ISREG(s.st_mode))
		problem(v, "\"%s\" is not a regular file", out->data);
	else if (access(out->data, R_OK) != 0)
		problem(v, "the file \"%s\" cannot be read: %s", out->data, strerror(errno));
	else
		return true;
	return false;
}

static bool read_bool(const struct value *v, bool *out)
{
	if (v->node->kind != TOML_KIND_BOOL) {
		expected(v);
		return false;
	}
	*out = v->node->truth;
	return true;
}

static bool read_enum(const struct value *v, int *out)
{
	*out = v->node->kind == TOML_KIND_STRING ? value_index(v->o->values, v->node->text) : -1;
	if (*out < 0)
		expected(v);
	return *out >= 0;
}

static bool read_int_or_name(const struct value *v, struct option_int_or_name *out)
{
	out->is_int = v->node->kind == TOML_KIND_INT;
	if (out->is_int)
		out->number = v->node->integer;
	return out->is_int || read_text(v, 1, &out->name);
}

static bool read_scalar(const struct value *v, void *at)
{
	switch (v->o->type) {
	case OPTION_BOOL:
		return read_bool(v, at);
	case OPTION_INT:
	case OPTION_INT_OR_INFINITY:
	case OPTION_PORT:
		return read_integer(v, at);
	case OPTION_STRING:
	case OPTION_NAME:
		return read_string(v, at);
	case OPTION_DOMAIN:
		return read_domain(v, at);
	case OPTION_IP:
		return read_ip(v, at);
	case OPTION_FILE:
		return read_file(v, at);
	case OPTION_ENUM:
		return read_enum(v, at);
	case OPTION_INT_OR_NAME:
		return read_int_or_name(v, at);
	default:
		check(!"a type that is a value");
		return false;
	}
}

/* Items of a list, as map keys: what was read, and where it stands. */
struct item {
	struct str bytes;
	size_t index;
};

static struct str item_key(const void *item)
{
	return ((const struct item *)item)->bytes;
}

/* False, after an error, for a value that the list already has. */
static bool item_is_new(const struct value *list, struct map *seen, const struct value *v, const void *value)
{
	bool is_text = item_size(v->o->type) == sizeof(struct str);
	struct item *item = arena_alloc(&v->p->scratch, sizeof *item);
	item->index = (size_t)v->index;
	item->bytes = is_text ? *(const struct str *)value : arena_str(&v->p->scratch, str_make(value, item_size(v->o->type)));
	const struct item *first = map_find(seen, item->bytes);
	if (first) {
		struct buf found;
		buf_init(&found);
		schema_value_found(v->o, v->node, &found);
		problem(v, "%.*s stands twice in the list, the first time on line %u", STR_ARGS(buf_str(&found)),
			list->node->items[first->index].at.line);
		buf_fini(&found);
		return false;
	}
	map_add(seen, item);
	return true;
}

static void read_items(const struct value *list, struct option_list *out)
{
	struct option item = item_option(list->o);
	bool is_unique = (list->o->flags & OPTION_UNIQUE) || item.type == OPTION_ENUM;
	char *items = arena_alloc_array(list->p->arena, list->node->count, item_size(item.type));
	struct map seen;
	map_init(&seen, item_key);
	out->items = items;
	for (size_t i = 0; i < list->node->count; i++) {
		struct value v = {list->p, &item, &list->node->items[i], list->key, (ptrdiff_t)i};
		void *at = items + out->count * item_size(item.type);
		if (read_scalar(&v, at) && (!is_unique || item_is_new(list, &seen, &v, at)))
			out->count++;
	}
	map_fini(&seen);
}

static void read_list(const struct value *v, struct option_list *at)
{
	struct option_list list = {0};
	if (v->node->kind != TOML_KIND_ARRAY) {
		expected(v);
		return;
	}
	if (v->node->count == 0 && (v->o->flags & OPTION_NON_EMPTY)) {
		problem(v, "the list is empty, expected at least one item");
		return;
	}
	read_items(v, &list);
	if (at)
		*at = list;
}

static size_t stored_size(enum option_type type)
{
	switch (type) {
	case OPTION_BOOL:
		return sizeof(bool);
	case OPTION_ENUM:
		return sizeof(int);
	case OPTION_INT:
	case OPTION_INT_OR_INFINITY:
	case OPTION_PORT:
		return sizeof(int64_t);
	case OPTION_INT_OR_NAME:
		return sizeof(struct option_int_or_name);
	default:
		return sizeof(struct str);
	}
}

void schema_value_read(struct option_problems *p, const struct option *o, const struct toml_node *node, void *at)
{
	struct value v = {p, o, node, node->key, -1};
	if (option_is_list(o)) {
		read_list(&v, at);
		return;
	}
	union {
		bool truth;
		int index;
		int64_t number;
		struct str text;
		struct option_int_or_name either;
	} value = {0};
	if (read_scalar(&v, &value) && at)
		memcpy(at, &value, stored_size(o->type));
}

static struct toml_node *parse_preset(struct option_problems *p, const struct option *o)
{
	struct toml_error error;
	const char *text = arena_printf(&p->scratch, "%s = %s", o->key, o->preset);
	struct toml_node *tree = toml_parse(&p->scratch, str_from(text), &error);
	check(tree && tree->count == 1);
	return &tree->items[0];
}

void schema_value_preset(struct option_problems *p, const struct option *o, void *at)
{
	size_t errors = p->report.errors;
	schema_value_read(p, o, parse_preset(p, o), at);
	check(p->report.errors == errors);
}

bool schema_value_is_preset(struct option_problems *p, const struct option *o, const struct toml_node *node)
{
	if (!o->preset)
		return false;
	const struct toml_node *preset = parse_preset(p, o);
	if (preset->kind != node->kind)
		return false;
	switch (node->kind) {
	case TOML_KIND_BOOL:
		return node->truth == preset->truth;
	case TOML_KIND_INT:
		return node->integer == preset->integer;
	case TOML_KIND_STRING:
		return str_equal(node->text, preset->text);
	default:
		return false;
	}
}
