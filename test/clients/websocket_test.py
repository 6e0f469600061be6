#!/usr/bin/python3
"""XMPP over WebSocket (RFC 7395), frame by frame: handshake, framing of streams, control frames, compression, silence, limits.

What comes of single frames is test/unit/http/websocket_test.c's; here is what a client sees."""
import os
import socket
import sys
import time
import unittest
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from web_bed import AUTH, BIND, EXTERNAL, FACTOR, FRAMING, OPEN, Bed, Closed, WebSocket, frame, plain  # noqa: E402

CLOSE = f"<close xmlns='{FRAMING}'/>"
MESSAGE = "<message xmlns='jabber:client' to='{}' type='chat' id='{}'><body>{}</body></message>"
PING = "<iq xmlns='jabber:client' type='get' id='{}' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>"
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"


def deflated(text):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


class Case(unittest.TestCase):
    handlers = None
    config = ""

    @classmethod
    def setUpClass(cls):
        cls.bed = Bed(cls.handlers, cls.config)
        cls.addClassCleanup(cls.bed.close)

    def connect(self, **options):
        websocket = WebSocket(self.bed, **options)
        self.addCleanup(websocket.socket.close)
        return websocket

    def assert_dropped(self, websocket, code):
        """Closed without XMPP data."""
        self.assertEqual(websocket.until_closed(), ([], code))


