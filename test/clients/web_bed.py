"""web_bed: what tests of XMPP over HTTP share: a meerkat with an HTTP listener, a WebSocket and a BOSH client as small as they can be.

They send exactly what they are told, so that what is wrong can be sent too; there is no library that would mend it."""
import base64
import http.client
import os
import re
import shutil
import socket
import ssl
import struct
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
import zlib

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "test/support"))

from dialogue import server as servers  # noqa: E402

BUILD = os.path.abspath(os.environ.get("MEERKAT_BUILD", os.path.join(ROOT, "build")))
FACTOR = float(os.environ.get("WIRE_PATIENCE", "1"))
PATIENCE = 10 * FACTOR
MODULES = {f"mod_{name}": {} for name in ("roster", "presence", "ping", "carboncopy", "stream_management", "disco", "register")}
FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
HTTPBIND = "http://jabber.org/protocol/httpbind"
OPEN = f"<open xmlns='{FRAMING}' to='localhost' version='1.0'/>"


class Bed:
    """A server; `handlers` is TOML of the listener. Accounts: alice, bob, carol, password "secret"."""

    def __init__(self, handlers=None, config="", loops=2, modules=None, users=("alice", "bob", "carol")):
        self.folder = tempfile.mkdtemp(prefix="meerkat-web-")
        certificates = servers.make_certificates(self.folder)
        self.certificates = certificates
        self.cert = certificates["cert"]
        self.port = servers.free_port("127.0.0.1", set())
        self.tls_port = servers.free_port("127.0.0.1", {self.port})
        handlers = handlers or {"mongoose_websocket_handler": "", "mongoose_bosh_handler": ""}
        listen = "".join(self.listener(port, handlers, tls) for port, tls in ((self.port, ""), (self.tls_port, certificates)))
        local = 'ip_address = "127.0.0.1"\n'
        self.server = servers.Server(
            BUILD, os.path.join(self.folder, "server"), certificates, loops=loops,
            modules={**MODULES, **(modules or {})},
            config=listen + config, listeners={name: local for name in ("c2s", "secure", "tls", "bare")},
        )  # fmt: skip
        try:
            self.server.start()
            for user in users:
                self.server.register(user, "localhost", "secret")
        except servers.Mismatch as mismatch:
            mismatch.args = (f"{mismatch}\n{self.server.log()}",)
            self.close()
            raise

    @staticmethod
    def listener(port, handlers, tls):
        text = f'[[listen.http]]\nport = {port}\nip_address = "127.0.0.1"\n'
        if tls:
            text += f'tls = {{certfile = "{tls["cert"]}", keyfile = "{tls["key"]}", cacertfile = "{tls["ca"]}", disconnect_on_failure = false}}\n'
        for name, options in handlers.items():
            path = {"bosh": "/http-bind", "chat": "/chat"}.get(name.split("_")[1], "/ws-xmpp")
            text += f'[[listen.http.handlers.{name}]]\nhost = "_"\npath = "{path}"\n{options}\n'
        return text

    def secure(self, client=None):
        """For connections over TLS, with the certificate of this name."""
        context = ssl.create_default_context(cafile=self.cert)
        context.check_hostname = False
        if client:
            context.load_cert_chain(self.certificates[client], self.certificates[client + "-key"])
        return context

    def close(self):
        try:
            if self.server.is_running():
                self.server.stop()
        finally:
            self.server.kill()
            shutil.rmtree(self.folder, ignore_errors=True)

    def metric(self, name):
        status, out, err = self.server.ctl(["metric", "getMetrics"])
        if status:
            raise AssertionError(out + err)
        found = re.search(rf'"{name}"\D+(\d+)', out)
        return int(found.group(1)) if found else None


def plain(user, password="secret"):
    return base64.b64encode(f"\0{user}\0{password}".encode()).decode()


AUTH = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{}</auth>"
EXTERNAL = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>"
BIND = "<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{}</resource></bind></iq>"


# ---- WebSocket ----


