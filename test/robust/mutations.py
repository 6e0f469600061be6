"""Sessions that were valid once, and noise, with a seed: nobody notices, and what reaches others is well-formed."""
import socket
import ssl
import threading
import time

from actor import PATIENCE, Actor, bind, header, plain_auth
from dialogue.peer import GARBAGE
from world import case, require

AFTER = 6e6  # what one round may leave behind once all connections are gone

IQS = (
    "<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>",
    "<iq type='set' id='2'><query xmlns='jabber:iq:roster'><item jid='Bob@localhost' name='B'><group>G</group></item></query></iq>",
    "<iq type='get' id='3' to='localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
    "<iq type='get' id='4' to='victim@localhost'><vCard xmlns='vcard-temp'/></iq>",
    "<iq type='set' id='5'><vCard xmlns='vcard-temp'><FN>Alice</FN></vCard></iq>",
    "<iq type='set' id='6'><query xmlns='jabber:iq:private'><x xmlns='urn:x'>1</x></query></iq>",
    "<iq type='set' id='7'><block xmlns='urn:xmpp:blocking'><item jid='eve@localhost'/></block></iq>",
    "<iq type='set' id='8'><unblock xmlns='urn:xmpp:blocking'/></iq>",
    "<iq type='set' id='9'><enable xmlns='urn:xmpp:carbons:2'/></iq>",
    "<iq type='get' id='10' to='victim@localhost/v'><time xmlns='urn:xmpp:time'/></iq>",
    "<iq type='get' id='11'><query xmlns='jabber:iq:last'/></iq>",
    "<iq type='get' id='12'><query xmlns='jabber:iq:register'/></iq>",
    "<iq type='result' id='13' to='victim@localhost/v'/>",
    "<iq type='get' id='14' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>",
)
OTHERS = (
    "<presence/>",
    "<presence><show>away</show><priority>5</priority><status xml:lang='de'>fort</status></presence>",
    "<presence type='unavailable'/>",
    "<presence to='victim@localhost' type='subscribe'/>",
    "<presence to='victim@localhost' type='unsubscribe'/>",
    "<presence to='victim@localhost/v'/>",
    "<message to='victim@localhost' type='chat' id='m1'><body>&lt;a&gt; &#x1F600; \u00e4\u20ac\U0001f600</body></message>",
    "<message to='victim@localhost/v' id='m2'><body>x</body><p:x xmlns:p='urn:p' p:y='1'><p:z/></p:x></message>",
    "<message to='absent@localhost'><body xmlns:a='urn:a' a:b='c'>offline</body></message>",
    "<message to='victim@localhost' type='groupchat'><subject/></message>",
    "<message to='nobody@localhost'><body><![CDATA[<&>]]></body></message>",
    "<message xmlns='jabber:client' to='alice@localhost'><body>me</body><delay xmlns='urn:xmpp:delay' stamp='x'/></message>",
)
TOKENS = (
    "<", ">", "/>", "</", "'", '"', "&", ";", "&amp;", "&#0;", "&#x", "xmlns", "xmlns:", ":", "=", " ", "\n", "\0", "\x7f", "]]>", "<![CDATA[", "<!--",
    "<?", "<!DOCTYPE x", "stream:", "to", "from", "id", "type", "xml:lang", "alice@localhost", "@", "/", "\ufeff", "\u0130", "\u200d", "\U0010ffff",
    "</stream:stream>", "<stream:stream>", "<a>" * 130, "x" * 300, "x" * 1024, "<message>", "</message>", "<iq type='get' id='z'>",
)  # fmt: skip


def valid_session(random):
    """As a list of pieces."""
    stanzas = [random.choice(IQS if random.random() < 0.5 else OTHERS) for _ in range(random.randint(1, 12))]
    login = [header(), plain_auth("alice", "secret"), header(), bind(random.choice((None, "r", "s")))]
    return [piece.encode() for piece in login + stanzas + ["</stream:stream>"]]


def mutate_bytes(data, random):
    data = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(len(data) + 1)
        end = min(len(data), at + random.choice((1, 1, 2, 8, 40)))
        what = random.randrange(6)
        if what == 0:
            data[at:end] = b""
        elif what == 1:
            data[at:at] = random.choice(TOKENS).encode()
        elif what == 2:
            data[at:end] = random.choice(TOKENS).encode()
        elif what == 3 and at < len(data):
            data[at] ^= 1 << random.randrange(8)
        elif what == 4:
            data[at:at] = data[at:end] * random.choice((1, 3, 50))
        else:
            data[at:at] = random.randbytes(random.choice((1, 2, 16)))
    return bytes(data)


def mutated_session(random):
    pieces = valid_session(random)
    what = random.randrange(10)
    if what == 0:
        return random.randbytes(random.choice((1, 20, 2000)))
    if what == 1:
        random.shuffle(pieces)
    elif what == 2:
        del pieces[random.randrange(len(pieces))]
    elif what == 3:
        at = random.randrange(len(pieces))
        pieces.insert(at, pieces[at])
    # A login that is broken tells little about what comes after it: mostly it stays.
    first = 0 if random.random() < 0.3 else 4
    at = random.randrange(min(first, len(pieces) - 1), len(pieces))
    pieces[at] = mutate_bytes(pieces[at], random)
    return b"".join(pieces)


