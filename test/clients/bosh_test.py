#!/usr/bin/python3
"""XMPP over BOSH (XEP-0124, XEP-0206), request by request: sessions, windows, held requests, answers that are asked for again, ends."""
import hashlib
import os
import re
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from web_bed import AUTH, BIND, EXTERNAL, FACTOR, HTTPBIND, Bed, Bosh, Pending, WebSocket, plain  # noqa: E402

MESSAGE = "<message xmlns='jabber:client' to='{}' type='chat' id='{}'><body>{}</body></message>"
PING = "<iq xmlns='jabber:client' type='get' id='{}' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>"
SOON = 0.4 * FACTOR


class Case(unittest.TestCase):
    handlers = None
    config = ""
    loops = 3

    @classmethod
    def setUpClass(cls):
        cls.bed = Bed(cls.handlers, cls.config, loops=cls.loops)
        cls.addClassCleanup(cls.bed.close)

    def session(self, user=None, resource="bosh", **attributes):
        return Bosh(self.bed).log_in(user, resource, **attributes) if user else Bosh(self.bed)

    def request(self, text, method="POST", **headers):
        return Pending(self.bed, text, method, headers).answer()

    def assert_ends(self, answer, condition, status=200):
        self.assertEqual((answer.status, answer.get("type"), answer.get("condition")), (status, "terminate", condition), answer.text)


class Http(Case):
    def test_T_BOSH_02_options(self):
        answer = self.request(None, "OPTIONS", Origin="http://example.org")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["access-control-allow-origin"], "http://example.org")
        self.assertEqual(answer.headers["access-control-max-age"], "1728000")
        self.assertIn("content-type", answer.headers["access-control-allow-headers"].lower())

    def test_T_BOSH_03_get(self):
        self.assertEqual(self.request(None, "GET").status, 200)

    def test_T_BOSH_04_put(self):
        self.assertEqual(self.request("<body/>", "PUT").status, 405)

    def test_T_BOSH_05_empty(self):
        self.assertEqual(self.request("").status, 400)

    def test_T_BOSH_06_malformed(self):
        for text in ("<body", "<body xmlns='http://jabber.org/protocol/httpbind'>", "hello", "<!DOCTYPE a>", "<body rid='1'/>", "\0"):
            answer = self.request(text)
            self.assertEqual(answer.status, 400, text)
            self.assert_ends(answer, "bad-request", 400)
        for rid in ("x", "-1", "9007199254740992", "1.5", "", " 1"):
            self.assert_ends(self.request(f"<body xmlns='{HTTPBIND}' rid='{rid}' to='localhost' hold='1'/>"), "bad-request", 400)
        self.assert_ends(self.request(f"<body xmlns='{HTTPBIND}' rid='1' hold='one' to='localhost'/>"), "bad-request", 400)

    def test_T_BOSH_07_too_large(self):
        try:
            self.assertEqual(self.request("x" * (8 << 20) + "y").status, 413)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it was answered before all was sent

    def test_too_large_before_login(self):
        self.assert_ends(self.request(f"<body xmlns='{HTTPBIND}' rid='1' to='localhost' hold='1'>{'x' * 70000}</body>"), "policy-violation")

    def test_cors_on_every_answer(self):
        answers = [
            self.request(None, "GET"), self.request("<"), self.request(""), self.request("x", "PUT"), self.session().begin(),
            self.session().begin(to="nowhere"), self.request(None, "OPTIONS"),
        ]  # fmt: skip
        for answer in answers:
            self.assertEqual(answer.headers.get("access-control-allow-origin"), "*", (answer.status, answer.text))


