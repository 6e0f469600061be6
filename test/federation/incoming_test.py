#!/usr/bin/python3
"""What a server that connects to meerkat may and may not do."""
import unittest

import federation_bed as bed
from remote import Caller, Remote, header, key_of

SECRET = 's2s.shared = "verona"\n'


class Incoming(bed.FederationCase):
    config = SECRET

    def setUp(self):
        super().setUp()
        self.far = self.add(self.remote())
        self.here = self.meerkat("here.example", self.config)
        self.here.knows(self.far)
        self.here.start()
        self.here.register("juliet")
        self.callers = []

    def remote(self):
        return Remote()

    def call(self, **options):
        caller = Caller(self.here, **options)
        self.addCleanup(caller.close)
        return caller

    def ends(self, caller, condition):
        """With this stream error, and in order."""
        self.assertEqual(caller.ending()[:2], (condition, True))


class Opening(Incoming):
    def test_features(self):
        """T-S2S-01: a valid header: ours says who we are, with an id, and features follow."""
        caller = self.call()
        tag = caller.greet()
        self.assertEqual((tag.get("from"), tag.get("to"), tag.get("version")), ("here.example", "far.example", "1.0"))
        self.assertGreater(len(tag.get("id")), 20)
        self.assertEqual(tag.tag, "{http://etherx.jabber.org/streams}stream")
        self.assertTrue(caller.offers("dialback"))
        self.assertFalse(caller.offers("starttls"))
        self.assertFalse(caller.offers("mechanisms"))

    def refused(self, condition, text):
        caller = self.call()
        caller.send(text)
        found, has_tag, has_header = caller.ending()
        self.assertEqual((found, has_tag, has_header), (condition, True, True))

    def test_wrong_headers(self):
        """T-S2S-02, -03, -04, -05, -06: namespace, version, addresses."""
        self.refused("invalid-namespace", header("far.example", "here.example", ns="jabber:client"))
        self.refused("invalid-xml", header("far.example", "here.example", version="0.9", dialback=False))
        self.refused("invalid-xml", header("far.example", "here.example", version=None, dialback=False))
        self.refused("improper-addressing", header("far.example", None))
        self.refused("host-unknown", header("far.example", "elsewhere.example"))
        self.refused("invalid-from", header("here.example", "here.example"))

    def test_no_version(self):
        """Without version, but with dialback: as of old, without features."""
        caller = self.call()
        self.assertIsNone(caller.greet(version=None).get("version"))
        caller.prove(self.far)

    def test_other_opening_tag(self):
        """A second opening tag is not taken."""
        caller = self.call()
        caller.greet()
        caller.send("<stream:stream xmlns:stream='http://etherx.jabber.org/streams' to='here.example'/>")
        caller.ending()


class Dialback(Incoming):
    def test_proved(self):
        """A key that the other server knows: stanzas come in, and answers go out."""
        juliet = self.here.client("juliet")
        caller = self.call()
        caller.greet()
        caller.prove(self.far)
        caller.say(juliet.jid, id="m1")
        self.assertEqual(juliet.receive("message", id="m1").get("from"), "somebody@far.example")
        juliet.say("somebody@far.example", "hello yourself", "m2")
        self.assertEqual(self.far.stanza("m2").get("from"), juliet.jid)

    def test_wrong_key(self):
        """T-S2S-17: invalid, and nothing comes in."""
        caller = self.call()
        caller.greet()
        caller.claim("wrong")
        self.assertEqual(caller.result(), ("invalid", None))
        self.assertEqual(caller.ending()[0], None)

    def test_our_keys(self):
        """T-S2S-18: a key of ours is valid for its stream and no other."""
        caller = self.call()
        caller.greet()
        key = key_of("verona", "far.example", "here.example", "abc")
        for id, text, verdict in (("abc", key, "valid"), ("abd", key, "invalid"), ("abc", key[:-1] + "x", "invalid"), ("abc", "", "invalid")):
            caller.send(f"<db:verify from='far.example' to='here.example' id='{id}'>{text}</db:verify>")
            answer = caller.element()
            self.assertEqual((answer.get("type"), answer.get("id"), answer.get("from")), (verdict, id, "here.example"))
        caller.send(f"<db:verify from='far.example' to='elsewhere.example' id='abc'>{key}</db:verify>")
        self.assertEqual(caller.element().get("type"), "error")

    def test_unknown_to(self):
        """T-S2S-19: for a domain that is not ours."""
        caller = self.call()
        caller.greet()
        caller.claim("key", to="elsewhere.example")
        self.assertEqual(caller.result(), ("error", "item-not-found"))

    def test_our_own_domain(self):
        """Nobody else is us."""
        caller = self.call()
        caller.greet()
        caller.claim("key", domain="here.example")
        self.ends(caller, "invalid-from")

    def test_nobody_to_ask(self):
        """The domain cannot be reached, or does not know."""
        caller = self.call(domain="nowhere.example")
        caller.greet()
        caller.claim("key")
        self.assertEqual(caller.result(), ("error", "remote-server-not-found"))
        self.far.verdict = "error"
        caller = self.call()
        caller.greet()
        caller.claim("unknown")
        self.assertEqual(caller.result(), ("error", "remote-server-not-found"))

    def test_several_domains(self):
        """XEP-0220 §2.6: one stream for several pairs, each of which is proved."""
        other = self.add(Remote("other.example"))
        self.here.knows(self.far, other)
        self.here.server.reload()
        self.here.wait_for_log("configuration reloaded")
        juliet = self.here.client("juliet")
        caller = self.call()
        caller.greet()
        caller.prove(self.far)
        caller.prove(other, domain="other.example")
        caller.say(juliet.jid, sender="a@other.example", id="o1")
        caller.say(juliet.jid, sender="a@far.example", id="f1")
        self.assertEqual(juliet.receive("message", id="o1").get("from"), "a@other.example")
        self.assertEqual(juliet.receive("message", id="f1").get("from"), "a@far.example")


