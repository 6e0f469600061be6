"""What the cases of HTTP share: a listener, and clients that write bytes."""
import socket
import ssl

from actor import PATIENCE
from dialogue import server
from world import require

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HOST = b"Host: localhost\r\n"


def start(world, *users, http="", tls=False, handlers=(("mongoose_prometheus_handler", "_", "/metrics"),), config="", **options):
    """A server with one HTTP listener; its address is world.web."""
    port = server.free_port("127.0.0.1", set())
    text = f'[[listen.http]]\nport = {port}\nip_address = "127.0.0.1"\n{http}\n'
    if tls:
        text += f'tls.certfile = "{world.certificates["cert"]}"\ntls.keyfile = "{world.certificates["key"]}"\n'
    for name, host, path in handlers:
        text += f'[[listen.http.handlers.{name}]]\nhost = "{host}"\npath = "{path}"\n'
    world.web = ("127.0.0.1", port)
    return world.start(*users, config=config + text, **options)


class Client:
    def __init__(self, world, tls=None, source=None):
        self.socket = socket.create_connection(world.web, 10 * PATIENCE, (source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.got = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def read_until_end(self):
        """All that comes until the server closes."""
        try:
            while piece := self.socket.recv(65536):
                self.got += piece
        except (ConnectionResetError, ssl.SSLEOFError):
            pass
        return self.got

    def need(self, size):
        while len(self.got) < size:
            piece = self.socket.recv(65536)
            require(piece, f"the connection ended after {self.got[:200]!r}")
            self.got += piece

    def answer(self, has_body=True):
        """(status, headers, body) of the next answer of HTTP/1."""
        while b"\r\n\r\n" not in self.got:
            self.need(len(self.got) + 1)
        head, _, self.got = self.got.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:])
        size = int(headers.get("content-length", 0)) if has_body else 0
        self.need(size)
        body, self.got = self.got[:size], self.got[size:]
        return int(lines[0].split()[1]), headers, body

    def get(self, path, more=b"", method=b"GET"):
        self.send(method + b" " + path.encode() + b" HTTP/1.1\r\n" + HOST + more + b"\r\n")
        return self.answer(method != b"HEAD")

    def frame(self):
        """(type, flags, stream, payload) of the next frame of HTTP/2."""
        self.need(9)
        size = int.from_bytes(self.got[:3], "big")
        self.need(9 + size)
        found = self.got[3], self.got[4], int.from_bytes(self.got[5:9], "big"), self.got[9 : 9 + size]
        self.got = self.got[9 + size :]
        return found


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def context(world, protocols=("http/1.1",), certificate=None):
    """For a client that checks the server, and shows a certificate if there is one."""
    made = ssl.create_default_context(cafile=world.certificates["cert"])
    made.set_alpn_protocols(list(protocols))
    if certificate:
        made.load_cert_chain(*certificate)
    return made
