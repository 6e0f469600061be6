"""Logins that are wrong, each in a way of its own: the right answer to each, no answer tells who exists, and nobody is disturbed."""
import base64
import hashlib
import hmac

from actor import Actor, condition_of, header
from dialogue.pattern import CLOSE, ELEMENT, OPEN
from dialogue.peer import END
from world import case, require

SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
SASL2 = "urn:xmpp:sasl:2"
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
BIND2 = "urn:xmpp:bind:0"
SM = "urn:xmpp:sm:3"
FAST = "urn:xmpp:fast:0"
MODULES = {f"mod_{name}": {} for name in ("sasl2", "bind2", "fast_auth_token", "stream_management")}
AGENT = "<user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'/>"


def b64(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


# --- what is sent ---


def auth(mechanism, text=""):
    return f"<auth xmlns='{SASL}' mechanism='{mechanism}'>{text}</auth>"


def response(text="", ns=SASL):
    return f"<response xmlns='{ns}'>{text}</response>"


def plain(data):
    return auth("PLAIN", b64(data))


def scram(data):
    return auth("SCRAM-SHA-256", b64(data))


def authenticate(mechanism="PLAIN", data=b"\0alice\0secret", inside=""):
    initial = "" if data is None else f"<initial-response>{b64(data)}</initial-response>"
    return f"<authenticate xmlns='{SASL2}' mechanism='{mechanism}'>{initial}{inside}</authenticate>"


def bind(inside="", type="set", id="b"):
    return f"<iq type='{type}' id='{id}'><bind xmlns='{BIND}'>{inside}</bind></iq>"


def prove(challenge, without_proof):
    """The proof of alice's client after FIRST."""
    fields = dict(field.split("=", 1) for field in challenge.split(","))
    salted = hashlib.pbkdf2_hmac("sha256", b"secret", base64.b64decode(fields["s"]), int(fields["i"]))
    key = hmac.digest(salted, b"Client Key", "sha256")
    signature = hmac.digest(hashlib.sha256(key).digest(), f"n=alice,r=abc,{challenge},{without_proof}".encode(), "sha256")
    return b64(bytes(a ^ b for a, b in zip(key, signature)))


def final(text, ns=SASL):
    """Makes the last message of SCRAM, in which NONCE becomes the server's nonce and PROOF the right proof for what stands before it."""

    def make(challenge):
        made = text.replace("NONCE", challenge.split(",")[0][2:])
        if "PROOF" in made:
            made = made.replace("PROOF", prove(challenge, made[: made.index(",p=PROOF")]))
        return response(b64(made), ns)

    make.__doc__ = text
    return make


FIRST = scram("n,,n=alice,r=abc")
GOOD = "c=biws,r=NONCE,p=PROOF"
SHORT = b64(bytes(31))
RIGHT_SIZE = b64(bytes(32))
LOGGED_IN = (plain("\0alice\0secret"), header())
RESUME = f"<resume xmlns='{SM}' previd='%s' h='%s'/>"



# --- what comes: by the last answer to what is sent, one element after another, each when the one before has been answered ---

# The condition of a failure of SASL; "success", "challenge"; "stream CONDITION"; "iq CONDITION", "iq result"; "sm CONDITION".
PLAIN_ROWS = {
    "invalid-mechanism": (
        f"<auth xmlns='{SASL}'/>",
        *(auth(name) for name in (
            "", "plain", "PLAIN ", "&#9;PLAIN", "PLAI", "PLAINPLAIN", "P" * 10_000, "SCRAM-SHA-256-PLUS", "SCRAM-SHA-3-512", "SCRAM-MD5", "ANONYMOUS", "DIGEST-MD5",
            "GSSAPI", "LOGIN", "%s%n", "PLAIN&#x20;PLAIN", "\u0420LAIN",
        )),
        auth("EXTERNAL", "="),
        auth("OAUTHBEARER", b64("n,,\1auth=Bearer x\1\1")),
        auth("X-OAUTH", b64("x")),
        auth("HT-SHA-256-NONE", b64(b"alice\0" + bytes(32))),
    ),
    "incorrect-encoding": (
        *(auth("PLAIN", text) for text in (
            "a b", "A", "AA", "AAA", "====", "==", "AB==", "AAB=", "AA==AA==", "AA=A", "=AAA", "-_-_", "AGFs\nAHNl", " AGFsaWNlAHNlY3JldA==", "AGFsaWNlAHNlY3JldA== ",
            "AGFsaWNlAHNlY3JldA", "AGFsaWNlAHNlY3JldA===", "\u00c4\u00c4==", "AGFs&#x20;AHNl", "<![CDATA[AGFs AHNl]]>",
        )),
    ),
    "malformed-request": (
        auth("PLAIN", "="),
        response(b64("\0alice\0secret")),
        (auth("PLAIN"), response()),
        (auth("PLAIN"), response("=")),
        *(plain(data) for data in (
            b"\0", b"\0\0", b"\0\0\0", b"alice", b"\0alice", b"alice\0secret", b"\0alice\0", b"\0\0secret", b"\0alice\0sec\0ret", b"\0alice\0secret\0",
            b"\0al\xffice\0secret", b"\0alice\0\xc0\x80", b"\xed\xa0\x80\0alice\0secret", b"\0al\0ice\0secret", b"\xff\0alice\0secret",
        )),
    ),
    "not-authorized": (
        *(plain(f"\0{name}\0secret") for name in (
            "al ice", "al@ice@localhost", "alice@", "@localhost", "@", "/", "alice@localhost/x", "alice/x", 'al"ice', "al&ice", "al'ice", "al:ice", "al<ice",
            "alice@other.example", "alice@localhost@localhost", "a" * 1024, "a" * 30_000, "\u0130" * 600, "\u200d", "nobody", "\ufdfa" * 100, "alice\r\n", "alice\x7f",
            "\u202ealice", "\U000e0001alice", "alice\u00a0", "\ufeff", "..", "alice@[::1]", "alice@xn--a",
        )),
        *(plain(f"\0alice\0{password}") for password in ("wrong", "x" * 30_000, "\u00ad\u200b", "sec\u0007ret", "secret ", "\u202esecret", "SECRET")),
        (auth("PLAIN"), response(b64("\0alice\0wrong"))),
    ),
    "invalid-authzid": (
        *(plain(f"{authzid}\0alice\0secret") for authzid in (
            "bob@localhost", "canary@localhost", "localhost", "alice", "@", "alice@", "alice@localhost/res", "alice@other.example", "a" * 4_000 + "@localhost",
            "alice@localhost@x", " alice@localhost", "\u0130@localhost", "admin", "/", "alice@localhost/", "alice@sub.localhost",
        )),
        *(plain(f"{authzid}\0bob\0wrong") for authzid in ("alice@localhost", "localhost")),
    ),
    "aborted": (f"<abort xmlns='{SASL}'/>", (auth("PLAIN"), f"<abort xmlns='{SASL}'/>"), (auth("PLAIN"), f"<abort xmlns='{SASL}'/>" * 2)),
    "challenge": (auth("PLAIN"),),
    "success": (
        plain("\0alice\0secret"),
        plain("ALICE@Localhost\0Alice\0secret"),
        plain("\0alice@LOCALHOST\0secret"),
        plain("\0\uff41lice\0secret"),
        plain("\0alice\0sec\u00adret"),
        auth("PLAIN", f"<![CDATA[{b64(chr(0) + 'alice' + chr(0) + 'secret')}]]>"),
        (auth("PLAIN"), response(b64("\0alice\0secret"))),
        (plain("\0alice\0wrong"), plain("\0alice\0secret")),
    ),
    "stream policy-violation": (
        plain("\0alice\0wrong") * 4,
        (*LOGGED_IN, plain("\0alice\0secret")),
        plain("\0alice\0" + "x" * 70_000),
        (*LOGGED_IN, f"<abort xmlns='{SASL}'/>"),
    ),
    "stream restricted-xml": (auth("PLAIN", "<!--AA==-->"), auth("PLAIN", "<?AA==?>"), auth("PLAIN", "&x;"), auth("&x;")),
    "stream not-well-formed": (auth("PLAIN", "&#0;"), auth("PLAIN'' x='"), auth("A' mechanism='B")),
    "stream invalid-namespace": (f"<auth xmlns='{SASL}x' mechanism='PLAIN'>AA==</auth>", "<auth mechanism='PLAIN'>AA==</auth>"),
}
SCRAM_ROWS = {
    "malformed-request": (
        auth("SCRAM-SHA-256", "="),
        *(scram(data) for data in (
            b"n", b"n,", b"n,,", b",,n=alice,r=abc", b"n,,n=alice", b"n,,r=abc", b"n,,r=abc,n=alice", b"n,,n=,r=abc", b"n,,n=alice,r=", b"n,,n,r=abc", b"x,,n=alice,r=abc",
            b"N,,n=alice,r=abc", b"nn,,n=alice,r=abc", b"n,,N=alice,r=abc", b"n,,n=alice,R=abc", b"n;;n=alice;r=abc", b" n,,n=alice,r=abc", b"n,,n=alice,r=abc\0",
            # Channel binding that does not go with the mechanism.
            b"p=,,n=alice,r=abc", b"p=tls-unique,,n=alice,r=abc", b"p=tls exporter,,n=alice,r=abc", b"p,,n=alice,r=abc",
            # Authorization identities and extensions.
            b"n,a=,n=alice,r=abc", b"n,b=x,n=alice,r=abc", b"n,alice,n=alice,r=abc", b"n,a=al=ice,n=alice,r=abc", b"n,a=alice@localhost,,n=alice,r=abc",
            b"n,,m=x,n=alice,r=abc", b"n,,n=alice,r=abc,m=x", b"n,,n=alice,r=abc,", b"n,,n=alice,r=abc,x", b"n,,n=alice,r=abc,x=", b"n,,n=alice,r=abc,1=2",
            b"n,,n=alice,r=abc,,x=1",
            # Names and nonces.
            b"n,,n=al=ice,r=abc", b"n,,n=al=2cice,r=abc", b"n,,n=al=3,r=abc", b"n,,n=alice=,r=abc", b"n,,n=al=00ice,r=abc", b"n,,n=al\0ice,r=abc", b"n,,n=al\xffice,r=abc",
            b"n,,n=alice,r=a b", b"n,,n=alice,r=a\x7f", b"n,,n=alice,r=\xc3\xa4", b"n,,n=alice,r=a\nb", b"n,,n=alice,r=" + b"x" * 9_000, b"n,,n=" + b"a" * 9_000 + b",r=abc",
            b"\xef\xbb\xbfn,,n=alice,r=abc",
        )),
        (FIRST, response()),
        (FIRST, response("=")),
        (FIRST, response(b64("c=biws"))),
        *((FIRST, final(text)) for text in (
            "r=NONCE,p=PROOF", "c=biws,r=NONCE", "c=biws,r=NONCE,p=", "c=biws,p=" + RIGHT_SIZE, "r=NONCE,c=biws,p=" + RIGHT_SIZE, "c=biws,r=NONCE,p=?",
            "c=biws,r=NONCE,p=" + SHORT, "c=biws,r=NONCE,p=" + b64(bytes(33)), "c=b,r=NONCE,p=PROOF", "c=bix=,r=NONCE,p=PROOF", "c=biws,r=,p=PROOF",
            "m=1,c=biws,r=NONCE,p=PROOF", "c=biws,r=NONCE,m=1,p=PROOF", "c=biws,r=NONCE,p=PROOF,x=1", "c=biws,c=biws,r=NONCE,p=PROOF", "c=biws,r=NONCE,r,p=PROOF",
            "c=biws,r=NONCE,,p=PROOF", ",c=biws,r=NONCE,p=PROOF",
        )),
        (FIRST, final("c=biws,r=NONCE,p=" + RIGHT_SIZE), final(GOOD)),
        (FIRST, f"<abort xmlns='{SASL}'/>", final(GOOD)),
    ),
    "encryption-required": ((FIRST, final(GOOD, SASL2)),),
    "incorrect-encoding": ((FIRST, response("?")), auth("SCRAM-SHA-256", "bi")),
    "not-authorized": (
        *(scram(data) for data in (
            "n,,n=alice@other.example,r=abc", "n,,n=al=2Cice@,r=abc", "n,,n=@,r=abc", "n,,n=" + "a" * 1024 + ",r=abc", "n,,n=alice@localhost/x,r=abc",
        )),
        # The right proof for what does not go with the gs2 header, or with another nonce.
        *((FIRST, final(text)) for text in (
            "c=,r=NONCE,p=PROOF", "c=biw=,r=NONCE,p=PROOF", "c=eSws,r=NONCE,p=PROOF", "c=" + b64("n,a=bob@localhost,") + ",r=NONCE,p=PROOF", "c=" + b64("p=tls-unique,,x") + ",r=NONCE,p=PROOF",
            "c=" + b64("n,,x") + ",r=NONCE,p=PROOF", "c=biws,r=abc,p=PROOF", "c=biws,r=NONCEx,p=PROOF", "c=biws,r=xNONCE,p=PROOF", "c=biws,r=NONCE,p=" + RIGHT_SIZE,
            "c=biws,r=NONCE,r=NONCE,p=" + RIGHT_SIZE, "c=biws,r=NONCE,p=PROOF,p=" + RIGHT_SIZE,
        )),
        (scram("n,,n=nobody,r=abc"), final("c=biws,r=NONCE,p=" + RIGHT_SIZE)),
        (FIRST, plain("\0alice\0wrong")),
        # The second exchange has another nonce.
        (FIRST, FIRST, final("c=biws,r=NONCE,p=" + RIGHT_SIZE)),
    ),
    "invalid-authzid": tuple(scram(data) for data in (
        "n,a=bob@localhost,n=alice,r=abc", "n,a=alice,n=alice,r=abc", "n,a=alice@localhost/x,n=alice,r=abc", "n,a=@,n=alice,r=abc", "n,a=localhost,n=alice,r=abc",
        "n,a=alice@localhost,n=bob,r=abc", "n,a=alice@localhost,n=nobody,r=abc",
    )),
    "aborted": ((FIRST, f"<abort xmlns='{SASL}'/>"),),
    "challenge": tuple(scram(data) for data in (
        "n,,n=nobody,r=abc", "y,,n=alice,r=abc", "n,,n=ALICE,r=abc", "n,a=alice@localhost,n=alice,r=abc", "n,,n=alice,r=abc,x=1", "n,,n=al=2Cice,r=abc", "n,,n=al=3Dice,r=abc",
        "n,,n=alice@localhost,r=!~",
    )),
    "success": ((FIRST, final(GOOD)), (FIRST, final("c=biws,r=NONCE,x=1,p=PROOF")), (FIRST, FIRST, final(GOOD))),
    "stream policy-violation": ((FIRST,) * 7,),
    # A login in place of the opening tag that has to follow.
    "stream not-well-formed": ((FIRST, "</response>"), (FIRST, final(GOOD), FIRST), (FIRST, final(GOOD), response())),
}


def wish(what):
    return f"<request-token xmlns='{FAST}' mechanism='{what}'/>"


def hashed(name="alice", count="", size=32, inside=AGENT, mechanism="HT-SHA-256-NONE"):
    """A login by a token that is none."""
    return authenticate(mechanism, name.encode() + b"\0" + bytes(size), f"<fast xmlns='{FAST}' {count}/>{inside}")


def tagged(tag):
    return authenticate(inside=f"<bind xmlns='{BIND2}'><tag>{tag}</tag></bind>")


SASL2_FIRST = authenticate("SCRAM-SHA-256", b"n,,n=alice,r=abc")
SASL2_ROWS = {
    "invalid-mechanism": (
        f"<authenticate xmlns='{SASL2}'/>",
        *(authenticate(name) for name in ("", "plain", "EXTERNAL", "ANONYMOUS", "SCRAM-SHA-256-PLUS-PLUS", "P" * 10_000)),
        # A token's mechanism without <fast/>, or one that there is not.
        authenticate("HT-SHA-256-NONE", b"alice\0" + bytes(32), AGENT),
        hashed(mechanism="HT-SHA-1-NONE"),
        hashed(mechanism="HT-SHA-256-UNIQ"),
        hashed(mechanism="HT-SHA-256"),
    ),
    "incorrect-encoding": (
        *(f"<authenticate xmlns='{SASL2}' mechanism='PLAIN'><initial-response>{text}</initial-response></authenticate>" for text in ("=", "a b", "AAA", "-_", "AB==")),
        (authenticate(data=None), response("=", SASL2)),
        (authenticate(data=None), response("A", SASL2)),
        (SASL2_FIRST, response("?", SASL2)),
    ),
    "malformed-request": (
        authenticate(data=b""),
        authenticate(data=b"alice"),
        (authenticate(data=None), response("", SASL2)),
        response(b64("\0alice\0secret"), SASL2),
        f"<next xmlns='{SASL2}' task='UPGR-SCRAM-SHA-256'/>",
        # User agents.
        *(authenticate(inside=f"<user-agent id='{id}'/>") for id in (
            "", "me", "d4565fa7-4d72-4749-b3d3-740edbf8777", "d4565fa7-4d72-4749-b3d3-740edbf877700", "d4565fa7-4d72-1749-b3d3-740edbf87770",
            "d4565fa7-4d72-4749-c3d3-740edbf87770", "g4565fa7-4d72-4749-b3d3-740edbf87770", "d4565fa74d724749b3d3740edbf87770", "{d4565fa7-4d72-4749-b3d3-740edbf87770}",
            "d4565fa7-4d72-4749-b3d3-740edbf8777&#10;", "x" * 10_000,
        )),
        # Tags.
        *(tagged(tag) for tag in ("&#x85;", "\u200e", "x" * 1007, "\u00fc" * 504, "x" * 20_000)),
        # Tokens.
        *(hashed(count=f"count='{count}'") for count in ("", "-1", "x", "1.0", "+1", " 1", "9223372036854775808", "9" * 1_000, "0x1")),
        hashed(count="invalidate='yes'"),
        hashed(inside=""),
        *(hashed(size=size) for size in (0, 31, 33, 64, 10_000)),
        hashed(name=""),
        authenticate("HT-SHA-256-NONE", b"alice", f"<fast xmlns='{FAST}'/>{AGENT}"),
        authenticate("HT-SHA-256-NONE", b"", f"<fast xmlns='{FAST}'/>{AGENT}"),
        authenticate("HT-SHA-256-NONE", b"\xff\0" + bytes(32), f"<fast xmlns='{FAST}'/>{AGENT}"),
        # Channel binding that does not go with the mechanism.
        authenticate("SCRAM-SHA-256-PLUS", b"n,,n=alice,r=abc"),
        authenticate("SCRAM-SHA-256-PLUS", b"y,,n=alice,r=abc"),
        authenticate("SCRAM-SHA-256", b"p=tls-exporter,,n=alice,r=abc"),
    ),
    "not-authorized": (
        authenticate(data=b"\0alice\0wrong"),
        authenticate(data=b"\0alice\0wrong", inside=AGENT + wish("HT-SHA-256-NONE") + f"<bind xmlns='{BIND2}'/>" + RESUME % ("x", 0)),
        *(hashed(name=name) for name in ("alice", "nobody", "alice@other.example", "al ice", "a" * 1024, "alice@localhost/x")),
        hashed(count="count='0'"),
        hashed(count="count='9223372036854775807'"),
        hashed(count="invalidate='true'"),
        hashed(mechanism="HT-SHA-256-ENDP"),
        hashed(mechanism="HT-SHA-512-NONE", size=64),
        authenticate("SCRAM-SHA-256", b"y,,n=alice,r=abc"),
        authenticate("SCRAM-SHA-256-PLUS", b"p=tls-nothing,,n=alice,r=abc"),
        (authenticate("SCRAM-SHA-256-PLUS", b"p=tls-server-end-point,,n=alice,r=abc"), final("c=" + b64("p=tls-server-end-point,,") + ",r=NONCE,p=" + RIGHT_SIZE, SASL2)),
        (SASL2_FIRST, final("c=biws,r=NONCE,p=" + RIGHT_SIZE, SASL2)),
    ),
    "invalid-authzid": (authenticate(data=b"bob@localhost\0alice\0secret"), authenticate("SCRAM-SHA-256", b"n,a=bob@localhost,n=alice,r=abc")),
    "aborted": ((SASL2_FIRST, f"<abort xmlns='{SASL2}'/>"), f"<abort xmlns='{SASL2}'/>"),
    "challenge": (authenticate(data=None), SASL2_FIRST, authenticate("HT-SHA-256-NONE", None, f"<fast xmlns='{FAST}'/>{AGENT}")),
    "success": (
        authenticate(),
        (SASL2_FIRST, final(GOOD, SASL2)),
        authenticate(inside="<user-agent/>"),
        authenticate(inside="<user-agent id='D4565FA7-4D72-4749-B3D3-740EDBF87770'/>"),
        authenticate(inside=AGENT + wish("HT-SHA-256-NONE") + f"<fast xmlns='{FAST}'/>"),
        *(authenticate(inside=AGENT + wish(name)) for name in ("", "PLAIN", "HT-SHA-1-NONE", "x" * 10_000)),
        *(tagged(tag) for tag in ("", "a/b", "x" * 1006, "<x xmlns='urn:x'/>", "&lt;x&gt;")),
        # What cannot be resumed is no reason to fail: the answer says so.
        *(authenticate(inside=RESUME % previd_and_h) for previd_and_h in (("x", 0), ("", ""), ("x" * 10_000, 1), ("x", -1), ("x", "9" * 100))),
        authenticate(inside=f"<resume xmlns='{SM}'/>"),
        authenticate(inside="<bind xmlns='urn:x'/><resume xmlns='urn:x'/><fast xmlns='urn:x'/>"),
        authenticate(inside="<x/>" * 1_000),
    ),
    "stream policy-violation": (
        authenticate(data=b"\0alice\0wrong") * 4,
        (authenticate(), authenticate()),
        (SASL2_FIRST, SASL2_FIRST),
        (SASL2_FIRST, plain("\0alice\0secret")),
        (SASL2_FIRST, bind()),
        (SASL2_FIRST, final(GOOD)),
        (authenticate(), plain("\0alice\0secret")),
        (authenticate(), header().partition("?>")[2]),
        authenticate(data=b"\0alice\0" + b"x" * 70_000),
    ),
    "stream restricted-xml": ((authenticate(), header()),),
    "stream invalid-namespace": ("<authenticate xmlns='urn:xmpp:sasl:1' mechanism='PLAIN'/>", "<authenticate xmlns='urn:xmpp:sasl:3' mechanism='PLAIN'/>"),
}
# In the clear, where STARTTLS is offered.
STARTTLS_ROWS = {
    "encryption-required": (authenticate(), authenticate("X")),
    "proceed": (
        f"<starttls xmlns='{TLS}'/>",
        f"<starttls xmlns='{TLS}'>x</starttls>",
        f"<starttls xmlns='{TLS}'><required/></starttls>",
        (FIRST, f"<starttls xmlns='{TLS}'/>"),
        (plain("\0alice\0wrong"), f"<starttls xmlns='{TLS}'/>"),
    ),
    "stream invalid-namespace": (f"<starttls xmlns='{TLS}x'/>", "<starttls/>", f"<starttls xmlns='{SASL}'/>"),
    "no TLS": ((*LOGGED_IN, f"<starttls xmlns='{TLS}'/>"),),
    "stream not-well-formed": (f"<starttls xmlns='{TLS}'>" + "</x>",),
}
MANAGED = (*LOGGED_IN, bind(), f"<enable xmlns='{SM}' resume='true'/>")
LATER_ROWS = {
    # Counts that are none, or too high; requests at the wrong time.
    "stream undefined-condition": tuple((*MANAGED, f"<a xmlns='{SM}' h='{h}'/>") for h in (1, 100, 2147483647)),
    "a": ((*MANAGED, f"<r xmlns='{SM}'/>"), (*MANAGED, f"<a xmlns='{SM}' h='0'/><r xmlns='{SM}'/>"), (*MANAGED, f"<r xmlns='{SM}'/>" * 1_000)),
    # Resumption: before login, of what is not there, of what is malformed.
    "sm unexpected-request": (
        RESUME % ("x", 0),
        f"<enable xmlns='{SM}'/>",
        (*LOGGED_IN, f"<enable xmlns='{SM}'/>"),
        (*LOGGED_IN, bind(), RESUME % ("x", 0)),
        (*MANAGED, f"<enable xmlns='{SM}'/>"),
        (*MANAGED, RESUME % ("x", 0)),
    ),
    "sm item-not-found": (
        *((*LOGGED_IN, RESUME % (previd, 0)) for previd in ("x", "", "x" * 10_000, "../x", "&#10;", "%s%n", "\u0130")),
        (*LOGGED_IN, f"<resume xmlns='{SM}' h='1'/>"),
    ),
    "sm bad-request": (
        *((*LOGGED_IN, RESUME % ("x", h)) for h in ("", "-1", "x", "4294967296", "9" * 1_000)),
    ),
    # Resources.
    "iq result": (
        *((*LOGGED_IN, bind(inside)) for inside in (
            "", "<resource/>", "<resource></resource>", f"<resource>{'x' * 1023}</resource>", "<resource>a/b@c</resource>", "<resource>&lt;&amp;&gt;</resource>",
            "<resource>a</resource><resource>b</resource>", "<x xmlns='urn:x'/>",
        )),
    ),
    "iq bad-request": (
        *((*LOGGED_IN, bind(f"<resource>{resource}</resource>")) for resource in (
            "x" * 1024, "x" * 60_000, "\u00fc" * 512, "&#x85;", "\u200e", "\ufffd", "\U000e0001", "\ufdfa" * 200, "\u0627a",
        )),
        (*LOGGED_IN, bind(type="get")),
        (*LOGGED_IN, f"<iq type='set' id='b'><bind xmlns='{BIND}'/><bind xmlns='{BIND}'/></iq>"),
        (*LOGGED_IN, "<iq type='set' id='b'/>"),
    ),
    "stream policy-violation": (
        (*LOGGED_IN, bind("<resource>&#x85;</resource>") * 6),
        *((*MANAGED, f"<a xmlns='{SM}' h='{h}'/>") for h in ("", "-1", "x", "4294967296", " 0", "0x0", "9" * 1_000)),
        (*MANAGED, f"<a xmlns='{SM}'/>"),
    ),
    "enabled": (
        MANAGED,
        *((*LOGGED_IN, bind(), f"<enable xmlns='{SM}' resume='{resume}' max='{most}'/>") for resume in ("true", "maybe") for most in ("", "0", "-1", "x", "9" * 100)),
    ),
}


def name_of(element):
    return element.tag.rpartition("}")[2]


def describe(element):
    """What an element says, in the words of the tables."""
    name = name_of(element)
    if name == "failure":
        return name_of(element[0]) if len(element) else "no TLS"
    if name == "failed":
        return f"sm {name_of(element[0])}"
    if name == "error":
        return f"stream {condition_of(element)}"
    if name == "iq":
        return f"iq {condition_of(element) or element.get('type')}"
    return name


def next_answer(actor):
    """(what was said, its text)"""
    while True:
        event = actor.event()
        if event is None:
            return "nothing", ""
        kind, value = event
        if kind == END:
            return "the end", ""
        if kind == ELEMENT:
            return describe(value), value.text or ""
        require(kind in (OPEN, CLOSE), f"the server says {event}")


def play(actor, steps, expected):
    """What came last."""
    challenge = ""
    for step in steps:
        actor.send(step(challenge) if callable(step) else step)
        answer, text = next_answer(actor)
        if answer == "challenge":
            challenge = base64.b64decode(text).decode()
    # An error of the stream may come behind answers.
    while expected.startswith("stream ") and not answer.startswith(("stream ", "the end", "nothing")):
        answer, _ = next_answer(actor)
    return answer


def check_rows(world, listener, rows):
    wrong = []
    count = 0
    for expected, variants in rows.items():
        for row in variants:
            steps = row if isinstance(row, tuple) else (row,)
            with Actor(world.meerkat, listener, source=world.address(count % 200)) as actor:
                actor.open()
                answer = play(actor, steps, expected)
            count += 1
            if answer != expected:
                said = " ".join(step if isinstance(step, str) else step.__doc__ for step in steps)
                wrong.append(f"{answer} instead of {expected}: {said[:300]}")
            world.require_alive()
    world.note(f"{count} logins")
    require(not wrong, f"{len(wrong)} of {count}:\n" + "\n".join(wrong))


def check_table(world, listener, rows):
    """Twice: how much memory stays behind shows in the second round."""
    world.start("alice", "bob", modules=MODULES, config="[auth.password]\nscram_iterations = 100\n")
    world.release_canary()
    check_rows(world, listener, rows)
    settled = world.memory()
    check_rows(world, listener, rows)
    world.require_memory(world.memory() - settled, 3e6, "growth in the second round")


@case(120)
def plain_logins(world):
    """logins by PLAIN, and mechanisms that there are not"""
    check_table(world, "bare", PLAIN_ROWS)


@case(120)
def scram_logins(world):
    """logins by SCRAM, in each message of it"""
    check_table(world, "bare", SCRAM_ROWS)


@case(120)
def modern_logins(world):
    """logins by SASL2, with tokens, resources and sessions along with them"""
    check_table(world, "tls", SASL2_ROWS)


@case(60)
def before_tls(world):
    """STARTTLS, and logins that may not be before it"""
    check_table(world, "c2s", STARTTLS_ROWS)


@case(90)
def after_login(world):
    """resumption and resources"""
    check_table(world, "bare", LATER_ROWS)


def all_steps():
    """Of all tables, those that are text."""
    found = []
    for table in (PLAIN_ROWS, SCRAM_ROWS, SASL2_ROWS, STARTTLS_ROWS, LATER_ROWS):
        for rows in table.values():
            for row in rows:
                found += [step for step in (row if isinstance(row, tuple) else (row,)) if isinstance(step, str) and len(step) < 5_000]
    return found


def shuffled_login(random, steps):
    """What was right somewhere, or wrong, one after another; mostly it begins well."""
    begins = ((), (), LOGGED_IN, MANAGED[:3], MANAGED, (SASL2_FIRST,), (FIRST,), (authenticate(inside=f"<bind xmlns='{BIND2}'/>"),))
    pieces = [header(), *random.choice(begins), *(random.choice(steps) for _ in range(random.randint(1, 6)))]
    if random.random() < 0.3:
        pieces.append("</stream:stream>")
    return pieces


def send_somehow(actor, pieces, random):
    how = random.randrange(4)
    if how == 0:
        actor.send("".join(pieces))
        return
    for piece in pieces:
        if how == 1:
            for start in range(0, len(piece), 100):
                actor.send(piece[start : start + 100])
        elif not actor.send(piece):
            return
        if how == 2:
            actor.event(0.005)


@case(90)
def shuffled(world):
    """pieces of logins in any order, in one write or many, with answers read or not"""
    world.start("alice", "bob", modules=MODULES, config="[auth.password]\nscram_iterations = 100\n", listeners={"tls": "state_timeout = 1_000"})
    world.release_canary()
    steps = all_steps()
    settled = None
    rounds = 20_000 if world.is_long else 1_500
    for n in range(rounds):
        pieces = shuffled_login(world.random, steps)
        try:
            with Actor(world.meerkat, ("bare", "tls", "c2s")[n % 3], source=world.address(n % 200)) as actor:
                send_somehow(actor, pieces, world.random)
                if world.random.random() < 0.1:
                    actor.reset()
        except Exception as error:
            world.note(f"round {n}: {pieces!r}")
            raise error
        world.require_alive()
        settled = world.memory() if n == rounds // 2 else settled
    world.online("alice").ping()
    world.require_memory(world.memory() - settled, 6e6, "growth in the second half")
