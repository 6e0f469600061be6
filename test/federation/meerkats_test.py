#!/usr/bin/python3
"""Two meerkats chat: over dialback, over certificates, through the loss of one of them."""
import json
import time

import federation_bed as bed
from between import Between
from way import Way

class Dialback(Between, bed.FederationCase):
    def setUp(self):
        super().setUp()
        self.one, self.two = self.meerkat("one.example"), self.meerkat("two.example")
        self.join(self.one, self.two)


class Secured(Between, bed.FederationCase):
    """Over TLS; each has a certificate of the authority, and sees how the other one has proved who it is."""

    mode = "required_trusted"
    proof = "certificate"
    is_direct = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("one", "two"):
            cls.authority.sign(name, f"{name}.example")
            cls.authority.maker.self_signed(
                f"own-{name}", f"own-{name}-key", f"/CN={name}.example", "-addext", f"subjectAltName=DNS:{name}.example"
            )

    def site(self, name):
        return self.meerkat(f"{name}.example", bed.tls_config(name, self.mode, is_direct=self.is_direct))

    def setUp(self):
        super().setUp()
        self.one, self.two = self.site("one"), self.site("two")
        self.join(self.one, self.two, is_direct=self.is_direct)

    def test_messages_both_ways(self):
        super().test_messages_both_ways()
        for site in (self.one, self.two):
            site.wait_for_log(f'proof="{self.proof}" tls="TLSv1.3"')


class DirectTls(Secured):
    is_direct = True


class DialbackOverTls(Secured):
    """Certificates that nobody believes."""

    mode = "required"
    proof = "dialback"

    def site(self, name):
        return self.meerkat(f"{name}.example", bed.tls_config(f"own-{name}", self.mode))


class Distrust(Secured):
    """A certificate that is not good ends the attempt, and the log says why."""

    def site(self, name):
        return self.meerkat(f"{name}.example", bed.tls_config("one" if name == "one" else "own-two", self.mode))

    def test_messages_both_ways(self):
        """T-S2S-22: refused from both sides."""
        romeo, juliet = self.one.client("romeo"), self.two.client("juliet")
        romeo.say(juliet.jid, "hello", "m1")
        self.assertEqual(bed.condition(romeo.receive("message", id="m1")), "remote-server-not-found")
        self.one.wait_for_log('step="certificate"')
        juliet.say(romeo.jid, "hello", "m2")
        self.assertEqual(bed.condition(juliet.receive("message", id="m2")), "remote-server-not-found")
        self.two.wait_for_log("policy-violation")


for name in [name for name in dir(Between) if name.startswith("test_") and name != "test_messages_both_ways"]:
    setattr(Distrust, name, None)


class Control(bed.FederationCase):
    """What an administrator sees and does."""

    def ctl(self, *arguments):
        status, out, err = self.one.server.ctl(["s2s", *arguments])
        self.assertEqual((status, err), (0, ""))
        return json.loads(out)["data"]["s2s"][arguments[0]]

    def test_list_and_drop(self):
        """T-S2S-31"""
        self.one, self.two = self.meerkat("one.example"), self.meerkat("two.example")
        self.join(self.one, self.two)
        romeo, juliet = self.one.client("romeo"), self.two.client("juliet")
        self.assertEqual(self.ctl("listConnections"), [])
        romeo.say(juliet.jid, "hello", "m1")
        juliet.receive("message", id="m1")
        juliet.say(romeo.jid, "hello", "m2")
        romeo.receive("message", id="m2")
        streams = self.ctl("listConnections", "--domain", "two.example")
        self.assertEqual(
            sorted((stream["direction"], stream["local"], stream["remote"], stream["state"], stream["tls"]) for stream in streams),
            [("in", "one.example", "two.example", "open", False), ("out", "one.example", "two.example", "open", False)],
        )
        self.assertEqual(self.ctl("listConnections", "--domain", "three.example"), [])
        self.assertEqual(self.ctl("dropConnection", "--domain", "TWO.example"), 2)
        deadline = time.monotonic() + bed.SECONDS
        while any(stream["state"] == "open" for stream in self.ctl("listConnections")):
            self.assertLess(time.monotonic(), deadline)
        romeo.say(juliet.jid, "hello again", "m3")
        juliet.receive("message", id="m3")


class Loss(bed.FederationCase):
    def setUp(self):
        super().setUp()
        self.one, self.two = self.meerkat("one.example"), self.meerkat("two.example")
        self.join(self.one, self.two)

    def test_killed_and_back(self):
        """While the other one is gone everything comes back; when it has returned everything arrives."""
        romeo, juliet = self.one.client("romeo"), self.two.client("juliet")
        romeo.say(juliet.jid, "hello", "m1")
        juliet.receive("message", id="m1")
        self.two.kill()
        romeo.say(juliet.jid, "are you there", "m2")
        answer = romeo.receive("message", id="m2")
        self.assertEqual(answer.get("type"), "error")
        self.assertIn(bed.condition(answer), ("remote-server-not-found", "remote-server-timeout"))
        self.two.start()
        juliet = self.two.client("juliet")
        deadline = time.monotonic() + bed.SECONDS
        while True:
            romeo.say(juliet.jid, "again", "m3")
            juliet_or_error = bed.first(romeo, juliet, "m3")
            if juliet_or_error is juliet:
                break
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.2)

    def wait_until_confirmed(self):
        deadline = time.monotonic() + bed.SECONDS
        while True:
            streams = json.loads(self.one.server.ctl(["s2s", "listConnections"])[1])["data"]["s2s"]["listConnections"]
            if all(stream["unconfirmed"] == 0 for stream in streams if stream["direction"] == "out"):
                return
            self.assertLess(time.monotonic(), deadline)

    def part(self):
        """(romeo, juliet, the way between them), which has swallowed fifty messages of his since they could talk."""
        way = Way(self.two)
        self.addCleanup(way.close)
        self.one.knows(way)
        self.one.server.reload()
        self.one.wait_for_log("configuration reloaded")
        romeo, juliet = self.one.client("romeo"), self.two.client("juliet")
        romeo.say(juliet.jid, "hello", "m1")
        juliet.receive("message", id="m1")
        self.wait_until_confirmed()
        way.swallow()
        romeo.send("".join(f"<message to='{juliet.jid}' type='chat' id='p{n}'><body>{n}</body></message>" for n in range(50)))
        romeo.ping()
        return romeo, juliet, way

    def test_partition(self):
        """The way between them swallows everything: what the other one has not acknowledged is sent again when there is another way."""
        romeo, juliet, way = self.part()
        way.cut()
        for n in range(50):
            self.assertEqual(juliet.receive("message").get("id"), f"p{n}")
        self.assertEqual(romeo.others, [])

    def test_partition_for_good(self):
        """The same, and there is no other way: everything comes back, once."""
        romeo, juliet, way = self.part()
        way.close()
        for n in range(50):
            answer = romeo.receive("message", type="error")
            self.assertEqual(answer.get("id"), f"p{n}")
        romeo.ping()
        self.assertEqual(romeo.others, [])
        self.assertFalse(juliet.others)

    def test_nowhere(self):
        """T-S2S-14, T-S2S-26: a domain that cannot be found."""
        romeo = self.one.client("romeo")
        romeo.say("somebody@nowhere.example", "hello", "m1")
        answer = romeo.receive("message", id="m1")
        self.assertEqual((answer.get("type"), bed.condition(answer)), ("error", "remote-server-not-found"))
        self.assertEqual(answer.find(bed.CLIENT + "error").get("type"), "cancel")


if __name__ == "__main__":
    bed.main()
