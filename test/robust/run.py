#!/usr/bin/python3
"""run: robustness tests against a real server: kills, hostile input, floods, exhaustion, while a canary chats and must not notice.

Each case has its own server. Ends with `N passed, N failed`; nothing is left behind. The seed of what is random is printed with a failure."""
import argparse
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "test", "support")]
sys.dont_write_bytecode = True

import certificates  # noqa: E402, F401
import components  # noqa: E402, F401
import cuts  # noqa: E402, F401
import descriptors  # noqa: E402, F401
import everything  # noqa: E402, F401
import full_disk  # noqa: E402, F401
import guessing  # noqa: E402, F401
import hostile_http  # noqa: E402, F401
import hostile_logins  # noqa: E402, F401
import hostile_proxy  # noqa: E402, F401
import hostile_stanzas  # noqa: E402, F401
import hostile_xml  # noqa: E402, F401
import kills  # noqa: E402, F401
import limits  # noqa: E402, F401
import mutations  # noqa: E402, F401
import other_servers  # noqa: E402, F401
import reloads  # noqa: E402, F401
import rest  # noqa: E402, F401
import silence  # noqa: E402, F401
import slow_readers  # noqa: E402, F401
import sockets  # noqa: E402, F401
import stopping  # noqa: E402, F401
import web_floods  # noqa: E402, F401
import web_requests  # noqa: E402, F401
from actor import PATIENCE  # noqa: E402
from dialogue import server  # noqa: E402
from dialogue.text import Mismatch  # noqa: E402
from world import CASES, World  # noqa: E402

LONG = 20


class TooLong(Exception):
    """The case does not come to an end."""


def on_alarm(_number, _frame):
    raise TooLong()


def run_case(task):
    """(name, why it failed or None, notes, seconds)"""
    index, options, folder = task
    case = CASES[index]
    world = World(options.build, folder, options.certificates, options.long, random.Random(f"{options.seed} {case.name}"))
    began = time.monotonic()
    why = None
    signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(int(case.seconds * PATIENCE * (LONG if options.long else 1)))
    try:
        case.run(world)
        world.finish()
    except TooLong:
        why = "it does not come to an end\n" + traceback.format_exc()
    except (Mismatch, OSError) as error:
        why = f"{error}\n{traceback.format_exc(limit=-4)}"
    except Exception:
        why = traceback.format_exc()
    finally:
        signal.alarm(0)
        if why and world.meerkat and world.meerkat.process:
            gone = "" if world.meerkat.is_running() else f"the server has ended: {world.meerkat.process.poll()}\n"
            why += gone + "".join(f"log: {line}\n" for line in world.meerkat.log().splitlines()[-40:])
        world.clean()
    return case.name, why, world.notes, time.monotonic() - began


def ignore_interrupt():
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_cases(tasks, jobs):
    if jobs == 1:
        yield from map(run_case, tasks)
        return
    with multiprocessing.Pool(jobs, ignore_interrupt, maxtasksperchild=1) as pool:
        yield from pool.imap_unordered(run_case, tasks)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("words", nargs="*", metavar="WORD", help="only cases with WORD in their name")
    parser.add_argument("--server", default=os.path.join(ROOT, "build", "meerkat"), help="the meerkat to test")
    parser.add_argument("--long", action="store_true", help="many more rounds")
    parser.add_argument("--seed", default="1", help="another choice of what is random (1)")
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time (2)")
    parser.add_argument("--notes", action="store_true", help="print what was measured")
    parser.add_argument("--list", action="store_true", help="print the cases and run none")
    return parser.parse_args()


def main():
    options = parse_arguments()
    options.build = os.path.dirname(os.path.abspath(options.server))
    chosen = [i for i, case in enumerate(CASES) if not options.words or any(word in case.name for word in options.words)]
    if options.list:
        print("\n".join(CASES[i].name for i in chosen))
        return 0
    folder = tempfile.mkdtemp(prefix="meerkat-robust-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    failed = 0
    try:
        options.certificates = server.make_certificates(folder)
        jobs = max(1, min(options.jobs, len(chosen)))
        for name, why, notes, seconds in run_cases([(i, options, folder) for i in chosen], jobs):
            failed += why is not None
            print(f"{'FAIL' if why else 'ok  '} {name} ({seconds:.1f} s)")
            if options.notes or why:
                print("".join(f"     {note}\n" for note in notes), end="")
            if why:
                print(f"     seed {options.seed}: {why}")
            sys.stdout.flush()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
