"""Clients that do not read what they are sent: bounded, dropped, and nobody else notices."""
import select
import time

from actor import CLIENT, PATIENCE, Actor
from world import case, require

OUTPUT_LIMIT = 4 * 1024 * 1024
SLACK = 16e6
BODY = "x" * 900


def count_sessions(world):
    status, out, _ = world.meerkat.ctl(["session", "countSessions"])
    require(status == 0, out)
    return int("".join(c for c in out if c.isdigit()))


def check_flood(world, listener):
    world.start("victim", "sender")
    world.release_canary()
    world.forget_peak()
    before = world.memory()
    victim = world.online("victim", "v", buffer=4096, listener=listener)
    sender = world.actor("sender")
    sessions = count_sessions(world)
    sent = 0
    while count_sessions(world) == sessions:
        require(sent < 200e6, f"the victim is not dropped after {sent} bytes")
        for _ in range(40):
            sender.send(f"<message to='{victim.jid}' type='headline'><body>{BODY}</body></message>" * 100)
        sent += 40 * 100 * len(BODY)
    world.note(f"dropped after {sent / 1e6:.0f} MB")
    sender.ping()
    # The kernel holds what lies in the socket's buffer.
    world.require_memory(world.peak_memory() - before, 2 * OUTPUT_LIMIT + SLACK, "at most")
    # It hears of nothing any more, and its account is there for others.
    deadline = time.monotonic() + 10 * PATIENCE
    while not victim.ended:
        require(time.monotonic() < deadline, "the victim's connection goes on")
        victim.read(1)
        victim.reader.events.clear()
    world.online("victim", "v").close()


@case()
def flooded(world):
    """a client that stops reading, and is flooded"""
    check_flood(world, "bare")


@case()
def flooded_over_tls(world):
    """the same over TLS"""
    check_flood(world, "tls")


@case()
def crowd(world):
    """fifty clients that stop reading"""
    limit = 500_000
    world.start("victim", "sender", config=f"[meerkat]\nmax_output_bytes = {limit}")
    world.release_canary()
    victims = [world.online("victim", f"v{n}", buffer=4096) for n in range(50)]
    world.forget_peak()
    before = world.memory()
    sender = world.actor("sender")
    sessions = count_sessions(world)
    sent = 0
    while count_sessions(world) > sessions - len(victims):
        require(sent < 100e6, f"the victims are not dropped after {sent} bytes each")
        sender.send(f"<message to='victim@localhost' type='headline'><body>{BODY}</body></message>" * 500)
        sent += 500 * len(BODY)
    sender.ping()
    world.require_memory(world.peak_memory() - before, 50 * limit * 1.5 + SLACK, "at most")
    for victim in victims:
        victim.close()


@case()
def asks_and_does_not_read(world):
    """clients that ask and ask and do not read the answers"""
    world.start("alice", "bob")
    world.release_canary()
    world.forget_peak()
    before = world.memory()
    alice = world.actor("alice")
    alice.ask(f"<vCard xmlns='vcard-temp'><PHOTO>{'x' * 40_000}</PHOTO></vCard>", "set")
    for payload in ("<vCard xmlns='vcard-temp'/>", "<query xmlns='jabber:iq:roster'/>", "<ping xmlns='urn:xmpp:ping'/>"):
        bob = world.actor("bob", buffer=4096)
        piece = "".join(f"<iq type='get' id='{n}' to='alice@localhost'>{payload}</iq>" for n in range(200)).encode()
        bob.socket.setblocking(False)
        sent, deadline = 0, time.monotonic() + 3 * PATIENCE
        while time.monotonic() < deadline and sent < 60e6:
            try:
                if not select.select([], [bob.socket], [], 0.3)[1]:
                    break
                at = sent % len(piece)
                sent += bob.socket.send(piece[at:])
            except OSError:
                break
        world.note(f"{payload}: {sent / 1e6:.1f} MB of questions taken")
        bob.close()
    world.require_memory(world.peak_memory() - before, 3 * OUTPUT_LIMIT + 2 * SLACK, "at most")


def talk_to_deaf(world, send, listener="bare"):
    """Messages to one who does not read, until the server holds some megabytes of them; then it is gone. What waited here comes to the next
    session, all of it, in order."""
    world.start("user", "sender", config=DEAF)
    world.release_canary()
    deaf = world.online("user", "deaf", buffer=4096, listener=listener)
    sender = world.actor("sender")
    count = 0
    while world.metric("output_waiting_bytes") < 2_000_000:
        require(count < 4000, "nothing waits")
        for _ in range(100):
            send(sender, deaf.jid, count)
            count += 1
        sender.ping()
    require(not sender.others, "messages were refused")
    deaf.reset()
    time.sleep(0.3 * PATIENCE)
    found = fetch(world, "user")
    require(len(found) * SIZE_OF_ONE > 1_500_000 and found == list(range(count))[-len(found) :], f"of {count} messages came {len(found)}")
    require(fetch(world, "user") == [], "they came again")


SIZE_OF_ONE = 5000
DEAF = "[access]\nmax_user_offline_messages = [{acl = 'all', value = 10_000}]\n"


def send_one(sender, to, n):
    sender.send(f"<message to='{to}' type='chat' id='{n}'><body>{'x' * SIZE_OF_ONE}</body></message>")


@case()
def deaf_and_gone(world):
    """a client without stream management that does not read, and vanishes: what was not sent to it goes its way"""
    talk_to_deaf(world, send_one)


@case()
def deaf_and_gone_over_tls(world):
    """the same over TLS"""
    talk_to_deaf(world, send_one, "tls")


# --- what waits for somebody ---

COUNT, SIZE = 100, 60_000


def fill(world, user):
    sender = world.actor("sender")
    for n in range(COUNT):
        sender.send(f"<message to='{user}@localhost' id='{n}'><body>{'x' * SIZE}</body></message>")
    sender.ping()
    require(not sender.others, f"{len(sender.others)} messages were refused")
    sender.close()


def fetch(world, user):
    """The ids of the messages that come."""
    with Actor(world.meerkat).login(user) as actor:
        actor.send("<presence/>")
        actor.ping()
        return [int(stanza.get("id")) for stanza in actor.others if stanza.tag == f"{CLIENT}message"]


@case()
def much_waits(world):
    """more offline messages than a client's output may hold, for one that reads"""
    world.start("user", "sender")
    world.release_canary()
    world.forget_peak()
    before = world.memory()
    fill(world, "user")
    found = fetch(world, "user")
    require(found == list(range(COUNT)), f"{len(found)} of {COUNT} messages came")
    require(fetch(world, "user") == [], "they came again")
    world.require_memory(world.peak_memory() - before, OUTPUT_LIMIT + 3 * SLACK, "at most")


@case()
def much_waits_unread(world):
    """offline messages for clients that do not read: what they were not sent waits on"""
    world.start("user", "sender", config="[meerkat]\nmax_output_bytes = 1_000_000")
    world.release_canary()
    fill(world, "user")
    deaf = [world.actor("user", f"deaf{n}", buffer=4096) for n in range(3)]
    for actor in deaf:
        actor.send("<presence/>")
        time.sleep(0.3 * PATIENCE)
    for actor in deaf:
        actor.reset()
    time.sleep(0.3 * PATIENCE)
    found = fetch(world, "user")
    # What lay in the kernel's buffers is gone with the clients. 128 KiB of it had not even been sent.
    require(len(found) > COUNT - 3 * 10 and found == list(range(COUNT))[-len(found) :], f"of {COUNT} messages came {found}")
