"""The configuration is reloaded again and again under a thousand clients that chat: nobody is disconnected, everything stays in order, and the
configurations that were replaced are given back."""
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import time

from actor import CLIENT, PATIENCE, SECONDS, Actor
from dialogue import server
from dialogue.peer import ELEMENT, describe
from dialogue.text import Mismatch
from world import case, require, wait_until

USERS = 100
RESOURCES = 10
RELOADS = 50
LEVELS = ("warning", "error", "none")
GROWTH = 3_000_000  # bytes, after 40 more reloads
# The current one, that of the start, and those that listeners were opened with or connections began under.
CONFIGURATIONS = 6


class Chatter:
    """Writes numbered messages to its partner, and counts those that come from whose partner it is."""

    def __init__(self, world, user, resource, listener):
        self.actor = Actor(world.meerkat, listener).login(user, resource=resource)
        self.partner = None
        self.sent = self.received = 0

    def send(self):
        self.actor.send(f"<message to='{self.partner.actor.jid}' id='{self.sent}'><body>{self.sent}</body></message>")
        self.sent += 1

    def read(self):
        self.actor.read(0)
        while self.actor.reader.events:
            kind, element = self.actor.reader.events.popleft()
            require(kind == ELEMENT and element.tag == f"{CLIENT}message", f"{self.actor.jid}: {describe((kind, element))}")
            require(element.get("id") == str(self.received), f"{self.actor.jid}: came {element.get('id')} in place of {self.received}")
            self.received += 1


class Crowd:
    def __init__(self, world):
        self.selector = selectors.DefaultSelector()
        self.chatters = []
        for number in range(USERS * RESOURCES):
            user = f"user{number % USERS}"
            # Every twentieth over TLS, whose certificate changes as well.
            self.chatters.append(Chatter(world, user, f"r{number // USERS}", "tls" if number % 20 == 0 else "bare"))
        for number, chatter in enumerate(self.chatters):
            chatter.partner = self.chatters[(number * 7 + 13) % len(self.chatters)]
            self.selector.register(chatter.actor.socket, selectors.EVENT_READ, chatter)
        self.wanted = {id(chatter.partner): chatter for chatter in self.chatters}
        require(len(self.wanted) == len(self.chatters), "everybody is somebody's partner")

    def look(self, seconds):
        for key, _ in self.selector.select(seconds):
            key.data.read()

    def is_complete(self):
        return all(chatter.received == self.wanted[id(chatter)].sent for chatter in self.chatters)

    def finish(self):
        deadline = time.monotonic() + SECONDS
        while not self.is_complete():
            require(time.monotonic() < deadline, "messages are missing")
            self.look(0.1)

    def close(self):
        for chatter in self.chatters:
            chatter.actor.close()