class Handshake(Case):
    def test_T_WS_01_sub_protocol_is_echoed(self):
        w = self.connect()
        self.assertEqual((w.status, w.headers["sec-websocket-protocol"]), (101, "xmpp"))

    def test_T_WS_02_in_any_case_and_in_a_list(self):
        self.assertEqual(self.connect(protocol="chat, XMPP").headers["sec-websocket-protocol"], "XMPP")
        self.assertEqual(self.connect(protocol="Xmpp ,other").headers["sec-websocket-protocol"], "Xmpp")

    def test_T_WS_03_none_or_another(self):
        for protocol in (None, "mqtt", "xmpp2"):
            w = self.connect(protocol=protocol)
            self.assertEqual((w.status, w.headers.get("sec-websocket-protocol")), (101, None))
            self.assertIn("<open", w.open()[0])

    def test_T_WS_04_plain_request(self):
        w = self.connect(upgrade=False)
        self.assertEqual((w.status, w.headers["upgrade"]), (426, "websocket"))

    def test_wrong_version_and_key(self):
        head = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        w = self.connect(upgrade=False, headers=head + key + "Sec-WebSocket-Version: 8\r\n")
        self.assertEqual((w.status, w.headers["sec-websocket-version"]), (426, "13"))
        for bad in ("", "Sec-WebSocket-Key: short\r\n", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA=\r\n"):
            self.assertEqual(self.connect(upgrade=False, headers=head + bad + "Sec-WebSocket-Version: 13\r\n").status, 400)

    def test_compression_is_agreed_upon(self):
        usual = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        for offer, answer in (
            ("permessage-deflate", usual),
            ("permessage-deflate; client_max_window_bits", usual),
            ('permessage-deflate; server_max_window_bits="10"', usual + "; server_max_window_bits=10"),
            ("x-webkit-deflate-frame, permessage-deflate", usual),
            ("permessage-deflate; server_max_window_bits=8, permessage-deflate", usual),
            ("permessage-deflate; server_max_window_bits=16", None),
            ("permessage-deflate; server_max_window_bits", None),
            ("permessage-deflate; unheard_of", None),
            ("permessage-deflate; client_no_context_takeover; client_no_context_takeover", None),
            ("permessage-bzip2", None),
        ):
            w = self.connect(headers=f"Sec-WebSocket-Extensions: {offer}\r\n")
            self.assertEqual((w.status, w.headers.get("sec-websocket-extensions")), (101, answer), offer)


class Framing(Case):
    def test_T_WS_05_open_login_chat(self):
        with WebSocket(self.bed) as a, WebSocket(self.bed) as b:
            header, features = a.open()
            self.assertIn(f"<open xmlns='{FRAMING}'", header)
            self.assertIn("version='1.0'", header)
            self.assertTrue(features.startswith("<stream:features xmlns:stream='http://etherx.jabber.org/streams'>"))
            self.assertNotIn("starttls", features)
            a.send(AUTH.format(plain("alice")))
            self.assertIn("success", a.receive())
            # T-WS-20: the stream begins again with another <open/>.
            header, features = a.open()
            self.assertIn("<open", header)
            self.assertIn("xmpp-bind", features)
            a.send(BIND.format("web"))
            self.assertIn("xmlns='jabber:client'", a.receive())
            b.log_in("bob")
            a.send(MESSAGE.format("bob@localhost/web", "1", "hi"))
            self.assertEqual(
                b.receive(),
                "<message xmlns='jabber:client' from='alice@localhost/web' to='bob@localhost/web' type='chat' id='1'><body>hi</body></message>",
            )

    def test_T_WS_06_escaped_text(self):
        w = self.connect().log_in("alice")
        text = "&lt;&amp;&gt; \"quotes\" ' ü €"
        w.send(MESSAGE.format("alice@localhost/web", "a&quot;&amp;&lt;", text))
        answer = w.element()
        self.assertEqual(answer.get("id"), 'a"&<')
        self.assertEqual(answer[0].text, "<&> \"quotes\" ' ü €")

    def test_T_WS_07_something_else_first(self):
        for first in (
            "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client' to='localhost' version='1.0'>",
            "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client' to='localhost' version='1.0'/>",
            MESSAGE.format("bob@localhost", "1", "hi"),
            "<open to='localhost' version='1.0'/>",
            "<?xml version='1.0'?>",
            "hello",
            "{}",
        ):
            w = self.connect()
            w.send(first)
            self.assert_dropped(w, 1002)

    def test_T_WS_08_bad_version(self):
        w = self.connect()
        w.send(OPEN.replace("1.0", "2.0"))
        texts, code = w.until_closed()
        self.assertEqual(code, 1000)
        self.assertEqual(len(texts), 3)
        self.assertIn("<open", texts[0])
        self.assertIn("unsupported-version", texts[1])
        self.assertIn("xmlns:stream='http://etherx.jabber.org/streams'", texts[1])
        self.assertEqual(texts[2], CLOSE)

    def test_unknown_host(self):
        w = self.connect()
        w.send(OPEN.replace("localhost", "nowhere.example"))
        texts, _ = w.until_closed()
        self.assertIn("host-unknown", texts[1])

    def test_T_WS_09_close(self):
        w = self.connect()
        w.open()
        w.send(CLOSE)
        self.assertEqual(w.until_closed(), ([CLOSE], 1000))
        with self.assertRaises(Closed):
            w.more()

    def test_T_WS_10_dropped_without_close(self):
        watcher = self.connect().log_in("bob", "watcher")
        watcher.send("<presence xmlns='jabber:client'/>")
        watcher.skip_to("<presence")
        gone = self.connect().log_in("bob", "gone")
        gone.send("<presence xmlns='jabber:client'/>")
        self.assertIn("bob@localhost/gone", watcher.skip_to("bob@localhost/gone"))
        gone.socket.close()
        self.assertIn("bob@localhost/gone", watcher.skip_to("type='unavailable'"))

    def test_T_WS_11_binary_is_ignored(self):
        w = self.connect()
        w.raw(frame(0x82, b"\x00\xff" * 1000) + frame(0x02, b"x") + frame(0x80, b"y"))
        self.assertIn("<open", w.open()[0])

    def test_T_WS_12_two_in_one_frame(self):
        w = self.connect().log_in("alice")
        w.send(PING.format("1") + PING.format("2"))
        self.assertEqual([w.element().get("id"), w.element().get("id")], ["1", "2"])

    def test_T_WS_13_one_in_two_frames(self):
        w = self.connect().log_in("alice")
        w.send(PING.format("1")[:20])
        w.send(PING.format("1")[20:])
        self.assertEqual(w.element().get("id"), "1")

    def test_fragments_with_pings_between(self):
        w = self.connect().log_in("alice")
        text = PING.format("1").encode()
        w.raw(frame(0x01, text[:10]) + frame(0x89, b"p") + frame(0x00, text[10:11]) + frame(0x80, text[11:]))
        self.assertEqual(w.receive_frame(), (0x8A, b"p"))
        self.assertEqual(w.element().get("id"), "1")

    def test_every_byte_by_itself(self):
        w = self.connect().log_in("alice")
        for byte in frame(0x81, PING.format("1")):
            w.raw(bytes([byte]))
        self.assertEqual(w.element().get("id"), "1")

    def test_T_WS_14_malformed_xml(self):
        w = self.connect()
        w.send("<open<")
        self.assert_dropped(w, 1002)
        w = self.connect()
        w.open()
        w.send("<auth></iq>")
        texts, code = w.until_closed()
        self.assertIn("not-well-formed", texts[0])
        self.assertEqual((texts[1], code), (CLOSE, 1000))
        w = self.connect()
        w.open()
        w.raw(frame(0x81, b"<auth>\xff\xfe</auth>"))
        self.assertIn("<stream:error", w.until_closed()[0][0])

    def test_pipelined_login(self):
        w = self.connect()
        parts = (OPEN, AUTH.format(plain("alice")), OPEN, BIND.format("pipe"), PING.format("last"))
        w.raw(b"".join(frame(0x81, part) for part in parts))
        self.assertEqual(w.skip_to("id='last'").count("type='result'"), 1)

    def test_pipelined_in_one_message(self):
        w = self.connect(headers=DEFLATE)
        text = "".join((OPEN, AUTH.format(plain("alice")), OPEN, BIND.format("pipe"), PING.format("last"))).encode()
        w.raw(frame(0xC1, deflated(text)))
        self.assertEqual(w.skip_to("id='last'").count("type='result'"), 1)

    def test_T_WS_21_resumption(self):
        w = self.connect().log_in("carol", "res")
        w.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
        key = w.element().get("id")
        w.socket.close()
        other = self.connect().log_in("alice")
        other.send(MESSAGE.format("carol@localhost/res", "m", "meanwhile"))
        w = self.connect()
        parts = (OPEN, AUTH.format(plain("carol")), OPEN, f"<resume xmlns='urn:xmpp:sm:3' h='0' previd='{key}'/>", PING.format("x"))
        w.raw(b"".join(frame(0x81, part) for part in parts))
        w.skip_to("<resumed")
        w.skip_to("meanwhile")
        self.assertIn("type='result'", w.skip_to("id='x'"))


class Frames(Case):
    def test_ping_is_answered(self):
        w = self.connect()
        w.raw(frame(0x89, b"payload"))
        self.assertEqual(w.receive_frame(), (0x8A, b"payload"))

    def test_close_is_answered(self):
        for payload, code in ((b"", 0), (b"\x03\xe8", 1000), (b"\x03\xe9bye", 1001), (b"\x0b\xb8", 3000)):
            w = self.connect()
            w.raw(frame(0x88, payload))
            self.assert_dropped(w, code)

    def test_what_is_no_frame(self):
        for data, code in (
            (frame(0x81, OPEN, mask=None), 1002),
            (frame(0x83, b"x"), 1002),
            (frame(0x8F, b"x"), 1002),
            (frame(0xC1, b"x"), 1002),
            (frame(0xA1, b"x"), 1002),
            (frame(0x80, b"x"), 1002),
            (frame(0x09, b"x"), 1002),
            (frame(0x89, b"x" * 126), 1002),
            (frame(0x01, b"<") + frame(0x81, b"x"), 1002),
            (frame(0x88, b"x"), 1002),
            (frame(0x88, b"\x03\xed"), 1002),
            (frame(0x88, b"\x03\xe8\xff"), 1007),
            (b"\x81\xfe\x00\x05" + b"\0" * 9, 1002),
            (b"\x81\xff\xff" + b"\0" * 20, 1002),
        ):
            w = self.connect()
            w.raw(data)
            self.assert_dropped(w, code)

    def test_compressed_messages_both_ways(self):
        w = self.connect(headers=DEFLATE)
        w.raw(frame(0xC1, deflated(OPEN.encode())))
        self.assertIn("<open", w.receive())
        w.receive()
        w.send(AUTH.format(plain("alice")))
        w.receive()
        w.open()
        w.send(BIND.format("zip"))
        w.receive()
        text = MESSAGE.format("alice@localhost/zip", "1", "long " * 2000).encode()
        w.raw(frame(0x41, deflated(text)[:100]) + frame(0x80, deflated(text)[100:]))
        first, payload = w.receive_frame()
        self.assertEqual(first, 0xC1)
        self.assertLess(len(payload), 1000)
        self.assertIn(b"long " * 2000, zlib.decompressobj(-15).decompress(payload + b"\0\0\xff\xff"))
        w.raw(frame(0xC1, b"\xff\xff\xff\xff"))
        self.assertEqual(w.until_closed()[1], 1007)

    def test_bomb_before_login(self):
        w = self.connect(headers=DEFLATE)
        w.open()
        w.raw(frame(0xC1, deflated(b"<auth>" + b" " * 50_000_000)))
        texts, _ = w.until_closed()
        self.assertIn("policy-violation", texts[0])


class Silence(Case):
    handlers = {"mongoose_websocket_handler": "timeout = 600\nstate_timeout = 300"}

    def test_T_WS_15_no_data(self):
        w = self.connect().log_in("alice")
        began = time.monotonic()
        self.assert_dropped(w, 1001)
        self.assertGreater(time.monotonic() - began, 0.5)

    def test_T_WS_16_pings_are_data(self):
        w = self.connect().log_in("alice")
        for _ in range(8):
            time.sleep(0.2)
            w.raw(frame(0x89, b"x"))
            self.assertEqual(w.receive_frame()[0], 0x8A)

    def test_T_WS_19_state_timeout(self):
        w = self.connect()
        w.open()
        texts, code = w.until_closed()
        self.assertIn("connection-timeout", texts[0])
        self.assertEqual((texts[1], code), (CLOSE, 1000))
        self.assert_dropped(self.connect(), 1002)


class Pings(Case):
    handlers = {"mod_websockets": "ping_rate = 200\nc2s_state_timeout = 4000"}

    def test_T_WS_17_server_pings(self):
        w = self.connect()
        began = time.monotonic()
        for _ in range(3):
            self.assertEqual(w.receive_frame(), (0x89, b""))
        self.assertGreater(time.monotonic() - began, 0.3)
        self.assertLess(time.monotonic() - began, 5 * FACTOR)

    def test_T_WS_18_no_timeout_by_default(self):
        w = self.connect().log_in("bob")
        w.socket.settimeout(1)
        w.raw(frame(0x8A))
        time.sleep(0.5)
        w.send(PING.format("1"))
        w.skip_to("id='1'")


class Certificates(Case):
    config = '[auth]\nsasl_mechanisms = ["external", "plain"]\n[auth.pki]\n'

    def test_external(self):
        """T-AUTH-22, T-AUTH-27"""
        w = self.connect(secure=self.bed.secure("client"))
        self.assertIn("EXTERNAL", w.open()[1])
        w.send(EXTERNAL)
        self.assertIn("<success", w.receive())
        w.open()
        w.send(BIND.format("web"))
        self.assertIn("<jid>alice@localhost/web</jid>", w.receive())

    def test_external_without_good_certificate(self):
        """T-AUTH-21"""
        for connection in ({"secure": self.bed.secure()}, {"secure": self.bed.secure("client-self")}, {}):
            w = self.connect(**connection)
            self.assertNotIn("EXTERNAL", w.open()[1])
            w.send(EXTERNAL)
            self.assertIn("<invalid-mechanism/>", w.receive())


class Limits(Case):
    handlers = {"mongoose_websocket_handler": 'max_stanza_size = 2000\nshaper = "slow"'}
    config = "[shaper]\nslow = {max_rate = 20000}\n[meerkat]\nmax_unauthenticated_per_address = 3\n"

    def test_max_stanza_size(self):
        """T-LIM-08"""
        w = self.connect().log_in("alice")
        fits = MESSAGE.format("alice@localhost/web", "1", "")
        w.send(fits.replace("<body>", "<body>" + "x" * (2000 - len(fits))))
        w.receive()
        w.send(fits.replace("<body>", "<body>" + "x" * (2001 - len(fits))))
        self.assertIn("policy-violation", w.until_closed()[0][0])

    def test_never_ending_frame(self):
        w = self.connect().log_in("alice")
        w.raw(b"\x81\xff" + (1 << 62).to_bytes(8, "big") + b"\0\0\0\0" + b"<message>" + b" " * 3000)
        self.assertIn("policy-violation", w.until_closed()[0][0])

    def test_never_ending_fragments(self):
        w = self.connect().log_in("alice")
        w.raw(frame(0x01, "<message><body>") + frame(0x00, b"x" * 100) * 30)
        self.assertIn("policy-violation", w.until_closed()[0][0])

    def test_T_LIM_15_shaper(self):
        w = self.connect().log_in("bob")
        began = time.monotonic()
        message = MESSAGE.format("bob@localhost/web", "1", "x" * 1700)
        w.raw(frame(0x81, message) * 30)
        for _ in range(30):
            w.receive()
        self.assertGreater(time.monotonic() - began, 1)

    def test_max_unauthenticated_per_address(self):
        held = [self.connect(address="127.0.0.77") for _ in range(3)]
        self.assertEqual(self.connect(address="127.0.0.77").status, 503)
        for w in held:
            w.socket.close()
        deadline = time.monotonic() + 5
        while self.connect(address="127.0.0.77").status != 101:
            self.assertLess(time.monotonic(), deadline)


class Stopping(unittest.TestCase):
    def test_system_shutdown(self):
        bed = Bed()
        try:
            bound, fresh = WebSocket(bed).log_in("alice"), WebSocket(bed)
            bed.server.signal(15)
            texts, code = bound.until_closed()
            self.assertIn("system-shutdown", texts[0])
            self.assertEqual((texts[1], code), (CLOSE, 1000))
            self.assertEqual(fresh.until_closed()[0], [])
            self.assertEqual(bed.server.process.wait(10 * FACTOR), 0)
        finally:
            bed.close()


class SlowReader(Case):
    config = "[meerkat]\nmax_output_bytes = 65536\n"

    def test_who_does_not_read_is_cut_off(self):
        w = self.connect()
        w.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        w.log_in("alice", "slow")
        w.socket.settimeout(2 * FACTOR)
        with self.assertRaises(OSError):
            for _ in range(10000):
                w.raw(frame(0x89, b"x" * 125) * 100)


if __name__ == "__main__":
    unittest.main(verbosity=2)
