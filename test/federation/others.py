"""others: servers that nobody here wrote, as a test needs them: Prosody and ejabberd of Debian, each with one domain, in a folder of its own and as
a process of its own, without what their packages would start. They find meerkats by a name server of the test (name_server.py)."""
import glob
import os
import shutil
import signal
import socket
import subprocess
import time

import federation_bed as bed
from dialogue import server

START_SECONDS = 30 * bed.PATIENCE


class Other:
    """A server that is no meerkat. `certificate`: (certificate, key, authority) or None: then it speaks no TLS."""

    kind = "other"
    says_farewell = False
    wants_addresses = False  # as targets of SRV records
    log_level = "debug"

    def __init__(self, folder, domain, certificate=None):
        self.domain, self.certificate = domain, certificate
        self.folder = os.path.join(folder, domain)
        os.makedirs(self.folder, exist_ok=True)
        self.address = server.random_address()
        taken = set()
        self.port, self.client_port = (server.free_port(self.address, taken) for _ in range(2))
        self.names_port = None
        self.process, self.clients = None, []
        self.log_path = os.path.join(self.folder, "log")

    def knows(self, *_others, is_direct=False):
        """By DNS."""

    def start(self):
        self.configure()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command(), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=server.die_with_parent,
                env=dict(os.environ, HOME=self.folder, **self.environment()),
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        for port in (self.client_port, self.port):
            while not self.listens(port):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise bed.Mismatch(f"{self.program} did not start: {self.log()[-3000:]}")
                time.sleep(0.05)

    def listens(self, port):
        with socket.socket() as probe:
            return probe.connect_ex((self.address, port)) == 0

    def environment(self):
        return {}

    def stop(self):
        for client in self.clients:
            client.close()
        self.kill()

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def wait_for_log(self, text):
        deadline = time.monotonic() + bed.SECONDS
        while text not in self.log():
            if time.monotonic() > deadline:
                raise bed.Mismatch(f"not in the log: {text}")
            time.sleep(0.02)

    def log(self):
        text = ""
        for path in sorted(glob.glob(os.path.join(self.folder, "*log"))):
            with open(path, encoding="utf-8", errors="replace") as file:
                text += file.read()
        return text

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    # As a client sees it (actor.Actor).
    def endpoint(self, _listener):
        return self.address, self.client_port

    def starts_with_tls(self, _listener):
        return False

    def client(self, user, keeps=False):
        client = bed.Client(self, self.domain, user, keeps)
        self.clients.append(client)
        return client


class Prosody(Other):
    """In the clear with acknowledgements (XEP-0198), over TLS with streams that serve both ways (XEP-0288)."""

    program = "prosody"

    def configure(self):
        tls = ""
        if self.certificate:
            certificate, key, authority = self.certificate
            tls = f'ssl = {{ certificate = "{certificate}"; key = "{key}"; cafile = "{authority}"; }}\n'
        modules = '"roster", "saslauth", "disco", "ping", "version", "vcard", "offline", "presence", "dialback", "carbons"'
        self.config = self.write("prosody.cfg.lua", f"""
run_as_root = true
data_path = "{self.folder}/data"
pidfile = "{self.folder}/pid"
log = {{ {self.log_level} = "{self.folder}/prosody.log" }}
interfaces = {{ "{self.address}" }}
c2s_ports = {{ {self.client_port} }}
s2s_ports = {{ {self.port} }}
c2s_direct_tls_ports, s2s_direct_tls_ports, legacy_ssl_ports, http_ports, https_ports = {{}}, {{}}, {{}}, {{}}, {{}}
modules_enabled = {{ {modules}{', "tls", "s2s_bidi"' if self.certificate else ', "smacks"'} }}
c2s_require_encryption = false
s2s_require_encryption = {str(bool(self.certificate)).lower()}
s2s_secure_auth = {str(bool(self.certificate)).lower()}
allow_unencrypted_plain_auth = true
use_ipv6 = false
unbound = {{ async = true; resolvconf = false; hoststxt = false; forward = "127.0.0.1@{self.names_port}";
	options = {{ ["do-not-query-localhost:"] = "no" }} }}
authentication = "internal_plain"
storage = "internal"
{tls}
VirtualHost "{self.domain}"
{tls}""")

    def command(self):
        return ["prosody", "--config", self.config, "-F"]

    def register(self, *users):
        host = self.domain.replace(".", "%2e").replace("-", "%2d")
        folder = os.path.join(self.folder, "data", host, "accounts")
        os.makedirs(folder, exist_ok=True)
        for user in users:
            with open(os.path.join(folder, f"{user}.dat"), "w", encoding="utf-8") as file:
                file.write('return { ["password"] = "secret"; };\n')


class Ejabberd(Other):
    program = "ejabberd"
    says_farewell = True
    wants_addresses = True

    def configure(self):
        tls, listen_tls, starttls = "", "", "false"
        if self.certificate:
            certificate, key, authority = self.certificate
            both = self.write("both.pem", open(certificate, encoding="utf-8").read() + open(key, encoding="utf-8").read())
            tls = f"certfiles: [{both}]\nca_file: {authority}\ns2s_cafile: {authority}\n"
            starttls = "required"
        modules = "".join(
            f"  mod_{name}: {{}}\n" for name in "roster disco ping version vcard offline last private s2s_dialback carboncopy".split()
        )
        self.write("ejabberd.yml", f"""
hosts: ["{self.domain}"]
loglevel: {self.log_level}
{tls}s2s_use_starttls: {starttls}
s2s_dns_timeout: 10
auth_method: internal
auth_password_format: plain
registration_timeout: infinity
default_db: mnesia
listen:
  -
    port: {self.client_port}
    ip: "{self.address}"
    module: ejabberd_c2s
    backlog: 1024
    shaper: none
    access: all
{listen_tls}  -
    port: {self.port}
    ip: "{self.address}"
    module: ejabberd_s2s_in
modules:
{modules}  mod_register:
    ip_access: all
    password_strength: 0
""")
        self.write("inetrc", (
            "{lookup,[file,dns]}.\n" + '{resolv_conf,""}.\n{hosts_file,""}.\n'
            + f"{{alt_nameserver,{{127,0,0,1}},{self.names_port}}}.\n{{nameserver,{{127,0,0,1}},{self.names_port}}}.\n"
        ))  # fmt: skip

    def environment(self):
        return {
            "EJABBERD_CONFIG_PATH": f"{self.folder}/ejabberd.yml", "EJABBERD_LOG_PATH": f"{self.folder}/ejabberd.log",
            "SPOOL_DIR": f"{self.folder}/spool", "ERL_INETRC": f"{self.folder}/inetrc", "ERL_CRASH_DUMP": f"{self.folder}/crash",
            "EJABBERD_DIR": "/usr/lib/ejabberd",
        }  # fmt: skip

    def command(self):
        return [
            "erl", "-noinput", "-noshell", "-pa", *sorted(glob.glob("/usr/lib/*/ejabberd-*/ebin")), "-mnesia", "dir", f'"{self.folder}/spool"',
            "-s", "ejabberd", "+S", "1", "+sbwt", "none",
        ]  # fmt: skip

    def register(self, *users):
        """In band, before login."""
        for user in users:
            with bed.Visitor(self, self.domain) as visitor:
                visitor.register(user)


def missing(*programs):
    return [program for program in programs if not shutil.which(program)]
