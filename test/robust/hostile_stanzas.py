"""Well-formed stanzas that are wrong, or too much: the right answer, and nobody is disturbed."""
import select
import time
from xml.sax.saxutils import quoteattr

from actor import CLIENT, PATIENCE, Actor, bind, condition_of
from dialogue.text import Mismatch
from world import case, require, wait_until

ROSTER = "jabber:iq:roster"
ROSTER_MOST = 10_000
GROUPS_MOST = 64
DIRECTED_MOST = 1_000
BLOCKED_MOST = 5_000


def expect_error(answer, expected, what):
    wanted = expected if isinstance(expected, tuple) else (expected,)
    found = condition_of(answer) if answer.get("type") == "error" else answer.get("type")
    require(found in wanted, f"{what}: {found}, expected {expected}")


def roster_set(item):
    return f"<query xmlns='{ROSTER}'>{item}</query>"


@case()
def addresses(world):
    """addresses that are none, and those that preparation changes"""
    world.start("alice", "bob")
    world.release_canary()
    alice, bob = world.online("alice"), world.online("bob", "Res")
    longest = "x" * 1023
    for to in (
        "@localhost", "alice@", "/r", "alice@localhost/", "a@b@localhost", "alice@local host", "al ice@localhost", "a\"b@localhost",
        "a<b@localhost", "alice@localhost/" + "x" * 1024, "x" * 1024 + "@localhost", "alice@" + "x" * 1024, "\u2028@localhost", "alice@.",
        "alice@a..b", "", "@", "/", "@/", "alice@localhost/\u0007x"[:16] + "\ufdd0", "\U000e0001@localhost", "alice@\u00ad", "alice@[::g]", "a:b@localhost",
    ):  # fmt: skip
        alice.send(f"<message to={quoteattr(to)} id='m'><body>x</body></message>")
        expect_error(alice.stanza(), "jid-malformed", f"to {to[:40]!r}")
        answer = alice.ask("<ping xmlns='urn:xmpp:ping'/>", to=to) if to else None
        if answer is not None:
            expect_error(answer, "jid-malformed", f"iq to {to[:40]!r}")
    alice.ping()
    for to in (
        "bob@localhost/Res", "BOB@localhost/Res", "bob@LOCALHOST/Res", "\uff42ob@localhost/Res", "bob@localhost./Res", "bo\u00adb@localhost/Res",
        "bob@local\u200bhost/Res", "bob@\uff4cocalhost/Res", "bob@localhost/R\uff45s", "\u212aob@localhost/Res".replace("\u212a", "B"),
    ):  # fmt: skip
        alice.send(f"<message to='{to}' type='headline' id='m'><body>{to}</body></message>")
        require(bob.stanza().get("from") == alice.jid, f"{to!a} is not bob")
    with world.actor("bob", longest) as other:
        alice.send(f"<message to='bob@localhost/{longest}' type='headline'><body>x</body></message>")
        require(other.stanza().get("to") == f"bob@localhost/{longest}", "a resource of 1,023 bytes gets nothing")
    for resource, expected in (("x" * 1024, "bad"), ("\ufdd0", "bad"), ("\u0130" * 600, "any"), ("\u00df" * 511, "good"), ("\u0149" * 341, "any")):
        with Actor(world.meerkat) as actor:
            actor.authenticate("bob")
            actor.send(bind(resource))
            answer = actor.element()
            if expected == "bad":
                expect_error(answer, ("bad-request", "jid-malformed"), f"resource {resource[:10]!a}")
                actor.send(bind("good"))
                answer = actor.element()
            require(expected == "any" or answer.get("type") == "result", f"resource {resource[:10]!a}: {condition_of(answer)}")


@case()
def senders(world):
    """stanzas of somebody else"""
    world.start("alice", "bob")
    world.release_canary()
    for sender in ("bob@localhost", "bob@localhost/r", "localhost", "alice@localhost/other", "alice@elsewhere", "", "@", "x" * 3000):
        with world.actor("alice", "r") as actor:
            actor.send(f"<message from='{sender}' to='bob@localhost'><body>x</body></message>")
            require(actor.ending()[0] == "invalid-from", f"from {sender[:30]!r} is not refused")
    with world.actor("alice", "r") as actor:
        for sender in ("alice@localhost", "alice@localhost/r", "ALICE@LOCALHOST/r"):
            actor.send(f"<message from='{sender}' to='{actor.jid}' type='headline'><body>x</body></message>")
            require(actor.stanza().get("from") == actor.jid, f"from {sender} is lost")


