"""Steps of a client that is a component (XEP-0114)."""
import hashlib

from dialogue.pattern import OPEN, STREAMS
from dialogue.steps import CONNECTION, options, step

COMPONENT = "jabber:component:accept"


class ComponentSteps:
    """A part of Play."""

    @step(r"opens a component stream to (?P<domain>\S+)(?P<prefix> as a subdomain)?")
    def opens_a_component_stream(self, domain, prefix=None):
        self.peer.ns = COMPONENT
        subdomain = " is_subdomain='true'" if prefix else ""
        self.send(f"<stream:stream to='{domain}' xmlns='{COMPONENT}' xmlns:stream='{STREAMS}'{subdomain}>")
        self.peer.stream_id = self.expect(OPEN).get("id")
        self.peer.domain = domain

    @step(r'shows the password(?: "(?P<password>(?:[^"\\]|\\.)*)")?')
    def shows_the_password(self, password):
        digest = hashlib.sha1((self.peer.stream_id + ("secret" if password is None else password)).encode()).hexdigest()
        self.send(f"<handshake>{digest}</handshake>")

    @step(r"serves (?P<domain>\S+)(?P<prefix> as a subdomain)?" + options(*CONNECTION))
    def serves(self, domain, prefix, listener, source):
        """A component connects, is let in and has the name."""
        self.connects(listener or "components", source, None)
        self.opens_a_component_stream(domain, prefix)
        self.shows_the_password(None)
        self.expect_element(f"{{{COMPONENT}}}handshake")
        self.peer.jid = f"{domain}.{self.script.hosts[0]}" if prefix else domain