class Beginning(Case):
    def test_T_BOSH_01_create_and_terminate(self):
        s = self.session()
        answer = s.begin()
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "text/xml; charset=utf-8"))
        self.assertRegex(answer.get("sid"), "^[a-z2-7]{26}$")
        self.assertEqual([answer.get(name) for name in ("wait", "requests", "hold", "inactivity", "maxpause")], ["60", "2", "1", "30", "120"])
        self.assertEqual(answer.get("from"), "localhost")
        self.assertIn("mechanisms", answer.text)
        self.assertNotIn("starttls", answer.text)  # T-BOSH-29
        self.assert_ends(s.send(type="terminate"), None)
        self.assert_ends(s.send(), "item-not-found")

    def test_login_and_chat(self):
        a, b = self.session("alice"), self.session("bob")
        held = b.post()
        a.send(MESSAGE.format("bob@localhost/bosh", "1", "hi") + PING.format("s"))
        answer = held.answer()
        self.assertEqual(answer.body[0].tag, "{jabber:client}message")
        self.assertIn("<message xmlns='jabber:client'", answer.text)  # T-BOSH-26
        self.assertEqual(answer.body[0].get("from"), "alice@localhost/bosh")

    def test_T_BOSH_08_unknown_domain(self):
        self.assert_ends(self.session().begin(to="nowhere.example"), "host-unknown")
        self.assert_ends(self.session().begin(to=None), "host-unknown")

    def test_T_BOSH_10_hold_0(self):
        self.assert_ends(self.session().begin(hold="0"), "undefined-condition")
        self.assert_ends(self.session().begin(hold=None), "undefined-condition")

    def test_T_BOSH_11_hold_2(self):
        self.assertEqual(self.session().begin(hold="2").get("hold"), "1")

    def test_wait(self):
        self.assertEqual(self.session().begin(wait=None).get("wait"), "60")
        self.assertEqual(self.session().begin(wait="9007199254740991").get("wait"), str(2**31 - 1))

    def test_T_BOSH_13_unknown_sid(self):
        s = self.session()
        s.sid = "a" * 26
        self.assert_ends(s.send(), "item-not-found")
        s.sid = ""
        self.assert_ends(s.send(), "item-not-found")

    def test_wrong_version(self):
        self.assert_ends(self.session().begin(xmpp__version="2.0"), "remote-stream-error")


