"""Components (XEP-0114) that are wrong, silent, slow, too fast, or many: nothing of theirs gets in unasked, and nobody else notices."""
import hashlib

from actor import PATIENCE, Actor, condition_of
from dialogue.pattern import ELEMENT, OPEN, STREAMS
from dialogue.peer import describe
from dialogue.text import Mismatch
from mutations import mutate_bytes
from silence import connect, need_descriptors, wait_for_all
from world import case, require, wait_until

NS = "jabber:component:accept"
LISTENERS = {"components": ""}
OUTPUT_LIMIT = 4 * 1024 * 1024
SLACK = 16e6
STATE_SECONDS = 5


def header(domain, ns=NS):
    return f"<stream:stream to='{domain}' xmlns='{ns}' xmlns:stream='{STREAMS}'>"


class Component(Actor):
    """A connection; in service if a domain is given."""

    def __init__(self, world, domain=None, **options):
        super().__init__(world.meerkat, listener="components", **options)
        if domain:
            self.serve(domain)

    def open_as(self, domain):
        self.send(header(domain))
        event = self.event()
        require(event and event[0] == OPEN, f"a header was expected, came {describe(event)}")
        return event[1].get("id")

    def serve(self, domain, secret="secret"):
        id = self.open_as(domain)
        self.send(f"<handshake>{hashlib.sha1((id + secret).encode()).hexdigest()}</handshake>")
        answer = self.element()
        require(answer.tag == f"{{{NS}}}handshake", f"{domain} is not let in: {describe((ELEMENT, answer))}")
        self.jid = domain


def is_served(alice, domain):
    """By what comes back of a question; nothing does if it is on its way to a connection that ends."""
    try:
        answer = alice.ask("<ping xmlns='urn:xmpp:ping'/>", to=domain, seconds=0.5)
    except Mismatch:
        return True
    return condition_of(answer) != "remote-server-not-found"


# What somebody says instead of what is right, and how it ends: a condition, or None for no more than the end of the connection.
BEFORE = (
    ("<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>", "host-unknown"),
    (header(""), "host-unknown"),
    (header("a@b.localhost"), "host-unknown"),
    (header("x.localhost/y"), "host-unknown"),
    (header("x" * 2000), "host-unknown"),
    (header("x.localhost", "jabber:client"), "invalid-namespace"),
    (header("x.localhost", "jabber:server"), "invalid-namespace"),
    (header("x.localhost", ""), "invalid-namespace"),
    (header("x.localhost").replace(STREAMS, "urn:x"), "invalid-namespace"),
    (header("x.localhost") + header("x.localhost"), "policy-violation"),
    (header("x.localhost") + "<handshake>" + "0" * 40 + "</handshake>", "not-authorized"),
    (header("x.localhost") + "<handshake>" + "0" * 60_000 + "</handshake>", "not-authorized"),
    (header("x.localhost") + "<handshake>" + "0" * 70_000 + "</handshake>", "policy-violation"),
    (header("x.localhost") + "<handshake><a/></handshake>", "not-authorized"),
    (header("x.localhost") + "<message from='x.localhost' to='victim@localhost'/>" * 50 + "<handshake/>", "not-authorized"),
    (header("x.localhost") + "<x>" * 200, "policy-violation"),
    (header("x.localhost") + "<!-- -->", "restricted-xml"),
    (header("x.localhost") + "<a></b>", "not-well-formed"),
    (header("x.localhost") + "text", "bad-format"),
    ("GET / HTTP/1.1\r\n\r\n", "not-well-formed"),
    ("\x16\x03\x01\x02\x00\x01\x00", "not-well-formed"),
    ("<handshake xmlns='jabber:component:accept'/>", "not-well-formed"),
    ("</stream:stream>", "not-well-formed"),
)


@case()
def what_is_wrong_before(world):
    """handshakes that are none, and what comes before them: each gets its answer, and nothing gets in"""
    world.start("victim", components=LISTENERS)
    world.release_canary()
    victim = world.online("victim", "v")
    for text, expected in BEFORE * (5 if world.is_long else 2):
        with Component(world) as component:
            component.send(text)
            condition, _, _ = component.ending()
            require(condition == expected, f"{text[:200]!r} ended with {condition}, expected {expected}")
    victim.ping()
    require(not victim.others, f"something got in: {victim.others and describe((ELEMENT, victim.others[0]))}")


