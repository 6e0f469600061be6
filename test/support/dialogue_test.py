#!/usr/bin/python3
"""Tests of the wire runner itself: the language, the patterns, and a few dialogues with a stand-in for the server."""
import os
import subprocess
import sys
import tempfile
import tomllib
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

from dialogue import login, pattern, peer, play, script, server, text  # noqa: E402


def mismatch(wanted, actual, values=None, exact=False):
    """What differs, or None."""
    try:
        pattern.match_element(pattern.elements(wanted)[0], pattern.elements(actual)[0], {} if values is None else values, exact)
    except text.Mismatch as reason:
        return str(reason)
    return None


class TextTest(unittest.TestCase):
    def test_c_strings_become_bytes(self):
        self.assertEqual(text.strings(r'"a\x00\n" "\"\\"'), b'a\0\n"\\')
        self.assertRaises(ValueError, text.strings, "no quotes")

    def test_placeholders_are_filled_and_unknown_ones_stay(self):
        self.assertEqual(text.fill('{"ab" x 3} {base64 "\\0a"} {known} {other} {}', {"known": "<'"}), "ababab AGE= <' {other} {}")
        self.assertEqual(text.fill("{known}", {"known": "<'&"}, xml=True), "&lt;&apos;&amp;")

    def test_a_capture_must_be_the_same_again(self):
        values = {}
        self.assertTrue(text.fits("{user}@localhost/{r}", "alice@localhost/x", values))
        self.assertEqual(values, {"user": "alice", "r": "x"})
        self.assertFalse(text.fits("{user}", "bob", values))
        self.assertTrue(text.fits("{a}-{a}", "1-1", {}))
        self.assertFalse(text.fits("{b}-{b}", "1-2", {}))

    def test_regular_expressions_must_fit_whole(self):
        self.assertTrue(text.fits("v={/[0-9]+/}", "v=12", {}))
        self.assertFalse(text.fits("v={/[0-9]+/}", "v=12x", {}))


class PatternTest(unittest.TestCase):
    def test_what_is_listed_must_match_and_no_more(self):
        actual = "<message from='a' id='1' xml:lang='en'><subject>s</subject><body>b</body></message>"
        self.assertIsNone(mismatch("<message id='1'><body>b</body></message>", actual))
        self.assertIsNone(mismatch("<message><body> b </body><subject/></message>", actual))
        self.assertIn("is '1', expected '2'", mismatch("<message id='2'/>", actual))
        self.assertIn("no attribute to", mismatch("<message to='{any}'/>", actual))
        self.assertIn("no child <thread>", mismatch("<message><thread/></message>", actual))
        self.assertIn("text of <body> is 'b'", mismatch("<message><body>c</body></message>", actual))

    def test_namespaces_count(self):
        self.assertIn("expected <query xmlns='jabber:client'>", mismatch("<query/>", "<query xmlns='x'/>"))
        self.assertIsNone(mismatch("<p:query xmlns:p='x'/>", "<query xmlns='x'/>"))

    def test_absence_and_emptiness(self):
        self.assertIsNone(mismatch("<m id='{absent}'><x>{absent}</x></m>", "<m><y/></m>"))
        self.assertIn("has a child <x>", mismatch("<m><x>{absent}</x></m>", "<m><x/></m>"))
        self.assertIn("has the attribute id", mismatch("<m id='{absent}'/>", "<m id='1'/>"))
        self.assertIn("not empty", mismatch("<m>{empty}</m>", "<m><x/></m>"))

    def test_exactly_allows_nothing_else(self):
        self.assertIsNone(mismatch("<m a='1'><x/></m>", "<m a='1'><x/></m>", exact=True))
        self.assertIn("more attributes", mismatch("<m/>", "<m a='1'/>", exact=True))
        self.assertIn("more children", mismatch("<m><x/></m>", "<m><x/><x/></m>", exact=True))
        self.assertIn("the text of", mismatch("<m/>", "<m>t</m>", exact=True))

    def test_like_children_are_told_apart(self):
        wanted = "<q><i j='{a}' s='to'/><i j='b'/></q>"
        values = {}
        self.assertIsNone(mismatch(wanted, "<q><i j='b' s='none'/><i j='c' s='to'/></q>", values))
        self.assertEqual(values, {"a": "c"})

    def test_blocks_with_stream_tags(self):
        block = "<?xml version='1.0'?>\n<stream:stream id='{any}'>\n<stream:features/></stream:stream>"
        self.assertEqual([kind for kind, _ in pattern.parse(block)], [pattern.OPEN, pattern.ELEMENT, pattern.CLOSE])
        self.assertRaises(ValueError, pattern.parse, "<a>")
        self.assertRaises(ValueError, pattern.parse, "")

    def test_json(self):
        pattern.match_json({"a": [1, "{any}"], "b": {"c": "{/x+/}"}}, {"a": [1, {}], "b": {"c": "xx", "d": 1}, "e": 2}, {})
        for wanted, actual in (([1], [1, 2]), ({"a": 1}, {}), (1, True), ({"a": "x"}, {"a": 1})):
            self.assertRaises(text.Mismatch, pattern.match_json, wanted, actual, {})


