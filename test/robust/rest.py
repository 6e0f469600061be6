"""REST: requests with mistakes of every kind, and streams of events that nobody reads."""
import base64
import socket

from webbed import HOST, PREFACE, Client, frame, start
from world import case, require, wait_until

HANDLERS = (("mongoose_admin_api", "_", "/api"), ("mongoose_client_api", "_", "/client"))
EVE = base64.b64encode(b"eve@localhost:secret")
SEEDS = (
    ("GET", "/api/users/localhost?limit=3", b""),
    ("POST", "/api/users/localhost", b'{"username": "new", "password": "secret"}'),
    ("PUT", "/api/users/localhost/eve", b'{"newpass": "secret"}'),
    ("DELETE", "/api/users/localhost/new", b""),
    ("GET", "/api/sessions/localhost", b""),
    ("DELETE", "/api/sessions/localhost/eve/r%2F1", b""),
    ("POST", "/api/messages", b'{"caller": "eve@localhost", "to": "eve@localhost/r", "body": "x \\u00e9"}'),
    ("POST", "/api/stanzas", b'{"stanza": "<message from=\'eve@localhost\' to=\'eve@localhost\' type=\'chat\'><body>x</body></message>"}'),
    ("GET", "/api/contacts/eve@localhost", b""),
    ("POST", "/api/contacts/eve@localhost", b'{"jid": "new@localhost"}'),
    ("PUT", "/api/contacts/eve@localhost/new@localhost", b'{"action": "subscribe"}'),
    ("PUT", "/api/contacts/eve@localhost/new@localhost/manage", b'{"action": "connect"}'),
    ("DELETE", "/api/contacts/eve@localhost/new@localhost", b""),
    ("GET", "/api/metrics/all/sessions", b""),
    ("GET", "/api/api-docs/openapi.json", b""),
    ("GET", "/client/contacts", b""),
    ("POST", "/client/contacts", b'{"jid": "new@localhost"}'),
    ("DELETE", "/client/contacts", b'{"to_delete": ["new@localhost", "x@y"]}'),
    ("PUT", "/client/contacts/new@localhost", b'{"action": "invite"}'),
    ("POST", "/client/messages", b'{"to": "eve@localhost", "body": "x"}'),
)
PIECES = (b"", b"{", b"}", b"[", b"]", b'"', b"\\", b"/", b"@", b"%2F", b"%00", b"%ff", b"..", b"null", b"\xff", b"\\u0000", b"\\ud800", b"=", b"&", b"'", b"<")


def change(random, text):
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(PIECES) + text[at + random.choice((0, 1, 1, 4)) :]


def request(method, path, body):
    who = b"" if path.startswith(b"/api") else b"Authorization: Basic " + EVE + b"\r\n"
    kind = b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body) if body else b""
    return method.encode() + b" " + path + b" HTTP/1.1\r\n" + HOST + who + kind + b"Connection: close\r\n\r\n" + body


def status_of(world, data):
    with Client(world) as client:
        got = client.send(data).read_until_end()
    require(got.startswith(b"HTTP/1.1 "), f"{data!r} got {got!r}")
    return int(got[9:12])


@case()
def mistakes(world):
    """right requests with changes: each gets an answer, and none an error of the server"""
    start(world, "eve", handlers=HANDLERS)
    world.release_canary()
    seen = set()
    for number in range(20000 if world.is_long else 1000):
        method, path, body = SEEDS[number % len(SEEDS)]
        path = path.encode()
        for _ in range(world.random.choice((0, 1, 1, 3))):
            if body and world.random.random() < 0.6:
                body = change(world.random, body)
            else:
                path = b"/" + change(world.random, path[1:])
        status = status_of(world, request(method, path, body))
        # The page of the documentation is there where npm could fetch it.
        require(status < 500 or (status == 503 and b"/api-docs/" in path), f"{method} {path!r} {body!r} got {status}")
        seen.add(status)
    world.note(f"statuses {sorted(seen)}")
    require({200, 204, 400, 404} <= seen, f"only {sorted(seen)}")


@case()
def streams_that_nobody_reads(world):
    """streams of events whose clients do not read are cut off, and their sessions go"""
    start(world, "eve", "mallory", handlers=HANDLERS)
    world.release_canary()
    ask = request("GET", b"/client/sse", b"").replace(b"Connection: close\r\n", b"")
    streams = [Client(world) for _ in range(10)]
    for stream in streams:
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stream.send(ask)
        require(stream.answer(False)[0] == 200, "no stream")
    mallory = world.online("mallory")
    text = f"<message to='eve@localhost' type='chat'><body>{'x' * 30000}</body></message>"
    for _ in range(400):
        mallory.send(text)
    wait_until(lambda: world.metric("event_streams_cut_off") + world.metric("feeds_cut_off") >= len(streams), 30, "the streams are cut off")
    wait_until(lambda: world.metric("sessions") <= 3, 10, "their sessions are gone")
    for stream in streams:
        stream.close()


def literal(name, value):
    """A header of HTTP/2 in no table and not packed (RFC 7541 §6.2.2)."""
    require(len(name) < 127, "a long name")
    size = bytes([len(value)]) if len(value) < 127 else bytes([127, (len(value) - 127) & 127 | 128, (len(value) - 127) >> 7])
    return bytes([0, len(name)]) + name + size + value


def request_2(stream, method, path, body):
    """The same as frames of HTTP/2."""
    headers = [(b":method", method.encode()), (b":scheme", b"http"), (b":path", path), (b":authority", b"localhost")]
    if not path.startswith(b"/api"):
        headers.append((b"authorization", b"Basic " + EVE))
    if body:
        headers.append((b"content-type", b"application/json"))
    head = b"".join(literal(*header) for header in headers)
    return frame(1, 4 if body else 5, stream, head) + (frame(0, 1, stream, body) if body else b"")


def await_streams(client, wanted):
    while wanted:
        kind, flags, stream, _ = client.frame()
        if kind == 3 or (kind in (0, 1) and flags & 1):
            wanted.discard(stream)
        require(kind != 7, "the connection is ended")


@case()
def over_http2(world):
    """requests that are answered late, with a body and without, asked for, only looked at, and taken back, many at a time"""
    start(world, "eve", handlers=HANDLERS)
    world.release_canary()
    looks = (("HEAD", "/client/sse", b""), ("HEAD", "/client/contacts", b""), ("HEAD", "/api/users/localhost", b""))
    for _ in range(300 if world.is_long else 20):
        with Client(world) as client:
            client.send(PREFACE + frame(4, 0, 0, b"\0\x04\x7f\xff\xff\xff") + frame(8, 0, 0, b"\x7f\0\0\0"))
            streams, taken_back, stream = set(), 0, -1
            for method, path, body in world.random.choices(SEEDS + looks, k=60):
                stream += 2
                client.send(request_2(stream, method, path.encode(), body))
                streams.add(stream)
                if taken_back < 20 and world.random.random() < 0.3:
                    taken_back += 1
                    client.send(frame(3, 0, stream, b"\0\0\0\x08"))
                    streams.discard(stream)
            if world.random.random() < 0.7:
                await_streams(client, streams)
    wait_until(lambda: world.metric("sessions") <= 2, 10, "the sessions of streams are gone")
