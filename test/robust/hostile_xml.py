"""What is no XML, no stream, or too much, in every state of a connection: the right stream error at the byte where it goes wrong."""
import select
import time

from actor import PATIENCE, Actor, bind, header, plain_auth
from dialogue.pattern import STREAMS
from dialogue.text import Mismatch
from world import case, require

MALFORMED, RESTRICTED = "not-well-formed", "restricted-xml"
PREFIX, ENCODING, POLICY, FORMAT = "bad-namespace-prefix", "unsupported-encoding", "policy-violation", "bad-format"
GROWTH = 24e6
BOMB = (
    "<!DOCTYPE lolz [<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>]>"
    "<message><body>&c;</body></message>"
)

# In an open stream: what is sent (up to the byte that is wrong), and the condition of the error.
IN_STREAM = [
    ("<a></b", MALFORMED),
    ("<a><b></a", MALFORMED),
    ("<a x='1' x='2'", MALFORMED),
    ("<a xmlns:p='urn:u' xmlns:q='urn:u' p:x='1' q:x='2'>", MALFORMED),
    ("<a xmlns:p='urn:u' xmlns:p='urn:v'", MALFORMED),
    ("<a x=1", MALFORMED),
    ("<a x>", MALFORMED),
    ("<a x='1'y", MALFORMED),
    ("<a x='<", MALFORMED),
    ("<a/ ", MALFORMED),
    ("< a", MALFORMED),
    ("<<", MALFORMED),
    ("<1", MALFORMED),
    ("<a>&amp<", MALFORMED),
    ("<a>& ", MALFORMED),
    ("<a>&#0;", MALFORMED),
    ("<a>&#xD800;", MALFORMED),
    ("<a>&#x110000;", MALFORMED),
    ("<a>&#xFFFE;", MALFORMED),
    ("<a>&#;", MALFORMED),
    ("<a>&#x;", MALFORMED),
    ("<a>&#99999999999999999999999999;", MALFORMED),
    ("<a>&#x1;", MALFORMED),
    ("<a x='&#0;'>", MALFORMED),
    ("<a>]]>", MALFORMED),
    ("<a><![cdata[", MALFORMED),
    ("<a><![CDATA(", MALFORMED),
    ("<![CDATA[x", FORMAT),
    ("<a>\0", MALFORMED),
    ("\0", MALFORMED),
    ("<a>\x07", MALFORMED),
    ("<a x='\x0b'", MALFORMED),
    ("<a>\ufffe", MALFORMED),
    ("<a\0", MALFORMED),
    ("</a>", MALFORMED),
    ("<a></stream:stream>", MALFORMED),
    ("<:a>", MALFORMED),
    ("<a:>", MALFORMED),
    ("<a:b:c>", MALFORMED),
    ("<a xmlns:xmlns='urn:x'>", MALFORMED),
    ("<a xmlns:xml='urn:x'>", MALFORMED),
    ("<a xmlns:p=''>", MALFORMED),
    ("<a xmlns='http://www.w3.org/2000/xmlns/'>", MALFORMED),
    ("<a xmlns:p='http://www.w3.org/XML/1998/namespace'>", MALFORMED),
    ("<!-- ", RESTRICTED),
    ("<a><!-- ", RESTRICTED),
    ("<?x ", RESTRICTED),
    ("<a><?x ", RESTRICTED),
    ("<?xml version='1.0'?>", (RESTRICTED, MALFORMED)),
    ("<!DOCTYPE", RESTRICTED),
    (BOMB, RESTRICTED),
    ("<a>&lol;", RESTRICTED),
    ("<a x='&lol;'", RESTRICTED),
    ("<a><!DOCTYPE", (RESTRICTED, MALFORMED)),
    ("<!ENTITY", (RESTRICTED, MALFORMED)),
    ("<p:a>", PREFIX),
    ("<a p:x='1'>", PREFIX),
    ("<a><b xmlns:p='urn:p'/><p:c>", PREFIX),
    (b"<a>\xc0\x80", ENCODING),
    (b"<a>\xc1\xbf", ENCODING),
    (b"<a>\xe0\x80\x80", ENCODING),
    (b"<a>\xed\xa0\x80", ENCODING),
    (b"<a>\xf0\x80\x80\x80", ENCODING),
    (b"<a>\xf4\x90\x80\x80", ENCODING),
    (b"<a>\xf5", ENCODING),
    (b"<a>\xff", ENCODING),
    (b"<a>\x80", ENCODING),
    (b"<a>\xc3(", ENCODING),
    (b"<a>\xe2\x82<", ENCODING),
    (b"<a x='\xc3'", ENCODING),
    (b"<\xff", (ENCODING, MALFORMED)),
    (b"<a \xff", (ENCODING, MALFORMED)),
    (b"\xef\xbb\xbf<a/>", (FORMAT, MALFORMED)),
    ("text", FORMAT),
    ("<a/>text", FORMAT),
    ("&amp;", FORMAT),
    ("<a>" * 129, POLICY),
    ("<a>" * 100_000, POLICY),
    ("<a" + "".join(f" x{n}='1'" for n in range(65)) + ">", POLICY),
    ("<a" + "".join(f" x{n}='1'" for n in range(5_000)), POLICY),
    ("<" + "a" * 256, POLICY),
    ("<a " + "b" * 256, POLICY),
    ("<" + "a" * 60_000, POLICY),
    (header().partition("?>")[2], POLICY),
]

