"""browser_bed: what the tests in a browser share: playwright-core and axe-core from npm, a server like the one that is shipped.

npm fetches what package-lock.json says into BUILD/browser, once; the browser is Debian's Chromium. Pictures are in BUILD/browser/pictures. Tests
print TAP."""
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
PICTURES = os.path.join(PLACE, "pictures")
SECONDS = 170


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
        give_up("npm did not bring what drives the browser: is its registry within reach?")
    if done.returncode:
        give_up(f"npm could not bring what drives the browser: {(done.stdout + done.stderr)[-500:]}")
    with open(stamp, "w", encoding="ascii") as file:
        file.write(digest)


def shipped():
    with open(os.path.join(ROOT, "etc/meerkat.toml"), "rb") as file:
        return tomllib.load(file)


def drive(script, *arguments):
    """Runs a script of this folder in Node; its exit status."""
    try:
        return subprocess.run(["node", script, *arguments], cwd=PLACE, stdin=subprocess.DEVNULL, timeout=SECONDS).returncode
    except subprocess.TimeoutExpired:
        print("not ok 99 - the browser did not come to an end")
        return 1


def run(test, needed, change=None, users=("alice", "bob"), password="secret"):
    """Starts a server with the modules and the HTTP listener of etc/meerkat.toml, and has `test(server, port)` say how it went (0: well). `needed` is
    a file of the build; `change` may change the listener."""
    if not os.path.exists(os.path.join(BUILD, needed)):
        give_up(f"{needed} is not in this build: `make test-browser` makes it")
    install()
    folder = tempfile.mkdtemp(prefix="meerkat-browser-")
    shipped_config = shipped()
    port = servers.free_port("127.0.0.1", set())
    listener = dict(shipped_config["listen"]["http"][0], port=port)
    if change:
        change(listener)
    server = servers.Server(
        BUILD, os.path.join(folder, "server"), servers.make_certificates(folder), loops=3, modules=shipped_config["modules"],
        config="[auth.password]\nscram_iterations = 4096\n" + servers.toml({"listen": {"http": [listener]}}),
    )  # fmt: skip
    status = 1
    try:
        server.start()
        for user in users:
            server.register(user, "localhost", password)
        status = test(server, port)
        if status:
            print("".join(f"# {line}\n" for line in server.log().splitlines()[-60:]), end="")
        server.stop()
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(status)
