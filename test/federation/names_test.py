#!/usr/bin/python3
"""Servers that find each other by names, which a real DNS server answers for: records of services, direct TLS, DNSSEC and DANE; and what
`meerkatctl s2s testDomain` tells of it."""
import hashlib
import json
import os
import ssl
import time

import federation_bed as bed
import name_lab

HERE, THERE = "here.lab.test", "there.lab.test"


def digest_of(certificate):
    """For a TLSA record of usage 3, selector 0, matching type 1."""
    with open(certificate, encoding="utf-8") as file:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()


class NamesCase(bed.FederationCase):
    """`there` is found through the lab's zone only; here has `here_config` beside the resolver."""

    signed = ()
    here_config = ""
    there_config = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority.sign("here", HERE)
        cls.authority.sign("there", THERE)
        cls.authority.sign("stranger", "stranger.example")

    def setUp(self):
        super().setUp()
        self.lab = name_lab.Lab(os.path.join(self.folder, self.id()), {"lab.test": ""}, self.signed)
        self.addCleanup(self.lab.stop)
        self.lab.start()
        anchors = f'trust_anchor_file = "{self.lab.trust_anchors}"\n' if self.signed else ""
        resolver = f'[meerkat.resolver]\nserver = "{self.lab.address}"\nport = {self.lab.port}\n{anchors}'
        self.here = self.meerkat(HERE, resolver + self.here_config)
        self.there = self.meerkat(THERE, resolver + self.there_config)
        for site in (self.here, self.there):
            site.start()
            site.register("romeo")

    def publish(self, records):
        """Of both servers; what `there` has is in `records`, with its {port}, {address} and {digest} (of its certificate)."""
        words = {"port": self.there.port, "address": self.there.address, "digest": digest_of(self.authority.paths["there"])}
        own = f"_xmpp-server._tcp.here SRV 0 0 {self.here.port} h.here\nh.here A {self.here.address}\n"
        self.lab.change("lab.test", own + records.format(**words))

    def reload(self):
        status, out, err = self.here.server.ctl(["server", "reload"])
        self.assertEqual(status, 0, out + err)

    def try_domain(self, domain=THERE):
        """(reached, lines) of testDomain."""
        status, out, err = self.here.server.ctl(["s2s", "testDomain", domain], seconds=70 * bed.PATIENCE)
        self.assertEqual(status, 0, out + err)
        answer = json.loads(out)["data"]["s2s"]["testDomain"]
        self.assertEqual(answer["domain"], domain)
        return answer["reached"], answer["steps"]

    def assert_says(self, lines, *expected):
        """In this order, among others."""
        left = list(expected)
        for line in lines:
            if left and left[0] in line:
                left.pop(0)
        self.assertFalse(left, "\n".join(lines))

    def assert_talks(self):
        one, two = self.here.client("romeo"), self.there.client("romeo")
        one.say(two.jid, "hello", "m1")
        self.assertEqual(two.receive("message", id="m1").get("from"), one.jid)


