#!/usr/bin/python3
"""openssl s_client, which can what no XMPP client here can: speak in the first flight of a resumed TLS session (early data), T-TLS-22.

A login by a token (XEP-0484) goes in that flight, along with the opening tag before it and the resource behind it."""
import base64
import hmac
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "test/support"))

from dialogue import server as servers  # noqa: E402

BUILD = os.path.abspath(os.environ.get("MEERKAT_BUILD", os.path.join(ROOT, "build")))
PATIENCE = 10 * float(os.environ.get("WIRE_PATIENCE", "1"))
MODULES = {f"mod_{name}": {} for name in ("sasl2", "bind2", "fast_auth_token", "ping")}
LISTENER = 'tls = {mode = "tls", certfile = "{cert}", keyfile = "{key}", session_tickets = "stateless", early_data = %s}'
HEADER = (
    "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
)
AGENT = "<user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'/>"


def authenticate(mechanism, response, inside):
    text = base64.b64encode(response).decode()
    return (
        f"<authenticate xmlns='urn:xmpp:sasl:2' mechanism='{mechanism}'><initial-response>{text}</initial-response>{AGENT}{inside}</authenticate>"
    )


class Client:
    """One run of openssl s_client."""

    def __init__(self, endpoint, session, *more):
        command = ["openssl", "s_client", "-connect", "{}:{}".format(*endpoint), "-tls1_3", "-nocommands", "-ign_eof", *more]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.heard = ""
        self.session = session
        os.set_blocking(self.process.stdout.fileno(), False)

    def say(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def hears(self, pattern):
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.heard, re.DOTALL)):
            if time.monotonic() > deadline:
                raise AssertionError(f"no {pattern!r} in:\n{self.heard}")
            self.heard += (self.process.stdout.read() or b"").decode(errors="replace")
            time.sleep(0.01)
        return found

    def close(self):
        self.process.kill()
        self.process.communicate()


class EarlyData(unittest.TestCase):
    early_data = "true"

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="meerkat-clients-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.session = os.path.join(self.folder, "session.pem")
        self.first_flight = os.path.join(self.folder, "first-flight")
        home = os.path.join(self.folder, "server")
        listeners = {"tls": LISTENER % self.early_data}
        self.server = servers.Server(
            BUILD, home, servers.make_certificates(self.folder), loops=2, modules=MODULES, config="", listeners=listeners
        )
        self.addCleanup(self.server.kill)
        self.server.start()
        self.server.register("alice", "localhost", "secret")

    def client(self, *more):
        made = Client(self.server.endpoint("tls"), self.session, *more)
        self.addCleanup(made.close)
        return made

    def get_token(self):
        """Leaves a TLS session to be resumed."""
        first = self.client("-sess_out", self.session)
        wish = "<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-NONE'/>"
        first.say(HEADER + authenticate("PLAIN", b"\0alice\0secret", wish))
        token = first.hears(r"<token [^>]*token=[\"']([^\"']+)")[1]
        deadline = time.monotonic() + PATIENCE
        while not os.path.exists(self.session) and time.monotonic() < deadline:
            time.sleep(0.01)
        first.close()
        return token

    def write_flight(self, token, count):
        proof = b"alice\0" + hmac.digest(token.encode(), b"Initiator", "sha256")
        with open(self.first_flight, "w", encoding="ascii") as file:
            file.write(HEADER)
            file.write(authenticate("HT-SHA-256-NONE", proof, f"<fast xmlns='urn:xmpp:fast:0' count='{count}'/><bind xmlns='urn:xmpp:bind:0'/>"))
            file.write("<iq type='get' id='early' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")

    def resume(self):
        return self.client("-sess_in", self.session, "-early_data", self.first_flight)

    def test_login_in_the_first_flight(self):
        """a whole login, and a request behind it, in the first flight; the same again is no login"""
        token = self.get_token()
        self.write_flight(token, 1)
        client = self.resume()
        client.hears("Early data was accepted")
        client.hears("<success .*<bound .*</success>")
        client.hears("<iq [^>]*id=['\"]early['\"]")
        again = self.resume()
        again.hears("Early data was accepted")
        again.hears("<not-authorized ")
        self.assertNotIn("<success", again.heard)
        self.write_flight(token, 2)
        self.resume().hears("<success ")

    def test_half_a_flight(self):
        """the first flight ends in the middle of an element; the rest comes behind the handshake"""
        token = self.get_token()
        self.write_flight(token, 1)
        with open(self.first_flight, encoding="ascii") as file:
            text = file.read()
        with open(self.first_flight, "w", encoding="ascii") as file:
            file.write(text[:300])
        client = self.resume()
        client.hears("Early data was accepted")
        client.hears("<stream:features>")
        client.say(text[300:])
        client.hears("<success ")

    def test_no_client_is_held_up(self):
        """somebody who stops in the middle of a handshake is not waited for"""
        self.get_token()
        with open(self.first_flight, "w", encoding="ascii") as file:
            file.write(HEADER)
        with socket.create_connection(self.server.endpoint("tls")) as silent:
            silent.send(b"\x16\x03\x01\x01\x00")
            self.resume().hears("<stream:features>")


class NoEarlyData(EarlyData):
    early_data = "false"

    def test_login_in_the_first_flight(self):
        """where it is off, the session is resumed without it"""
        token = self.get_token()
        self.write_flight(token, 1)
        client = self.resume()
        client.hears("Early data was (not sent|rejected)")
        with open(self.first_flight, encoding="ascii") as file:
            client.say(file.read())
        client.hears("<success ")

    test_half_a_flight = None
    test_no_client_is_held_up = None


if __name__ == "__main__":
    unittest.main(verbosity=2)
