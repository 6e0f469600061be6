/* Every type of option, with a table of its own, and every kind of problem. */
#include "conf/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct inner {
	struct str name;
	int64_t number;
};

struct outer {
	bool truth;
	int64_t integer, ranged, listed, endless, port;
	struct str string, word, name, domain, ip, file, secret;
	int choice;
	struct option_int_or_name either;
	struct option_list strings, words, domains, files, choices, integers;
	struct inner in_place;
	const struct inner *pointed;
	struct option_list tables, named, named_tables;
	int64_t completed;
};

#undef AT
#define AT(field) offsetof(struct inner, field)

static void examine_inner(const void *values, struct option_problems *p)
{
	const struct inner *in = values;
	if (in->number == 13 && !option_has_errors(p, "number"))
		option_problem(p, "number", "brings bad luck");
	if (in->number == 12)
		option_warning(p, NULL, "is nearly bad luck");
}

static const struct option inner_options[] = {
	{.key = "number", .type = OPTION_INT, .offset = AT(number), .preset = "5"},
	{0},
};
static const struct option_table inner_table = {
	.name = "inner", .size = sizeof(struct inner), .options = inner_options, .examine = examine_inner,
};

#undef AT
#define AT(field) offsetof(struct outer, field)

static const struct option empty_options[] = {{0}};
static const struct option_table module_table = {.name = "module", .options = empty_options};

static void complete_outer(void *values, struct option_problems *p)
{
	((struct outer *)values)->completed = option_was_given(p, "integer") ? 2 : 1;
}

static const struct option outer_options[] = {
	{.key = "truth", .type = OPTION_BOOL, .offset = AT(truth), .preset = "true"},
	{.key = "integer", .type = OPTION_INT, .offset = AT(integer)},
	{.key = "ranged", .type = OPTION_INT, .offset = AT(ranged), .min = -5, .max = 5, .preset = "-1"},
	{.key = "listed", .type = OPTION_INT, .offset = AT(listed), .values = "4|6"},
	{.key = "endless", .type = OPTION_INT_OR_INFINITY, .offset = AT(endless), .min = 1, .preset = "\"infinity\"", .old_key = "limitless"},
	{.key = "port", .type = OPTION_PORT, .offset = AT(port)},
	{.key = "string", .type = OPTION_STRING, .offset = AT(string), .max = 5},
	{.key = "long", .type = OPTION_STRING, .flags = OPTION_NOT_STORED, .min = 3},
	{.key = "word", .type = OPTION_STRING, .offset = AT(word), .values = "red|green", .preset = "\"green\""},
	{.key = "name", .type = OPTION_NAME, .offset = AT(name)},
	{.key = "domain", .type = OPTION_DOMAIN, .offset = AT(domain)},
	{.key = "ip", .type = OPTION_IP, .offset = AT(ip)},
	{.key = "file", .type = OPTION_FILE, .offset = AT(file)},
	{.key = "secret", .type = OPTION_STRING, .flags = OPTION_SECRET, .offset = AT(secret), .min = 9},
	{.key = "choice", .type = OPTION_ENUM, .offset = AT(choice), .values = "one|two|three", .preset = "\"two\""},
	{.key = "either", .type = OPTION_INT_OR_NAME, .offset = AT(either)},
	{.key = "strings", .type = OPTION_LIST_STRING, .flags = OPTION_NON_EMPTY | OPTION_UNIQUE, .offset = AT(strings), .min = 1},
	{.key = "words", .type = OPTION_LIST_STRING, .offset = AT(words), .values = "red|green", .preset = "[\"red\", \"red\"]"},
	{.key = "domains", .type = OPTION_LIST_DOMAIN, .offset = AT(domains)},
	{.key = "files", .type = OPTION_LIST_FILE, .offset = AT(files)},
	{.key = "choices", .type = OPTION_LIST_ENUM, .offset = AT(choices), .values = "one|two|three"},
	{.key = "integers", .type = OPTION_LIST_INT, .flags = OPTION_UNIQUE, .offset = AT(integers), .min = 0, .max = 9},
	{.key = "in_place", .type = OPTION_TABLE, .offset = AT(in_place), .table = &inner_table},
	{.key = "pointed", .type = OPTION_TABLE, .flags = OPTION_POINTER, .offset = AT(pointed), .table = &inner_table},
	{.key = "tables", .type = OPTION_TABLES, .offset = AT(tables), .table = &inner_table},
	{.key = "named", .type = OPTION_NAMED, .offset = AT(named), .table = &inner_table},
	{.key = "named_tables", .type = OPTION_NAMED_TABLES, .offset = AT(named_tables), .table = &inner_table},
	{.key = "anything", .type = OPTION_TABLE},
	{.key = "tuning", .type = OPTION_INT, .flags = OPTION_IGNORED, .min = 1, .help = "it tunes itself"},
	{.key = "missing", .type = OPTION_BOOL, .flags = OPTION_UNSUPPORTED | OPTION_NOT_STORED},
	{.key = "off", .type = OPTION_BOOL, .flags = OPTION_UNSUPPORTED | OPTION_NOT_STORED, .preset = "false"},
	{.key = "missing_table", .type = OPTION_TABLE, .flags = OPTION_UNSUPPORTED | OPTION_NOT_STORED, .table = &inner_table},
	{.key = "mod_x", .type = OPTION_TABLE, .flags = OPTION_MODULE | OPTION_NOT_STORED, .table = &module_table},
	{0},
};
static const struct option_table outer_table = {
	.name = "outer", .size = sizeof(struct outer), .options = outer_options, .complete = complete_outer,
};

