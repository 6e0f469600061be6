#!/usr/bin/python3
"""meerkat and servers that nobody here wrote: Prosody and ejabberd of Debian."""

import federation_bed as bed
import others
from between import Between
from name_server import NameServer


class WithOther(Between):
    kind = None
    mode = None  # of TLS; None: dialback in the clear

    @classmethod
    def setUpClass(cls):
        """One pair of servers for all cases: others take their time to start."""
        super().setUpClass()
        cls.authority.sign("here", "here.example")
        cls.authority.sign("there", "there.example")
        paths = cls.authority.paths
        cls.one = bed.Meerkat(cls.folder, cls.authority, "here.example", bed.tls_config("here", cls.mode) if cls.mode else "")
        cls.two = cls.kind(cls.folder, "there.example", (paths["there"], paths["there-key"], paths["ca"]) if cls.mode else None)
        cls.addClassCleanup(cls.two.stop)
        cls.addClassCleanup(cls.one.stop)
        sites = {site.domain: (site.address, site.port) for site in (cls.one, cls.two)}
        names = NameServer(sites, cls.two.wants_addresses)
        cls.addClassCleanup(names.close)
        cls.two.names_port = names.port
        bed.join(cls.one, cls.two)

    def tearDown(self):
        self.logs = [(site.domain, site.log()) for site in (self.one, self.two)]
        for site in (self.one, self.two):
            for client in site.clients:
                client.close()
            site.clients.clear()


class ProsodyInTheClear(WithOther, bed.FederationCase):
    kind = others.Prosody


class ProsodySecured(ProsodyInTheClear):
    mode = "required_trusted"

    def test_one_stream_serves_both_ways(self):
        """XEP-0288: what comes back comes on the stream that was opened first."""
        romeo, juliet = self.one.client("romeo"), self.two.client("juliet")
        romeo.say(juliet.jid, "hello", "m1")
        juliet.receive("message", id="m1")
        juliet.say(romeo.jid, "hello", "m2")
        romeo.receive("message", id="m2")
        self.two.wait_for_log("bidirectional")


class EjabberdInTheClear(WithOther, bed.FederationCase):
    kind = others.Ejabberd


class EjabberdSecured(EjabberdInTheClear):
    mode = "required_trusted"


if __name__ == "__main__":
    bed.main()
