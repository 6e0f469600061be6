#!/usr/bin/python3
"""xmpp.js (JavaScript) talking through meerkat: starts a server, installs the client below the build folder, runs xmppjs/scenarios.mjs and,
with the modules for modern logins, modern.mjs.

The packages are those of xmppjs/package-lock.json, by hash; npm fetches them from the registry that it is set up for, once for each build
folder. Prints TAP, as node does."""
import hashlib
import json
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import bed  # noqa: E402

SOURCES = os.path.join(HERE, "xmppjs")
PLACE = os.path.join(bed.BUILD, "clients", "xmppjs")
INSTALL_SECONDS = 120


def give_up(why):
    print(f"not ok 1 - {why}")
    sys.exit(1)


def version_wanted():
    digest = hashlib.sha256()
    for name in ("package.json", "package-lock.json"):
        with open(os.path.join(SOURCES, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def version_installed(stamp):
    if not os.path.exists(stamp):
        return None
    with open(stamp, encoding="ascii") as file:
        return file.read()


def install():
    """Leaves PLACE with node_modules and the sources; imports are looked for beside them."""
    stamp = os.path.join(PLACE, "installed")
    wanted = version_wanted()
    fresh = version_installed(stamp) == wanted
    if not fresh:
        shutil.rmtree(PLACE, ignore_errors=True)
    shutil.copytree(SOURCES, PLACE, dirs_exist_ok=True)
    if fresh:
        return
    command = ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=1"]
    environment = dict(os.environ, npm_config_cache=os.path.join(bed.BUILD, "clients", "npm-cache"), npm_config_update_notifier="false")
    try:
        done = subprocess.run(
            command, cwd=PLACE, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=INSTALL_SECONDS
        )
    except FileNotFoundError:
        give_up("npm is missing: run 'make deps'")
    except subprocess.TimeoutExpired:
        give_up(f"npm did not bring the packages of xmpp.js in {INSTALL_SECONDS} s: is its registry within reach?")
    if done.returncode != 0:
        words = [line for line in (done.stdout + done.stderr).splitlines() if "error" in line.lower()][:10]
        print("".join(f"# {line}\n" for line in words), end="")
        give_up("npm could not bring the packages of xmpp.js (its words are above): is its registry within reach?")
    with open(stamp, "w", encoding="ascii") as file:
        file.write(wanted)


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
    install()
    status = run("scenarios.mjs") or run("modern.mjs", ("mod_sasl2", "mod_bind2", "mod_fast_auth_token"))
    sys.exit(status)


if __name__ == "__main__":
    main()