static const struct option top_options[] = {
	{.key = "o", .type = OPTION_TABLE, .flags = OPTION_REQUIRED, .table = &outer_table},
	{0},
};
static const struct option_table top_table = {.name = "", .size = sizeof(struct outer), .options = top_options};

struct reading {
	struct arena arena;
	struct option_problems p;
	struct outer values;
	struct buf report;
};

static void read_text(struct reading *r, const char *text, bool ignore_unsupported)
{
	struct toml_error error;
	*r = (struct reading){0};
	arena_init(&r->arena, 0);
	buf_init(&r->report);
	schema_init(&r->p, "f", &r->arena, (struct config_prepare){0});
	struct toml_node *root = toml_parse(&r->p.scratch, str_from(text), &error);
	assert_non_null(root);
	schema_read(&r->p, &top_table, root, &r->values);
	schema_finish(&r->p, ignore_unsupported);
	report_print(&r->p.report, &r->report);
	buf_append_char(&r->report, 0);
}

static void end_reading(struct reading *r)
{
	schema_fini(&r->p);
	buf_fini(&r->report);
	arena_fini(&r->arena);
}

struct problem_case {
	const char *text, *report;
};

static void check_problems(const struct problem_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct reading r;
		read_text(&r, cases[i].text, false);
		assert_string_equal(r.report.data, cases[i].report);
		end_reading(&r);
	}
}

#define CHECK(...)                                                           \
	static const struct problem_case cases[] = {__VA_ARGS__};            \
	(void)state;                                                         \
	check_problems(cases, sizeof(cases) / sizeof(*cases))

static void gives_presets(void **state)
{
	struct reading r;
	(void)state;
	read_text(&r, "[o]\n", false);
	assert_string_equal(r.report.data, "");
	assert_true(r.values.truth);
	assert_int_equal(r.values.integer, 0);
	assert_int_equal(r.values.ranged, -1);
	assert_true(r.values.endless == OPTION_INFINITY);
	assert_true(str_is(r.values.word, "green"));
	assert_int_equal(r.values.choice, 1);
	assert_int_equal(r.values.words.count, 2);
	assert_null(r.values.domain.data);
	assert_int_equal(r.values.in_place.number, 5);
	assert_null(r.values.pointed);
	assert_int_equal(r.values.strings.count, 0);
	assert_int_equal(r.values.completed, 1);
	end_reading(&r);
}