@case()
def kinds(world):
    """types, children and names that there are not"""
    world.start("alice", "bob")
    world.release_canary()
    alice, bob = world.online("alice"), world.online("bob", "r")
    for stanza, expected in (
        ("<iq id='1'/>", "bad-request"),
        ("<iq type='get' id='1'/>", "bad-request"),
        ("<iq type='x' id='1'><a xmlns='urn:a'/></iq>", "bad-request"),
        ("<iq type='get' id='1'><a xmlns='urn:a'/><b xmlns='urn:b'/></iq>", "bad-request"),
        ("<iq type='get'><a xmlns='urn:a'/></iq>", "bad-request"),
        ("<iq type='get' id=''><a xmlns='urn:a'/></iq>", "bad-request"),
        ("<iq type='get' id='1'><a xmlns='urn:a'/></iq>", ("service-unavailable", "feature-not-implemented")),
        ("<iq type='set' id='1' to='localhost'><a xmlns='urn:a'/></iq>", ("service-unavailable", "feature-not-implemented")),
        ("<iq type='get' id='1' to='bob@localhost/none'><a xmlns='urn:a'/></iq>", "service-unavailable"),
        ("<iq type='get' id='1' to='nobody@localhost'><a xmlns='urn:a'/></iq>", "service-unavailable"),
        ("<iq type='get' id='1' to='x@elsewhere.example'><a xmlns='urn:a'/></iq>", "remote-server-not-found"),
        ("<presence type='x'/>", "bad-request"),
        ("<presence><priority>1000</priority></presence>", "bad-request"),
        ("<presence><priority>x</priority></presence>", "bad-request"),
        ("<presence to='bob@localhost' type='x'/>", "bad-request"),
        ("<message to='nobody@localhost' type='chat'><body>x</body></message>", "service-unavailable"),
        ("<message to='bob@localhost' type='groupchat'><body>x</body></message>", "service-unavailable"),
        ("<message to='x@elsewhere.example'><body>x</body></message>", "remote-server-not-found"),
    ):
        alice.send(stanza)
        expect_error(alice.stanza(), expected, stanza)
    # Neither results nor errors are answered, and what nobody knows is nothing.
    for stanza in (
        "<iq type='result' id='1'/>", "<iq type='error' id='1'/>", "<iq type='result'/>", "<iq type='result' id='1' to='bob@localhost/none'/>",
        "<iq type='error' id='1' to='nobody@localhost'/>", "<message to='nobody@localhost' type='error'/>", "<presence type='error'/>",
        "<presence to='nobody@localhost' type='error'/>", "<message xmlns='jabber:server'/>", "<message xmlns='urn:x'/>", "<x/>", "<x xmlns='urn:x'/>",
        "<stream:error/>", "<stream:features/>", "<iq xmlns='urn:x' type='get' id='1'/>", "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
        "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<message to='bob@localhost/none' type='headline'/>", "<r xmlns='urn:xmpp:sm:3'/>",
    ):  # fmt: skip
        alice.send(stanza)
        alice.ping()
        require(not alice.others, f"{stanza} is answered")
    alice.send(f"<message to='{bob.jid}' type='x' id='odd'><body>x</body></message>")
    require(bob.stanza().get("id") == "odd", "a message of an unknown type is lost")
    # What is addressed to a client is the client's: also what nobody asked for.
    alice.send(f"<iq type='result' id='{'z' * 50_000}' to='{bob.jid}'/>")
    require(bob.stanza().get("id") == "z" * 50_000, "a long id is lost")


