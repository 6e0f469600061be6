// TOML 1.0 (toml.io/en/v1.0.0). toml++ does the reading; its tree of C++ objects is turned into ours and forgotten. It is used as headers
// only, so that its limits and assertions are ours: some malformed texts fail one of its assertions rather than being refused ("[#"),
// therefore an assertion that fails is an exception here, and so another way of saying no. All exceptions end in parse().
#undef NDEBUG
#undef TOML_SHARED_LIB
#undef TOML_HEADER_ONLY
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_UNRELEASED_FEATURES 0
#define TOML_MAX_NESTED_VALUES 32

namespace {

struct assertion_failed {};

[[noreturn]] void assertion_fails()
{
	throw assertion_failed{};
}

} // namespace

#define TOML_ASSERT(condition) ((condition) ? (void)0 : assertion_fails())
#include <toml++/toml.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" {
#include "base/codec.h"
#include "conf/toml.h"
#include "conf/toml_fault.h"
}

namespace {

__attribute__((format(printf, 3, 4))) void fail(toml_error *error, toml_place at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(error->text, sizeof error->text, format, args);
	va_end(args);
	error->at = at;
}

toml_place place_of(const toml::source_position &p)
{
	return {static_cast<uint32_t>(p.line), static_cast<uint32_t>(p.column)};
}

str text_of(arena *a, std::string_view s)
{
	return arena_str(a, str_make(s.data(), s.size()));
}

// How many bytes a string literal starting at s[i] (a quote) takes; 0 if it does not end.
size_t literal_len(std::string_view s, size_t i)
{
	const char quote = s[i];
	const std::string end(i + 2 < s.size() && s[i + 1] == quote && s[i + 2] == quote ? 3 : 1, quote);
	for (size_t j = i + end.size(); j < s.size(); j++) {
		if (s[j] == '\\' && quote == '"')
			j++;
		else if (end.size() == 1 && s[j] == '\n')
			return 0;
		else if (s.compare(j, end.size(), end) == 0) {
			size_t after = j + end.size();
			// Two quotes may stand before the three that end it.
			while (end.size() == 3 && after < j + 5 && after < s.size() && s[after] == quote)
				after++;
			return after - i;
		}
	}
	return 0;
}

size_t character_count(std::string_view s)
{
	return static_cast<size_t>(std::count_if(s.begin(), s.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

toml_place place_at(std::string_view s, size_t offset)
{
	const std::string_view before = s.substr(0, offset);
	const size_t start = before.rfind('\n') + 1; // npos + 1 is 0
	return {1 + static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n')),
		1 + static_cast<uint32_t>(character_count(before.substr(start)))};
}

// Every byte belongs to a character that may stand in a file.
bool characters_are_good(std::string_view s, toml_error *error)
{
	for (size_t i = 0, len; i < s.size(); i += len) {
		const auto c = static_cast<unsigned char>(s[i]);
		len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
		if (!codec_utf8_is_valid(str_make(s.data() + i, std::min(len, s.size() - i)))) {
			fail(error, place_at(s, i), "syntax error: the byte 0x%02x is no character; the file has to be UTF-8", c);
			return false;
		}
		const bool is_line_end = c == '\n' || (c == '\r' && i + 1 < s.size() && s[i + 1] == '\n');
		if ((c < ' ' && c != '\t' && !is_line_end) || c == 0x7f) {
			fail(error, place_at(s, i), "syntax error: the control character U+%04X may not stand in the file", c);
			return false;
		}
	}
	return true;
}

// What toml++ cannot be given: it bounds brackets and braces, but not dotted keys, whose tables it destroys by recursion; and outside of
// strings and comments it stumbles over letters that are not ASCII, which have no place there anyway.
bool can_be_parsed(std::string_view s, toml_error *error)
{
	size_t dots = 0;
	for (size_t i = s.substr(0, 3) == "\xef\xbb\xbf" ? 3 : 0; i < s.size(); i++) {
		if (s[i] == '"' || s[i] == '\'') {
			const size_t len = literal_len(s, i);
			if (len == 0) {
				const bool is_long = s.compare(i, 3, std::string(3, s[i])) == 0;
				fail(error, place_at(s, i), "syntax error: the string that begins here does not end%s",
				     is_long ? "" : " on its line");
				return false;
			}
			i += len - 1;
		} else if (s[i] == '#') {
			i = std::min(s.find('\n', i), s.size()) - 1;
		} else if (s[i] == '.' && ++dots >= TOML_MAX_DEPTH) {
			fail(error, place_at(s, i), "syntax error: a key with more than %d parts", TOML_MAX_DEPTH);
			return false;
		} else if (std::string_view("=,[{\n").find(s[i]) != std::string_view::npos) {
			dots = 0;
		} else if (s[i] & 0x80) {
			fail(error, place_at(s, i), "syntax error: a character that may stand in strings and comments only");
			return false;
		}
	}
	return true;
}

str date_text(arena *a, const toml::date &d)
{
	return str_from(arena_printf(a, "%04u-%02u-%02u", unsigned(d.year), unsigned(d.month), unsigned(d.day)));
}

// The fraction without zeros at its end.
str time_text(arena *a, const toml::time &t)
{
	char fraction[16] = "";
	if (t.nanosecond > 0) {
		int len = snprintf(fraction, sizeof fraction, ".%09u", unsigned(t.nanosecond));
		while (fraction[len - 1] == '0')
			fraction[--len] = 0;
	}
	return str_from(arena_printf(a, "%02u:%02u:%02u%s", unsigned(t.hour), unsigned(t.minute), unsigned(t.second), fraction));
}

str date_time_text(arena *a, const toml::date_time &t)
{
	char offset[16] = "";
	if (t.offset && t.offset->minutes == 0) {
		snprintf(offset, sizeof offset, "Z");
	} else if (t.offset) {
		const int minutes = std::abs(int(t.offset->minutes));
		snprintf(offset, sizeof offset, "%c%02d:%02d", t.offset->minutes < 0 ? '-' : '+', minutes / 60, minutes % 60);
	}
	return str_from(arena_printf(a, "%sT%s%s", date_text(a, t.date).data, time_text(a, t.time).data, offset));
}

void convert_scalar(arena *a, const toml::node &from, toml_node *to)
{
	if (auto string = from.as_string()) {
		to->kind = TOML_KIND_STRING;
		to->text = text_of(a, string->get());
	} else if (auto integer = from.as_integer()) {
		to->kind = TOML_KIND_INT;
		to->integer = integer->get();
	} else if (auto real = from.as_floating_point()) {
		to->kind = TOML_KIND_FLOAT;
		to->real = real->get();
	} else if (auto truth = from.as_boolean()) {
		to->kind = TOML_KIND_BOOL;
		to->truth = truth->get();
	} else {
		to->kind = TOML_KIND_DATE;
		if (auto date = from.as_date())
			to->text = date_text(a, date->get());
		else if (auto time = from.as_time())
			to->text = time_text(a, time->get());
		else if (auto both = from.as_date_time())
			to->text = date_time_text(a, both->get());
	}
}

bool convert(arena *a, const toml::node &from, toml_node *to, int depth, toml_error *error);

bool comes_first(const toml_node &x, const toml_node &y)
{
	return x.key_at.line != y.key_at.line ? x.key_at.line < y.key_at.line : x.key_at.column < y.key_at.column;
}

bool convert_table(arena *a, const toml::table &from, toml_node *to, int depth, toml_error *error)
{
	to->kind = TOML_KIND_TABLE;
	to->items = static_cast<toml_node *>(arena_alloc_array(a, from.size(), sizeof *to->items));
	for (auto &&[key, value] : from) {
		toml_node *item = &to->items[to->count++];
		item->key = text_of(a, key.str());
		item->key_at = place_of(key.source().begin);
		if (!convert(a, value, item, depth + 1, error))
			return false;
	}
	std::sort(to->items, to->items + to->count, comes_first);
	return true;
}

bool convert_array(arena *a, const toml::array &from, toml_node *to, int depth, toml_error *error)
{
	to->kind = TOML_KIND_ARRAY;
	to->items = static_cast<toml_node *>(arena_alloc_array(a, from.size(), sizeof *to->items));
	for (auto &&value : from) {
		if (!convert(a, value, &to->items[to->count++], depth + 1, error))
			return false;
	}
	return true;
}

// Recursion is bounded by TOML_MAX_DEPTH.
bool convert(arena *a, const toml::node &from, toml_node *to, int depth, toml_error *error)
{
	to->at = place_of(from.source().begin);
	if (depth > TOML_MAX_DEPTH) {
		fail(error, to->at, "nested more than %d levels deep", TOML_MAX_DEPTH);
		return false;
	}
	if (auto table = from.as_table())
		return convert_table(a, *table, to, depth, error);
	if (auto array = from.as_array())
		return convert_array(a, *array, to, depth, error);
	convert_scalar(a, from, to);
	return true;
}

void fail_syntax(toml_error *error, const toml::parse_error &e)
{
	const std::string_view text = e.description();
	error->at = place_of(e.source().begin);
	toml_fault_describe(str_make(text.data(), text.size()), error->text, sizeof error->text);
}

bool fails_assertion(std::string_view text)
{
	try {
		(void)toml::parse(text);
	} catch (const toml::parse_error &) {
		return false;
	} catch (const assertion_failed &) {
		return true;
	}
	return false;
}

// The line on which an assertion fails: that of the shortest text that fails one.
uint32_t assertion_line(std::string_view text)
{
	size_t good = 0, bad = text.size();
	while (good + 1 < bad) {
		const size_t middle = good + (bad - good) / 2;
		(fails_assertion(text.substr(0, middle)) ? bad : good) = middle;
	}
	return place_at(text, good).line;
}

toml_node *parse(arena *a, str text, toml_error *error) noexcept
{
	if (text.len > TOML_MAX_BYTES) {
		fail(error, {1, 1}, "the file has more than %d bytes", TOML_MAX_BYTES);
		return nullptr;
	}
	const std::string_view view(text.data ? text.data : "", text.len);
	if (!characters_are_good(view, error) || !can_be_parsed(view, error))
		return nullptr;
	try {
		const toml::table table = toml::parse(view);
		auto *root = static_cast<toml_node *>(arena_alloc(a, sizeof(toml_node)));
		if (!convert(a, table, root, 0, error))
			return nullptr;
		root->at = {1, 1};
		return root;
	} catch (const toml::parse_error &e) {
		fail_syntax(error, e);
	} catch (const assertion_failed &) {
		fail(error, {assertion_line(view), 1}, "syntax error on this line; a section is written as [name]");
	}
	return nullptr;
}

} // namespace

struct toml_node *toml_parse(struct arena *a, struct str text, struct toml_error *error_out)
{
	return parse(a, text, error_out);
}

struct toml_node *toml_find(const struct toml_node *table, struct str key)
{
	for (size_t i = 0; i < table->count; i++) {
		if (str_equal(table->items[i].key, key))
			return &table->items[i];
	}
	return nullptr;
}

const char *toml_kind_name(enum toml_kind kind)
{
	switch (kind) {
	case TOML_KIND_TABLE:
		return "a table";
	case TOML_KIND_ARRAY:
		return "a list";
	case TOML_KIND_STRING:
		return "a string";
	case TOML_KIND_INT:
		return "an integer";
	case TOML_KIND_FLOAT:
		return "a number with a fraction";
	case TOML_KIND_BOOL:
		return "true or false";
	case TOML_KIND_DATE:
		return "a date or time";
	}
	return "nothing";
}
