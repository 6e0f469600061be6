"""tree: what the lint programs share: the files of the checkout, their text without comments, exceptions and the way to complain."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
C_FILES = (".c", ".h", ".cc", ".def")
CORPORA = "test/fuzz/corpus/"  # inputs of any kind, not sources


def files(*folders, endings=C_FILES):
    """The files below these folders, tracked or new but not ignored; paths are relative to the root."""
    command = ["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    ours = (path for path in listed if path.endswith(endings) and not path.startswith(CORPORA))
    return sorted({path for path in ours if os.path.isfile(os.path.join(ROOT, path))})


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def code(path):
    """The text with comments, strings and character constants blanked out; lines stay where they are."""

    def blank(match):
        text = match[0]
        kept = text[0] + text[-1] if text[0] in "\"'" else ""
        return kept[:1] + re.sub(r"[^\n]", " ", text[1:-1] if kept else text) + kept[1:]

    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)+\'', blank, read(path), flags=re.DOTALL)


class Complaints:
    """Collects what is wrong. An exception is a line of tools/lint/exceptions: RULE PLACE REASON."""

    def __init__(self, program):
        self.program = program
        self.count = 0
        self.exceptions = {}
        for number, line in enumerate(read("tools/lint/exceptions").splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                rule, place, reason = (line.split(None, 2) + ["", "", ""])[:3]
                self.exceptions[rule, place] = (number, reason)
        self.used = set()

    def add(self, rule, place, line, text):
        """`place` is a path or PATH:FUNCTION, as an exception names it."""
        if (rule, place) in self.exceptions:
            self.used.add((rule, place))
            return
        self.count += 1
        path = place.split(":")[0]
        print(f"{path}:{line}: {rule}: {text}")

    def finish(self, rules):
        """Exits. Exceptions of these rules must have been needed and have a reason."""
        for (rule, place), (number, reason) in self.exceptions.items():
            if rule in rules and ((rule, place) not in self.used or not reason):
                self.count += 1
                print(f"tools/lint/exceptions:{number}: {rule} {place}: {'not needed any more' if reason else 'no reason'}")
        sys.exit(1 if self.count else 0)
