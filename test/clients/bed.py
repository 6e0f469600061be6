"""bed: what the tests of real clients share: a meerkat with the modules of etc/meerkat.toml, accounts, patience.

The server listens on 127.0.0.1, as clients look for `localhost`, on free ports. Its TLS certificate is one that clients can check: signed by
itself, for localhost. MEERKAT_BUILD says where the build is (tools/run-tests sets it), WIRE_PATIENCE is the factor for slow builds."""
import os
import shutil
import sys
import tempfile
import tomllib
import unittest

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "test/support"))

from dialogue import server as servers  # noqa: E402

BUILD = os.path.abspath(os.environ.get("MEERKAT_BUILD", os.path.join(ROOT, "build")))
PATIENCE = 10 * float(os.environ.get("WIRE_PATIENCE", "1"))
PASSWORD = "pa<&>ss wörd"  # what has to be escaped, and more than ASCII

# Registrations of one address may follow each other; everything else is as it is shipped. The second domain offers no channel binding: a
# client that can bind channels but does not says so, and is refused (RFC 5802 §6) where the server could have.
HOSTS = ("localhost", "other.example")
CONFIG = """
[general]
  registration_timeout = "infinity"

[[host_config]]
  host = "other.example"
  [host_config.auth]
    sasl_mechanisms = ["scram_sha512", "scram_sha384", "scram_sha256", "scram_sha224", "scram_sha1", "plain"]
    password.scram_iterations = 1000
    [host_config.auth.internal]
"""


def shipped_modules():
    with open(os.path.join(ROOT, "etc/meerkat.toml"), "rb") as file:
        return tomllib.load(file)["modules"]


class Bed:
    """A running server in a folder of its own, with further modules; `close` ends both."""

    def __init__(self, loops=2, modules=()):
        self.folder = tempfile.mkdtemp(prefix="meerkat-clients-")
        self.certificates = servers.make_certificates(self.folder)
        self.cert = self.certificates["cert"]
        home = os.path.join(self.folder, "server")
        local = 'ip_address = "127.0.0.1"\n'
        listeners = {name: local for name in ("c2s", "secure", "tls", "bare")}
        components = {"components": local, "safe": local + 'tls = {mode = "tls", certfile = "{cert}", keyfile = "{key}"}\n'}
        modules = {**shipped_modules(), **{name: {} for name in modules}}
        self.server = servers.Server(
            BUILD, home, self.certificates, hosts=HOSTS, loops=loops, modules=modules, config=CONFIG, listeners=listeners,
            components=components,
        )  # fmt: skip
        self.users = 0
        try:
            self.server.start()
        except servers.Mismatch as mismatch:
            mismatch.args = (f"{mismatch}\n{self.server.log()}",)
            self.close()
            raise

    def close(self):
        """A server that does not stop in order fails the tests that used it."""
        try:
            if self.server.is_running():
                self.server.stop()
        finally:
            self.server.kill()
            shutil.rmtree(self.folder, ignore_errors=True)

    def port(self, listener):
        return self.server.ports[listener]

    def register(self, *names, host="localhost", password=PASSWORD):
        """Bare addresses of new accounts: alice becomes alice3@localhost, so that cases do not meet."""
        self.users += 1
        users = [f"{name}{self.users}" for name in names]
        for user in users:
            self.server.register(user, host, password)
        return [f"{user}@{host}" for user in users]

    def ctl(self, *arguments):
        status, out, err = self.server.ctl(arguments)
        if status != 0:
            raise AssertionError(f"meerkatctl {' '.join(arguments)}: {(out + err).strip()}")
        return out


class BedMixin:
    """For a TestCase: one server for all its cases; its log is shown when it fails."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bed = Bed()
        cls.addClassCleanup(cls.bed.close)

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        mark = len(self.bed.server.log())
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(f"--- the server's log of {self._testMethodName}\n{self.bed.server.log()[mark:][-6000:]}---", file=sys.stderr)
        return result


def main():
    unittest.main(module="__main__", verbosity=2)