static void stores_values(void **state)
{
	struct reading r;
	(void)state;
	read_text(&r,
		  "[o]\ntruth = false\ninteger = -9\nranged = 5\nlisted = 6\nendless = 7\nport = 0\nstring = \"abcde\"\nword = \"red\"\n"
		  "name = \"n\"\ndomain = \"Vjud.@HOST@\"\nip = \"127.1\"\nfile = \"/etc/passwd\"\nchoice = \"three\"\neither = 5\n"
		  "strings = [\"a\", \"b\"]\ndomains = [\"EXAMPLE.org\"]\nchoices = [\"three\", \"one\"]\nintegers = [9, 0]\n"
		  "in_place.number = 1\npointed.number = 2\n[[o.tables]]\nnumber = 3\n[[o.tables]]\n[o.named.zz]\nnumber = 4\n[o.named.aa]\n"
		  "[o.named_tables]\nx = [{number = 6}, {}]\n[o.anything.at]\nall = 1\n",
		  false);
	assert_string_equal(r.report.data, "");
	const struct outer *o = &r.values;
	assert_false(o->truth);
	assert_int_equal(o->integer, -9);
	assert_int_equal(o->ranged, 5);
	assert_int_equal(o->listed, 6);
	assert_int_equal(o->endless, 7);
	assert_string_equal(o->string.data, "abcde");
	assert_string_equal(o->word.data, "red");
	assert_string_equal(o->domain.data, "vjud.@HOST@");
	assert_string_equal(o->ip.data, "127.0.0.1");
	assert_string_equal(o->file.data, "/etc/passwd");
	assert_int_equal(o->choice, 2);
	assert_true(o->either.is_int);
	assert_int_equal(o->either.number, 5);
	assert_int_equal(o->strings.count, 2);
	assert_string_equal(((const struct str *)o->strings.items)[1].data, "b");
	assert_string_equal(((const struct str *)o->domains.items)[0].data, "example.org");
	assert_int_equal(((const int *)o->choices.items)[0], 2);
	assert_int_equal(((const int *)o->choices.items)[1], 0);
	assert_int_equal(((const int64_t *)o->integers.items)[0], 9);
	assert_int_equal(o->in_place.number, 1);
	assert_int_equal(o->pointed->number, 2);
	assert_int_equal(((const struct inner *)o->tables.items)[0].number, 3);
	assert_int_equal(((const struct inner *)o->tables.items)[1].number, 5);
	assert_string_equal(((const struct inner *)o->named.items)[0].name.data, "zz");
	assert_int_equal(((const struct inner *)o->named.items)[0].number, 4);
	assert_string_equal(((const struct inner *)o->named.items)[1].name.data, "aa");
	const struct option_named_list *list = o->named_tables.items;
	assert_int_equal(o->named_tables.count, 1);
	assert_string_equal(list->name.data, "x");
	assert_int_equal(list->items.count, 2);
	assert_int_equal(((const struct inner *)list->items.items)[0].number, 6);
	assert_int_equal(o->completed, 2);
	end_reading(&r);
}

static void refuses_wrong_types(void **state)
{
	CHECK(
	    {"o.truth = 1", "f:1:11: error: o.truth: expected true or false, got 1\n"},
	    {"o.integer = \"1\"", "f:1:13: error: o.integer: expected an integer, got \"1\"\n"},
	    {"o.integer = 1.5", "f:1:13: error: o.integer: expected an integer, got 1.5\n"},
	    {"o.integer = 2020-01-01",
	     "f:1:13: error: o.integer: expected an integer, got the date or time 2020-01-01\n"},
	    {"o.ranged = 6", "f:1:12: error: o.ranged: expected an integer from -5 to 5, got 6\n"},
	    {"o.listed = 5", "f:1:12: error: o.listed: expected 4 or 6, got 5\n"},
	    {"o.endless = 0", "f:1:13: error: o.endless: expected an integer of at least 1 or \"infinity\", got 0\n"},
	    {"o.endless = \"Infinity\"", "f:1:13: error: o.endless: expected an integer of at least 1 or \"infinity\", "
					 "got \"Infinity\"; did you mean \"infinity\"?\n"},
	    {"o.port = 70000", "f:1:10: error: o.port: expected an integer from 0 to 65535, got 70000\n"},
	    {"o.string = 5", "f:1:12: error: o.string: expected a string, got 5\n"},
	    {"o.string = \"abcdef\"", "f:1:12: error: o.string: expected at most 5 bytes, got 6\n"},
	    {"o.string = \"a\\u0000\"", "f:1:12: error: o.string: a string may not contain the character U+0000\n"},
	    {"o.long = \"ab\"", "f:1:10: error: o.long: expected a string of at least 3 characters, got \"ab\"\n"},
	    {"o.word = \"gren\"",
	     "f:1:10: error: o.word: expected \"red\" or \"green\", got \"gren\"; did you mean \"green\"?\n"},
	    {"o.name = \"\"", "f:1:10: error: o.name: expected a non-empty string, got \"\"\n"},
	    {"o.domain = \"a b\"", "f:1:12: error: o.domain: expected a domain name, got \"a b\"\n"},
	    {"o.domain = \"@HOST@.@HOST@\"",
	     "f:1:12: error: o.domain: expected a domain name, got \"@HOST@.@HOST@\"\n"},
	    {"o.ip = \"::x\"", "f:1:8: error: o.ip: expected an IPv4 or IPv6 address, got \"::x\"\n"},
	    {"o.choice = \"four\"", "f:1:12: error: o.choice: expected \"one\", \"two\" or \"three\", got \"four\"\n"},
	    {"o.choice = true", "f:1:12: error: o.choice: expected \"one\", \"two\" or \"three\", got true\n"},
	    {"o.either = \"\"", "f:1:12: error: o.either: expected an integer or a non-empty string, got \"\"\n"},
	    {"o.either = []", "f:1:12: error: o.either: expected an integer or a non-empty string, got a list\n"}, );
}