@case()
def roster_items(world):
    """contacts that are none, and too many groups"""
    world.start("alice")
    world.release_canary()
    alice = world.actor("alice")
    groups = lambda count: "".join(f"<group>g{n}</group>" for n in range(count))  # noqa: E731
    for item, expected in (
        ("", "bad-request"),
        ("<item/>", "bad-request"),
        ("<item jid='@'/>", "jid-malformed"),
        ("<item jid=''/>", ("bad-request", "jid-malformed")),
        (f"<item jid='{'x' * 1024}@localhost'/>", "jid-malformed"),
        ("<item jid='alice@localhost'/>", "not-allowed"),
        ("<item jid='alice@localhost' subscription='remove'/>", ("not-allowed", "item-not-found")),
        ("<item jid='none@localhost' subscription='remove'/>", "item-not-found"),
        ("<item jid='a@localhost'/><item jid='b@localhost'/>", "bad-request"),
        ("<item jid='a@localhost'><group/></item>", "not-acceptable"),
        ("<item jid='a@localhost'><group>g</group><group>g</group></item>", "bad-request"),
        (f"<item jid='a@localhost'><group>{'g' * 1024}</group></item>", "not-acceptable"),
        (f"<item jid='a@localhost' name='{'n' * 1024}'/>", "not-acceptable"),
        (f"<item jid='a@localhost'>{groups(GROUPS_MOST + 1)}</item>", "not-acceptable"),
        (f"<item jid='a@localhost'>{groups(20_000)}</item>", "not-acceptable"),
        (f"<item jid='a@localhost' name='{'n' * 1023}'>{groups(GROUPS_MOST)}</item>", "result"),
        ("<item jid='B@LocalHost/R' subscription='both' ask='subscribe' approved='true'/>", "result"),
    ):
        expect_error(alice.ask(roster_set(item), "set"), expected, item[:100])
    items = alice.ask(f"<query xmlns='{ROSTER}'/>")[0]
    found = {item.get("jid"): item.get("subscription") for item in items}
    require(found == {"a@localhost": "none", "b@localhost/R": "none"}, f"the roster is {found}")


@case(90)
def huge_roster(world):
    """10,000 contacts, and one more"""
    world.start("alice", "bob")
    world.release_canary()
    alice = world.actor("alice")
    last = 0
    # Names are short: there is a bound on the bytes, too.
    for n in range(0, ROSTER_MOST, 500):
        ids = range(n, n + 500)
        sets = ((i, roster_set(f"<item jid='c{i}@x.example'/>")) for i in ids)
        alice.send("".join(f"<iq type='set' id='c{i}'>{payload}</iq>" for i, payload in sets))
        for i in ids:
            expect_error(alice.answer(f"c{i}", 30 * PATIENCE), "result", f"contact {i}")
            last = i
    alice.others.clear()
    expect_error(alice.ask(roster_set("<item jid='more@x.example'/>"), "set"), "resource-constraint", "one more")
    expect_error(alice.ask(roster_set(f"<item jid='c{last}@x.example' name='new'/>"), "set"), "result", "a change")
    for _ in range(3):
        count = len(alice.ask(f"<query xmlns='{ROSTER}'/>", seconds=30 * PATIENCE)[0])
        require(count == ROSTER_MOST, f"{count} contacts")
    began = time.monotonic()
    with world.online("alice", "second") as second:
        require(len(second.ask(f"<query xmlns='{ROSTER}'/>")[0]) == ROSTER_MOST, "the second resource sees less")
    world.note(f"coming online with 10,000 contacts takes {time.monotonic() - began:.2f} s")


@case(90)
def large_roster_items(world):
    """contacts with all that they may have: the roster has an end before memory has"""
    world.start("alice")
    world.release_canary()
    alice = world.actor("alice")
    before = world.memory()
    groups = "".join(f"<group>{n:03}{'g' * 1000}</group>" for n in range(GROUPS_MOST))
    refused = 0
    for n in range(200):
        item = f"<item jid='c{n}@x.example' name='{'n' * 1000}'>{groups}</item>"
        answer = alice.ask(roster_set(item), "set")
        refused += answer.get("type") == "error"
    world.note(f"{200 - refused} of 200 contacts of 65 kB were taken")
    require(refused and condition_of(answer) == "resource-constraint", "there is no end to a roster")
    alice.ask(f"<query xmlns='{ROSTER}'/>")
    world.require_memory(world.memory() - before, 40e6, "memory for it")


