"""name_lab: a real DNS server for tests: knot, authoritative for a few zones on a loopback port, signed with DNSSEC where that is wanted.

    with Lab(folder, {"lab.test": "one SRV ...\\n"}, signed=("lab.test",)) as lab:
        lab.address, lab.port            what meerkat.resolver is to ask
        lab.trust_anchors                a file for meerkat.resolver.trust_anchor_file
        lab.change("lab.test", "...")    other records

Records are as in zone files, below the name of the zone; SOA and NS are added. Ends with its process, by its id."""
import os
import socket
import struct
import shutil
import subprocess
import tempfile
import time

SECONDS = 20 * float(os.environ.get("WIRE_PATIENCE", "1"))

CONFIG = """\
server:
    rundir: "{run}"
    listen: {address}@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: "{folder}"
policy:
  - id: lab
    algorithm: ecdsap256sha256
    single-type-signing: on
template:
  - id: default
    storage: "{folder}"
    file: "%s.zone"
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
zone:
"""


def free_port(address):
    """One that is free for both TCP and UDP."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind((address, 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return tcp.getsockname()[1]


def question(name, kind):
    """A DNS query (RFC 1035 §4.1)."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", 4711, 0, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, kind, 1)


class Lab:
    def __init__(self, folder, zones, signed=(), address="127.0.0.1"):
        self.folder = os.path.join(folder, "names")
        self.address, self.port = address, free_port(address)
        self.zones, self.signed = zones, signed
        self.process, self.serial = None, 0
        self.run = None  # for its socket, whose path must be short
        os.makedirs(self.folder, mode=0o700)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, zone, records):
        self.serial += 1
        with open(self.path(f"{zone}.zone"), "w", encoding="utf-8") as file:
            file.write(f"$ORIGIN {zone}.\n$TTL 60\n@ SOA names.{zone}. nobody.{zone}. {self.serial} 60 60 600 60\n@ NS names.{zone}.\n")
            file.write(f"names A {self.address}\n{records}\n")

    def configure(self):
        with open(self.path("knot.conf"), "w", encoding="utf-8") as file:
            file.write(CONFIG.format(folder=self.folder, run=self.run, address=self.address, port=self.port))
            for zone in self.zones:
                file.write(f"  - domain: {zone}\n")
                if zone in self.signed:
                    file.write("    dnssec-signing: on\n    dnssec-policy: lab\n")

    def start(self):
        for zone, records in self.zones.items():
            self.write(zone, records)
        self.run = tempfile.mkdtemp(prefix="knot-", dir="/tmp")
        self.configure()
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(["/usr/sbin/knotd", "-c", self.path("knot.conf")], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for zone in self.zones:
            self.wait_for(zone)
        return self

    def answers(self, zone):
        """It has this zone, signed if it is to be."""
        kind = 48 if zone in self.signed else 6
        with socket.socket(type=socket.SOCK_DGRAM) as udp:
            udp.settimeout(0.2)
            udp.sendto(question(zone, kind), (self.address, self.port))
            try:
                answer = udp.recv(4096)
            except OSError:
                return False
        return answer[3] & 0xF == 0 and struct.unpack(">H", answer[6:8])[0] > 0

    def wait_for(self, zone):
        deadline = time.monotonic() + SECONDS
        while not self.answers(zone):
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"knotd does not serve {zone}: {self.log()}")
            time.sleep(0.02)

    def log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as log:
            return log.read()

    def control(self, *words):
        done = subprocess.run(["/usr/sbin/knotc", "-c", self.path("knot.conf"), *words], capture_output=True, text=True, timeout=SECONDS)
        if done.returncode:
            raise RuntimeError(f"knotc {' '.join(words)}: {done.stdout}{done.stderr}")

    def change(self, zone, records):
        self.write(zone, records)
        self.control("-b", "zone-reload", zone)

    @property
    def trust_anchors(self):
        """The keys of the signed zones, as DS records."""
        path = self.path("anchors")
        with open(path, "w", encoding="utf-8") as file:
            for zone in self.signed:
                keys = subprocess.run(["/usr/sbin/keymgr", "-c", self.path("knot.conf"), zone, "ds"], capture_output=True, text=True, check=True)
                file.write("".join(f"{line}\n" for line in keys.stdout.splitlines() if " DS " in line))
        return path

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(SECONDS)
        self.process = None
        if self.run:
            shutil.rmtree(self.run, ignore_errors=True)
        self.run = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
