"""No descriptors are left: accepting pauses, without spinning; who is there goes on; and it goes on when there are some again."""
import time

from actor import PATIENCE, Actor
from dialogue.text import Mismatch
from world import case, require, wait_until

LIMIT = 60
BUSY = 0.25  # of a CPU, at most


def exhaust(world):
    """Connects until nothing is accepted any more: the connections."""
    found = []
    while world.descriptors() < LIMIT and len(found) < 3 * LIMIT:
        found.append(Actor(world.meerkat, source=world.address(len(found))))
        time.sleep(0.002)
    # These wait in the kernel.
    found += [Actor(world.meerkat, source=world.address(200 + n)) for n in range(40)]
    return found


@case()
def none_is_left(world):
    """all descriptors are taken by connections"""
    world.allowed.append("accepting pauses")
    world.start("alice", "bob", prefix=["prlimit", f"--nofile={LIMIT}:{LIMIT}"], config="[general]\nloglevel = 'warning'")
    world.release_canary()
    alice, bob = world.online("alice"), world.online("bob")
    taken = exhaust(world)
    time.sleep(0.2)
    before, began = world.cpu(), time.monotonic()
    while time.monotonic() < began + 1.5:
        alice.send(f"<message to='{bob.jid}' type='headline'><body>x</body></message>")
        bob.ping()
        alice.ask("<query xmlns='jabber:iq:roster'><item jid='carol@localhost'/></query>", "set")
        time.sleep(0.05)
    share = (world.cpu() - before) / (time.monotonic() - began)
    world.note(f"{share * 100:.1f} % of a CPU while none is left")
    if not world.is_instrumented():
        require(share < BUSY, f"{share * 100:.0f} % of a CPU are used while nothing can be accepted")
    require(world.meerkat.log().count("accepting pauses") <= 5, "it is said too often")
    for actor in taken:
        actor.close()
    wait_until(lambda: can_log_in(world), 5, "nobody is let in though there are descriptors again")
    alice.ping()


def can_log_in(world):
    try:
        with Actor(world.meerkat) as actor:
            actor.login("alice", resource="again")
            return True
    except (Mismatch, OSError):
        return False


@case()
def for_everything_else(world):
    """what else needs descriptors while none is left"""
    world.allowed += ["accepting pauses", "error: the file cannot be read: Too many open files", "configuration not reloaded"]
    world.start("alice", prefix=["prlimit", f"--nofile={LIMIT}:{LIMIT}"])
    world.release_canary()
    alice = world.online("alice")
    taken = exhaust(world)
    time.sleep(0.2)
    alice.ask(f"<vCard xmlns='vcard-temp'><X>{'x' * 50_000}</X></vCard>", "set")
    for n in range(200):
        alice.send(f"<message to='bob{n}@localhost' id='{n}'><body>x</body></message>")
    alice.ping()
    world.meerkat.reload()
    time.sleep(0.3 * PATIENCE)
    world.require_alive()
    alice.ping()
    for actor in taken:
        actor.close()
    wait_until(lambda: world.meerkat.ctl(["server", "status"])[0] == 0, 5, "meerkatctl is not answered")
    wait_until(lambda: can_log_in(world), 5, "nobody is let in though there are descriptors again")
