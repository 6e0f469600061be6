"""Every limit that a connection can run into: it acts, is counted under its name, and told in the log at most once a second."""
import re
import time

from actor import PATIENCE, Actor, header, plain_auth
from dialogue.text import Mismatch
from world import case, require, wait_until

TIMES = 8  # each limit acts so often, quickly


def lines(world, name):
    return re.findall(rf"info  +limit: a limit has acted limit=\"{name}\".*", world.meerkat.log())


def refused(actor, condition=None):
    """It hears this stream error, or is closed without a word."""
    found = actor.ending()[0]
    require(found == condition, f"it was ended with {found}, not {condition}")


def say(world, text, condition, listener="bare"):
    """Strangers who say this, each from an address of its own."""
    actors = [Actor(world.meerkat, listener=listener, source=world.address(n)) for n in range(TIMES)]
    for actor in actors:
        actor.send(text)
    return [(actor, condition) for actor in actors], []


# Each returns the actors that a limit has acted on, and what they are told.


def too_many_connections(world):
    held = [Actor(world.meerkat, listener="few") for _ in range(2)]
    wait_until(lambda: world.metric("connections_accepted") >= 2, 5, "the first two are not accepted")
    over = [(Actor(world.meerkat, listener="few"), None) for _ in range(TIMES)]
    return over, held


def crowded(world):
    held = [Actor(world.meerkat, source="127.77.0.1") for _ in range(6)]
    for actor in held:
        actor.open()
    return [(Actor(world.meerkat, source="127.77.0.1"), None) for _ in range(TIMES)], held


def wrong_passwords(world):
    held = []
    for _ in range(3):
        actor = Actor(world.meerkat, source="127.77.0.2")
        actor.open()
        actor.send(plain_auth("alice", "wrong"))
        require(actor.element().tag.endswith("}failure"), "a wrong password is good enough")
        held.append(actor)
    return [(Actor(world.meerkat, source="127.77.0.2"), None) for _ in range(TIMES)], held


def large_stanza(world):
    over = []
    for n in range(TIMES):
        actor = Actor(world.meerkat, listener="small").login("alice", resource=f"l{n}")
        actor.send(f"<message><body>{'x' * 3000}</body></message>")
        over.append((actor, "policy-violation"))
    return over, []


def large_before_login(world):
    return say(world, header() + f"<iq id='1'><a>{'x' * 70_000}", "policy-violation")


def slow_step(world):
    return say(world, header(), "connection-timeout", "hasty")


def slow_login(world):
    return say(world, header(), "connection-timeout", "patient")


def much_unfinished(world):
    over = []
    for n in range(TIMES):
        actor = Actor(world.meerkat).login("alice", resource=f"u{n}")
        actor.send(f"<message><body>{'x' * 1_500_000}")
        over.append((actor, "resource-constraint"))
        refused(*over.pop())
    return over, []


def too_fast(world):
    actors = [Actor(world.meerkat, listener="slow").login("alice", resource=f"f{n}") for n in range(TIMES)]
    for actor in actors:
        actor.send("<presence/>" * 500)
    return [], actors


def many_sessions(world):
    actors = [Actor(world.meerkat).login("carol", resource=f"s{n}") for n in range(TIMES + 2)]
    return [(actor, "conflict") for actor in actors[:TIMES]], actors[TIMES:]


def no_header(world):
    over = []
    for n in range(TIMES):
        actor = Actor(world.meerkat, listener="proxied")
        actor.send("GET / HTTP/1.1\r\n\r\n")
        over.append((actor, None))
    return over, []


LISTENERS = {
    "few": "max_connections = 2",
    "small": "max_stanza_size = 2000",
    "hasty": "state_timeout = 200",
    "patient": "state_timeout = 'infinity'",
    "slow": "shaper = 'slow'",
    "proxied": "proxy_protocol = true",
}
CONFIG = """
[general]
loglevel = "info"
[meerkat]
login_timeout = 2500
max_unauthenticated_per_address = 6
max_login_failures_per_address = 3
max_input_bytes = 1_048_576
[shaper]
slow.max_rate = 1000
[access]
max_user_sessions = [{acl = "carols", value = 2}]
[acl]
carols = [{user_regexp = "^car"}]
"""
# Metric, what makes it act.
LIMITS = (
    ("max_connections_refused", too_many_connections),
    ("max_unauthenticated_refused", crowded),
    ("max_login_failures_refused", wrong_passwords),
    ("max_stanza_size_exceeded", large_stanza),
    ("state_timeout_expired", slow_step),
    ("login_timeout_expired", slow_login),
    ("input_budget_exceeded", much_unfinished),
    ("shaper_paused", too_fast),
    ("max_user_sessions_exceeded", many_sessions),
    ("proxy_header_refused", no_header),
    ("max_stanza_size_exceeded", large_before_login),
)


def check_limit(world, name, run):
    before, said, began = world.metric(name), len(lines(world, name)), time.monotonic()
    over, held = run(world)
    for actor, condition in over:
        refused(actor, condition)
    wait_until(lambda: world.metric(name) >= before + TIMES, 5, f"{name} has not counted them")
    most = 1 + int(time.monotonic() - began) + 1
    if name == "proxy_header_refused":  # it says the reason as well
        found = re.findall(r"info  +net: PROXY header refused", world.meerkat.log())
    else:
        found = lines(world, name)[said:]
    require(0 < len(found) <= most, f"{name} is told {len(found)} times in {most} seconds")
    for actor in [a for a, _ in over] + held:
        actor.close()


@case(seconds=90)
def all_of_them(world):
    """each one acts, counts and tells, and others do not notice"""
    world.allowed += [" info  "]
    world.start("alice", "bob", "carol", config=CONFIG, listeners=LISTENERS)
    world.release_canary()
    for name, run in LIMITS:
        try:
            check_limit(world, name, run)
        except Mismatch as mismatch:
            raise Mismatch(f"{run.__name__}: {mismatch}") from mismatch
    # Nothing is held against anybody.
    time.sleep(0.1 * PATIENCE)
    Actor(world.meerkat).login("alice").ping()
    Actor(world.meerkat, listener="few").login("bob").ping()
