#!/usr/bin/python3
"""The page to ask with GraphQL (T-HTTP-15) in headless Chromium (graphiql.mjs)."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import browser_bed as bed  # noqa: E402

ENDPOINT = {"host": "_", "path": "/api/graphql", "schema_endpoint": "admin", "username": "admin", "password": "secret"}


def change(listener):
    listener["handlers"] = {"mongoose_graphql_handler": [ENDPOINT]}


def test(_, port):
    return bed.drive("graphiql.mjs", f"http://localhost:{port}/api/graphql", "admin", "secret", bed.PICTURES)


if __name__ == "__main__":
    bed.run(test, "graphiql/npm/versions", change, users=("alice",))
