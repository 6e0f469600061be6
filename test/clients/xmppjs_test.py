#!/usr/bin/python3
"""xmpp.js (JavaScript) talking through meerkat: starts a server, installs the client below the build folder, runs xmppjs/scenarios.mjs,
xmppjs/component.mjs and, with the modules for modern logins, modern.mjs.

The packages are those of xmppjs/package-lock.json, by hash; npm fetches them from the registry that it is set up for, once for each build
folder. Prints TAP, as node does."""
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import bed  # noqa: E402
import npm  # noqa: E402

PLACE = npm.place("xmppjs")


def run(scenarios, modules=()):
    """The exit status."""
    server = bed.Bed(modules=modules)
    try:
        settings = {
            "ports": server.server.ports,
            "ctl": server.server.control,
            "config": server.server.config_path,
            "password": bed.PASSWORD,
            "patience": bed.PATIENCE,
        }
        command = ["node", "--test-reporter=tap", "--dns-result-order=ipv4first", scenarios]
        environment = dict(os.environ, NODE_EXTRA_CA_CERTS=server.cert, MEERKAT_SETTINGS=json.dumps(settings))
        status = subprocess.run(command, cwd=PLACE, env=environment, stdin=subprocess.DEVNULL).returncode
        if status:
            print("".join(f"# {line}\n" for line in server.server.log().splitlines()[-60:]), end="")
    finally:
        server.close()
    return status


def main():
    try:
        npm.install("xmppjs")
    except npm.Missing as missing:
        print("".join(f"# {line}\n" for line in str(missing).splitlines()[1:]), end="")
        print(f"not ok 1 - {str(missing).splitlines()[0]}")
        sys.exit(1)
    status = run("scenarios.mjs") or run("component.mjs") or run("modern.mjs", ("mod_sasl2", "mod_bind2", "mod_fast_auth_token"))
    sys.exit(status)


if __name__ == "__main__":
    main()
