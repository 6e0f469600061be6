"""name_server: DNS for servers of others in tests: A and SRV records of a few names, over UDP on the loopback. For nobody but tests."""
import socket
import struct
import threading

A, SRV, OPT = 1, 33, 41
NO_SUCH_NAME = 3


def encode(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def decode(packet, at):
    """(name, where it ends) of a name that is not compressed."""
    labels = []
    while packet[at]:
        labels.append(packet[at + 1 : at + 1 + packet[at]].decode("latin-1").lower())
        at += 1 + packet[at]
    return ".".join(labels), at + 1


class NameServer:
    """`domains`: {domain: (address, port)}; a server of that domain is there, by _xmpp-server._tcp. The target of SRV is the domain or, for those
    who ask the C library for its address, the address itself."""

    def __init__(self, domains, says_addresses=False):
        self.records = {}
        for domain, (address, port) in domains.items():
            self.records[domain, A] = socket.inet_aton(address)
            self.records["_xmpp-server._tcp." + domain, SRV] = struct.pack("!HHH", 5, 0, port) + encode(address if says_addresses else domain)
        self.names = {name for name, _ in self.records} | {name.partition(".")[2] for name, _ in self.records}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def close(self):
        self.socket.close()

    def serve(self):
        while True:
            try:
                packet, sender = self.socket.recvfrom(4096)
            except OSError:
                return
            try:
                self.socket.sendto(self.answer(packet), sender)
            except (OSError, IndexError, struct.error):
                pass

    def answer(self, packet):
        number, flags = struct.unpack("!HH", packet[:4])
        name, end = decode(packet, 12)
        kind = struct.unpack("!H", packet[end : end + 2])[0]
        data = self.records.get((name, kind))
        code = 0 if name in self.names or any(other.endswith("." + name) for other in self.names) or not name else NO_SUCH_NAME
        head = struct.pack("!HHHHHH", number, 0x8480 | flags & 0x100, 1, 1 if data else 0, 0, 0)
        head = head[:3] + bytes([head[3] | code]) + head[4:]
        question = packet[12 : end + 4]
        record = b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data if data else b""
        return head + question + record