class Windows(Case):
    def test_T_BOSH_14_rid_far_outside(self):
        s = self.session("alice")
        held = s.post()
        s.rid += 100
        self.assert_ends(s.send(), "item-not-found")
        self.assert_ends(held.answer(), "item-not-found")

    def test_T_BOSH_15_out_of_order_by_one(self):
        s, b = self.session("alice", "order"), self.session("bob", "order")
        s.rid += 2
        second = Pending(self.bed, s.body(MESSAGE.format("bob@localhost/order", "2", "second")))
        time.sleep(0.2)
        s.rid -= 1
        first = Pending(self.bed, s.body(MESSAGE.format("bob@localhost/order", "1", "first")))
        text = ""
        while text.count("<message") < 2:
            text += b.send().text
        self.assertLess(text.index("first"), text.index("second"))
        first.answer()
        second.give_up()

    def test_T_BOSH_16_repeated_rid(self):
        s = self.session("alice", "again")
        answer = s.send(PING.format("p1"))
        again = Pending(self.bed, s.body(PING.format("p1"))).answer()
        self.assertEqual(again.text, answer.text)
        # It was not worked on again.
        self.assertNotIn("p1", s.send(PING.format("p2")).text)

    def test_T_BOSH_17_trimmed(self):
        s = self.session("alice", "trim")
        for number in range(4):
            s.send(PING.format(str(number)))
        s.rid -= 3
        self.assert_ends(Pending(self.bed, s.body()).answer(), "item-not-found")

    def test_T_BOSH_18_missing_ack_is_reported(self):
        s = self.session("alice", "report")
        s.send(PING.format("1"))
        missed = s.rid
        s.send(PING.format("2"), ack=missed - 1)
        answer = s.send(PING.format("3"), ack=missed - 1)
        self.assertEqual(answer.get("report"), str(missed))
        self.assertTrue(answer.get("time").isdigit())
        self.assertIsNone(s.send(PING.format("4"), ack=s.rid).get("report"))

    def test_third_request_while_two_wait(self):
        s = self.session("alice", "three")
        first, second = s.post(), s.post()
        self.assertEqual(first.answer().status, 200)
        self.assertFalse(second.is_there(SOON))
        third = s.post()
        self.assertEqual(second.answer().status, 200)
        third.give_up()

    def test_T_BOSH_21_interrupted(self):
        s, b = self.session("alice", "cut"), self.session("bob", "cut")
        s.post().give_up()
        time.sleep(0.2)
        b.send(MESSAGE.format("alice@localhost/cut", "m", "still there?") + PING.format("s"))
        self.assertIn("still there?", s.until("still", s.send()).text)

    def test_interrupted_and_asked_again(self):
        s, b = self.session("alice", "cut2"), self.session("bob", "cut2")
        s.post().give_up()
        repeated = Pending(self.bed, s.body())
        b.send(MESSAGE.format("alice@localhost/cut2", "m", "still there?") + PING.format("s"))
        answer = repeated.answer()
        self.assertEqual(answer.status, 200)
        self.assertIn("still there?", s.until("still", answer).text)

    def test_T_BOSH_24_empty_request_is_held(self):
        s = self.session("alice", "held", wait="1")
        began = time.monotonic()
        answer = s.send()
        self.assertEqual(len(answer.body), 0)
        self.assertGreater(time.monotonic() - began, 0.8)

    def test_T_BOSH_25_several_stanzas(self):
        s = self.session("alice", "many")
        answer = s.send("".join(PING.format(f"n{number}") for number in range(20)))
        text = answer.text
        while text.count("<iq") < 20:
            text += s.send().text
        self.assertEqual(re.findall("id='(n[0-9]+)'", text), [f"n{number}" for number in range(20)])

    def test_T_BOSH_28_escaped_text(self):
        s = self.session("alice", "text")
        answer = s.send(MESSAGE.format("alice@localhost/text", "a&quot;&amp;&lt;", "&lt;&amp;&gt; ü €"))
        answer = s.until("<message", answer)
        self.assertEqual(answer.body[0].get("id"), 'a"&<')
        self.assertEqual(answer.body[0][0].text, "<&> ü €")

    def test_malformed_in_a_session(self):
        s = self.session("alice", "bad")
        held = s.post()
        answer = s.send("<message")
        self.assertEqual(answer.status, 400)
        self.assert_ends(held.answer(), "remote-stream-error")

    def test_requests_from_everywhere(self):
        """Each on a connection, and so maybe a loop, of its own, while others chat."""
        s, b = self.session("alice", "everywhere"), self.session("bob", "everywhere")
        seen = ""
        for number in range(60):
            b.send(MESSAGE.format("alice@localhost/everywhere", "m", f"<b>{number}</b>") + PING.format("s"))
            seen += s.until("<message", s.send()).text
        self.assertEqual([int(number) for number in re.findall("<b>([0-9]+)</b>", seen)], list(range(60)))


