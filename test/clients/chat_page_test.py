#!/usr/bin/python3
"""The chat page as files over HTTP: what is served, how, and what is not. In a browser: test/browser/."""
import http.client
import json
import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from web_bed import BUILD, PATIENCE, Bed  # noqa: E402

FOLDER = os.path.join(BUILD, "chat")
CHAT = {"mongoose_websocket_handler": "", "mongoose_bosh_handler": "", "meerkat_chat": ""}


class ChatPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.makedirs(FOLDER, exist_ok=True)
        for name, text in (("index.html", "<!DOCTYPE html>\n"), (".secret", "x"), ("a b.js", "1")):
            path = os.path.join(FOLDER, name)
            if not os.path.exists(path):
                with open(path, "w", encoding="ascii") as file:
                    file.write(text)
                cls.addClassCleanup(os.unlink, path)
        cls.bed = Bed(CHAT)
        cls.addClassCleanup(cls.bed.close)

    def get(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.bed.port, timeout=PATIENCE)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def test_page(self):
        answer, body = self.get("/chat/")
        self.assertEqual((answer.status, answer.getheader("content-type")), (200, "text/html; charset=utf-8"))
        self.assertTrue(body.startswith(b"<!DOCTYPE html>"))
        self.assertIn("default-src 'self'", answer.getheader("content-security-policy"))
        self.assertEqual(answer.getheader("x-content-type-options"), "nosniff")
        again, body = self.get("/chat/", **{"If-None-Match": answer.getheader("etag")})
        self.assertEqual((again.status, body), (304, b""))

    def test_without_slash(self):
        answer, _ = self.get("/chat")
        self.assertEqual((answer.status, answer.getheader("location")), (308, "/chat/"))

    def test_settings(self):
        answer, body = self.get("/chat/config.json")
        self.assertEqual(answer.status, 200)
        self.assertEqual(
            json.loads(body), {"domain": "localhost", "registration": True, "websocket": "/ws-xmpp", "bosh": "/http-bind"}
        )

    def test_what_is_not_there(self):
        for path in ("/chat/nothing.js", "/chat/.secret", "/chat/../meerkat", "/chat/%2e%2e/meerkat", "/chat/converse", "/chat/%2e%2e%2fmeerkat"):
            self.assertIn(self.get(path)[0].status, (400, 404), path)
        self.assertEqual(self.get("/chat/", "POST")[0].status, 405)

    def test_names_are_decoded(self):
        answer, body = self.get("/chat/a%20b.js")
        self.assertEqual((answer.status, body, answer.getheader("content-type")), (200, b"1", "text/javascript; charset=utf-8"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