@case()
def directed(world):
    """directed presence to thousands"""
    world.start("alice", "bob")
    world.release_canary()
    alice = world.online("alice")
    alice.send("".join(f"<presence to='nobody{n}@localhost'/>" for n in range(3 * DIRECTED_MOST)))
    alice.ping()
    errors = [condition_of(stanza) for stanza in alice.others if stanza.get("type") == "error"]
    require(errors == ["resource-constraint"] * (2 * DIRECTED_MOST), f"{len(errors)} were refused: {set(errors)}")
    alice.others.clear()
    alice.send("<presence type='unavailable'/>")
    alice.ping()
    alice.others.clear()
    alice.send("<presence to='bob@localhost'/>")
    alice.ping()
    require(not alice.others, "after it was over, one is refused")


@case()
def subscriptions(world):
    """a flood of requests to one and to thousands"""
    world.start("alice", "bob")
    world.release_canary()
    before = world.memory()
    alice, bob = world.online("alice"), world.online("bob")
    for kind in ("subscribe", "unsubscribe", "subscribed", "unsubscribed", "probe"):
        alice.send(f"<presence to='bob@localhost' type='{kind}'><status>{'x' * 1000}</status></presence>" * 300)
    alice.send("".join(f"<presence to='n{n}@localhost' type='subscribe'/>" for n in range(2_000)))
    alice.send("".join(f"<presence to='n{n}@elsewhere.example' type='subscribe'/>" for n in range(2_000)))
    alice.ping(30 * PATIENCE)
    bob.ping()
    world.require_memory(world.memory() - before, 30e6, "memory for it")


@case()
def carbons(world):
    """carbons among many resources do not breed"""
    count = 30
    world.start("alice", "bob")
    world.release_canary()
    sessions = [world.online("alice", f"r{n}") for n in range(count)]
    for session in sessions:
        session.ask("<enable xmlns='urn:xmpp:carbons:2'/>", "set")
    for session in sessions:
        session.ping()
        session.others.clear()
    copy = "<received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><body>x</body></message></forwarded></received>"
    for n, session in enumerate(sessions):
        other = sessions[(n + 1) % count].jid
        for to in ("alice@localhost", other, "bob@localhost", session.jid):
            session.send(f"<message to='{to}' type='chat'><body>x</body>{copy if n % 2 else ''}</message>")
        session.send(f"<message to='{other}' type='error'><body>x</body><error type='cancel'/></message>")
    for session in sessions:
        session.ping()
    for session in sessions:
        session.ping()
        received = len([stanza for stanza in session.others if stanza.tag == f"{CLIENT}message"])
        require(received <= 4 * count + 5, f"one resource received {received} messages")


@case()
def blocking(world):
    """blocking oneself, the server, everybody, and thousands at once"""
    world.start("alice", "bob", "carol")
    world.release_canary()
    alice, carol = world.online("alice"), world.online("carol")
    ask = lambda verb, items: alice.ask(f"<{verb} xmlns='urn:xmpp:blocking'>{items}</{verb}>", "set", seconds=30 * PATIENCE)  # noqa: E731
    for jid, expected in (("", ("bad-request", "jid-malformed")), ("@", "jid-malformed"), ("alice@localhost", None), ("localhost", None), ("bob@localhost", None)):
        expect_error(ask("block", f"<item jid='{jid}'/>"), expected or "result", f"blocking {jid}")
    expect_error(ask("block", ""), "bad-request", "blocking nobody")
    expect_error(ask("block", "<x/>"), "bad-request", "blocking what is no item")
    expect_error(alice.ask(f"<query xmlns='{ROSTER}'/>"), "result", "the own roster, with oneself and the server blocked")
    expect_error(ask("unblock", ""), "result", "unblocking everybody")
    many = "".join(f"<item jid='n{n}@x.example'/>" for n in range(BLOCKED_MOST + 1))
    expect_error(ask("block", many), "resource-constraint", "blocking too many")
    few = "".join(f"<item jid='n{n}@x.example'/>" for n in range(BLOCKED_MOST))
    expect_error(ask("block", few), "result", "blocking many")
    expect_error(ask("block", "<item jid='more@x.example'/>"), "resource-constraint", "blocking one more")
    # Others can write meanwhile.
    huge = "".join(f"<item jid='m{n}@x.example'/>" for n in range(300_000))
    alice.send(f"<iq type='set' id='huge'><unblock xmlns='urn:xmpp:blocking'>{huge}</unblock></iq>")
    worst, answered = 0, False
    while not answered:
        began = time.monotonic()
        carol.ask(roster_set(f"<item jid='c@localhost' name='{began}'/>"), "set", seconds=30 * PATIENCE)
        worst = max(worst, time.monotonic() - began)
        answered = bool(alice.reader.events or select.select([alice.socket], [], [], 0)[0])
    world.note(f"others' writes took at most {worst * 1000:.0f} ms")
    expect_error(alice.answer("huge"), "resource-constraint", "unblocking 300,000")
    require(worst < 2 * PATIENCE, f"meanwhile a change of somebody else's roster took {worst:.1f} s")
    require(len(alice.ask("<blocklist xmlns='urn:xmpp:blocking'/>")[0]) == BLOCKED_MOST, "the list has changed")


