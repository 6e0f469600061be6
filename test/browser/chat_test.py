#!/usr/bin/python3
"""The chat page (handler meerkat_chat) in headless Chromium: two people log in, over WebSocket and over BOSH, and chat (chat.mjs)."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import browser_bed as bed  # noqa: E402

PASSWORD = "secret <&> wörd"


def test(_, port):
    return bed.drive("chat.mjs", f"http://localhost:{port}/", PASSWORD, bed.PICTURES, "alice=websocket", "bob=bosh")


if __name__ == "__main__":
    bed.run(test, "chat/converse/version", password=PASSWORD)
