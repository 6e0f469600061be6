"""kill -9 at any moment: what was acknowledged is there after the restart."""
import collections
import re
import threading
import time

from actor import CLIENT, PATIENCE, Actor
from dialogue.text import Mismatch
from world import case, require

ROUNDS = 50
START_SECONDS = 0.15
CONTACTS = tuple(f"contact{n}" for n in range(12))
ABSENT = ("absent1", "absent2", "absent3")
OFFLINE_LIMIT = """
[access]
max_user_offline_messages = [{ acl = "all", value = 1_000_000 }]
"""


class Gone(Exception):
    """The server was killed."""


class Worker(threading.Thread):
    """Changes something again and again until the server is gone. What is in `sure` was acknowledged; what is in `maybe` was asked for."""

    def __init__(self, world):
        super().__init__()
        self.world = world
        self.actor = None
        self.trouble = None
        self.count = 0  # acknowledged changes, of all rounds

    def begin(self):
        """A new thread for a new round."""
        threading.Thread.__init__(self)
        self.start()

    def run(self):
        try:
            self.work()
        except (Mismatch, OSError, Gone) as error:
            # What ends by the kill has no other trouble.
            if self.actor and not self.actor.ended and not isinstance(error, OSError):
                self.trouble = f"{type(self).__name__}: {error}"
        finally:
            if self.actor:
                self.actor.close()

    def answered(self, answer):
        if answer.get("type") != "result":
            raise Mismatch(f"refused: {answer}")
        self.count += 1


class Registrar(Worker):
    """Makes accounts by in-band registration."""

    def __init__(self, world):
        super().__init__(world)
        self.sure, self.maybe, self.fresh = [], None, []

    def work(self):
        number = len(self.sure)
        while True:
            self.actor = Actor(self.world.meerkat)
            self.actor.open()
            for _ in range(5):
                number += 1
                self.maybe = f"user{number}-{self.world.random.randrange(10**9)}"
                fields = f"<username>{self.maybe}</username><password>secret</password>"
                self.answered(self.actor.ask(f"<query xmlns='jabber:iq:register'>{fields}</query>", "set"))
                self.sure.append(self.maybe)
                self.fresh.append(self.maybe)
            self.actor.close()

    def verify(self):
        """Those of the last round can log in; that all are there is asked at the end."""
        for user in self.fresh[-3:]:
            Actor(self.world.meerkat).login(user).close()
        self.fresh = []

    def verify_all(self):
        status, out, error = self.world.meerkat.ctl(["account", "countUsers", "--domain", "localhost"])
        require(status == 0, out + error)
        least = len(self.sure)
        found = int(re.search(r"\d+", out)[0])
        require(found >= least, f"{found} accounts, {least} were acknowledged")
        for user in self.world.random.sample(self.sure, min(20, least)):
            Actor(self.world.meerkat).login(user).close()


class Keeper(Worker):
    """Changes one thing of the own account: `sure` is what was acknowledged last, `maybe` what was asked for after it."""

    user = "keeper"

    def __init__(self, world):
        super().__init__(world)
        self.sure, self.maybe = {}, {}
        self.number = 0

    def work(self):
        self.actor = Actor(self.world.meerkat).login(self.user)
        while True:
            self.number += 1
            self.change()

    def set(self, key, value, payload):
        self.maybe = {key: value}
        self.answered(self.actor.ask(payload, "set"))
        self.sure[key] = value
        self.maybe = {}

    def verify(self):
        with Actor(self.world.meerkat).login(self.user) as actor:
            found = self.find(actor)
        for key, value in self.sure.items():
            if found.get(key) not in (value, self.maybe.get(key, value)):
                raise Mismatch(f"{type(self).__name__}: {key} is {found.get(key)}, acknowledged was {value}, asked for {self.maybe}")
        for key in found:
            require(key in self.sure or key in self.maybe, f"{type(self).__name__}: {key} was never set")
        self.sure.update({key: found.get(key) for key in self.maybe})
        self.maybe = {}


class RosterKeeper(Keeper):
    """Adds, changes and removes contacts."""

    user = "keeper1"

    def change(self):
        jid = f"contact{self.number % 40}@localhost"
        if self.number % 7 == 0 and self.sure.get(jid):
            self.set(jid, None, f"<query xmlns='jabber:iq:roster'><item jid='{jid}' subscription='remove'/></query>")
            return
        value = f"name {self.number}", f"group {self.number}"
        item = f"<item jid='{jid}' name='{value[0]}'><group>{value[1]}</group></item>"
        self.set(jid, value, f"<query xmlns='jabber:iq:roster'>{item}</query>")

    def find(self, actor):
        items = actor.ask("<query xmlns='jabber:iq:roster'/>").iterfind("{*}query/{*}item")
        return {item.get("jid"): (item.get("name"), item.findtext("{*}group")) for item in items}