class Ends(Case):
    def test_T_BOSH_27_stream_error(self):
        s = self.session("alice")
        answer = s.send("<message xmlns='jabber:client' from='somebody@else.example' to='bob@localhost'/>")
        self.assert_ends(answer, "remote-stream-error")
        self.assertEqual(answer.body[0].tag, "{http://etherx.jabber.org/streams}error")
        self.assertIn("invalid-from", answer.text)

    def test_stanzas_with_the_end_are_taken(self):
        s, b = self.session("alice", "end"), self.session("bob", "end")
        self.assert_ends(s.send(MESSAGE.format("bob@localhost/end", "last", "bye"), type="terminate"), None)
        self.assertIn("bye", b.until("bye", b.send()).text)

    def test_replaced_session(self):
        s = self.session("alice", "twice")
        held = s.post()
        self.session("alice", "twice")
        answer = held.answer()
        self.assert_ends(answer, "remote-stream-error")
        self.assertIn("conflict", answer.text)

    def test_multiple_streams_are_refused(self):
        s = self.session("alice", "streams")
        self.assert_ends(s.send(stream="second", to="localhost"), "bad-request")

    def test_keys(self):
        def keys(seed, count=4):
            chain = [seed]
            for _ in range(count):
                chain.append(hashlib.sha1(chain[-1].encode()).hexdigest())
            return chain[:0:-1]

        first, second = keys("one"), keys("two")
        s = self.session()
        s.begin(newkey=first[0])
        s.send(AUTH.format(plain("alice")), key=first[1])
        s.send(xmpp__restart="true", xmlns__xmpp="urn:xmpp:xbosh", to="localhost", key=first[2], newkey=second[0])
        self.assertIn("jid", s.send("<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", key=second[1]).text)
        self.assert_ends(s.send(key=second[1]), "item-not-found")
        s = self.session()
        s.begin(newkey=first[0])
        self.assert_ends(s.send(AUTH.format(plain("alice"))), "item-not-found")


class Times(Case):
    config = "[services.service_bosh]\ninactivity = 1\nmax_wait = 2\nmax_pause = 3\nserver_acks = true\n"

    def test_T_BOSH_12_max_wait(self):
        self.assertEqual(self.session().begin(wait="60").get("wait"), "2")

    def test_T_BOSH_19_server_acks(self):
        s = self.session()
        answer = s.begin()
        self.assertEqual(answer.get("ack"), str(s.rid))
        s.until("success", s.send(AUTH.format(plain("alice"))))
        first, second = s.post(), s.post()
        self.assertEqual(first.answer().get("ack"), str(s.rid))
        self.assertIsNone(second.answer().get("ack"))

    def test_T_BOSH_20_inactivity(self):
        with WebSocket(self.bed) as watcher:
            watcher.log_in("bob", "watcher")
            watcher.send("<presence xmlns='jabber:client'/>")
            s = self.session("bob", "idle")
            s.send("<presence xmlns='jabber:client'/>")
            self.assertIn("bob@localhost/idle", watcher.skip_to("bob@localhost/idle"))
            began = time.monotonic()
            watcher.skip_to("type='unavailable'")
            self.assertGreater(time.monotonic() - began, 0.5)
        self.assert_ends(s.send(), "item-not-found")

    def test_T_BOSH_22_pause(self):
        s = self.session("alice", "pause")
        held = s.post()
        began = time.monotonic()
        self.assertEqual(s.send(pause="3").status, 200)
        self.assertEqual(held.answer().status, 200)
        self.assertLess(time.monotonic() - began, 1 * FACTOR)
        time.sleep(1.8)
        self.assertIn("p1", s.until("p1", s.send(PING.format("p1"))).text)

    def test_T_BOSH_23_pause_too_long(self):
        s = self.session("alice", "toolong")
        self.assert_ends(s.send(pause="4"), "policy-violation")


class Hosts(Case):
    config = '[services.service_bosh]\nhost_types = ["other.example"]\n[general]\nhosts = ["localhost", "other.example"]\n'

    def test_T_BOSH_09_off_for_the_host(self):
        self.assert_ends(self.session().begin(), "host-unknown")
        self.assertIsNone(self.session().begin(to="other.example").get("type"))


