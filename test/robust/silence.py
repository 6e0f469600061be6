"""Connections that say nothing, or very little, slowly: they cost little, are not waited for, and end in time."""
import resource
import select
import socket
import time

from actor import PATIENCE, Actor, header
from stopping import client_hello
from world import case, require, wait_until

COUNT = 2_000
BYTES_EACH = 3_000
STATE_SECONDS = 5
TLS_BYTES_EACH = 45_000


def need_descriptors(count):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    require(most > count + 100, f"only {most} descriptors can be had")


def connect(world, listener, number):
    plain = socket.socket()
    plain.bind((world.address(number), 0))
    plain.connect(world.meerkat.endpoint(listener))
    return plain


def wait_for_all(connections, seconds):
    """What each heard until it was closed."""
    heard = {plain: b"" for plain in connections}
    is_open = set(connections)
    poll = select.poll()
    by_number = {plain.fileno(): plain for plain in connections}
    for plain in connections:
        poll.register(plain, select.POLLIN)
    deadline = time.monotonic() + seconds
    while is_open and time.monotonic() < deadline:
        for number, _ in poll.poll(500):
            plain = by_number[number]
            try:
                data = plain.recv(65_536)
            except OSError:
                data = b""
            heard[plain] += data
            if not data:
                is_open.discard(plain)
                poll.unregister(plain)
                plain.close()
    require(not is_open, f"{len(is_open)} of {len(connections)} connections are still open after {seconds:.0f} s")
    return list(heard.values())


@case()
def two_thousand(world):
    """2,000 connections that say nothing"""
    need_descriptors(COUNT)
    world.start("alice")
    world.release_canary()
    before, cpu = world.memory(), world.cpu()
    began = time.monotonic()
    connections = [connect(world, "bare", n) for n in range(COUNT)]
    wait_until(lambda: world.descriptors() > COUNT, 5, "they are not accepted")
    world.require_memory(world.memory() - before, COUNT * BYTES_EACH + 2e6, "at most")
    world.online("alice").close()
    heard = wait_for_all(connections, 2 * STATE_SECONDS * PATIENCE)
    spent = time.monotonic() - began
    require(spent > STATE_SECONDS - 1, f"they were ended after {spent:.1f} s")
    for text in heard:
        require(b"<connection-timeout" in text and text.endswith(b"</stream:stream>"), f"one heard {text[-200:]!r}")
    world.note(f"{(world.cpu() - cpu) / COUNT * 1e6:.0f} us of CPU each")
    wait_until(lambda: world.descriptors() < 100, 5, "descriptors are not given back")


@case()
def from_one_address(world):
    """2,000 connections from one address, which may have 64"""
    need_descriptors(COUNT)
    world.start("alice", config="[meerkat]\nmax_unauthenticated_per_address = 64")
    world.release_canary()
    connections = [connect(world, "bare", 7) for _ in range(COUNT)]
    time.sleep(0.5 * PATIENCE)
    held = world.descriptors()
    require(held < 64 + 60, f"{held} descriptors are in use")
    world.online("alice").close()
    poll = select.poll()
    for plain in connections:
        poll.register(plain, select.POLLIN)
    ended = len(poll.poll(0))
    require(ended >= COUNT - 64, f"only {ended} of {COUNT} were refused")
    for plain in connections:
        plain.close()


@case()
def half_a_handshake(world):
    """TLS handshakes that stop half-way"""
    count = 300
    need_descriptors(count)
    world.start("alice")
    world.release_canary()
    hello = client_hello()
    before = world.memory()
    connections = []
    for n in range(count):
        plain = connect(world, "tls", n)
        plain.send(hello[: (0, 1, 4, 5, 6, 50, len(hello) - 1, len(hello))[n % 8]])
        connections.append(plain)
    for n in range(count):
        plain = connect(world, "tls", n)
        # A record of 16 KiB of which nothing comes, and one of the handshake that claims 16 MiB.
        plain.send(b"\x16\x03\x01\x40\x00" if n % 2 else b"\x16\x03\x01\x00\x04\x01\xff\xff\xff")
        connections.append(plain)
    time.sleep(0.5 * PATIENCE)
    world.require_memory(world.memory() - before, 2 * count * TLS_BYTES_EACH, "at most")
    world.online("alice", listener="tls").close()
    wait_for_all(connections, 2 * STATE_SECONDS * PATIENCE)
    wait_until(lambda: world.descriptors() < 100, 5, "descriptors are not given back")


@case()
def garbage_instead_of_tls(world):
    """what is no handshake, where one is due; and handshakes that fail"""
    world.start("alice")
    world.release_canary()
    before = None
    for n in range(400):
        plain = connect(world, "tls", n % 40)
        hello = bytearray(client_hello())
        if n % 4 == 0:
            data = header().encode()
        elif n % 4 == 1:
            data = world.random.randbytes(200)
        else:
            hello[world.random.randrange(6, len(hello))] ^= 1 << world.random.randrange(8)
            data = bytes(hello) + world.random.randbytes(300)
        plain.send(data)
        plain.shutdown(socket.SHUT_WR)
        wait_for_all([plain], 5 * PATIENCE)
        if n == 200:
            before = world.memory()
    world.require_memory(world.memory() - before, 3e6, "growth in the second half")
    world.online("alice", listener="tls").close()


@case()
def byte_by_byte(world):
    """opening tags one byte at a time: the whole login has its time, not each byte"""
    world.start("alice", config="[meerkat]\nlogin_timeout = 3_000\n", listeners={"bare": "state_timeout = 2_000"})
    world.release_canary()
    connections = [connect(world, "bare", n) for n in range(200)]
    text = header("localhost").replace(" ", " " * 40).encode()
    began = time.monotonic()
    ended = None
    for i in range(len(text)):
        for plain in connections:
            try:
                plain.send(text[i : i + 1])
            except OSError:
                pass
        time.sleep(0.02)
        if select.select(connections[:1], [], [], 0)[0]:
            ended = time.monotonic() - began
            break
    require(ended and 1 < ended < 4 * PATIENCE, f"the opening tag was waited for {ended} s")
    heard = wait_for_all(connections, 10 * PATIENCE)
    require(all(b"<connection-timeout" in text for text in heard), f"one heard {heard[0]!r}")


@case()
def not_before_its_time(world):
    """silence is ended in every step before the session, and not in it"""
    world.start("alice", listeners={"bare": "state_timeout = 800", "tls": "state_timeout = 800"})
    waiting = {
        "nothing": Actor(world.meerkat),
        "opened": Actor(world.meerkat),
        "in SASL": Actor(world.meerkat),
        "logged in": Actor(world.meerkat),
        "half an element": Actor(world.meerkat),
    }
    waiting["opened"].open()
    waiting["in SASL"].open()
    waiting["in SASL"].send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>biwsbj1hbGljZSxyPXg=</auth>")
    waiting["in SASL"].element()
    waiting["logged in"].authenticate("alice")
    waiting["half an element"].open()
    waiting["half an element"].send("<auth")
    session = world.online("alice")
    for name, actor in waiting.items():
        condition, has_tag, _ = actor.ending(5 * PATIENCE)
        require(condition == "connection-timeout" and has_tag, f"{name}: {condition}")
        actor.close()
    time.sleep(0.5)
    session.ping()