@case()
def large_data(world):
    """vCards and private data as large as they may be, and many pieces at once"""
    world.start("alice", "bob")
    world.release_canary()
    alice, bob = world.actor("alice"), world.actor("bob")
    size = 5_000_000
    alice.ask(f"<vCard xmlns='vcard-temp'><PHOTO><BINVAL>{'x' * size}</BINVAL></PHOTO></vCard>", "set", seconds=30 * PATIENCE)
    bob.send("<iq type='get' id='v' to='alice@localhost'><vCard xmlns='vcard-temp'/></iq>")
    came = b""
    while not came.endswith(b"</iq>"):
        require(select.select([bob.socket], [], [], 20 * PATIENCE)[0], f"only {len(came)} bytes of the vCard came")
        came += bob.socket.recv(1 << 20)
    require(b"x" * size in came, "the vCard came back as something else")
    pieces = "".join(f"<x xmlns='urn:{n}'>{n}</x>" for n in range(20_000))
    answer = alice.ask(f"<query xmlns='jabber:iq:private'>{pieces}</query>", "set", seconds=30 * PATIENCE)
    expect_error(answer, "resource-constraint", "20,000 pieces of private data")
    deep = "<x xmlns='urn:deep'>" * 126 + "</x>" * 126
    wide = "<y xmlns='urn:wide' " + " ".join(f"a{n}='&lt;&amp;&#x1F600;'" for n in range(63)) + "/>"
    for piece, key in ((deep[:-4], "<x xmlns='urn:deep'/>"), (wide, "<y xmlns='urn:wide'/>")):
        piece = piece if piece.startswith("<y") else "<x xmlns='urn:deep'>" * 120 + "</x>" * 120
        expect_error(alice.ask(f"<query xmlns='jabber:iq:private'>{piece}</query>", "set"), "result", "private data")
        found = alice.ask(f"<query xmlns='jabber:iq:private'>{key}</query>")[0][0]
        require(len(found) or len(found.attrib) == 63, "private data came back empty")


@case()
def quota(world):
    """more offline messages than may wait"""
    world.start("alice", "absent")
    world.release_canary()
    alice = world.actor("alice")
    alice.send("".join(f"<message to='absent@localhost' id='{n}'><body>x</body></message>" for n in range(3_000)))
    alice.ping(30 * PATIENCE)
    errors = [(stanza.get("id"), condition_of(stanza)) for stanza in alice.others]
    require(errors == [(str(n), "service-unavailable") for n in range(100, 3_000)], f"{len(errors)} errors, first {errors[:2]}")
    with world.online("absent") as absent:
        found = [int(stanza.get("id")) for stanza in absent.others if stanza.tag == f"{CLIENT}message"]
    require(found == list(range(100)), f"{len(found)} messages waited")


