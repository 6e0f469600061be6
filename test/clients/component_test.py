#!/usr/bin/python3
"""Components that nobody here wrote: slixmpp's, and biboumi, which is a gateway to IRC, with ngircd behind it and slixmpp's clients before it."""
import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bed  # noqa: E402
import slixmpp  # noqa: E402
from slixmpp.exceptions import IqError  # noqa: E402
from slixmpp.xmlstream import ET  # noqa: E402
from slixmpp_client import STARTED, Client, Witness  # noqa: E402

MUC = "http://jabber.org/protocol/muc"
PATH = os.environ.get("PATH", "") + ":/usr/sbin"


class Component(Witness, slixmpp.ComponentXMPP):
    """It answers what it is asked, and sends messages back."""

    def __init__(self, server, jid, secret="secret", listener="components"):
        super().__init__(jid, secret, "127.0.0.1", server.port(listener))
        self.ca_certs = server.cert
        self.auto_subscribe = False
        self.whitespace_keepalive = False
        for plugin in ("xep_0030", "xep_0199", "xep_0092"):
            self.register_plugin(plugin)
        self.add_event_handler("message", self.echo)

    def echo(self, message):
        if message["type"] in ("chat", "normal") and message["body"].startswith("echo "):
            message.reply(message["body"].removeprefix("echo ")).send()

    async def serve(self, direct=False):
        self.connect(use_ssl=direct)
        end, _ = await self.sees({"session_start", "disconnected", "connection_failed"})
        return end