def play(actor, data, random):
    """Sends it, maybe in pieces, and leaves in one way or another. The server must end, too, and speak XML."""
    size = random.choice((len(data), len(data), 700, 3))
    if len(data) // size > 200:
        size = len(data)
    for start in range(0, len(data), size):
        if not actor.send(data[start : start + size]):
            break
    how = random.randrange(20)
    if how == 0:
        actor.reset()
        return
    # Only a socket without TLS can be closed on one side.
    if how == 1 or isinstance(actor.socket, ssl.SSLSocket):
        actor.close()
        return
    actor.half_close()
    try:
        actor.ending()
    finally:
        actor.close()


class Victim(threading.Thread):
    """Somebody who is sent all that, and checks that it is XML."""

    def __init__(self, world):
        super().__init__()
        self.actor = world.online("victim", "v")
        self.is_over = False
        self.count = 0
        self.trouble = None
        self.start()

    def run(self):
        while not self.is_over:
            event = self.actor.event(0.1)
            if event and event[0] != "element":
                self.trouble = f"the victim received {event[0]}: {event[1]}"
                return
            self.count += bool(event)

    def end(self):
        self.is_over = True
        self.join()
        self.actor.close()
        require(not self.trouble, self.trouble)


def run_rounds(world, rounds, make):
    """Several at a time; the memory of the second half is compared with that of the first."""
    world.start("alice", "absent", "victim", loops=2)
    world.release_canary()
    victim = Victim(world)
    settled = None
    for n in range(rounds):
        data = make(world.random)
        try:
            with Actor(world.meerkat, source=world.address(n % 50)) as actor:
                play(actor, data, world.random)
        except Exception as error:
            world.note(f"round {n}: {data!r}")
            raise error
        world.require_alive()
        require(not victim.trouble, f"{victim.trouble}, after {data!r}")
        if n == rounds // 2:
            settled = world.memory()
    time.sleep(0.2 * PATIENCE)
    world.note(f"the victim received {victim.count} stanzas")
    require(victim.count > rounds / 20, f"the victim received {victim.count} stanzas only")
    victim.end()
    world.require_memory(world.memory() - settled, AFTER, "growth in the second half")


@case(60)
def mutated_sessions(world):
    """sessions with a few changes"""
    run_rounds(world, 60_000 if world.is_long else 2_500, mutated_session)


@case(60)
def mutated_stanzas(world):
    """changed stanzas in sessions that go on"""
    world.start("alice", "absent", "victim")
    world.release_canary()
    victim = Victim(world)
    actor = None
    for n in range(60_000 if world.is_long else 3_000):
        data = mutate_bytes(world.random.choice(IQS + OTHERS).encode(), world.random)
        if not actor:
            actor = world.actor("alice", f"r{n % 3}")
        actor.send(data)
        while actor and (event := actor.event(0.0005)):
            require(event[0] != GARBAGE, f"after {data!r}: {event[1]}")
            if event[0] != "element":
                actor.close()
                actor = None
        world.require_alive()
        require(not victim.trouble, f"{victim.trouble}, after {data!r}")
    victim.end()


def make_noise(random):
    """Bytes, or pieces of XML in no order."""
    if random.random() < 0.3:
        return random.randbytes(random.choice((1, 10, 300, 5_000)))
    pieces = TOKENS + tuple(IQS) + tuple(OTHERS) + (header(), plain_auth("alice", "secret"), bind("n"), "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    return "".join(random.choice(pieces) for _ in range(random.choice((1, 3, 30)))).encode()


@case(60)
def noise(world):
    """noise in every state: before the opening tag, before login, before bind, in a session"""
    world.start("alice", "absent", "victim")
    world.release_canary()
    victim = Victim(world)

    def begin(number):
        actor = Actor(world.meerkat, "tls" if number % 8 == 7 else "bare", source=world.address(number % 50))
        state = number % 4
        if state == 1:
            actor.open()
        elif state == 2:
            actor.authenticate("alice")
        elif state == 3:
            actor.login("alice", resource="noisy")
        return actor

    for n in range(20_000 if world.is_long else 800):
        data = make_noise(world.random)
        try:
            with begin(n) as actor:
                play(actor, data, world.random)
        except Exception as error:
            world.note(f"round {n}: {data!r}")
            raise error
        world.require_alive()
        require(not victim.trouble, f"{victim.trouble}, after {data!r}")
    victim.end()


@case(60)
def noise_over_tls(world):
    """changes in the bytes of a TLS connection"""
    # What is cut short is waited for.
    world.start("alice", listeners={"tls": "state_timeout = 200"})
    world.release_canary()
    for n in range(3_000 if world.is_long else 100):
        relay_once(world, n)
        world.require_alive()
    world.online("alice", listener="tls").close()


def relay_once(world, number):
    """A login over TLS of which one record is changed under way."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    tls = context.wrap_bio(incoming, outgoing)
    plain = socket.create_connection(world.meerkat.endpoint("tls"), 1 * PATIENCE, (world.address(number % 50), 0))
    to_send = [b"".join(valid_session(world.random))]
    rounds, target = 0, world.random.randrange(5)
    with plain:
        try:
            while rounds < 8:
                try:
                    tls.do_handshake()
                    while to_send:
                        tls.write(to_send.pop())
                    tls.read(65_536)
                except ssl.SSLWantReadError:
                    pass
                data = outgoing.read()
                if data and rounds == target:
                    data = mutate_bytes(data, world.random)
                if data:
                    plain.sendall(data)
                    rounds += 1
                if not (came := plain.recv(65_536)):
                    return
                incoming.write(came)
        except TimeoutError:
            # In a session nothing is waited for.
            require(rounds > 2, "an unfinished handshake is waited for")
        except (ssl.SSLError, ConnectionError):
            return
