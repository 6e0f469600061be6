#!/usr/bin/python3
"""A stand-in for meerkat and meerkatctl (by the name it is called) with just enough XMPP to test the wire runner: PLAIN without asking
for the password, bind, presence and messages between clients, answers to every iq, not-well-formed for what is not XML."""
import json
import os
import re
import selectors
import signal
import socket
import sys
import tomllib

STREAM = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"


class Client:
    def __init__(self, connection):
        self.socket, self.data, self.user, self.jid = connection, "", None, None

    def send(self, text):
        self.socket.sendall(text.encode())


class Fake:
    def __init__(self, config):
        self.state = config["meerkat"]["state_dir"]
        self.selector = selectors.DefaultSelector()
        self.clients = []
        for listener in config["listen"]["c2s"]:
            self.selector.register(socket.create_server((listener["ip_address"], listener["port"])), selectors.EVENT_READ)

    def run(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
        while True:
            for key, _ in self.selector.select():
                if key.data is None:
                    client = Client(key.fileobj.accept()[0])
                    self.clients.append(client)
                    self.selector.register(client.socket, selectors.EVENT_READ, client)
                else:
                    self.read(key.data)

    def drop(self, client):
        self.selector.unregister(client.socket)
        self.clients.remove(client)
        client.socket.close()

    def read(self, client):
        data = client.socket.recv(65536).decode("utf-8", "replace")
        if not data:
            return self.drop(client)
        client.data += data
        while match := re.match(r"\s*(<\?.*?\?>|<stream:stream.*?>|</stream:stream>|<(\w+)[^>]*/>|<(\w+).*?</\3>)", client.data, re.S):
            client.data = client.data[match.end() :]
            if not self.take(client, match[1], match[2] or match[3]):
                return self.drop(client)
        if client.data.strip() and not client.data.lstrip().startswith("<"):
            client.send(f"<stream:stream {STREAM}><stream:error><not-well-formed xmlns="
                        "'urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>")  # fmt: skip
            self.drop(client)

    def take(self, client, text, name):
        """False if the connection is to end."""
        identifier = (re.search(r"id='([^']*)'", text) or [0, ""])[1]
        if text == "</stream:stream>":
            client.send(text)
            return False
        if text.startswith("<stream:stream"):
            offer = f"<bind xmlns='{BIND}'/>" if client.user else f"<mechanisms xmlns='{SASL}'><mechanism>PLAIN</mechanism></mechanisms>"
            client.send(f"<?xml version='1.0'?><stream:stream {STREAM} from='localhost'><stream:features>{offer}</stream:features>")
        elif name == "auth":
            client.user = __import__("base64").b64decode(re.search(r">(.*?)<", text)[1]).split(b"\0")[1].decode()
            client.send(f"<success xmlns='{SASL}'/>")
        elif name == "iq" and "<bind" in text:
            client.jid = f"{client.user}@localhost/{re.search('<resource>(.*?)<', text)[1]}"
            client.send(f"<iq type='result' id='{identifier}'><bind xmlns='{BIND}'><jid>{client.jid}</jid></bind></iq>")
        elif name == "iq":
            client.send(f"<iq type='result' id='{identifier}'/>")
        elif name == "presence":
            client.send(text.replace("<presence", f"<presence from='{client.jid}'", 1))
        elif name == "message":
            to = re.search(r"to='([^']*)'", text)[1]
            for other in self.clients:
                if other.jid and other.jid.split("/")[0] == to.split("/")[0]:
                    other.send(text.replace("<message", f"<message from='{client.jid}'", 1))
        return True


def control(state, words):
    """Accounts are lines of a file."""
    path = os.path.join(state, "accounts")
    if words[1] == "registerUser":
        with open(path, "a", encoding="utf-8") as file:
            file.write(words[words.index("--username") + 1] + "\n")
        print(json.dumps("registered"))
    elif words[1] == "countUsers":
        with open(path, encoding="utf-8") as file:
            print(json.dumps({"count": len(file.readlines())}))
    else:
        sys.exit("no such operation")


def main():
    with open(sys.argv[2], "rb") as file:
        config = tomllib.load(file)
    if config.get("refuse"):
        print("meerkat.toml:1:1: error: refuse: unknown key", file=sys.stderr)
        sys.exit(78)
    if os.path.basename(sys.argv[0]) == "meerkatctl":
        return control(config["meerkat"]["state_dir"], sys.argv[3:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("started", file=sys.stderr, flush=True)
    Fake(config).run()


if __name__ == "__main__":
    main()
