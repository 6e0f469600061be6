"""remote: another server as a test wants it: streams to a meerkat (Caller), and a domain that meerkat connects to (Remote), right or wrong.

A Remote is a thread for each connection; it answers questions about keys as it is told, and keeps what comes."""
import base64
import hashlib
import hmac
import socket
import ssl
import threading
import time

import actor
from dialogue.pattern import CLOSE, ELEMENT, OPEN, STREAMS
from dialogue.peer import END, StreamReader, describe
from dialogue.text import Mismatch

SERVER = "{jabber:server}"
DIALBACK = "{jabber:server:dialback}"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
SECONDS = actor.SECONDS


def key_of(secret, receiving, originating, id):
    """XEP-0185."""
    hashed = hashlib.sha256(secret.encode()).hexdigest()
    return hmac.new(hashed.encode(), f"{receiving} {originating} {id}".encode(), hashlib.sha256).hexdigest()


def header(sender, to, id=None, version="1.0", dialback=True, ns="jabber:server"):
    def attribute(name, value):
        return f" {name}='{value}'" if value else ""

    return (
        f"<?xml version='1.0'?><stream:stream xmlns='{ns}' xmlns:stream='{STREAMS}'"
        + (" xmlns:db='jabber:server:dialback'" if dialback else "")
        + attribute("from", sender) + attribute("to", to) + attribute("id", id) + attribute("version", version) + ">"
    )  # fmt: skip


