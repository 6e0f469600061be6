#!/usr/bin/python3
"""The chat page (handler meerkat_chat) in headless Chromium: two people log in, over WebSocket and over BOSH, and chat (chat.mjs).

The server is one with the modules and the HTTP listener of etc/meerkat.toml. playwright-core, which drives the browser, is fetched by npm, as
package-lock.json says; the browser is Debian's. Screenshots of a failure are in BUILD/browser/pictures. Prints TAP."""
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "test/support"))

from dialogue import server as servers  # noqa: E402

BUILD = os.path.abspath(os.environ.get("MEERKAT_BUILD", os.path.join(ROOT, "build")))
PLACE = os.path.join(BUILD, "browser")
PASSWORD = "secret <&> wörd"
SECONDS = 150


def give_up(why):
    print(f"not ok 1 - {why}")
    sys.exit(1)


def install():
    """Leaves PLACE with node_modules and the sources."""
    digest = hashlib.sha256(b"".join(open(os.path.join(HERE, name), "rb").read() for name in ("package.json", "package-lock.json"))).hexdigest()
    stamp = os.path.join(PLACE, "installed")
    is_fresh = os.path.exists(stamp) and open(stamp, encoding="ascii").read() == digest
    shutil.copytree(HERE, PLACE, dirs_exist_ok=True)
    if is_fresh:
        return
    command = ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=1"]
    environment = dict(os.environ, npm_config_update_notifier="false")
    try:
        done = subprocess.run(command, cwd=PLACE, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    except FileNotFoundError:
        give_up("npm is missing: run 'make deps'")
    except subprocess.TimeoutExpired:
        give_up("npm did not bring playwright-core: is its registry within reach?")
    if done.returncode:
        give_up(f"npm could not bring playwright-core: {(done.stdout + done.stderr)[-500:]}")
    with open(stamp, "w", encoding="ascii") as file:
        file.write(digest)


def shipped():
    with open(os.path.join(ROOT, "etc/meerkat.toml"), "rb") as file:
        return tomllib.load(file)


def run(server, port, people):
    command = ["node", "chat.mjs", f"http://localhost:{port}/", PASSWORD, os.path.join(PLACE, "pictures"), *people]
    try:
        return subprocess.run(command, cwd=PLACE, stdin=subprocess.DEVNULL, timeout=SECONDS).returncode
    except subprocess.TimeoutExpired:
        print("not ok 99 - the browsers did not come to an end")
        return 1


def main():
    if not os.path.exists(os.path.join(BUILD, "chat/converse/version")):
        give_up("there is no chat page in this build: tools/chat-page makes it")
    install()
    folder = tempfile.mkdtemp(prefix="meerkat-browser-")
    shipped_config = shipped()
    port = servers.free_port("127.0.0.1", set())
    listener = dict(shipped_config["listen"]["http"][0], port=port)
    server = servers.Server(
        BUILD, os.path.join(folder, "server"), servers.make_certificates(folder), loops=3, modules=shipped_config["modules"],
        config="[auth.password]\nscram_iterations = 4096\n" + servers.toml({"listen": {"http": [listener]}}),
    )  # fmt: skip
    status = 1
    try:
        server.start()
        for user in ("alice", "bob"):
            server.register(user, "localhost", PASSWORD)
        status = run(server, port, ("alice=websocket", "bob=bosh"))
        if status:
            print("".join(f"# {line}\n" for line in server.log().splitlines()[-60:]), end="")
        server.stop()
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
