"""What every case has: servers of its own, a canary that must not notice anything, and a look at what the server uses."""
import json
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from actor import PATIENCE, Actor
from dialogue import server
from dialogue.text import Mismatch

HERE = os.path.dirname(os.path.abspath(__file__))
CANARY_SECONDS = 2
TICKS = os.sysconf("SC_CLK_TCK")
MODULES = {
    f"mod_{name}": {}
    for name in (
        "roster presence offline disco caps ping version time last vcard private blocking privacy carboncopy register"
    ).split()
}
CONFIG = """
[general]
loglevel = "warning"
registration_timeout = "infinity"
[meerkat]
max_login_failures_per_address = 1_000_000
max_unauthenticated_per_address = 100_000
"""
CASES = []


class Case:
    def __init__(self, run, seconds):
        self.run = run
        self.name = f"{run.__module__}: {run.__doc__.strip().splitlines()[0].rstrip('.')}"
        self.seconds = seconds


def case(seconds=60):
    """Decorates a case: a function of a World, whose name is the first line of its text. It may take so long (twenty times in a long run)."""

    def add(run):
        CASES.append(Case(run, seconds))
        return run

    return add


def require(is_so, text):
    if not is_so:
        raise Mismatch(text)


class World:
    def __init__(self, build, folder, certificates, is_long, random):
        self.build = build
        self.folder = folder
        self.certificates = certificates
        self.is_long = is_long
        self.random = random  # seeded
        self.servers = []
        self.disk = None
        self.canary = None
        self.meerkat = None  # the server that cases talk to
        self.notes = []
        self.allowed = []  # regular expressions of lines that may be in the log

    def use_disk(self):
        """What is stored goes to a disk, which takes its time, and not to memory."""
        self.folder = self.disk = tempfile.mkdtemp(prefix="meerkat-robust-")

    # --- the server ---

    def start(self, *users, config="", prefix=(), modules=None, loops=2, listeners=None, components=None):
        """A server with these accounts (password secret), and a canary in it."""
        home = tempfile.mkdtemp(dir=self.folder)
        meerkat = server.Server(
            self.build, home, self.certificates, loops=loops, modules=dict(MODULES, **(modules or {})), config=CONFIG,
            listeners=listeners, components=components, prefix=prefix,
        )  # fmt: skip
        meerkat.change_config(config)
        self.servers.append(meerkat)
        self.meerkat = meerkat
        meerkat.start()
        self.register("canary", *users)
        return meerkat

    def register(self, *users):
        """Through the administration socket, as meerkatctl does."""
        path = os.path.join(self.meerkat.names["state"], "admin.sock")
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(30 * PATIENCE)
            control.connect(path)
            with control.makefile("rw") as lines:
                for user in users:
                    arguments = {"username": user, "domain": "localhost", "password": "secret"}
                    json.dump({"category": "account", "operation": "registerUser", "args": arguments}, lines)
                    lines.write("\n")
                    lines.flush()
                    answer = json.loads(lines.readline())
                    require("errors" not in answer, f"registering {user}: {answer}")

    def actor(self, user=None, resource=None, **options):
        """A connection; logged in and bound if a user is given."""
        actor = Actor(self.meerkat, **options)
        return actor.login(user, resource=resource) if user else actor

    def online(self, user, resource=None, **options):
        return Actor(self.meerkat, **options).come_online(user, resource=resource)

    def address(self, number):
        """One of many loopback addresses to connect from."""
        return f"127.{200 + number // 62500 % 50}.{number // 250 % 250}.{1 + number % 250}"

    # --- the canary ---

    def release_canary(self):
        address, port = self.meerkat.endpoint("bare")
        self.canary = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "canary.py"), address, str(port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=server.die_with_parent,
        )  # fmt: skip
        require(self.canary.stdout.readline() == b"ready\n", "the canary could not log in")

    def check_canary(self):
        """It lives, and every message arrived in order and soon."""
        if not self.canary:
            return
        out, _ = self.canary.communicate(timeout=60 * PATIENCE)
        require(self.canary.returncode == 0, f"the canary's exit status is {self.canary.returncode}")
        self.canary = None
        found = json.loads(out)
        require(not found["trouble"], f"the canary: {found['trouble']}")
        require(found["sent"] == found["received"], f"the canary sent {found['sent']} messages, {found['received']} arrived")
        most = CANARY_SECONDS * PATIENCE * (5 if self.is_instrumented() else 1)
        require(found["worst"] < most, f"a message of the canary took {found['worst']:.2f} s")
        self.note(f"canary: {found['sent']} messages, at most {found['worst'] * 1000:.0f} ms")

    # --- what it uses ---

    def proc(self, name):
        with open(f"/proc/{self.meerkat.process.pid}/{name}", encoding="utf-8") as file:
            return file.read()

    def is_instrumented(self):
        """Sanitizers need memory and time of their own."""
        return re.search(r"lib[atu]+san|__asan", self.proc("maps")) is not None

    def memory(self):
        """Resident bytes."""
        return int(re.search(r"VmRSS:\s+(\d+) kB", self.proc("status"))[1]) * 1024

    def peak_memory(self):
        return int(re.search(r"VmHWM:\s+(\d+) kB", self.proc("status"))[1]) * 1024

    def forget_peak(self):
        with open(f"/proc/{self.meerkat.process.pid}/clear_refs", "w", encoding="utf-8") as file:
            file.write("5")

    def metric(self, name):
        """What the server has counted."""
        status, out, *_ = self.meerkat.ctl(["metric", "getMetrics", "--name", name])
        require(status == 0, f"meerkatctl metric getMetrics: {out}")
        found = [m["value"] for m in json.loads(out)["data"]["metric"]["getMetrics"] if m["name"] == name]
        require(len(found) == 1, f"there is no metric {name}")
        return found[0]

    def require_memory(self, used, most, what):
        self.note(f"{what}: {used / 1e6:.1f} MB")
        if not self.is_instrumented():
            require(used <= most, f"{what}: {used / 1e6:.1f} MB, more than {most / 1e6:.1f} MB")

    def cpu(self):
        """Seconds of CPU time used so far."""
        fields = self.proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.meerkat.process.pid}/fd"))

    # --- the end ---

    def note(self, text):
        self.notes.append(text)

    def require_alive(self):
        require(self.meerkat.is_running(), f"the server ended with exit status {self.meerkat.process.returncode}")

    def finish(self):
        """At the end of a case that went well: nobody has noticed anything."""
        if self.meerkat.is_running():
            self.check_canary()
        for meerkat in self.servers:
            if meerkat.is_running():
                meerkat.stop()
        self.check_log()


    def check_log(self):
        """A peer can never cause a line above info."""
        for line in self.meerkat.log().splitlines():
            require(any(re.search(allowed, line) for allowed in self.allowed), f"in the log: {line}")

    def clean(self):
        if self.canary:
            self.canary.kill()
            self.canary.wait()
        for meerkat in self.servers:
            meerkat.kill()
            shutil.rmtree(meerkat.folder, ignore_errors=True)
        if self.disk:
            shutil.rmtree(self.disk, ignore_errors=True)


def wait_until(is_so, seconds, text):
    deadline = time.monotonic() + seconds * PATIENCE
    while not is_so():
        require(time.monotonic() < deadline, text)
        time.sleep(0.02)


def readable(actors, seconds):
    """Those that have something to be read, or have ended."""
    return select.select([a.socket for a in actors], [], [], seconds)[0]
