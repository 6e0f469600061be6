#!/usr/bin/python3
"""The page for operators over HTTP: who gets what, and the events it lives on. In a browser: test/browser/."""
import base64
import http.client
import json
import os
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from web_bed import BUILD, PATIENCE, Bed, WebSocket, servers  # noqa: E402

FOLDER = os.path.join(BUILD, "dashboard")
PLACES = """
[[listen.http.handlers.meerkat_dashboard]]
host = "_"
path = "/dashboard"
[[listen.http.handlers.meerkat_dashboard]]
host = "_"
path = "/locked"
username = "operator"
password = "geheim: ö"
"""
GOOD = base64.b64encode("operator:geheim: ö".encode()).decode()
PATHS = ("", "/", "/events", "/sessions", "/servers", "/dashboard.js", "/nothing")


class Events:
    """A stream of events; `status` is that of its answer."""

    def __init__(self, port, path="/dashboard/events", **headers):
        self.connection = http.client.HTTPConnection("localhost", port, timeout=PATIENCE)
        self.connection.request("GET", path, headers=headers)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def next(self, kind=None):
        """(type, object) of the next event, or of the next one of this type."""
        while True:
            fields = {}
            while (line := self.answer.readline().decode().rstrip("\r\n")) or not fields:
                if not line.startswith(":"):
                    name, _, value = line.partition(": ")
                    fields[name] = value
            if kind in (None, fields.get("event")):
                return fields["event"], json.loads(fields["data"])