class Caller(actor.Actor):
    """A stream to a meerkat (federation_bed.Meerkat), as `domain`."""

    def __init__(self, site, domain="far.example", certificate=None):
        self.site, self.domain, self.certificate = site, domain, certificate
        self.id = self.features = None
        super().__init__(self, None)

    # What an Actor asks of a server.
    def endpoint(self, _listener):
        return self.site.address, self.site.port

    def starts_with_tls(self, _listener):
        return False

    def greet(self, to=None, **options):
        """A header there and back, and the features if there are any to be expected."""
        self.send(header(self.domain, to or self.site.domain, **options))
        event = self.event()
        if not event or event[0] != OPEN:
            raise Mismatch(f"a header was expected, came {describe(event)}")
        self.id = event[1].get("id")
        if options.get("version", "1.0"):
            self.features = self.element()
        return event[1]

    def offers(self, name):
        return self.features.find(f".//{{*}}{name}") is not None

    def start_tls(self):
        self.send(f"<starttls xmlns='{TLS}'/>")
        if not self.element().tag.endswith("}proceed"):
            raise Mismatch("STARTTLS was refused")
        self.secure()

    def secure(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if self.certificate:
            context.load_cert_chain(*self.certificate)
        self.socket = context.wrap_socket(self.socket, server_hostname=self.site.domain)
        self.reader = StreamReader()

    def external(self, authzid=None):
        """The answer to auth."""
        text = base64.b64encode(authzid.encode()).decode() if authzid else "="
        self.send(f"<auth xmlns='{SASL}' mechanism='EXTERNAL'>{text}</auth>")
        return self.element().tag.partition("}")[2]

    def claim(self, key, domain=None, to=None):
        self.send(f"<db:result from='{domain or self.domain}' to='{to or self.site.domain}'>{key}</db:result>")

    def result(self, seconds=SECONDS):
        """(type, condition) of the next answer about a key."""
        answer = self.element(seconds)
        if answer.tag != DIALBACK + "result":
            raise Mismatch(f"an answer about a key was expected, came {describe((ELEMENT, answer))}")
        error = answer.find("{*}error")
        return answer.get("type"), None if error is None else error[0].tag.partition("}")[2]

    def prove(self, remote, domain=None, to=None):
        """By dialback, with the help of the server that has the domain."""
        key = remote.new_key()
        self.claim(key, domain, to)
        found = self.result()
        if found != ("valid", None):
            raise Mismatch(f"the key was not accepted: {found}")
        return self

    def say(self, to, text="hello", sender=None, id="m"):
        self.send(f"<message from='{sender or 'somebody@' + self.domain}' to='{to}' id='{id}'><body>{text}</body></message>")


class Remote:
    """Listens as `domain`. `verdict` is what it says of keys that it does not know: invalid, valid, error, nothing. `receives`: what it
    does with stanzas' streams: accept, refuse, silent (it never says anything), deaf (it never reads on). `external`: it offers EXTERNAL
    over TLS, and refuses it. `errors`: it says that its answers may be errors, and answers so where `refused` names who asks."""

    kind = "remote"
    folder = ""

    def __init__(self, domain="far.example", address="127.0.0.1", verdict="invalid", receives="accept", certificate=None, port=0, external=False, errors=False):
        self.domain, self.verdict, self.receives, self.certificate = domain, verdict, receives, certificate
        self.external, self.refusals, self.errors = external, 0, errors
        self.keys, self.stanzas, self.streams, self.questions = set(), [], 0, 0
        self.changed = threading.Condition()
        self.refused = None
        self.connections = []
        self.listener = socket.create_server((address, port), backlog=500)
        self.address, self.port = self.listener.getsockname()
        self.ended = False
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.ended = True
        self.listener.close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()

    stop = kill = close

    def log(self):
        return ""

    def new_key(self):
        key = f"key{len(self.keys)}"
        self.keys.add(key)
        return key

    def accept(self):
        while not self.ended:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def note(self, change):
        with self.changed:
            change()
            self.changed.notify_all()

    def wait(self, is_so, seconds=SECONDS):
        with self.changed:
            if not self.changed.wait_for(is_so, seconds):
                raise Mismatch(f"the server of {self.domain} waits in vain; it has {len(self.stanzas)} stanzas")

    def stanza(self, id, seconds=SECONDS):
        """The stanza with this id, when it is there."""
        self.wait(lambda: any(stanza.get("id") == id for stanza in self.stanzas), seconds)
        return next(stanza for stanza in self.stanzas if stanza.get("id") == id)

    def count(self):
        self.streams += 1

    # --- one connection ---

    def serve(self, connection):
        self.note(self.count)
        if self.receives == "silent":
            return
        try:
            Line(self, connection).run()
        except (OSError, Mismatch):
            pass


class Line:
    """One connection of a Remote."""

    def __init__(self, remote, connection):
        self.remote, self.socket = remote, connection
        self.reader = StreamReader()
        self.is_secure = False

    def send(self, text):
        self.socket.sendall(text.encode())

    def run(self):
        while True:
            while not self.reader.events:
                data = self.socket.recv(65536)
                if not data:
                    return
                self.reader.feed(data)
            kind, value = self.reader.events.popleft()
            if kind in (CLOSE, END):
                self.send("</stream:stream>")
                return
            if kind == OPEN:
                self.open(value)
            elif kind == ELEMENT and self.take(value):
                return

    def open(self, tag):
        remote = self.remote
        self.send(header(remote.domain, tag.get("from"), id=f"id{time.monotonic_ns()}"))
        starttls = f"<starttls xmlns='{TLS}'/>" if remote.certificate and not self.is_secure else ""
        external = f"<mechanisms xmlns='{SASL}'><mechanism>EXTERNAL</mechanism></mechanisms>"
        starttls += external if remote.external and self.is_secure else ""
        dialback = f"<dialback xmlns='urn:xmpp:features:dialback'>{'<errors/>' if remote.errors else ''}</dialback>"
        self.send(f"<stream:features>{starttls}{dialback}</stream:features>")

    def take(self, element):
        """True: it is over."""
        name = element.tag.partition("}")[2]
        if element.tag == DIALBACK + "verify":
            self.verify(element)
        elif element.tag == DIALBACK + "result":
            return self.result(element)
        elif name == "starttls":
            self.start_tls()
        elif name == "auth":
            self.remote.refusals += 1
            self.send(f"<failure xmlns='{SASL}'><not-authorized/></failure></stream:stream>")
            self.socket.close()
            return True
        elif element.tag.startswith(SERVER):
            self.remote.note(lambda: self.remote.stanzas.append(element))
        return False

    def start_tls(self):
        self.send(f"<proceed xmlns='{TLS}'/>")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.remote.certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.reader = StreamReader()
        self.is_secure = True

    def answer(self, name, element, type, inside=""):
        id = f" id='{element.get('id')}'" if element.get("id") else ""
        self.send(f"<db:{name} from='{element.get('to')}' to='{element.get('from')}'{id} type='{type}'>{inside}</db:{name}>")

    def verify(self, element):
        verdict = "valid" if element.text in self.remote.keys else self.remote.verdict
        self.remote.questions += 1
        if verdict == "error":
            self.answer("verify", element, "error", "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>")
        elif verdict != "nothing":
            self.answer("verify", element, verdict)

    def result(self, element):
        receives = self.remote.receives
        if element.get("from") == self.remote.refused:
            self.remote.refused = None
            self.answer("result", element, "error", "<error type='cancel'><not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>")
        elif receives == "refuse":
            self.answer("result", element, "invalid")
            return True
        elif receives in ("accept", "deaf"):
            self.answer("result", element, "valid")
        while receives == "deaf":
            time.sleep(0.1)
        return False
