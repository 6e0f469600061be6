#include "conf/toml_fault.h"

#include <stdio.h>
#include <string.h>

/* The first row of which all words are in the description says it. A "%s" is what was seen instead, a "%t" the thing that was being read. */
static const struct {
	const char *words[2];
	const char *text;
} rows[] = {
	{{"into existing inline table"}, "a table in braces is complete, nothing can be added to it"},
	{{"cannot redefine existing table", "array-of-tables"},
	 "the name stands in the file already, with single brackets: write [[...]] at every place"},
	{{"cannot redefine existing table"}, "the name stands in the file already, as a table; a name can be given once"},
	{{"cannot redefine existing array", "as table"},
	 "the name stands in the file already, as a list; an item of [[...]] begins with double brackets"},
	{{"cannot redefine existing array"}, "the name stands in the file already, as a list; a name can be given once"},
	{{"cannot redefine existing"}, "the name stands in the file already, with a value; a name can be given once"},
	{{"could not determine value type"}, "this is no value; text needs quotes"},
	{{"boolean:"}, "this is no value; it is true or false, in small letters, and text needs quotes"},
	{{"values may not begin with underscores"}, "this is no value; text needs quotes"},
	{{"floating-point: expected 'nan'"}, "this is no value; text needs quotes"},
	{{"floating-point: expected 'inf'"}, "this is no value; text needs quotes"},
	{{"expected value, saw"}, "a value is missing; there is %s"},
	{{"expected value or closing ']'"}, "a value is missing in the list; there is %s"},
	{{"inline table", "saw '\\n'"}, "a table in braces has to be on one line; longer ones are written as [section]"},
	{{"inline table", "closing '}', saw comma"}, "a key is missing before the comma"},
	{{"trailing commas"}, "a key is missing behind the comma"},
	{{"expected a comment or whitespace, saw"}, "expected the end of the line, got %s"},
	{{"expected keys, tables, whitespace or comments, saw"}, "expected a key or a [section], got %s"},
	{{"expected bare key starting character or string delimiter, saw"}, "expected a key, got %s"},
	{{"key-value pair: expected '=', saw"}, "expected \"=\" behind the key, got %s"},
	{{"table header: expected ']', saw"}, "expected \"]\" behind the name of the section, got %s"},
	{{"blank bare keys"}, "the name of the section is missing"},
	{{"brackets must be contiguous"}, "the brackets of [[...]] have to stand side by side"},
	{{"multi-line strings are prohibited in keys"}, "a key is written with one quote at each end"},
	{{"leading zeroes are prohibited"}, "a number cannot begin with 0"},
	{{"underscores may only"}, "an underscore has to stand between digits"},
	{{"expected hour"}, "hours are 00 to 23"},
	{{"integer: encountered end-of-file"}, "the number is not complete"},
	{{"floating-point: encountered end-of-file"}, "the number is not complete"},
	{{"date: encountered end-of-file"}, "the date is not complete"},
	{{"time: encountered end-of-file"}, "the time is not complete"},
	{{"offset: encountered end-of-file"}, "the time is not complete"},
	{{"value: encountered end-of-file"}, "a value is missing; the file ends here"},
	{{"encountered end-of-file"}, "the file ends in the middle of this %t"},
};

static const struct {
	const char *theirs, *ours;
} things[] = {
	{"array", "list"}, {"inline table", "table in braces"}, {"table header", "[section]"}, {"key-value pair", "setting"},
};

static struct str words_after(struct str text, const char *words)
{
	const char *found = memmem(text.data, text.len, words, strlen(words));
	if (!found)
		return STR_NONE;
	const char *start = found + strlen(words);
	return str_make(start, text.len - (size_t)(start - text.data));
}

static struct str what_was_seen(struct str description)
{
	struct str seen = words_after(description, "saw ");
	if (!seen.data || str_is(seen, "EOF"))
		return STR("the end of the file");
	if (str_starts_with(seen, STR("'\\n'")))
		return STR("the end of the line");
	if (str_starts_with(seen, STR("comma")))
		return STR("a comma");
	return seen;
}

/* "Error while parsing array: ..." is about a list. */
static struct str what_was_read(struct str description)
{
	int colon = (int)str_find_char(description, ':');
	struct str thing = str_make(description.data, colon >= 0 ? (size_t)colon : description.len);
	for (size_t i = 0; i < sizeof things / sizeof things[0]; i++) {
		if (str_is(thing, things[i].theirs))
			return str_from(things[i].ours);
	}
	return thing;
}

static void fill(const char *pattern, struct str description, char *text, size_t size)
{
	const char *mark = strchr(pattern, '%');
	if (!mark) {
		snprintf(text, size, "syntax error: %s", pattern);
		return;
	}
	struct str word = mark[1] == 's' ? what_was_seen(description) : what_was_read(description);
	snprintf(text, size, "syntax error: %.*s%.*s%s", (int)(mark - pattern), pattern, STR_ARGS(word), mark + 2);
}

void toml_fault_describe(struct str description, char *text, size_t size)
{
	struct str inner = words_after(description, "Error while parsing ");
	struct str found = inner.data ? inner : description;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *const *words = rows[i].words;
		if (words_after(found, words[0]).data && (!words[1] || words_after(found, words[1]).data)) {
			fill(rows[i].text, found, text, size);
			return;
		}
	}
	snprintf(text, size, "syntax error in %.*s", (int)(found.len < 200 ? found.len : 200), found.data);
}