class Stanzas(Incoming):
    def refused(self, condition, stanza, proves=True):
        caller = self.call()
        caller.greet()
        if proves:
            caller.prove(self.far)
        caller.send(stanza)
        self.ends(caller, condition)

    def test_before_proof(self):
        self.refused("not-authorized", "<message from='a@far.example' to='juliet@here.example'/>", proves=False)
        self.refused("not-authorized", "<iq type='get' id='1' from='far.example' to='here.example'><x xmlns='y'/></iq>", proves=False)

    def test_forged_from(self):
        """T-S2S-11: in the name of a domain that was not proved on this stream."""
        juliet = self.here.client("juliet")
        self.refused("not-authorized", f"<message from='a@other.example' to='{juliet.jid}' id='x'/>")
        self.refused("not-authorized", f"<message from='a@sub.far.example' to='{juliet.jid}' id='x'/>")
        self.refused("not-authorized", f"<message from='romeo@here.example' to='{juliet.jid}' id='x'/>")
        juliet.ping()
        self.assertEqual(juliet.others, [])

    def test_addresses(self):
        """RFC 6120 §8.1: both, and well-formed."""
        self.refused("improper-addressing", "<message from='a@far.example'/>")
        self.refused("improper-addressing", "<message to='juliet@here.example'/>")
        self.refused("improper-addressing", "<message from='a@far.example' to='@here.example'/>")
        self.refused("improper-addressing", "<message from='a@far@example' to='juliet@here.example'/>")
        self.refused("host-unknown", "<message from='a@far.example' to='juliet@elsewhere.example'/>")

    def test_what_is_no_xml(self):
        self.refused("not-well-formed", "<message from='a@far.example' to='juliet@here.example'></iq>")
        self.refused("restricted-xml", "<!-- a -->")

    def test_namespaces(self):
        """What comes in jabber:server goes to a client in jabber:client, with all that is in it."""
        juliet = self.here.client("juliet")
        caller = self.call()
        caller.greet()
        caller.prove(self.far)
        caller.send(
            f"<message xmlns='jabber:server' from='a@far.example' to='{juliet.jid}' id='n1'><body>x</body>"
            "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><body>y</body></message></forwarded></message>"
        )
        message = juliet.receive("message", id="n1")
        self.assertEqual(message.findtext("{jabber:client}body"), "x")
        self.assertEqual(message.findtext("{urn:xmpp:forward:0}forwarded/{jabber:client}message/{jabber:client}body"), "y")


    def test_claims(self):
        """What only this server may say is taken out, what others may say passes."""
        juliet = self.here.client("juliet")
        caller = self.call()
        caller.greet()
        caller.prove(self.far)
        sid, delay = "urn:xmpp:sid:0", "urn:xmpp:delay"
        stamp = "stamp='1999-01-01T00:00:00Z'"
        caller.send(
            f"<message from='a@far.example' to='{juliet.jid}' id='c1'><body>x</body>"
            f"<stanza-id xmlns='{sid}' by='juliet@here.example' id='1'/><stanza-id xmlns='{sid}' by='room@conference.here.example' id='2'/>"
            f"<stanza-id xmlns='{sid}' by='a@far.example' id='3'/>"
            f"<delay xmlns='{delay}' from='here.example' {stamp}/><delay xmlns='{delay}' from='far.example' {stamp}/>"
            "<occupant-id xmlns='urn:xmpp:occupant-id:0' by='room@conference.here.example' id='4'/>"
            "<sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'/></forwarded></sent>"
            "<received xmlns='urn:xmpp:carbons:2'/></message>"
        )
        message = juliet.receive("message", id="c1")
        self.assertEqual([element.get("id") for element in message.findall(f"{{{sid}}}stanza-id")], ["3"])
        self.assertEqual([element.get("from") for element in message.findall(f"{{{delay}}}delay")], ["far.example"])
        self.assertEqual(
            [child.tag for child in message], ["{jabber:client}body", f"{{{sid}}}stanza-id", f"{{{delay}}}delay"]
        )

    def test_carbons_in_the_name_of_the_account(self):
        """XEP-0280 §11: nobody else sends copies."""
        juliet = self.here.client("juliet")
        caller = self.call()
        caller.greet()
        caller.prove(self.far)
        self.refused("not-authorized", f"<message from='juliet@here.example' to='{juliet.jid}'><received xmlns='urn:xmpp:carbons:2'/></message>")
        juliet.ping()
        self.assertEqual(juliet.others, [])


