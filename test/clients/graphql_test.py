#!/usr/bin/python3
"""GraphQL over HTTP: a server with the endpoints of administrators and of users, asked as programs ask it."""
import base64
import json
import os
import socket
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bed  # noqa: E402
import npm  # noqa: E402

LISTENER = """
[[listen.http]]
  port = {port}
  ip_address = "127.0.0.1"
  [[listen.http.handlers.mongoose_graphql_handler]]
    host = "_"
    path = "/api/graphql"
    schema_endpoint = "admin"
    username = "admin"
    password = "secret"
  [[listen.http.handlers.mongoose_graphql_handler]]
    host = "_"
    path = "/api/some"
    schema_endpoint = "admin"
    allowed_categories = ["server"]
  [[listen.http.handlers.mongoose_graphql_handler]]
    host = "_"
    path = "/api/user"
    schema_endpoint = "user"
"""
ADMIN = ("admin", "secret")


class GraphQL(bed.BedMixin, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            cls.port = probe.getsockname()[1]
        cls.bed.server.change_config(LISTENER.replace("{port}", str(cls.port)))
        cls.bed.ctl("server", "reload")

    def send(self, path, body=None, who=None, headers=()):
        """(status, the object that was answered, or its text)"""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, headers=dict(headers))
        if who:
            request.add_header("Authorization", "Basic " + base64.b64encode(":".join(who).encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=bed.PATIENCE) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def ask(self, query, who=ADMIN, path="/api/graphql", **more):
        body = json.dumps({"query": query, **more}).encode()
        return self.send(path, body, who, {"Content-Type": "application/json"})

    def code(self, answer):
        return answer["errors"][0]["extensions"]["code"]

    def test_accounts_are_made_and_found(self):
        """T-HTTP-11"""
        status, answer = self.ask(
            'mutation M($p: String!) { account { registerUser(domain: "localhost", username: "anna", password: $p) { jid } } }',
            variables={"p": "secret"}, operationName="M",
        )  # fmt: skip
        self.assertEqual((status, answer), (200, {"data": {"account": {"registerUser": {"jid": "anna@localhost"}}}}))
        query = '{ account { checkUser(user: "ANNA@localhost") { exist } checkPassword(user: "anna@localhost", password: "no") { correct } } }'
        status, answer = self.ask(query)
        self.assertEqual(answer["data"]["account"], {"checkUser": {"exist": True}, "checkPassword": {"correct": False}})
        status, answer = self.send("/api/graphql?query=" + urllib.parse.quote(query), who=ADMIN)
        self.assertEqual(answer["data"]["account"]["checkUser"], {"exist": True})

    def test_what_an_operation_refuses_is_an_error_beside_the_data(self):
        status, answer = self.ask('mutation { account { removeUser(user: "nobody@localhost") { jid } } }')
        self.assertEqual((status, answer["data"], self.code(answer)), (200, {"account": {"removeUser": None}}, "user_not_found"))
        self.assertEqual(answer["errors"][0]["path"], ["account", "removeUser"])

    def test_wrong_requests(self):
        """T-HTTP-16, T-HTTP-18"""
        for query in ("{", "{nothing}", "{ account { countUsers } }"):
            status, answer = self.ask(query)
            self.assertEqual((status, "data" in answer, len(answer["errors"])), (400, False, 1), query)
        kind = {"Content-Type": "application/json"}
        for body in (b"", b"{", b"[]", b'{"query":1}', b'{"query":"{__typename}","variables":[]}', b'{"query":"\xff"}', b"[" * 5000):
            status, answer = self.send("/api/graphql", body, ADMIN, kind)
            self.assertEqual((status, self.code(answer)), (400, "bad_request"), body)
        self.assertEqual(self.send("/api/graphql", b'{"query":"{__typename}"}', ADMIN, {"Content-Type": "text/plain"})[0], 415)
        self.assertEqual(self.send("/api/graphql", b" " * 300000, ADMIN, kind)[0], 413)
        self.assertEqual(self.send("/api/graphql/other", who=ADMIN)[0], 404)
        status, answer = self.send("/api/graphql?query=" + urllib.parse.quote("mutation { server { stop } }"), who=ADMIN)
        self.assertEqual((status, self.code(answer)), (400, "not_a_query"))

    def test_who_asks(self):
        """T-HTTP-12, T-HTTP-24"""
        query = "query Named { checkAuth { authStatus } server { getLoglevel } }"
        status, answer = self.ask(query, who=None)
        self.assertEqual((status, answer["data"]), (200, {"checkAuth": {"authStatus": "UNAUTHORIZED"}, "server": {"getLoglevel": None}}))
        self.assertEqual(self.code(answer), "no_permissions")
        for who in (("admin", "wrong"), ("other", "secret"), ("admin", "")):
            self.assertEqual(self.ask(query, who=who)[0], 401)
        status, answer = self.ask(query)
        self.assertEqual(answer["data"], {"checkAuth": {"authStatus": "AUTHORIZED"}, "server": {"getLoglevel": "DEBUG"}})

    def test_a_user_is_who_logs_in(self):
        """T-HTTP-14"""
        (user,) = self.bed.register("bea")
        query = "{ checkAuth { username authStatus } }"
        status, answer = self.ask(query, who=(user, bed.PASSWORD), path="/api/user")
        self.assertEqual((status, answer["data"]["checkAuth"]), (200, {"username": user, "authStatus": "AUTHORIZED"}))
        for who in ((user, "wrong"), ("nobody@localhost", "x"), ("nobody@nowhere", "x"), ("@", "x"), (user + "/r", bed.PASSWORD)):
            self.assertEqual(self.ask(query, who=who, path="/api/user")[0], 401, who)
        status, answer = self.ask("{ server { getLoglevel } }", who=(user, bed.PASSWORD), path="/api/user")
        self.assertEqual(status, 400)

    def test_categories_may_be_left_out(self):
        """T-HTTP-17, T-HTTP-19"""
        query = '{ server { status { statusCode } } account { countUsers(domain: "localhost") } }'
        status, answer = self.ask(query, who=None, path="/api/some")
        self.assertEqual((status, answer["data"]), (200, {"server": {"status": {"statusCode": "RUNNING"}}, "account": None}))
        self.assertEqual(self.code(answer), "category_disabled")

    def test_a_browser_gets_a_page(self):
        """T-HTTP-15: and its files, without credentials; what it does is tried in test/browser."""
        html = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
        for path, place in (("/api/graphql", "./graphql"), ("/api/graphql/", ".")):
            status, text = self.send(path, headers=html)
            self.assertEqual(status, 200)
            self.assertIn(f'src="{place}/graphiql/ask.js"', text)
            self.assertNotIn("http", text)
        self.assertEqual(self.send("/api/graphql?query=" + urllib.parse.quote("{ __typename }"), headers=html)[1], {"data": {"__typename": "AdminQuery"}})
        self.assertEqual(self.send("/api/graphql", headers={"Accept": "application/json"})[0], 400)
        absent = 404 if os.path.isdir(os.path.join(bed.BUILD, "graphiql")) else 503
        for name in ("nothing.js", "..%2f..%2fmeerkat.toml"):
            self.assertEqual(self.send("/api/graphql/graphiql/" + name)[0], absent)

    def test_by_meerkatctl(self):
        """What it prints, and its exit status: 1 if there are errors, 64 if the command line is wrong."""
        for arguments, status, expected in (
            (('{ account { countUsers(domain: "other.example") } }',), 0, {"account": {"countUsers": 0}}),
            (("{ checkAuth { authStatus authType } }",), 0, {"checkAuth": {"authStatus": "AUTHORIZED", "authType": "ADMIN"}}),
            (("mutation($j: JID!) { account { removeUser(user: $j) { jid } } }", "--variables", '{"j": "eve@localhost"}'), 1, "user_not_found"),
            (("query A { a: __typename } query B { b: __typename }", "--operationName=B"), 0, {"b": "AdminQuery"}),
            (("{ nothing }",), 1, "unknown_field"),
            (("{",), 1, "syntax_error"),
            (("query A($j: JID!) { account { checkUser(user: $j) { exist } } }",), 1, "bad_variable"),
            (('subscription { stanza { subscribeForMessages(caller: "a@localhost") { sender } } }',), 1, "subscription_elsewhere"),
            (("{ __typename }", "--variables", "[]"), 64, None),
            (("{ __typename }", "--other", "x"), 64, None),
            ((), 64, None),
        ):
            got, out, _ = self.bed.server.ctl(("graphql", *arguments))
            self.assertEqual(got, status, (arguments, out))
            if status == 0:
                self.assertEqual(json.loads(out)["data"], expected)
            elif status == 1:
                self.assertEqual(self.code(json.loads(out)), expected)

    def test_bombs_cost_little(self):
        """What is short and asks for much: an answer within a second, and the server goes on."""
        n = 2000
        fragments = "".join(f"fragment f{i} on __Type {{ a: ofType {{ ...f{i + 1} }} b: ofType {{ ...f{i + 1} }} }}" for i in range(40))
        bombs = {
            "depth": "{" + "a{" * n + "b" + "}" * n + "}",
            "introspected depth": "{ __schema { types " + "{ fields { type " * 12 + "{ name }" + "} }" * 12 + " } }",
            "depth of lists": '{ account { countUsers(domain: ' + "[" * n + "]" * n + ") } }",
            "depth of a type": "query($a: " + "[" * n + "Int" + "]" * n + ") { __typename }",
            "aliases": "{ account {" + " ".join(f'a{i}: countUsers(domain: "localhost")' for i in range(n)) + "} }",
            "aliases of introspection": "{" + " ".join(f"a{i}: __schema {{ types {{ fields {{ type {{ name }} }} }} }}" for i in range(100)) + "}",
            "the same name": "{" + "__typename " * 7000 + "}",
            "directives": "{ __typename " + "@include(if: true) " * 1900 + "}",
            "unknown directives": "{ __typename " + "@a " * 3900 + "}",
            "fragments that multiply": "{ __schema { types { ...f0 } } }" + fragments + "fragment f40 on __Type { name }",
            "fragments in a circle": "{ ...a } fragment a on AdminQuery { ...b } fragment b on AdminQuery { ...a }",
            "a circle with fields": "{ __schema { types { ...a } } } fragment a on __Type { ofType { ...a } }",
            "many fragments": "{ __typename }" + "".join(f"fragment f{i} on AdminQuery {{ __typename }}" for i in range(900)),
            "spreads": "{" + "...f " * 3500 + "} fragment f on AdminQuery { __typename }",
            "operations": "".join(f"query q{i} {{ __typename }}" for i in range(1500)),
            "variables": "query(" + " ".join(f"$v{i}: Int" for i in range(2000)) + ") { __typename }",
            "a long list": "query { account { countUsers(domain: [" + "1," * 7000 + "]) } }",
            "a long string": '{ account { countUsers(domain: "' + "a" * 200000 + '") } }',
            "a long name": "{ " + "a" * 200000 + " }",
            "comments": "{ __typename }" + "#\n" * 60000,
        }
        for name, query in bombs.items():
            begun = time.monotonic()
            status, answer = self.ask(query)
            self.assertLess(time.monotonic() - begun, bed.PATIENCE / 10, name)
            self.assertIn(status, (200, 400), name)
            self.assertLess(len(json.dumps(answer)), 4 * 1024 * 1024, name)
        many = {f"v{i}": list(range(100)) for i in range(200)}
        deep = json.loads("[" * 30 + "]" * 30)
        query = "query($v: JID!) { account { checkUser(user: $v) { exist } } }"
        for value in (deep, "x" * 200000, list(range(30000)), many):
            begun = time.monotonic()
            status, answer = self.ask(query, variables={"v": value})
            self.assertLess(time.monotonic() - begun, bed.PATIENCE / 10)
            self.assertTrue(status == 400 or answer["data"] == {"account": {"checkUser": None}}, answer)
        status, answer = self.ask(query, variables={**many, "v": "x@localhost"})
        self.assertEqual((status, answer["data"]["account"]["checkUser"]["exist"]), (200, False))

    def test_another_implementation_agrees(self):
        """The schema is a valid one for graphql.js, and each document of the corpus gets the same verdict from both."""
        npm.install("graphqljs")
        place = npm.place("graphqljs")
        settings = {"url": f"http://127.0.0.1:{self.port}/api/graphql", "credentials": ":".join(ADMIN)}
        done = subprocess.run(
            ["node", "verdicts.mjs"], cwd=place, env=dict(os.environ, MEERKAT_SETTINGS=json.dumps(settings)), capture_output=True, text=True,
            timeout=30 * bed.PATIENCE,
        )  # fmt: skip
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertGreater(int(done.stdout.split()[0]), 100)


if __name__ == "__main__":
    bed.main()
