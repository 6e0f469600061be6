#!/usr/bin/python3
"""slixmpp (Python) talking through meerkat: logging in, instant messaging, and the extensions that are shipped."""
import asyncio
import os
import ssl
import sys
import unittest
from xml.etree import ElementTree

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bed  # noqa: E402
from slixmpp.exceptions import IqError  # noqa: E402
from slixmpp_client import REFUSED, RESUMED, STARTED, Client  # noqa: E402


class Case(bed.BedMixin, unittest.IsolatedAsyncioTestCase):
    """A case has clients that log out when it ends."""

    def setUp(self):
        self.clients = []

    async def asyncTearDown(self):
        for client in self.clients:
            await client.log_out()

    def client(self, jid, *arguments, **options):
        client = Client(jid, *arguments, **options)
        self.clients.append(client)
        return client

    async def online(self, jid, **options):
        client = self.client(jid, **options)
        self.assertEqual(await client.log_in(self.bed), STARTED)
        return client

    async def two(self, befriended=False):
        """Alice and Bob, online, each with a resource."""
        alice, bob = self.bed.register("alice", "bob")
        alice, bob = await self.online(alice + "/desk"), await self.online(bob + "/phone")
        if befriended:
            await self.befriend(alice, bob)
        return alice, bob

    async def befriend(self, alice, bob):
        alice.send_presence_subscription(bob.boundjid.bare)
        request = await bob.sees("presence_subscribe")
        self.assertEqual(request["from"], alice.boundjid.bare)
        bob.send_presence_subscription(alice.boundjid.bare, ptype="subscribed")
        bob.send_presence_subscription(alice.boundjid.bare)
        await alice.sees("presence_subscribed")
        await alice.sees("presence_available", lambda presence: presence["from"] == bob.boundjid)
        await alice.sees("presence_subscribe")
        alice.send_presence_subscription(bob.boundjid.bare, ptype="subscribed")
        await bob.sees("presence_available", lambda presence: presence["from"] == alice.boundjid)

    async def refused(self, task, condition):
        with self.assertRaises(IqError) as caught:
            await task
        self.assertEqual(caught.exception.condition, condition)


