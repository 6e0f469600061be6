"""WebSocket and BOSH: frames that are none, that never end, that inflate; sessions that are guessed, repeated, opened and left."""
import http.client
import os
import resource
import socket
import sys
import threading
import time
import zlib

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "clients"))

from actor import PATIENCE  # noqa: E402
from dialogue import server  # noqa: E402
from web_bed import HTTPBIND, OPEN, Bosh, Closed, WebSocket, frame  # noqa: E402
from world import case, require, wait_until  # noqa: E402

CONFIG = """
[meerkat]
login_timeout = {login_ms}
[services.service_bosh]
inactivity = {inactivity}
[[listen.http]]
port = {port}
ip_address = "127.0.0.1"
transport.max_connections = 20_000
[[listen.http.handlers.mongoose_websocket_handler]]
host = "_"
path = "/ws-xmpp"
max_stanza_size = 65_536
[[listen.http.handlers.mongoose_bosh_handler]]
host = "_"
path = "/http-bind"
"""
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n"


class Web:
    """What web_bed needs to know of a server."""

    def __init__(self, world, *users, login_ms=30_000, inactivity=30, more=""):
        self.port = server.free_port("127.0.0.1", set())
        world.start(*users, config=CONFIG.format(port=self.port, login_ms=login_ms, inactivity=inactivity) + more)


def deflated(text):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def send_all(websocket, data):
    """As much as it takes; then it must be closed."""
    try:
        websocket.raw(data)
        while True:
            websocket.more()
    except (Closed, ConnectionError):
        pass


@case(120)
def frames_that_are_none(world):
    """WebSocket: 1,500 connections with frames that are wrong, or changed by chance"""
    web = Web(world)
    world.release_canary()
    good = frame(0x81, OPEN) + frame(0x89, b"ping") + frame(0x01, "<auth ") + frame(0x80, "xmlns='urn:x'/>") + frame(0x88, b"\x03\xe8")
    for number in range(1500):
        data = bytearray(good)
        for _ in range(world.random.randrange(1, 6)):
            data[world.random.randrange(len(data))] = world.random.randrange(256)
        with WebSocket(web, headers=DEFLATE if number % 2 else "") as w:
            w.raw(bytes(data))
            w.socket.shutdown(socket.SHUT_WR)
            try:
                while True:
                    w.more()
            except (Closed, ConnectionError):
                pass
    wait_until(lambda: world.descriptors() < 100, 5, "descriptors are not given back")
    world.require_alive()


@case(120)
def frames_without_end(world):
    """WebSocket: never-ending frames, fragments and pings, logged in and not, cost next to nothing"""
    web = Web(world, "alice")
    world.release_canary()
    with WebSocket(web) as w:
        w.log_in("alice", "warm")
    before = world.memory()
    head = b"\x81\xff" + (1 << 62).to_bytes(8, "big") + b"\0\0\0\0"
    for start in (b"", b"<message xmlns='jabber:client'><body>"):
        with WebSocket(web) as w:
            w.log_in("alice", "endless")
            send_all(w, head + start + (b"x" if start else b" ") * (4 << 20))
        with WebSocket(web) as w:
            w.log_in("alice", "endless")
            send_all(w, frame(0x01, start) + frame(0x00, b"x" * 1000) * 4000)
    with WebSocket(web) as w:
        w.log_in("alice", "endless")
        w.raw((b"\x82\xff" + (1 << 62).to_bytes(8, "big") + b"\0\0\0\0") + b"x" * (32 << 20))
    silent = [WebSocket(web) for _ in range(300)]
    for w in silent:
        w.raw(head + b"<open" + b" " * 3000)
    time.sleep(0.5)
    world.require_memory(world.memory() - before, 300 * 12_000 + 6e6, "at most")
    for w in silent:
        w.socket.close()
    wait_until(lambda: world.descriptors() < 100, 5, "descriptors are not given back")


@case(120)
def bombs(world):
    """WebSocket: a gigabyte in a megabyte, before login and after, on many connections"""
    web = Web(world, "alice")
    world.release_canary()
    packed = deflated(b"<message xmlns='jabber:client'><body>" + b" " * (256 << 20))
    before = world.memory()
    world.forget_peak()
    for number in range(20):
        with WebSocket(web, headers=DEFLATE) as w:
            if number % 2:
                w.log_in("alice", f"r{number}")
            else:
                w.open()
            send_all(w, frame(0xC1, packed))
    world.require_memory(world.peak_memory() - before, 8e6, "at most")


@case(120)
def guessing(world):
    """BOSH: 3,000 guesses of a session's id find nothing, and cost the one whose it is nothing"""
    web = Web(world, "alice")
    world.release_canary()
    alice = Bosh(web).log_in("alice")
    connection = http.client.HTTPConnection("127.0.0.1", web.port)
    for _ in range(3000):
        sid = list(alice.sid)
        for _ in range(world.random.randrange(1, 4)):
            sid[world.random.randrange(len(sid))] = world.random.choice("abcdefghijklmnopqrstuvwxyz234567")
        if "".join(sid) == alice.sid:
            continue
        connection.request("POST", "/http-bind", f"<body xmlns='{HTTPBIND}' rid='{alice.rid + 1}' sid='{''.join(sid)}'/>")
        answer = connection.getresponse().read()
        require(b"item-not-found" in answer, f"a guess was answered with {answer!r}")
    answer = alice.send("<iq xmlns='jabber:client' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>")
    require("id='p'" in answer.text, f"alice heard {answer.text}")


