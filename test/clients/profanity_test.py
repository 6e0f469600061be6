#!/usr/bin/python3
"""profanity (C, in a terminal) talking through meerkat with a slixmpp client; what it shows is read from its screen, in tmux."""
import asyncio
import os
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bed  # noqa: E402
from dialogue.server import die_with_parent  # noqa: E402
from slixmpp_client import STARTED, Client  # noqa: E402

PASSWORD = "secret-of-alice"  # what tmux can type
PREFERENCES = """[ui]
splash=false
intype=false
[notifications]
message=off
typing=false
sub=false
[connection]
reconnect=0
autoping=0
"""


class Terminal:
    """A screen with a program on it. The tmux server stays our child, so nothing outlives us."""

    def __init__(self, command, environment):
        self.folder = tempfile.TemporaryDirectory(prefix="tmux-")
        self.socket = os.path.join(self.folder.name, "socket")
        environment = {key: value for key, value in environment.items() if key != "TMUX"}
        self.server = subprocess.Popen(
            ["tmux", "-D", "-S", self.socket, "-f", "/dev/null"], env=environment, preexec_fn=die_with_parent,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + bed.PATIENCE
        while not os.path.exists(self.socket) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.tmux("set-option", "-g", "remain-on-exit", "on")
        self.tmux("new-session", "-d", "-x", "150", "-y", "50", command)

    def tmux(self, *arguments):
        done = subprocess.run(["tmux", "-S", self.socket, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"tmux {arguments[0]}: {done.stderr.strip()}")
        return done.stdout

    def types(self, text):
        self.tmux("send-keys", "-l", text)
        self.tmux("send-keys", "Enter")

    def screen(self):
        return "\n".join(line.rstrip() for line in self.tmux("capture-pane", "-p").splitlines()).rstrip()

    async def shows(self, *texts):
        """Waits until one of the texts is on the screen, and tells which; others may do their part meanwhile."""
        deadline = time.monotonic() + bed.PATIENCE
        while time.monotonic() < deadline:
            screen = self.screen()
            for text in texts:
                if text in screen:
                    return text
            await asyncio.sleep(0.05)
        raise AssertionError(f"the screen does not show {' or '.join(texts)}:\n{self.screen()}")

    def close(self):
        self.server.kill()
        self.server.wait()
        self.folder.cleanup()


class Profanity(bed.BedMixin, unittest.IsolatedAsyncioTestCase):
    def start(self):
        home = tempfile.TemporaryDirectory(prefix="profanity-")
        self.addCleanup(home.cleanup)
        os.makedirs(os.path.join(home.name, "config/profanity"))
        with open(os.path.join(home.name, "config/profanity/profrc"), "w", encoding="utf-8") as file:
            file.write(PREFERENCES)
        environment = dict(
            os.environ, HOME=home.name, XDG_CONFIG_HOME=os.path.join(home.name, "config"), XDG_DATA_HOME=os.path.join(home.name, "data"),
            LANG="C.UTF-8", TERM="screen-256color",
        )  # fmt: skip
        terminal = Terminal("profanity", environment)
        self.addCleanup(terminal.close)
        return terminal

    async def log_in(self, terminal, jid, listener, policy):
        """As a user does: the password, then the certificate, which nobody has vouched for."""
        await terminal.shows("Profanity")
        terminal.types(f"/connect {jid} server 127.0.0.1 port {self.bed.port(listener)} tls {policy}")
        await terminal.shows("password")
        terminal.types(PASSWORD)
        await terminal.shows("/tls allow")
        terminal.types("/tls allow")
        await terminal.shows("logged in successfully")

    async def partner(self):
        (jid,) = self.bed.register("bob")
        client = Client(jid + "/phone")
        self.assertEqual(await client.log_in(self.bed), STARTED)
        self.addAsyncCleanup(client.log_out)
        return client

    async def test_chat(self):
        """STARTTLS: logs in, subscribes, sees presence, chats both ways, sees the other go"""
        (alice,) = self.bed.register("alice", password=PASSWORD)
        bob = await self.partner()
        terminal = self.start()
        await self.log_in(terminal, alice, "secure", "force")
        terminal.types(f"/sub request {bob.boundjid.bare}")
        await bob.sees("presence_subscribe")
        bob.send_presence_subscription(alice, ptype="subscribed")
        bob.send_presence(pstatus="having-tea")
        await terminal.shows("having-tea")
        terminal.types(f"/msg {bob.boundjid.bare} greetings & <salutations>")
        message = await bob.sees("message", lambda message: message["body"])
        self.assertEqual((message["body"], message["from"].bare), ("greetings & <salutations>", alice))
        message.reply("thanks & goodbye").send()
        await terminal.shows("thanks & goodbye")
        await bob.log_out()
        await terminal.shows("[offline]")

    async def test_direct_tls(self):
        """direct TLS: logs in, gets what came while it was away"""
        (alice,) = self.bed.register("alice", password=PASSWORD)
        bob = await self.partner()
        bob.send_message(mto=alice, mbody="while-you-were-away", mtype="chat")
        await bob.settle()
        terminal = self.start()
        await self.log_in(terminal, alice, "tls", "legacy")
        terminal.types("/win 2")
        await terminal.shows("while-you-were-away")

    async def test_wrong_password(self):
        """a wrong password is told to the user"""
        (alice,) = self.bed.register("alice", password="another")
        terminal = self.start()
        await terminal.shows("Profanity")
        terminal.types(f"/connect {alice} server 127.0.0.1 port {self.bed.port('secure')} tls force")
        await terminal.shows("password")
        terminal.types(PASSWORD)
        await terminal.shows("/tls allow")
        terminal.types("/tls allow")
        await terminal.shows("Login failed")


if __name__ == "__main__":
    bed.main()
