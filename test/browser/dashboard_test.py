#!/usr/bin/python3
"""The page for operators (handler meerkat_dashboard) in headless Chromium, with mouse and without, as wide as a desk and as a phone (dashboard.mjs)."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import browser_bed as bed  # noqa: E402

PEOPLE = [f"user{number:02}" for number in range(24)]


def add_one_with_credentials(listener):
    handlers = dict(listener["handlers"])
    handlers["meerkat_dashboard"] = [
        *handlers["meerkat_dashboard"],
        {"host": "_", "path": "/locked", "username": "operator", "password": "geheim: ö"},
    ]
    listener["handlers"] = handlers


def test(server, port):
    facts = {
        "port": port,
        "pid": server.process.pid,
        "control": [server.control, "--config", server.config_path],
        "pictures": bed.PICTURES,
        "people": ["alice", *PEOPLE],
        "password": "secret",
    }
    return bed.drive("dashboard.mjs", json.dumps(facts))


if __name__ == "__main__":
    bed.run(test, "dashboard/index.html", add_one_with_credentials, users=("alice", *PEOPLE))
