"""All that is done to a server before login, one kind after another and some at once, while one canary chats: memory returns to where it was."""
import socket
import ssl
import time

from actor import PATIENCE, Actor, bind, header, plain_auth
from hostile_logins import MODULES, PLAIN_ROWS, SCRAM_ROWS, SM, check_rows
from hostile_proxy import LISTENER, MALFORMED, say
from silence import connect, need_descriptors, wait_for_all
from stopping import client_hello
from world import case, require

STATE_SECONDS = int(2 * PATIENCE)
SLACK = 4e6
GIVING_BACK_SECONDS = 3  # the server looks once a second, and waits until nobody goes any more
CONFIG = "[auth.password]\nscram_iterations = 1000\n"
STATE = f"state_timeout = {STATE_SECONDS}_000"


def silent(world, listener, count, data=b""):
    made = []
    for n in range(count):
        plain = connect(world, listener, n)
        if data:
            plain.send(data)
        made.append(plain)
    return made


def byte_by_byte(connections, text):
    for byte in text:
        for plain in connections:
            say(plain, bytes([byte]), 1)


def injection(world):
    """Plaintext behind <starttls/> in the same write: what of it is acted on inside TLS?"""
    with Actor(world.meerkat, "c2s") as actor:
        actor.open()
        actor.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" + plain_auth("alice", "secret") + header() + bind("injected"))
        require(actor.element().tag.endswith("}proceed"), "no proceed")
        actor.reader = type(actor.reader)()
        # What is dropped are bytes that cannot be a handshake either; either it fails, or nothing of them has any effect.
        try:
            actor.handshake()
        except (ssl.SSLError, OSError):
            return
        features = actor.open()
        require(any(child.tag.endswith("}mechanisms") for child in features), "what came in the clear was acted on")


def wrong_passwords(world, count):
    for n in range(count):
        with Actor(world.meerkat, source=world.address(n % 50)) as actor:
            actor.send(header() + plain_auth(("alice", "nobody")[n % 2], "wrong") * 4)
            actor.ending()


def somebody_elses_session(world):
    """A session that may be resumed, its id known to somebody else."""
    victim = world.actor("bob", "victim")
    victim.send(f"<enable xmlns='{SM}' resume='true'/>")
    id = victim.element().get("id")
    victim.reset()
    with Actor(world.meerkat) as actor:
        actor.authenticate("alice")
        actor.send(f"<resume xmlns='{SM}' previd='{id}' h='0'/>")
        answer = actor.element()
        require(answer.tag == f"{{{SM}}}failed", f"a foreign session: {answer.tag}")
    with Actor(world.meerkat) as actor:
        actor.authenticate("bob")
        actor.send(f"<resume xmlns='{SM}' previd='{id}' h='0'/>")
        answer = actor.element()
        require(answer.tag == f"{{{SM}}}resumed", f"the own session: {answer.tag}")


def one_round(world):
    hello = client_hello()
    waiting = silent(world, "bare", 700) + silent(world, "tls", 500) + silent(world, "proxied", 300)
    waiting += silent(world, "bare", 100, header().encode()[:-1]) + silent(world, "c2s", 100, (header() + "<starttls").encode())
    waiting += silent(world, "tls", 150, hello[:-1]) + silent(world, "tls", 150, hello)
    slow = silent(world, "bare", 50)
    byte_by_byte(slow, header().encode()[:60])
    for n, data in enumerate(MALFORMED):
        plain = connect(world, "proxied", n)
        say(plain, data, 100_000)
        waiting.append(plain)
    for _ in range(10):
        injection(world)
    wrong_passwords(world, 100)
    somebody_elses_session(world)
    check_rows(world, "bare", PLAIN_ROWS)
    check_rows(world, "bare", SCRAM_ROWS)
    for name in ("x" * 1023, "\u212b", "\ufb01n", "\uff21\uff22", "a\u00adb"):
        world.actor("alice", name).close()
    wait_for_all(waiting + slow, 20 * PATIENCE)


@case(150)
def everything(world):
    """2,000 silent connections, half handshakes, malformed headers and logins, foreign sessions: memory returns"""
    need_descriptors(2_500)
    listeners = {name: f"{text}\n{STATE}" for name, text in {**LISTENER, "bare": "", "c2s": "", "tls": ""}.items()}
    world.start("alice", "bob", modules=MODULES, config=CONFIG, listeners=listeners)
    world.release_canary()
    one_round(world)
    time.sleep(GIVING_BACK_SECONDS)
    settled, descriptors = world.memory(), world.descriptors()
    for _ in range(10 if world.is_long else 1):
        one_round(world)
        time.sleep(GIVING_BACK_SECONDS)
    world.require_memory(world.memory() - settled, SLACK, "growth after the first round")
    require(world.descriptors() <= descriptors + 5, f"{world.descriptors()} descriptors, after the first round {descriptors}")
