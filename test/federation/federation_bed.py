"""federation_bed: servers that talk to each other: meerkats, each with one domain, a listener for servers and fixed addresses of the others.

Each server has a loopback address and ports of its own. MEERKAT_BUILD says where the build is (tools/run-tests sets it), WIRE_PATIENCE is the
factor for slow builds."""
import os
import shutil
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
for folder in ("test/support", "test/robust"):
    sys.path.insert(0, os.path.join(ROOT, folder))

import actor  # noqa: E402
from dialogue import certificates, server  # noqa: E402
from dialogue.text import Mismatch  # noqa: E402

BUILD = os.path.abspath(os.environ.get("MEERKAT_BUILD", os.path.join(ROOT, "build")))
PATIENCE = float(os.environ.get("WIRE_PATIENCE", "1"))
SECONDS = 20 * PATIENCE
MODULES = {
    f"mod_{name}": {} for name in "roster presence offline disco caps ping version time last vcard private blocking carboncopy".split()
}
CLIENT = "{jabber:client}"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"


def bare(jid):
    return jid.partition("/")[0]


condition = actor.condition_of


def first(one, two, id, seconds=SECONDS):
    """Which of two clients gets a message with this id first; what else comes is passed over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for client in (one, two):
            event = client.event(0.05)
            if event and event[0] == actor.ELEMENT and event[1].get("id") == id:
                return client
    raise Mismatch(f"nobody got {id}")


def tls_config(name, mode, is_direct=False):
    """TLS both ways with the certificate of this name, as 6.4 writes it, but for the mode."""
    listener = f'certfile = "{{{name}}}"\nkeyfile = "{{{name}-key}}"\ncacertfile = "{{ca}}"\n'
    return (
        f'[s2s]\nuse_starttls = "{mode}"\n[s2s.outgoing.tls]\n{listener}[[listen.s2s]]\n[listen.s2s.tls]\n{listener}'
        + ('mode = "tls"\n' if is_direct else "")
    )


class Authority:
    """Signs certificates of servers: {name: path} in `paths`, NAME and NAME-key of a domain."""

    def __init__(self, folder):
        self.maker = certificates.Maker(folder)
        self.maker.self_signed("ca", "ca-key", "/CN=meerkat test CA")
        self.maker.self_signed("cert", "key", "/CN=localhost", "-addext", certificates.SERVER_NAMES)

    def sign(self, name, *domains):
        names = "subjectAltName=" + ",".join(f"DNS:{domain}" for domain in domains)
        self.maker.signed(name, f"/CN={domains[0]}", "-addext", names, "-addext", "extendedKeyUsage=serverAuth,clientAuth")
        with open(self.maker.path(name + "-both"), "w", encoding="utf-8") as both:
            for part in (name, name + "-key"):
                with open(self.paths[part], encoding="utf-8") as file:
                    both.write(file.read())

    @property
    def paths(self):
        return self.maker.paths


class Alias:
    """Another domain at the same place."""

    def __init__(self, domain, site):
        self.domain, self.address, self.port = domain, site.address, site.port


class Meerkat:
    """One domain. `config` is TOML that is merged into the configuration, with {names} of its certificates."""

    kind = "meerkat"
    says_farewell = True  # who unsubscribes is told that the other one is unavailable (RFC 6121 §3.3.3)

    def __init__(self, folder, authority, domain, config="", loops=2):
        self.domain = domain
        self.clients = []
        self.server = server.Server(
            BUILD, os.path.join(folder, domain), authority.paths, hosts=(domain,), modules=MODULES, loops=loops
        )
        self.folder = self.server.folder
        self.address = self.server.address
        self.port = server.free_port(self.address, set(self.server.ports.values()))
        self.server.change_config("[meerkat]\nmax_unauthenticated_per_address = 1000\nmax_login_failures_per_address = 100000\n")
        self.server.change_config(config)
        listeners = self.server.config["listen"].setdefault("s2s", [{}])
        listeners[0].update(port=self.port, ip_address=self.address)
        self.server.change_config("")

    def knows(self, *others, is_direct=False):
        """Fixed addresses of the others."""
        addresses = [{"host": other.domain, "ip_address": other.address, "port": other.port, "tls": is_direct} for other in others]
        server.merge(self.server.config, {"s2s": {"outgoing": {"address": addresses}}})
        self.server.change_config("")

    def start(self):
        self.server.start()

    def stop(self):
        for client in self.clients:
            client.close()
        if self.server.is_running():
            self.server.stop()

    def kill(self):
        self.server.kill()

    def register(self, *users):
        for user in users:
            self.server.register(user, self.domain, "secret")

    def client(self, user, keeps=False):
        """keeps: what came while it logged in is not forgotten."""
        client = Client(self.server, self.domain, user, keeps)
        self.clients.append(client)
        return client

    def log(self):
        return self.server.log()

    def wait_for_log(self, text, seconds=SECONDS):
        deadline = time.monotonic() + seconds
        while text not in self.log():
            if time.monotonic() > deadline:
                raise Mismatch(f"not in the log: {text}")
            time.sleep(0.02)


class Client(actor.Actor):
    """Online, with an address of this domain."""

    def __init__(self, meerkat, domain, user, keeps):
        super().__init__(meerkat)
        self.domain = domain
        self.login(user)
        self.ask("<query xmlns='jabber:iq:roster'/>")
        self.send("<presence/>")
        self.ping()
        if not keeps:
            self.others.clear()

    def authenticate(self, user, password="secret"):
        """Step by step: not everybody takes it in one go."""
        self.open(self.domain)
        self.send(actor.plain_auth(user, password))
        answer = self.element()
        if answer.tag != actor.SUCCESS:
            raise Mismatch(f"the login of {user} failed: {actor.describe((actor.ELEMENT, answer))}")
        self.open(self.domain)

    def ping(self, seconds=actor.SECONDS):
        self.ask("<ping xmlns='urn:xmpp:ping'/>", to=self.domain, seconds=seconds)

    def receive(self, name, seconds=SECONDS, **attributes):
        """The next stanza of this name and with these attributes; what comes before it is passed over."""
        while True:
            stanza = self.stanza(seconds)
            if stanza.tag == CLIENT + name and all(stanza.get(key) == value for key, value in attributes.items()):
                return stanza

    def say(self, to, text, id="m"):
        self.send(f"<message to='{to}' type='chat' id='{id}'><body>{text}</body></message>")


class Visitor(actor.Actor):
    """Not logged in."""

    def __init__(self, other, domain):
        super().__init__(other)
        self.open(domain)

    def register(self, user, password="secret"):
        query = f"<query xmlns='jabber:iq:register'><username>{user}</username><password>{password}</password></query>"
        answer = self.ask(query, "set")
        if answer.get("type") != "result":
            raise Mismatch(f"{user} could not be registered: {condition(answer)}")


def join(*sites, users=("romeo", "juliet"), is_direct=False):
    """They know each other, run, and have these users."""
    for site in sites:
        site.knows(*(other for other in sites if other is not site), is_direct=is_direct)
    for site in sites:
        site.start()
        site.register(*users)


class FederationCase(unittest.TestCase):
    """Makes servers in a folder of its own, and ends them; logs are shown when a case fails."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.mkdtemp(prefix="meerkat-federation-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.authority = Authority(cls.folder)

    def setUp(self):
        self.sites, self.logs = [], []
        self.addCleanup(self.end_all)

    def end_all(self):
        for site in self.sites:
            try:
                site.stop()
            finally:
                site.kill()
        self.logs += [(site.domain, site.log()) for site in self.sites]
        for site in self.sites:
            shutil.rmtree(site.folder, ignore_errors=True)

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            for site, log in self.logs:
                print(f"--- the log of {site}\n{log[-6000:]}", file=sys.stderr)
        return result

    def add(self, site):
        self.sites.append(site)
        return site

    def meerkat(self, domain, config="", loops=2):
        return self.add(Meerkat(self.folder, self.authority, domain, config, loops))

    def join(self, *sites, is_direct=False):
        join(*sites, is_direct=is_direct)


def main():
    unittest.main(module="__main__", verbosity=2)
