/* The option tables as text: docs/options.md and `meerkat --options`. */
#include "base/check.h"
#include "conf/layout.h"
#include "conf/schema_value.h"

enum { KEY_INDENT = 2, TEXT_INDENT = 6, LINE_COLUMNS = 79, PAGE_COLUMNS = 110, MAX_TABLES = 512 };

static const char *const reload_names[] = {
	[OPTION_AT_ONCE] = "at once", [OPTION_NEW_CONNECTIONS] = "new connections", [OPTION_RESTART] = "restart",
};

struct description {
	struct buf *out;
	bool is_markdown;
	struct arena arena;
	const struct option_table *seen[MAX_TABLES]; /* described already, as auth is when host_config comes */
	size_t seen_count;
};

static bool is_section(const struct option *o)
{
	return o->type == OPTION_TABLE || o->type == OPTION_TABLES || o->type == OPTION_NAMED || o->type == OPTION_NAMED_TABLES;
}

static bool is_for_use(const struct option *o)
{
	return !(o->flags & (OPTION_UNSUPPORTED | OPTION_IGNORED));
}

/* How the section of option o is opened in a file. */
static const char *heading(struct description *d, const char *path, const struct option *o)
{
	const char *inner = path[0] ? arena_printf(&d->arena, "%s.%s", path, o->key) : o->key;
	if (o->type == OPTION_TABLES)
		return arena_printf(&d->arena, "[[%s]]", inner);
	if (o->type == OPTION_NAMED)
		return arena_printf(&d->arena, "[%s.NAME]", inner);
	if (o->type == OPTION_NAMED_TABLES)
		return arena_printf(&d->arena, "[[%s.NAME]]", inner);
	return arena_printf(&d->arena, "[%s]", inner);
}

/* Breaks the text into lines that start in column `indent`, where the first line has got already; 0: for the page, whose lines are longer. */
static void wrap(struct buf *out, struct str text, size_t indent)
{
	size_t column = indent, columns = indent > 0 ? LINE_COLUMNS : PAGE_COLUMNS;
	struct str rest = text;
	while (rest.data) {
		struct str word = str_split(rest, ' ', &rest);
		if (column > indent && column + 1 + word.len > columns) {
			buf_printf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			buf_append_char(out, ' ');
			column++;
		}
		buf_append_str(out, word);
		column += word.len;
	}
	buf_append_char(out, '\n');
}

/* A cell of a Markdown table. */
static void cell(struct buf *out, struct str text)
{
	buf_append_char(out, ' ');
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '|')
			buf_append_char(out, '\\');
		buf_append_char(out, text.data[i]);
	}
	buf_append_text(out, " |");
}

static const char *expected_text(struct description *d, const struct option *o)
{
	struct buf text;
	buf_init(&text);
	schema_value_expected(o, &text);
	if (o->unit)
		buf_printf(&text, " (%s)", o->unit);
	const char *copy = arena_str(&d->arena, buf_str(&text)).data;
	buf_fini(&text);
	return copy;
}

/* Without the full stop, because more may follow. */
static struct str open_sentence(const char *help)
{
	struct str text = str_from(help ? help : "");
	return str_ends_with(text, STR(".")) ? str_make(text.data, text.len - 1) : text;
}

static const char *meaning_text(struct description *d, const struct option *o)
{
	struct buf text;
	buf_init(&text);
	buf_append_str(&text, open_sentence(o->help));
	if (text.len > 0 && text.data[0] >= 'a' && text.data[0] <= 'z')
		text.data[0] = (char)(text.data[0] - 'a' + 'A');
	if (o->flags & OPTION_SECRET)
		buf_append_text(&text, "; never shown or logged");
	if (o->old_key)
		buf_printf(&text, "; formerly %s", o->old_key);
	if (o->since)
		buf_printf(&text, "; since MongooseIM %s", o->since);
	const char *copy = arena_str(&d->arena, buf_str(&text)).data;
	buf_fini(&text);
	return copy;
}

static void append_indented(struct description *d, struct str text)
{
	buf_printf(d->out, "%*s", TEXT_INDENT, "");
	wrap(d->out, text, TEXT_INDENT);
}

static void option_as_text(struct description *d, const struct option *o)
{
	struct buf line;
	buf_init(&line);
	buf_printf(d->out, "%*s%s\n", KEY_INDENT, "", o->key);
	buf_printf(&line, "%s.", meaning_text(d, o));
	append_indented(d, buf_str(&line));
	line.len = 0;
	buf_append_text(&line, expected_text(d, o));
	if (o->preset)
		buf_printf(&line, "; default %s", o->preset);
	else if (o->flags & OPTION_REQUIRED)
		buf_append_text(&line, "; required");
	buf_printf(&line, "; reload: %s", reload_names[o->reload]);
	append_indented(d, buf_str(&line));
	if (o->example)
		buf_printf(d->out, "%*sexample: %s = %s\n", TEXT_INDENT, "", o->key, o->example);
	buf_fini(&line);
}

static void option_as_row(struct description *d, const struct option *o)
{
	const char *preset = o->flags & OPTION_REQUIRED ? "required" : "";
	if (o->preset)
		preset = arena_printf(&d->arena, "`%s`", o->preset);
	const char *meaning = meaning_text(d, o);
	if (o->example)
		meaning = arena_printf(&d->arena, "%s; for example `%s = %s`", meaning, o->key, o->example);
	buf_append_text(d->out, "|");
	cell(d->out, str_from(arena_printf(&d->arena, "`%s`", o->key)));
	cell(d->out, str_from(expected_text(d, o)));
	cell(d->out, str_from(preset));
	cell(d->out, str_from(reload_names[o->reload]));
	cell(d->out, str_from(meaning));
	buf_append_char(d->out, '\n');
}