class Case(bed.BedMixin, unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.others = []

    async def asyncTearDown(self):
        for other in self.others:
            if other.is_connected():
                await other.disconnect(wait=2)

    async def online(self, name):
        (jid,) = self.bed.register(name)
        client = Client(jid + "/desk")
        self.others.append(client)
        self.assertEqual(await client.log_in(self.bed), STARTED)
        return client

    def component(self, jid, *arguments, **options):
        component = Component(self.bed, jid, *arguments, **options)
        self.others.append(component)
        return component

    async def serving(self, jid, **options):
        component = self.component(jid, **options)
        self.assertEqual(await component.serve(), STARTED)
        return component

    async def items(self, client, of="localhost"):
        found = await client["xep_0030"].get_items(of, timeout=bed.PATIENCE)
        return {item[0] for item in found["disco_items"]["items"]}


class Slixmpp(Case):
    async def test_messages_both_ways(self):
        """messages, with what has to be escaped"""
        alice, _ = await self.online("alice"), await self.serving("echo.localhost")
        alice.send_message("robot@echo.localhost", "echo <&> 'wörd' \U0001f916", mtype="chat")
        answer = await alice.sees("message")
        self.assertEqual((str(answer["from"]), answer["body"]), ("robot@echo.localhost", "<&> 'wörd' \U0001f916"))

    async def test_many_messages_in_order(self):
        """five hundred messages from each of two clients, in order"""
        await self.serving("echo.localhost")
        clients = [await self.online("alice"), await self.online("bob")]
        for number in range(500):
            for client in clients:
                client.send_message("robot@echo.localhost", f"echo {number}", mtype="chat")
        for client in clients:
            for number in range(500):
                self.assertEqual((await client.sees("message"))["body"], str(number))

    async def test_queries(self):
        """ping, version and disco, asked by either side; the server's list of services"""
        alice, echo = await self.online("alice"), await self.serving("echo.localhost")
        self.assertLess(await alice["xep_0199"].ping("echo.localhost", timeout=bed.PATIENCE), bed.PATIENCE)
        self.assertLess(await echo["xep_0199"].ping(alice.boundjid.full, ifrom="echo.localhost", timeout=bed.PATIENCE), bed.PATIENCE)
        version = await echo["xep_0092"].get_version("localhost", ifrom="echo.localhost", timeout=bed.PATIENCE)
        self.assertEqual(version["software_version"]["name"], "meerkat")
        self.assertIn("echo.localhost", await self.items(alice))
        info = await alice["xep_0030"].get_info("echo.localhost", timeout=bed.PATIENCE)
        self.assertIn("urn:xmpp:ping", info["disco_info"]["features"])

    async def test_subscription(self):
        """a contact at the component"""
        alice, echo = await self.online("alice"), await self.serving("echo.localhost")
        alice.send_presence_subscription("robot@echo.localhost")
        request = await echo.sees("presence_subscribe")
        self.assertEqual((request["from"], request["to"]), (alice.boundjid.bare, "robot@echo.localhost"))
        echo.send_presence(pto=alice.boundjid.bare, pfrom="robot@echo.localhost", ptype="subscribed")
        await alice.sees("presence_subscribed")
        echo.send_presence(pto=alice.boundjid.bare, pfrom="robot@echo.localhost/1", pshow="dnd")
        await alice.sees("presence_dnd", lambda presence: presence["from"] == "robot@echo.localhost/1")

    async def test_wrong_password(self):
        """a wrong password"""
        component = self.component("echo.localhost", "wrong")
        self.assertEqual(await component.serve(), "disconnected")
        self.assertTrue(component.has_seen("stream_error", lambda error: error["condition"] == "not-authorized"))

    async def test_comes_and_goes(self):
        """a component that goes, and comes again"""
        alice, echo = await self.online("alice"), await self.serving("echo.localhost")
        await echo.disconnect(wait=2)
        await asyncio.sleep(0.2)
        with self.assertRaises(IqError) as caught:
            await alice["xep_0199"].send_ping("echo.localhost", timeout=bed.PATIENCE)
        self.assertEqual(caught.exception.condition, "remote-server-not-found")
        self.assertNotIn("echo.localhost", await self.items(alice))
        await self.serving("echo.localhost")
        await alice["xep_0199"].send_ping("echo.localhost", timeout=bed.PATIENCE)

    async def test_tls(self):
        """over TLS from the first byte"""
        alice, echo = await self.online("alice"), self.component("safe.localhost", listener="safe")
        self.assertEqual(await echo.serve(direct=True), STARTED)
        await alice["xep_0199"].send_ping("safe.localhost", timeout=bed.PATIENCE)


class Irc:
    """A bare IRC client: what somebody on the other side sees."""

    def __init__(self, address, nick):
        self.socket = socket.create_connection((address, 6667), bed.PATIENCE)
        self.lines = self.socket.makefile("r", encoding="utf-8", errors="replace")
        self.say(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        self.hears(" 001 ")

    def say(self, *lines):
        self.socket.sendall("".join(line + "\r\n" for line in lines).encode())

    def hears(self, text):
        while line := self.lines.readline():
            if line.startswith("PING"):
                self.say(line.replace("PING", "PONG").strip())
            if text in line:
                return line.strip()
        raise AssertionError(f"the IRC server never said {text!r}")

    def close(self):
        self.lines.close()
        self.socket.close()


NGIRCD = """
[Global]
    Name = irc.example
    Info = test
    Listen = {address}
    Ports = 6667
    MotdPhrase = hello
[Limits]
    MaxConnectionsIP = 0
[Options]
    DNS = no
    Ident = no
    PAM = no
"""
BIBOUMI = """hostname=irc.localhost
password=secret
xmpp_server_ip=127.0.0.1
port={port}
db_name={folder}/biboumi.sqlite
log_file={folder}/biboumi.log
log_level=1
"""


class Biboumi(Case):
    """The gateway, and an IRC server on an address of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.address = bed.servers.random_address()
        cls.start(cls, "ngircd", NGIRCD, "--nodaemon", "--config")
        cls.gateway = cls.start(cls, "biboumi", BIBOUMI)
        deadline = time.monotonic() + bed.PATIENCE
        while 'component connected name="irc.localhost"' not in cls.bed.server.log():
            if time.monotonic() > deadline or cls.gateway.poll() is not None:
                raise AssertionError("biboumi did not connect")
            time.sleep(0.05)

    def start(cls, name, config, *words):
        path = os.path.join(cls.bed.folder, name + ".conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(config.format(address=cls.address, port=cls.bed.port("components"), folder=cls.bed.folder))
        program = shutil.which(name, path=PATH)
        if not program:
            raise AssertionError(f"{name} is missing: run 'make deps'")
        child = subprocess.Popen(
            [program, *words, path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=bed.servers.die_with_parent, env=dict(os.environ, HOME=cls.bed.folder),
        )  # fmt: skip
        cls.addClassCleanup(child.wait)
        cls.addClassCleanup(child.kill)
        return child

    def room(self, name):
        return f"#{name}%{self.address}@irc.localhost"

    async def joins(self, client, room, nick):
        presence = client.make_presence(pto=f"{room}/{nick}")
        presence.append(ET.Element(f"{{{MUC}}}x"))
        presence.send()
        await client.sees("presence_available", lambda seen: seen["from"] == f"{room}/{nick}")

    async def hears(self, client, room, nick, text):
        message = await client.sees("message", lambda seen: seen["type"] == "groupchat" and seen["body"] == text)
        self.assertEqual(str(message["from"]), f"{room}/{nick}")

    async def test_conversation(self):
        """two users of XMPP and one of IRC in a room"""
        room, alice, bob = self.room("meerkat"), await self.online("alice"), await self.online("bob")
        irc = await asyncio.to_thread(Irc, self.address, "ian")
        self.addCleanup(irc.close)
        irc.say("JOIN #meerkat")
        await self.joins(alice, room, "alice")
        await self.joins(bob, room, "bob")
        await alice.sees("presence_available", lambda seen: seen["from"] == f"{room}/bob")
        alice.send_message(room, "who is there?", mtype="groupchat")
        await self.hears(bob, room, "alice", "who is there?")
        self.assertIn("alice", await asyncio.to_thread(irc.hears, ":who is there?"))
        irc.say("PRIVMSG #meerkat :only me")
        await self.hears(alice, room, "ian", "only me")
        await self.hears(bob, room, "ian", "only me")
        bob.send_presence(pto=f"{room}/bob", ptype="unavailable")
        await alice.sees("presence_unavailable", lambda seen: seen["from"] == f"{room}/bob")

    async def test_private(self):
        """a conversation with one of them"""
        room, alice = self.room("private"), await self.online("alice")
        irc = await asyncio.to_thread(Irc, self.address, "iris")
        self.addCleanup(irc.close)
        await self.joins(alice, room, "alina")
        alice.send_message(f"iris%{self.address}@irc.localhost", "psst", mtype="chat")
        self.assertIn("alina", await asyncio.to_thread(irc.hears, ":psst"))
        irc.say("PRIVMSG alina :what?")
        answer = await alice.sees("message", lambda seen: seen["body"] == "what?")
        self.assertEqual(answer["from"].bare, f"iris%{self.address}@irc.localhost")

    async def test_what_it_is(self):
        """disco and ping"""
        alice = await self.online("alice")
        self.assertIn("irc.localhost", await self.items(alice))
        info = await alice["xep_0030"].get_info("irc.localhost", timeout=bed.PATIENCE)
        self.assertIn(("conference", "irc", None), {identity[:3] for identity in info["disco_info"]["identities"]})
        await alice["xep_0199"].send_ping("irc.localhost", timeout=bed.PATIENCE)

    async def test_who_leaves_is_gone(self):
        """a client whose connection ends has left the room: the gateway is told"""
        room, alice, bob = self.room("leaving"), await self.online("alice"), await self.online("bob")
        await self.joins(alice, room, "ann")
        await self.joins(bob, room, "ben")
        await alice.sees("presence_available", lambda seen: seen["from"] == f"{room}/ben")
        await bob.log_out()
        await alice.sees("presence_unavailable", lambda seen: seen["from"] == f"{room}/ben")


if __name__ == "__main__":
    bed.main()