def frame(first, payload=b"", mask=b"\x37\xfa\x21\x3d"):
    if isinstance(payload, str):
        payload = payload.encode()
    head = bytes([first])
    bit = 0x80 if mask else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += struct.pack(">BH", bit | 126, len(payload))
    else:
        head += struct.pack(">BQ", bit | 127, len(payload))
    if not mask:
        return head + payload
    body = bytes(a ^ b for a, b in zip(payload, mask * (len(payload) // 4 + 1)))
    return head + mask + body


class Closed(Exception):
    pass


class WebSocket:
    """A connection that was upgraded, or `status` says what else was answered."""

    def __init__(self, bed, protocol="xmpp", headers="", path="/ws-xmpp", upgrade=True, address="127.0.0.1", secure=None):
        port = bed.tls_port if secure else bed.port
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE, source_address=(address, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if secure:
            self.socket = secure.wrap_socket(self.socket)
        self.input = b""
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n"
        if upgrade:
            key = base64.b64encode(os.urandom(16)).decode()
            head += f"Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        if protocol:
            head += f"Sec-WebSocket-Protocol: {protocol}\r\n"
        self.socket.sendall((head + headers + "\r\n").encode())
        while b"\r\n\r\n" not in self.input:
            self.more()
        head, self.input = self.input.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in lines[1:]}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise Closed()
        self.input += piece

    def need(self, count):
        while len(self.input) < count:
            self.more()

    def send(self, text):
        self.socket.sendall(frame(0x81, text))

    def raw(self, data):
        self.socket.sendall(data)

    def receive_frame(self):
        """(first byte, payload)"""
        self.need(2)
        first, length = self.input[0], self.input[1]
        at = 2
        if length == 126:
            self.need(4)
            length, at = struct.unpack(">H", self.input[2:4])[0], 4
        elif length == 127:
            self.need(10)
            length, at = struct.unpack(">Q", self.input[2:10])[0], 10
        self.need(at + length)
        payload, self.input = self.input[at : at + length], self.input[at + length :]
        return first, payload

    def receive(self):
        """The text of the next message; Closed(code) for a close frame."""
        while True:
            first, payload = self.receive_frame()
            if first == 0x88:
                raise Closed(struct.unpack(">H", payload[:2])[0] if payload else 0)
            if first & 0x0F == 1:
                if first & 0x40:
                    return zlib.decompressobj(-15).decompress(payload + b"\0\0\xff\xff").decode()
                return payload.decode()

    def element(self):
        return ElementTree.fromstring(self.receive())

    def until_closed(self):
        """(messages, code), code None: without a close frame."""
        texts = []
        try:
            while True:
                texts.append(self.receive())
        except Closed as closed:
            return texts, closed.args[0] if closed.args else None
        except (ConnectionError, TimeoutError) as error:
            raise AssertionError(f"not closed in order: {error!r} after {texts}") from None

    def open(self):
        self.send(OPEN)
        return self.receive(), self.receive()

    def log_in(self, user, resource="web"):
        self.open()
        self.send(AUTH.format(plain(user)))
        answer = self.receive()
        if "success" not in answer:
            raise AssertionError(answer)
        self.open()
        self.send(BIND.format(resource))
        answer = self.receive()
        if "<jid>" not in answer:
            raise AssertionError(answer)
        return self

    def skip_to(self, text):
        while True:
            message = self.receive()
            if text in message:
                return message


# ---- BOSH ----


class Answer:
    def __init__(self, status, headers, text):
        self.status, self.headers, self.text = status, headers, text
        self.body = ElementTree.fromstring(text) if text.startswith("<body") else None

    def get(self, name):
        return self.body.get(name)


class Pending:
    """A request whose answer is still to come."""

    def __init__(self, bed, text, method="POST", headers=None, path="/http-bind", secure=None):
        if secure:
            self.connection = http.client.HTTPSConnection("127.0.0.1", bed.tls_port, timeout=PATIENCE, context=secure)
        else:
            self.connection = http.client.HTTPConnection("127.0.0.1", bed.port, timeout=PATIENCE)
        all_headers = {"Content-Type": "text/xml", **(headers or {})}
        self.connection.request(method, path, body=text.encode() if text is not None else None, headers=all_headers)

    def answer(self):
        try:
            response = self.connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read().decode())
        finally:
            self.connection.close()

    def is_there(self, seconds):
        """Has an answer begun to come within this time?"""
        self.connection.sock.settimeout(seconds)
        try:
            return bool(self.connection.sock.recv(1, socket.MSG_PEEK))
        except TimeoutError:
            return False
        finally:
            self.connection.sock.settimeout(PATIENCE)

    def give_up(self):
        self.connection.close()


class Bosh:
    """A session; `text` of requests is what is in the body."""

    def __init__(self, bed, rid=None, secure=None):
        self.bed = bed
        self.secure = secure
        self.rid = rid or int(time.time() * 1000)
        self.sid = None

    def body(self, text="", **attributes):
        attributes = {"rid": self.rid, "sid": self.sid, "xmlns": HTTPBIND, **attributes}
        names = " ".join(f"{name.replace('__', ':')}='{value}'" for name, value in attributes.items() if value is not None)
        return f"<body {names}>{text}</body>" if text else f"<body {names}/>"

    def post(self, text="", **attributes):
        self.rid += 1
        return Pending(self.bed, self.body(text, **attributes), secure=self.secure)

    def send(self, text="", **attributes):
        return self.post(text, **attributes).answer()

    def begin(self, **attributes):
        answer = self.send(
            **{"to": "localhost", "wait": 60, "hold": 1, "ver": "1.6", "xmlns__xmpp": "urn:xmpp:xbosh", "xmpp__version": "1.0", **attributes}
        )
        if answer.body is not None:
            self.sid = answer.get("sid")
        return answer

    def until(self, word, answer):
        """Asks on until the word comes."""
        deadline = time.monotonic() + PATIENCE
        while word not in answer.text:
            if time.monotonic() > deadline or answer.get("type") == "terminate":
                raise AssertionError(f"no {word}: {answer.text}")
            answer = self.send()
        return answer

    def log_in(self, user, resource="bosh", **attributes):
        answer = self.begin(**attributes)
        if not self.sid:
            raise AssertionError(f"no session: {answer.text}")
        self.until("success", self.send(AUTH.format(plain(user))))
        self.until("features", self.send(**{"to": "localhost", "xmlns__xmpp": "urn:xmpp:xbosh", "xmpp__restart": "true"}))
        self.until("<jid>", self.send(BIND.format(resource)))
        return self
