"""A meerkat of one's own: configuration, process, control. Every server has its own folder, loopback address and ports."""
import copy
import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import time
import tomllib

from dialogue import certificates
from dialogue.text import Mismatch, fill

# Below the range from which the kernel takes ports for outgoing connections.
PORTS = range(20000, 32000)
START_SECONDS = 20
STOP_SECONDS = 5


def make_certificates(folder):
    """{name: path}; certificates.py says which there are."""
    return certificates.make(folder)


# --- TOML out ---


def toml_value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or c == "\x7f" else c for c in value.replace("\\", "\\\\"))
        return '"' + escaped.replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml_value(key)} = {toml_value(item)}" for key, item in value.items()) + "}"
    return str(value)


def toml_key(key):
    return key if all(c.isascii() and (c.isalnum() or c in "_-") for c in key) else toml_value(key)


def toml(table, path=""):
    """The text of a nested dict, with a header for every table."""
    out, below = "", ""
    for key, value in table.items():
        here = f"{path}.{toml_key(key)}" if path else toml_key(key)
        if isinstance(value, dict):
            below += f"\n[{here}]\n{toml(value, here)}"
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            below += "".join(f"\n[[{here}]]\n{toml(item, here)}" for item in value)
        else:
            out += f"{toml_key(key)} = {toml_value(value)}\n"
    return out + below


def merge(into, other):
    """Tables key by key, anything else replaces."""
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


# --- the process ---


def random_address():
    """Nobody else listens there, so that a port found free stays free."""
    return f"127.{random.randint(10, 250)}.{random.randint(1, 250)}.{random.randint(1, 250)}"


def free_port(address, taken):
    while True:
        port = random.choice(PORTS)
        if port in taken:
            continue
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                continue
        taken.add(port)
        return port


