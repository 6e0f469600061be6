#!/usr/bin/python3
"""canary: two clients that chat all the time, in a process of their own. Arguments: address and port of a listener without TLS.

Prints `ready`, then a message goes every few milliseconds until standard input ends; then a line of JSON: how many were sent and received, the
longest any was under way, and what went wrong. What this process itself lost (it was not given the CPU) is not counted as the server's time."""
import json
import os
import select
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
sys.dont_write_bytecode = True

from actor import CLIENT, Actor  # noqa: E402
from dialogue.peer import ELEMENT, describe  # noqa: E402
from dialogue.text import Mismatch  # noqa: E402

INTERVAL = 0.02
FAREWELL = 20


class Place:
    """As much of dialogue.server.Server as an Actor needs."""

    def __init__(self, address, port):
        self.at = address, int(port)

    def endpoint(self, _listener):
        return self.at

    def starts_with_tls(self, _listener):
        return False


class Canary:
    def __init__(self, place):
        self.one, self.two = (Actor(place).come_online("canary", resource=name) for name in ("one", "two"))
        self.sent = self.received = 0
        self.worst = self.own = 0.0
        self.trouble = None

    def send(self):
        self.one.send(
            f"<message to='{self.two.jid}' type='headline' id='{self.sent}'><body>{time.monotonic()} {self.own}</body></message>"
        )
        self.sent += 1

    def take(self, event):
        kind, stanza = event
        if kind != ELEMENT:
            raise Mismatch(f"the canary's stream ended: {describe(event)}")
        if stanza.tag != f"{CLIENT}message" or stanza.get("from") != self.one.jid:
            return
        if int(stanza.get("id")) != self.received:
            raise Mismatch(f"message {self.received} was expected, came {stanza.get('id')}")
        self.received += 1
        began, own = map(float, stanza.find(f"{CLIENT}body").text.split())
        self.worst = max(self.worst, time.monotonic() - began - (self.own - own))

    def look(self, seconds):
        """Takes what comes in this time."""
        began = time.monotonic()
        deadline = began + seconds
        while (left := deadline - time.monotonic()) > 0:
            event = self.two.event(left)
            if event:
                self.take(event)
            while self.one.reader.events or select.select([self.one.socket], [], [], 0)[0]:
                event = self.one.event(0.001)
                if event and event[0] != ELEMENT:
                    raise Mismatch(f"the canary's stream ended: {describe(event)}")
        self.own += max(0.0, time.monotonic() - deadline - 0.01)

    def run(self):
        try:
            while not select.select([sys.stdin], [], [], 0)[0]:
                self.send()
                self.look(INTERVAL)
            deadline = time.monotonic() + FAREWELL
            while self.received < self.sent and time.monotonic() < deadline:
                self.look(INTERVAL)
        except (Mismatch, OSError) as error:
            self.trouble = str(error)
        return {"sent": self.sent, "received": self.received, "worst": self.worst, "trouble": self.trouble}


def main():
    canary = Canary(Place(*sys.argv[1:3]))
    print("ready", flush=True)
    print(json.dumps(canary.run()), flush=True)


if __name__ == "__main__":
    main()