FORGED = (
    "<message from='victim@localhost' to='victim@localhost/v' id='forged'/>",
    "<message from='localhost' to='victim@localhost/v' id='forged'/>",
    "<message from='other.localhost' to='victim@localhost/v' id='forged'/>",
    "<message from='good.localhost.evil.example' to='victim@localhost/v' id='forged'/>",
    "<message from='good.localhost@evil.example' to='victim@localhost/v' id='forged'/>",
    "<message to='victim@localhost/v' id='forged'/>",
    "<message from='' to='victim@localhost/v' id='forged'/>",
    "<message from='good.localhost' id='forged'/>",
    "<message from='good.localhost' to='' id='forged'/>",
    "<message from='good.localhost' to='@' id='forged'/>",
    "<iq type='set' from='victim@localhost/v' to='victim@localhost' id='forged'><query xmlns='jabber:iq:roster'><item jid='x@y'/></query></iq>",
    "<iq type='set' from='good.localhost' to='victim@localhost' id='forged'><query xmlns='jabber:iq:roster'><item jid='x@y'/></query></iq>",
    "<iq type='set' from='good.localhost' to='localhost' id='forged'><query xmlns='jabber:iq:register'><username>x</username></query></iq>",
    "<presence from='canary@localhost' to='victim@localhost' type='subscribed' id='forged'/>",
    "<presence from='victim@localhost/other' to='victim@localhost' id='forged'/>",
    "<message xmlns='jabber:client' from='other.localhost' to='victim@localhost/v' id='forged'/>",
    "<forged from='good.localhost' to='victim@localhost/v'/>",
)


@case()
def what_is_wrong_afterwards(world):
    """a component that forges senders and asks for what is not its own: nothing reaches the user, and it stays"""
    world.start("victim", components=LISTENERS)
    world.release_canary()
    victim, component = world.online("victim", "v"), Component(world, "good.localhost")
    Component(world, "other.localhost")
    for text in FORGED * (50 if world.is_long else 10):
        require(component.send(text), "the component's connection ended")
    component.send("<message from='good.localhost' to='victim@localhost/v' id='good'/>")
    while (element := victim.stanza()).get("id") != "good":
        raise Mismatch(f"the user got {describe((ELEMENT, element))}")
    victim.ping()
    require("x@y" not in victim.ask("<query xmlns='jabber:iq:roster'/>").itertext(), "the roster was changed")
    component.close()


@case()
def silent(world):
    """1,000 connections that say nothing, and 200 that say no more than the opening tag"""
    need_descriptors(1200)
    world.start("alice", components=LISTENERS)
    world.release_canary()
    alice = world.actor("alice")
    before = world.memory()
    connections = [connect(world, "components", number) for number in range(1200)]
    for plain in connections[:200]:
        plain.sendall(header("x.localhost").encode())
    alice.ping(2)
    world.require_memory(world.memory() - before, 1200 * 4000 + 4e6, "for 1,200 silent connections")
    with Component(world, "good.localhost") as component:
        heard = wait_for_all(connections, (STATE_SECONDS + 5) * PATIENCE)
        require(all(b"connection-timeout" in each for each in heard), "some were not told why")
        alice.send("<message to='good.localhost' id='1'/>")
        require(component.stanza().get("id") == "1", "the good one does not work")


@case()
def does_not_read(world):
    """a component that does not read is bounded and cut off; its name is free, and senders get errors"""
    world.start("alice", components=LISTENERS)
    world.release_canary()
    alice = world.actor("alice")
    world.forget_peak()
    before = world.memory()
    deaf = Component(world, "deaf.localhost", buffer=4096)
    sent = 0
    while True:
        alice.send(f"<message to='deaf.localhost' type='headline'><body>{'x' * 900}</body></message>" * 1000)
        sent += 900_000
        alice.ping()
        # Errors come when it is clear that nobody else has the name, which takes a moment.
        while alice.read(0.05):
            pass
        if alice.others:
            break
        require(sent < 200e6, f"the component is not cut off after {sent} bytes")
    world.note(f"cut off after {sent / 1e6:.0f} MB")
    require(condition_of(alice.others[0]) == "remote-server-not-found", "an error of another kind")
    world.require_memory(world.peak_memory() - before, 2 * OUTPUT_LIMIT + SLACK, "at most")
    with Component(world, "deaf.localhost") as again:
        alice.send("<message to='deaf.localhost' id='again'/>")
        require(again.stanza().get("id") == "again", "the next one does not work")
    deaf.close()