class Login(Case):
    def mechanism(self, client):
        return client["feature_mechanisms"].mech.name

    async def logs_in_with(self, mechanism, listener="secure", host="localhost"):
        (jid,) = self.bed.register("alice", host=host)
        client = self.client(jid, mechanism=mechanism)
        self.assertEqual(await client.log_in(self.bed, listener), STARTED)
        self.assertEqual(self.mechanism(client), mechanism)

    async def test_scram_sha_256(self):
        """STARTTLS, SCRAM-SHA-256"""
        await self.logs_in_with("SCRAM-SHA-256", host="other.example")

    async def test_scram_sha_256_plus(self):
        """STARTTLS, SCRAM-SHA-256-PLUS"""
        await self.logs_in_with("SCRAM-SHA-256-PLUS")

    async def test_plain(self):
        """STARTTLS, PLAIN"""
        await self.logs_in_with("PLAIN")

    async def test_every_scram(self):
        """direct TLS, every SCRAM mechanism with and without channel binding"""
        for size in ("1", "224", "256", "384", "512"):
            await self.logs_in_with(f"SCRAM-SHA-{size}", "tls", host="other.example")
            await self.logs_in_with(f"SCRAM-SHA-{size}-PLUS", "tls")

    async def test_downgrade(self):
        """a client that believes the server cannot bind channels is refused by one that can (RFC 5802 §6)"""
        (jid,) = self.bed.register("alice")
        self.assertIn(await self.client(jid, mechanism="SCRAM-SHA-256").log_in(self.bed), REFUSED)

    async def test_default_choice(self):
        """the mechanism that slixmpp chooses by itself binds the channel"""
        (jid,) = self.bed.register("alice")
        for listener in ("secure", "tls"):
            client = self.client(jid)
            self.assertEqual(await client.log_in(self.bed, listener), STARTED)
            self.assertRegex(self.mechanism(client), "^SCRAM-SHA-.*-PLUS$")
            self.assertEqual(client.socket.version(), "TLSv1.3")

    async def test_tls_1_2(self):
        """TLS 1.2 with channel binding"""
        (jid,) = self.bed.register("alice")
        client = self.client(jid)
        client.ssl_context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.assertEqual(await client.log_in(self.bed), STARTED)
        self.assertRegex(self.mechanism(client), "-PLUS$")
        self.assertEqual(client.socket.version(), "TLSv1.2")

    async def test_wrong_password(self):
        """a wrong password and an unknown user are refused alike"""
        (jid,) = self.bed.register("alice")
        for who in (jid, "nobody@localhost"):
            client = self.client(who, "wrong", mechanism="SCRAM-SHA-256")
            self.assertIn(await client.log_in(self.bed), REFUSED)
            failure = await client.sees("failed_auth")
            self.assertEqual(failure["condition"], "not-authorized")

    async def test_requires_tls(self):
        """a client that will not encrypt cannot log in where TLS is required"""
        (jid,) = self.bed.register("alice")
        client = self.client(jid)
        client.connect(("127.0.0.1", self.bed.port("secure")), disable_starttls=True, force_starttls=False)
        await client.sees("stream_negotiated")
        self.assertFalse(client.authenticated)

    async def test_resources(self):
        """a resource is made when none is asked for; several resources of an account are there together"""
        (jid,) = self.bed.register("alice")
        first, second = await self.online(jid), await self.online(jid)
        self.assertTrue(first.boundjid.resource)
        self.assertNotEqual(first.boundjid, second.boundjid)
        await first.sees("presence_available", lambda presence: presence["from"] == second.boundjid)

    async def test_conflict(self):
        """a second login with the same resource ends the first with a conflict"""
        (jid,) = self.bed.register("alice")
        first = await self.online(jid + "/desk")
        second = await self.online(jid + "/desk")
        error = await first.sees("stream_error")
        self.assertEqual(error["condition"], "conflict")
        await first.sees("disconnected")
        self.assertEqual(second.boundjid, jid + "/desk")
        await second.settle()

    async def test_orderly_end(self):
        """a client that closes its stream gets the end of the server's"""
        (jid,) = self.bed.register("alice")
        client = await self.online(jid)
        client.disconnect(wait=bed.PATIENCE)
        self.assertEqual(await client.sees("disconnected"), "End of stream")


class Registration(Case):
    async def register(self, jid):
        """Logs in with the account that the client makes on the way."""
        client = self.client(jid, register=True)

        async def sign_up(_):
            request = client.Iq()
            request["type"] = "set"
            request["register"]["username"] = client.boundjid.user
            request["register"]["password"] = client.password
            client.seen.append(("answer", await request.send()))

        client.add_event_handler("register", sign_up)
        self.assertEqual(await client.log_in(self.bed), STARTED)
        self.assertEqual((await client.sees("answer"))["type"], "result")
        return client

    async def test_life_of_an_account(self):
        """in-band registration, a new password, the end of the account"""
        jid = "newcomer@localhost"
        client = await self.register(jid)
        await client["xep_0077"].change_password("other secret")
        await client.log_out()
        self.assertIn(await self.client(jid).log_in(self.bed), REFUSED)
        client = self.client(jid, "other secret")
        self.assertEqual(await client.log_in(self.bed), STARTED)
        fields = await client["xep_0077"].get_registration()
        self.assertTrue(fields["register"]["registered"])
        try:
            await client["xep_0077"].cancel_registration(timeout=bed.PATIENCE)
        except IqError as error:
            self.fail(f"the account could not be removed: {error.condition}")
        self.assertIn(await self.client(jid, "other secret").log_in(self.bed), REFUSED)

    async def test_name_is_taken(self):
        """a name that exists cannot be registered"""
        (jid,) = self.bed.register("alice")
        client = self.client(jid, "mine now", register=True)

        async def sign_up(_):
            request = client.Iq()
            request["type"] = "set"
            request["register"]["username"] = client.boundjid.user
            request["register"]["password"] = "mine now"
            try:
                await request.send()
            except IqError as error:
                client.seen.append(("refused", error.condition))

        client.add_event_handler("register", sign_up)
        self.assertIn(await client.log_in(self.bed), REFUSED)
        self.assertEqual(await client.sees("refused"), "conflict")


