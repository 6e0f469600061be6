#!/usr/bin/python3
"""The page of REST (/api-docs of mongoose_admin_api) in headless Chromium (api_docs.mjs). A picture of it is left in BUILD/browser/pictures. Prints TAP."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from chat_test import BUILD, PLACE, SECONDS, give_up, install, servers  # noqa: E402

LISTENER = {
    "port": 0,
    "ip_address": "127.0.0.1",
    "handlers": {"mongoose_admin_api": [{"host": "_", "path": "/api", "username": "admin", "password": "secret"}]},
}


def run(port):
    command = ["node", "api_docs.mjs", f"http://localhost:{port}/api", "admin", "secret", os.path.join(PLACE, "pictures")]
    try:
        return subprocess.run(command, cwd=PLACE, stdin=subprocess.DEVNULL, timeout=SECONDS).returncode
    except subprocess.TimeoutExpired:
        print("not ok 99 - the browser did not come to an end")
        return 1


def main():
    if not os.path.exists(os.path.join(BUILD, "api-docs/swagger-ui/version")):
        give_up("there is no Swagger UI in this build: tools/api-page makes it")
    install()
    folder = tempfile.mkdtemp(prefix="meerkat-browser-")
    LISTENER["port"] = servers.free_port("127.0.0.1", set())
    server = servers.Server(
        BUILD, os.path.join(folder, "server"), servers.make_certificates(folder), loops=2, config=servers.toml({"listen": {"http": [LISTENER]}}),
    )  # fmt: skip
    status = 1
    try:
        server.start()
        server.register("alice", "localhost", "secret")
        status = run(LISTENER["port"])
        if status:
            print("".join(f"# {line}\n" for line in server.log().splitlines()[-60:]), end="")
        server.stop()
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
