#!/usr/bin/python3
"""What a server has acknowledged it does not lose, also when it is killed while the message waits for another server: it arrives when both are
there again, once, or comes back to its sender."""
import json
import socket
import time

import federation_bed as bed
from remote import Caller, Remote
from way import Way

SM = "urn:xmpp:sm:3"
DELAY = "{urn:xmpp:delay}delay"
CONFIG = "[modules.mod_stream_management]\n"


class Managed(bed.Client):
    """A client with stream management (XEP-0198)."""

    def __init__(self, meerkat, user):
        self.sent = 0
        super().__init__(meerkat.server, meerkat.domain, user, False)
        meerkat.clients.append(self)
        self.send(f"<enable xmlns='{SM}'/>")
        while self.element().tag != f"{{{SM}}}enabled":
            pass
        self.sent = 0

    def ping(self, seconds=bed.SECONDS):
        super().ping(seconds)
        self.sent += 1

    def say(self, to, text, id="m"):
        super().say(to, text, id)
        self.sent += 1

    def wait_for_acknowledgement(self, seconds=bed.SECONDS):
        """Of all that was said."""
        self.send(f"<r xmlns='{SM}'/>")
        while True:
            element = self.element(seconds)
            if element.tag == f"{{{SM}}}a":
                if int(element.get("h")) == self.sent:
                    return
                self.send(f"<r xmlns='{SM}'/>")
            elif element.tag == bed.CLIENT + "message":
                self.others.append(element)


class Silence:
    """In the place of a site that does not run: connections are made there, and nothing answers."""

    def __init__(self, site):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((site.address, site.port))
        self.listener.listen(100)

    def end(self):
        self.listener.close()


class Durability(bed.FederationCase):
    config = CONFIG
    loops = 2

    def setUp(self):
        super().setUp()
        self.one = self.meerkat("one.example", self.config, self.loops)
        self.two = self.meerkat("two.example", CONFIG, self.loops)
        self.join(self.one, self.two)

    def silence_two(self):
        """It has stopped, and nobody tells."""
        self.two.server.stop()
        silence = Silence(self.two)
        self.addCleanup(silence.end)
        return silence

    def put_way_between(self):
        way = Way(self.two)
        self.addCleanup(way.close)
        self.one.knows(way)
        self.one.server.reload()
        self.one.wait_for_log("configuration reloaded")
        return way

    def say_many(self, client, to, count=20):
        for n in range(count):
            client.say(to, f"text {n}", f"d{n}")
        client.wait_for_acknowledgement()

    def receives_all(self, juliet, count=20):
        """In order, once, and each says since when it waited."""
        for n in range(count):
            message = juliet.receive("message")
            self.assertEqual(message.get("id"), f"d{n}")
            self.assertEqual(message.find(DELAY).get("from"), "one.example")
        self.has_nothing_more(juliet)

    def has_nothing_more(self, juliet, seconds=1):
        time.sleep(seconds)
        juliet.ping()
        self.assertEqual([stanza.get("id") for stanza in juliet.others if stanza.tag == bed.CLIENT + "message"], [])

    def unconfirmed(self, site):
        streams = json.loads(site.server.ctl(["s2s", "listConnections"])[1])["data"]["s2s"]["listConnections"]
        return sum(stream["unconfirmed"] + stream["waiting"] for stream in streams if stream["direction"] == "out")

    def wait_until_confirmed(self, site):
        deadline = time.monotonic() + bed.SECONDS
        while self.unconfirmed(site):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)


