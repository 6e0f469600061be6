"""Plays the steps of a script against a server. The table of steps is made of the decorated methods; test/wire/README.md lists them."""
import base64
import json
import os
import shlex
import time

from dialogue import certificates, login, proxy
from dialogue.component import COMPONENT, ComponentSteps
from dialogue.pattern import CLOSE, ELEMENT, OPEN, elements, match_element, match_json, parse, split_tag
from dialogue.peer import END, GARBAGE, Peer, describe
from dialogue.script import ACTORS, duration
from dialogue.steps import CONNECTION, CREDENTIALS, HANDSHAKE, OVER_TLS, STEPS, options, step
from dialogue.text import Mismatch, fill, strings

SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
STREAM_ERROR = "urn:ietf:params:xml:ns:xmpp-streams"
STREAM = "{http://etherx.jabber.org/streams}"
QUIET_SECONDS = 0.2
EX_CONFIG = 78

# Slow servers (sanitizers, valgrind) get more time.
PATIENCE = float(os.environ.get("WIRE_PATIENCE", "1"))


def find_step(step_):
    """(method name, named groups) of a step, or None."""
    for regex, actors, method in STEPS:
        if (step_.who in actors) if step_.who in ACTORS else not actors:
            match = regex.fullmatch(step_.verb)
            if match:
                return method, match.groupdict()
    return None


