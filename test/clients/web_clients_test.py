#!/usr/bin/python3
"""Strophe.js over WebSocket and BOSH, xmpp.js over WebSocket, talking through meerkat: web/scenarios.mjs.

The packages are those of web/package-lock.json, by hash; npm fetches them from the registry that it is set up for, once for each build folder.
Prints TAP, as node does."""
import hashlib
import json
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from web_bed import BUILD, PATIENCE, Bed  # noqa: E402

SOURCES = os.path.join(HERE, "web")
PLACE = os.path.join(BUILD, "clients", "web")
SECONDS = 150


def give_up(why):
    print(f"not ok 1 - {why}")
    sys.exit(1)


def install():
    digest = hashlib.sha256()
    for name in ("package.json", "package-lock.json"):
        with open(os.path.join(SOURCES, name), "rb") as file:
            digest.update(file.read())
    stamp = os.path.join(PLACE, f"installed-{digest.hexdigest()[:16]}")
    if not os.path.exists(stamp):
        shutil.rmtree(PLACE, ignore_errors=True)
    shutil.copytree(SOURCES, PLACE, dirs_exist_ok=True)
    if os.path.exists(stamp):
        return
    command = ["npm", "ci", "--omit=dev", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=1"]
    environment = dict(os.environ, npm_config_cache=os.path.join(BUILD, "clients", "npm-cache"), npm_config_update_notifier="false")
    try:
        done = subprocess.run(command, cwd=PLACE, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    except FileNotFoundError:
        give_up("npm is missing: run 'make deps'")
    except subprocess.TimeoutExpired:
        give_up("npm did not bring the packages: is its registry within reach?")
    if done.returncode:
        give_up(f"npm could not bring the packages: {(done.stdout + done.stderr)[-500:]}")
    with open(stamp, "w", encoding="ascii") as file:
        file.write("yes\n")


def main():
    install()
    # Strophe.js wants as many iterations at least.
    bed = Bed(config="[auth.password]\nscram_iterations = 4096\n")
    try:
        environment = dict(
            os.environ, MEERKAT_SETTINGS=json.dumps({"port": bed.port, "password": "secret", "patience": PATIENCE})
        )
        command = ["node", "--test-reporter=tap", "--dns-result-order=ipv4first", "scenarios.mjs"]
        status = subprocess.run(command, cwd=PLACE, env=environment, stdin=subprocess.DEVNULL, timeout=SECONDS).returncode
        if status:
            print("".join(f"# {line}\n" for line in bed.server.log().splitlines()[-60:]), end="")
    finally:
        bed.close()
    sys.exit(status)


if __name__ == "__main__":
    main()