class Contacts(Case):
    async def contacts(self, client):
        """The roster, asked for anew and whole."""
        request = client.make_iq_get()
        request.enable("roster")
        return (await request.send())["roster"]["items"]

    async def test_roster(self):
        """contacts with names and groups are kept, pushed to other resources, changed and removed"""
        (jid,) = self.bed.register("alice")
        desk, phone = await self.online(jid + "/desk"), await self.online(jid + "/phone")
        friend = "friend@localhost"
        await desk.update_roster(friend, name="Bä <&> Friend", groups=["Work", "a & b"])
        await phone.sees("roster_update", lambda iq: iq["type"] == "set" and friend in iq["roster"]["items"])
        item = phone.client_roster[friend]
        self.assertEqual((item["name"], sorted(item["groups"])), ("Bä <&> Friend", ["Work", "a & b"]))
        await phone.update_roster(friend, name="Friend", groups=[])
        await desk.sees("roster_update", lambda iq: iq["type"] == "set" and friend in iq["roster"]["items"]
                        and iq["roster"]["items"][friend]["name"] == "Friend")  # fmt: skip
        await desk.log_out()
        again = await self.online(jid + "/desk")
        self.assertEqual(again.client_roster[friend]["name"], "Friend")
        self.assertEqual(again.client_roster[friend]["groups"], [])
        await again.del_roster_item(friend)
        await phone.sees("roster_update", lambda iq: iq["type"] == "set" and iq["roster"]["items"][friend]["subscription"] == "remove")
        self.assertEqual(await self.contacts(again), {})

    async def test_subscription(self):
        """two accounts subscribe to each other and see each other come and go"""
        alice, bob = await self.two(befriended=True)
        for one, other in ((alice, bob), (bob, alice)):
            await one.settle()
            item = one.client_roster[other.boundjid.bare]
            self.assertEqual((item["to"], item["from"]), (True, True))
        bob.send_presence(pshow="away", pstatus="having tea ☕", ppriority=5)
        presence = await alice.sees("changed_status", lambda presence: presence["show"] == "away")
        self.assertEqual((presence["from"], presence["status"], presence["priority"]), (bob.boundjid, "having tea ☕", 5))
        await bob.log_out()
        gone = await alice.sees("presence_unavailable", lambda presence: presence["from"].bare == bob.boundjid.bare)
        self.assertEqual(gone["from"].resource, "phone")
        bob = await self.online(bob.boundjid.bare + "/phone")
        await bob.sees("presence_available", lambda presence: presence["from"] == alice.boundjid)
        await alice.sees("presence_available", lambda presence: presence["from"] == bob.boundjid)

    async def test_unsubscribe(self):
        """a subscription that is ended, and one that is taken back"""
        alice, bob = await self.two(befriended=True)
        alice.send_presence_subscription(bob.boundjid.bare, ptype="unsubscribe")
        await bob.sees("presence_unsubscribe", lambda presence: presence["from"] == alice.boundjid.bare)
        await alice.sees("presence_unavailable", lambda presence: presence["from"].bare == bob.boundjid.bare)
        alice.send_presence_subscription(bob.boundjid.bare, ptype="unsubscribed")
        await bob.sees("presence_unsubscribed", lambda presence: presence["from"] == alice.boundjid.bare)
        await bob.sees("presence_unavailable", lambda presence: presence["from"].bare == alice.boundjid.bare)
        roster = await self.contacts(alice)
        self.assertEqual(roster[bob.boundjid.bare]["subscription"], "none")

    async def test_request_waits(self):
        """a request to somebody who is not here is shown at the next login"""
        alice, bob = self.bed.register("alice", "bob")
        online = await self.online(alice)
        online.send_presence_subscription(bob)
        await online.settle()
        late = await self.online(bob)
        request = await late.sees("presence_subscribe")
        self.assertEqual(request["from"], alice)

    async def test_directed_presence(self):
        """presence to somebody who is no contact, and its end with the connection"""
        alice, bob = await self.two()
        alice.send_presence(pto=bob.boundjid.full, pstatus="just for you")
        presence = await bob.sees("presence_available", lambda presence: presence["from"] == alice.boundjid)
        self.assertEqual(presence["status"], "just for you")
        alice.abort()
        await bob.sees("presence_unavailable", lambda presence: presence["from"] == alice.boundjid)

    async def test_capabilities(self):
        """XEP-0115: what a contact's client can do is found out through the server"""
        alice, bob = await self.two(befriended=True)
        info = await alice["xep_0030"].get_info(jid=bob.boundjid.full)
        self.assertIn("urn:xmpp:ping", info["disco_info"]["features"])
        bob["xep_0030"].add_feature("urn:example:news")
        await bob["xep_0115"].update_caps()
        await alice.sees("entity_caps")