def die_with_parent():
    """A server never outlives the runner (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Server:
    """`build` is the folder with meerkat and meerkatctl. Use as a context manager; leaving it kills what still runs."""

    def __init__(
        self, build, folder, paths, *, hosts=("localhost",), loops=1, modules=None, config="", listeners=None, components=None,
        prefix=(), environment=None,
    ):  # fmt: skip
        self.program = os.path.join(build, "meerkat")
        self.control = os.path.join(build, "meerkatctl")
        self.folder = folder
        self.address = random_address()
        self.prefix = list(prefix)  # of the command: taskset -c 0
        self.process = None
        self.log_path = os.path.join(folder, "log")
        self.config_path = os.path.join(folder, "meerkat.toml")
        self.names = dict(paths, state=os.path.join(folder, "state"), address=self.address)
        os.makedirs(self.names["state"], exist_ok=True)
        self.environment = {name: fill(value, self.names) for name, value in (environment or {}).items()}
        for name in ("cert", "key"):
            # For scripts that change them: all others are everybody's.
            self.names["own-" + name] = shutil.copy(paths[name], os.path.join(folder, f"own-{name}.pem"))
        self.listeners = {}
        self.kinds = {}  # of those that are not for clients: "component"
        self.gone = set()  # of them: not in the file any more
        self.ports = {}
        for name, text in {"c2s": "", "secure": "", "tls": "", "bare": "", **(listeners or {})}.items():
            self.set_listener(name, text)
        for name, text in (components or {}).items():
            self.kinds[name] = "component"
            self.set_listener(name, text)
            self.listeners[name].setdefault("password", "secret")
        self.config = {
            "general": {"loglevel": "debug", "hosts": list(hosts), "default_server_domain": hosts[0]},
            # No test asks the name servers of the machine.
            "meerkat": {"state_dir": self.names["state"], "loops": loops, "resolver": {"server": "none"}},
            "auth": {"password": {"scram_iterations": 1000}, "internal": {}},
            "modules": copy.deepcopy(modules or {}),
        }
        self.list_listeners()
        self.change_config(config)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def set_listener(self, name, text):
        """Merges TOML text into the listener of this name, which is made if it is not there."""
        mode = {"c2s": "starttls", "secure": "starttls_required", "tls": "tls"}.get(name) if name not in self.kinds else None
        certificate = {"mode": mode, "certfile": self.names["cert"], "keyfile": self.names["key"]}
        table = self.listeners.setdefault(name, {"tls": certificate} if mode else {})
        merge(table, tomllib.loads(fill(text, self.names)))
        table.setdefault("ip_address", self.address)
        if "port" not in table:
            table["port"] = free_port(table["ip_address"], set(self.ports.values()))
        self.ports[name] = table["port"]
        self.names[f"{name}.port"] = str(table["port"])

    def list_listeners(self):
        """Those of other kinds than these stay as they are."""
        tables = self.config.setdefault("listen", {})
        for kind in {"c2s", *self.kinds.values()}:
            tables[kind] = [self.listeners[name] for name in self.listeners if self.kinds.get(name, "c2s") == kind and name not in self.gone]

    def change_listener(self, name, text):
        """The same in the configuration file; None: the listener is taken away."""
        if text is None:
            self.gone.add(name)
        else:
            self.gone.discard(name)
            self.set_listener(name, text)
        self.list_listeners()
        self.change_config("")

    def change_config(self, text):
        """Merges TOML text into the configuration and writes the file."""
        merge(self.config, tomllib.loads(fill(text, self.names)))
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(toml(self.config))

    def endpoint(self, name):
        if name not in self.ports:
            raise ValueError(f"there is no listener {name}")
        address = self.listeners[name]["ip_address"]
        return {"0.0.0.0": self.address, "::": "::1"}.get(address, address), self.ports[name]

    def starts_with_tls(self, name):
        return self.listeners[name].get("tls", {}).get("mode") == "tls"

    def start(self):
        """Returns when the server says READY=1 on its notification socket, or accepts connections."""
        notify_path = os.path.join(self.folder, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, open(self.log_path, "ab") as log:
            notify.bind(notify_path)
            notify.settimeout(0.02)
            self.process = subprocess.Popen(
                [*self.prefix, self.program, "--config", self.config_path],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent,
                env=dict(os.environ, NOTIFY_SOCKET=notify_path, **self.environment),
            )  # fmt: skip
            self.wait_until_ready(notify)
        os.unlink(notify_path)

    def wait_until_ready(self, notify):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if b"READY=1" in notify.recv(4096):
                    return
            except TimeoutError:
                pass
            if self.process.poll() is not None:
                raise Mismatch(f"the server did not start: exit status {self.process.returncode}")
        raise Mismatch(f"the server was not ready in {START_SECONDS} s")

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        if not self.is_running():
            raise Mismatch(f"the server is not running: exit status {self.process and self.process.returncode}")
        self.process.send_signal(number)

    def stop(self):
        """SIGTERM; anything but exit status 0 in time is a failure."""
        self.signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS * float(os.environ.get("WIRE_PATIENCE", "1")))
        except subprocess.TimeoutExpired:
            raise Mismatch(f"the server did not stop in {STOP_SECONDS} s") from None
        if status != 0:
            raise Mismatch(f"the server stopped with exit status {status}")

    def kill(self):
        if self.is_running():
            self.process.kill()
        if self.process:
            self.process.wait()

    def reload(self):
        self.signal(signal.SIGHUP)

    def refuses(self, text, status):
        """What a second server says that is started with this configuration and must exit with this status."""
        path = os.path.join(self.folder, "refused.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(fill(text, self.names))
        done = subprocess.run(
            [self.program, "--config", path], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=START_SECONDS
        )
        if done.returncode != status:
            raise Mismatch(f"exit status {done.returncode}, expected {status}: {(done.stdout + done.stderr).strip()}")
        return done.stdout + done.stderr

    def ctl(self, arguments, seconds=20):
        """(exit status, stdout, stderr) of meerkatctl."""
        command = [self.control, "--config", self.config_path, *arguments]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)
        return done.returncode, done.stdout, done.stderr

    def register(self, user, host, password):
        status, out, err = self.ctl(
            ["account", "registerUser", "--username", user, "--domain", host, "--password", password]
        )
        if status != 0:
            raise Mismatch(f"registerUser {user}@{host} failed: {(out + err).strip()}")

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()