@case()
def large_and_many(world):
    """large messages, one after another, to somebody whose store is slow: they are not all in memory"""
    world.use_disk()
    world.start("alice", "absent")
    world.release_canary()
    alice = world.actor("alice")
    before = world.memory()
    world.forget_peak()
    piece = f"<message to='absent@localhost'><body>{'x' * 10_000_000}</body></message>"
    for _ in range(12):
        alice.send(piece)
    alice.ping(60 * PATIENCE)
    # Unfinished input, a stanza, and its copies on the way to the store, for a few.
    world.require_memory(world.peak_memory() - before, 250e6, "at most")


@case()
def large_to_many(world):
    """one large message to many resources that do not read"""
    world.start("alice", config="[meerkat]\nmax_total_output_bytes = 200_000_000")
    world.release_canary()
    sessions = [world.online("alice", f"r{n}", buffer=4096) for n in range(40)]
    before = world.memory()
    world.forget_peak()
    for _ in range(3):
        sessions[0].send(f"<message to='alice@localhost' type='headline'><body>{'x' * 20_000_000}</body></message>")
    time.sleep(1 * PATIENCE)
    # The output; unfinished input, the stanza, and the largest buffers it passed through.
    world.require_memory(world.peak_memory() - before, 340e6, "at most")
    for session in sessions:
        session.close()


# Each of a mebibyte or so: shapes for which a careless server takes time in proportion to the square.
SHAPES = {
    "children with prefixes": "<p:a xmlns:p='urn:p'/>" * 50_000,
    "children of an element with prefixes": "<x xmlns='urn:x' xmlns:p='urn:p'>" + "<p:a/>" * 150_000 + "</x>",
    "children with attributes": "<a xmlns='urn:a' b='1' c='2' d='3'/>" * 30_000,
    "prefixes and deep elements": ("<p:a xmlns:p='urn:p'>" * 100 + "</p:a>" * 100) * 380,
    "declarations that nobody uses": "<x xmlns='urn:x'><y " + " ".join(f"xmlns:p{n}='urn:{n}'" for n in range(60)) + "/>" + "<z/>" * 200_000 + "</x>",
    "many declarations and many uses":
        "<x xmlns='urn:x' " + " ".join(f"xmlns:p{n}='urn:{n}'" for n in range(60)) + ">" + "<p0:z/>" * 140_000 + "</x>",
    "text in pieces": "<body>" + "x<![CDATA[x]]>" * 70_000 + "</body>",
    "references": "<body>" + "&amp;" * 200_000 + "</body>",
    "bodies": "<body/>" * 140_000,
}
FORGED = "<delay xmlns='urn:xmpp:delay' from='localhost' stamp='2020-01-01T00:00:00Z'/>"
CPU_SECONDS = 1.5
PREFIXES = " ".join(f"xmlns:q{n}='urn:{'x' * 500}{n}'" for n in range(50))


@case(90)
def costly_shapes(world):
    """a mebibyte in shapes that could cost more than they should"""
    world.start("alice", "bob", "absent", "carol", loops=1)
    world.release_canary()
    alice, bob = world.online("alice"), world.online("bob")
    other = world.online("bob", "copies")
    other.ask("<enable xmlns='urn:xmpp:carbons:2'/>", "set")
    worst = {}
    for name, inside in SHAPES.items():
        for what, stanza in {
            "message": f"<message to='{bob.jid}' type='chat' id='m'>{FORGED}{inside}</message>",
            "message with prefixes": f"<message to='{bob.jid}' type='chat' id='m' {PREFIXES}>{FORGED}{inside.replace('<p:', '<q0:').replace('</p:', '</q0:')}</message>",
            "offline message": f"<message to='absent@localhost' id='m'><body/>{FORGED}{inside}</message>",
            "directed presence": f"<presence to='carol@localhost'>{inside}</presence>",
            "request": f"<presence to='carol@localhost' type='subscribe'>{inside}</presence>",
            "private data": f"<iq type='set' id='m'><query xmlns='jabber:iq:private'><x xmlns='urn:y'>{inside}</x></query></iq>",
            "query": f"<iq type='get' id='m'><query xmlns='urn:nobody'>{inside}</query></iq>",
        }.items():
            before = world.cpu()
            alice.send(stanza)
            alice.ping(30 * PATIENCE)
            alice.others.clear()
            used = world.cpu() - before
            worst[what] = max(worst.get(what, (0, "")), (used, name))
            for actor in (bob, other):
                while select.select([actor.socket], [], [], 0)[0]:
                    require(actor.socket.recv(1 << 20), "a receiver was dropped")
    for what, (used, name) in worst.items():
        world.note(f"{what}: {used * 1000:.0f} ms of CPU for {name}")
        if not world.is_instrumented():
            require(used < CPU_SECONDS, f"a {what} of a mebibyte takes {used:.1f} s of CPU: {name}")