class Messages(Case):
    async def test_chat(self):
        """messages both ways, to full and bare addresses"""
        alice, bob = await self.two()
        for to in (bob.boundjid.full, bob.boundjid.bare):
            text = "Grüße & <b>Küsse</b> 🐾 ]]> \"'\n\ttabs"
            alice.send_message(mto=to, mbody=text, mtype="chat", msubject="a subject")
            message = await bob.sees("message")
            self.assertEqual(message["from"], alice.boundjid)
            self.assertEqual((message["body"], message["subject"], message["type"]), (text, "a subject", "chat"))
            message.reply("thanks").send()
            self.assertEqual((await alice.sees("message"))["body"], "thanks")

    async def test_states_and_receipts(self):
        """chat states, a receipt, a correction"""
        alice, bob = await self.two()
        message = alice.make_message(mto=bob.boundjid.full, mbody="helo", mtype="chat")
        message["request_receipt"] = True
        message["chat_state"] = "active"
        message.send()
        first = await bob.sees("message")
        self.assertEqual(first["chat_state"], "active")
        receipt = await alice.sees("receipt_received")
        self.assertEqual(receipt["receipt"], message["id"])
        correction = alice.make_message(mto=bob.boundjid.full, mbody="hello", mtype="chat")
        correction["replace"]["id"] = message["id"]
        correction.send()
        corrected = await bob.sees("message_correction")
        self.assertEqual((corrected["body"], corrected["replace"]["id"]), ("hello", first["id"]))

    async def test_order(self):
        """three hundred messages in one go arrive complete and in order"""
        alice, bob = await self.two()
        for number in range(300):
            alice.send_message(mto=bob.boundjid.full, mbody=str(number), mtype="chat")
        got = [int((await bob.sees("message"))["body"]) for _ in range(300)]
        self.assertEqual(got, list(range(300)))

    async def test_large(self):
        """a message of 200 kB"""
        alice, bob = await self.two()
        text = "é" * 100_000
        alice.send_message(mto=bob.boundjid.full, mbody=text, mtype="chat")
        self.assertEqual((await bob.sees("message"))["body"], text)

    async def test_offline(self):
        """messages to somebody who is not here wait, with the time they came, in order, once"""
        alice, bob = self.bed.register("alice", "bob")
        sender = await self.online(alice)
        for number in range(20):
            sender.send_message(mto=bob, mbody=f"offline {number}", mtype="chat")
        await sender.settle()
        for expected in (20, 0):
            late = await self.online(bob)
            await late.settle()
            got = [data for name, data in late.seen if name == "message"]
            self.assertEqual([message["body"] for message in got], [f"offline {number}" for number in range(expected)])
            for message in got:
                self.assertEqual(message["from"], sender.boundjid)
                self.assertIsNotNone(message["delay"]["stamp"])
            await late.log_out()

    async def test_offline_survives_kill(self):
        """offline messages and roster are there after the server was killed"""
        alice, bob = self.bed.register("alice", "bob")
        sender = await self.online(alice)
        await sender.update_roster("friend@localhost", name="Friend")
        sender.send_message(mto=bob, mbody="still here", mtype="chat")
        await sender.settle()
        self.bed.server.kill()
        await sender.sees("disconnected")
        self.bed.server.start()
        late = await self.online(bob)
        self.assertEqual((await late.sees("message"))["body"], "still here")
        again = await self.online(alice)
        self.assertEqual(again.client_roster["friend@localhost"]["name"], "Friend")

    async def test_unknown_user(self):
        """a message to an account that does not exist comes back"""
        (jid,) = self.bed.register("alice")
        alice = await self.online(jid)
        alice.send_message(mto="nobody@localhost", mbody="hello?", mtype="chat")
        error = await alice.sees("message_error")
        self.assertEqual(error["error"]["condition"], "service-unavailable")

    async def test_carbons(self):
        """XEP-0280: a second resource sees what the first receives and sends"""
        alice, bob = await self.two()
        desk = await self.online(bob.boundjid.bare + "/desk")
        await desk["xep_0280"].enable()
        alice.send_message(mto=bob.boundjid.full, mbody="to the phone", mtype="chat")
        self.assertEqual((await bob.sees("message"))["body"], "to the phone")
        carbon = await desk.sees("carbon_received")
        self.assertEqual(carbon["carbon_received"]["body"], "to the phone")
        self.assertEqual(carbon["from"], bob.boundjid.bare)
        bob.send_message(mto=alice.boundjid.full, mbody="from the phone", mtype="chat")
        carbon = await desk.sees("carbon_sent")
        self.assertEqual(carbon["carbon_sent"]["body"], "from the phone")
        await desk["xep_0280"].disable()
        alice.send_message(mto=bob.boundjid.full, mbody="not for all", mtype="chat")
        await bob.sees("message", lambda message: message["body"] == "not for all")
        await desk.settle()
        self.assertFalse(desk.has_seen("carbon_received"))

    async def test_priorities(self):
        """a message to a bare address goes to every resource whose priority is not below zero"""
        alice, bob = await self.two()
        desk = await self.online(bob.boundjid.bare + "/desk")
        robot = await self.online(bob.boundjid.bare + "/robot")
        for client, priority in ((bob, 5), (desk, 0), (robot, -1)):
            client.send_presence(ppriority=priority)
            await client.settle()
        alice.send_message(mto=bob.boundjid.bare, mbody="to all who listen", mtype="chat")
        for client in (bob, desk):
            self.assertEqual((await client.sees("message"))["body"], "to all who listen")
        await robot.settle()
        self.assertFalse(robot.has_seen("message"))

    async def test_blocking(self):
        """XEP-0191: who is blocked cannot reach the account; unblocked they can"""
        alice, bob = await self.two(befriended=True)
        await alice["xep_0191"].block([bob.boundjid.bare])
        await bob.sees("presence_unavailable", lambda presence: presence["from"] == alice.boundjid)
        blocked = await alice["xep_0191"].get_blocked()
        self.assertEqual([jid.full for jid in blocked["blocklist"]["items"]], [bob.boundjid.bare])
        bob.send_message(mto=alice.boundjid.full, mbody="can you hear me?", mtype="chat")
        error = await bob.sees("message_error")
        self.assertEqual(error["error"]["condition"], "service-unavailable")
        await alice.settle()
        self.assertFalse(alice.has_seen("message"))
        await alice["xep_0191"].unblock([bob.boundjid.bare])
        await bob.sees("presence_available", lambda presence: presence["from"] == alice.boundjid)
        bob.send_message(mto=alice.boundjid.full, mbody="and now?", mtype="chat")
        self.assertEqual((await alice.sees("message", lambda message: message["type"] == "chat"))["body"], "and now?")


