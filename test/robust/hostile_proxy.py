"""PROXY headers of every malformed kind: each is closed without a word, whether it comes whole or byte by byte, and costs nobody else anything."""
import socket
import time

from actor import PATIENCE, Actor, header
from silence import connect, wait_for_all
from world import case, require

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LISTENER = {"proxied": "proxy_protocol = true", "proxied-tls": 'proxy_protocol = true\ntls = {mode = "tls", certfile = "{cert}", keyfile = "{key}"}'}
GOOD = b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 5222\r\n"
LINES = (
    "", " ", "TCP4", "TCP4 ", "TCP4 1.2.3.4", "TCP4 1.2.3.4 5.6.7.8", "TCP4 1.2.3.4 5.6.7.8 1", "TCP4 1.2.3.4 5.6.7.8 1 ", "TCP4 1.2.3.4 5.6.7.8 1 2 3",
    "TCP4 1.2.3.4 5.6.7.8 1 2 ", "TCP4  1.2.3.4 5.6.7.8 1 2", "TCP4\t1.2.3.4 5.6.7.8 1 2", "tcp4 1.2.3.4 5.6.7.8 1 2", "TCP 1.2.3.4 5.6.7.8 1 2", "TCP5 1.2.3.4 5.6.7.8 1 2",
    "TCP44 1.2.3.4 5.6.7.8 1 2", "UDP4 1.2.3.4 5.6.7.8 1 2", "UNKNOWN2", "unknown", "TCP4 1.2.3 5.6.7.8 1 2", "TCP4 1.2.3.4.5 5.6.7.8 1 2", "TCP4 1.2.3.256 5.6.7.8 1 2",
    "TCP4 1.2.3.-4 5.6.7.8 1 2", "TCP4 01.2.3.4 5.6.7.8 1 2", "TCP4 0x1.2.3.4 5.6.7.8 1 2", "TCP4 1.2.3.4 5.6.7.8 65536 2", "TCP4 1.2.3.4 5.6.7.8 1 65536",
    "TCP4 1.2.3.4 5.6.7.8 -1 2", "TCP4 1.2.3.4 5.6.7.8 +1 2", "TCP4 1.2.3.4 5.6.7.8 01 2", "TCP4 1.2.3.4 5.6.7.8 1e2 2", "TCP4 1.2.3.4 5.6.7.8 x 2",
    "TCP4 1.2.3.4 5.6.7.8 1 99999999999999999999", "TCP4 ::1 ::1 1 2", "TCP6 1.2.3.4 5.6.7.8 1 2", "TCP6 ::1%lo ::1 1 2", "TCP6 [::1] [::1] 1 2", "TCP6 ::1::2 ::1 1 2",
    "TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2", "TCP6 12345:: ::1 1 2", "TCP6 :: 1 2", "TCP4 localhost 5.6.7.8 1 2", "TCP4 1.2.3.4 5.6.7.8 1 2\0", "TCP4 1.2.3.4\0 5.6.7.8 1 2",
    "TCP4 \u0661.2.3.4 5.6.7.8 1 2", "TCP4 1.2.3.4 5.6.7.8 1 2\r", "UNKNOWN " + "x" * 100,
)
MALFORMED = (
    *(b"PROXY " + line.encode() + b"\r\n" for line in LINES),
    b"PROXY\r\n", b"PROXY\n", b"proxy TCP4 1.2.3.4 5.6.7.8 1 2\r\n", b" PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", b"PROXYTCP4 1.2.3.4 5.6.7.8 1 2\r\n", b"\r\n" + GOOD, b"\0" + GOOD,
    b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n", b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r \n", b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2" + b" " * 100, b"PROXY UNKNOWN" + b"x" * 4_000,
    header().encode(), b"<", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\xff\x01\x00\x00\xfb\x03\x03",
    # Version 2: other versions, commands, families; too little room; a signature that is nearly one.
    *(SIGNATURE + bytes(head) + b"\0\x0cabcdefghijkl" for head in (
        (0x11, 0x11), (0x31, 0x11), (0x01, 0x11), (0x22, 0x11), (0x2F, 0x11), (0x21, 0x10), (0x21, 0x13), (0x21, 0x1F), (0x21, 0x41), (0x21, 0xF1), (0xFF, 0xFF),
    )),
    SIGNATURE + b"\x21\x11\0\x0babcdefghijkl", SIGNATURE + b"\x21\x11\0\0", SIGNATURE + b"\x21\x21\0\x23" + bytes(35), SIGNATURE + b"\x21\x31\0\xd7" + bytes(215),
    SIGNATURE[:-1] + b"\r", SIGNATURE[1:] + b"\x21\x11\0\x0c" + bytes(13), b"\r\n\r\n\r\n\r\n", SIGNATURE.replace(b"QUIT", b"quit") + b"\x21\x11\0\x0c" + bytes(12),
)
# What may become one, and does not in time.
UNFINISHED = (
    b"", b"P", b"PROXY", b"PROXY TCP4 1.2.3.4", GOOD[:-1], SIGNATURE[:1], SIGNATURE, SIGNATURE + b"\x21", SIGNATURE + b"\x21\x11\0\x0c" + bytes(11),
    SIGNATURE + b"\x21\x11\xff\xff" + bytes(60_000), SIGNATURE + b"\x20\0\xff\xff", SIGNATURE + b"\x21\x11\0\x0c",
)


def say(plain, data, size):
    try:
        for start in range(0, len(data), size):
            plain.send(data[start : start + size])
    except OSError:
        pass


@case()
def malformed(world):
    """what is no header: closed without a word"""
    world.start("alice", listeners=LISTENER)
    world.release_canary()
    settled = None
    for round in range(2):
        for listener in LISTENER:
            for size in (100_000, 1):
                connections = [connect(world, listener, n % 200) for n in range(len(MALFORMED))]
                for plain, data in zip(connections, MALFORMED):
                    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    say(plain, data, size)
                # Some are only told from good ones by their end: nothing more comes.
                heard = wait_for_all(connections, 8 * PATIENCE)
                spoken = [data for data, text in zip(MALFORMED, heard) if text]
                require(not spoken, f"{listener} answers {spoken[:5]}")
        settled = settled or world.memory()
    world.note(f"{8 * len(MALFORMED)} headers")
    world.require_memory(world.memory() - settled, 2e6, "growth in the second round")


@case()
def unfinished(world):
    """headers that do not come to an end: five seconds, and little memory"""
    world.start("alice", listeners=LISTENER)
    world.release_canary()
    before = world.memory()
    began = time.monotonic()
    connections = []
    for n in range(600):
        plain = connect(world, tuple(LISTENER)[n % 2], n)
        say(plain, UNFINISHED[n % len(UNFINISHED)], 100_000)
        connections.append(plain)
    world.require_memory(world.memory() - before, 8e6, "for 600 of them")
    # Loopback behind it, or a password in the clear would be refused.
    with Actor(world.meerkat, "proxied") as actor:
        actor.send(GOOD.replace(b"203.0.113.7", b"127.0.0.1"))
        actor.login("alice")
    heard = wait_for_all(connections, 12 * PATIENCE)
    require(not any(heard), "one was answered")
    require(time.monotonic() - began > 4, "they were not given their five seconds")
    world.require_memory(world.memory() - before, 4e6, "left behind")
