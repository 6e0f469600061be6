#!/usr/bin/python3
"""Operations over GraphQL: what users may do about themselves, and shapes of answers that a command line has not: unions, lists with gaps."""
import os
import socket
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bed  # noqa: E402
import graphql_test  # noqa: E402

STANZA = "<message to='%s' type='chat' id='own'><body>hi</body></message>"


class Operations(bed.BedMixin, unittest.TestCase):
    send, code = graphql_test.GraphQL.send, graphql_test.GraphQL.code

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            cls.port = probe.getsockname()[1]
        cls.bed.server.change_config(graphql_test.LISTENER.replace("{port}", str(cls.port)))
        cls.bed.ctl("server", "reload")

    def admin(self, query, **variables):
        return graphql_test.GraphQL.ask(self, query, variables=variables)[1]

    def as_user(self, user, query, password=bed.PASSWORD, **variables):
        return graphql_test.GraphQL.ask(self, query, who=(user, password), path="/api/user", variables=variables)[1]

    def good(self, answer):
        self.assertNotIn("errors", answer)
        (category,) = answer["data"].values()
        (value,) = category.values()
        return value

    def test_a_user_has_a_roster(self):
        ann, ben = self.bed.register("ann", "ben")
        add = "mutation($c: JID!) { roster { addContact(contact: $c, name: \"Ben\", groups: [\"g\"]) } }"
        self.assertIn(ben, self.good(self.as_user(ann, add, c=ben)))
        self.good(self.as_user(ann, "mutation($c: JID!) { roster { subscription(contact: $c, action: INVITE) } }", c=ben))
        contact = self.good(self.as_user(ann, "query($c: JID!) { roster { getContact(contact: $c) { jid name groups subscription ask } } }", c=ben))
        self.assertEqual(contact, {"jid": ben, "name": "Ben", "groups": ["g"], "subscription": "NONE", "ask": "OUT"})
        self.assertEqual(self.good(self.as_user(ben, "{ roster { listContacts { jid ask } } }")), [{"jid": ann, "ask": "IN"}])
        self.good(self.as_user(ann, "mutation($c: JID!) { roster { deleteContact(contact: $c) } }", c=ben))
        self.assertEqual(self.good(self.as_user(ann, "{ roster { listContacts { jid } } }")), [])
        # Nobody else's, and nothing that is for administrators.
        for query in ('{ roster { listContacts(user: "x@localhost") { jid } } }',
                      'mutation { roster { setMutualSubscription(userA: "a@b", userB: "c@d", action: CONNECT) } }',
                      "{ stat { globalStats { uptimeSeconds } } }", '{ session { listUserSessions(user: "a@b") { user } } }'):  # fmt: skip
            self.assertNotIn("data", self.as_user(ann, query), query)

    def test_some_of_a_list_may_fail(self):
        ann, ben = self.bed.register("ann", "ben")
        contacts = [{"jid": ben, "name": "B"}, {"jid": "nobody@localhost", "name": ""}]
        query = "mutation($u: JID!, $c: [ContactInput!]!) { roster { addContacts(user: $u, contacts: $c) } }"
        answer = self.admin(query, u=ann, c=contacts)
        first, second = answer["data"]["roster"]["addContacts"]
        self.assertIn(ben, first)
        self.assertIsNone(second)
        self.assertEqual((len(answer["errors"]), self.code(answer)), (1, "user_not_found"))

    def test_a_user_has_sessions_and_sends(self):
        ann, ben = self.bed.register("ann", "ben")
        self.assertEqual(self.good(self.as_user(ann, "{ session { countResources } }")), 0)
        self.assertEqual(self.good(self.as_user(ann, "{ session { listResources } }")), [])
        self.assertEqual(self.good(self.as_user(ann, "{ session { listSessions { user uptime node } } }")), [])
        send = "mutation($f: JID, $t: JID!) { stanza { sendMessage(from: $f, to: $t, body: \"x\") { id } } }"
        self.assertTrue(self.good(self.as_user(ann, send, t=ben))["id"])
        self.assertTrue(self.good(self.as_user(ann, send, f=ann + "/desk", t=ben))["id"])
        self.assertEqual(self.code(self.as_user(ann, send, f=ben, t=ann)), "invalid_sender")
        self.good(self.as_user(ann, "mutation($t: JID!) { stanza { sendMessageHeadLine(to: $t, subject: \"s\") { id } } }", t=ben))
        stanza = "mutation($s: XmlElement!) { stanza { sendStanza(stanza: $s) { id } } }"
        self.assertEqual(self.good(self.as_user(ann, stanza, s=STANZA % ben)), {"id": "own"})
        forged = STANZA.replace("<message ", f"<message from='{ben}' ")
        self.assertEqual(self.code(self.as_user(ann, stanza, s=forged % ben)), "invalid_sender")

    def test_a_user_has_a_vcard(self):
        ann, ben = self.bed.register("ann", "ben")
        photos = [{"type": "image/png", "binValue": "AAAA"}, {"extValue": "http://example.org/a.png"}]
        vcard = {"formattedName": "Ann", "nameComponents": {"givenName": "Ann"}, "photo": photos, "address": [{"tags": ["HOME"], "locality": "X"}],
                 "agent": [{"vcard": {"formattedName": "Agent", "nameComponents": {}}}]}  # fmt: skip
        query = "mutation($v: VcardInput!) { vcard { setVcard(vcard: $v) { formattedName nameComponents { givenName } } } }"
        self.assertEqual(self.good(self.as_user(ann, query, v=vcard)), {"formattedName": "Ann", "nameComponents": {"givenName": "Ann"}})
        wanted = "address { tags locality } photo { __typename ...Data ... on External { extValue } } agent { ... on AgentVcard { vcard { formattedName } } }"
        data = "fragment Data on ImageData { kind: type binValue }"
        answer = self.good(self.as_user(ben, "query($u: JID) { vcard { getVcard(user: $u) { %s } } } %s" % (wanted, data), u=ann))
        self.assertEqual(answer["address"], [{"tags": ["HOME"], "locality": "X"}])
        self.assertEqual(answer["photo"], [{"__typename": "ImageData", "kind": "image/png", "binValue": "AAAA"},
                                           {"__typename": "External", "extValue": "http://example.org/a.png"}])  # fmt: skip
        self.assertEqual(answer["agent"], [{"vcard": {"formattedName": "Agent"}}])
        self.assertEqual(self.code(self.as_user(ben, "{ vcard { getVcard { formattedName } } }")), "vcard_not_found")
        # Unions have no fields, and not every fragment can be one of theirs.
        for photo in ("photo { binValue }", "photo { ... on Email { userId } }", "photo { ... on NonNegInt { x } }", "photo"):
            self.assertNotIn("data", self.as_user(ben, "{ vcard { getVcard { %s } } }" % photo), photo)
        possible = self.as_user(ben, '{ __type(name: "Sound") { kind possibleTypes { name } } }')["data"]["__type"]
        self.assertEqual(possible, {"kind": "UNION", "possibleTypes": [{"name": "Phonetic"}, {"name": "BinValue"}, {"name": "External"}]})

    def test_a_user_keeps_things(self):
        ann, ben = self.bed.register("ann", "ben")
        element = "<a xmlns='urn:example:a'>x</a>"
        self.assertEqual(self.good(self.as_user(ann, "mutation($e: XmlElement!) { private { setPrivate(elementString: $e) } }", e=element)), element)
        get = '{ private { getPrivate(element: "a", nameSpace: "urn:example:a") } }'
        self.assertEqual(self.good(self.as_user(ann, get)), element)
        self.assertEqual(self.good(self.as_user(ben, get)), "<a xmlns='urn:example:a'/>")
        self.good(self.as_user(ann, 'mutation { last { setLast(timestamp: "2022-01-01T00:00:00Z", status: "s") { user } } }'))
        last = self.good(self.as_user(ann, "{ last { getLast { user timestamp status } } }"))
        self.assertEqual(last, {"user": ann, "timestamp": "2022-01-01T00:00:00Z", "status": "s"})
        # Another's only for who may see the presence.
        other = "query($u: JID) { last { getLast(user: $u) { status } } }"
        self.assertEqual(self.code(self.as_user(ben, other, u=ann)), "forbidden")
        self.bed.ctl("roster", "setMutualSubscription", "--userA", ann, "--userB", ben, "--action", "connect")
        self.assertEqual(self.good(self.as_user(ben, other, u=ann)), {"status": "s"})

    def test_a_user_has_an_account(self):
        (ann,) = self.bed.register("ann")
        self.good(self.as_user(ann, 'mutation { account { changePassword(newPassword: "other") } }'))
        self.assertNotIn("data", self.as_user(ann, "{ session { countResources } }"))
        self.good(self.as_user(ann, "mutation { account { unregister } }", password="other"))
        answer = self.admin("query($u: JID!) { account { checkUser(user: $u) { exist } } }", u=ann)
        self.assertEqual(self.good(answer), {"exist": False})


if __name__ == "__main__":
    bed.main()