class StreamManagement(Case):
    """XEP-0198"""

    async def managed(self, jid):
        client = self.client(jid)
        client.register_plugin("xep_0198")
        self.assertEqual(await client.log_in(self.bed), STARTED)
        await client.sees("sm_enabled")
        return client

    async def test_acknowledged(self):
        """what the client sends is acknowledged"""
        alice, bob = self.bed.register("alice", "bob")
        alice, bob = await self.managed(alice), await self.online(bob)
        message = alice.make_message(mto=bob.boundjid.full, mbody="counted", mtype="chat")
        message.send()
        await alice.settle()
        alice["xep_0198"].request_ack()
        await alice.sees("stanza_acked", lambda stanza: stanza["id"] == message["id"])

    async def test_resumed(self):
        """a lost connection is resumed: what came meanwhile is there, and nobody noticed"""
        alice, bob = self.bed.register("alice", "bob")
        alice, bob = await self.managed(alice + "/desk"), await self.online(bob)
        await self.befriend(alice, bob)
        alice.abort()
        await alice.sees("disconnected")
        for number in range(20):
            bob.send_message(mto=alice.boundjid.full, mbody=f"meanwhile {number}", mtype="chat")
        await bob.settle()
        self.assertEqual(await alice.log_in(self.bed, online=False), RESUMED)
        got = [(await alice.sees("message"))["body"] for _ in range(20)]
        self.assertEqual(got, [f"meanwhile {number}" for number in range(20)])
        self.assertEqual(alice.boundjid.resource, "desk")
        alice.send_message(mto=bob.boundjid.full, mbody="here again", mtype="chat")
        await bob.sees("message", lambda message: message["body"] == "here again")
        self.assertFalse(bob.has_seen("presence_unavailable"))


