"""HTTP that means no good: smuggling, floods of headers, slow and endless requests, paths that leave, floods of HTTP/2. The canary chats on."""
import socket
import time

from actor import PATIENCE
from webbed import HOST, PREFACE, Client, frame, start
from world import case, require, wait_until

DATA, HEADERS, PRIORITY, RST, SETTINGS, PING, WINDOW, CONTINUATION = 0, 1, 2, 3, 4, 6, 8, 9
GET = b"\x82\x86\x04\x08/metrics\x01\x09localhost"
MEMORY = 12_000_000

REFUSED = {
    b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": 400,
    b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc": 400,
    b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd": 400,
    b"Content-Length: 3, 3\r\n\r\nabc": 400,
    b"Content-Length: +3\r\n\r\nabc": 400,
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n": 400,
    b"Transfer-Encoding: identity\r\n\r\n": 501,
    b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n": 400,
    b"A: b\r\n folded\r\n\r\n": 400,
    b"A: b\rc\r\n\r\n": 400,
    b"A: b\nC: d\r\n\r\n": 400,
    b"A: \0\r\n\r\n": 400,
    b"Host: other\r\n\r\n": 400,
    b"Expect: the best\r\n\r\n": 417,
    b"A: " + b"b" * 5000 + b"\r\n\r\n": 431,
    b"A: b\r\n" * 100 + b"\r\n": 431,
    (b"A: " + b"b" * 1000 + b"\r\n") * 50 + b"\r\n": 431,
}
LINES = {
    b"GET /" + b"a" * 9000 + b" HTTP/1.1": 414,
    b"GET /../../etc/passwd HTTP/1.1": 400,
    b"GET /metrics/%2e%2e/%2e%2e/etc/passwd HTTP/1.1": 400,
    b"GET /metrics%00 HTTP/1.1": 400,
    b"GET metrics HTTP/1.1": 400,
    b"GET /metrics HTTP/1.1 ": 400,
    b"GET  /metrics HTTP/1.1": 400,
    b"GET /metrics HTTP/2.0": 505,
    b"GET /metrics": 400,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03": 400,
    b"<stream:stream>": 400,
}


def told(world, data):
    with Client(world) as client:
        try:
            client.send(data)
        except OSError:
            pass
        got = client.read_until_end()
        return int(got[9:12]) if got.startswith(b"HTTP/1.1 ") else got


@case()
def what_is_malformed(world):
    """requests that two readers could understand differently"""
    start(world)
    world.release_canary()
    for text, status in REFUSED.items():
        found = told(world, b"GET /metrics HTTP/1.1\r\n" + HOST + text + b"GET /metrics HTTP/1.1\r\n" + HOST + b"\r\n")
        require(found == status, f"{text[:60]!r}: {found}, expected {status}")
    for line, status in LINES.items():
        found = told(world, line + b"\r\n" + HOST + b"\r\n")
        require(found == status, f"{line[:60]!r}: {found}, expected {status}")


@case()
def headers_without_end(world):
    """200 connections whose head never ends, as quickly as they are read"""
    start(world)
    world.release_canary()
    world.forget_peak()
    before = world.memory()
    clients = [Client(world) for _ in range(200)]
    for piece in (b"GET /metrics HTTP/1.1\r\n", *[b"X-%d: " % n + b"y" * 4000 + b"\r\n" for n in range(12)]):
        for client in clients:
            try:
                client.send(piece)
            except OSError:
                pass
    for client in clients:
        require(client.read_until_end().startswith(b"HTTP/1.1 431 "), f"told {client.got[:60]!r}")
        client.close()
    world.require_memory(world.peak_memory() - before, MEMORY + 200 * 50_000, "for heads without end")


@case(90)
def slow_requests(world):
    """a byte now and then, of heads and bodies: everything ends in its time, nobody else waits"""
    start(world)
    world.release_canary()
    slow = [Client(world) for _ in range(300)]
    began = time.monotonic()
    for client in slow:
        client.send(b"GET /met")
    while time.monotonic() < began + 2:
        for client in slow:
            client.send(b"r")
        time.sleep(0.25)
        with Client(world) as quick:
            require(quick.get("/metrics")[0] == 200, "somebody else waits")
    for client in slow:
        got = client.read_until_end()
        require(got.startswith(b"HTTP/1.1 408 "), f"told {got[:60]!r}")
        client.close()
    took = time.monotonic() - began
    require(took < 8 * PATIENCE, f"slow heads ended after {took:.1f} s")