class Subdomains(Incoming):
    """A name below ours that nobody serves here."""

    def remote(self):
        return Remote("sub.here.example")

    def test_refused(self):
        """It is nowhere, unless general.route_subdomains says so, which holds at once."""
        juliet = self.here.client("juliet")
        juliet.say("a@sub.here.example", "hello", "m1")
        self.assertEqual(bed.condition(juliet.receive("message", id="m1")), "remote-server-not-found")
        self.assertEqual(self.far.streams, 0)
        self.here.server.change_config('general.route_subdomains = "s2s"\n')
        self.here.server.reload()
        self.here.wait_for_log("configuration reloaded")
        juliet.say("a@sub.here.example", "hello", "m2")
        self.far.stanza("m2")


class Secure(Incoming):
    """Streams over TLS: who the other server is, its certificate says."""

    mode = "optional"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority.sign("here", "here.example")
        cls.authority.sign("far", "far.example", "*.wild.example")
        cls.authority.maker.self_signed("self", "self-key", "/CN=far.example", "-addext", "subjectAltName=DNS:far.example")

    @property
    def config(self):
        return (
            f'[s2s]\nshared = "verona"\nuse_starttls = "{self.mode}"\ncertfile = "{{here-both}}"\n'
            f'[[listen.s2s]]\ntls.certfile = "{{here}}"\ntls.keyfile = "{{here-key}}"\ntls.cacertfile = "{{ca}}"\n'
        )

    def certificate(self, name):
        return self.authority.paths[name], self.authority.paths[name + "-key"]

    def call_securely(self, name="far", domain="far.example"):
        caller = self.call(domain=domain, certificate=self.certificate(name) if name else None)
        caller.greet()
        self.assertTrue(caller.offers("starttls"))
        caller.start_tls()
        caller.greet()
        return caller