class Certificates(Case):
    config = '[auth]\nsasl_mechanisms = ["external", "plain"]\n[auth.pki]\n'

    def test_external(self):
        """T-AUTH-22, T-AUTH-27"""
        s = Bosh(self.bed, secure=self.bed.secure("client"))
        self.assertIn("EXTERNAL", s.begin().text)
        s.until("success", s.send(EXTERNAL))
        s.until("features", s.send(**{"to": "localhost", "xmlns__xmpp": "urn:xmpp:xbosh", "xmpp__restart": "true"}))
        s.until("<jid>alice@localhost/bosh</jid>", s.send(BIND.format("bosh")))

    def test_external_without_good_certificate(self):
        """T-AUTH-21"""
        for secure in (self.bed.secure(), self.bed.secure("client-self"), None):
            s = Bosh(self.bed, secure=secure)
            self.assertNotIn("EXTERNAL", s.begin().text)
            s.until("<invalid-mechanism/>", s.send(EXTERNAL))


class Unsent(Case):
    config = "[modules.mod_bosh]\ninactivity = 1\n[modules.mod_offline]\n"

    def test_what_was_never_fetched_waits_for_the_next_session(self):
        gone, other = self.session("bob"), self.session("alice")
        gone.send("<presence xmlns='jabber:client'/>" + PING.format("p"))
        other.send(MESSAGE.format("bob@localhost/bosh", "late", "hi") + PING.format("s"))
        deadline = time.monotonic() + 10 * FACTOR
        while self.bed.metric("bosh_inactivity_expired") == 0:
            self.assertLess(time.monotonic(), deadline)
            other.send(PING.format("on"))
            time.sleep(0.1)
        again = self.session("bob", "again")
        again.until("id='late'", again.send("<presence xmlns='jabber:client'/>"))


class Sizes(Case):
    handlers = {"mongoose_bosh_handler": "max_stanza_size = 2000"}

    def test_max_stanza_size(self):
        s = self.session("alice")
        # Of each element; its namespace is part of it.
        fits = MESSAGE.format("alice@localhost/bosh", "1", "")
        fits = fits.replace("<body>", "<body>" + "x" * (2000 - len(fits)))
        answer = s.send(fits + fits)
        while answer.text.count("<message") < 2:
            answer.text += s.send().text
        answer = s.send(fits.replace("<body>", "<body>x"))
        self.assertIn("policy-violation", answer.text)
        self.assertEqual(answer.get("type"), "terminate")
        self.assertGreater(self.bed.metric("max_stanza_size_exceeded"), 0)


class Limits(Case):
    handlers = {"mod_bosh": 'shaper = "slow"'}
    config = "[shaper]\nslow = {max_rate = 20000}\n[meerkat]\nmax_unauthenticated_per_address = 3\nlogin_timeout = 1000\n"

    def test_T_LIM_15_shaper(self):
        time.sleep(1.5 * FACTOR)  # until the sessions of the other case have ended
        s = self.session("alice")
        began = time.monotonic()
        text = ""
        answer = s.send(MESSAGE.format("alice@localhost/bosh", "1", "x" * 30000))
        while text.count("<message") < 3:
            text += answer.text
            answer = s.send(MESSAGE.format("alice@localhost/bosh", "1", "x" * 30000))
        self.assertGreater(time.monotonic() - began, 2)

    def test_max_unauthenticated_per_address(self):
        time.sleep(1.2 * FACTOR)
        for _ in range(3):
            self.assertIsNone(self.session().begin().get("type"))
        self.assert_ends(self.session().begin(), "policy-violation")
        # login_timeout makes room again.
        deadline = time.monotonic() + 8 * FACTOR
        while self.session().begin().get("type"):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.2)


class Stopping(unittest.TestCase):
    def test_system_shutdown(self):
        bed = Bed()
        try:
            held, idle = Bosh(bed).log_in("alice"), Bosh(bed).log_in("bob")
            pending = held.post()
            time.sleep(0.2)
            bed.server.signal(15)
            answer = pending.answer()
            self.assertEqual((answer.get("type"), answer.get("condition")), ("terminate", "system-shutdown"))
            self.assertEqual(bed.server.process.wait(10 * FACTOR), 0)
            self.assertIsNotNone(idle.sid)
        finally:
            bed.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
