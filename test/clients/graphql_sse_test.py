#!/usr/bin/python3
"""Subscriptions over GraphQL: server-sent events, asked for as EventSource asks, by administrators and by users."""
import base64
import http.client
import json
import os
import socket
import sys
import time
import unittest
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bed  # noqa: E402

LISTENER = """
[[listen.http]]
  port = {port}
  ip_address = "127.0.0.1"
  [[listen.http.handlers.mongoose_graphql_handler]]
    host = "_"
    path = "/api/admin"
    schema_endpoint = "admin"
    username = "admin"
    password = "secret"
  [[listen.http.handlers.mongoose_graphql_handler]]
    host = "_"
    path = "/api/user"
    schema_endpoint = "user"
  [[listen.http.handlers.mongoose_graphql_handler]]
    host = "_"
    path = "/api/brief"
    schema_endpoint = "user"
    sse_idle_timeout = 1500
  [[listen.http.handlers.mongoose_graphql_handler]]
    host = "_"
    path = "/api/server"
    schema_endpoint = "admin"
    allowed_categories = ["server"]
"""
ADMIN = ("admin", "secret")
OWN = "subscription { stanza { subscribeForMessages { stanza sender } } }"
OF = "subscription Q1($user: JID!) { stanza { m: subscribeForMessages(caller: $user) { stanza sender stanza_id timestamp __typename } } }"


