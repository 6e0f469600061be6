"""Connections that are cut while their clients chat (XEP-0198): nothing is lost, nothing comes twice, everything stays in order."""
import collections
import selectors
import time

from actor import CLIENT, PATIENCE, Actor
from dialogue.peer import ELEMENT
from dialogue.text import Mismatch
from world import case, require

CLIENTS = 200
CHAT_SECONDS = 6
FINISH_SECONDS = 30
SM = "urn:xmpp:sm:3"
MODULES = {"mod_stream_management": {"buffer_max": 1000}}
OFFLINE_LIMIT = """
[access]
max_user_offline_messages = [{ acl = "all", value = 1_000_000 }]
"""


class Client:
    """Counts as XEP-0198 has it: what the server has not acknowledged is sent again when the session is resumed."""

    def __init__(self, world, user):
        self.world = world
        self.user = user
        self.id = None
        self.handled = 0  # stanzas that came
        self.sent = 0  # stanzas that went
        self.waiting = collections.deque()  # (number, text) that the server has not acknowledged
        self.numbers = collections.Counter()  # of the messages to each
        self.safe = []  # (to, number) that the server has acknowledged
        self.received = collections.defaultdict(list)  # the numbers from each
        self.cuts = 0
        self.actor = None  # None: away
        self.old = None  # a connection that the server still believes in
        self.away_until = 0.0

    def start(self):
        self.actor = Actor(self.world.meerkat).login(self.user, resource="r")
        self.actor.send(f"<enable xmlns='{SM}' resume='true'/>")
        self.id = self.actor.element().get("id")
        self.send("<presence/>")

    def send(self, text, about=None):
        self.sent += 1
        self.waiting.append((self.sent, text, about))
        self.actor.send(text)

    def chat(self, to):
        self.numbers[to] += 1
        number = self.numbers[to]
        text = f"<message to='{to}@localhost' type='chat' id='{number}'><body>{number}</body></message>"
        self.send(text, (to, number))
        if self.world.random.random() < 0.3:
            self.actor.send(f"<r xmlns='{SM}'/>")

    def acknowledged(self, count):
        while self.waiting and self.waiting[0][0] <= count:
            about = self.waiting.popleft()[2]
            if about:
                self.safe.append(about)

    def take(self, element):
        if element.tag == f"{{{SM}}}r":
            self.actor.send(f"<a xmlns='{SM}' h='{self.handled}'/>")
        elif element.tag == f"{{{SM}}}a":
            self.acknowledged(int(element.get("h")))
        elif element.tag.startswith(CLIENT):
            self.handled += 1
            if element.tag == f"{CLIENT}message":
                if element.get("type") == "error":
                    raise Mismatch(f"{self.user}: message {element.get('id')} to {element.get('from')} was refused")
                self.received[element.get("from").partition("@")[0]].append(int(element.get("id")))

    def read(self):
        """What there is. False when the connection has ended."""
        while self.actor.reader.events or self.actor.read(0):
            while self.actor.reader.events:
                kind, element = self.actor.reader.events.popleft()
                if kind != ELEMENT:
                    return False
                self.take(element)
        return True

    def cut(self):
        """In mid-stanza, with what is under way both ways; sometimes the server still believes in the old connection."""
        self.cuts += 1
        if self.world.random.random() < 0.5:
            self.actor.send("<message to='nobody@localhost'><bo")
        self.old = None
        way = self.world.random.choice(("reset", "close", "keep"))
        if way == "reset":
            self.actor.reset()
        elif way == "close":
            self.actor.close()
        else:
            self.old = self.actor
        self.actor = None
        # Some come back at once, others when more has been sent to them.
        self.away_until = time.monotonic() + self.world.random.choice((0, 0.05, 0.5, 2))

    def resume(self):
        self.actor = Actor(self.world.meerkat)
        self.actor.authenticate(self.user)
        self.actor.send(f"<resume xmlns='{SM}' previd='{self.id}' h='{self.handled}'/>")
        answer = self.actor.element()
        require(answer.tag == f"{{{SM}}}resumed", f"{self.user} cannot resume: {answer.tag} {[child.tag for child in answer]}")
        self.acknowledged(int(answer.get("h")))
        for _, text, _ in self.waiting:
            self.actor.send(text)
        if self.old:
            self.old.close()


