"""Those whom the login methods ask, made for one script each: a web service, a directory, a program. All of them listen on loopback."""
import contextlib
import http.server
import os
import random
import shutil
import socket
import socketserver
import subprocess
import sys
import textwrap
import threading
import time
import urllib.parse

from dialogue.text import Mismatch

START_SECONDS = 10
SLAPD = ("/usr/sbin/slapd", "/usr/lib/openldap/slapd")
SCHEMA = "/etc/ldap/schema"
# Entries of the directory: name, user, employeeType.
PEOPLE = (("Alice", "alice", "enabled"), ("Bob", "bob", "disabled"), ("One", "twin", "enabled"), ("Two", "twin", "enabled"))


def free_port(address):
    while True:
        port = random.randint(20000, 31999)
        with socket.socket() as probe:
            try:
                probe.bind((address, port))
                return port
            except OSError:
                continue


class WebService:
    """MongooseIM's protocol. Users whose name says so get what a bad service would give: slow, broken, large, garbage."""

    def __init__(self, folder, address):
        self.address = address
        self.port = free_port(address)
        self.names = {"web": f"http://{address}:{self.port}", "web-address": address, "web-port": str(self.port)}
        self.users = {}
        self.asked = []
        self.connections = []
        self.server = None

    def start(self):
        partner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.respond(urllib.parse.urlsplit(self.path).query)

            def do_POST(self):
                self.respond(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

            def respond(self, form):
                fields = dict(urllib.parse.parse_qsl(form, keep_blank_values=True))
                path = urllib.parse.urlsplit(self.path).path
                partner.asked.append(f"{self.command} {path} {fields.get('user')} {self.headers.get('Authorization', '')}".strip())
                status, body = partner.answer(path.rsplit("/", 1)[-1], fields)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def process_request(self, request, client_address):
                partner.connections.append(request)
                super().process_request(request, client_address)

            def handle_error(self, *_):
                """The other side has hung up, as it should when it takes too long."""

        self.server = Server((self.address, self.port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, operation, fields):
        user, password = fields.get("user", ""), fields.get("pass", "")
        if user == "slow":
            time.sleep(30)
        if user == "broken":
            return 500, b"internal error"
        if user == "large":
            return 200, b"true" * 100000
        if user == "garbage":
            return 200, b"<html>Welcome</html>"
        return getattr(self, "on_" + operation, lambda *_: (404, b""))(user, password)

    def on_check_password(self, user, password):
        return 200, b"true" if self.users.get(user) == password else b"false"

    def on_user_exists(self, user, _):
        return 200, b"true" if user in self.users else b"false"

    def on_get_password(self, user, _):
        return (200, self.users[user].encode()) if user in self.users else (404, b"")

    def on_register(self, user, password):
        if user in self.users:
            return 409, b""
        self.users[user] = password
        return 201, b""

    def on_set_password(self, user, password):
        if user not in self.users:
            return 404, b""
        self.users[user] = password
        return 204, b""

    def on_remove_user(self, user, _):
        return (204, b"") if self.users.pop(user, None) is not None else (404, b"")

    def forget(self, user):
        self.users.pop(user, None)

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.socket.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.connections.clear()
        self.server = None


class Directory:
    """slapd, with a folder and a port of its own; with PEOPLE, whose passwords are all secret."""

    def __init__(self, folder, address):
        self.folder = os.path.join(folder, "ldap")
        self.address = address
        self.port = free_port(address)
        self.names = {"ldap-address": address, "ldap-port": str(self.port)}
        self.asked = []
        self.process = None
        self.program = next((path for path in SLAPD if os.access(path, os.X_OK)), None) or shutil.which("slapd")

    def prepare(self):
        if not self.program:
            raise Mismatch("there is no slapd: install the package slapd")
        os.makedirs(os.path.join(self.folder, "data"))
        data = "dn: dc=test\nobjectClass: domain\ndc: test\n\ndn: ou=People,dc=test\nobjectClass: organizationalUnit\nou: People\n\n"
        for name, uid, kind in PEOPLE:
            data += (
                f"dn: cn={name},ou=People,dc=test\nobjectClass: inetOrgPerson\ncn: {name}\nsn: of {uid}\nuid: {uid}\n"
                f"mail: {uid}@localhost\nemployeeType: {kind}\nuserPassword: secret\n\n"
            )
        with open(os.path.join(self.folder, "data.ldif"), "w", encoding="utf-8") as file:
            file.write(data)
        with open(os.path.join(self.folder, "slapd.conf"), "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(f"""\
                include {SCHEMA}/core.schema
                include {SCHEMA}/cosine.schema
                include {SCHEMA}/inetorgperson.schema
                modulepath /usr/lib/ldap
                moduleload back_mdb
                pidfile {self.folder}/slapd.pid
                argsfile {self.folder}/slapd.args
                database mdb
                suffix "dc=test"
                rootdn "cn=admin,dc=test"
                rootpw admin
                directory {self.folder}/data
                access to attrs=userPassword by anonymous auth
                access to * by dn.exact="cn=admin,dc=test" write
                """))
        done = subprocess.run(
            [self.program, "-T", "add", "-f", os.path.join(self.folder, "slapd.conf"), "-l", os.path.join(self.folder, "data.ldif")],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode != 0:
            raise Mismatch(f"slapadd: {done.stderr}")

    def start(self):
        if not os.path.isdir(self.folder):
            self.prepare()
        self.process = subprocess.Popen(
            [self.program, "-d", "0", "-h", f"ldap://{self.address}:{self.port}", "-f", os.path.join(self.folder, "slapd.conf")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                socket.create_connection((self.address, self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
            if self.process.poll() is not None:
                raise Mismatch(f"slapd ended with {self.process.returncode}")
        raise Mismatch("slapd does not listen")

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None


class Program:
    """test/support/partners/authenticator.py: what it is asked is in a file."""

    def __init__(self, folder, address):
        here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self.log = os.path.join(folder, "program-asked")
        script = os.path.join(here, "partners", "authenticator.py")
        self.names = {"program": f"{sys.executable} {script} {self.log}"}

    @property
    def asked(self):
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="utf-8") as file:
            return file.read().splitlines()

    def start(self):
        pass

    def stop(self):
        pass


KINDS = {"web": WebService, "ldap": Directory, "program": Program}


class Partners:
    """Those a script names. Use as a context manager."""

    def __init__(self, kinds, folder):
        address = f"127.{random.randint(10, 250)}.{random.randint(1, 250)}.{random.randint(1, 250)}"
        self.all = {kind: KINDS[kind](folder, address) for kind in kinds}
        self.names = {name: value for partner in self.all.values() for name, value in partner.names.items()}

    def __enter__(self):
        return self

    def start(self):
        for partner in self.all.values():
            partner.start()

    def __exit__(self, *_):
        for partner in self.all.values():
            partner.stop()
