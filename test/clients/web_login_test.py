#!/usr/bin/python3
"""Who calls over HTTP: administrators of one domain, and what happens to an address that is wrong too often."""
import base64
import json
import os
import socket
import sys
import time
import unittest
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bed  # noqa: E402

LISTENER = """
[meerkat]
  max_login_failures_per_address = 6
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
    path = "/api/domain"
    schema_endpoint = "domain_admin"
  [[listen.http.handlers.mongoose_graphql_handler]]
    host = "_"
    path = "/api/user"
    schema_endpoint = "user"
  [[listen.http.handlers.mongoose_admin_api]]
    host = "_"
    path = "/rest"
    username = "admin"
    password = "secret"
"""
ADMIN = ("admin", "secret")
LOCAL = ("admin@localhost", "of localhost")


class Logins(unittest.TestCase):
    def setUp(self):
        self.bed = bed.Bed()
        self.addCleanup(self.bed.close)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.bed.server.change_config(LISTENER.replace("{port}", str(self.port)))
        self.bed.ctl("server", "reload")

    def ask(self, query, who, path="/api/domain", method="POST"):
        """(status, answer)"""
        body = json.dumps({"query": query}).encode() if query else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, method=method)
        request.add_header("Content-Type", "application/json")
        if who:
            request.add_header("Authorization", "Basic " + base64.b64encode(":".join(who).encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=bed.PATIENCE) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text.startswith(b"{") else text

    def codes(self, answer):
        return [error["extensions"]["code"] for error in answer.get("errors", [])]

    def metric(self, name):
        answer = json.loads(self.bed.ctl("metric", "getMetrics", "--name", name))["data"]["metric"]["getMetrics"]
        return next(metric["value"] for metric in answer if metric["name"] == name)

    def test_a_domain_has_an_administrator_of_its_own(self):
        """T-HTTP-13"""
        query = "{ checkAuth { domain authStatus authType } }"
        status, answer = self.ask(query, None)
        self.assertEqual((status, answer["data"]["checkAuth"]), (200, {"domain": None, "authStatus": "UNAUTHORIZED", "authType": "UNAUTHORIZED"}))
        self.assertEqual(self.ask(query, LOCAL)[0], 401)
        self.bed.ctl("domain", "setDomainPassword", "--domain", "localhost", "--password", LOCAL[1])
        status, answer = self.ask(query, LOCAL)
        self.assertEqual((status, answer["data"]["checkAuth"]), (200, {"domain": "localhost", "authStatus": "AUTHORIZED", "authType": "DOMAIN_ADMIN"}))
        for who in (("admin@other.example", LOCAL[1]), ("root@localhost", LOCAL[1]), ("localhost", LOCAL[1]), ADMIN):
            self.assertEqual(self.ask(query, who)[0], 401, who)

    def test_a_domain_administrator_stays_there(self):
        """T-HTTP-13: the own domain, whatever the operation, and nothing that is about the server or all domains."""
        self.bed.ctl("domain", "setDomainPassword", "--domain", "localhost", "--password", LOCAL[1])
        for query, count in (
            ('{ account { a: countUsers(domain: "localhost") b: countUsers(domain: "other.example") } }', 1),
            ('{ account { a: checkUser(user: "x@localhost") { exist } b: checkUser(user: "x@other.example") { exist } } }', 1),
            ("{ server { b: getLoglevel } session { c: countSessions } }", 2),
            ("{ domain { b: allDomains { domain } c: domainsByHostType(hostType: \"localhost\") } }", 2),
            ('{ domain { a: domainDetails(domain: "localhost") { domain status } b: domainDetails(domain: "other.example") { domain } } }', 1),
            ('mutation { account { b: registerUser(domain: "other.example", username: "x", password: "y") { jid } } }', 1),
            ('mutation { domain { b: setDomainPassword(domain: "other.example", password: "y") c: deleteDomainPassword(domain: "localhost") } }', 2),
            ('mutation { stanza { b: sendMessage(from: "x@other.example", to: "y@localhost", body: "z") { id } } }', 1),
        ):
            status, answer = self.ask(query, LOCAL)
            self.assertEqual((status, self.codes(answer)), (200, ["not_permitted"] * count), query)
            for category in answer["data"].values():
                self.assertTrue(all((value is None) == (name in "bc") for name, value in category.items()), answer)
        status, answer = self.ask('mutation { domain { setDomainPassword(domain: "localhost", password: "new") } }', LOCAL)
        self.assertEqual((status, self.codes(answer)), (200, []))
        self.assertEqual(self.ask("{ __typename }", LOCAL)[0], 401)
        self.assertEqual(self.ask("{ __typename }", (LOCAL[0], "new"))[0], 200)
        self.bed.ctl("domain", "deleteDomainPassword", "--domain", "localhost")
        self.assertEqual(self.ask("{ __typename }", (LOCAL[0], "new"))[0], 401)

    def test_domains_are_told(self):
        domains = json.loads(self.bed.ctl("domain", "allDomains"))["data"]["domain"]["allDomains"]
        self.assertEqual(domains[0], {"domain": "localhost", "hostType": "localhost", "status": "enabled"})
        self.assertEqual([domain["domain"] for domain in domains], ["localhost", "other.example"])
        for arguments, code in (
            (("domainDetails", "--domain", "nowhere.example"), "domain_not_found"),
            (("domainsByHostType", "--hostType", "nowhere"), "domain_not_found"),
            (("deleteDomainPassword", "--domain", "localhost"), "domain_password_not_found"),
            (("setDomainPassword", "--domain", "nowhere.example", "--password", "x"), "domain_not_found"),
        ):
            status, out, _ = self.bed.server.ctl(("domain", *arguments))
            self.assertEqual((status, json.loads(out)["errors"][0]["extensions"]["code"]), (1, code))

    def test_an_address_is_not_listened_to_when_it_was_wrong_too_often(self):
        (user,) = self.bed.register("una")
        good = (("/api/admin", ADMIN), ("/api/user", (user, bed.PASSWORD)))
        ways = (("/api/admin", ("admin", "wrong")), ("/api/user", (user, "wrong")), ("/api/domain", ("admin@localhost", "wrong")))
        for path, who in (*ways, *ways):
            self.assertEqual(self.ask("{ __typename }", who, path)[0], 401)
        for path, who in (*ways, *good):
            self.assertEqual(self.ask("{ __typename }", who, path)[0], 429)
        self.assertEqual(self.ask(None, ADMIN, "/rest/metrics", "GET")[0], 429)
        # Who says nothing tries nothing.
        self.assertEqual(self.ask("{ __typename }", None, "/api/admin")[0], 200)
        self.assertEqual(self.metric("http_logins_failed"), 6)
        self.assertGreaterEqual(self.metric("max_login_failures_refused"), 6)
        # One is forgiven after ten seconds: the bucket is filled evenly.
        time.sleep(10.5)
        for path, who in good:
            self.assertEqual(self.ask("{ __typename }", who, path)[0], 200)


if __name__ == "__main__":
    bed.main()
