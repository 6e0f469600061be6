"""Certificates for tests, made with openssl. Everything is a PEM file NAME.pem (the certificate) or NAME-key.pem in one folder.

cert        signed by itself, for localhost, *.localhost and other.example; its key is `key`
locked-key  the same key, encrypted with the password "sesame"
expired     of the same key, but its time is over
second      the same names, another key: what a renewal brings
named       for named.example, an RSA key
ca          an authority, which has signed:
client      of alice@localhost, common name alice
client-two  of alice@localhost and of bob@localhost
client-named  without address, common name alice
client-revoked  of alice@localhost, revoked by the list `crl`
client-self of alice@localhost, signed by itself
"""
import os
import subprocess

EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
RSA = ["-newkey", "rsa:2048", "-nodes"]
DAYS = ["-days", "30", "-sha256"]
CLIENTS = ("client", "client-two", "client-named", "client-revoked")
SERVER_NAMES = "subjectAltName=DNS:localhost,DNS:*.localhost,DNS:other.example"
CA_CONFIG = """
[ca]
default_ca = it
[it]
database = {folder}/index.txt
default_md = sha256
default_crl_days = 30
"""


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdin=subprocess.DEVNULL, capture_output=True)


def addresses(*jids):
    return "subjectAltName=" + ",".join(f"otherName:1.3.6.1.5.5.7.8.5;UTF8:{jid}" for jid in jids)


class Maker:
    def __init__(self, folder):
        self.folder = folder
        self.paths = {}

    def path(self, name):
        self.paths[name] = os.path.join(self.folder, name + ".pem")
        return self.paths[name]

    def self_signed(self, name, key, subject, *more, kind=EC):
        openssl("req", "-x509", *kind, *DAYS, "-subj", subject, "-keyout", self.path(key), "-out", self.path(name), *more)

    def locked(self, name, key):
        openssl("pkey", "-in", self.paths[key], "-aes128", "-passout", "pass:sesame", "-out", self.path(name))

    def expired(self, name, key, subject):
        request = os.path.join(self.folder, name + ".csr")
        openssl("req", "-new", "-key", self.paths[key], "-subj", subject, "-addext", SERVER_NAMES, "-out", request)
        openssl(
            "x509", "-req", "-in", request, "-signkey", self.paths[key], "-days", "-1", "-copy_extensions", "copy", "-out", self.path(name)
        )

    def signed(self, name, subject, *more):
        request = os.path.join(self.folder, name + ".csr")
        openssl("req", *EC, "-sha256", "-subj", subject, *more, "-keyout", self.path(name + "-key"), "-out", request)
        openssl(
            "x509", "-req", "-in", request, "-CA", self.paths["ca"], "-CAkey", self.paths["ca-key"], "-CAcreateserial", *DAYS,
            "-copy_extensions", "copy", "-out", self.path(name),
        )  # fmt: skip

    def revoke(self, name):
        config = os.path.join(self.folder, "ca.cnf")
        with open(os.path.join(self.folder, "index.txt"), "w", encoding="utf-8"):
            pass
        with open(config, "w", encoding="utf-8") as file:
            file.write(CA_CONFIG.format(folder=self.folder))
        signer = ["-config", config, "-cert", self.paths["ca"], "-keyfile", self.paths["ca-key"]]
        openssl("ca", *signer, "-revoke", self.paths[name])
        openssl("ca", *signer, "-gencrl", "-out", self.path("crl"))


def make(folder):
    """{name: path} of all of them; client certificates also as client-cert and so on, as scripts name them."""
    m = Maker(folder)
    m.self_signed("cert", "key", "/CN=localhost", "-addext", SERVER_NAMES)
    m.locked("locked-key", "key")
    m.expired("expired", "key", "/CN=localhost")
    m.self_signed("second", "second-key", "/CN=second", "-addext", SERVER_NAMES)
    m.self_signed("named", "named-key", "/CN=named", "-addext", "subjectAltName=DNS:named.example", kind=RSA)
    m.self_signed("ca", "ca-key", "/CN=meerkat test CA")
    m.signed("client", "/CN=alice", "-addext", addresses("alice@localhost"))
    m.signed("client-two", "/CN=alice", "-addext", addresses("alice@localhost", "bob@localhost"))
    m.signed("client-named", "/CN=alice")
    m.signed("client-revoked", "/CN=alice", "-addext", addresses("alice@localhost"))
    m.self_signed("client-self", "client-self-key", "/CN=alice", "-addext", addresses("alice@localhost"))
    m.revoke("client-revoked")
    m.paths["client-cert"] = m.paths["client"]
    return m.paths


def common_name(der):
    """Of a certificate as it came over the wire."""
    done = subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-noout", "-subject", "-nameopt", "multiline"], input=der, capture_output=True, check=True
    )
    lines = [line for line in done.stdout.decode().splitlines() if "commonName" in line]
    return lines[0].partition("= ")[2] if lines else ""
