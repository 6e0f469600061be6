"""slixmpp_client: a slixmpp client that remembers what it saw, so that a case can wait for it in the order of its story."""
import asyncio
import logging

import bed
import slixmpp

PLUGINS = (
    "xep_0012 xep_0030 xep_0049 xep_0048 xep_0054 xep_0066 xep_0077 xep_0085 xep_0092 xep_0115 xep_0184 xep_0191 xep_0199 "
    "xep_0202 xep_0203 xep_0280 xep_0308"
).split()

# slixmpp reports every refused login as an error; what matters here is asserted.
logging.getLogger("slixmpp").setLevel(logging.CRITICAL)
logging.getLogger("asyncio").setLevel(logging.ERROR)

STARTED, RESUMED = "session_start", "session_resumed"
# slixmpp tries one mechanism after the other with the same password, until none is left or the server has had enough.
REFUSED = {"failed_all_auth", "disconnected"}
ENDS = {STARTED, RESUMED, "connection_failed"} | REFUSED


class Witness:
    """Beside a class of slixmpp: remembers its events."""

    def __init__(self, *arguments, **options):
        self.seen = []
        self.news = asyncio.Event()
        super().__init__(*arguments, **options)

    def event(self, name, data={}):  # noqa: B006 (as slixmpp has it)
        self.seen.append((name, data))
        self.news.set()
        super().event(name, data)

    async def sees(self, name, accept=lambda data: True, within=bed.PATIENCE):
        """The data of the first event of this name that is accepted; it and what came before of this name are forgotten."""
        names = {name} if isinstance(name, str) else name

        def take():
            for index, (seen, data) in enumerate(self.seen):
                if seen in names and accept(data):
                    self.seen = [pair for pair in self.seen[:index] if pair[0] not in names] + self.seen[index + 1 :]
                    return seen, data
            return None

        async def wait():
            while (found := take()) is None:
                self.news.clear()
                await self.news.wait()
            return found

        try:
            found = await asyncio.wait_for(wait(), within)
        except asyncio.TimeoutError:
            raise AssertionError(f"{self.boundjid} did not see {name}; it saw {self.names_seen()}") from None
        return found[1] if isinstance(name, str) else found

    def names_seen(self):
        return [f"{name}: {data}" if name in ("message", "presence") else name for name, data in self.seen][-30:]

    def has_seen(self, name, accept=lambda data: True):
        return any(seen == name and accept(data) for seen, data in self.seen)

class Client(Witness, slixmpp.ClientXMPP):
    """`mechanism` None lets slixmpp choose."""

    def __init__(self, jid, password=bed.PASSWORD, mechanism=None, register=False):
        super().__init__(jid, password, sasl_mech=mechanism)
        self.auto_authorize = None
        self.auto_subscribe = False
        self.whitespace_keepalive = False
        for plugin in PLUGINS:
            self.register_plugin(plugin)
        self["xep_0077"].create_account = register
        # This version keeps back requests before the session starts, registration too; later ones do not.
        self._always_send_everything = register

    async def log_in(self, server, listener="secure", online=True):
        """Connects; the name of the event that ended it, which is session_start if all went well."""
        self.ca_certs = server.cert
        direct = listener == "tls"
        plain = listener == "bare"
        self.connect(("127.0.0.1", server.port(listener)), use_ssl=direct, force_starttls=not (direct or plain),
                     disable_starttls=direct or plain)  # fmt: skip
        end, _ = await self.sees(ENDS)
        if end == "session_start" and online:
            await self.get_roster()
            self.send_presence()
            await self.sees("presence_available", lambda presence: presence["from"] == self.boundjid)
        return end

    async def settle(self):
        """What was sent to this client before now has arrived: the server answers in order."""
        await self["xep_0199"].ping()

    async def log_out(self):
        if self.is_connected():
            await self.disconnect(wait=2)