class Plain(NamesCase):
    """Without TLS and DNSSEC."""

    def test_T_S2S_24_by_service(self):
        """T-S2S-24: the record with the best priority; the other has nobody behind it."""
        self.publish(
            "_xmpp-server._tcp.there SRV 20 0 9 nobody.there\n_xmpp-server._tcp.there SRV 10 0 {port} x.there\n"
            "x.there A {address}\nnobody.there A 127.0.0.1\n"
        )
        reached, lines = self.try_domain()
        self.assertTrue(reached)
        self.assert_says(lines, "SRV _xmpp-server._tcp: 2 records", "x.there.lab.test port", "connected after", "stream: opened", "verdict: reached")
        self.assert_talks()

    def test_T_S2S_25_by_address(self):
        """T-S2S-25: without records of the service, the address of the domain, and outgoing.port."""
        self.publish("there A {address}\n")
        self.here.server.change_config(f"[s2s.outgoing]\nport = {self.there.port}\n")
        self.reload()
        self.assert_says(self.try_domain()[1], "so the domain itself", "connected after", "verdict: reached")

    def test_T_S2S_26_no_such_name(self):
        """T-S2S-26: a domain that does not exist; who asks gets remote-server-not-found."""
        reached, lines = self.try_domain("nowhere.lab.test")
        self.assertFalse(reached)
        self.assert_says(lines, "verdict: not reached: resolve: nowhere.lab.test does not exist")
        romeo = self.here.client("romeo")
        romeo.say("juliet@nowhere.lab.test", "hello", "m1")
        self.assertEqual(bed.condition(romeo.receive("message", id="m1")), "remote-server-not-found")

    def test_no_service(self):
        """A domain that says that it has none, and one with nobody at its port."""
        self.publish("_xmpp-server._tcp.there SRV 0 0 0 .\nthere A {address}\n_xmpp-server._tcp.dead SRV 0 0 9 h.here\n")
        self.assertEqual(self.try_domain()[1][-1], "verdict: not reached: resolve: the domain says that it has no such service")
        reached, lines = self.try_domain("dead.lab.test")
        self.assertFalse(reached)
        self.assertRegex(lines[-1], r"^verdict: not reached: connect: 127\.[0-9.]+:9: Connection refused$")

    def test_forbidden(self):
        """[s2s] says no: nobody is asked."""
        self.here.server.change_config('[s2s]\nhost_policy = [{host = "there.lab.test", policy = "deny"}]\n')
        self.reload()
        self.assertEqual(self.try_domain(), (False, ["verdict: not reached: default_policy or host_policy in [s2s] forbids it"]))

    def test_silent_server(self):
        """A DNS server that is gone delays nobody but those who ask for names: users chat and log in."""
        self.publish("there A {address}\n")
        self.here.server.change_config("[s2s.outgoing]\ndns = {timeout = 1, retries = 2}\n")
        self.reload()
        self.lab.process.send_signal(19)  # SIGSTOP
        try:
            romeo = self.here.client("romeo")
            romeo.send("".join(f"<message to='x@n{n}.lab.test' id='n{n}' type='chat'><body>x</body></message>" for n in range(300)))
            began = time.monotonic()
            other = self.here.client("romeo")
            other.ping()
            self.assertLess(time.monotonic() - began, 2 * bed.PATIENCE)
            for _ in range(300):
                answer = romeo.receive("message", seconds=15 * bed.PATIENCE)
                self.assertEqual(bed.condition(answer), "remote-server-not-found")
        finally:
            self.lab.process.send_signal(18)  # SIGCONT

    def test_its_own_domain(self):
        """It is not looked for."""
        status, out, _ = self.here.server.ctl(["s2s", "testDomain", HERE])
        self.assertNotEqual(status, 0)
        self.assertIn("is a domain of this server", out)


TLS = '[s2s]\nuse_starttls = "{mode}"\ncertfile = "{{{name}-both}}"\n[s2s.outgoing.tls]\ncacertfile = "{{ca}}"\n'
LISTEN = '[[listen.s2s]]\ntls.certfile = "{{{name}}}"\ntls.keyfile = "{{{name}-key}}"\ntls.cacertfile = "{{ca}}"\n'


class Trusted(NamesCase):
    """TLS with certificates of an authority that both know."""

    here_config = TLS.format(mode="required_trusted", name="here") + LISTEN.format(name="here")
    there_config = TLS.format(mode="required_trusted", name="there") + LISTEN.format(name="there")

    def test_starttls(self):
        """The certificate is the domain's."""
        self.publish("_xmpp-server._tcp.there SRV 0 0 {port} x.there\nx.there A {address}\n")
        reached, lines = self.try_domain()
        self.assertTrue(reached, lines)
        self.assert_says(lines, "connected after", "stream: opened", "TLS: TLSv1.3", "certificate: trusted by an authority", "features: EXTERNAL")
        self.assert_talks()