class External(Secure):
    def test_external(self):
        """T-S2S-08: the certificate is good and for the domain."""
        juliet = self.here.client("juliet")
        caller = self.call_securely()
        self.assertTrue(caller.offers("mechanisms"))
        self.assertEqual(caller.external("far.example"), "success")
        caller.reader.renew()
        caller.greet()
        self.assertFalse(caller.offers("mechanisms"))
        caller.say(juliet.jid, id="m1")
        juliet.receive("message", id="m1")
        caller.say("juliet@elsewhere.example", id="m2")
        self.ends(caller, "host-unknown")

    def test_name_only_in_the_authzid(self):
        """Who says only with EXTERNAL who it is has connected to any loop, and stays there."""
        juliet = self.here.client("juliet")
        for number in range(12):
            caller = self.call(domain=None, certificate=self.certificate("far"))
            caller.greet()
            caller.start_tls()
            caller.greet()
            self.assertEqual(caller.external("far.example"), "success")
            caller.reader.renew()
            caller.domain = "far.example"
            caller.greet()
            for turn in range(20):
                caller.say(juliet.jid, id=f"m{number}.{turn}")
            juliet.receive("message", id=f"m{number}.19")
            caller.send("</stream:stream>")
            caller.ending()
        self.assertTrue(self.here.server.is_running())

    def test_starttls_after_a_proof(self):
        """TLS comes before who it is, or not at all."""
        for _ in range(4):
            caller = self.call(domain=None)
            caller.greet()
            caller.prove(self.far, domain="far.example")
            caller.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
            self.assertEqual(caller.element().tag, "{urn:ietf:params:xml:ns:xmpp-tls}failure")

    def test_stream_for_questions_outlives_the_way_back(self):
        """XEP-0288: a stream of theirs ends that was used for the way back; one of ours that has asked about a key takes its place."""
        juliet = self.here.client("juliet")
        caller = self.call(certificate=self.certificate("far"))
        caller.greet()
        caller.start_tls()
        caller.greet()
        caller.send("<bidi xmlns='urn:xmpp:bidi'/>")
        self.assertEqual(caller.external("far.example"), "success")
        caller.reader.renew()
        caller.greet()
        juliet.say("somebody@far.example", "back", "m1")
        self.assertEqual(caller.element().get("id"), "m1")
        second = self.call()
        second.greet()
        second.prove(self.far)
        self.assertEqual(self.far.streams, 1)
        caller.send("</stream:stream>")
        caller.ending()
        juliet.say("somebody@far.example", "on the other way", "m2")
        self.far.stanza("m2")
        self.assertEqual(self.far.streams, 1)

    def test_wildcard(self):
        caller = self.call_securely(domain="a.wild.example")
        self.assertEqual(caller.external(), "success")

    def test_other_name(self):
        """T-S2S-09: a certificate for another domain, or for none that is believed."""
        caller = self.call_securely()
        self.assertEqual(caller.external("other.example"), "failure")
        self.assertEqual(caller.ending()[:2], (None, True))
        for name, domain in (("far", "other.example"), ("self", "far.example"), (None, "far.example"), ("far", "a.b.wild.example")):
            caller = self.call_securely(name, domain)
            self.assertFalse(caller.offers("mechanisms"))
            self.assertEqual(caller.external(domain), "failure")

    def test_other_mechanism(self):
        """T-S2S-10"""
        caller = self.call_securely()
        caller.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>")
        self.assertEqual(caller.element()[0].tag, "{urn:ietf:params:xml:ns:xmpp-sasl}invalid-mechanism")
        self.assertEqual(caller.ending()[:2], (None, True))

    def test_unknown_host_behind_tls(self):
        """T-S2S-07"""
        caller = self.call(certificate=self.certificate("far"))
        caller.greet()
        caller.start_tls()
        caller.send(header("far.example", "elsewhere.example"))
        self.ends(caller, "host-unknown")

    def test_another_sender_behind_tls(self):
        caller = self.call(certificate=self.certificate("far"))
        caller.greet()
        caller.start_tls()
        caller.send(header("other.example", "here.example"))
        self.ends(caller, "invalid-from")

    def test_injected_before_tls(self):
        """What follows <starttls/> in the clear is thrown away."""
        caller = self.call(certificate=self.certificate("far"))
        caller.greet()
        caller.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><db:result from='far.example' to='here.example'>key</db:result>")
        self.assertTrue(caller.element().tag.endswith("}proceed"))
        caller.secure()
        caller.greet()
        self.assertEqual(self.far.questions, 0)

    def test_question_before_tls(self):
        """What was asked about the stream in the clear is nothing to the one behind TLS."""
        caller = self.call(certificate=self.certificate("far"))
        caller.greet()
        caller.send("<db:result from='far.example' to='here.example'>key</db:result><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.assertTrue(caller.element().tag.endswith("}proceed"))
        caller.secure()
        caller.greet()
        caller.claim("any key")
        self.assertEqual(caller.result(), ("valid", None))

    def test_dialback_where_the_certificate_says_it(self):
        """XEP-0344: nobody is asked."""
        caller = self.call_securely()
        caller.claim("any key")
        self.assertEqual(caller.result(), ("valid", None))
        self.assertEqual(self.far.streams, 0)


