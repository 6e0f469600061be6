"""A client's connection: bytes out, events in. Blocking, with a deadline for everything."""
import socket
import ssl
import struct
import time
import warnings
from collections import deque
from xml.etree import ElementTree
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from dialogue.pattern import CLOSE, ELEMENT, OPEN, STREAMS, split_tag
from dialogue.text import Mismatch

END, GARBAGE = "end", "garbage"
VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3,
}  # fmt: skip
# After these the server starts over with a new stream (RFC 6120 §5.4.3.3, §6.4.6).
RESTARTS = {"{urn:ietf:params:xml:ns:xmpp-tls}proceed", "{urn:ietf:params:xml:ns:xmpp-sasl}success"}


class _Restart(Exception):
    """The document ends here as far as the parser is concerned."""


class StreamReader:
    """Bytes in, events out: (OPEN, element), (ELEMENT, element), (CLOSE, None), (GARBAGE, text)."""

    def __init__(self):
        self.events = deque()
        self.opened = False
        self.renew()

    def renew(self):
        self.parser = expat.ParserCreate(namespace_separator="\n")
        self.parser.StartElementHandler = self.on_start
        self.parser.EndElementHandler = self.on_end
        self.parser.CharacterDataHandler = self.on_text
        self.parser.buffer_text = True
        self.stack = []
        self.fed = 0

    @staticmethod
    def name(expat_name):
        ns, found, local = expat_name.partition("\n")
        return f"{{{ns}}}{local}" if found else expat_name

    def on_start(self, name, attributes):
        element = ElementTree.Element(self.name(name), {self.name(key): value for key, value in attributes.items()})
        if not self.stack:
            self.opened = True
            self.events.append((OPEN, element))
        elif len(self.stack) > 1:
            self.stack[-1].append(element)
        self.stack.append(element)

    def on_end(self, _name):
        element = self.stack.pop()
        if not self.stack:
            self.events.append((CLOSE, None))
        elif len(self.stack) == 1:
            self.events.append((ELEMENT, element))
            if element.tag in RESTARTS:
                raise _Restart()

    def on_text(self, text):
        if len(self.stack) < 2:
            return
        element = self.stack[-1]
        if len(element):
            element[-1].tail = (element[-1].tail or "") + text
        else:
            element.text = (element.text or "") + text

    def feed(self, data):
        while data:
            try:
                self.parser.Parse(data, False)
                self.fed += len(data)
                return
            except _Restart:
                # The index is where the end tag begins, or where an empty element ends.
                end = max(self.parser.CurrentByteIndex - self.fed, 0)
                if self.fed + end > self.parser.CurrentByteIndex or data[end : end + 2] == b"</":
                    end = data.index(b">", end) + 1
                data = data[end:].lstrip()
                self.renew()
            except expat.ExpatError as error:
                self.events.append((GARBAGE, f"{error}: {data[:200]!r}"))
                return

READ_BYTES, LARGE_BYTES = 65536, 32768