static void refuses_wrong_files(void **state)
{
	CHECK({"o.file = \"/nonexistent\"", "f:1:10: error: o.file: the file \"/nonexistent\" cannot be used: No such file or directory\n"},
	      {"o.file = \"/etc\"", "f:1:10: error: o.file: \"/etc\" is not a regular file\n"},
	      {"o.file = \"/dev/null\"", "f:1:10: error: o.file: \"/dev/null\" is not a regular file\n"},
	      {"o.files = [\"/etc/passwd\", \"/\"]", "f:1:27: error: o.files[1]: \"/\" is not a regular file\n"}, );
}

static void refuses_wrong_lists(void **state)
{
	CHECK({"o.strings = \"a\"",
	       "f:1:13: error: o.strings: expected a non-empty list of strings, got \"a\"; write [\"a\"]\n"},
	      {"o.strings = []", "f:1:13: error: o.strings: the list is empty, expected at least one item\n"},
	      {"o.strings = [1, \"\"]", "f:1:14: error: o.strings[0]: expected a non-empty string, got 1\n"
					"f:1:17: error: o.strings[1]: expected a non-empty string, got \"\"\n"},
	      {"o.strings = [\"a\",\n\"b\",\n\"a\"]",
	       "f:3:1: error: o.strings[2]: \"a\" stands twice in the list, the first time on line 1\n"},
	      {"o.integers = [1, 1, 10]",
	       "f:1:18: error: o.integers[1]: 1 stands twice in the list, the first time on line 1\n"
	       "f:1:21: error: o.integers[2]: expected an integer from 0 to 9, got 10\n"},
	      {"o.choices = [\"one\", \"one\"]",
	       "f:1:21: error: o.choices[1]: \"one\" stands twice in the list, the first time on line 1\n"},
	      {"o.domains = [\"\"]", "f:1:14: error: o.domains[0]: expected a domain name, got \"\"\n"}, );
}

static void refuses_wrong_tables(void **state)
{
	CHECK({"", "f:1:1: error: the required section [o] is missing\n"}, {"o = 1", "f:1:5: error: o: expected a table, got 1\n"},
	      {"[[o]]", "f:1:1: error: o: expected one table, got a list; write [o]\n"},
	      {"[o.tables]", "f:1:1: error: o.tables: expected a list of tables, got one table; write [[o.tables]]\n"},
	      {"o.tables = [{}, 5]", "f:1:17: error: o.tables[1]: expected a table, got an integer\n"},
	      {"[[o.named.x]]", "f:1:1: error: o.named.x: expected one table, got a list; write [o.named.x]\n"},
	      {"o.named = 5", "f:1:11: error: o.named: expected a table, got 5\n"},
	      {"o.named.\"\" = {}", "f:1:9: error: o.named: expected a non-empty name\n"},
	      {"[o.named_tables.\"a b\"]",
	       "f:1:1: error: o.named_tables.\"a b\": expected a list of tables, got one table; write [[o.named_tables.\"a b\"]]\n"},
	      {"[o]\n[[o.named_tables.a]]\nnumber = \"x\"",
	       "f:3:10: error: o.named_tables.a[0].number: expected an integer, got \"x\"\n"}, );
}

static void finds_unknown_keys(void **state)
{
	CHECK({"x = 1\n[o]\n", "f:1:1: error: unknown key \"x\"; there is \"o\"\n"},
	      {"[o]\nprot = 1\n", "f:2:1: error: o: unknown key \"prot\"; did you mean \"port\"?\n"},
	      {"[o]\nlimitles = 1\n", "f:2:1: error: o: unknown key \"limitles\"; did you mean \"endless\"?\n"},
	      {"[o]\n\"a\\nb\" = 1\n", "f:2:1: error: o: unknown key \"a?b\"\n"},
	      {"[[o.tables]]\nnumbers = 1\n",
	       "f:2:1: error: o.tables[0]: unknown key \"numbers\"; did you mean \"number\"?\n"},
	      {"[o.mod_x]\nbackend = \"a\"\niqdisc.type = \"no_queue\"\nx = 1\n",
	       "f:4:1: error: o.mod_x: unknown key \"x\"; there are no options here\n"}, );
}

