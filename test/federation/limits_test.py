#!/usr/bin/python3
"""The limits of a listener for servers."""
import time
import unittest

import federation_bed as bed
from incoming_test import SECRET, Incoming

LISTEN = "[[listen.s2s]]\n"


class Size(Incoming):
    config = SECRET + LISTEN + "max_stanza_size = 2000\n"

    def test_larger(self):
        """T-LIM-06: an element of max_stanza_size bytes comes in, a larger one ends the stream."""
        juliet = self.here.client("juliet")
        caller = self.call()
        caller.greet()
        caller.prove(self.far)
        caller.say(juliet.jid, text="x" * 1800, id="m1")
        juliet.receive("message", id="m1")
        caller.say(juliet.jid, text="x" * 2000, id="m2")
        self.ends(caller, "policy-violation")
        self.here.wait_for_log('a limit has acted limit="max_stanza_size_exceeded"')


class Connections(Incoming):
    config = SECRET + LISTEN + "max_connections = 2\n"

    def test_one_too_many(self):
        """T-NET-03: the one over max_connections is closed at once; a place that is left is free."""
        first, second = self.call(), self.call()
        first.greet()
        second.greet()
        self.assertEqual(self.call().ending(), (None, False, False))
        first.close()
        self.here.wait_for_log('a limit has acted limit="max_connections_refused"')
        deadline = time.monotonic() + 5
        while not self.is_let_in():
            self.assertLess(time.monotonic(), deadline, "the place that was left is not free")

    def is_let_in(self):
        caller = self.call()
        try:
            caller.greet()
            return True
        except (bed.Mismatch, OSError):
            return False


class Shaped(Incoming):
    rules = "[shaper]\nslow.max_rate = 2000\n[access]\nother_servers = [{acl = 'slow_ones', value = 'slow'}]\n" \
        "[acl]\nslow_ones = [{match = 'all', server = 'far.example'}]\n"
    config = SECRET + rules + LISTEN + "shaper = 'slow'\n"

    def is_slow(self, caller, text):
        """Is it read at the rate, and does it come in whole?"""
        juliet = self.here.client("juliet")
        began = time.monotonic()
        caller.say(juliet.jid, text=text, id="m1")
        self.assertEqual(juliet.receive("message", id="m1").find("{*}body").text, text)
        return time.monotonic() - began > 1

    def proved(self):
        caller = self.call()
        caller.greet()
        caller.prove(self.far)
        return caller

    def test_by_name(self):
        """A shaper by its name."""
        self.assertTrue(self.is_slow(self.proved(), "x" * 6000))


class ShapedByRule(Shaped):
    config = SECRET + Shaped.rules + LISTEN + "shaper = 'other_servers'\n"

    def test_by_name(self):
        """T-LIM-16: an access rule chooses one for each domain, when that is proved."""
        self.assertTrue(self.is_slow(self.proved(), "x" * 6000))


class Unshaped(Shaped):
    config = SECRET + Shaped.rules.replace("far.example", "another.example") + LISTEN + "shaper = 'other_servers'\n"

    def test_by_name(self):
        """... which says nothing of this one."""
        self.assertFalse(self.is_slow(self.proved(), "x" * 6000))


class ShapedOutgoing(Incoming):
    config = "[s2s]\nshared = 'verona'\noutgoing.shaper = 'crawl'\n[shaper]\ncrawl.max_rate = 150\n"

    def test_slow(self):
        """What the other server answers is read at the rate of s2s.outgoing.shaper."""
        juliet = self.here.client("juliet")
        began = time.monotonic()
        juliet.say("a@far.example", "hello", "m1")
        self.far.stanza("m1")
        self.assertGreater(time.monotonic() - began, 0.7)
        self.assertIn('limit="shaper_paused"', self.here.log())


class Proxied(Incoming):
    config = SECRET + LISTEN + "proxy_protocol = true\n"

    def test_header(self):
        """T-NET-18: a PROXY header comes first, here too, and one that is silent keeps nobody waiting."""
        silent = self.call()
        caller = self.call()
        caller.send("PROXY TCP4 203.0.113.7 127.0.0.1 4711 5269\r\n")
        caller.greet()
        caller.prove(self.far)
        self.here.wait_for_log("203.0.113.7")
        bad = self.call()
        bad.send("GET / HTTP/1.1\r\n\r\n")
        self.assertEqual(bad.ending(), (None, False, False))
        silent.close()


del Incoming

if __name__ == "__main__":
    unittest.main(verbosity=2)
