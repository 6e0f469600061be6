#!/usr/bin/python3
"""The page of REST (/api-docs of mongoose_admin_api) in headless Chromium (api_docs.mjs). A picture of it is left in BUILD/browser/pictures."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import browser_bed as bed  # noqa: E402


def add_rest(listener):
    rest = [{"host": "_", "path": "/api", "username": "admin", "password": "secret"}]
    listener["handlers"] = dict(listener["handlers"], mongoose_admin_api=rest)


def test(_server, port):
    return bed.drive("api_docs.mjs", f"http://localhost:{port}/api", "admin", "secret", bed.PICTURES)


if __name__ == "__main__":
    bed.run(test, "api-docs/swagger-ui/version", add_rest)