class Events:
    """A subscription: its status, its headers, and what comes."""

    def __init__(self, port, path, who, method="GET", **parameters):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=bed.PATIENCE)
        headers = {"Accept": "text/event-stream"}
        if who:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(who).encode()).decode()
        self.connection.request(method, f"{path}?{urllib.parse.urlencode(parameters)}", headers=headers)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.type = self.answer.headers["Content-Type"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.answer.close()
        self.connection.close()

    def next(self):
        """The next event; None: there are no more."""
        data = []
        while line := self.answer.readline():
            if line.startswith(b"data: "):
                data.append(line[6:].rstrip(b"\n"))
            elif line == b"\n" and data:
                return json.loads(b"\n".join(data))
        return None

    def code(self):
        return json.loads(self.answer.read())["errors"][0]["extensions"]["code"]


class Subscriptions(bed.BedMixin, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            cls.port = probe.getsockname()[1]
        cls.bed.server.change_config(LISTENER.replace("{port}", str(cls.port)))
        cls.bed.ctl("server", "reload")

    def listen(self, who, query=OWN, path="/api/user/sse", **more):
        return Events(self.port, path, who, query=query, **more)

    def send(self, sender, to, body):
        return self.bed.ctl("stanza", "sendMessage", "--from", sender, "--to", to, "--body", body)

    def sessions(self, user):
        return json.loads(self.bed.ctl("session", "listSessions", "--user", user))["data"]["session"]["listSessions"]

    def wait_for_sessions(self, user, count):
        for _ in range(100):
            if len(self.sessions(user)) == count:
                return
            time.sleep(0.05)
        self.fail(f"{user}: {self.sessions(user)}")

    def test_a_user_gets_the_own_messages(self):
        """T-HTTP-20: as they come, each as an answer of GraphQL; and the account is there as a session, until the client goes."""
        sender, user, other = self.bed.register("sam", "una", "olga")
        with self.listen((user, bed.PASSWORD)) as events:
            self.assertEqual((events.status, events.type), (200, "text/event-stream"))
            (session,) = self.sessions(user)
            self.assertIn("/sse-", session["user"])
            self.send(sender, other, "not for her")
            for body in ("one", "<two> & 2\nä"):
                self.send(sender, user, body)
            for body in ("one", "&lt;two> &amp; 2\nä"):
                message = events.next()["data"]["stanza"]["subscribeForMessages"]
                self.assertEqual((sorted(message), message["sender"]), (["sender", "stanza"], sender))
                self.assertTrue(message["stanza"].startswith("<message "))
                self.assertIn(body, message["stanza"].replace("&gt;", ">"))
            self.send(sender, session["user"], "to the resource")
            self.assertIn("to the resource", events.next()["data"]["stanza"]["subscribeForMessages"]["stanza"])
        self.wait_for_sessions(user, 0)

    def test_an_administrator_says_whose(self):
        sender, user = self.bed.register("sam", "una")
        variables = json.dumps({"user": user.upper()})
        with self.listen(ADMIN, OF, "/api/admin/sse", variables=variables, operationName="Q1") as events:
            self.assertEqual(events.status, 200)
            self.send(sender, user, "hello")
            message = events.next()["data"]["stanza"]["m"]
            self.assertEqual((message["sender"], message["__typename"]), (sender, "StanzaMap"))
            self.assertIn(message["stanza_id"], message["stanza"])
            self.assertRegex(message["timestamp"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ$")
        for who, code in (("nobody@localhost", "user_not_found"), ("nobody@nowhere.example", "domain_not_found"), ("localhost", "bad_arguments")):
            with self.listen(ADMIN, OF, "/api/admin/sse", variables=json.dumps({"user": who})) as events:
                self.assertEqual((events.status, events.code()), (400, code))

    def test_only_a_session_that_is_there_gets_them(self):
        """It ends when its session is ended, and a new one is a session of its own."""
        (user,) = self.bed.register("una")
        with self.listen((user, bed.PASSWORD)) as first, self.listen((user, bed.PASSWORD)) as second:
            self.assertEqual((first.status, second.status), (200, 200))
            resources = [session["user"].split("/")[1] for session in self.sessions(user)]
            self.assertEqual(len(set(resources)), 2)
            self.bed.ctl("session", "kickUser", "--user", user)
            self.assertEqual((first.next(), second.next()), (None, None))

    def test_it_ends_when_nothing_comes(self):
        """T-HTTP-20: sse_idle_timeout"""
        sender, user = self.bed.register("sam", "una")
        with self.listen((user, bed.PASSWORD), path="/api/brief/sse") as events:
            begun = time.monotonic()
            for _ in range(3):
                time.sleep(0.6)
                self.send(sender, user, "still there")
                self.assertIsNotNone(events.next())
            self.assertIsNone(events.next())
            self.assertGreater(time.monotonic() - begun, 3.2)
        self.wait_for_sessions(user, 0)

    def test_who_does_not_read_is_cut_off(self):
        """What waits for it is bounded, and its session ends; others get theirs."""
        sender, user, other = self.bed.register("sam", "una", "olga")
        with socket.socket() as slow, self.listen((other, bed.PASSWORD)) as events:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect(("127.0.0.1", self.port))
            credentials = base64.b64encode(f"{user}:{bed.PASSWORD}".encode()).decode()
            target = "/api/user/sse?" + urllib.parse.urlencode({"query": OWN})
            slow.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {credentials}\r\n\r\n".encode())
            self.wait_for_sessions(user, 1)
            many = " ".join(f'm{i}: sendMessage(from: "{sender}", to: "{user}", body: $b) {{ id }}' for i in range(60))
            body = {"query": f"mutation($b: String!) {{ stanza {{ {many} }} }}", "variables": {"b": "x" * 200000}}
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=bed.PATIENCE)
            headers = {"Content-Type": "application/json", "Authorization": "Basic " + base64.b64encode(":".join(ADMIN).encode()).decode()}
            connection.request("POST", "/api/admin", json.dumps(body), headers)
            self.assertEqual(connection.getresponse().status, 200)
            connection.close()
            self.wait_for_sessions(user, 0)
            self.send(sender, other, "hello")
            self.assertIn("hello", events.next()["data"]["stanza"]["subscribeForMessages"]["stanza"])
        metrics = json.loads(self.bed.ctl("metric", "getMetrics"))["data"]["metric"]["getMetrics"]
        names = ("event_streams_cut_off", "feeds_cut_off", "output_limit_exceeded")
        self.assertGreaterEqual(sum(metric["value"] for metric in metrics if metric["name"] in names), 1)

    def test_only_get(self):
        """T-HTTP-21"""
        (user,) = self.bed.register("una")
        for method in ("POST", "PUT", "DELETE"):
            with Events(self.port, "/api/user/sse", (user, bed.PASSWORD), method=method, query=OWN) as events:
                self.assertEqual(events.status, 405)
        with Events(self.port, "/api/user/sse", (user, bed.PASSWORD), method="HEAD", query=OWN) as events:
            self.assertEqual((events.status, events.answer.read()), (200, b""))
        self.wait_for_sessions(user, 0)

    def test_only_subscriptions(self):
        """T-HTTP-22"""
        (user,) = self.bed.register("una")
        who = (user, bed.PASSWORD)
        with Events(self.port, "/api/user/sse", who) as events:
            self.assertEqual((events.status, events.code()), (400, "bad_request"))
        for query, code in (
            ("{ checkAuth { authStatus } }", "not_a_subscription"),
            ("{", "syntax_error"),
            ("subscription { stanza { nothing } }", "unknown_field"),
            ("subscription { __typename }", "not_one_subscription"),
            ("subscription { stanza { __typename } }", "not_one_subscription"),
            ("subscription { stanza { a: subscribeForMessages { sender } b: subscribeForMessages { sender } } }", "not_one_subscription"),
            (OF, "unknown_argument"),
            ("subscription A { stanza { subscribeForMessages { sender } } } query B { __typename }", "unknown_operation"),
        ):
            with self.listen(who, query) as events:
                self.assertEqual((events.status, events.code()), (400, code), query)
        with self.listen(None, OF, "/api/server/sse", variables=json.dumps({"user": user})) as events:
            self.assertEqual((events.status, events.code()), (400, "category_disabled"))
        with Events(self.port, "/api/user", who, query=OWN) as events:
            self.assertEqual((events.status, events.code()), (400, "subscription_elsewhere"))

    def test_only_who_may(self):
        """T-HTTP-23"""
        (user,) = self.bed.register("una")
        for path, query, wrong in (
            ("/api/user/sse", OWN, (None, (user, "wrong"), ("nobody@localhost", "x"))),
            ("/api/admin/sse", OF, (None, ("admin", "wrong"), (user, bed.PASSWORD))),
        ):
            for who in wrong:
                with self.listen(who, query, path, variables=json.dumps({"user": user})) as events:
                    self.assertEqual((events.status, "WWW-Authenticate" in events.answer.headers), (401, True), (path, who))

    def test_it_ends_with_its_listener(self):
        (user,) = self.bed.register("una")
        with self.listen(ADMIN, OF, "/api/admin/sse", variables=json.dumps({"user": user})) as events:
            self.assertEqual(events.status, 200)
            del self.bed.server.config["listen"]["http"]
            self.bed.server.change_config("")
            self.bed.ctl("server", "reload")
            self.assertIsNone(events.next())
            self.wait_for_sessions(user, 0)
        self.bed.server.change_config(LISTENER.replace("{port}", str(self.port)))
        self.bed.ctl("server", "reload")


if __name__ == "__main__":
    bed.main()
