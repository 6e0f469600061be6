"""rest_bed: a server with REST for administrators and for users, and a client that sends what it is told."""
import base64
import http.client
import json
import os
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bed  # noqa: E402
import npm  # noqa: E402

LISTENER = """
[[listen.http]]
  port = {port}
  ip_address = "127.0.0.1"
  [[listen.http.handlers.mongoose_admin_api]]
    host = "_"
    path = "/api"
    username = "admin"
    password = "secret"
  [[listen.http.handlers.mongoose_admin_api]]
    host = "_"
    path = "/open"
  [[listen.http.handlers.mongoose_admin_api]]
    host = "_"
    path = "/some"
    handlers = ["sessions", "muc"]
  [[listen.http.handlers.mongoose_client_api]]
    host = "_"
    path = "/client"
  [[listen.http.handlers.mongoose_client_api]]
    host = "_"
    path = "/quiet"
    handlers = ["messages"]
    docs = false
"""
ADMIN = ("admin", "secret")


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.raw = response.read()

    @property
    def value(self):
        return json.loads(self.raw)


class Client:
    """A session over XMPP that tells what came."""

    def __init__(self, port, user, resource):
        name, domain = user.split("@")
        self.came = ""
        self.address = f"{user}/{resource}"
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=bed.PATIENCE)
        header = f"<stream:stream to='{domain}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
        secret = base64.b64encode(f"\0{name}\0{bed.PASSWORD}".encode()).decode()
        self.talk(header, "</stream:features>")
        self.talk(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>", "<success")
        self.talk(header, "</stream:features>")
        self.talk(f"<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind></iq>", "</jid>")
        self.talk("<presence/>", "<presence")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def talk(self, text, awaited):
        self.socket.sendall(text.encode())
        return self.expect(awaited)

    def expect(self, awaited):
        """What came up to and with this text."""
        while awaited not in self.came:
            data = self.socket.recv(65536)
            if not data:
                raise AssertionError(f"the connection ended; waited for {awaited}, there is {self.came}")
            self.came += data.decode()
        text, _, self.came = self.came.partition(awaited)
        return text + awaited

    def expect_end(self):
        while self.socket.recv(65536):
            pass


class Events:
    """What a stream of server-sent events brings."""

    def __init__(self, port, path, who):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=bed.PATIENCE)
        self.connection.request("GET", path, headers={"Authorization": credentials(who)})
        self.response = self.connection.getresponse()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.response.close()
        self.connection.close()

    def next(self):
        """The fields of the next event; comments are passed over."""
        event = {}
        while True:
            line = self.response.readline().decode()
            if not line:
                return None
            name, _, value = line.rstrip("\n").partition(": ")
            if name:
                event[name] = value
            elif event:
                return event


def credentials(who):
    return "Basic " + base64.b64encode(":".join(who).encode()).decode()


class RestMixin(bed.BedMixin):
    @classmethod
    def setUpClass(cls):
        cls.make_page()
        super().setUpClass()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            cls.port = probe.getsockname()[1]
        cls.bed.server.change_config(LISTENER.replace("{port}", str(cls.port)))
        cls.bed.ctl("server", "reload")

    @classmethod
    def make_page(cls):
        """A build that tools/api-page has not been at has at least something to serve."""
        page = os.path.join(bed.BUILD, "api-docs/index.html")
        if not os.path.exists(page):
            os.makedirs(os.path.dirname(page), exist_ok=True)
            with open(page, "w", encoding="ascii") as file:
                file.write("<!DOCTYPE html>\n")
            cls.addClassCleanup(os.unlink, page)

    def login(self, user, resource="r"):
        return Client(self.bed.port("bare"), user, resource)

    def send(self, method, path, value=None, who=None, raw=None, kind="application/json", headers=(), source="127.0.0.1"):
        """value: sent as JSON; raw: sent as it is. source: the address it comes from."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=bed.PATIENCE, source_address=(source, 0))
        sent = dict(headers)
        body = raw if value is None else json.dumps(value).encode()
        if body is not None and kind:
            sent["Content-Type"] = kind
        if who:
            sent["Authorization"] = credentials(who)
        try:
            connection.request(method, path, body, sent)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def check_document(self, path, who=None):
        """The paths of a document that a validator of somebody else finds right."""
        npm.install("openapi")
        answer = self.send("GET", path + "/api-docs/openapi.json", who=who)
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "application/json"))
        done = subprocess.run(
            ["node", "validate.mjs"], cwd=npm.place("openapi"), input=answer.raw, capture_output=True, timeout=3 * bed.PATIENCE
        )
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"3.0\n", b""))
        return answer.value["paths"]

    def refused(self, status, *arguments, **named):
        """The request gets this status, and a text."""
        answer = self.send(*arguments, **named)
        self.assertEqual(answer.status, status, (arguments, named, answer.raw))
        self.assertEqual(answer.headers["content-type"], "application/json")
        self.assertIsInstance(answer.value, str)
        return answer.value