class Play(ComponentSteps):
    def __init__(self, script, server, record):
        self.script = script
        self.server = server
        self.record = record  # record(who, direction, bytes)
        self.values = {}  # captures
        self.peers = {}
        self.partners = {}
        self.barriers = 0
        self.step = None

    def run(self):
        for account in self.script.accounts:
            self.server.register(account.user, account.host, account.password)
        for step_ in self.script.steps:
            self.play(step_)

    def play(self, step_):
        found = find_step(step_)
        if not found:
            raise ValueError(f"there is no such step: {step_.who} {step_.verb}")
        method, groups = found
        self.step = step_
        self.record(None, step_.line, str(step_).encode())
        getattr(self, method)(**groups)

    def close(self):
        for peer in self.peers.values():
            peer.close()

    # --- helpers ---

    @property
    def peer(self):
        name = self.step.who
        if name not in self.peers:
            self.peers[name] = Peer(name, lambda direction, data: self.record(name, direction, data))
            self.peers[name].domain = self.script.hosts[0]
        return self.peers[name]

    @property
    def seconds(self):
        return (self.step.seconds or self.script.patience) * PATIENCE

    def text(self, xml=True):
        if self.step.text is None:
            raise ValueError("the text behind a colon is missing")
        return fill(self.step.text, self.values, xml)

    def event(self, peer=None):
        return (peer or self.peer).next_event(self.seconds)

    def expect(self, kind, peer=None):
        event = self.event(peer)
        if event is None or event[0] != kind:
            wanted = {OPEN: "a stream header", ELEMENT: "an element", CLOSE: "</stream:stream>", END: "the end"}[kind]
            raise Mismatch(f"expected {wanted}, got {describe(event)}")
        return event[1]

    def expect_element(self, tag, peer=None):
        element = self.expect(ELEMENT, peer)
        if element.tag != tag:
            raise Mismatch(f"expected <{split_tag(tag)[1]}>, got {describe((ELEMENT, element))}")
        return element

    def send(self, data):
        self.peer.send(data, self.seconds)

    # --- connecting ---

    @step(r"connects" + options(*CONNECTION, r" in the clear(?P<clear>)", *HANDSHAKE))
    def connects(self, listener, source, clear, **tls):
        listener = listener or "c2s"
        self.peer.connect(self.server.endpoint(listener), self.seconds, source)
        if self.server.starts_with_tls(listener) and clear is None:
            self.shakes_hands(**tls)

    @step(r"cannot connect(?: to (?P<listener>\S+))?")
    def cannot_connect(self, listener):
        try:
            self.peer.connect(self.server.endpoint(listener or "c2s"), self.seconds)
        except OSError:
            return
        raise Mismatch("the server accepts the connection")

    @step(r"shakes hands" + options(*HANDSHAKE))
    def shakes_hands(self, certificate=None, resumes=None, **tls):
        pair = (self.server.names[certificate], self.server.names[certificate + "-key"]) if certificate else None
        self.peer.handshake(self.seconds, certificate=pair, resumes=resumes is not None, **tls)

    @step(r"cannot shake hands" + options(*HANDSHAKE))
    def cannot_shake_hands(self, **tls):
        """With TLS 1.3 a client is through before the server has looked at its certificate."""
        try:
            self.shakes_hands(**tls)
        except Mismatch:
            return
        while not self.peer.ended:
            if not self.peer.receive_bytes(self.seconds):
                raise Mismatch("the handshake was successful")
        if self.peer.transcript:
            raise Mismatch(f"the handshake was successful, and then came {self.peer.transcript[:300]!r}")

    @step(r"is shown the certificate of (?P<name>\S+)")
    def is_shown_the_certificate(self, name):
        shown = certificates.common_name(self.peer.socket.getpeercert(binary_form=True))
        if shown != name:
            raise Mismatch(f"it is that of {shown}")

    @step(r"has (?P<how>resumed|begun) its TLS session")
    def has_resumed_its_tls_session(self, how):
        if self.peer.socket.session_reused != (how == "resumed"):
            raise Mismatch("it is a new session" if how == "resumed" else "the session was resumed")

    @step(r"starts TLS" + options(*HANDSHAKE))
    def starts_tls(self, **tls):
        self.send(f"<starttls xmlns='{TLS}'/>")
        self.expect_element(f"{{{TLS}}}proceed")
        self.shakes_hands(**tls)

    @step(r"opens a stream(?: to (?P<domain>\S+))?")
    def opens_a_stream(self, domain=None):
        self.send(self.peer.header(domain))
        self.expect(OPEN)
        return self.expect_element(STREAM + "features")

    @step(r"sends a PROXY (?:header from (?P<source>\S+)|health check)" + options(
        r" version (?P<version>[12])", r" with extensions(?P<extensions>)", r" (?P<piecewise>byte by byte)"))  # fmt: skip
    def sends_a_PROXY_header(self, source, version, extensions, piecewise):
        version = version or "1"
        if source is None:
            header = proxy.health_check(version)
        elif version == "1":
            header = proxy.line(source)
        else:
            header = proxy.binary(source, b"\x04\x00\x03abc\x20\x00\x05\x00\x00\x00\x00\x00" if extensions is not None else b"")
        self.peer.send(header, self.seconds, 1 if piecewise else None)

    # --- logging in ---

    def account(self, user, host):
        user = fill(user or self.step.who, self.values)
        host = host or self.script.hosts[0]
        for account in self.script.accounts:
            if (account.user, account.host) == (user, host):
                return user, host, account.password
        return user, host, "secret"

    def sasl(self, user, password, mechanism, binding=None, authzid=None):
        """The element that ends the exchange, and what checks it (or None)."""
        authzid = authzid or ""
        if mechanism == "PLAIN":
            first, scram = login.plain(user, password, authzid), None
        else:
            tls = self.peer.socket if self.peer.is_secure() else None
            scram = login.Scram(mechanism, user, password, authzid=authzid, tls=tls, binding=binding)
            first = scram.first()
        self.send(f"<auth xmlns='{SASL}' mechanism='{mechanism}'>{login.b64(first)}</auth>")
        answer = self.expect(ELEMENT)
        if scram and answer.tag == f"{{{SASL}}}challenge":
            final = scram.final(base64.b64decode(answer.text))
            self.send(f"<response xmlns='{SASL}'>{login.b64(final)}</response>")
            answer = self.expect(ELEMENT)
        return answer, scram

    @step(r"authenticates" + options(*CREDENTIALS))
    def authenticates(self, user, host, resource, password, mechanism, binding, authzid):
        user, host, known = self.account(user, host)
        if not mechanism:
            mechanism = "SCRAM-SHA-1"
        answer, scram = self.sasl(user, known if password is None else password, mechanism, binding, authzid)
        if answer.tag != f"{{{SASL}}}success":
            raise Mismatch(f"authentication failed: {describe((ELEMENT, answer))}")
        if scram:
            scram.check(base64.b64decode(answer.text or ""))
        return self.opens_a_stream(host)

    @step(r"fails to authenticate" + options(*CREDENTIALS))
    def fails_to_authenticate(self, user, host, resource, password, mechanism, binding, authzid):
        user, host, known = self.account(user, host)
        answer, _ = self.sasl(user, known if password is None else password, mechanism or "SCRAM-SHA-1", binding, authzid)
        match_element(elements(f"<failure xmlns='{SASL}'><{self.text().strip()}/></failure>")[0], answer, self.values)

    @step(r"binds(?: (?P<resource>.+))?")
    def binds(self, resource=None):
        resource = fill(resource or self.step.who, self.values)
        wanted = "" if resource == "any" else f"<resource>{resource}</resource>"
        self.send(f"<iq type='set' id='bind'><bind xmlns='{BIND}'>{wanted}</bind></iq>")
        answer = self.expect_element("{jabber:client}iq")
        jid = answer.find(f"{{{BIND}}}bind/{{{BIND}}}jid")
        if answer.get("type") != "result" or jid is None:
            raise Mismatch(f"no resource was bound: {describe((ELEMENT, answer))}")
        self.peer.jid = jid.text
        who = self.step.who
        bare, _, full_resource = jid.text.partition("/")
        self.values.update({f"{who}.jid": jid.text, f"{who}.bare": bare, f"{who}.resource": full_resource})

    @step(r"logs in" + options(*CREDENTIALS, *CONNECTION, OVER_TLS))
    def logs_in(self, user, host, resource, password, mechanism, binding, authzid, listener, over_tls, source):
        host = host or self.script.hosts[0]
        if self.peer.ended:
            self.connects(listener, source, None)
        if not self.peer.reader.opened:
            self.opens_a_stream(host)
        if not self.peer.is_secure() and (over_tls is not None or listener == "secure"):
            self.starts_tls(server_name=host)
            self.opens_a_stream(host)
        self.authenticates(user, host, resource, password, mechanism, binding, authzid)
        self.binds(resource)

    @step(r"comes online" + options(*CREDENTIALS, *CONNECTION, OVER_TLS))
    def comes_online(self, **options):
        self.logs_in(**options)
        self.send("<presence/>")
        passed = []
        while True:
            event = self.event()
            if event is None or event[0] != ELEMENT:
                raise Mismatch(f"expected the own presence, got {describe(event)}")
            if event[1].tag == "{jabber:client}presence" and event[1].get("from") == self.peer.jid:
                break
            passed.append(event)
        self.peer.push_back(passed)

    # --- sending ---

    @step(r"sends")
    def sends(self):
        self.send(self.text())

    @step(r"sends (?P<count>\d+) times")
    def sends_times(self, count):
        text = self.text()
        self.send("".join(text.replace("{n}", str(n)) for n in range(int(count))))

    @step(r"sends (?:byte by byte|in pieces of (?P<size>\d+))")
    def sends_in_pieces(self, size):
        self.peer.send(self.text(), self.seconds, int(size or 1))

    @step(r"sends raw")
    def sends_raw(self):
        self.send(strings(self.text(xml=False)))

    # --- receiving ---

    def match(self, item, event, exact=False):
        """Raises Mismatch with the event in its text."""
        kind, pattern = item
        if event is None or event[0] != kind:
            raise Mismatch(f"got {describe(event)}")
        if kind == CLOSE:
            return
        try:
            match_element(pattern, event[1], self.values, exact)
        except Mismatch as reason:
            raise Mismatch(f"{reason}\n  in {describe(event)}") from None

    def patterns(self):
        if self.step.text is None:
            raise ValueError("the pattern behind a colon is missing")
        return parse(self.step.text, self.peer.ns)

    @step(r"receives(?P<exactly> exactly)?")
    def receives(self, exactly=None):
        for item in self.patterns():
            self.match(item, self.event(), bool(exactly))

    @step(r"receives in any order")
    def receives_in_any_order(self):
        left = self.patterns()
        while left:
            event = self.event()
            reasons = []
            for item in left:
                before = dict(self.values)
                try:
                    self.match(item, event)
                except Mismatch as reason:
                    self.values = before
                    reasons.append(str(reason))
                    continue
                left.remove(item)
                break
            else:
                raise Mismatch(f"it is none of the {len(left)} that are expected:\n  " + "\n  ".join(reasons))

    @step(r"skips to")
    def skips_to(self):
        deadline = time.monotonic() + self.seconds
        for item in self.patterns():
            reason = "nothing came"
            while True:
                event = self.peer.next_event(max(deadline - time.monotonic(), 0))
                if event is None or event[0] == END:
                    raise Mismatch(f"it never came; the last that came: {reason}")
                try:
                    self.match(item, event)
                    break
                except Mismatch as mismatch:
                    reason = str(mismatch)

    @step(r"receives nothing")
    def receives_nothing(self):
        if self.step.seconds is None and self.peer.jid and not self.peer.ended:
            self.settle()
            event = self.peer.next_event(0)
        else:
            event = self.peer.next_event(self.step.seconds or QUIET_SECONDS)
        if event is not None:
            raise Mismatch(f"got {describe(event)}")

    def settle(self):
        """Returns when all that the clients caused has arrived: each asks the server something, twice, as the first answers may pass
        what is on its way from one account's loop to another's."""
        for _ in range(2):
            for peer in self.peers.values():
                if peer.jid and not peer.ended:
                    self.pass_barrier(peer)

    def pass_barrier(self, peer):
        self.barriers += 1
        wanted = f"barrier-{self.barriers}"
        own, host = (f" from='{peer.jid}'", self.script.hosts[0]) if peer.ns == COMPONENT else ("", peer.domain)
        peer.send(f"<iq type='get' id='{wanted}' to='{host}'{own}><ping xmlns='urn:xmpp:ping'/></iq>", self.seconds)
        passed = []
        while True:
            event = self.event(peer)
            if event is None:
                raise Mismatch(f"{peer.name} got no answer from the server")
            if event[0] == ELEMENT and event[1].get("id") == wanted:
                break
            passed.append(event)
            if event[0] == END:
                break
        peer.push_back(passed)

    # --- ends ---

    @step(r"receives stream error (?P<condition>\S+)")
    def receives_stream_error(self, condition):
        event = self.event()
        if event and event[0] == OPEN:
            event = self.event()
        pattern = elements(f"<stream:error><{condition} xmlns='{STREAM_ERROR}'/></stream:error>")[0]
        self.match((ELEMENT, pattern), event)
        self.expect(CLOSE)
        self.expect(END)

    @step(r"receives the end of the stream")
    def receives_the_end_of_the_stream(self):
        self.expect(CLOSE)

    @step(r"is closed(?P<silently> without a word)?")
    def is_closed(self, silently):
        deadline = time.monotonic() + self.seconds
        while not self.peer.ended:
            if not self.peer.receive_bytes(max(deadline - time.monotonic(), 0)) and time.monotonic() >= deadline:
                raise Mismatch("the connection is still open")
        if silently and len(self.peer.transcript) > self.peer.fresh:
            raise Mismatch(f"before it ended came {self.peer.transcript[self.peer.fresh:][:300]!r}")
        self.peer.reader.events.clear()

    @step(r"is open")
    def is_open(self):
        self.peer.receive_bytes(self.step.seconds or 0.05)
        if self.peer.ended:
            raise Mismatch("the connection has ended")

    def all_strings(self):
        return strings(fill(self.text(xml=False), self.server.names))

    @step(r"has seen")
    def has_seen(self):
        wanted, deadline = self.all_strings(), time.monotonic() + self.seconds
        while wanted not in self.peer.transcript and not self.peer.ended and time.monotonic() < deadline:
            self.peer.receive_bytes(deadline - time.monotonic())
        if wanted not in self.peer.transcript:
            raise Mismatch(f"{wanted!r} is not in what was received")

    @step(r"has not seen")
    def has_not_seen(self):
        if self.all_strings() in self.peer.transcript:
            raise Mismatch(f"{self.all_strings()!r} is in what was received")

    @step(r"closes the stream")
    def closes_the_stream(self):
        self.send("</stream:stream>")
        self.expect(CLOSE)
        self.expect(END)

    @step(r"half-closes")
    def half_closes(self):
        self.peer.half_close()

    @step(r"disconnects")
    def disconnects(self):
        self.peer.close()

    @step(r"resets")
    def resets(self):
        self.peer.reset()

    # --- the server ---

    @step(r"restarts", "server")
    def server_restarts(self):
        self.server.stop()
        self.server.start()

    @step(r"is killed", "server")
    def server_is_killed(self):
        self.server.signal(0)
        self.server.kill()

    @step(r"stops", "server")
    def server_stops(self):
        self.server.stop()

    @step(r"starts", "server")
    def server_starts(self):
        self.server.start()

    @step(r"reloads", "server")
    def server_reloads(self):
        self.server.reload()

    @step(r"crashes not", "server")
    def server_crashes_not(self):
        self.server.signal(0)

    @step(r"refuses(?: with status (?P<status>\d+))?", "server")
    def server_refuses(self, status):
        self.refusal = self.server.refuses(self.text(xml=False), int(status or EX_CONFIG))

    @step(r"says", "server")
    def server_says(self):
        self.require(self.refusal, "what the server said")

    @step(r"(?P<kind>\S+) (?P<what>stops|starts)", "partner")
    def partner_stops_or_starts(self, kind, what):
        partner = self.partners[kind]
        partner.stop() if what == "stops" else partner.start()

    @step(r"(?P<kind>\S+) forgets (?P<user>\S+)", "partner")
    def partner_forgets(self, kind, user):
        self.partners[kind].forget(user)

    @step(r"(?P<kind>\S+) was (?P<never>never )?asked", "partner")
    def partner_was_asked(self, kind, never):
        wanted, asked = self.all_strings().decode(), self.partners[kind].asked
        if any(wanted in line for line in asked) == bool(never):
            raise Mismatch(f"{wanted!r} is {'' if never else 'not '}in what it was asked:\n" + "\n".join(asked))

    @step(r"becomes", "config")
    def config_becomes(self):
        self.server.change_config(self.text(xml=False))

    @step(r"listener (?P<name>\S+) (?:becomes|goes(?P<goes>))", "config")
    def config_listener(self, name, goes):
        self.server.change_listener(name, self.text(xml=False) if goes is None else None)

    @step(r"(?P<command>.*?)(?P<outcome> answers| fails)?", "ctl")
    def ctl(self, command, outcome):
        status, out, err = self.server.ctl(shlex.split(fill(fill(command, self.values), self.server.names)), self.seconds)
        self.record("ctl", "<", (out + err).encode())
        if (status != 0) != (outcome == " fails"):
            raise Mismatch(f"exit status {status}: {(out + err).strip()}")
        if outcome == " answers":
            try:
                answer = json.loads(out)
            except ValueError:
                raise Mismatch(f"the answer is not JSON: {out!r}") from None
            match_json(json.loads(fill(self.step.text, self.server.names)), answer, self.values)
        elif outcome == " fails" and self.step.text:
            self.require(out + err, "the output")

    def require(self, where, what):
        wanted = self.all_strings().decode()
        if wanted not in where:
            raise Mismatch(f"{wanted!r} is not in {what}:\n{where.strip()}")

    @step(r"has", "log")
    def log_has(self):
        wanted, deadline = self.all_strings().decode(), time.monotonic() + self.seconds
        while wanted not in self.server.log():
            if time.monotonic() > deadline:
                raise Mismatch(f"{wanted!r} is not in the log")
            time.sleep(0.02)

    @step(r"has not", "log")
    def log_has_not(self):
        if self.all_strings().decode() in self.server.log():
            raise Mismatch(f"{self.all_strings().decode()!r} is in the log")

    def path(self, name):
        return fill(name, self.server.names)

    @step(r"(?P<name>\S+) becomes a copy of (?P<other>\S+)", "file")
    def file_becomes_a_copy_of(self, name, other):
        with open(self.path(other), "rb") as source, open(self.path(name), "wb") as file:
            file.write(source.read())

    @step(r"(?P<name>\S+) becomes", "file")
    def file_becomes(self, name):
        with open(self.path(name), "wb") as file:
            file.write(self.all_strings())

    @step(r"(?P<name>\S+) has(?P<denied> not)?", "file")
    def file_has(self, name, denied):
        with open(self.path(name), "rb") as file:
            found = self.all_strings() in file.read()
        if found == bool(denied):
            raise Mismatch("it has it" if denied else "it has it not")

    @step(r"(?P<how_long>\S+)", "wait")
    def wait(self, how_long):
        time.sleep(duration(how_long))
