#!/usr/bin/python3
"""REST for users about themselves (mongoose_client_api): contacts, messages, and what comes as server-sent events."""
import json
import os
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bed  # noqa: E402
from rest_bed import Events, RestMixin  # noqa: E402


class RestClient(RestMixin, unittest.TestCase):
    def people(self, *names):
        """(address, password) of new users."""
        return [(address, bed.PASSWORD) for address in self.bed.register(*names)]

    def ask(self, who, method, path, value=None, **more):
        return self.send(method, "/client" + path, value, who, **more)

    def no(self, status, who, method, path, value=None, **more):
        return self.refused(status, method, "/client" + path, value, who=who, **more)

    # ---- who ----

    def test_who_may(self):
        (anna,) = self.people("anna")
        self.assertEqual(self.ask(anna, "GET", "/contacts").status, 200)
        wrong = (None, (anna[0], "wrong"), (anna[0] + "/r", anna[1]), ("nobody@localhost", "x"), ("x@nowhere.example", "x"), ("anna", anna[1]), ("@", "x"))
        for who in wrong:
            for method, path in (("GET", "/contacts"), ("POST", "/contacts"), ("GET", "/sse")):
                answer = self.ask(who, method, path)
                self.assertEqual(answer.status, 401, who)
                self.assertTrue(answer.headers["www-authenticate"].startswith("Basic "))

    def test_scripts_of_other_sites(self):
        """They may ask in the name of a user whose password they know, but not with what the browser remembers."""
        origin = {"Origin": "https://app.example"}
        answer = self.ask(None, "OPTIONS", "/contacts/x@y", headers=dict(origin, **{"Access-Control-Request-Method": "PUT"}))
        self.assertEqual((answer.status, answer.headers["allow"]), (204, "PUT, DELETE, OPTIONS"))
        self.assertEqual(answer.headers["access-control-allow-methods"], "PUT, DELETE, OPTIONS")
        self.assertEqual(answer.headers["access-control-allow-headers"], "authorization, content-type")
        for method in ("GET", "OPTIONS"):
            answer = self.ask(None, method, "/contacts", headers=origin)
            self.assertEqual(answer.headers["access-control-allow-origin"], "*")
            self.assertNotIn("access-control-allow-credentials", answer.headers)

    # ---- contacts ----

    def contacts(self, who):
        return self.ask(who, "GET", "/contacts").value

    def awaits(self, who, contacts):
        for _ in range(100):
            if self.contacts(who) == contacts:
                return
            time.sleep(0.05)
        self.assertEqual(self.contacts(who), contacts)

    def test_invitation(self):
        anna, bert = self.people("anna", "bert")
        with self.login(anna[0]) as client:
            client.talk("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>", "id='r'")
            for who, other in ((anna, bert), (bert, anna)):
                self.assertEqual(self.ask(who, "POST", "/contacts", {"jid": other[0]}).status, 204)
            client.expect(bert[0])
            self.assertEqual(self.contacts(bert), [{"jid": anna[0], "subscription": "none", "ask": "none"}])
            self.assertEqual(self.ask(bert, "PUT", "/contacts/" + anna[0], {"action": "invite"}).status, 204)
            client.expect("type='subscribe'")
        self.awaits(bert, [{"jid": anna[0], "subscription": "none", "ask": "out"}])
        self.assertEqual(self.ask(anna, "PUT", "/contacts/" + bert[0], {"action": "accept"}).status, 204)
        self.awaits(bert, [{"jid": anna[0], "subscription": "to", "ask": "none"}])
        self.assertEqual(self.ask(bert, "DELETE", "/contacts/" + anna[0]).status, 204)
        self.assertEqual(self.contacts(bert), [])

    def test_several_at_once(self):
        anna, bert, cleo = self.people("anna", "bert", "cleo")
        for other in (bert, cleo):
            self.assertEqual(self.ask(anna, "POST", "/contacts", {"jid": other[0]}).status, 204)
        answer = self.ask(anna, "DELETE", "/contacts", {"to_delete": [bert[0], "nobody@localhost", cleo[0]]})
        self.assertEqual((answer.status, answer.value), (200, {"not_deleted": ["nobody@localhost"]}))
        self.assertEqual(self.contacts(anna), [])
        self.assertEqual(self.ask(anna, "DELETE", "/contacts", {"to_delete": []}).value, {"not_deleted": []})

    def test_wrong_contacts(self):
        anna, bert = self.people("anna", "bert")
        self.no(400, anna, "POST", "/contacts", {})
        self.no(400, anna, "POST", "/contacts", {"jid": "@invalid"})
        self.no(400, anna, "POST", "/contacts", {"jid": bert[0], "user": bert[0]})
        self.no(400, anna, "POST", "/contacts", {"jid": bert[0], "from": bert[0]})
        self.no(400, anna, "PUT", "/contacts/" + bert[0], {})
        self.no(400, anna, "PUT", "/contacts/" + bert[0], {"action": "nosuchaction"})
        self.no(404, anna, "PUT", "/contacts/" + bert[0], {"action": "invite"})
        self.no(404, anna, "DELETE", "/contacts/" + bert[0])
        for value in ({"to_delete": "x@y"}, {"to_delete": ["@"]}, {"to_delete": [1]}, {}, {"to_delete": None}):
            self.no(400, anna, "DELETE", "/contacts", value)
        self.no(415, anna, "DELETE", "/contacts")
        self.no(405, anna, "GET", "/contacts/" + bert[0])
        self.assertEqual(self.contacts(bert), [])

    # ---- messages ----

    def test_messages(self):
        anna, bert = self.people("anna", "bert")
        with self.login(bert[0]) as client, Events(self.port, "/client/sse", bert) as events:
            answer = self.ask(anna, "POST", "/messages", {"to": bert[0], "body": "hello <Bert>"})
            self.assertEqual((answer.status, list(answer.value)), (200, ["id"]))
            came = client.expect("hello &lt;Bert&gt;")
            self.assertIn(answer.value["id"], came)
            told = json.loads(events.next()["data"])
            self.assertEqual((told["from"].split("/")[0], told["id"], told["body"]), (anna[0], answer.value["id"], "hello <Bert>"))

    def test_wrong_messages(self):
        (anna,) = self.people("anna")
        self.no(400, anna, "POST", "/messages", {"to": anna[0]})
        self.no(400, anna, "POST", "/messages", {"body": "x"})
        self.no(400, anna, "POST", "/messages", {"to": "@invalid", "body": "x"})
        for name in ("from", "caller"):
            self.no(400, anna, "POST", "/messages", {"to": anna[0], "body": "x", name: "bert@localhost"})
        self.no(405, anna, "GET", "/messages")

    # ---- events ----

    def test_events(self):
        anna, bert = self.people("anna", "bert")
        with Events(self.port, "/client/sse", anna) as events, self.login(bert[0]) as client:
            self.assertEqual((events.response.status, events.response.getheader("content-type")), (200, "text/event-stream"))
            self.assertEqual(events.response.headers.get_all("cache-control"), ["no-store"])
            client.socket.sendall(
                f"<message to='{anna[0]}' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>"
                f"<message to='{anna[0]}' type='headline'><body>news</body></message>"
                f"<message to='{anna[0]}' type='chat' id='m1'><body>one &lt;&amp;\nline</body></message>"
                f"<message to='{anna[0]}' type='chat' id='m2'><body>two</body><thread parent='p'>t</thread></message>".encode()
            )
            before = time.time()
            for number in (1, 2):
                event = events.next()
                told = json.loads(event["data"])
                self.assertEqual((event["event"], event["id"]), ("message", str(number)))
                self.assertEqual((told["from"], told["to"].split("/")[0], told["id"]), (bert[0] + "/r", anna[0], f"m{number}"))
                self.assertAlmostEqual(told["timestamp"] / 1e6, before, delta=bed.PATIENCE)
                self.assertEqual(told["body"], ("one <&\nline", "two")[number - 1])
            self.assertEqual((told["thread"], told["parent"]), ("t", "p"))
            self.assertEqual(len(self.send("GET", "/open/sessions/localhost").value), 2)
        self.assertEqual(self.awaits_no_session(anna[0]), True)

    def awaits_no_session(self, user):
        for _ in range(100):
            if not any(session.startswith(user + "/") for session in self.send("GET", "/open/sessions/localhost").value):
                return True
            time.sleep(0.05)
        return False

    def test_events_end_with_the_session(self):
        (anna,) = self.people("anna")
        with Events(self.port, "/client/sse", anna) as events:
            (session,) = [one for one in self.send("GET", "/open/sessions/localhost").value if one.startswith(anna[0] + "/")]
            name, resource = session.split("@")[0], session.split("/")[1]
            self.assertEqual(self.send("DELETE", f"/open/sessions/localhost/{name}/{resource}").status, 204)
            self.assertIsNone(events.next())

    # ---- the rest ----

    def test_paths_that_are_not_there(self):
        (anna,) = self.people("anna")
        for path in ("", "/rooms", "/rooms/x/users", "/users/localhost", "/sse/x", "/messages/x", "/contacts/x@y/z", "/metrics"):
            self.no(404, anna, "GET", path)
        self.refused(404, "GET", "/quiet/contacts", who=anna)
        self.refused(404, "GET", "/quiet/api-docs")
        self.refused(404, "GET", "/quiet/api-docs/openapi.json")

    def test_documentation(self):
        paths = self.check_document("/client")
        self.assertEqual(set(paths["/contacts"]), {"get", "post", "delete"})
        self.assertEqual(list(paths["/sse"]["get"]["responses"]["200"]["content"]), ["text/event-stream"])
        self.assertEqual(self.send("GET", "/client/api-docs/").status, 200)


if __name__ == "__main__":
    bed.main()