class VcardKeeper(Keeper):
    """Changes its vCard."""

    user = "keeper2"

    def change(self):
        self.set("name", str(self.number), f"<vCard xmlns='vcard-temp'><FN>{self.number}</FN><X>{'x' * 3000}</X></vCard>")

    def find(self, actor):
        name = actor.ask("<vCard xmlns='vcard-temp'/>").findtext("{*}vCard/{*}FN")
        return {"name": name} if name else {}


class PrivateKeeper(Keeper):
    """Changes private data."""

    user = "keeper3"

    def payload(self, key, inside=""):
        return f"<query xmlns='jabber:iq:private'><{key} xmlns='urn:example:{key}'>{inside}</{key}></query>"

    def change(self):
        key = f"k{self.number % 5}"
        self.set(key, str(self.number), self.payload(key, self.number))

    def find(self, actor):
        found = {}
        for key in (f"k{n}" for n in range(5)):
            text = actor.ask(self.payload(key))[0][0].text
            if text:
                found[key] = text
        return found


class Blocker(Keeper):
    """Blocks and unblocks."""

    user = "keeper4"

    def change(self):
        jid = f"foe{self.number % 11}@example.org"
        verb = "unblock" if self.sure.get(jid) else "block"
        payload = f"<{verb} xmlns='urn:xmpp:blocking'><item jid='{jid}'/></{verb}>"
        self.set(jid, True if verb == "block" else None, payload)

    def find(self, actor):
        items = actor.ask("<blocklist xmlns='urn:xmpp:blocking'/>").iterfind("{*}blocklist/{*}item")
        return {item.get("jid"): True for item in items}


class Passwords(Keeper):
    """Changes its password."""

    user = "keeper5"

    def work(self):
        self.actor = Actor(self.world.meerkat).login(self.user, self.sure.get("password", "secret"))
        while True:
            self.number += 1
            value = f"secret{self.number}"
            fields = f"<username>{self.user}</username><password>{value}</password>"
            self.set("password", value, f"<query xmlns='jabber:iq:register'>{fields}</query>")

    def verify(self):
        for password in {self.sure.get("password", "secret"), *self.maybe.values()}:
            try:
                Actor(self.world.meerkat).login(self.user, password).close()
                self.sure = {"password": password}
                return
            except Mismatch:
                pass
        raise Mismatch(f"neither {self.sure} nor {self.maybe} is the password")


class Subscriber(Worker):
    """Asks for subscriptions and takes the requests back; a ping behind each says when it is safe."""

    def __init__(self, world):
        super().__init__(world)
        self.sure, self.maybe = {}, {}

    def work(self):
        self.actor = Actor(self.world.meerkat).login("subscriber")
        while True:
            contact = self.world.random.choice(CONTACTS)
            asks = not self.sure.get(contact)
            self.maybe = {contact: asks}
            self.actor.send(f"<presence to='{contact}@localhost' type='{'subscribe' if asks else 'unsubscribe'}'/>")
            self.actor.ping()
            self.count += 1
            self.sure[contact] = asks
            self.maybe = {}

    def verify(self):
        with Actor(self.world.meerkat).login("subscriber") as actor:
            items = actor.ask("<query xmlns='jabber:iq:roster'/>").iterfind("{*}query/{*}item")
            asked = {item.get("jid").partition("@")[0] for item in items if item.get("ask") == "subscribe"}
        for contact, asks in self.sure.items():
            if contact not in self.maybe and (contact in asked) != asks:
                raise Mismatch(f"the request to {contact}: {contact in asked}, acknowledged was {asks}")
        contact = self.world.random.choice(CONTACTS)
        with Actor(self.world.meerkat).come_online(contact) as actor:
            came = any(stanza.get("type") == "subscribe" for stanza in actor.others)
        require(contact in self.maybe or came == bool(self.sure.get(contact)), f"the request at {contact}: {came}")
        # Half done is done to the end by asking again.
        self.sure.update(self.maybe)
        for contact in self.maybe:
            with Actor(self.world.meerkat).login("subscriber") as actor:
                actor.send(f"<presence to='{contact}@localhost' type='{'subscribe' if self.sure[contact] else 'unsubscribe'}'/>")
                actor.ping()
        self.maybe = {}


