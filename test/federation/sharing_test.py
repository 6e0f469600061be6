#!/usr/bin/python3
"""Several domains of one server on one stream to another (XEP-0220 §2.6)."""
import json

import federation_bed as bed
from remote import Remote


class Sharing(bed.FederationCase):
    def setUp(self):
        super().setUp()
        self.one = self.meerkat("one.example", 'general.hosts = ["one.example", "other.example"]\n')

    def start(self, far):
        self.one.knows(far)
        self.one.start()
        for domain in ("one.example", "other.example"):
            self.one.server.register("romeo", domain, "secret")
        return self.client("one.example"), self.client("other.example")

    def client(self, domain):
        client = bed.Client(self.one.server, domain, "romeo", False)
        self.addCleanup(client.close)
        return client

    def test_two_domains(self):
        """Between two meerkats: one stream, what each sends arrives in order, and comes from where it says."""
        two = self.meerkat("two.example")
        one, other = self.start(two)
        two.knows(self.one, bed.Alias("other.example", self.one))
        two.start()
        two.register("juliet")
        juliet = two.client("juliet")
        one.say(juliet.jid, "hello", "first")
        juliet.receive("message", id="first")
        for n in range(50):
            one.say(juliet.jid, f"one {n}", f"o{n}")
            other.say(juliet.jid, f"other {n}", f"x{n}")
        found = [juliet.receive("message") for _ in range(100)]
        for sender, mark in ((one, "o"), (other, "x")):
            ids = [message.get("id") for message in found if message.get("from") == sender.jid]
            self.assertEqual(ids, [f"{mark}{n}" for n in range(50)])
        self.one.wait_for_log("a stream to another server is shared")
        streams = json.loads(two.server.ctl(["s2s", "listConnections"])[1])["data"]["s2s"]["listConnections"]
        self.assertEqual(len([stream for stream in streams if stream["direction"] == "in" and stream["state"] == "open"]), 1)
        # The other server is gone and back: each gets on.
        two.server.stop()
        two.start()
        juliet = two.client("juliet", keeps=True)
        for sender, mark in ((one, "p"), (other, "q")):
            while True:
                sender.say(juliet.jid, "again", mark)
                if bed.first(sender, juliet, mark) is juliet:
                    break

    def test_without_errors(self):
        """The other server does not say that it can answer with errors: each has its own stream."""
        far = self.add(Remote())
        one, other = self.start(far)
        one.say("a@far.example", "hello", "m1")
        far.stanza("m1")
        other.say("a@far.example", "hello", "m2")
        far.stanza("m2")
        self.assertEqual(far.streams, 2)

    def test_shared(self):
        """It says so, and the second domain comes on the same stream."""
        far = self.add(Remote(errors=True))
        one, other = self.start(far)
        one.say("a@far.example", "hello", "m1")
        far.stanza("m1")
        other.say("a@far.example", "hello", "m2")
        self.assertEqual(far.stanza("m2").get("from"), other.jid)
        self.assertEqual(far.streams, 1)

    def test_refused(self):
        """The second domain is refused there: it tries on a stream of its own, and the first one has lost nothing."""
        far = self.add(Remote(errors=True))
        one, other = self.start(far)
        one.say("a@far.example", "hello", "m1")
        far.stanza("m1")
        far.refused = "other.example"
        other.say("a@far.example", "hello", "m2")
        far.stanza("m2")
        one.say("a@far.example", "hello", "m3")
        far.stanza("m3")
        self.assertEqual(far.streams, 2)


if __name__ == "__main__":
    bed.main()