class Dashboard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # The files are made with npm; what is tested here needs only that there are some.
        os.makedirs(FOLDER, exist_ok=True)
        for name, text in (("index.html", "<!DOCTYPE html>\n"), ("dashboard.js", "0")):
            path = os.path.join(FOLDER, name)
            if not os.path.exists(path):
                with open(path, "w", encoding="ascii") as file:
                    file.write(text)
                cls.addClassCleanup(os.unlink, path)
        cls.bed = Bed({"mongoose_websocket_handler": "max_stanza_size = 20000\n" + PLACES}, "[meerkat]\nmax_login_failures_per_address = 1000\n")
        cls.addClassCleanup(cls.bed.close)

    def ask(self, path, method="GET", host="localhost", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.bed.port, timeout=PATIENCE)
        try:
            connection.request(method, path, headers={"Host": host, **headers})
            answer = connection.getresponse()
            return answer, answer.read() if answer.getheader("content-type") != "text/event-stream" else b""
        finally:
            connection.close()

    def ask_json(self, path):
        answer, body = self.ask(path)
        self.assertEqual((answer.getheader("content-type"), answer.getheader("cache-control")), ("application/json", "no-store"))
        return answer.status, json.loads(body)

    # ---- who gets what ----

    def test_page(self):
        answer, body = self.ask("/dashboard/")
        self.assertEqual((answer.status, answer.getheader("content-type")), (200, "text/html; charset=utf-8"))
        self.assertTrue(body.startswith(b"<!DOCTYPE html>"))
        policy = answer.getheader("content-security-policy")
        for rule in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"):
            self.assertIn(rule, policy)
        self.assertNotIn("unsafe", policy)
        self.assertNotIn("http", policy)
        self.assertEqual(answer.getheader("x-content-type-options"), "nosniff")
        answer, _ = self.ask("/dashboard")
        self.assertEqual((answer.status, answer.getheader("location")), (308, "/dashboard/"))

    def test_what_is_not_there(self):
        for path in ("/dashboard/nothing", "/dashboard/../meerkat", "/dashboard/%2e%2e/meerkat", "/dashboard/events/x", "/dashboard/status"):
            self.assertIn(self.ask(path)[0].status, (400, 404), path)

    def test_it_cannot_change_anything(self):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            answer, _ = self.ask("/dashboard/sessions", method)
            self.assertEqual((answer.status, answer.getheader("allow")), (405, "GET, HEAD, OPTIONS"), method)

    def test_all_of_it_needs_the_credentials(self):
        wrong = base64.b64encode(b"operator:geheim").decode()
        for path in PATHS:
            for headers in ({}, {"Authorization": f"Basic {wrong}"}, {"Authorization": "Basic"}, {"Authorization": f"Bearer {GOOD}"}):
                answer, body = self.ask("/locked" + path, **headers)
                self.assertEqual(answer.status, 401, (path, headers))
                self.assertIn("Basic", answer.getheader("www-authenticate"))
                self.assertNotIn(b"DOCTYPE", body)
        self.assertEqual(self.ask("/locked/", Authorization=f"Basic {GOOD}")[0].status, 200)
        self.assertEqual(self.ask("/locked/nothing", Authorization=f"Basic {GOOD}")[0].status, 404)
        # Who has them may call it as he likes.
        self.assertEqual(self.ask("/locked/sessions", host="example.org", Authorization=f"Basic {GOOD}")[0].status, 200)

    def test_without_credentials_it_is_of_this_machine_only(self):
        for host in ("localhost", "localhost:80", "here.localhost", "127.0.0.1", "127.1.2.3:8080", "[::1]", "[::1]:80"):
            self.assertEqual(self.ask("/dashboard/sessions", host=host)[0].status, 200, host)
        for host in ("example.org", "localhost.example.org", "10.0.0.1", "notlocalhost", "[2001:db8::1]"):
            for path in PATHS:
                self.assertEqual(self.ask("/dashboard" + path, host=host)[0].status, 403, (host, path))

    def test_pages_of_other_sites_get_nothing(self):
        foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
        for path in ("/dashboard/", "/dashboard/events", "/dashboard/sessions", "/dashboard/dashboard.js"):
            self.assertEqual(self.ask(path, **foreign)[0].status, 403, path)
        own = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
        self.assertEqual(self.ask("/dashboard/sessions", **own)[0].status, 200)
        link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        self.assertEqual(self.ask("/dashboard/", **link)[0].status, 200)

    def test_beyond_the_machine_it_does_not_start_without_credentials(self):
        text = '[general]\nhosts = ["localhost"]\ndefault_server_domain = "localhost"\n[auth.internal]\n[[listen.http]]\nport = 1\n'
        handler = '[[listen.http.handlers.meerkat_dashboard]]\nhost = "_"\npath = "/"\n'
        said = self.bed.server.refuses(text + handler, 78)
        self.assertIn("meerkat_dashboard[0] has no username and password", said)
        said = self.bed.server.refuses(text + handler + 'username = "a"\n', 78)
        self.assertIn('"username" and "password" are only good together', said)

    # ---- questions ----

    def test_sessions(self):
        with WebSocket(self.bed) as alice, WebSocket(self.bed) as bob:
            alice.log_in("alice")
            bob.log_in("bob", "tablet")
            status, page = self.ask_json("/dashboard/sessions?search=TABLET&sort=uptime&descending=true&limit=10")
            self.assertEqual((status, page["matching"], page["next"]), (200, 1, None))
            self.assertEqual(page["sessions"][0]["user"], "bob@localhost/tablet")
            status, page = self.ask_json("/dashboard/sessions?limit=1")
            self.assertEqual([s["user"] for s in page["sessions"]], ["alice@localhost/web"])
            status, page = self.ask_json(f"/dashboard/sessions?limit=1&after={page['next'].replace('/', '%2F')}")
            self.assertEqual(([s["user"] for s in page["sessions"]], page["next"]), (["bob@localhost/tablet"], None))

    def test_wrong_questions(self):
        for query, word in (("limit=0", "limit"), ("limit=many", "limit"), ("sort=age", "sort"), ("after=x", "after"), ("search=%ff", "search")):
            status, body = self.ask_json(f"/dashboard/sessions?{query}")
            self.assertEqual(status, 400)
            self.assertIn(word, body["error"])

    def test_servers(self):
        self.assertEqual(self.ask_json("/dashboard/servers?limit=5"), (200, []))

    # ---- events ----

    def test_events(self):
        with Events(self.bed.port) as events:
            self.assertEqual(events.status, 200)
            self.assertEqual(events.answer.getheader("cache-control"), "no-store")
            kinds = {events.next()[0], events.next()[0]}
            self.assertEqual(kinds, {"news", "snapshot"})
            _, first = events.next("snapshot")
            _, second = events.next("snapshot")
            self.assertTrue(500 < second["at"] - first["at"] < 3000, (first["at"], second["at"]))
            self.assertEqual(first["domain"], "localhost")
            self.assertEqual(first["status"]["statusCode"], "RUNNING")
            self.assertGreater(first["memory"]["resident"], 1000000)
            self.assertIn(self.bed.port, [listener["port"] for listener in first["listeners"]])
            self.assertEqual(first["histograms"][0]["name"], "stanza_seconds")
            self.assertIn("stanzas_in", first["metrics"])

    def listener(self, snapshot):
        return next(listener for listener in snapshot["listeners"] if listener["port"] == self.bed.port)

    def test_counts_move(self):
        with Events(self.bed.port) as events:
            before = self.listener(events.next("snapshot")[1])["connections"]
            with WebSocket(self.bed), WebSocket(self.bed):
                deadline = time.monotonic() + PATIENCE
                while self.listener(events.next("snapshot")[1])["connections"] < before + 2:
                    self.assertLess(time.monotonic(), deadline)

    def test_all_watchers_get_the_same(self):
        with Events(self.bed.port) as one, Events(self.bed.port) as other:
            _, mine = one.next("snapshot")
            _, theirs = other.next("snapshot")
            while mine["at"] != theirs["at"]:
                if mine["at"] < theirs["at"]:
                    _, mine = one.next("snapshot")
                else:
                    _, theirs = other.next("snapshot")
            self.assertEqual(mine, theirs)

    def test_no_more_than_a_hundred_watch(self):
        watchers = []
        try:
            while len(watchers) <= 101 and (not watchers or watchers[-1].status == 200):
                watchers.append(Events(self.bed.port))
            self.assertEqual((len(watchers), watchers[-1].status), (101, 503))
            watchers.pop(0).connection.close()
            watchers.pop().connection.close()
            deadline = time.monotonic() + PATIENCE
            while self.ask("/dashboard/events")[0].status != 200:
                self.assertLess(time.monotonic(), deadline)
        finally:
            for watcher in watchers:
                watcher.connection.close()

    def test_news_of_a_limit_and_of_a_reload(self):
        with Events(self.bed.port) as events:
            events.next("news")
            with WebSocket(self.bed) as peer:
                peer.log_in("carol")
                peer.send("<message><body>" + "x" * 30000)
                peer.until_closed()
            deadline = time.monotonic() + PATIENCE
            while "max_stanza_size_exceeded" not in [entry["limit"] for entry in events.next("news")[1]["limited"]]:
                self.assertLess(time.monotonic(), deadline)
            self.assertEqual(self.bed.server.ctl(["server", "reload"])[0], 0)
            while not (news := events.next("news")[1])["reload"]["at"]:
                self.assertLess(time.monotonic(), deadline)
            self.assertTrue(news["reload"]["applied"])

    def test_the_server_stops_while_somebody_watches(self):
        bed = Bed({"mongoose_websocket_handler": PLACES})
        try:
            with Events(bed.port) as one, Events(bed.port) as other:
                one.next("snapshot")
                other.next("snapshot")
                bed.server.stop()
        except servers.Mismatch as mismatch:
            self.fail(f"{mismatch}\n{bed.server.log()[-2000:]}")
        finally:
            bed.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