@case()
def many_at_once(world):
    """10,000 pipelined requests of a client that does not read, then reads"""
    start(world)
    world.release_canary()
    world.forget_peak()
    before = world.memory()
    with Client(world) as client:
        one = b"GET /nowhere HTTP/1.1\r\n" + HOST + b"\r\n"
        client.socket.settimeout(1)
        data, sent = one * 10_000, 0
        try:
            while sent < len(data):
                sent += client.socket.send(data[sent : sent + 65536])
        except TimeoutError:
            pass
        world.note(f"{sent} of {len(data)} bytes are taken before it reads")
        client.socket.settimeout(20 * PATIENCE)
        client.socket.setblocking(True)
        count = 0
        while count < 10_000:
            if sent < len(data):
                client.socket.setblocking(False)
                try:
                    sent += client.socket.send(data[sent : sent + 65536])
                except BlockingIOError:
                    pass
                client.socket.settimeout(20 * PATIENCE)
            piece = client.socket.recv(1 << 20)
            require(piece, f"it ended after {count} answers")
            client.got += piece
            whole = client.got.rfind(b"HTTP/1.1 404")
            count += client.got[:whole].count(b"HTTP/1.1 404") if whole > 0 else 0
            client.got = client.got[max(whole, 0) :]
            if count == 9_999 and client.got.endswith(b"404 Not Found\n"):
                count += 1
    world.require_memory(world.peak_memory() - before, MEMORY, "for 10,000 pipelined requests")


@case()
def a_body_without_end(world):
    """chunks for ever, to a handler that takes none, and to nobody"""
    start(world)
    world.release_canary()
    world.forget_peak()
    before = world.memory()
    for path in (b"/metrics", b"/nowhere"):
        for method in (b"GET", b"POST"):
            with Client(world) as client:
                try:
                    client.send(method + b" " + path + b" HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
                    for _ in range(200):
                        client.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                except OSError:
                    pass
                got = client.read_until_end()
                require(not got or got.split()[1] in (b"405", b"404", b"413"), f"told {got[:60]!r}")
    world.require_memory(world.peak_memory() - before, MEMORY, "for bodies without end")


MARK = b"are you?"


def flood(world, one, last=b""):
    """Sends 50,000 of these frames; is the connection still good after that?"""
    with Client(world) as client:
        client.send(PREFACE + frame(SETTINGS, 0, 0))
        client.socket.settimeout(20 * PATIENCE)
        try:
            for at in range(0, 50_000, 200):
                client.send(b"".join(one(n) for n in range(at, at + 200)))
                client.socket.setblocking(False)
                try:
                    client.socket.recv(1 << 20)
                except BlockingIOError:
                    pass
                client.socket.settimeout(20 * PATIENCE)
            client.send(last + frame(PING, 0, 0, MARK))
            client.socket.shutdown(socket.SHUT_WR)
        except OSError:
            return False
        return frame(PING, 1, 0, MARK) in client.read_until_end()


@case(120)
def floods_of_frames(world):
    """HTTP/2: pings, settings, priorities, resets, windows, continuations, empty data"""
    start(world)
    world.release_canary()
    world.forget_peak()
    before = world.memory()
    floods = {
        "pings": lambda n: frame(PING, 0, 0, b"12345678"),
        "settings": lambda n: frame(SETTINGS, 0, 0, b"\0\4\0\0\xff\xff"),
        "priorities": lambda n: frame(PRIORITY, 0, 2 * n + 1, b"\0\0\0\0\x10"),
        "windows": lambda n: frame(WINDOW, 0, 0, b"\0\0\0\1"),
        "empty data": lambda n: frame(DATA, 0, 1) if n else frame(HEADERS, 4, 1, b"\x83" + GET[1:]),
        "requests that are taken back": lambda n: frame(HEADERS, 5, 2 * n + 1, GET) + frame(RST, 0, 2 * n + 1, b"\0\0\0\x08"),
        "continuations": lambda n: frame(CONTINUATION, 0, 1) if n else frame(HEADERS, 1, 1, GET),
        "continued headers": lambda n: frame(CONTINUATION, 0, 1, b"\0\1a\x7f\x21" + b"b" * 160) if n else frame(HEADERS, 1, 1, GET),
    }
    for name, one in floods.items():
        last = frame(CONTINUATION, 4, 1) if name.startswith("contin") else b""
        require(not flood(world, one, last), f"{name} are taken without end")
    world.require_memory(world.peak_memory() - before, MEMORY, "for floods of HTTP/2")
    with Client(world) as client:
        require(client.get("/metrics")[0] == 200, "no answer afterwards")


@case()
def closed_windows(world):
    """HTTP/2: 100 requests of a client that never opens its windows"""
    start(world)
    world.release_canary()
    world.forget_peak()
    before = world.memory()
    clients = []
    for _ in range(20):
        client = Client(world)
        client.send(PREFACE + frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0"))
        client.send(b"".join(frame(HEADERS, 5, 2 * n + 1, GET) for n in range(100)))
        clients.append(client)
    time.sleep(1)
    world.require_memory(world.peak_memory() - before, MEMORY + 20 * 2_500_000, "for 2,000 answers that are not read")
    for client in clients:
        client.close()
    wait_until(lambda: world.descriptors() < 60, 10, "connections are left")


@case()
def idle_connections(world):
    """1,000 connections that asked once cost next to nothing"""
    start(world)
    world.release_canary()
    before = world.memory()
    clients = []
    for _ in range(1000):
        client = Client(world)
        require(client.get("/metrics")[0] == 200, "no answer")
        clients.append(client)
    world.require_memory((world.memory() - before) / 1000, 4000, "for an idle connection")
    for client in clients:
        client.close()