class Sender(Worker):
    """Messages to those who are absent; a ping behind them says when they are safe."""

    def __init__(self, world):
        super().__init__(world)
        self.sure = collections.defaultdict(list)
        self.number = 0

    def work(self):
        self.actor = Actor(self.world.meerkat).login("sender")
        while True:
            sent = []
            for _ in range(self.world.random.randint(1, 8)):
                self.number += 1
                to = self.world.random.choice(ABSENT)
                self.actor.send(f"<message to='{to}@localhost' id='{self.number}'><body>{'x' * 200}</body></message>")
                sent.append((to, self.number))
            self.actor.ping()
            self.count += len(sent)
            for to, number in sent:
                self.sure[to].append(number)


class Receiver:
    """Fetches what waited for somebody, sometimes while the server is killed."""

    def __init__(self, world, user, sender):
        self.world = world
        self.user = user
        self.sender = sender
        self.received = []
        self.thread = None

    def take(self, stanza):
        if stanza.tag == f"{CLIENT}message":
            self.received.append(int(stanza.get("id")))

    def fetch(self):
        """Everything, with time for it."""
        with Actor(self.world.meerkat).login(self.user, resource="r") as actor:
            actor.send("<presence/>")
            actor.ping()
            for stanza in actor.others:
                self.take(stanza)

    def begin_interrupted(self):
        """Only listens once it is online: so what the server has sent arrives, even when it is killed."""
        self.thread = threading.Thread(target=self.fetch_until_killed)
        self.thread.start()

    def fetch_until_killed(self):
        try:
            with Actor(self.world.meerkat) as actor:
                actor.login(self.user, resource="r")
                actor.send("<presence/>")
                while event := actor.event():
                    if event[0] != "element":
                        return
                    self.take(event[1])
        except (Mismatch, OSError):
            return

    def end(self):
        if self.thread:
            self.thread.join()
            self.thread = None

    def verify(self):
        missing = set(self.sender.sure[self.user]) - set(self.received)
        require(not missing, f"{len(missing)} messages to {self.user} are lost: {sorted(missing)[:10]}")
        self.sender.sure[self.user].clear()
        self.received.clear()


def restart(world):
    began = time.monotonic()
    world.meerkat.start()
    return time.monotonic() - began


@case(90)
def killed(world):
    """kill -9 while everybody writes"""
    world.use_disk()
    rounds = ROUNDS * (10 if world.is_long else 1)
    keepers = [RosterKeeper, VcardKeeper, PrivateKeeper, Blocker, Passwords]
    world.start(*ABSENT, *CONTACTS, "sender", "subscriber", *(keeper.user for keeper in keepers), config=OFFLINE_LIMIT)
    sender = Sender(world)
    registrar = Registrar(world)
    workers = [sender, registrar, Subscriber(world), *(keeper(world) for keeper in keepers)]
    receivers = [Receiver(world, user, sender) for user in ABSENT]
    starts = []
    for number in range(rounds):
        for worker in workers:
            worker.begin()
        if number % 3 == 1:
            receivers[number % len(receivers)].begin_interrupted()
        time.sleep(world.random.uniform(0.01, 0.25))
        world.meerkat.kill()
        for worker in workers:
            worker.join()
            require(not worker.trouble, worker.trouble)
        for receiver in receivers:
            receiver.end()
        starts.append(restart(world))
        for worker in workers:
            if worker is not sender:
                worker.verify()
        if number % 5 == 4 or number == rounds - 1:
            for receiver in receivers:
                receiver.fetch()
                receiver.verify()
    registrar.verify_all()
    starts.sort()
    world.note(f"start: at best {starts[0] * 1000:.0f} ms, mostly {starts[len(starts) // 2] * 1000:.0f} ms, at worst {starts[-1] * 1000:.0f} ms")
    world.note(", ".join(f"{type(worker).__name__} {worker.count}" for worker in workers))
    for worker in workers:
        require(worker.count >= rounds / 5, f"{type(worker).__name__} got only {worker.count} changes done")
    if not world.is_instrumented():
        require(starts[0] < START_SECONDS * PATIENCE, f"the quickest start took {starts[0]:.3f} s")
    world.meerkat.stop()