@case(120)
def replayed(world):
    """BOSH: a request that is sent 2,000 times over, on many connections at once, is worked on once"""
    web = Web(world, "alice", "bob")
    world.release_canary()
    alice, bob = Bosh(web).log_in("alice"), WebSocket(web).log_in("bob")
    alice.rid += 1
    text = alice.body("<message xmlns='jabber:client' to='bob@localhost/web' id='once'/><iq xmlns='jabber:client' type='get' id='p'/>")
    strange = []

    def replay():
        connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30)
        for _ in range(250):
            connection.request("POST", "/http-bind", text)
            answer = connection.getresponse()
            if answer.status != 200 or b"<body" not in answer.read():
                strange.append(answer.status)

    threads = [threading.Thread(target=replay) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    require(not strange, f"answers were {strange[:5]}")
    bob.send("<iq xmlns='jabber:client' type='get' id='end' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
    heard = ""
    while "id='end'" not in heard:
        heard += bob.receive()
    require(heard.count("id='once'") == 1, f"bob heard {heard}")
    bob.socket.close()


def begin_many(web, count, first):
    """Sessions that nobody goes on with; the last of each connection."""
    connection = http.client.HTTPConnection("127.0.0.1", web.port)
    for number in range(count):
        connection.request(
            "POST", "/http-bind", f"<body xmlns='{HTTPBIND}' rid='{first + number}' to='localhost' hold='1' wait='60' ver='1.6'/>"
        )
        answer = connection.getresponse().read()
        require(b"sid=" in answer, f"a session was answered with {answer!r}")
    connection.close()


@case(180)
def opened_and_left(world):
    """BOSH: 10,000 sessions that are opened and left end in time; the second half takes the memory that the first half gave back"""
    web = Web(world, login_ms=4000, inactivity=30)
    world.release_canary()
    used = [world.memory()]
    began = time.monotonic()
    for ended in (5_000, 10_000):
        begin_many(web, 5_000, 1000)
        used.append(world.memory())
        if ended == 5_000:
            world.note(f"{5_000 / (time.monotonic() - began):.0f} a second")
        wait_until(lambda: world.metric("login_timeout_expired") >= ended, 30, "they do not end")
        time.sleep(6 * PATIENCE)
    world.require_memory(used[1] - used[0], 5_000 * 5_000 + 2e6, "the first half")
    world.require_memory(used[2] - used[1], 4e6, "the second half, more than the first")


@case(120)
def logged_in_and_left(world):
    """BOSH: 300 sessions with somebody in them, left with a request that is held, end after the inactivity"""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    users = [f"u{number}" for number in range(50)]
    web = Web(world, *users, inactivity=2)
    world.release_canary()
    for number in range(300):
        Bosh(web).log_in(users[number % 50], f"r{number}").post().give_up()
    wait_until(lambda: world.metric("bosh_inactivity_expired") >= 300, 15, "they do not end")
    require(world.metric("sessions") <= 2, "sessions are left")


@case(120)
def sent_and_left(world):
    """BOSH: who goes away from each request, while the shaper lets nothing through, cannot have the server keep what was in them"""
    web = Web(world, "alice", more='shaper = "slow"\n[shaper.slow]\nmax_rate = 100\n')
    world.release_canary()
    alice = Bosh(web)
    alice.begin()
    require(alice.sid, "there is no session")
    before = world.memory()
    text = f"<unknown xmlns='urn:x'>{'x' * 60_000}</unknown>"
    for _ in range(200):
        request = alice.post(text)
        time.sleep(0.005)
        request.give_up()
        time.sleep(0.005)
    answer = alice.send()
    require(answer.get("type") == "terminate", f"the session goes on: {answer.text}")
    world.require_memory(world.memory() - before, 4e6, "at most")


@case(120)
def not_read(world):
    """BOSH: who never fetches what is sent to it is cut off at max_output_bytes"""
    web = Web(world, "alice", "bob", inactivity=60)
    world.release_canary()
    alice = Bosh(web).log_in("alice")
    before = world.memory()
    with WebSocket(web) as bob:
        bob.log_in("bob")
        message = f"<message xmlns='jabber:client' to='alice@localhost/bosh' type='headline'><body>{'x' * 30000}</body></message>"
        for _ in range(1000):
            bob.send(message)
        bob.send("<iq xmlns='jabber:client' type='get' id='end' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
        bob.skip_to("id='end'")
    world.require_memory(world.memory() - before, 16e6, "at most")
    require(world.metric("output_limit_exceeded") >= 1, "nobody was cut off")
    require(alice.send().get("type") == "terminate", "the session goes on")


@case(120)
def answers_not_read(world):
    """BOSH: the same with answers to requests, which the server does not keep"""
    web = Web(world, "alice", "bob", inactivity=60)
    world.release_canary()
    alice = Bosh(web).log_in("alice")
    with WebSocket(web) as bob:
        bob.log_in("bob")
        for number in range(200):
            bob.send(f"<iq xmlns='jabber:client' to='alice@localhost/bosh' type='result' id='{number}'><x xmlns='urn:x'>{'x' * 60000}</x></iq>")
        bob.send("<iq xmlns='jabber:client' type='get' id='end' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
        bob.skip_to("id='end'")
    require(world.metric("output_limit_exceeded") == 1, "nobody was cut off")
    require(alice.send().get("type") == "terminate", "the session goes on")
