"""Nothing can be written any more: who asks for it is told so, nobody waits, the log does not grow with every request, and it goes on by itself."""
import subprocess

from world import case, require, wait_until

ROOM = 200_000  # bytes that the database may grow to
TEXT = "x" * 20_000
ERROR = "internal-server-error"


def limit(world, size):
    subprocess.run(["prlimit", "--pid", str(world.meerkat.process.pid), f"--fsize={size}:"], check=True)


def send_all(actor, to, count):
    for number in range(count):
        actor.send(f"<message to='{to}' type='chat' id='m{number}'><body>{TEXT}</body></message>")


def refusals(actor):
    """Waits until everything is dealt with; how many of the messages were refused."""
    actor.others.clear()
    actor.ping()
    actor.ping()  # from another loop errors may come behind the first answer
    return sum(1 for stanza in actor.others if stanza.get("type") == "error" and stanza.find(f".//*{{*}}{ERROR}") is not None)


def lines(world):
    return len(world.meerkat.log().splitlines())


@case()
def of_the_database(world):
    """the disk is full: messages for somebody who is not there, and for somebody who has lost the connection"""
    world.allowed.append("jobs failed")
    world.start("alice", "bob", "carol", modules={"mod_stream_management": {}})
    world.release_canary()
    bob = world.online("bob", resource="phone")
    bob.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
    bob.event()
    bob.reset()
    alice = world.online("alice")
    limit(world, ROOM)
    send_all(alice, "carol@localhost", 40)
    require(refusals(alice) > 20, "messages that could not be stored were not refused")
    before = lines(world)
    send_all(alice, "bob@localhost/phone", 40)
    require(refusals(alice) > 20, "messages that could not be kept were not refused")
    require(lines(world) - before < 10, "there is a line for every message")
    limit(world, "unlimited")
    wait_until(lambda: is_stored(alice), 10, "nothing can be stored though there is room again")


def is_stored(actor):
    send_all(actor, "carol@localhost", 1)
    return refusals(actor) == 0
