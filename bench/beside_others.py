#!/usr/bin/python3
"""beside_others: CPU time and memory of meerkat, Prosody and ejabberd (both Debian's) under the same load on the same machine.

    bench/beside_others.py BUILD [RUNS] [SECONDS]

Each server in turn: chat among 100 pairs, logins, idle sessions; plaintext, as what is to be compared is the server and not OpenSSL. One core for
the server, the other for the load. The same extensions are on as far as each has them. The median of the runs counts; CPU time, because it says the
same on a busy machine. Nothing may be lost or out of order: xload looks at every message."""
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(ROOT, "test", folder) for folder in ("support", "federation")]
sys.dont_write_bytecode = True

import others  # noqa: E402
from dialogue import server as meerkat  # noqa: E402

CONFIG = """
[general]
loglevel = "warning"
registration_timeout = 1
[meerkat]
max_unauthenticated_per_address = 100_000
"""
MODULES = "disco ping register roster presence offline vcard last private carboncopy stream_management".split()
SERVER_CORE, LOAD_CORE = "0", "1"
PAIRS, FEW, MANY = 100, 500, 3000


class Meerkat:
    name = "meerkat"

    def __init__(self, build, folder):
        certificates = meerkat.make_certificates(folder)
        self.server = meerkat.Server(build, folder, certificates, modules={f"mod_{name}": {} for name in MODULES}, config=CONFIG)

    def start(self):
        self.server.start()
        return (*self.server.endpoint("bare"), self.server.process.pid)

    def stop(self):
        self.server.stop()

    def register(self, load, count):
        load("register", "-n", count, "--sources", count, "-k", 32)


class Alone:
    """One of the others with nobody to find."""

    log_level = "error"

    def __init__(self, _build, folder):
        super().__init__(folder, "localhost")
        self.names_port = 1

    def start(self):
        super().start()
        return self.address, self.client_port, self.process.pid


class Prosody(Alone, others.Prosody):
    name = "Prosody"

    def register(self, _load, count):
        super().register(*(f"u{number}" for number in range(count)))


class Ejabberd(Alone, others.Ejabberd):
    name = "ejabberd"

    def register(self, load, count):
        load("register", "-n", count, "-k", 8)


def resident_kb(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


class Load:
    def __init__(self, build, folder, host, port, pid):
        self.program, self.out = os.path.join(build, "bench", "xload"), os.path.join(folder, "xload.json")
        self.at = ["--host", host, "-p", port, "--server-pid", pid, "--json", self.out, "--scram-cache", os.path.join(folder, "keys")]

    def __call__(self, mode, *words):
        if os.path.exists(self.out):
            os.unlink(self.out)
        command = ["taskset", "-c", LOAD_CORE, self.program, mode, *map(str, (*self.at, *words))]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"xload {mode}: {done.stderr.strip()[-500:]}")
        with open(self.out, encoding="utf-8") as file:
            return json.loads(file.readlines()[-1])


def measure(kind, build, folder, runs, seconds):
    """What is to be known of one server, by its name in the table."""
    found = {}
    other = kind(build, folder)

    host, port, pid = other.start()
    # All of its threads, also those to come.
    subprocess.run(["taskset", "-a", "-p", "-c", SERVER_CORE, str(pid)], check=True, capture_output=True)
    load = Load(build, folder, host, port, pid)

    def median(mode, *words):
        return statistics.median(load(mode, *words)["server_us_per_op"] for _ in range(runs))

    try:
        found["resident after the start, KB"] = resident_kb(pid)
        other.register(load, MANY)
        load("login", "-n", 2 * PAIRS)  # what is made once is made
        found["login, us of CPU"] = median("login", "-n", 2 * PAIRS, "-k", 16, "--no-presence")
        for window in (1, 16):
            words = ["-n", 2 * PAIRS, "-w", window, "-t", seconds, "--warmup", 1]
            found[f"chat, {PAIRS} pairs, window {window}, us of CPU a message"] = median("chat", *words)
        idle = {count: load("idle", "-n", count, "-t", 3, "--settle", 3)["server_rss_after_kb"] for count in (FEW, MANY)}
        found["idle session, bytes"] = (idle[MANY] - idle[FEW]) * 1024 / (MANY - FEW)
    finally:
        other.stop()
    return found


def main():
    build = os.path.abspath(sys.argv[1])
    runs, seconds = (int(sys.argv[at]) if len(sys.argv) > at else usual for at, usual in ((2, 3), (3, 5)))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    ours = {}
    for kind in (Meerkat, Prosody, Ejabberd):
        with tempfile.TemporaryDirectory(prefix="meerkat-bench-") as folder:
            found = measure(kind, build, folder, runs, seconds)
        ours = ours or found
        for what, value in found.items():
            print(f"{what:48} {kind.name:9} {value:12.1f}   ours / theirs {ours[what] / value:6.3f}", flush=True)


if __name__ == "__main__":
    main()