# Where the opening tag has to come.
AT_FIRST = [
    ("GET / HTTP/1.1\r\n", MALFORMED),
    (b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", MALFORMED),
    ("\0", MALFORMED),
    ("\0" * 5000, MALFORMED),
    (b"\xff\xfe<\0?\0x\0m\0l\0", (ENCODING, MALFORMED)),
    (b"\xfe\xff\0<\0?\0x\0m\0l", (ENCODING, MALFORMED)),
    (b"<\0?\0x\0m\0l\0", (ENCODING, MALFORMED)),
    (b"\xff", (ENCODING, MALFORMED)),
    ("text", MALFORMED),
    ("</stream:stream>", MALFORMED),
    ("<message/>", MALFORMED),
    ("<stream:stream>", PREFIX),
    ("<stream:stream xmlns:stream='urn:wrong'>", "invalid-namespace"),
    (f"<x:stream xmlns:x='{STREAMS}' to='localhost' version='1.0' xmlns='urn:wrong'>", "invalid-namespace"),
    (header().replace("jabber:client", "jabber:component:accept"), "invalid-namespace"),
    (header("nowhere.example"), "host-unknown"),
    (header("local" * 5_000), "host-unknown"),
    (header("a@localhost"), "host-unknown"),
    (header("localhost/x"), "host-unknown"),
    (header().replace("'1.0' xmlns=", "'2.0' xmlns="), "unsupported-version"),
    (header().replace(" version='1.0' xmlns=", " xmlns="), "unsupported-version"),
    (header().replace("?>", " encoding='utf-16'?>", 1), ENCODING),
    (header().replace("?>", " encoding='latin1'?>", 1), ENCODING),
    (header().replace("<?xml version='1.0'?>", "<?xml version='1.0' "), MALFORMED),
    ("<?xml version='3.0'?>", (MALFORMED, "unsupported-version")),
    ("<?xml " + " " * 10_000, (MALFORMED, POLICY)),
    ("<?xml-stylesheet", RESTRICTED),
    ("<!DOCTYPE stream", RESTRICTED),
    (BOMB, RESTRICTED),
    ("<!-- ", RESTRICTED),
    ("<" + "a" * 300, POLICY),
    (header()[:-1] + "".join(f" x{n}='1'" for n in range(100)) + ">", POLICY),
    (header()[:-1] + "".join(f" xmlns:x{n}='urn:{n}'" for n in range(60)) + ">", (POLICY, None)),
    (header()[:-1] + " x='" + "y" * 66_000, POLICY),
]


def connect(world):
    return Actor(world.meerkat)


def open_stream(world):
    actor = connect(world)
    actor.open()
    return actor


def authenticate(world):
    actor = connect(world)
    actor.authenticate("alice")
    return actor


def log_in(world):
    return connect(world).login("alice")


def check_row(actor, text, expected):
    data = text if isinstance(text, bytes) else text.encode()
    shown = f"{data[:80]!r}{'...' if len(data) > 80 else ''}"
    actor.send(data)
    if isinstance(expected, tuple) and None in expected:
        actor.send("</stream:stream>")
    try:
        condition, has_tag, _ = actor.ending()
    except Mismatch as error:
        raise Mismatch(f"after {shown}: {error}") from None
    allowed = expected if isinstance(expected, tuple) else (expected,)
    require(condition in allowed, f"after {shown}: {condition}, expected {expected}")
    require(has_tag, f"after {shown}: no end tag")
    actor.close()


def check_rows(world, begin, rows):
    """Each row twice: how much memory stays behind shows in the second round."""
    world.start("alice")
    world.release_canary()
    for text, expected in rows:
        check_row(begin(world), text, expected)
    before = world.memory()
    for text, expected in rows:
        check_row(begin(world), text, expected)
        world.require_alive()
    world.require_memory(world.memory() - before, GROWTH / 4, "growth")


@case()
def before_the_opening_tag(world):
    """what cannot begin a stream"""
    check_rows(world, connect, AT_FIRST)


@case()
def before_login(world):
    """XML that is wrong, before login"""
    check_rows(world, open_stream, IN_STREAM)


@case()
def before_bind(world):
    """XML that is wrong, before bind"""
    check_rows(world, authenticate, IN_STREAM)


@case()
def in_a_session(world):
    """XML that is wrong, in a session"""
    check_rows(world, log_in, IN_STREAM)


@case()
def in_small_pieces(world):
    """XML that is wrong, byte by byte"""
    world.start("alice")
    world.release_canary()
    for text, expected in IN_STREAM + AT_FIRST:
        data = text if isinstance(text, bytes) else text.encode()
        if len(data) > 400:
            continue
        actor = open_stream(world) if (text, expected) in IN_STREAM else connect(world)
        for i in range(len(data) - 1):
            actor.send(data[i : i + 1])
        check_row(actor, data[-1:], expected)


# --- without end ---


def pour(actor, piece, most):
    """Sends the piece again and again until the server says something: (bytes sent, condition)."""
    sent = 0
    data = piece.encode()
    actor.socket.settimeout(20 * PATIENCE)
    while sent < most:
        readable, _, _ = select.select([actor.socket], [actor.socket], [], 20 * PATIENCE)[0:3]
        if readable:
            break
        try:
            sent += actor.socket.send(data)
        except OSError:
            break
    return sent, actor.ending()[0]


# What is sent first, and what then follows without end. The size of what follows is a kibibyte, or more.
ENDLESS = {
    "text": ("<message><body>", "x" * 65_536),
    "attribute": ("<message><body x='", "x" * 65_536),
    "name": ("<", "x" * 65_536),
    "attribute name": ("<message ", "x" * 65_536),
    "CDATA": ("<message><body><![CDATA[", "]" * 65_536),
    "children": ("<message>", "<a/>" * 16_384),
    "closed children": ("<message>", "<a></a>" * 9_000),
    "references": ("<message><body>", "&amp;" * 13_000),
    "space in a tag": ("<message ", " " * 65_536),
    "space in an end tag": ("<message></message ", " " * 65_536),
    "digits": ("<message>&#", "0" * 65_536),
    "namespaces": ("<message>", "<a xmlns='urn:x' xmlns:p='urn:p' p:q='r'/>" * 1_600),
}
SLACK = 16_000_000  # what lies in the kernel's buffers


def begin_with_header(world):
    """The opening tag goes on, instead."""
    actor = connect(world)
    actor.send(header()[:-1] + " x='")
    return actor


@case()
def endless_before_login(world):
    """what does not end, before login: 64 KiB"""
    world.start("alice")
    world.release_canary()
    for begin in (open_stream, begin_with_header):
        for name, (start, piece) in ENDLESS.items():
            actor = begin(world)
            if begin is open_stream:
                actor.send(start)
            sent, condition = pour(actor, piece if begin is open_stream else "x" * 65_536, 100_000_000)
            wanted = (POLICY, MALFORMED) if name == "digits" else (POLICY,)
            require(condition in wanted, f"endless {name}: {condition} after {sent} bytes")
            require(sent < SLACK, f"endless {name}: ended after {sent} bytes only")
            actor.close()
            if begin is begin_with_header:
                break


@case()
def endless_in_a_session(world):
    """what does not end, in a session: max_stanza_size"""
    world.start("alice", listeners={"limited": "max_stanza_size = 1_000_000"})
    world.release_canary()
    world.forget_peak()
    before = world.memory()
    for name, (start, piece) in ENDLESS.items():
        actor = Actor(world.meerkat, "limited").login("alice")
        actor.send(start)
        sent, condition = pour(actor, piece, 100_000_000)
        wanted = (POLICY, MALFORMED) if name == "digits" else (POLICY,)
        require(condition in wanted, f"endless {name}: {condition} after {sent} bytes")
        require(sent < 1_000_000 + SLACK, f"endless {name}: ended after {sent} bytes only")
        actor.close()
    # Text of a limited element, its nodes, and what the allocator keeps.
    world.require_memory(world.peak_memory() - before, 80e6, "at most")


@case()
def endless_without_limit(world):
    """what does not end, without a limit: the budget of all unfinished input"""
    budget = 64_000_000
    world.start("alice", config=f"[meerkat]\nmax_input_bytes = {budget}")
    world.release_canary()
    world.forget_peak()
    before = world.memory()
    for name in ("text", "attribute", "children", "namespaces"):
        start, piece = ENDLESS[name]
        actor = world.actor("alice")
        actor.send(start)
        sent, condition = pour(actor, piece, 10 * budget)
        require(condition == "resource-constraint", f"endless {name}: {condition} after {sent} bytes")
        require(sent < budget + SLACK, f"endless {name}: ended after {sent} bytes only")
        actor.close()
    # A buffer that grows is copied once.
    world.require_memory(world.peak_memory() - before, 3 * budget, "at most")
    # Several share it: together they get no more, and what one gives up is there for others.
    several = [world.actor("alice", resource=f"r{n}") for n in range(6)]
    for actor in several:
        actor.send("<message><body>" + "x" * 20_000_000)
    time.sleep(0.5 * PATIENCE)
    ended = select.select([actor.socket for actor in several], [], [], 5 * PATIENCE)[0]
    require(0 < len(ended) < 6, f"{len(ended)} of 6 have used up the budget")
    for actor in several:
        actor.close()
    time.sleep(0.3 * PATIENCE)
    last = world.actor("alice")
    last.send("<message to='alice@localhost/nobody' type='headline'><body>" + "x" * 20_000_000 + "</body></message>")
    last.ping()


@case()
def large_but_fine(world):
    """10 MB in one attribute, one text, or 100,000 children, where there is no limit"""
    world.start("alice")
    world.release_canary()
    actor = world.actor("alice")
    for name, inside in {
        "attribute": f"<x xmlns='urn:x' y='{'z' * 10_000_000}'/>",
        "text": f"<body>{'z' * 10_000_000}</body>",
        "children": "<x xmlns='urn:x'>" + "<y/>" * 100_000 + "</x>",
    }.items():
        actor.send(f"<message to='{actor.jid}' type='headline' id='{name}'>{inside}</message>")
        came = bytearray()
        while not came.endswith(b"</message>"):
            require(select.select([actor.socket], [], [], 20 * PATIENCE)[0], f"{name}: only {len(came)} bytes came back")
            came += actor.socket.recv(1 << 20)
        require(inside.encode() in came, f"{name} came back as something else")


@case()
def bind_in_pieces(world):
    """a whole login and a message, byte by byte"""
    world.start("alice")
    world.release_canary()
    actor = connect(world)
    message = "<message to='alice@localhost/slow'><body>ä€😀&lt;</body></message>"
    script = header() + plain_auth("alice", "secret") + header() + bind("slow") + "<presence/>" + message
    for byte in script.encode():
        actor.send(bytes([byte]))
    while True:
        event = actor.event()
        require(event is not None, "the message did not arrive")
        if event[0] == "element" and event[1].tag.endswith("}message"):
            require(event[1][0].text == "ä€😀<", f"it came as {event[1][0].text!r}")
            return