class Peer:
    """One client. `record(direction, bytes)` is told what goes over the wire."""

    def __init__(self, name, record):
        self.name = name
        self.record = record
        self.socket = None
        self.reader = StreamReader()
        self.transcript = b""
        self.fresh = 0  # how much of the transcript the previous steps had seen
        self.ended = True
        self.domain = "localhost"
        self.jid = None
        self.ns = "jabber:client"  # of its stanzas
        self.kept = None  # (context, session) of the last TLS connection

    # --- the connection ---

    def connect(self, address, seconds, source=None):
        self.close()
        self.reader = StreamReader()
        self.transcript, self.fresh, self.jid = b"", 0, None
        self.socket = socket.create_connection(address, seconds, (source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ended = False

    def is_secure(self):
        return isinstance(self.socket, ssl.SSLSocket)

    def tls_context(self, version, cipher, alpn, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if version:
            context.minimum_version = context.maximum_version = VERSIONS[version]
            context.set_ciphers("ALL:@SECLEVEL=0" if version < "1.2" else "DEFAULT")
        if cipher:
            context.set_ciphers(cipher)
        if alpn:
            context.set_alpn_protocols([alpn])
        if certificate:
            context.load_cert_chain(*certificate)
        return context

    def handshake(self, seconds, *, version=None, cipher=None, alpn=None, server_name=None, certificate=None, resumes=False):
        """resumes: with what the client kept of its last TLS session."""
        session = None
        if resumes:
            if not self.kept:
                raise Mismatch("there is no session to resume")
            context, session = self.kept
        else:
            with warnings.catch_warnings():
                # Python advises against old versions.
                warnings.simplefilter("ignore", DeprecationWarning)
                context = self.tls_context(version, cipher, alpn, certificate)
        self.socket.settimeout(seconds)
        try:
            self.socket = context.wrap_socket(self.socket, server_hostname=server_name or self.domain, session=session)
        except (ssl.SSLError, OSError) as error:
            raise Mismatch(f"the TLS handshake failed: {error}") from None
        self.reader.renew()
        self.reader.opened = False
        self.record("TLS", f"{self.socket.version()} {self.socket.cipher()[0]}".encode())

    def keep_session(self):
        """For a later handshake; with TLS 1.3 only after something was received."""
        if self.is_secure() and self.socket.session and self.socket.session.has_ticket:
            self.kept = (self.socket.context, self.socket.session)

    def close(self):
        if self.socket:
            self.keep_session()
            self.socket.close()
        self.socket, self.ended = None, True

    def reset(self):
        """Ends the connection with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    # --- out ---

    def send(self, data, seconds, piece=None):
        """An end of the connection is no failure here: what must arrive shows it. `piece` bytes at a time, or all at once."""
        if isinstance(data, str):
            data = data.encode()
        if not self.socket:
            raise Mismatch(f"{self.name} is not connected")
        self.record(">", data)
        self.fresh = len(self.transcript)
        self.socket.settimeout(seconds)
        piece = piece or len(data)
        try:
            for start in range(0, len(data), piece):
                self.socket.sendall(data[start : start + piece])
        except TimeoutError:
            raise Mismatch(f"the server does not read: {len(data)} bytes could not be sent") from None
        except OSError as error:
            self.record("!", f"sending ended: {error}".encode())

    # --- in ---

    def receive_bytes(self, seconds):
        """Reads once; False when nothing came in time."""
        if self.ended:
            return False
        self.socket.settimeout(max(seconds, 0.000001))
        try:
            data = self.socket.recv(READ_BYTES)
        except (TimeoutError, ssl.SSLWantReadError, BlockingIOError):
            return False
        except OSError as error:
            self.record("!", f"receiving ended: {error}".encode())
            data = b""
        if data:
            if len(data) >= LARGE_BYTES:
                data += self.receive_rest()
            self.record("<", data)
            self.transcript += data
            self.reader.feed(data)
        else:
            self.ended = True
            self.reader.events.append((END, None))
        return True

    def receive_rest(self):
        """What follows at once. A tag that comes in two reads is one that expat may not look at again before it has grown to twice its size."""
        rest = b""
        self.socket.settimeout(0.05)
        try:
            while data := self.socket.recv(READ_BYTES):
                rest += data
        except OSError:
            pass
        return rest

    def next_event(self, seconds):
        """The next event, or None when the time is over."""
        deadline = time.monotonic() + seconds
        while not self.reader.events:
            left = deadline - time.monotonic()
            if left <= 0 or self.ended or not self.receive_bytes(left):
                break
        return self.reader.events.popleft() if self.reader.events else None

    def push_back(self, events):
        self.reader.events.extendleft(reversed(events))

    # --- a little protocol ---

    def header(self, domain=None):
        self.domain = domain or self.domain
        return (
            f"<?xml version='1.0'?><stream:stream to='{self.domain}' version='1.0' xml:lang='en' "
            f"xmlns='{self.ns}' xmlns:stream='{STREAMS}'>"
        )


def write(element, parent_ns="", open_only=False):
    """The element as XML for people: a namespace is named where it changes."""
    ns, name = split_tag(element.tag)
    attributes = "".join(f" {split_tag(key)[1]}={quoteattr(value)}" for key, value in element.attrib.items())
    head = f"<{name}" + (f" xmlns='{ns}'" if ns != parent_ns else "") + attributes
    inside = escape(element.text or "") + "".join(write(child, ns) + escape(child.tail or "") for child in element)
    if open_only:
        return head + ">"
    return f"{head}>{inside}</{name}>" if inside else head + "/>"


def describe(event):
    """An event for people."""
    if event is None:
        return "nothing"
    kind, value = event
    if kind == END:
        return "the end of the connection"
    if kind == CLOSE:
        return "</stream:stream>"
    if kind == GARBAGE:
        return f"what is not XML ({value})"
    return write(value, "jabber:client", kind == OPEN)
