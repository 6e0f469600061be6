#!/usr/bin/python3
"""REST for administrators (mongoose_admin_api): every path, and what wrong requests get."""
import os
import sys
import time
import unittest
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bed  # noqa: E402
from rest_bed import ADMIN, RestMixin  # noqa: E402

JSON = "application/json"


class Rest(RestMixin, unittest.TestCase):
    def admin(self, method, path, value=None, **more):
        return self.send(method, "/api" + path, value, ADMIN, **more)

    def no(self, status, method, path, value=None, **more):
        return self.refused(status, method, "/api" + path, value, who=ADMIN, **more)

    # ---- who may ----

    def test_right_credentials(self):
        """T-HTTP-25"""
        answer = self.admin("GET", "/users/localhost")
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, JSON))
        self.assertIsInstance(answer.value, list)

    def test_wrong_credentials(self):
        """T-HTTP-26"""
        for who in (("admin", "wrong"), ("other", "secret"), ("admin", ""), None):
            for method, path in (("GET", "/users/localhost"), ("DELETE", "/users/localhost/x"), ("GET", "/api-docs/openapi.json")):
                answer = self.send(method, "/api" + path, who=who)
                self.assertEqual(answer.status, 401, (who, path))
                self.assertTrue(answer.headers["www-authenticate"].startswith("Basic "))

    def test_without_credentials(self):
        """T-HTTP-27, T-HTTP-28"""
        self.assertEqual(self.send("GET", "/open/users/localhost").status, 200)
        self.assertEqual(self.send("GET", "/open/users/localhost", who=ADMIN).status, 401)
        self.assertEqual(self.send("GET", "/open/users/localhost", headers={"Authorization": "Bearer x"}).status, 401)

    def test_guessing(self):
        """An address that is wrong too often waits, also with the right password; others do not."""
        statuses = [self.send("GET", "/api/users/localhost", who=("admin", "guess"), source="127.0.0.77").status for _ in range(80)]
        self.assertEqual((statuses[0], statuses[-1], set(statuses)), (401, 429, {401, 429}))
        self.assertEqual(self.send("GET", "/api/users/localhost", who=ADMIN, source="127.0.0.77").status, 429)
        self.assertEqual(self.admin("GET", "/users/localhost").status, 200)

    # ---- users ----

    def test_users(self):
        made = self.admin("POST", "/users/localhost", {"username": "Mike", "password": "first"})
        self.assertEqual((made.status, made.headers["location"]), (201, "/api/users/localhost/mike"))
        self.assertIsInstance(made.value, str)
        self.assertIn("mike@localhost", self.admin("GET", "/users/localhost").value)
        self.assertIn("mike@localhost", self.admin("GET", "/users/LOCALHOST/").value)
        self.assertEqual(len(self.admin("GET", "/users/localhost?limit=1").value), 1)
        self.no(403, "POST", "/users/localhost", {"username": "mike", "password": "second"})
        changed = self.admin("PUT", "/users/localhost/mike", {"newpass": "third"})
        self.assertEqual((changed.status, changed.raw), (204, b""))
        self.assertEqual(self.check("mike@localhost", "third"), True)
        self.assertEqual(self.check("mike@localhost", "first"), False)
        self.assertEqual(self.admin("DELETE", "/users/localhost/mike").status, 204)
        self.assertNotIn("mike@localhost", self.admin("GET", "/users/localhost").value)

    def check(self, user, password):
        return '"correct": true' in self.bed.ctl("account", "checkPassword", "--user", user, "--password", password)

    def test_wrong_users(self):
        self.assertIn("username", self.no(400, "POST", "/users/localhost", {"password": "x"}))
        self.assertIn("password", self.no(400, "POST", "/users/localhost", {"username": "x"}))
        self.no(400, "POST", "/users/localhost", {"username": "m@ke", "password": "x"})
        self.no(400, "POST", "/users/localhost", {"username": "mike", "password": ""})
        self.no(403, "POST", "/users/nowhere.example", {"username": "mike", "password": "x"})
        self.no(404, "GET", "/users/nowhere.example")
        self.no(400, "GET", "/users/a@b")
        self.assertIn("newpass", self.no(400, "PUT", "/users/localhost/mike", {}))
        self.no(400, "PUT", "/users/localhost/@mike", {"newpass": "x"})
        self.no(403, "PUT", "/users/localhost/nobody", {"newpass": "x"})
        self.no(403, "DELETE", "/users/localhost/nobody")
        for name in ("@mike", "a@other.example%2F", "a%2Fb", "%FF"):
            self.no(400, "DELETE", "/users/localhost/" + name)

    # ---- requests that are wrong for every path ----

    def test_wrong_bodies(self):
        """T-HTTP-29"""
        good = b'{"username": "nina", "password": "x"}'
        bodies = (
            b"", b"nonsense", b"{", b"[]", b"1", b'"x"', b"null", good + b"x", good[:-1] + b', "username": "nina"}', b"[" * 40, b'{"a":' * 40000,
            b'{"username": 1, "password": "x"}', b'{"username": ["nina"], "password": "x"}', b'{"username": null, "password": "x"}',
            b'{"username": "nina", "password": "x", "admin": true}', b'{"username": "\xff", "password": "x"}',
            b'{"username": "ni\\u0000na", "password": "x"}', b"\xef\xbb\xbf" + good,
        )  # fmt: skip
        for body in bodies:
            self.no(400, "POST", "/users/localhost", raw=body)
        for kind in (None, "text/plain", "application/x-www-form-urlencoded", "application/json2"):
            self.no(415, "POST", "/users/localhost", raw=good, kind=kind)
        self.assertEqual(self.admin("POST", "/users/localhost", raw=good, kind="Application/JSON; charset=utf-8").status, 201)
        self.assertEqual(self.admin("POST", "/users/localhost", raw=b" " * 300000).status, 413)

    def test_wrong_queries(self):
        """T-HTTP-29"""
        for query in ("other=1", "limit", "limit=x", "limit=1&limit=2", "limit=1.5", "%zz=1", "=", "limit=%ff", "username=x"):
            self.no(400, "GET", "/users/localhost?" + query)
        self.no(400, "POST", "/users/localhost?limit=1", {"username": "olga", "password": "x"})

    def test_methods(self):
        allowed = {"/users/localhost": "GET, HEAD, POST, OPTIONS", "/users/localhost/x": "PUT, DELETE, OPTIONS", "/messages": "POST, OPTIONS"}
        for path, methods in allowed.items():
            answer = self.send("OPTIONS", "/api" + path)
            self.assertEqual((answer.status, answer.headers["allow"]), (204, methods))
            self.assertNotIn("access-control-allow-origin", answer.headers)
            for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - set(methods.split(", ")):
                self.no(405, method, path)
                self.assertEqual(self.admin(method, path).headers["allow"], methods)
        self.assertEqual(self.admin("HEAD", "/users/localhost").raw, b"")

    def test_paths_that_are_not_there(self):
        paths = (
            "", "/", "/users", "/users/", "/users//", "/users/localhost/x/y", "/contacts", "/contacts/", "/contacts/a@b/c@d/e", "/commands", "/sse", "/muc", "/mucs/localhost", "/muc-lights/localhost",
            "/inbox/x/all", "/domains/localhost", "/messages/a@localhost/b@localhost", "/sessions/localhost/x", "/sessions/localhost/x/y/z", "/Users/x",
        )  # fmt: skip
        for path in paths:
            self.no(404, "GET", path)
            self.no(404, "OPTIONS", path)

    def test_only_some_parts(self):
        self.assertEqual(self.send("GET", "/some/sessions/localhost").status, 200)
        self.refused(404, "GET", "/some/users/localhost")
        self.assertEqual(list(self.send("GET", "/some/api-docs/openapi.json").value["paths"])[0], "/sessions/{domain}")

    # ---- sessions and messages ----

    def test_sessions_and_messages(self):
        anna, bert = self.bed.register("anna", "bert")
        with self.login(bert, "some/where é") as client:
            self.assertIn(client.address, self.admin("GET", "/sessions/localhost").value)
            self.assertNotIn(client.address, self.admin("GET", "/sessions/other.example").value)
            sent = self.admin("POST", "/messages", {"caller": anna, "to": bert, "body": "hello <Bert>"})
            self.assertEqual((sent.status, sent.raw), (204, b""))
            client.expect("hello &lt;Bert&gt;")
            path = "/sessions/localhost/" + bert.split("@")[0] + "/" + urllib.parse.quote("some/where é", safe="")
            self.assertEqual(self.admin("DELETE", path).status, 204)
            client.expect_end()
        self.no(404, "DELETE", path)
        self.assertNotIn(client.address, self.admin("GET", "/sessions/localhost").value)

    def test_wrong_sessions(self):
        self.no(400, "DELETE", "/sessions/localhost/a@localhost%2Fx/r")
        self.no(404, "DELETE", "/sessions/localhost/nobody/r")

    def test_wrong_messages(self):
        anna, bert = self.bed.register("anna", "bert")
        right = {"caller": anna, "to": bert, "body": "x"}
        for name in right:
            self.assertIn(name, self.no(400, "POST", "/messages", {key: value for key, value in right.items() if key != name}))
        for name in ("caller", "to"):
            self.assertIn(name, self.no(400, "POST", "/messages", dict(right, **{name: "@noway"})))
        for caller in ("a@nowhere.example", "nobody@localhost"):
            self.no(400, "POST", "/messages", dict(right, caller=caller))

    def test_stanzas(self):
        anna, bert = self.bed.register("anna", "bert")
        with self.login(bert) as client:
            text = f"<message from='{anna}/r' to='{bert}' type='chat' extra='attribute'><body>x</body><sibling xmlns='a'>inside</sibling></message>"
            sent = self.admin("POST", "/stanzas", {"stanza": text})
            self.assertEqual((sent.status, sent.raw), (204, b""))
            came = client.expect("</message>")
            for piece in ("extra='attribute'", f"from='{anna}/r'", "inside</sibling>"):
                self.assertIn(piece, came)
        self.assertIn("stanza", self.no(400, "POST", "/stanzas", {}))
        wrong = (
            text[:-1], text + text, "", "text", "<other/>", text.replace(anna, "nobody@localhost"), text.replace(anna, "a@nowhere.example"),
            text.replace(anna, "@invalid"), text.replace(bert, "@invalid"), text.replace(f"from='{anna}/r' ", ""),
        )  # fmt: skip
        for stanza in wrong:
            self.no(400, "POST", "/stanzas", {"stanza": stanza})
        self.no(405, "GET", "/stanzas")

    # ---- contacts ----

    def contacts(self, user):
        answer = self.admin("GET", "/contacts/" + user)
        self.assertEqual(answer.status, 200)
        return answer.value

    def test_two_become_friends_and_part(self):
        anna, bert = self.bed.register("anna", "bert")
        self.assertEqual(self.contacts(anna), [])
        for _ in range(2):
            self.assertEqual(self.admin("POST", "/contacts/" + anna, {"jid": bert}).status, 204)
        self.assertEqual(self.admin("POST", "/contacts/" + bert, {"jid": anna}).status, 204)
        self.assertEqual(self.contacts(anna), [{"jid": bert, "subscription": "none", "ask": "none"}])
        steps = (
            (anna, bert, "subscribe", ("none", "out"), ("none", "in")),
            (bert, anna, "subscribed", ("to", "none"), ("from", "none")),
            (bert, anna, "subscribe", ("to", "in"), ("from", "out")),
            (anna, bert, "subscribed", ("both", "none"), ("both", "none")),
        )  # fmt: skip
        for user, other, action, annas, berts in steps:
            self.assertEqual(self.admin("PUT", f"/contacts/{user}/{other}", {"action": action}).status, 204)
            for whose, contact, state in ((anna, bert, annas), (bert, anna, berts)):
                self.awaits(whose, [{"jid": contact, "subscription": state[0], "ask": state[1]}])
        self.assertEqual(self.admin("DELETE", f"/contacts/{anna}/{bert}").status, 204)
        self.assertEqual(self.contacts(anna), [])
        self.awaits(bert, [{"jid": anna, "subscription": "none", "ask": "none"}])
        self.no(404, "DELETE", f"/contacts/{anna}/{bert}")

    def awaits(self, user, contacts):
        """What one does to another's roster arrives a moment later."""
        for _ in range(100):
            if self.contacts(user) == contacts:
                return
            time.sleep(0.05)
        self.assertEqual(self.contacts(user), contacts)

    def test_friends_at_once(self):
        anna, bert = self.bed.register("anna", "bert")
        self.assertEqual(self.admin("PUT", f"/contacts/{anna}/{bert}/manage", {"action": "connect"}).status, 204)
        for user, other in ((anna, bert), (bert, anna)):
            self.awaits(user, [{"jid": other, "subscription": "both", "ask": "none"}])
        self.assertEqual(self.admin("PUT", f"/contacts/{anna}/{bert}/manage", {"action": "disconnect"}).status, 204)
        for user in (anna, bert):
            self.awaits(user, [])
        self.no(404, "PUT", f"/contacts/{anna}/{bert}/manage", {"action": "disconnect"})

    def test_wrong_contacts(self):
        anna, bert = self.bed.register("anna", "bert")
        self.no(404, "GET", "/contacts/nobody@localhost")
        self.no(404, "GET", "/contacts/a@nowhere.example")
        self.no(400, "GET", "/contacts/@")
        self.assertIn("jid", self.no(400, "POST", "/contacts/" + anna, {}))
        self.no(400, "POST", "/contacts/" + anna, {"jid": "@invalid"})
        self.no(400, "POST", "/contacts/@invalid", {"jid": bert})
        self.no(404, "POST", "/contacts/nobody@localhost", {"jid": bert})
        self.no(404, "POST", "/contacts/a@nowhere.example", {"jid": bert})
        for path, right in ((f"/contacts/{anna}/{bert}", "subscribe"), (f"/contacts/{anna}/{bert}/manage", "connect")):
            self.assertIn("action", self.no(400, "PUT", path, {}))
            self.assertIn(right, self.no(400, "PUT", path, {"action": "something else"}))
            self.no(400, "PUT", path, {"action": right.upper()})
            self.no(400, "PUT", path.replace(anna, "@invalid"), {"action": right})
            self.no(400, "PUT", path.replace(bert, "@invalid"), {"action": right})
            self.no(404, "PUT", path.replace(anna, "a@nowhere.example"), {"action": right})
        self.no(404, "PUT", f"/contacts/{anna}/a@nowhere.example/manage", {"action": "connect"})
        self.no(404, "DELETE", f"/contacts/{anna}/nobody@localhost")
        self.no(405, "DELETE", f"/contacts/{anna}")

    # ---- metrics ----

    def test_metrics(self):
        names = self.admin("GET", "/metrics").value
        self.assertEqual(sorted(names["host_types"]), ["localhost", "other.example"])
        self.assertIn("sessions", names["global"])
        for part in ("all", "global"):
            values = self.admin("GET", f"/metrics/{part}").value["metrics"]
            self.assertEqual(set(values), set(names["metrics"]))
            for name in names["metrics"]:
                answer = self.admin("GET", f"/metrics/{part}/" + urllib.parse.quote(name, safe=""))
                self.assertEqual((answer.status, list(answer.value["metric"])), (200, ["value"]), name)
            self.no(404, "GET", f"/metrics/{part}/sess")
        self.no(404, "GET", "/metrics/host_type/localhost")

    # ---- the documentation ----

    def test_the_document_is_valid(self):
        paths = self.check_document("/api", ADMIN)
        self.assertEqual(set(paths["/users/{domain}"]), {"get", "post"})
        self.assertEqual(self.send("GET", "/open/api-docs/openapi.json").value["servers"], [{"url": "/open"}])

    def test_the_page(self):
        answer = self.admin("GET", "/api-docs")
        self.assertEqual((answer.status, answer.headers["location"]), (308, "/api/api-docs/"))
        answer = self.admin("GET", "/api-docs/")
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "text/html; charset=utf-8"))
        self.assertIn("default-src 'self'", answer.headers["content-security-policy"])
        self.assertNotIn("unsafe-eval", answer.headers["content-security-policy"])
        self.assertEqual(self.admin("GET", "/api-docs/nothing").status, 404)
        self.assertEqual(self.send("OPTIONS", "/api/api-docs/").headers["allow"], "GET, HEAD, OPTIONS")
        self.no(405, "POST", "/api-docs/openapi.json", {})
        self.no(404, "GET", "/api-docsx")


if __name__ == "__main__":
    bed.main()
