"""Certificates of clients with names that are none, stand for many, or for somebody else: whom each lets in, if anybody."""
import base64
import os
import ssl
import subprocess

from actor import Actor
from dialogue.text import Mismatch
from hostile_logins import SASL, name_of
from world import case, require

CONFIG = """
[auth]
sasl_mechanisms = ["external", "plain"]
sasl_external = ["standard", "common_name"]
pki = {}
"""
LISTENER = 'tls = {mode = "tls", certfile = "{cert}", keyfile = "{key}", cacertfile = "{ca}", disconnect_on_failure = false}'
XMPP_ADDRESS = bytes.fromhex("06082b06010505070805")
UTF8, OCTETS, IA5 = 0x0C, 0x04, 0x16
NOBODY = "not-authorized"
NOT_HIM = "invalid-authzid"
GOOD_FOR_NOTHING = "invalid-mechanism"
NO_HANDSHAKE = "no handshake"


def der(tag, content):
    """ASN.1, by hand: the tool that makes the certificates knows no names that are wrong."""
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82, size >> 8, size & 255]) if size < 65536 else bytes([0x83, size >> 16, size >> 8 & 255, size & 255])
    return bytes([tag]) + length + content


def address(text, type=UTF8):
    data = text if isinstance(text, bytes) else text.encode()
    return der(0xA0, XMPP_ADDRESS + der(0xA0, der(type, data)))


def email(text):
    return der(0x81, text.encode())


def dns(text):
    return der(0x82, text.encode())


def uri(text):
    return der(0x86, text.encode())


# (alternative names, common names, further extensions, whom the client asks for, what it gets: success is said with who it is)
ROWS = (
    ((address("alice@localhost"),), ("x",), "", "", "alice"),
    ((address("ALICE@LocalHost"),), ("x",), "", "", "alice"),
    ((address("\uff41lice@localhost"),), ("x",), "", "", "alice"),
    # A zero in it, and what an attacker owns behind it; also beside a common name that would do, and beside a good one.
    ((address("alice@localhost\0.evil.example"),), ("x y",), "", "", NOBODY),
    ((address("alice@localhost\0.evil.example"),), ("x y",), "", "alice@localhost", NOT_HIM),
    ((address("alice@localhost\0"),), ("alice",), "", "", NOBODY),
    ((address("\0alice@localhost"),), ("alice",), "", "alice@localhost", NOT_HIM),
    ((address("alice@localhost\0x"), address("bob@localhost")), ("x",), "", "alice@localhost", NOT_HIM),
    ((address("alice@localhost\0x"), address("bob@localhost")), ("x",), "", "", NOBODY),
    # There are no wild cards: at most they are somebody's odd name.
    ((address("*@localhost"),), ("x y",), "", "", "*"),
    ((address("a*@localhost"),), ("x y",), "", "", "a*"),
    ((address("*@localhost"),), ("x y",), "", "alice@localhost", NOT_HIM),
    ((address("a*@localhost"),), ("x y",), "", "alice@localhost", NOT_HIM),
    *((((address(name),), ("x y",), "", who, NOT_HIM if who else NOBODY)) for name in ("*", "alice@*", "*@*", "*.localhost", "alice@*.localhost")
      for who in ("", "alice@localhost")),
    *(((), (name,), "", "alice@localhost", NOT_HIM) for name in ("*@localhost", "*.localhost", "%", "alice@*")),
    # What is no account's address.
    *(((address(name),), ("x y",), "", "", NOBODY) for name in (
        "localhost", "alice", "alice@", "@localhost", "alice@localhost/phone", "alice@other.example", "al ice@localhost", "alice@localhost..", "alice@xn--localhost-",
        "alice@localhost@localhost", "\u202ealice@localhost", b"al\xffice@localhost", "alice@loc\u00adalhost\0", "", "x" * 5_000 + "@localhost",
    )),
    # Not of the right type, or names of other kinds.
    ((address("alice@localhost", IA5),), ("alice",), "", "", NOBODY),
    ((address("alice@localhost", OCTETS),), ("x y",), "", "alice@localhost", NOT_HIM),
    ((email("alice@localhost"),), ("x y",), "", "", NOBODY),
    ((uri("xmpp:alice@localhost"),), ("x y",), "", "alice@localhost", NOT_HIM),
    ((dns("alice.localhost"), dns("localhost")), ("x y",), "", "alice@localhost", NOT_HIM),
    # Somebody else; one of very many; more than anybody has.
    ((address("alice@localhost"),), ("bob",), "", "bob@localhost", NOT_HIM),
    ((address("alice@localhost"), address("bob@localhost")), ("x",), "", "", NOBODY),
    (tuple(address(f"u{n}@localhost") for n in range(50)) + (address("alice@localhost"),), ("x",), "", "alice@localhost", "alice"),
    (tuple(address(f"u{n}@localhost") for n in range(200)) + (address("alice@localhost"),), ("x",), "", "alice@localhost", NOT_HIM),
    (tuple(address(f"u{n}@localhost") for n in range(2_000)), ("x",), "", "", NO_HANDSHAKE),
    ((), ("alice", "bob"), "", "", NOBODY),
    ((), ("alice",), "", "", "alice"),
    ((), ("alice",), "", "bob@localhost", NOT_HIM),
    ((), ("alice",), "", "alice@localhost\0", "malformed-request"),
    # Not made for clients.
    ((address("alice@localhost"),), ("x",), "extendedKeyUsage=serverAuth", "", GOOD_FOR_NOTHING),
    ((address("alice@localhost"),), ("x",), "1.2.3.4.5=critical,ASN1:UTF8String:x", "", GOOD_FOR_NOTHING),
    ((address("alice@localhost"),), ("x",), "extendedKeyUsage=clientAuth", "", "alice"),
)