static void knows_old_spellings(void **state)
{
	CHECK({"o.limitless = 5", "f:1:3: warning: o.limitless: is the old spelling of \"endless\"\n"},
	      {"o.limitless = 0", "f:1:3: warning: o.limitless: is the old spelling of \"endless\"\n"
				  "f:1:15: error: o.limitless: expected an integer of at least 1 or \"infinity\", got 0\n"},
	      {"[o]\nlimitless = 5\nendless = 5", "f:2:1: error: o.limitless: is the old spelling of \"endless\", which stands on line 3 as "
						  "well; keep one of them\n"}, );
}

static void warns_about_ignored_options(void **state)
{
	CHECK({"o.tuning = 5", "f:1:3: warning: o.tuning: has no effect here: it tunes itself\n"},
	      {"o.tuning = 0", "f:1:3: warning: o.tuning: has no effect here: it tunes itself\n"
			       "f:1:12: error: o.tuning: expected an integer of at least 1, got 0\n"}, );
}

static void groups_what_is_not_implemented(void **state)
{
	CHECK({"[o]\noff = false\n", ""},
	      {"[o]\noff = true\n",
	       "f:2:1: error: known, but not implemented: o.off (line 2); remove what is named, or start with --ignore-unsupported\n"},
	      {"[o]\nmissing = true\n[o.missing_table]\nnumber = 1\n",
	       "f:2:1: error: known, but not implemented: o.missing (line 2), o.missing_table (line 3); remove what is named, or start with "
	       "--ignore-unsupported\n"},
	      {"[o]\nmissing = 1\n",
	       "f:2:11: error: o.missing: expected true or false, got 1\n"}, );
	struct reading r;
	read_text(&r, "[o]\nmissing = true\n[o.missing_table]\nnumber = 1\n", true);
	assert_string_equal(r.report.data, "f:2:1: warning: o.missing: is not implemented and has no effect\n"
					   "f:3:4: warning: o.missing_table: is not implemented and has no effect\n");
	assert_int_equal(r.p.report.errors, 0);
	end_reading(&r);
}

static void lets_tables_examine_themselves(void **state)
{
	CHECK({"[[o.tables]]\nnumber = 13\n[[o.tables]]\nnumber = 12\n",
	       "f:2:10: error: o.tables[0].number: brings bad luck\nf:3:1: warning: o.tables[1]: is nearly bad luck\n"});
}

static void keeps_secrets_out_of_reports(void **state)
{
	CHECK({"o.secret = \"hunter2\"", "f:1:12: error: o.secret: expected a string of at least 9 characters, got a string\n"},
	      {"o.secret = 12345", "f:1:12: error: o.secret: expected a string of at least 9 characters, got an integer\n"}, );
}

static void cuts_long_values(void **state)
{
	CHECK({"o.integer = \"1234567890123456789012345678901234567890123456789012345678\xc3\xa4\xc3\xa4\"",
	       "f:1:13: error: o.integer: expected an integer, got \"1234567890123456789012345678901234567890123456789012345678\xc3\xa4...\"\n"});
}

static void sorts_problems(void **state)
{
	CHECK({"[o]\nport = 1.5\ninteger = 1.5\nx = 1\n",
	       "f:2:8: error: o.port: expected an integer from 0 to 65535, got 1.5\n"
	       "f:3:11: error: o.integer: expected an integer, got 1.5\n"
	       "f:4:1: error: o: unknown key \"x\"; did you mean \"mod_x\"?\n"});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_presets),
		cmocka_unit_test(stores_values),
		cmocka_unit_test(refuses_wrong_types),
		cmocka_unit_test(refuses_wrong_files),
		cmocka_unit_test(refuses_wrong_lists),
		cmocka_unit_test(refuses_wrong_tables),
		cmocka_unit_test(finds_unknown_keys),
		cmocka_unit_test(knows_old_spellings),
		cmocka_unit_test(warns_about_ignored_options),
		cmocka_unit_test(groups_what_is_not_implemented),
		cmocka_unit_test(lets_tables_examine_themselves),
		cmocka_unit_test(keeps_secrets_out_of_reports),
		cmocka_unit_test(cuts_long_values),
		cmocka_unit_test(sorts_problems),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
