#!/usr/bin/python3
"""wire: plays the wire scripts of test/wire against a meerkat. test/wire/README.md says what a script is.

Each script is one case for each number of loops. Ends with `N passed, N failed`; the dialogue of a failed script is printed up to the
line that failed. Nothing is left behind."""
import argparse
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

from dialogue import partners, pattern, play, script, server  # noqa: E402
from dialogue.text import Mismatch  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOOPS = (1, 2, 7)
SHOWN_BYTES = 600
SHOWN_LINES = 60
LOGIN = re.compile(r"\] (logs in|comes online)")


def find_scripts(words):
    """The paths of the scripts that have one of the words in them, in order."""
    found = []
    for folder, _, files in os.walk(os.path.join(ROOT, "test", "wire")):
        found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in files if name.endswith(".wire")]
    given = [os.path.relpath(word, ROOT) for word in words if os.path.isfile(word) and word.endswith(".wire")]
    others = [word for word in words if not (os.path.isfile(word) and word.endswith(".wire"))]
    if words:
        found = [path for path in found if any(word in path for word in others)]
    return sorted(set(found + given))


def check_steps(read):
    """Raises ScriptError for a step that does not exist and a pattern that is not XML."""
    for step in read.steps:
        try:
            if not play.find_step(step):
                raise script.ScriptError(f"there is no such step: {step.who} {step.verb}")
            if re.match(r"receives(?! stream error| nothing| the end)|skips to", step.verb):
                pattern.parse(step.text or "")
        except ValueError as error:
            raise script.ScriptError(f"{read.path}:{step.line}: {error}") from None
        except script.ScriptError as error:
            raise script.ScriptError(f"{read.path}:{step.line}: {error}") from None


def read_script(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        read = script.read(path, file.read())
    check_steps(read)
    return read


class Dialogue:
    """What was said, for people."""

    def __init__(self, at_once):
        self.at_once = at_once
        self.steps = []  # [[the step's line, what went over the wire ...]]

    def record(self, who, direction, data):
        text = data.decode("utf-8", "backslashreplace")
        if len(text) > SHOWN_BYTES:
            text = f"{text[:SHOWN_BYTES]}... ({len(data)} bytes)"
        text = "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text.rstrip("\n"))
        text = text.replace("\n", "\n" + " " * 8)
        line = f"{direction:>5} {text}" if who is None else f"        {who} {direction} {text}"
        if who is None or not self.steps:
            self.steps.append([])
        self.steps[-1].append(line)
        if self.at_once:
            print(line, flush=True)

    def text(self):
        """All of it, but for the details of logins that went well."""
        shown = [step[:1] if LOGIN.search(step[0]) else step for step in self.steps[:-1]] + self.steps[-1:]
        return "\n".join([line for step in shown for line in step][-SHOWN_LINES:])


def play_script(read, loops, options, folder):
    """The reason of the failure, or None."""
    said = Dialogue(options.verbose)
    home = tempfile.mkdtemp(dir=folder)
    with partners.Partners(read.partners, home) as others, server.Server(
        options.build, home, dict(options.certificates, **others.names), hosts=read.hosts, loops=loops, modules=read.modules,
        config=read.config, listeners=read.listeners, components=read.components, environment=read.environment,
    ) as meerkat:  # fmt: skip
        playing = play.Play(read, meerkat, said.record)
        playing.partners = others.all
        try:
            others.start()
            meerkat.start()
            playing.run()
            playing.close()
            if meerkat.is_running():
                meerkat.stop()
            elif meerkat.process.returncode not in (0, -signal.SIGKILL):
                raise Mismatch(f"the server ended with exit status {meerkat.process.returncode}")
            return None
        except (Mismatch, ValueError, OSError) as error:
            line = playing.step.line if playing.step else 0
            gone = "" if meerkat.is_running() else "\n  (the server is not running)"
            log = "".join("        log: " + line + "\n" for line in meerkat.log().splitlines()[-15:])
            shown = "" if options.verbose else said.text()
            return f"{read.path}:{line}: with {loops} loops: {error}{gone}\n{shown}\n{log}"
        finally:
            playing.close()


def run_case(case):
    path, loops, options, folder = case
    began = time.monotonic()
    try:
        reason = play_script(read_script(path), loops, options, folder)
    except (script.ScriptError, OSError) as error:
        reason = str(error)
    return path, loops, reason, time.monotonic() - began


def ignore_interrupt():
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_cases(cases, jobs):
    if jobs == 1:
        yield from map(run_case, cases)
        return
    with multiprocessing.Pool(jobs, ignore_interrupt) as pool:
        yield from pool.imap_unordered(run_case, cases)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("words", nargs="*", metavar="WORD", help="only scripts with WORD in their path")
    parser.add_argument("--filter", action="append", default=[], metavar="WORD", help="the same as WORD")
    parser.add_argument("--server", default=os.path.join(ROOT, "build", "meerkat"), help="the meerkat to test")
    parser.add_argument("--loops", type=int, action="append", help="only with so many loops (default: 1, 2 and 7)")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1), help="scripts at a time")
    parser.add_argument("--verbose", action="store_true", help="print what is said while it is said, one script at a time")
    parser.add_argument("--slowest", type=int, default=0, metavar="N", help="print the N slowest scripts")
    parser.add_argument("--check", action="store_true", help="read the scripts and play none")
    return parser.parse_args()


def main():
    options = parse_arguments()
    options.build = os.path.dirname(os.path.abspath(options.server))
    paths, results, cases = find_scripts(options.words + options.filter), [], []
    for path in paths:
        try:
            only = read_script(path).loops
            cases += [(path, n) for n in options.loops or LOOPS if only in (None, n)]
        except script.ScriptError as error:
            results.append((path, 0, str(error), 0))
            print(f"FAIL {error}", flush=True)
    if options.check:
        print(f"{len(paths) - len(results)} scripts can be read, {len(results)} cannot")
        return 1 if results else 0
    # On a memory file system, the servers' waiting for the disk costs nothing.
    folder = tempfile.mkdtemp(prefix="meerkat-wire-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    try:
        options.certificates = server.make_certificates(folder)
        jobs = 1 if options.verbose else max(1, min(options.jobs, len(cases)))
        for result in run_cases([(path, n, options, folder) for path, n in cases], jobs):
            results.append(result)
            if result[2]:
                print(f"FAIL {result[2]}", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for path, loops, _, seconds in sorted(results, key=lambda result: -result[3])[: options.slowest]:
        print(f"{seconds:7.2f} s  {path} ({loops} loops)")
    failed = sum(1 for result in results if result[2])
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