@case()
def churn(world):
    """logins with one resource, again and again, and all at once"""
    world.start("alice")
    world.release_canary()
    before = None
    for n in range(300):
        world.actor("alice", "same").close()
        if n == 100:
            before = world.memory()
    several = [Actor(world.meerkat) for _ in range(40)]
    for actor in several:
        actor.authenticate("alice")
    for actor in several:
        actor.send(bind("same"))
    ended = 0
    for actor in several:
        require(actor.element().get("type") == "result", "binding failed")
    for actor in several[:-1]:
        ended += actor.event() is not None and actor.ending()[0] == "conflict" if actor.event(0.5) else 0
    time.sleep(0.2 * PATIENCE)
    status, out, _ = world.meerkat.ctl(["session", "countSessions"])
    require(status == 0 and "".join(c for c in out if c.isdigit()) == "3", f"sessions: {out}")
    for actor in several:
        actor.close()
    world.require_memory(world.memory() - before, 6e6, "growth")


@case()
def flood(world):
    """one client that sends as fast as it can, to one that reads"""
    # Room for what the reader misses while it is not given the CPU.
    world.start("alice", "bob", config="[meerkat]\nmax_output_bytes = 100_000_000")
    world.release_canary()
    alice, bob = world.online("alice"), world.online("bob")
    before = world.memory()
    world.forget_peak()
    stanza = f"<message to='{bob.jid}' type='headline'><body>{'x' * 60}</body></message>".encode()
    data, sent, got = stanza * 400, 0, 0
    alice.socket.setblocking(False)
    deadline = time.monotonic() + (30 if world.is_long else 3)
    while time.monotonic() < deadline:
        readable, writable, _ = select.select([bob.socket], [alice.socket], [], 5 * PATIENCE)
        if writable:
            sent += alice.socket.send(data[sent % len(data) :])
        if readable:
            received = len(bob.socket.recv(1 << 20))
            require(received, "the reader was dropped")
            got += received
    world.note(f"{sent / len(stanza):.0f} messages sent")
    require(got > sent / 2, f"{sent} bytes were sent and {got} received")
    world.require_memory(world.peak_memory() - before, 120e6, "at most")


def read_all(actor, count):
    """Reads so many bytes, and does not look at them."""
    while count > 0:
        actor.socket.settimeout(30 * PATIENCE)
        count -= len(actor.socket.recv(1 << 20))


@case()
def giants(world):
    """a stanza of 40 MB where there is no limit, its copy, and a vCard of 20 MB: the memory goes back"""
    world.start("alice", "bob", listeners={"bare": "max_stanza_size = 'infinity'"})
    world.release_canary()
    alice, other, bob = world.online("alice"), world.online("alice", "other"), world.online("bob")
    other.ask("<enable xmlns='urn:xmpp:carbons:2'/>", "set")
    world.forget_peak()
    before, size = world.memory(), 40 << 20
    alice.send(f"<message to='{bob.jid}' type='chat'><body>{'x' * size}</body></message>")
    read_all(bob, size)
    read_all(other, size)
    size = 20 << 20
    alice.ask(f"<vCard xmlns='vcard-temp'><DESC>{'x' * size}</DESC></vCard>", "set")
    alice.send("<iq type='get' id='v'><vCard xmlns='vcard-temp'/></iq>")
    read_all(alice, size)
    for actor in (alice, other, bob):
        actor.close()
    world.note(f"at most {(world.peak_memory() - before) / 1e6:.0f} MB")
    wait_until(lambda: world.memory() - before < 32 << 20 or world.is_instrumented(), 5, "what giants took stays with the server")
    world.require_memory(world.memory() - before, 32 << 20, "after giants")
