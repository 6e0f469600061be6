"""One client of a robustness test: quick to log in, blunt, never stricter with the server than the test that uses it."""
import base64
import os
import socket
import ssl
import struct
import time
from xml.sax.saxutils import quoteattr

from dialogue.pattern import CLOSE, ELEMENT, OPEN, STREAMS
from dialogue.peer import END, GARBAGE, StreamReader, describe
from dialogue.text import Mismatch

PATIENCE = float(os.environ.get("WIRE_PATIENCE", "1"))
SECONDS = 10 * PATIENCE
CLIENT = "{jabber:client}"
STREAM_ERROR = f"{{{STREAMS}}}error"
STREAM_ERRORS = "{urn:ietf:params:xml:ns:xmpp-streams}"
STANZA_ERRORS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"
SUCCESS = "{urn:ietf:params:xml:ns:xmpp-sasl}success"
END_TAG = b"</stream:stream>"


def header(domain="localhost"):
    return (
        f"<?xml version='1.0'?><stream:stream to='{domain}' version='1.0' xmlns='jabber:client' xmlns:stream='{STREAMS}'>"
    )


def plain_auth(user, password):
    text = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    return f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{text}</auth>"


def bind(resource=None):
    wish = f"<resource>{resource}</resource>" if resource else ""
    return f"<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>{wish}</bind></iq>"


def condition_of(element):
    """The name of the condition in a stream error or in the error of a stanza; None if there is none."""
    errors = [element] if element.tag == STREAM_ERROR else element.findall(f"{CLIENT}error")
    for error in errors:
        for child in error:
            if child.tag.startswith((STREAM_ERRORS, STANZA_ERRORS)) and not child.tag.endswith("}text"):
                return child.tag.partition("}")[2]
    return None


class Actor:
    """`meerkat` is a dialogue.server.Server. Reading steps raise Mismatch when they do not get what they wait for."""

    def __init__(self, meerkat, listener="bare", source=None, buffer=None):
        self.reader = StreamReader()
        self.ended = False
        self.jid = None
        self.asked = 0
        self.others = []  # stanzas that came while an answer was awaited
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        if source:
            self.socket.bind((source, 0))
        self.socket.settimeout(SECONDS)
        self.socket.connect(meerkat.endpoint(listener))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if meerkat.starts_with_tls(listener):
            self.handshake()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Ends the connection with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def handshake(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)

    # --- out ---

    def send(self, data):
        """False if the server has ended the connection; that it does not read for long is a failure."""
        if isinstance(data, str):
            data = data.encode()
        self.socket.settimeout(SECONDS)
        try:
            self.socket.sendall(data)
            return True
        except TimeoutError:
            raise Mismatch(f"the server does not read: {len(data)} bytes could not be sent") from None
        except OSError:
            return False

    def half_close(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    # --- in ---

    def read(self, seconds):
        """Reads once; False when nothing came in time."""
        self.socket.settimeout(max(seconds, 0.000001))
        try:
            data = self.socket.recv(65536)
        except (TimeoutError, ssl.SSLWantReadError, BlockingIOError):
            return False
        except OSError:
            data = b""
        if data:
            self.feed(data)
        else:
            self.ended = True
            self.reader.events.append((END, None))
        return True

    def feed(self, data):
        """Says of what is not XML where it is."""
        fed = self.reader.fed
        self.reader.feed(data)
        if self.reader.events and self.reader.events[-1][0] == GARBAGE:
            at = max(self.reader.parser.ErrorByteIndex - fed - 120, 0)
            self.reader.events[-1] = (GARBAGE, f"{self.reader.events[-1][1].partition(':')[0]} near {data[at : at + 240]!r}")

    def event(self, seconds=SECONDS):
        """The next event (dialogue.peer), or None when the time is over."""
        deadline = time.monotonic() + seconds
        while not self.reader.events and not self.ended:
            left = deadline - time.monotonic()
            if left <= 0 or not self.read(left):
                break
        return self.reader.events.popleft() if self.reader.events else None

    def element(self, seconds=SECONDS):
        """The next element."""
        event = self.event(seconds)
        if not event or event[0] != ELEMENT:
            raise Mismatch(f"an element was expected, came {describe(event)}")
        return event[1]

    def stanza(self, seconds=SECONDS):
        """The next element, those that came while an answer was awaited first."""
        return self.others.pop(0) if self.others else self.element(seconds)

    def ending(self, seconds=SECONDS):
        """Reads to the end of the connection: (condition of the stream error or None, was there an end tag, had it a header)."""
        condition, has_tag, has_header = None, False, False
        deadline = time.monotonic() + seconds
        while True:
            event = self.event(deadline - time.monotonic())
            if event is None:
                raise Mismatch("the server does not end the connection")
            kind, value = event
            if kind == END:
                return condition, has_tag, has_header
            if kind == GARBAGE:
                raise Mismatch(f"the server sends what is not XML: {value}")
            if kind == CLOSE:
                has_tag = True
            elif kind == OPEN:
                has_header = True
            elif value.tag == STREAM_ERROR:
                condition = condition_of(value)

    # --- a little protocol ---

    def open(self, domain="localhost"):
        """A header there and back, and the features."""
        self.send(header(domain))
        event = self.event()
        if not event or event[0] != OPEN:
            raise Mismatch(f"a header was expected, came {describe(event)}")
        return self.element()

    def authenticate(self, user, password="secret"):
        """From the connection to the features after login, in one go."""
        self.send(header() + plain_auth(user, password) + header())
        while True:
            event = self.event()
            if event and event[0] == OPEN:
                continue
            if not event or event[0] != ELEMENT:
                raise Mismatch(f"the login of {user} was interrupted by {describe(event)}")
            if event[1].tag == SUCCESS:
                break
            if event[1].tag.endswith(("}failure", "}error")):
                raise Mismatch(f"the login of {user} failed: {describe(event)}")
        while self.event()[0] != ELEMENT:
            pass

    def login(self, user, password="secret", resource=None):
        """From the connection to the bound resource. Returns itself."""
        self.authenticate(user, password)
        self.send(bind(resource))
        answer = self.element()
        if answer.get("type") != "result":
            raise Mismatch(f"binding {resource} failed: {describe((ELEMENT, answer))}")
        self.jid = answer.find("{*}bind/{*}jid").text
        return self

    def come_online(self, user, password="secret", resource=None):
        """Its own presence, which comes back, is not among `others`."""
        self.login(user, password, resource)
        self.send("<presence/>")
        self.ping()
        self.others = [stanza for stanza in self.others if stanza.tag != f"{CLIENT}presence" or stanza.get("from") != self.jid]
        return self

    def ask(self, payload, type="get", to=None, seconds=SECONDS):
        """Sends an IQ and returns the answer to it; what else comes meanwhile is in `others` then."""
        self.asked += 1
        id = f"ask{self.asked}"
        address = f" to={quoteattr(to)}" if to else ""
        self.send(f"<iq type='{type}' id='{id}'{address}>{payload}</iq>")
        return self.answer(id, seconds)

    def answer(self, id, seconds=SECONDS):
        deadline = time.monotonic() + seconds
        while True:
            element = self.element(deadline - time.monotonic())
            if element.tag == f"{CLIENT}iq" and element.get("id") == id and element.get("type") in ("result", "error"):
                return element
            self.others.append(element)

    def ping(self, seconds=SECONDS):
        """When the answer is there, everything sent before has been dealt with."""
        answer = self.ask("<ping xmlns='urn:xmpp:ping'/>", to="localhost", seconds=seconds)
        if answer.get("type") != "result":
            raise Mismatch(f"the ping was refused: {condition_of(answer)}")