def look(clients, seconds):
    with selectors.DefaultSelector() as selector:
        for client in clients:
            if not client.actor:
                continue
            selector.register(client.actor.socket, selectors.EVENT_READ, client)
            # What came together with the answer to a resumption has been read, and is not announced again.
            if client.actor.reader.events:
                require(client.read(), f"the stream of {client.user} has ended")
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                require(key.data.read(), f"the stream of {key.data.user} has ended")


def return_those_away(clients):
    for client in clients:
        if not client.actor and time.monotonic() >= client.away_until:
            client.resume()


def chat(world, clients, seconds):
    """Everybody writes, to those who are away more than to others; somebody is cut all the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        here = [client for client in clients if client.actor]
        away = [client for client in clients if not client.actor]
        for _ in range(20):
            one = world.random.choice(here)
            other = world.random.choice(away if away and world.random.random() < 0.5 else clients)
            one.chat(other.user)
        world.random.choice(here).cut()
        look(clients, 0.005)
        return_those_away(clients)


def is_complete(clients):
    return all(client.received[one.user] == list(range(1, one.numbers[client.user] + 1)) for client in clients for one in clients
               if one.numbers[client.user])  # fmt: skip


def verify(clients):
    for client in clients:
        for one in clients:
            wanted = list(range(1, one.numbers[client.user] + 1))
            got = client.received[one.user]
            require(got == wanted, f"{one.user} sent {client.user} 1 to {len(wanted)}, arrived {got}")


def cut_all(world, loops):
    world.start(*(f"user{n}" for n in range(CLIENTS)), modules=MODULES, config=OFFLINE_LIMIT, loops=loops)
    clients = [Client(world, f"user{n}") for n in range(CLIENTS)]
    for client in clients:
        client.start()
    chat(world, clients, CHAT_SECONDS * (10 if world.is_long else 1))
    # Everybody at least once.
    for client in clients:
        if not client.cuts:
            client.cut()
    deadline = time.monotonic() + FINISH_SECONDS * PATIENCE
    while not (all(client.actor for client in clients) and is_complete(clients)) and time.monotonic() < deadline:
        return_those_away(clients)
        look(clients, 0.1)
    verify(clients)
    world.note(f"{sum(client.cuts for client in clients)} cuts, {sum(sum(client.numbers.values()) for client in clients)} messages")
    for client in clients:
        client.actor.close()


@case(120)
def cut_with_one_loop(world):
    """200 connections cut under chat, one loop"""
    cut_all(world, 1)


@case(120)
def cut_with_two_loops(world):
    """200 connections cut under chat, two loops"""
    cut_all(world, 2)


@case(120)
def cut_with_seven_loops(world):
    """200 connections cut under chat, seven loops"""
    cut_all(world, 7)


@case(120)
def killed_while_cut(world):
    """kill -9 among cuts: every message that was acknowledged is delivered"""
    world.use_disk()
    users = [f"user{n}" for n in range(30)]
    world.start(*users, modules=MODULES, config=OFFLINE_LIMIT, loops=2)
    safe = 0
    for _ in range(30 if world.is_long else 4):
        clients = [Client(world, user) for user in users]
        for client in clients:
            client.start()
        chat(world, clients, 1.5)
        # Some have lost their connections, others do not read any more.
        for client in clients[::3]:
            if client.actor:
                client.cut()
        others = [client for client in clients if client.actor]
        for _ in range(10):
            for one in others:
                one.chat(world.random.choice(users))
            look(others[::2], 0.05)
        world.meerkat.kill()
        for client in others:
            try:
                client.read()
            except (Mismatch, OSError):
                pass
            client.actor.close()
        world.meerkat.start()
        by_name = {client.user: client for client in clients}
        for client in clients:
            client.actor = Actor(world.meerkat).come_online(client.user, resource="again")
            for element in client.actor.others:
                client.take(element)
            client.actor.close()
        for client in clients:
            lost = [(to, number) for to, number in client.safe if number not in by_name[to].received[client.user]]
            require(not lost, f"{client.user} was told that these are safe, and they are lost: {lost[:10]}")
            safe += len(client.safe)
    require(safe > 500, f"only {safe} messages were acknowledged")
    world.note(f"{safe} messages were acknowledged, and are there")
