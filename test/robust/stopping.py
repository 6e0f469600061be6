"""SIGTERM: nobody new is let in, everybody is told, and it is over in five seconds, whatever the clients do."""
import select
import signal
import socket
import ssl
import threading
import time

from actor import PATIENCE, Actor, header, plain_auth
from dialogue.text import Mismatch
from world import case, require

STOP_SECONDS = 5


def client_hello():
    """The first bytes of a TLS handshake."""
    out = ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        context.wrap_bio(ssl.MemoryBIO(), out).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


class Writer(threading.Thread):
    """Changes its roster until its stream ends, and counts what was acknowledged."""

    def __init__(self, world, user):
        super().__init__()
        self.user = user
        self.actor = world.actor(user)
        self.done = 0
        self.start()

    def run(self):
        try:
            while True:
                item = f"<item jid='c{self.done % 90}@localhost' name='{self.done}'/>"
                answer = self.actor.ask(f"<query xmlns='jabber:iq:roster'>{item}</query>", "set")
                if answer.get("type") != "result":
                    return
                self.done += 1
        except Mismatch:
            return

    def verify(self, world):
        with Actor(world.meerkat).login(self.user) as actor:
            items = {item.get("jid"): item.get("name") for item in actor.ask("<query xmlns='jabber:iq:roster'/>").iterfind("{*}query/{*}item")}
        for number in range(max(0, self.done - 90), self.done):
            name = items.get(f"c{number % 90}@localhost")
            require(name in (str(number), str(self.done)), f"contact {number} of {self.user} is {name}, {self.done} were acknowledged")


def half_open(world):
    """Connections in every state but a good one; whoever is in a dictionary is to hear system-shutdown."""
    bare, silent = {}, []
    bare["silent"] = Actor(world.meerkat)
    bare["in the opening tag"] = Actor(world.meerkat)
    bare["in the opening tag"].send(header()[:50])
    bare["opened"] = Actor(world.meerkat)
    bare["opened"].open()
    bare["in an element"] = Actor(world.meerkat)
    bare["in an element"].open()
    bare["in an element"].send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'")
    bare["logged in"] = Actor(world.meerkat)
    bare["logged in"].authenticate("user0")
    bare["in a stanza"] = world.actor("user1")
    bare["in a stanza"].send("<message><body>")
    hello = client_hello()
    for length in (0, 1, 5, 60, len(hello)):
        plain = socket.create_connection(world.meerkat.endpoint("tls"))
        plain.send(hello[:length])
        silent.append(plain)
    upgrading = Actor(world.meerkat, "c2s")
    upgrading.open()
    upgrading.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    upgrading.element()
    upgrading.send(hello[:30])
    silent.append(upgrading.socket)
    return bare, silent


def check_farewell(actor, who):
    condition, has_tag, _ = actor.ending(STOP_SECONDS * PATIENCE)
    require(condition == "system-shutdown" and has_tag, f"{who}: {condition}{'' if has_tag else ' without an end tag'}")


def stop_and_watch(world, watched):
    """Sends SIGTERM; new connects are refused as soon as the first has been told. Checks the exit."""
    began = time.monotonic()
    world.meerkat.signal(signal.SIGTERM)
    require(select.select([actor.socket for actor in watched], [], [], STOP_SECONDS * PATIENCE)[0], "nobody is told")
    for listener in ("bare", "tls", "c2s"):
        try:
            Actor(world.meerkat, listener).close()
            raise Mismatch(f"{listener} still lets in whoever comes")
        except OSError:
            pass
    return began


def wait_for_end(world, began):
    left = STOP_SECONDS * PATIENCE - (time.monotonic() - began)
    try:
        status = world.meerkat.process.wait(max(left, 0.01))
    except Exception:
        raise Mismatch(f"the server is not gone after {STOP_SECONDS} s") from None
    world.note(f"gone after {time.monotonic() - began:.2f} s")
    require(status == 0, f"exit status {status}")


@case()
def everybody_is_told(world):
    """everybody is told, in whatever state"""
    world.start(*(f"user{n}" for n in range(12)))
    online = {f"user{n}": world.online(f"user{n}") for n in range(2, 10)}
    online["over TLS"] = world.online("user10", listener="tls")
    bare, silent = half_open(world)
    writer = Writer(world, "user11")
    time.sleep(0.3)
    began = stop_and_watch(world, list(online.values()))
    for who, actor in (online | bare).items():
        check_farewell(actor, who)
        actor.close()
    wait_for_end(world, began)
    for plain in silent:
        plain.close()
    writer.join()
    require(writer.done > 5, f"only {writer.done} changes were acknowledged")
    world.meerkat.start()
    writer.verify(world)


@case()
def nobody_listens(world):
    """clients that do not read, with output that waits, and writes that are under way"""
    world.start("deaf", "sender", *(f"writer{n}" for n in range(4)), config="[meerkat]\nmax_output_bytes = 20_000_000")
    deaf = [world.online("deaf", f"d{n}", buffer=4096, listener="tls" if n % 2 else "bare") for n in range(6)]
    sender = world.actor("sender")
    for _ in range(60):
        sender.send(f"<message to='deaf@localhost' type='headline'><body>{'x' * 60_000}</body></message>")
    sender.ping()
    half = half_open_quietly(world)
    writers = [Writer(world, f"writer{n}") for n in range(4)]
    time.sleep(0.3)
    began = stop_and_watch(world, [sender])
    check_farewell(sender, "the sender")
    wait_for_end(world, began)
    for connection in half + [actor.socket for actor in deaf]:
        connection.close()
    for writer in writers:
        writer.join()
    world.allowed.append("some connections did not end in time")
    world.meerkat.start()
    for writer in writers:
        writer.verify(world)


def half_open_quietly(world):
    hello = client_hello()
    found = []
    for n in range(20):
        plain = socket.create_connection(world.meerkat.endpoint("tls"))
        plain.send(hello[: 1 + n * 10])
        found.append(plain)
    return found


@case()
def in_a_storm_of_logins(world):
    """a storm of logins and registrations under way, each of which takes its time"""
    config = "[auth.password]\nscram_iterations = 30_000\n"
    world.start("user", config=config)
    waiting = []
    for n in range(400):
        actor = Actor(world.meerkat, source=world.address(n))
        fields = f"<username>new{n}</username><password>secret</password>"
        registration = f"<iq type='set' id='r'><query xmlns='jabber:iq:register'>{fields}</query></iq>"
        actor.send(header() + (registration if n % 4 == 0 else plain_auth("user", "wrong")))
        waiting.append(actor)
    time.sleep(0.3 * PATIENCE)
    began = time.monotonic()
    world.meerkat.signal(signal.SIGTERM)
    wait_for_end(world, began)
    registered = [n for n, actor in enumerate(waiting) if n % 4 == 0 and is_registered(actor)]
    world.note(f"{len(registered)} were registered")
    world.meerkat.change_config("[auth.password]\nscram_iterations = 1000\n")
    world.meerkat.start()
    for n in registered[:5]:
        Actor(world.meerkat).login(f"new{n}").close()


def is_registered(actor):
    """Was the registration acknowledged before the end?"""
    came = False
    while event := actor.event(1):
        came |= event[0] == "element" and event[1].get("id") == "r" and event[1].get("type") == "result"
        if event[0] == "end":
            break
    actor.close()
    return came