@case()
def deaf_and_gone(world):
    """a component that does not read, and vanishes: who wrote what was not sent to it is told"""
    world.start("alice", components=LISTENERS)
    world.release_canary()
    alice = world.actor("alice")
    deaf = Component(world, "deaf.localhost", buffer=4096)
    count = 0
    while world.metric("output_waiting_bytes") < 2_000_000:
        require(count < 4000, "nothing waits")
        for _ in range(100):
            alice.send(f"<message to='deaf.localhost' id='{count}'><body>{'x' * 5000}</body></message>")
            count += 1
        alice.ping()
    require(not alice.others, "messages were refused")
    deaf.reset()
    wait_until(lambda: alice.ping() or len(alice.others) * 5000 > 1_500_000, PATIENCE, "nobody is told")
    told = [int(stanza.get("id")) for stanza in alice.others if stanza.get("type") == "error"]
    require(told == list(range(count))[-len(told) :], f"of {count} messages came back {told}")


@case()
def too_fast(world):
    """a component that floods users who are there and users who are not: it waits, nothing is lost, memory is bounded"""
    count = 60_000 if world.is_long else 12_000
    world.start("alice", "absent", components=LISTENERS)
    world.release_canary()
    alice = world.actor("alice")
    world.forget_peak()
    before = world.memory()
    component = Component(world, "fast.localhost")
    expected = 0
    for start in range(0, count, 1000):
        text = "".join(
            f"<message from='fast.localhost' to='{alice.jid if n % 4 else 'absent@localhost'}' type='chat' id='{n}'>"
            f"<body>{'x' * 500}</body></message>"
            for n in range(start, start + 1000)
        )
        require(component.send(text), "the component's connection ended")
        while alice.read(0):
            pass
    for n in range(count):
        if n % 4:
            require(alice.stanza().get("id") == str(n), f"message {n} is missing")
            expected += 1
    world.note(f"{expected} messages")
    world.require_memory(world.peak_memory() - before, 40e6 + SLACK, "at most")
    component.close()


@case()
def names_in_a_hurry(world):
    """components of the same few names that come and go: each name has one connection or none, and calls end"""
    world.start("alice", components={"components": 'conflict_behaviour = "kick_old"'}, loops=4)
    world.release_canary()
    alice = world.actor("alice")
    names = [f"n{n}.localhost" for n in range(5)]
    for n in range(600 if world.is_long else 150):
        name = world.random.choice(names)
        component = Component(world, name, source=world.address(n))
        alice.send(f"<iq type='get' to='{name}' id='q{n}'><q xmlns='urn:q'/></iq>")
        if world.random.random() < 0.3:
            component.reset()
        elif world.random.random() < 0.3:
            component.send("</stream:stream>")
    for name in names:
        last = Component(world, name)
        alice.send(f"<message to='{name}' id='last'/>")
        while last.stanza().get("id") != "last":
            pass
        last.close()
        wait_until(lambda name=name: not is_served(alice, name), 5, f"{name} is still served")


@case(120)
def mutated(world):
    """sessions of components that were valid once, with a seed: nothing gets in without the password"""
    world.start("victim", components=LISTENERS)
    world.release_canary()
    victim = world.online("victim", "v")
    rounds = 4000 if world.is_long else 300
    for n in range(rounds):
        stanza = f"<message from='m{n % 7}.localhost' to='victim@localhost/v' id='m{n}'><body>x</body></message>"
        text = header(f"m{n % 7}.localhost") + "<handshake>" + "0" * 40 + "</handshake>" + stanza
        with Component(world, source=world.address(n)) as component:
            component.send(mutate_bytes(text.encode(), world.random))
            component.half_close()
            component.ending()
    for n in range(rounds):
        with Component(world, f"m{n % 7}.localhost", source=world.address(n)) as component:
            text = f"<message from='m{n % 7}.localhost' to='victim@localhost/v'><body>y</body></message>"
            component.send(mutate_bytes(text.encode() * 3, world.random))
            component.half_close()
            component.ending()
    victim.ping()
    for stanza in victim.others:
        require(stanza.get("id", "")[:1] != "m", f"it got in: {describe((ELEMENT, stanza))}")
    world.note(f"{len(victim.others)} of {3 * rounds} arrived")