class Required(Secure):
    mode = "required"

    def remote(self):
        return Remote(certificate=self.certificate("self"))

    def test_in_the_clear(self):
        """T-S2S-23: dialback without TLS is refused."""
        caller = self.call()
        caller.greet()
        self.assertIsNotNone(caller.features.find("{*}starttls/{*}required"))
        self.assertFalse(caller.offers("dialback"))
        caller.claim(self.far.new_key())
        self.assertEqual(caller.result(), ("error", "policy-violation"))
        caller.say("juliet@here.example")
        self.ends(caller, "not-authorized")


    def test_dialback_over_tls(self):
        """A certificate that proves nothing: by dialback, over TLS both ways."""
        caller = self.call_securely("self")
        caller.claim(self.far.new_key())
        self.assertEqual(caller.result()[0], "valid")

    def test_external_refused(self):
        """T-S2S-30: the other server does not take our certificate: dialback, on another connection."""
        juliet = self.here.client("juliet")
        self.far.external = True
        juliet.say("a@far.example", "hello", "m1")
        self.far.stanza("m1")
        self.assertEqual(self.far.refusals, 1)


class Trusted(Secure):
    mode = "required_trusted"

    def test_bad_certificate(self):
        """T-S2S-22"""
        for name in ("self", None):
            caller = self.call(certificate=self.certificate(name) if name else None)
            caller.greet()
            caller.start_tls()
            caller.send(header("far.example", "here.example"))
            self.ends(caller, "policy-violation")

    def test_good_certificate(self):
        self.assertEqual(self.call_securely().external(), "success")


class Patience(Incoming):
    config = SECRET + "s2s.outgoing.stream_timeout = 700\ns2s.outgoing.state_timeout = 500\n" \
        "[meerkat]\nlogin_timeout = 3000\n[[listen.s2s]]\nstate_timeout = 1000\n"

    def test_idle_stream(self):
        """T-S2S-28: a stream on which nothing comes is closed."""
        caller = self.call()
        caller.greet()
        caller.prove(self.far)
        self.assertEqual(caller.ending(10)[:2], (None, True))

    def test_nothing_comes(self):
        """state_timeout holds for servers, too."""
        self.ends(self.call(), "connection-timeout")

    def test_silent_server(self):
        """T-S2S-16: it accepts the connection, and never answers."""
        self.far.receives = "silent"
        juliet = self.here.client("juliet")
        juliet.say("a@far.example", "hello", "m1")
        answer = juliet.receive("message", id="m1")
        self.assertEqual((answer.get("type"), bed.condition(answer)), ("error", "remote-server-not-found"))
        juliet.ping()
        self.assertEqual(juliet.others, [])

    def test_refusing_server(self):
        """Our key is refused: everything comes back, once."""
        self.far.receives = "refuse"
        juliet = self.here.client("juliet")
        juliet.send("".join(f"<message to='a@far.example' id='r{n}'><body>x</body></message>" for n in range(20)))
        for n in range(20):
            self.assertEqual(bed.condition(juliet.receive("message", id=f"r{n}")), "remote-server-not-found")
        juliet.ping()
        self.assertEqual(juliet.others, [])
        self.here.wait_for_log("our key is not ours")


class Questions(Incoming):
    def test_too_many_questions(self):
        """No more than so many keys at a time: the others are told."""
        self.far.verdict = "nothing"
        self.here.knows(*(bed.Alias(f"d{n}.example", self.far) for n in range(40)))
        self.here.server.reload()
        self.here.wait_for_log("configuration reloaded")
        caller = self.call()
        caller.greet()
        caller.send("".join(f"<db:result from='d{n}.example' to='here.example'>key</db:result>" for n in range(40)))
        for _ in range(24):
            self.assertEqual(caller.result(), ("error", "resource-constraint"))


class Policy(Incoming):
    config = '[s2s]\nshared = "verona"\ndefault_policy = "deny"\nhost_policy = [{host = "far.example", policy = "allow"}]\n'

    def test_denied(self):
        """T-S2S-20, T-S2S-21: a domain that the configuration does not want: not in, and not out."""
        caller = self.call(domain="other.example")
        caller.greet()
        caller.claim("key")
        self.assertEqual(caller.result(), ("error", "policy-violation"))
        juliet = self.here.client("juliet")
        juliet.say("a@other.example", "hello", "m1")
        self.assertEqual(bed.condition(juliet.receive("message", id="m1")), "service-unavailable")

    def test_allowed(self):
        juliet = self.here.client("juliet")
        juliet.say("a@far.example", "hello", "m1")
        self.far.stanza("m1")


if __name__ == "__main__":
    unittest.main(verbosity=2)
