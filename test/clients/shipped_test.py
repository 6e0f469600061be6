#!/usr/bin/python3
"""Configurations as MongooseIM 6.1, 6.3 and 6.8 have them (test/conf/): what is not implemented is one error; without it the server runs on them,
accounts are imported, and two slixmpp clients chat. Only ports and addresses are others, so that tests do not meet."""
import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bed  # noqa: E402
from dialogue import certificates, server  # noqa: E402
from slixmpp_client import STARTED, Client  # noqa: E402

SECTION = re.compile(r"\s*\[\[?([^\]]+)\]")
PORT = re.compile(r"\s*port = (\d+)")
LISTENERS = {"listen.c2s", "listen.s2s", "listen.http", "listen.service", "listen.component"}
UNSUPPORTED = "error: known, but not implemented: "


class Installation:
    """A folder as MongooseIM is installed in one: the file, certificates under priv/ssl; a server runs in it."""

    def __init__(self, name):
        self.folder = tempfile.mkdtemp(prefix="meerkat-shipped-")
        self.address = server.random_address()
        self.ports = {}  # as in the file: as here
        self.process = None
        self.program = os.path.join(bed.BUILD, "meerkat")
        self.make_certificates()
        with open(os.path.join(bed.ROOT, "test/conf", name), encoding="utf-8") as file:
            text = self.move(file.read())
        with open(self.path("mongooseim.toml"), "w", encoding="utf-8") as file:
            file.write(f'{text}\n[meerkat]\nstate_dir = "{self.path("state")}"\n')

    def path(self, name):
        return os.path.join(self.folder, name)

    def make_certificates(self):
        made = certificates.make(self.folder)
        os.makedirs(self.path("priv/ssl"))
        self.cert = shutil.copy(made["cert"], self.path("priv/ssl/cert.pem"))
        shutil.copy(made["key"], self.path("priv/ssl/key.pem"))
        shutil.copy(made["ca"], self.path("priv/ssl/ca.pem"))
        with open(self.path("priv/ssl/server.pem"), "wb") as both:
            for name in ("cert", "key"):
                with open(made[name], "rb") as file:
                    both.write(file.read())
        parameters = ["genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", self.path("priv/ssl/dh.pem")]
        subprocess.run(["openssl", *parameters], check=True, capture_output=True)

    def move(self, text):
        """The text with every listener on an address and a port of our own."""
        section, out = None, []
        for line in text.splitlines():
            if header := SECTION.match(line):
                section = header[1]
            if section in LISTENERS and line.strip().startswith("ip_address"):
                continue
            if section in LISTENERS and (port := PORT.match(line)):
                self.ports[int(port[1])] = server.free_port(self.address, set(self.ports.values()))
                out += [f"  port = {self.ports[int(port[1])]}", f'  ip_address = "{self.address}"']
            else:
                out.append(line)
        return "\n".join(out)

    def run(self, *arguments, program="meerkat"):
        command = [os.path.join(bed.BUILD, program), "--config", self.path("mongooseim.toml"), *arguments]
        return subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def start(self):
        with open(self.path("log"), "wb") as log:
            self.process = subprocess.Popen(
                [self.program, "--config", "mongooseim.toml", "--ignore-unsupported"], cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, preexec_fn=server.die_with_parent,
            )  # fmt: skip
        deadline = time.monotonic() + 20 * bed.PATIENCE / 10
        while self.run("server", "status", program="meerkatctl").returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server does not start:\n{self.log()}")
            time.sleep(0.05)

    def log(self):
        with open(self.path("log"), encoding="utf-8") as file:
            return file.read()

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Shipped(unittest.IsolatedAsyncioTestCase):
    def check(self, place):
        """--check accepts the file, or says in one error what is not implemented."""
        done = place.run("--check")
        errors = [line for line in done.stderr.splitlines() if ": error: " in line]
        self.assertLessEqual(len(errors), 1, done.stderr)
        self.assertTrue(all(UNSUPPORTED in line for line in errors), done.stderr)
        self.assertEqual(done.returncode, 78 if errors else 0, done.stderr)
        done = place.run("--check", "--ignore-unsupported")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(": error: ", done.stderr)

    def import_users(self, place):
        with open(place.path("users.csv"), "w", encoding="utf-8") as file:
            file.write("alice,localhost,wonder\nbob,localhost,builder\n")
        done = place.run("account", "importUsers", "--filename", "users.csv", program="meerkatctl")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("alice@localhost", done.stdout)

    async def log_in(self, place, jid, password):
        client = Client(jid, password=password)
        client.ca_certs = place.cert
        self.addAsyncCleanup(client.log_out)
        client.connect((place.address, place.ports[5222]))
        end, _ = await client.sees({STARTED, "failed_all_auth", "disconnected", "connection_failed"}, within=2 * bed.PATIENCE)
        self.assertEqual(end, STARTED)
        return client

    async def chat(self, place):
        alice = await self.log_in(place, "alice@localhost/desk", "wonder")
        bob = await self.log_in(place, "bob@localhost/phone", "builder")
        for number in range(3):
            alice.send_message(bob.boundjid.full, f"hello {number}")
            message = await bob.sees("message")
            self.assertEqual((message["from"], message["body"]), (alice.boundjid, f"hello {number}"))
            bob.send_message(alice.boundjid.full, f"yes {number}")
            self.assertEqual((await alice.sees("message"))["body"], f"yes {number}")

    async def use(self, name):
        place = Installation(name)
        self.addCleanup(place.close)
        self.check(place)
        place.start()
        self.import_users(place)
        await self.chat(place)
        place.process.send_signal(signal.SIGTERM)
        status = await asyncio.to_thread(place.process.wait, bed.PATIENCE)
        self.assertEqual(status, 0, place.log())
        self.assertNotRegex(place.log(), r"Z (error|fatal) ")

    async def test_6_1(self):
        await self.use("mongooseim-6.1.toml")

    async def test_6_3(self):
        await self.use("mongooseim-6.3.toml")

    async def test_6_8(self):
        await self.use("mongooseim-6.8.toml")


if __name__ == "__main__":
    bed.main()
