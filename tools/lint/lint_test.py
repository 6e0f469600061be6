#!/usr/bin/python3
"""Tests of the lint programs: what they must find, and what they must leave alone."""
import os
import sys
import tempfile
import unittest
from importlib.machinery import SourceFileLoader
from unittest import mock

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import tree  # noqa: E402


def load(name):
    return SourceFileLoader(name, os.path.join(HERE, name)).load_module()


budgets, layers, walk, formats, words, rows = map(load, ("budgets", "layers", "walk", "format", "words", "rows"))

SOURCE = """/* sample: int not_me(int a, int b, int c, int d, int e, int f); */
#include "base/str.h"

struct table {
	int a;
};

static const struct table rows[] = {
	{1},
	{2},
};

static int first(struct table *t, const char *(*name)(int, int), int c)
{
	for (int i = 0; i < c; i++) {
		if (t->a) {
			struct table x = {
				.a = 1,
			};
			name(x.a, "}{");
		}
	}
	return 0;
}

int
second(void)
{
	return 1;
}
"""


class TreeCase(unittest.TestCase):
    """A checkout of a few files."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        patch = mock.patch.object(tree, "ROOT", self.folder.name)
        patch.start()
        self.addCleanup(patch.stop)
        self.write("tools/lint/exceptions", "")

    def write(self, path, text):
        whole = os.path.join(self.folder.name, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="utf-8") as file:
            file.write(text)


class CodeTest(TreeCase):
    def test_comments_and_strings_are_blanked(self):
        self.write("a.c", 'x = "a\\"/*"; /* {\n} */ y = \'{\'; // z\n')
        self.assertEqual(tree.code("a.c"), 'x = "     ";     \n     y = \' \';     \n')

    def test_an_exception_silences_and_must_be_needed(self):
        self.write("tools/lint/exceptions", "rule a.c because\nrule b.c because\nother c.c because\n")
        complaints = tree.Complaints("test")
        complaints.add("rule", "a.c", 1, "bad")
        with mock.patch("builtins.print") as printed, self.assertRaises(SystemExit) as ended:
            complaints.finish({"rule"})
        self.assertEqual(ended.exception.code, 1)
        printed.assert_called_once_with("tools/lint/exceptions:2: rule b.c: not needed any more")


class BudgetsTest(TreeCase):
    def test_functions(self):
        self.write("a.c", SOURCE)
        found = list(budgets.functions(tree.code("a.c")))
        self.assertEqual([(f[0], f[2], f[3], f[4]) for f in found], [("first", 9, 3, 2), ("second", 1, 0, 0)])

    def test_nesting_of_else_and_switch(self):
        body = "\tif (a) {\n\t} else {\n\t\tswitch (b) {\n\t\tcase 1: {\n\t\t\tx();\n\t\t}\n\t\t}\n\t}\n"
        self.assertEqual(budgets.nesting(body), 3)
        self.assertEqual(budgets.nesting("\tcall((struct s){\n\t\t.a = 1,\n\t});\n\tint x[] = {\n\t\t1,\n\t};\n"), 0)

    def test_public_functions(self):
        header = (
            "#define M(x) \\\n\tf(x)\ntypedef void (*callback)(int);\nstruct a {\n\tvoid (*m)(int);\n};\nvoid a_one(int x);\n"
            "const char *a_two(int a,\n\t\t  int b) must_use;\nstatic inline int a_three(void)\n{\n\treturn 0;\n}\nextern int a_four;\n"
        )
        self.assertEqual(budgets.public_functions(header), ["a_one", "a_two", "a_three"])


class LayersTest(TreeCase):
    def test_objections(self):
        for path in ("base/a.h", "net/b.h", "ext/c.h", "ext/d/e.h", "http/h.h"):
            self.write("src/" + path, "")
        allowed = [("net/x.c", "base/a.h"), ("net/x.c", "net/b.h"), ("ext/c.c", "ext/c.h"), ("ext/d/x.c", "ext/d/e.h"),
                   ("ext/upload.c", "http/h.h"), ("main/x.c", "ext/c.h")]  # fmt: skip
        refused = [("base/x.c", "net/b.h"), ("ext/x.c", "ext/c.h"), ("ext/x.c", "http/h.h"), ("net/x.c", "b.h"), ("net/x.c", "base/no.h")]
        self.assertEqual([pair for pair in allowed if layers.objection(*pair)], [])
        self.assertEqual([pair for pair in refused if not layers.objection(*pair)], [])


class WalkTest(TreeCase):
    def test_files_and_functions(self):
        self.write("src/net/conn.c", SOURCE)
        self.write("src/net/conn.h", "")
        self.assertEqual(walk.files_named("`net/conn` and `src/net/conn.h`, `net/gone.c`"),
                         (["src/net/conn.c", "src/net/conn.h", "src/net/conn.h"], ["net/gone.c"]))  # fmt: skip
        self.assertTrue(walk.defines(SOURCE, "first") and walk.defines(SOURCE, "second"))
        self.assertFalse(walk.defines(SOURCE, "third"))
        self.assertFalse(walk.defines("int unlike_first(void)\n", "first"))


class RowsTest(unittest.TestCase):
    # In pieces, so that lint does not take them for names of rows.
    def test_names(self):
        for text, expected in (
            ("# T-" "AB-01, T-" "AB-03: x", "01 03"),
            ("T-" "AB-01, -02, -05 (and 3)", "01 02 05"),
            ("void test_T_" "AB_07_some_thing(", "07"),
            ("void test_T_" "AB_07_to_09_x(", "07 08 09"),
            ("T_" "AB_07_and_09_x", "07 09"),
            ("rows T-" "AB-04 to T-" "AB-48", ""),
            ("CAT-" "AB-01 T-" "AB-012", ""),
        ):  # fmt: skip
            self.assertEqual(sorted(rows.rows_named(text)), [f"T-AB-{number}" for number in expected.split()], text)

    def test_lines(self):
        line = "| T-" "AB-01 | when | this | that | same | old |"
        self.assertEqual(rows.renewed(line, {}), line.replace("old", "-"))
        self.assertEqual(rows.renewed(line, {"T-" "AB-01": ["wire a", "unit b"]}), line.replace("old", "wire a, unit b"))
        self.assertEqual(rows.short_name("test/wire/10-a/b.wire"), "wire 10-a/b")
        self.assertIsNone(rows.short_name("test/support/a.c"))


class FormatTest(unittest.TestCase):
    def broken(self, line):
        return {rule for rule, pattern, _ in formats.C_RULES if pattern.search(line)}

    def test_rules(self):
        self.assertEqual(self.broken("    int x;"), {"indent"})
        self.assertEqual(self.broken("\t        int x;"), {"indent"})
        self.assertEqual(self.broken("int f(void) {"), {"brace"})
        self.assertEqual(self.broken("\tif(x)"), {"space"})
        self.assertEqual(self.broken("\t// x"), {"comment"})
        for line in ("\t\t   int x;", " * a comment", "struct a {", "\tfor (;;) {", "static const struct a b = {", "\tx = (struct a){"):
            self.assertEqual(self.broken(line), set(), line)


class WordsTest(unittest.TestCase):
    def test_words(self):
        self.assertTrue(words.LATER.search("/* TO" "DO: later */") and words.LATER.search("a st" "ub"))
        self.assertFalse(words.LATER.search("stubborn, todos, unimplemented"))
        self.assertTrue(words.EMPTY.search("assert_true(" "1)"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