static void describe_options(struct description *d, const struct option_table *table)
{
	size_t count = 0;
	for (const struct option *o = table->options; o->key; o++) {
		if (is_section(o) || !is_for_use(o))
			continue;
		if (count++ == 0)
			buf_append_text(d->out, d->is_markdown ? "\n| Option | Value | Default | Reload | Meaning |\n|---|---|---|---|---|\n" : "\n");
		if (d->is_markdown)
			option_as_row(d, o);
		else
			option_as_text(d, o);
	}
}

/* One paragraph with the keys that have this flag. */
static void describe_others(struct description *d, const struct option_table *table, unsigned flag, const char *title)
{
	struct buf text;
	size_t count = 0;
	buf_init(&text);
	buf_append_text(&text, title);
	for (const struct option *o = table->options; o->key; o++) {
		if (!(o->flags & flag))
			continue;
		buf_printf(&text, d->is_markdown ? "%s `%s`" : "%s %s", count++ > 0 ? "," : "", o->key);
		if (flag == OPTION_IGNORED && o->help)
			buf_printf(&text, " (%.*s)", STR_ARGS(open_sentence(o->help)));
	}
	if (count > 0) {
		buf_append_text(d->out, d->is_markdown ? "\n" : "\n  ");
		wrap(d->out, buf_str(&text), d->is_markdown ? 0 : 2);
	}
	buf_fini(&text);
}

static bool was_seen(struct description *d, const struct option_table *table)
{
	for (size_t i = 0; i < d->seen_count; i++) {
		if (d->seen[i] == table)
			return true;
	}
	check(d->seen_count < MAX_TABLES);
	d->seen[d->seen_count++] = table;
	return false;
}

static void describe_title(struct description *d, const char *path, const struct option *o, bool is_repeated)
{
	struct buf text;
	buf_init(&text);
	buf_printf(d->out, d->is_markdown ? "\n## `%s`\n\n" : "\n%s\n", heading(d, path, o));
	const char *help = o->table->help ? o->table->help : o->help;
	if (help)
		buf_printf(&text, "%.*s.", STR_ARGS(open_sentence(help)));
	if (o->help && is_repeated)
		buf_printf(&text, " Here: %.*s.", STR_ARGS(open_sentence(o->help)));
	if (o->old_key)
		buf_printf(&text, " Formerly called %s.", o->old_key);
	if (is_repeated)
		buf_printf(&text, " The options are those of %s.", o->table->name);
	if (text.len > 0 && !d->is_markdown)
		buf_append_text(d->out, "  ");
	if (text.len > 0)
		wrap(d->out, buf_str(&text), d->is_markdown ? 0 : 2);
	buf_fini(&text);
}

/* Recursion follows the option tables, which are ours and finite. */
static void describe_section(struct description *d, const char *path, const struct option *o)
{
	bool is_repeated = was_seen(d, o->table);
	describe_title(d, path, o, is_repeated);
	if (is_repeated)
		return;
	describe_options(d, o->table);
	describe_others(d, o->table, OPTION_UNSUPPORTED, "Known, but not implemented:");
	describe_others(d, o->table, OPTION_IGNORED, "Accepted, but without effect:");
	const char *inner = path[0] ? arena_printf(&d->arena, "%s.%s", path, o->key) : o->key;
	for (const struct option *section = o->table->options; section->key; section++) {
		if (is_section(section) && is_for_use(section) && section->table)
			describe_section(d, inner, section);
	}
}

static const char markdown_start[] =
	"# Options\n"
	"\n"
	"The configuration is one TOML file in the format of MongooseIM 6.1 to 6.8. This page is made by `meerkat --options --markdown`.\n"
	"\n"
	"`meerkat --config FILE --check` reads a file and names every mistake in it. *Reload* says what a change does when the file is read\n"
	"again (SIGHUP, or `meerkatctl server reload`): it holds *at once*, for *new connections*, or after a *restart*. `\"infinity\"` and\n"
	"numbers are written as shown. File names are relative to the directory in which the server was started.\n";

static const char text_start[] =
	"The configuration is one TOML file. meerkat --config FILE --check reads it and\n"
	"names every mistake in it. Each option: what it means, what it takes, its\n"
	"default, and when a change of it holds after a reload: at once, for new\n"
	"connections, or after a restart.\n";

void config_describe(const struct config_known *known, bool markdown, struct buf *out)
{
	struct description d = {.out = out, .is_markdown = markdown};
	arena_init(&d.arena, 0);
	const struct option_table *file = layout_make(&d.arena, known);
	buf_append_text(out, markdown ? markdown_start : text_start);
	for (const struct option *o = file->options; o->key; o++) {
		if (is_for_use(o))
			describe_section(&d, "", o);
	}
	if (markdown)
		buf_append_text(out, "\n## Other sections\n");
	describe_others(&d, file, OPTION_UNSUPPORTED, "Known, but not implemented:");
	describe_others(&d, file, OPTION_IGNORED, "Accepted, but without effect:");
	arena_fini(&d.arena);
}
