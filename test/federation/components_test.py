#!/usr/bin/python3
"""A component of one server, and users and a component of another: the component's domain is one of its server's."""
import types

import federation_bed as bed
from components import Component

NS = "{jabber:component:accept}"


class Components(bed.FederationCase):
    def setUp(self):
        super().setUp()
        self.one, self.two = self.meerkat("one.example"), self.meerkat("two.example")
        for site in (self.one, self.two):
            site.server.kinds["components"] = "component"
            site.server.change_listener("components", 'password = "secret"')
        echo = types.SimpleNamespace(domain="echo.one.example", address=self.one.address, port=self.one.port)
        bot = types.SimpleNamespace(domain="bot.example", address=self.two.address, port=self.two.port)
        self.one.knows(self.two, bot)
        self.two.knows(self.one, echo)
        for site in (self.one, self.two):
            site.start()
            site.register("romeo")

    def component(self, site, domain):
        component = Component(types.SimpleNamespace(meerkat=site.server), domain)
        self.addCleanup(component.close)
        return component

    def test_user_and_component(self):
        """messages and queries between a component and a user of the other server"""
        echo, romeo = self.component(self.one, "echo.one.example"), self.two.client("romeo")
        romeo.say("robot@echo.one.example", "hello", "m1")
        message = echo.stanza()
        self.assertEqual((message.tag, message.get("from"), message.findtext(f"{NS}body")), (f"{NS}message", romeo.jid, "hello"))
        echo.send(f"<message from='robot@echo.one.example' to='{romeo.jid}' id='m2'><body>well</body></message>")
        self.assertEqual(romeo.receive("message", id="m2").findtext(f"{bed.CLIENT}body"), "well")
        echo.send("<iq type='get' id='q' from='echo.one.example' to='two.example'><ping xmlns='urn:xmpp:ping'/></iq>")
        self.assertEqual(echo.stanza().get("type"), "result")

    def test_two_components(self):
        """components of two servers, one of which has a domain that is below nobody's"""
        echo, bot = self.component(self.one, "echo.one.example"), self.component(self.two, "bot.example")
        echo.send("".join(f"<message from='echo.one.example' to='bot.example' id='{n}'/>" for n in range(200)))
        for n in range(200):
            self.assertEqual(bot.stanza().get("id"), str(n))
        bot.send("<message from='bot.example' to='x@echo.one.example' id='back'/>")
        self.assertEqual(echo.stanza().get("id"), "back")

    def test_component_that_is_gone(self):
        """a component that has gone: its server says so, or is not asked"""
        echo, romeo = self.component(self.one, "echo.one.example"), self.two.client("romeo")
        romeo.say("echo.one.example", "hello", "m1")
        self.assertEqual(echo.stanza().get("id"), "m1")
        echo.close()
        self.one.wait_for_log("component gone")
        romeo.say("echo.one.example", "again", "m2")
        answer = romeo.receive("message", id="m2")
        self.assertEqual(answer.get("type"), "error")
        self.assertIn(bed.condition(answer), ("remote-server-not-found", "remote-server-timeout"))


if __name__ == "__main__":
    bed.main()