class ScriptTest(unittest.TestCase):
    def test_settings_and_steps(self):
        read = script.read("x.wire", (
            '# A title\naccounts: a, b@h2, c (password "p, q")\nhosts: h1, h2\nmodules: roster (versioning = true), mod_ping\n'
            'config:\n    [general]\n    x = 1\n\nlistener c2s:\n    backlog = 5\npatience: 300ms\n'
            '[a] receives within 2s:\n    <x>\n      <y/>\n    </x>\n\n[b] is closed\nserver restarts\n'
            '[c] sends: <m to=\'a: b\'/>\nctl account x --y "a: b" answers: {"a": 1}\n'
        ))  # fmt: skip
        self.assertEqual(read.title, "A title")
        self.assertEqual([(a.user, a.host, a.password) for a in read.accounts], [("a", "h1", "secret"), ("b", "h2", "secret"), ("c", "h1", "p, q")])
        self.assertEqual(read.modules, {"mod_roster": {"versioning": True}, "mod_ping": {}})
        self.assertEqual((read.config, read.listeners, read.patience), ("[general]\nx = 1\n", {"c2s": "backlog = 5"}, 0.3))
        steps = [(step.line, step.who, step.verb, step.text, step.seconds) for step in read.steps]
        self.assertEqual(steps[0], (12, "a", "receives", "<x>\n  <y/>\n</x>", 2.0))
        self.assertEqual(steps[1:3], [(17, "b", "is closed", None, None), (18, "server", "restarts", None, None)])
        self.assertEqual(steps[3][2:4], ("sends", "<m to='a: b'/>"))
        self.assertEqual(steps[4][2:4], ('account x --y "a: b" answers', '{"a": 1}'))

    def test_mistakes_are_told_with_their_line(self):
        for number, wrong in ((1, "nonsense"), (1, "colour: red"), (1, "[a] sends: x\n  y"), (1, "[a] sends\n  y"), (2, "[a] x\nhosts: b")):
            with self.assertRaises(script.ScriptError) as raised:
                script.read("x.wire", wrong)
            self.assertTrue(str(raised.exception).startswith(f"x.wire:{number}:"), raised.exception)

    def test_every_step_is_in_the_readme(self):
        with open(os.path.join(HERE, "..", "wire", "README.md"), encoding="utf-8") as file:
            readme = file.read()
        for _, actors, method in play.STEPS:
            words = method.replace("server_", "server ").replace("log_", "log ").replace("config_", "config ").replace("_", " ")
            words = {"sends times": "sends 500 times", "starts tls": "starts TLS", "half closes": "half-closes",
                     "sends in pieces": "sends in pieces of", "ctl": "ctl account", "wait": "wait 200ms", "has resumed its tls session": "has resumed its TLS session",
                     "file becomes a copy of": "becomes a copy of", "file becomes": "} becomes: ",
                     "file has": "x has: ", "partner stops or starts": "partner web stops", "partner was asked": "partner web was asked", "partner forgets": "partner web forgets"}.get(words, words)  # fmt: skip
            self.assertIn(words, readme, f"{method} is not in test/wire/README.md")


class ReaderTest(unittest.TestCase):
    def events(self, *chunks):
        reader = peer.StreamReader()
        for chunk in chunks:
            reader.feed(chunk.encode())
        return [peer.describe(event) for event in reader.events]

    def test_elements_of_the_stream(self):
        head = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
        got = self.events(head + "<a b='1'>x<c/>", "y</a> <d/>", "</stream:stream>")
        self.assertEqual(got[1:], ['<a b="1">x<c/>y</a>', "<d/>", "</stream:stream>"])

    def test_a_new_stream_after_success_wherever_the_bytes_are_cut(self):
        head = "<?xml version='1.0'?><s:stream xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams'>"
        for end in ("/>", "></success>"):
            whole = head + "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'" + end + head + "<a/>"
            for cut in range(len(whole)):
                got = self.events(whole[:cut], whole[cut:])
                self.assertEqual((len(got), got[3]), (4, "<a/>"), (cut, got))

    def test_what_is_not_xml(self):
        self.assertIn("not XML", self.events("<a></b>")[-1])


