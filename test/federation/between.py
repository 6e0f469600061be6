"""between: what two servers have to do for their users, whoever they are."""
import federation_bed as bed

ROSTER = "jabber:iq:roster"


class Between:
    """What two servers have to do for their users, whoever they are; a mixin of cases with `one` and `two`."""

    def test_messages_both_ways(self):
        """T-S2S-12, T-S2S-27: a message there, a message back."""
        romeo, juliet = self.one.client("romeo"), self.two.client("juliet")
        romeo.say(juliet.jid, "hello", "m1")
        message = juliet.receive("message", id="m1")
        self.assertEqual(message.get("from"), romeo.jid)
        self.assertEqual(message.get("to"), juliet.jid)
        self.assertEqual(message.find(bed.CLIENT + "body").text, "hello")
        juliet.say(romeo.jid, "hello yourself", "m2")
        self.assertEqual(romeo.receive("message", id="m2").get("from"), juliet.jid)

    def test_order_is_kept(self):
        """A thousand messages from one to the other arrive in their order."""
        romeo, juliet = self.one.client("romeo"), self.two.client("juliet")
        romeo.send("".join(f"<message to='{juliet.jid}' type='chat' id='n{n}'><body>{n}</body></message>" for n in range(1000)))
        for n in range(1000):
            self.assertEqual(juliet.receive("message").get("id"), f"n{n}")

    def test_large_stanzas_both_ways(self):
        """200 KB go through, there and back, unchanged."""
        romeo, juliet = self.one.client("romeo"), self.two.client("juliet")
        text = "".join(chr(0x20AC) + f"{n:06}" for n in range(20000))
        romeo.say(juliet.jid, text, "big1")
        self.assertEqual(juliet.receive("message", id="big1").find(bed.CLIENT + "body").text, text)
        juliet.say(romeo.jid, text, "big2")
        self.assertEqual(romeo.receive("message", id="big2").find(bed.CLIENT + "body").text, text)

    def test_nobody_there(self):
        """T-S2S-13: a user who does not exist: service-unavailable comes back, once."""
        romeo = self.one.client("romeo")
        romeo.say(f"nobody@{self.two.domain}", "hello", "m1")
        answer = romeo.receive("message", id="m1")
        self.assertEqual(answer.get("type"), "error")
        self.assertEqual(answer.get("from"), f"nobody@{self.two.domain}")
        self.assertEqual(bed.condition(answer), "service-unavailable")
        romeo.ping()
        self.assertEqual([bed.condition(stanza) for stanza in romeo.others], [])

    def test_disco_version_and_vcard(self):
        """Queries to the other server and to an account there."""
        romeo, juliet = self.one.client("romeo"), self.two.client("juliet")
        info = romeo.ask("<query xmlns='http://jabber.org/protocol/disco#info'/>", to=self.two.domain)
        self.assertEqual(info.get("type"), "result")
        self.assertTrue(info.findall("{*}query/{*}identity[@category='server']"))
        self.assertEqual(juliet.ask("<vCard xmlns='vcard-temp'><FN>Juliet</FN></vCard>", "set").get("type"), "result")
        card = romeo.ask("<vCard xmlns='vcard-temp'/>", to=f"juliet@{self.two.domain}")
        self.assertEqual(card.findtext("{*}vCard/{*}FN"), "Juliet")
        pong = romeo.ask("<ping xmlns='urn:xmpp:ping'/>", to=self.two.domain)
        self.assertEqual(pong.get("type"), "result")

    def subscribe(self, who, client, other, there):
        """`client` asks for the presence of `other`, who agrees; both have seen it."""
        client.send(f"<presence type='subscribe' to='{bed.bare(other.jid)}'/>")
        request = other.receive("presence", type="subscribe")
        self.assertEqual(request.get("from"), bed.bare(client.jid))
        other.send(f"<presence type='subscribed' to='{bed.bare(client.jid)}'/>")
        self.assertEqual(client.receive("presence", type="subscribed").get("from"), bed.bare(other.jid))
        self.assertEqual(client.receive("presence", type=None).get("from"), other.jid)

    def roster(self, client, other):
        """(subscription, ask) of an item."""
        answer = client.ask(f"<query xmlns='{ROSTER}'/>")
        for item in answer.findall(f"{{*}}query/{{*}}item[@jid='{bed.bare(other.jid)}']"):
            return item.get("subscription"), item.get("ask")
        return None

    def test_presence_subscriptions(self):
        """RFC 6121 §3 and §4: ask, agree, see, leave, come back (a probe), end."""
        romeo, juliet = self.one.client("romeo"), self.two.client("juliet")
        self.subscribe("romeo", romeo, juliet, self.two)
        self.assertEqual(self.roster(romeo, juliet), ("to", None))
        self.assertEqual(self.roster(juliet, romeo), ("from", None))
        self.subscribe("juliet", juliet, romeo, self.one)
        self.assertEqual(self.roster(romeo, juliet), ("both", None))
        juliet.send("<presence><show>away</show></presence>")
        self.assertEqual(romeo.receive("presence", **{"from": juliet.jid}).findtext(bed.CLIENT + "show"), "away")
        juliet.close()
        self.assertEqual(romeo.receive("presence", type="unavailable").get("from"), juliet.jid)
        juliet = self.two.client("juliet", keeps=True)
        self.assertEqual(bed.bare(juliet.receive("presence", type=None, **{"from": romeo.jid}).get("to")), bed.bare(juliet.jid))
        self.assertEqual(romeo.receive("presence", type=None).get("from"), juliet.jid)
        romeo.send(f"<presence type='unsubscribe' to='{bed.bare(juliet.jid)}'/>")
        self.assertEqual(juliet.receive("presence", type="unsubscribe").get("from"), bed.bare(romeo.jid))
        if self.two.says_farewell:
            self.assertEqual(romeo.receive("presence", type="unavailable").get("from"), juliet.jid)
        romeo.send(f"<iq type='set' id='rm'><query xmlns='{ROSTER}'><item jid='{bed.bare(juliet.jid)}' subscription='remove'/></query></iq>")
        self.assertEqual(juliet.receive("presence", type="unsubscribed").get("from"), bed.bare(romeo.jid))
        self.assertEqual(self.roster(romeo, juliet), None)

    def test_subscription_request_waits(self):
        """A request to somebody who is not there is given when they come, and one to nobody is refused."""
        romeo = self.one.client("romeo")
        romeo.send(f"<presence type='subscribe' to='juliet@{self.two.domain}'/>")
        romeo.ask("<ping xmlns='urn:xmpp:ping'/>", to=self.two.domain)
        juliet = self.two.client("juliet", keeps=True)
        self.assertEqual(juliet.receive("presence", type="subscribe").get("from"), bed.bare(romeo.jid))
        juliet.send(f"<presence type='unsubscribed' to='{bed.bare(romeo.jid)}'/>")
        self.assertEqual(romeo.receive("presence", type="unsubscribed").get("from"), f"juliet@{self.two.domain}")

    def test_offline_messages(self):
        """A message to somebody who is not there waits there, and says since when."""
        romeo = self.one.client("romeo")
        romeo.say(f"juliet@{self.two.domain}", "later", "off1")
        romeo.ask("<ping xmlns='urn:xmpp:ping'/>", to=self.two.domain)
        juliet = self.two.client("juliet", keeps=True)
        message = juliet.receive("message", id="off1")
        self.assertEqual(message.get("from"), romeo.jid)
        self.assertIsNotNone(message.find("{urn:xmpp:delay}delay"))