class Stranger(NamesCase):
    """A certificate of somebody else."""

    here_config = TLS.format(mode="required_trusted", name="here") + LISTEN.format(name="here")
    there_config = TLS.format(mode="optional", name="stranger") + LISTEN.format(name="stranger")

    def test_wrong_name(self):
        """It is not taken, and the reason is told."""
        self.publish("_xmpp-server._tcp.there SRV 0 0 {port} x.there\nx.there A {address}\n")
        reached, lines = self.try_domain()
        self.assertFalse(reached)
        self.assert_says(lines, "certificate: not trusted: the certificate is for stranger.example, not for there.lab.test", "verdict: not reached")


class Direct(NamesCase):
    """TLS from the first byte."""

    here_config = TLS.format(mode="required_trusted", name="here") + LISTEN.format(name="here")
    there_config = LISTEN.format(name="there") + 'tls.mode = "tls"\n[s2s.outgoing.tls]\ncacertfile = "{ca}"\n'

    def test_T_S2S_24_direct_tls(self):
        """T-S2S-24: _xmpps-server."""
        self.publish("_xmpps-server._tcp.there SRV 0 0 {port} x.there\nx.there A {address}\n")
        reached, lines = self.try_domain()
        self.assertTrue(reached, lines)
        self.assert_says(lines, "TLS from the first byte", "TLS: TLSv1.3", "certificate: trusted by an authority", "stream: opened", "verdict: reached")


class Signed(NamesCase):
    """A signed zone; certificates of an authority that nobody knows."""

    signed = ("lab.test",)
    here_config = '[s2s]\nuse_starttls = "required_trusted"\ncertfile = "{here-both}"\n' + LISTEN.format(name="here")
    there_config = '[s2s]\nuse_starttls = "optional"\ncertfile = "{there-both}"\n' + LISTEN.format(name="there")
    records = "_xmpp-server._tcp.there SRV 0 0 {port} x.there\nx.there A {address}\n"

    def test_dane(self):
        """The TLSA record is as good as an authority."""
        self.publish(self.records + "_{port}._tcp.x.there TLSA 3 0 1 {digest}\n")
        reached, lines = self.try_domain()
        self.assertTrue(reached, lines)
        self.assert_says(lines, "SRV _xmpp-server._tcp: 1 records, secure", "A of x.there.lab.test", "TLSA of x.there.lab.test: 1 records, secure",
                         "certificate: trusted by DANE", "verdict: reached")  # fmt: skip

    def test_dane_of_another(self):
        """A record of another certificate."""
        self.publish(self.records + "_{port}._tcp.x.there TLSA 3 0 1 " + 64 * "0" + "\n")
        reached, lines = self.try_domain()
        self.assertFalse(reached)
        self.assert_says(lines, "certificate: not trusted: no matching DANE TLSA records", "verdict: not reached: certificate: no matching DANE TLSA records")

    def test_no_dane(self):
        """That there is no record is proved: then authorities count, and this one is not known."""
        self.publish(self.records)
        reached, lines = self.try_domain()
        self.assertFalse(reached)
        self.assert_says(lines, "A of x.there.lab.test: ", "certificate: not trusted: unable to verify the first certificate")


class Forged(NamesCase):
    """The zone is signed with other keys than the trust anchor says."""

    signed = ("lab.test",)

    def setUp(self):
        super().setUp()
        anchor = os.path.join(self.folder, "wrong-anchor")
        with open(anchor, "w", encoding="utf-8") as file:
            file.write("lab.test. DS 4711 13 2 " + 64 * "a" + "\n")
        self.here.server.stop()
        self.here.server.change_config(f'[meerkat.resolver]\ntrust_anchor_file = "{anchor}"\n')
        self.here.server.start()

    def test_forged(self):
        """Nobody is connected to."""
        self.publish("_xmpp-server._tcp.there SRV 0 0 {port} x.there\nx.there A {address}\n")
        reached, lines = self.try_domain()
        self.assertFalse(reached)
        self.assert_says(lines, "verdict: not reached: resolve: DNSSEC says that the answer for ")


if __name__ == "__main__":
    bed.main()
