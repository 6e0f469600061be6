"""Wrong passwords: four tries, limits, nobody is disturbed, and nothing is learned about who exists."""
import base64
import time

from actor import PATIENCE, Actor, header, plain_auth
from dialogue.text import Mismatch
from world import case, require

SASL = "{urn:ietf:params:xml:ns:xmpp-sasl}"
MECHANISMS = ("SCRAM-SHA-1", "SCRAM-SHA-224", "SCRAM-SHA-256", "SCRAM-SHA-384", "SCRAM-SHA-512")


@case()
def four_tries(world):
    """four tries, by whatever mechanism, then the end"""
    world.start("alice")
    for tries in (("PLAIN",) * 4, ("SCRAM-SHA-1", "PLAIN", "SCRAM-SHA-512", "PLAIN")):
        actor = Actor(world.meerkat)
        actor.open()
        for mechanism in tries:
            if mechanism == "PLAIN":
                actor.send(plain_auth("alice", "wrong"))
            else:
                exchange(actor, mechanism, "alice")
                continue
            require(condition(actor.element()) == "not-authorized", "not refused")
        require(actor.ending()[0] == "policy-violation", "not ended after four tries")
    # Also when they all come at once, no more than four are answered.
    actor = Actor(world.meerkat)
    actor.open()
    actor.send(plain_auth("alice", "wrong") * 50)
    answers = 0
    while (event := actor.event()) and event[0] == "element" and event[1].tag == SASL + "failure":
        answers += 1
    require(answers == 4, f"{answers} tries were answered")


def condition(failure):
    require(failure.tag == SASL + "failure", f"{failure.tag} instead of a failure")
    return failure[0].tag.partition("}")[2]


def exchange(actor, mechanism, user):
    """A SCRAM exchange with a wrong proof: what the challenge and the failure look like."""
    first = base64.b64encode(f"n,,n={user},r=nonce".encode()).decode()
    actor.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='{mechanism}'>{first}</auth>")
    challenge = actor.element()
    require(challenge.tag == SASL + "challenge", f"{user}: {challenge.tag} instead of a challenge")
    fields = dict(field.split("=", 1) for field in base64.b64decode(challenge.text).decode().split(","))
    size = {"SCRAM-SHA-1": 20, "SCRAM-SHA-224": 28, "SCRAM-SHA-256": 32, "SCRAM-SHA-384": 48, "SCRAM-SHA-512": 64}[mechanism]
    final = f"c=biws,r={fields['r']},p={base64.b64encode(bytes(size)).decode()}"
    actor.send(f"<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{base64.b64encode(final.encode()).decode()}</response>")
    shape = tuple(fields), len(fields["r"]), len(base64.b64decode(fields["s"])), fields["i"], condition(actor.element())
    return shape, fields["s"]


@case()
def who_exists(world):
    """unknown users get what known ones get"""
    world.start("alice")

    def ask(mechanism, user):
        with Actor(world.meerkat) as actor:
            actor.open()
            return exchange(actor, mechanism, user)

    for mechanism in MECHANISMS:
        known, salt = ask(mechanism, "alice")
        unknown, other_salt = ask(mechanism, "nobody")
        require(known == unknown, f"{mechanism}: {known} for known, {unknown} for unknown users")
        require(ask(mechanism, "alice")[1] == salt, f"{mechanism}: the salt of a known user changes")
        require(ask(mechanism, "nobody")[1] == other_salt, f"{mechanism}: the salt of an unknown user changes")
        require(ask(mechanism, "somebody")[1] != other_salt, f"{mechanism}: all unknown users have the same salt")
    salt = ask("SCRAM-SHA-256", "nobody")[1]
    world.meerkat.stop()
    world.meerkat.start()
    require(ask("SCRAM-SHA-256", "nobody")[1] == salt, "a restart changes the salts of unknown users")


@case()
def how_long_it_takes(world):
    """a wrong password takes as long for unknown users"""
    world.start("alice", config="[auth.password]\nscram_iterations = 20_000")
    with Actor(world.meerkat) as actor:
        actor.login("alice")

    def measure(user):
        with Actor(world.meerkat) as actor:
            actor.open()
            began = time.monotonic()
            actor.send(plain_auth(user, "wrong"))
            require(condition(actor.element()) == "not-authorized", "not refused")
            return time.monotonic() - began

    times = {"alice": [], "nobody": []}
    for _ in range(25):
        for user, found in times.items():
            found.append(measure(user))
    # The least of many: what others do to the machine only adds to it.
    known, unknown = min(times["alice"]), min(times["nobody"])
    world.note(f"known: {known * 1000:.1f} ms, unknown: {unknown * 1000:.1f} ms")
    require(world.is_instrumented() or 0.6 < known / unknown < 1.6, f"known users take {known * 1000:.1f} ms, unknown ones {unknown * 1000:.1f} ms")


@case(90)
def ten_thousand(world):
    """as many wrong passwords as one client can send, with the limit of its address"""
    world.start("alice", config="[meerkat]\nmax_login_failures_per_address = 60\n[auth.password]\nscram_iterations = 10_000")
    world.release_canary()
    seconds = 60 if world.is_long else 6
    tries = answered = refused = 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        tries += 4
        try:
            actor = Actor(world.meerkat, source=world.address(1))
            actor.open()
            actor.send(plain_auth("alice", "wrong") * 4)
            while (event := actor.event()) and event[0] != "end":
                answered += event[0] == "element" and event[1].tag == SASL + "failure"
            actor.close()
        except (Mismatch, OSError):
            refused += 1
        time.sleep(0.002)
    world.note(f"{tries} tries, {answered} answered, {refused} connections refused")
    require(answered <= 60 + seconds + 4, f"{answered} wrong passwords were tried in {seconds} s")
    require(world.is_instrumented() or refused > 100, "nothing was refused")
    Actor(world.meerkat, source=world.address(2)).login("alice").close()


@case(90)
def from_everywhere(world):
    """wrong passwords from many addresses"""
    world.start("alice", config="[auth.password]\nscram_iterations = 10_000")
    world.release_canary()
    deadline = time.monotonic() + (60 if world.is_long else 4) * PATIENCE
    waiting, answered, number = [], 0, 0
    while time.monotonic() < deadline:
        actor = Actor(world.meerkat, source=world.address(number))
        actor.send(header() + plain_auth(("alice", "nobody")[number % 2], "wrong") * 4)
        waiting.append(actor)
        number += 1
        if len(waiting) == 200:
            for old in waiting[:100]:
                try:
                    while (event := old.event()) and event[0] != "end":
                        answered += event[0] == "element" and event[1].tag == SASL + "failure"
                finally:
                    old.close()
            del waiting[:100]
    for actor in waiting:
        actor.close()
    world.note(f"{answered} wrong passwords were answered")
    world.online("alice").ping()
