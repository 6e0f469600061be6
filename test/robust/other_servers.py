"""Other servers: forgers, floods of keys, names that lead nowhere, servers that do not read. Nothing gets in, queues end, clients notice nothing."""
import os
import sys
import time
from types import SimpleNamespace

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "federation"))

from actor import PATIENCE, condition_of  # noqa: E402
from dialogue import server  # noqa: E402
from remote import Caller, Remote, key_of  # noqa: E402
from world import case, require  # noqa: E402

FORGERS = 100
QUESTIONS = 5_000
NAMES = 400
LARGE_BYTES = 50_000
LARGE_COUNT = 500  # three times what may wait for one server


def start(world, *users, remotes=()):
    """A server with a listener for others, which knows these; and how others find it."""
    port = server.free_port("127.0.0.1", set())
    address = ", ".join(
        f'{{host = "{remote.domain}", ip_address = "{remote.address}", port = {remote.port}}}' for remote in remotes
    )
    world.start(*users, config=f"""
[[listen.s2s]]
port = {port}
ip_address = "127.0.0.1"
[s2s]
shared = "verona"
outgoing.address = [{address}]
""")
    return SimpleNamespace(address="127.0.0.1", port=port, domain="localhost")


@case()
def forgers(world):
    """A hundred servers that prove nothing, or something else than what they send"""
    far = Remote()
    site = start(world, "alice", remotes=[far])
    alice = world.online("alice")
    world.release_canary()
    for number in range(FORGERS):
        caller = Caller(site)
        caller.greet()
        if number % 2:
            caller.prove(far)
        caller.say(alice.jid, sender="bob@localhost" if number % 4 < 2 else "bob@other.example")
        require(caller.ending()[0] == "not-authorized", "a forged stanza was taken")
        caller.close()
    alice.ping()
    require(not alice.others, "a forged stanza arrived")
    far.close()


@case()
def keys(world):
    """Five thousand questions about keys on a stream, and keys of a thousand domains"""
    site = start(world, "alice")
    world.release_canary()
    before = world.memory()
    caller = Caller(site)
    caller.greet()
    good = key_of("verona", "far.example", "localhost", "x")
    for first in range(0, QUESTIONS, 500):
        caller.send("".join(
            f"<db:verify from='far.example' to='localhost' id='{'x' if n % 2 else n}'>{good}</db:verify>" for n in range(first, first + 500)
        ))  # fmt: skip
        for n in range(first, first + 500):
            require(caller.element().get("type") == ("valid" if n % 2 else "invalid"), "a key was judged wrongly")
    caller.send("".join(f"<db:result from='d{n}.example' to='localhost'>key</db:result>" for n in range(1000)))
    for _ in range(1000):
        kind, _ = caller.result(30 * PATIENCE)
        require(kind == "error", f"a key that nobody knows is {kind}")
    caller.close()
    world.require_memory(world.memory() - before, 20_000_000, "after keys of a thousand domains")


@case()
def nowhere(world):
    """Messages to hundreds of domains that cannot be found: each comes back once, and logins do not wait"""
    start(world, "alice", "bob")
    alice = world.online("alice")
    world.release_canary()
    alice.send("".join(
        f"<message to='x@nowhere{n % NAMES}.example' id='n{n}'><body>x</body></message>" for n in range(2 * NAMES)
    ))  # fmt: skip
    began = time.monotonic()
    world.online("bob").close()
    require(time.monotonic() - began < 3 * PATIENCE, "a login had to wait")
    back = [alice.stanza(30 * PATIENCE) for _ in range(2 * NAMES)]
    require({stanza.get("id") for stanza in back} == {f"n{n}" for n in range(2 * NAMES)}, "not every message came back")
    require({condition_of(stanza) for stanza in back} == {"remote-server-not-found"}, "for another reason")
    alice.ping()
    require(not alice.others, "something came back twice")


@case()
def deaf(world):
    """A server that does not read: what waits for it is bounded, and comes back once"""
    far = Remote(receives="deaf")
    start(world, "alice", remotes=[far])
    alice = world.online("alice")
    world.release_canary()
    before = world.memory()
    for n in range(LARGE_COUNT):
        alice.send(f"<message to='x@far.example' id='l{n}'><body>{'x' * LARGE_BYTES}</body></message>")
    alice.ping(30 * PATIENCE)
    refused = [stanza.get("id") for stanza in alice.others]
    require({condition_of(stanza) for stanza in alice.others} == {"resource-constraint"}, "what is too much was not refused")
    world.require_memory(world.memory() - before, 40_000_000, "with a server that does not read")
    alice.others.clear()
    far.close()
    while True:
        event = alice.event(3 * PATIENCE)
        if not event:
            break
        refused.append(event[1].get("id"))
    require(len(refused) == len(set(refused)), "something came back twice")
    require(len(refused) > LARGE_COUNT // 2, f"only {len(refused)} came back")
    world.note(f"{len(refused)} of {LARGE_COUNT} came back")
