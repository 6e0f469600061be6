#!/usr/bin/python3
"""A real haproxy in front: send-proxy and send-proxy-v2, for the plain listener, STARTTLS and direct TLS; T-NET-09, T-NET-11, T-NET-17."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "test/support"))

from dialogue import play, script, server  # noqa: E402

BUILD = os.path.abspath(os.environ.get("MEERKAT_BUILD", os.path.join(ROOT, "build")))
HAPROXY = shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin")

CONFIG = """
global
    maxconn 100
defaults
    mode tcp
    timeout connect 5s
    timeout client 20s
    timeout server 20s
{frontends}
"""
# check: haproxy asks whether the server is there, with a header of its own (UNKNOWN, LOCAL).
FRONTEND = """
listen {name}
    bind {address}:{port}
    server meerkat {to_address}:{to_port} {option} check inter 200ms check-{option}
"""

# Through NAME-v1 and NAME-v2, to the listener NAME.
LOGIN = """
# Logs in through haproxy from an address of its own, which the session then has.
accounts: alice
[a] connects to {through} from 127.0.0.77
[a] logs in as alice{over}
[a] sends: <iq type='get' id='1' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>
[a] receives: <iq type='result' id='1'/>
ctl session listSessions --user alice@localhost answers: {{"data": {{"session": {{"listSessions": [{{"user": "{{a.jid}}", "ip": "127.0.0.77"}}]}}}}}}
[a] closes the stream
"""


def wait_for_port(address, port, child):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise AssertionError(f"haproxy ended with exit status {child.returncode}")
        try:
            socket.create_connection((address, port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("haproxy does not listen")


class BehindHaproxy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="meerkat-haproxy-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        certificates = server.make_certificates(cls.folder)
        cls.server = server.Server(
            BUILD, os.path.join(cls.folder, "server"), certificates, loops=2, modules={"mod_ping": {}},
            listeners={name: "proxy_protocol = true" for name in ("c2s", "tls", "bare", "secure")},
        )  # fmt: skip
        cls.addClassCleanup(cls.server.kill)
        cls.server.start()
        cls.server.register("alice", "localhost", "secret")
        cls.start_haproxy()

    @classmethod
    def start_haproxy(cls):
        taken, frontends = set(cls.server.ports.values()), ""
        for name in ("c2s", "tls", "bare"):
            for version, option in (("v1", "send-proxy"), ("v2", "send-proxy-v2")):
                address, port = cls.server.endpoint(name)
                through = f"{name}-{version}"
                cls.server.ports[through] = server.free_port(cls.server.address, taken)
                cls.server.listeners[through] = dict(cls.server.listeners[name], port=cls.server.ports[through])
                frontends += FRONTEND.format(
                    name=through, address=cls.server.address, port=cls.server.ports[through],
                    to_address=address, to_port=port, option=option,
                )  # fmt: skip
        path = os.path.join(cls.folder, "haproxy.cfg")
        with open(path, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(frontends=frontends).replace("check-send-proxy-v2", "check-send-proxy"))
        cls.haproxy = subprocess.Popen(
            [HAPROXY or "haproxy", "-db", "-f", path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=server.die_with_parent
        )
        cls.addClassCleanup(cls.stop_haproxy)
        wait_for_port(*cls.server.endpoint("tls-v2"), cls.haproxy)

    @classmethod
    def stop_haproxy(cls):
        cls.haproxy.send_signal(signal.SIGTERM)
        try:
            cls.haproxy.wait(5)
        except subprocess.TimeoutExpired:
            cls.haproxy.kill()
            cls.haproxy.wait()

    def play(self, text):
        read = script.read("haproxy", text)
        read.accounts = [script.Account("alice", "localhost", "secret")]
        said = []
        playing = play.Play(read, self.server, lambda who, direction, data: said.append(f"{who} {direction} {data!r}"))
        try:
            for step in read.steps:
                playing.play(step)
        except (play.Mismatch, OSError) as reason:
            self.fail(f"{reason}\n" + "\n".join(said[-20:]) + "\n" + self.server.log()[-3000:])
        finally:
            playing.close()

    def test_plain_version_1(self):
        self.play(LOGIN.format(through="bare-v1", over=""))

    def test_plain_version_2(self):
        self.play(LOGIN.format(through="bare-v2", over=""))

    def test_starttls_version_1(self):
        self.play(LOGIN.format(through="c2s-v1", over=" over TLS"))

    def test_starttls_version_2(self):
        self.play(LOGIN.format(through="c2s-v2", over=" over TLS"))

    def test_direct_tls_version_1(self):
        self.play(LOGIN.format(through="tls-v1", over=""))

    def test_direct_tls_version_2(self):
        self.play(LOGIN.format(through="tls-v2", over=""))

    def test_health_checks_are_no_offence(self):
        time.sleep(0.7)
        self.assertNotIn("PROXY header refused", self.server.log())
        self.assertIsNone(self.haproxy.poll())


if __name__ == "__main__":
    unittest.main(module="__main__", verbosity=2)