class Administrator:
    """Changes the file, a little more each time, and has it read again."""

    def __init__(self, world):
        self.world = world
        self.meerkat = world.meerkat
        self.reloads = 0
        self.guests = []  # clients of the listener that comes and goes
        self.under_way = None  # (meerkatctl or None, is the file good)

    def ask(self, operation, category="server"):
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(SECONDS)
            control.connect(os.path.join(self.meerkat.names["state"], "admin.sock"))
            control.sendall(json.dumps({"category": category, "operation": operation, "args": {}}).encode() + b"\n")
            with control.makefile("r") as lines:
                return json.loads(lines.readline())["data"][category][operation]

    def metric(self, name):
        return next(metric["value"] for metric in self.ask("getMetrics", "metric") if metric["name"] == name)

    def change(self, number):
        config, listen = self.meerkat.config, self.meerkat.config["listen"]["c2s"]
        bare, tls = self.meerkat.listeners["bare"], self.meerkat.listeners["tls"]
        config["general"]["loglevel"] = LEVELS[number % len(LEVELS)]
        if number % 2:
            config["modules"]["mod_time"] = {}
        else:
            config["modules"].pop("mod_time", None)
        config["modules"]["mod_ping"] = {"ping_interval": 60 + number}
        config["general"]["hosts"] = ["localhost", "other.example"][: 1 + number % 3 // 2]
        bare["max_stanza_size"] = 100_000 + number
        bare["max_connections"] = 5_000 + number
        bare["backlog"] = 1_000 + number
        tls["tls"]["versions"] = ["tlsv1.2", "tlsv1.3"][number % 2 :]
        config["access"] = {"max_user_sessions": [{"acl": "all", "value": 100 + number}], f"rule{number}": []}
        config["acl"] = {f"some{n}": [{"user": f"somebody{n}"}] for n in range(number)}
        shutil.copy(self.world.certificates["cert" if number % 2 else "second"], self.meerkat.names["own-cert"])
        shutil.copy(self.world.certificates["key" if number % 2 else "second-key"], self.meerkat.names["own-key"])
        listen[:] = [table for name, table in self.meerkat.listeners.items() if name != "extra" or number % 4 < 2]

    def start(self):
        """Every ninth file has a mistake, and changes nothing. Signals and meerkatctl take turns."""
        self.reloads += 1
        is_good = self.reloads % 9 != 0
        self.change(self.reloads)
        if not is_good:
            self.meerkat.config["general"]["hosts"] = []
        self.meerkat.change_config("")
        if self.reloads % 2 and is_good:
            self.meerkat.reload()
            self.under_way = None, True
        else:
            command = [self.meerkat.control, "--config", self.meerkat.config_path, "server", "reload"]
            output = subprocess.DEVNULL
            child = subprocess.Popen(command, stdout=output, stderr=output, preexec_fn=server.die_with_parent)
            self.under_way = child, is_good

    def is_done(self):
        child, is_good = self.under_way
        if not child:
            return LEVELS[self.reloads % len(LEVELS)].startswith(self.ask("getLoglevel"))
        if child.poll() is None:
            return False
        require((child.returncode == 0) == is_good, f"reload {self.reloads}: exit status {child.returncode}")
        return True

    def visit(self):
        """Somebody new comes; on the listener that is not always there somebody stays until it goes."""
        with Actor(self.meerkat) as visitor:
            visitor.login("visitor")
            payload = "<time xmlns='urn:xmpp:time'/>"
            answer = visitor.ask(payload, to="localhost").get("type")
        _, is_good = self.under_way
        if not is_good:
            return
        require(answer == ("result" if self.reloads % 2 else "error"), f"reload {self.reloads}: mod_time says {answer}")
        if self.reloads % 4 < 2:
            if not self.guests:
                self.guests.append(Actor(self.meerkat, "extra").login("guest"))
            return
        while self.guests:
            condition, _, _ = self.guests.pop().ending()
            require(condition == "system-shutdown", f"the guest's stream ended with {condition}")


def reload_once(administrator, crowd, count):
    """While everybody writes."""
    half = len(crowd.chatters) // 2
    for chatter in crowd.chatters[:half]:
        chatter.send()
    administrator.start()
    for chatter in crowd.chatters[half:]:
        chatter.send()
    deadline = time.monotonic() + SECONDS
    while not administrator.is_done():
        require(time.monotonic() < deadline, f"reload {count} does not come to an end")
        crowd.look(0.01)
    crowd.look(0)
    administrator.visit()


@case(200)
def under_a_crowd(world):
    """50 reloads while 1,000 clients chat"""
    world.allowed.append("^(applied|for new connections): |configuration not reloaded")
    listeners = {"extra": "", "tls": 'tls.certfile = "{own-cert}"\ntls.keyfile = "{own-key}"'}
    world.start("visitor", "guest", *(f"user{n}" for n in range(USERS)), listeners=listeners)
    crowd, administrator = Crowd(world), Administrator(world)
    world.release_canary()
    began = None
    for count in range(RELOADS * (10 if world.is_long else 1)):
        reload_once(administrator, crowd, count)
        if count == 9:
            crowd.finish()
            began = world.memory()
    crowd.finish()
    world.note(f"{sum(chatter.received for chatter in crowd.chatters)} messages, all in order")
    world.require_memory(world.memory() - began, GROWTH, "memory after the tenth reload")
    most = administrator.metric("configurations")
    require(most <= CONFIGURATIONS, f"{most} configurations are in memory")
    world.check_canary()
    crowd.close()
    wait_until(lambda: administrator.metric("connections_open") == len(administrator.guests), 10, "connections stay")
    world.note(f"{most} configurations with everybody there, {administrator.metric('configurations')} afterwards")