class LoginTest(unittest.TestCase):
    def test_scram_sha_256_example(self):
        # RFC 7677 §3
        scram = login.Scram("SCRAM-SHA-256", "user", "pencil")
        scram.nonce, scram.first_bare = "rOprNGfwEbeRWgbNEkqO", "n=user,r=rOprNGfwEbeRWgbNEkqO"
        self.assertEqual(scram.first(), b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
        challenge = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        self.assertTrue(scram.final(challenge).endswith(b",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="))
        scram.check(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
        self.assertRaises(text.Mismatch, scram.check, b"v=AAAA")


class ServerTest(unittest.TestCase):
    def test_configurations_survive_writing(self):
        table = {"a": 1, "b": {"c d": 'x"\n\\', "e": [1, "y"], "f": {}}, "g": [{"h": True, "i": {"j": "k"}}, {"h": False}]}
        self.assertEqual(tomllib.loads(server.toml(table)), table)

    def test_merging(self):
        into = {"a": {"b": 1, "c": 2}, "d": [1]}
        server.merge(into, {"a": {"c": 3}, "d": [2], "e": {}})
        self.assertEqual(into, {"a": {"b": 1, "c": 3}, "d": [2], "e": {}})


class PlayTest(unittest.TestCase):
    """Whole scripts against the stand-in."""

    def play(self, *lines):
        """Exit status and output of the runner."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ("meerkat", "meerkatctl"):
                os.symlink(os.path.join(HERE, "fake_meerkat.py"), os.path.join(folder, name))
            path = os.path.join(folder, "x.wire")
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
            command = [os.path.join(HERE, "wire.py"), "--server", os.path.join(folder, "meerkat"), "--loops", "1", path]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def check_passes(self, *lines):
        status, out = self.play(*lines)
        self.assertEqual((status, out.splitlines()[-1]), (0, "1 passed, 0 failed"), out)

    def check_fails(self, wanted, *lines):
        status, out = self.play(*lines)
        self.assertEqual((status, out.splitlines()[-1]), (1, "0 passed, 1 failed"), out)
        self.assertIn(wanted, out)

    def test_a_dialogue(self):
        self.check_passes(
            "accounts: alice, bob",
            "[alice] comes online using PLAIN",
            "[phone] comes online as bob@localhost/phone using PLAIN",
            "[alice] sends: <message to='bob@localhost' id='m1'><body>hi &amp; {\"ab\" x 3}</body></message>",
            "[phone] receives: <message from='{alice.jid}' id='{m}'><body>hi &amp; {/(ab)+/}</body></message>",
            "[phone] sends: <message to='{alice.bare}' id='{m}'/>",
            "[alice] receives exactly: <message from='bob@localhost/phone' to='{any}' id='m1'/>",
            "[alice] receives nothing",
            "[phone] receives nothing within 50ms",
            "[alice] sends byte by byte: <iq type='get' id='1'/>",
            "[alice] receives: <iq id='1' type='result' to='{absent}'/>",
            "[alice] sends 3 times: <iq type='get' id='i{n}'/>",
            "[alice] receives in any order: <iq id='i2'/> <iq id='i0'/> <iq id='i1'/>",
            "[alice] has seen: \"id='i2'\"",
            "[alice] closes the stream",
        )

    def test_the_server_as_an_actor(self):
        self.check_passes(
            "accounts: alice",
            'ctl account countUsers answers: {"count": 1}',
            'ctl account nothing fails: "no such"',
            "server refuses: refuse = true",
            'server says: "unknown key"',
            'log has: "started"',
            'log has not: "secret"',
            "[eve] connects",
            '[eve] sends raw: "\\x16\\x03"',
            "[eve] receives stream error not-well-formed",
            "[alice] logs in using PLAIN",
            "server is killed",
            "[alice] is closed",
            "[alice] cannot connect",
            "server starts",
            "server restarts",
            "[alice] logs in using PLAIN",
        )

    def test_failures(self):
        online = ("accounts: alice", "[alice] comes online using PLAIN")
        self.check_fails("expected 'y'", *online, "[alice] sends: <iq id='x'/>", "[alice] receives: <iq id='y'/>")
        self.check_fails("x.wire:3: ", *online, "[alice] receives within 50ms: <iq/>")
        self.check_fails("got <iq", *online, "[alice] sends: <iq id='x'/>", "[alice] receives nothing")
        self.check_fails("no such step", *online, "[alice] dances")
        self.check_fails("not XML", *online, "[alice] receives: <iq>")
        self.check_fails("the server is not running", *online, "server is killed", "[alice] sends: <iq id='x'/>", "[alice] receives: <iq/>")
        self.check_fails("exit status 0: ", "accounts: alice", "ctl account countUsers fails")
        self.check_fails("still open", *online, "[alice] is closed within 50ms")


if __name__ == "__main__":
    unittest.main(verbosity=2)