class Killed(Durability):
    def end(self, site):
        site.kill()

    def test_while_the_other_one_is_away(self):
        """No stream yet: acknowledged, ended, started again; the other one comes up: it arrives."""
        silence = self.silence_two()
        romeo = Managed(self.one, "romeo")
        self.say_many(romeo, "juliet@two.example")
        self.end(self.one)
        silence.end()
        self.two.start()
        juliet = self.two.client("juliet")
        self.one.start()
        self.receives_all(juliet)

    def test_before_the_other_one_is_back(self):
        """The same, and nobody is there when we are back: it is tried again and again."""
        silence = self.silence_two()
        romeo = Managed(self.one, "romeo")
        self.say_many(romeo, "juliet@two.example")
        self.end(self.one)
        silence.end()
        self.one.start()
        self.one.wait_for_log("another server cannot be reached")
        self.two.start()
        juliet = self.two.client("juliet", keeps=True)
        self.receives_all(juliet)

    def test_twice(self):
        """The second process ends like the first."""
        silence = self.silence_two()
        romeo = Managed(self.one, "romeo")
        self.say_many(romeo, "juliet@two.example", 10)
        self.end(self.one)
        self.one.start()
        romeo = Managed(self.one, "romeo")
        for n in range(10, 20):
            romeo.say("juliet@two.example", f"text {n}", f"d{n}")
        romeo.wait_for_acknowledgement()
        self.end(self.one)
        silence.end()
        self.two.start()
        juliet = self.two.client("juliet")
        self.one.start()
        self.receives_all(juliet)

    def test_on_an_open_stream(self):
        """There was a stream, and what was sent there was swallowed."""
        way = self.put_way_between()
        romeo, juliet = Managed(self.one, "romeo"), self.two.client("juliet")
        romeo.say(juliet.jid, "hello", "first")
        juliet.receive("message", id="first")
        self.wait_until_confirmed(self.one)
        way.swallow()
        self.say_many(romeo, juliet.jid)
        self.end(self.one)
        way.cut()
        self.one.start()
        self.receives_all(juliet)

    def test_only_once(self):
        """What had waited and has arrived does not come again, and what went out promptly neither."""
        way = self.put_way_between()
        romeo, juliet = Managed(self.one, "romeo"), self.two.client("juliet")
        romeo.say(juliet.jid, "hello", "first")
        juliet.receive("message", id="first")
        self.wait_until_confirmed(self.one)
        way.swallow()
        self.say_many(romeo, juliet.jid)
        way.cut()
        for n in range(20):
            self.assertEqual(juliet.receive("message").get("id"), f"d{n}")
        for n in range(20):
            romeo.say(juliet.jid, "promptly", f"p{n}")
        romeo.wait_for_acknowledgement()
        for n in range(20):
            self.assertEqual(juliet.receive("message").get("id"), f"p{n}")
        self.wait_until_confirmed(self.one)
        romeo.ping()
        self.end(self.one)
        self.one.start()
        self.one.client("juliet").say(juliet.jid, "last", "last")
        self.assertEqual(juliet.receive("message").get("id"), "last")
        self.has_nothing_more(juliet)



class Stopped(Killed):
    """The same when the server is stopped in order."""

    def end(self, site):
        for client in site.clients:
            client.close()
        site.server.stop()


class GivenUp(Durability):
    """Nobody comes back: the sender is told."""

    config = CONFIG + "[meerkat]\nleft_behind_timeout = 1500\n"

    def come_back(self):
        silence = self.silence_two()
        romeo = Managed(self.one, "romeo")
        self.say_many(romeo, "juliet@two.example")
        self.one.kill()
        silence.end()
        self.one.start()

    def are_refusals(self, romeo):
        for n in range(20):
            message = romeo.receive("message", type="error")
            self.assertEqual(message.get("id"), f"d{n}")
            self.assertIn(bed.condition(message), ("remote-server-timeout", "remote-server-not-found"))
        self.has_nothing_more(romeo, 0.2)

    def test_sender_is_there(self):
        """... on another connection of the account."""
        self.come_back()
        self.are_refusals(self.one.client("romeo", keeps=True))

    def test_sender_is_away(self):
        """... when he comes: it has waited for him."""
        self.come_back()
        time.sleep(4 * bed.PATIENCE)
        self.are_refusals(self.one.client("romeo", keeps=True))

    def test_sender_is_told_once(self):
        """... and not again after the next start."""
        self.come_back()
        self.are_refusals(self.one.client("romeo", keeps=True))
        self.one.kill()
        self.one.start()
        romeo = self.one.client("romeo", keeps=True)
        self.has_nothing_more(romeo, 3)