class Maker:
    def __init__(self, folder, paths):
        self.folder, self.paths = folder, paths
        self.count = 0
        self.key = self.path("key")
        self.run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", self.key)

    def path(self, kind):
        return os.path.join(self.folder, f"{kind}-{self.count}.pem")

    def run(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, stdin=subprocess.DEVNULL, capture_output=True)

    def make(self, names, common_names, extension):
        """The path of a certificate, signed by the authority that the server trusts."""
        self.count += 1
        config, request, made = self.path("config"), self.path("request"), self.path("made")
        with open(config, "wb") as file:
            file.write(b"[req]\ndistinguished_name = it\nprompt = no\nstring_mask = utf8only\nutf8 = yes\n[it]\n")
            for number, name in enumerate(common_names):
                file.write(f"{number}.CN = {name}\n".encode())
            file.write(b"[more]\nbasicConstraints = CA:false\n" + extension.encode().replace(b"=", b" = ", 1) + b"\n")
            if names:
                file.write(f"subjectAltName = DER:{der(0x30, b''.join(names)).hex()}\n".encode())
        self.run("req", "-new", "-config", config, "-key", self.key, "-out", request)
        self.run(
            "x509", "-req", "-in", request, "-CA", self.paths["ca"], "-CAkey", self.paths["ca-key"], "-CAcreateserial", "-days", "30",
            "-extfile", config, "-extensions", "more", "-out", made,
        )  # fmt: skip
        return made


class Client(Actor):
    def __init__(self, meerkat, certificate, key):
        self.certificate, self.key = certificate, key
        super().__init__(meerkat, "tls")

    def handshake(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.load_cert_chain(self.certificate, self.key)
        self.socket = context.wrap_socket(self.socket)


def log_in(client, who):
    """The condition of the failure, or who it is."""
    client.open()
    client.send(f"<auth xmlns='{SASL}' mechanism='EXTERNAL'>{base64.b64encode(who.encode()).decode() or '='}</auth>")
    answer = client.element()
    if name_of(answer) == "failure":
        return name_of(answer[0])
    client.open()
    client.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
    return client.element().find("{*}bind/{*}jid").text.partition("@")[0]


@case(90)
def tricks(world):
    """names in certificates of clients"""
    world.start("alice", "bob", config=CONFIG, listeners={"tls": LISTENER})
    world.release_canary()
    maker = Maker(world.meerkat.folder, world.certificates)
    wrong = []
    for names, common_names, extension, who, expected in ROWS:
        certificate = maker.make(names, common_names, extension)
        try:
            with Client(world.meerkat, certificate, maker.key) as client:
                answer = log_in(client, who)
        except (OSError, Mismatch):
            # With TLS 1.3 a client has done its part before its certificate is looked at.
            answer = NO_HANDSHAKE
        world.require_alive()
        if answer != expected:
            wrong.append(f"{answer} instead of {expected}: {b''.join(names)[:80]} {common_names} {extension} as {who!r}")
    world.note(f"{len(ROWS)} certificates")
    require(not wrong, "\n".join(wrong))