class Services(Case):
    async def test_disco(self):
        """XEP-0030: the server, one's account, somebody else's account"""
        alice, bob = await self.two()
        info = (await alice["xep_0030"].get_info(jid="localhost"))["disco_info"]
        self.assertIn(("server", "im"), {(category, kind) for category, kind, _, _ in info["identities"]})
        wanted = {"http://jabber.org/protocol/disco#info", "urn:xmpp:ping", "urn:xmpp:blocking", "urn:xmpp:carbons:2", "vcard-temp",
                  "jabber:iq:version", "jabber:iq:last", "urn:xmpp:time", "jabber:iq:private", "msgoffline"}  # fmt: skip
        self.assertLessEqual(wanted, set(info["features"]), "missing")
        items = await alice["xep_0030"].get_items(jid="localhost")
        self.assertIsNotNone(items["disco_items"]["items"])
        own = (await alice["xep_0030"].get_info(jid=alice.boundjid.bare))["disco_info"]
        self.assertIn(("account", "registered"), {(category, kind) for category, kind, _, _ in own["identities"]})
        await self.refused(alice["xep_0030"].get_info(jid=bob.boundjid.bare), "service-unavailable")

    async def test_ping(self):
        """XEP-0199: the server, the own account, another client; nobody"""
        alice, bob = await self.two()
        for jid in ("localhost", alice.boundjid.bare, bob.boundjid.full):
            self.assertLess(await alice["xep_0199"].ping(jid), bed.PATIENCE)
        await self.refused(alice["xep_0199"].send_ping(bob.boundjid.bare + "/nowhere"), "service-unavailable")

    async def test_version(self):
        """XEP-0092: of the server and of another client"""
        alice, bob = await self.two()
        answer = (await alice["xep_0092"].get_version("localhost"))["software_version"]
        self.assertEqual(answer["name"].lower(), "meerkat")
        self.assertTrue(answer["version"])
        bob["xep_0092"].software_name = "teapot"
        answer = await alice["xep_0092"].get_version(bob.boundjid.full)
        self.assertEqual(answer["software_version"]["name"], "teapot")

    async def test_time(self):
        """XEP-0202: of the server (this slixmpp cannot read what it writes itself, so the text is looked at)"""
        (jid,) = self.bed.register("alice")
        alice = await self.online(jid)
        answer = await alice["xep_0202"].get_entity_time("localhost")
        stamp = answer.xml.findtext("{urn:xmpp:time}time/{urn:xmpp:time}utc")
        self.assertRegex(stamp, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        zone = answer.xml.findtext("{urn:xmpp:time}time/{urn:xmpp:time}tzo")
        self.assertRegex(zone, r"^(Z|[+-]\d\d:\d\d)$")

    async def test_last_activity(self):
        """XEP-0012: of the server, of a contact who left"""
        alice, bob = await self.two()
        answer = await alice["xep_0012"].get_last_activity("localhost")
        self.assertGreaterEqual(answer["last_activity"]["seconds"], 0)
        await self.refused(alice["xep_0012"].get_last_activity(bob.boundjid.bare), "forbidden")
        await self.befriend(alice, bob)
        bob.send_presence(ptype="unavailable", pstatus="good night")
        await alice.sees("presence_unavailable", lambda presence: presence["from"] == bob.boundjid)
        await bob.log_out()
        answer = await alice["xep_0012"].get_last_activity(bob.boundjid.bare)
        self.assertLess(answer["last_activity"]["seconds"], 60)

    async def test_vcard(self):
        """XEP-0054: one's own, changed, and seen by somebody else"""
        alice, bob = await self.two()
        card = alice["xep_0054"].make_vcard()
        card["FN"] = "Alice Liddell & Co"
        card["NICKNAME"] = "ali"
        card["PHOTO"]["TYPE"] = "image/png"
        card["PHOTO"]["BINVAL"] = bytes(range(256)) * 40
        await alice["xep_0054"].publish_vcard(card)
        for who in (alice, bob):
            answer = await who["xep_0054"].get_vcard(alice.boundjid.bare, cached=False)
            self.assertEqual(answer["vcard_temp"]["FN"], "Alice Liddell & Co")
            self.assertEqual(answer["vcard_temp"]["PHOTO"]["BINVAL"], bytes(range(256)) * 40)

    async def test_private_storage(self):
        """XEP-0049 and 0048: bookmarks are kept for the next login, for nobody else"""
        (jid,) = self.bed.register("alice")
        alice = await self.online(jid)
        marks = alice["xep_0048"].stanza.Bookmarks()
        marks.add_conference("room@chat.localhost", "ali", autojoin=True, name="A <room>")
        await alice["xep_0048"].set_bookmarks(marks, method="xep_0049")
        await alice.log_out()
        again = await self.online(jid)
        answer = await again["xep_0048"].get_bookmarks(method="xep_0049")
        found = list(answer["private"]["bookmarks"]["conferences"])
        self.assertEqual([(str(mark["jid"]), mark["name"], mark["autojoin"]) for mark in found], [("room@chat.localhost", "A <room>", True)])

    async def test_unknown_request(self):
        """a request that nobody answers: to the server, to an account"""
        alice, bob = await self.two()
        for to, condition in (("localhost", "feature-not-implemented"), (bob.boundjid.bare, "service-unavailable")):
            request = alice.make_iq_get(queryxmlns="urn:example:nothing", ito=to)
            await self.refused(request.send(), condition)

    async def test_many_requests_at_once(self):
        """two hundred requests in one go are all answered"""
        (jid,) = self.bed.register("alice")
        alice = await self.online(jid)
        answers = await asyncio.gather(*(alice["xep_0199"].ping("localhost") for _ in range(200)))
        self.assertEqual(len(answers), 200)


class Operator(Case):
    async def test_ctl(self):
        """meerkatctl sees the sessions, sends a message, ends a session, bans"""
        jid, operator = self.bed.register("alice", "operator")
        alice = await self.online(jid + "/desk")
        self.assertIn(jid + "/desk", self.bed.ctl("session", "listSessions"))
        self.bed.ctl("stanza", "sendMessage", "--from", operator, "--to", jid, "--body", "maintenance at noon")
        self.assertEqual((await alice.sees("message"))["body"], "maintenance at noon")
        self.bed.ctl("session", "kickUserSession", "--user", jid + "/desk")
        await alice.sees("disconnected")
        self.bed.ctl("account", "banUser", "--user", jid)
        self.assertIn(await self.client(jid).log_in(self.bed), REFUSED)

    async def test_shutdown(self):
        """a client is told that the server goes, and can come back after the restart"""
        (jid,) = self.bed.register("alice")
        alice = await self.online(jid)
        self.bed.server.signal(15)
        error = await alice.sees("stream_error")
        self.assertEqual(error["condition"], "system-shutdown")
        await alice.sees("disconnected")
        self.bed.server.process.wait(bed.PATIENCE)
        self.bed.server.start()
        await self.online(jid)


if __name__ == "__main__":
    ElementTree.register_namespace("", "jabber:client")
    bed.main()