class Resumed(Durability):
    """A stream whose connection is lost goes on on another one (XEP-0198 §5)."""

    def test_nothing_twice(self):
        """What the other one has, and could not say so, is not sent again; what it has not is."""
        way = self.put_way_between()
        romeo, juliet = Managed(self.one, "romeo"), self.two.client("juliet")
        romeo.say(juliet.jid, "hello", "first")
        juliet.receive("message", id="first")
        self.wait_until_confirmed(self.one)
        way.swallow_answers()
        for n in range(30):
            romeo.say(juliet.jid, f"text {n}", f"d{n}")
        for n in range(30):
            self.assertEqual(juliet.receive("message").get("id"), f"d{n}")
        self.assertGreater(self.unconfirmed(self.one), 0)
        way.swallow()
        for n in range(30, 40):
            romeo.say(juliet.jid, f"text {n}", f"d{n}")
        romeo.ping()
        way.cut()
        for n in range(30, 40):
            self.assertEqual(juliet.receive("message").get("id"), f"d{n}")
        romeo.wait_for_acknowledgement()
        romeo.say(juliet.jid, "last", "last")
        self.assertEqual(juliet.receive("message").get("id"), "last")
        self.wait_until_confirmed(self.one)
        self.has_nothing_more(juliet)
        self.assertEqual([stanza for stanza in romeo.others if stanza.get("type") == "error"], [])

    def test_unknown_there(self):
        """The other one has been started again, and knows nothing: a new stream, and what was not acknowledged is sent again."""
        way = self.put_way_between()
        romeo, juliet = Managed(self.one, "romeo"), self.two.client("juliet")
        romeo.say(juliet.jid, "hello", "first")
        juliet.receive("message", id="first")
        self.wait_until_confirmed(self.one)
        way.swallow()
        self.say_many(romeo, "juliet@two.example")
        self.two.kill()
        self.two.start()
        juliet = self.two.client("juliet", keeps=True)
        way.cut()
        for n in range(20):
            self.assertEqual(juliet.receive("message").get("id"), f"d{n}")
        self.has_nothing_more(juliet)

    def test_others_streams(self):
        """Only who has proved the same domains goes on with a stream."""
        far, other = self.add(Remote()), self.add(Remote("other.example"))
        self.one.knows(far, other)
        self.one.server.reload()
        self.one.wait_for_log("configuration reloaded")
        romeo = self.one.client("romeo")
        caller = self.call(far)
        caller.send(f"<enable xmlns='{SM}' resume='true'/>")
        id = caller.element().get("id")
        caller.say(romeo.jid, id="m1")
        romeo.receive("message", id="m1")
        caller.reset()
        thief = self.call(other)
        self.assertEqual(self.resume(thief, id), ("failed", None))
        self.assertEqual(self.resume(thief, "x"), ("failed", None))
        heir = self.call(far)
        self.assertEqual(self.resume(heir, id), ("resumed", "1"))
        heir.say(romeo.jid, id="m2")
        romeo.receive("message", id="m2")
        # Also while the old connection seems to be there.
        second = self.call(far)
        self.assertEqual(self.resume(second, id), ("resumed", "2"))
        self.assertEqual(heir.ending()[0], "conflict")

    def call(self, remote):
        caller = Caller(self.one, domain=remote.domain)
        self.addCleanup(caller.close)
        caller.greet()
        return caller.prove(remote)

    def resume(self, caller, id):
        caller.send(f"<resume xmlns='{SM}' previd='{id}' h='0'/>")
        answer = caller.element()
        return answer.tag.partition("}")[2], answer.get("h")


class Receiving(Durability):
    """What we have acknowledged to another server is as safe as what we have acknowledged to a client."""

    def test_slow_receiver(self):
        """The receiver's client does not acknowledge, its server does, and is killed: the receiver gets it all the same."""
        romeo, juliet = self.one.client("romeo"), Managed(self.two, "juliet")
        self.two.register("nurse")
        for n in range(20):
            romeo.say(juliet.jid, f"text {n}", f"d{n}")
        deadline = time.monotonic() + bed.SECONDS
        while juliet.receive("message").get("id") != "d19":
            self.assertLess(time.monotonic(), deadline)
        self.wait_until_confirmed(self.one)
        self.two.kill()
        self.two.start()
        juliet = self.two.client("juliet", keeps=True)
        for n in range(20):
            self.assertEqual(juliet.receive("message").get("id"), f"d{n}")
        self.has_nothing_more(juliet)

    def test_orderly_stop(self):
        """A server that stops has its last word about what it got: nothing is sent twice."""
        romeo = self.one.client("romeo")
        for n in range(40):
            romeo.say("juliet@two.example", f"text {n}", f"d{n}")
        romeo.ping()
        self.two.server.stop()
        self.two.start()
        juliet = self.two.client("juliet", keeps=True)
        self.wait_until_confirmed(self.one)
        time.sleep(0.5)
        juliet.ping()
        romeo.ping()
        ids = [stanza.get("id") for stanza in juliet.others if stanza.tag == bed.CLIENT + "message"]
        back = [stanza.get("id") for stanza in romeo.others if stanza.get("type") == "error"]
        self.assertEqual(sorted(ids + back), sorted(f"d{n}" for n in range(40)))


del Durability


if __name__ == "__main__":
    bed.main()
