"""The PROXY protocol as a load balancer speaks it, versions 1 and 2."""
import ipaddress
import re
import struct

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
PROXY, LOCAL = 0x21, 0x20
STREAM_4, STREAM_6 = 0x11, 0x21


def split_endpoint(text):
    """(address, port) of 203.0.113.7:4711 or [2001:db8::7]:4711."""
    match = re.fullmatch(r"\[?([0-9a-fA-F:.]+?)\]?:(\d+)", text)
    if not match:
        raise ValueError(f"not an address with a port: {text}")
    return ipaddress.ip_address(match[1]), int(match[2])


def line(source):
    """Version 1."""
    address, port = split_endpoint(source)
    here = "192.0.2.1" if address.version == 4 else "2001:db8::1"
    return f"PROXY TCP{address.version} {address} {here} {port} 5222\r\n".encode()


def binary(source, extensions=b""):
    """Version 2; extensions are TLVs as bytes."""
    address, port = split_endpoint(source)
    here = ipaddress.ip_address("192.0.2.1" if address.version == 4 else "2001:db8::1")
    body = address.packed + here.packed + struct.pack("!HH", port, 5222) + extensions
    return SIGNATURE + struct.pack("!BBH", PROXY, STREAM_4 if address.version == 4 else STREAM_6, len(body)) + body


def health_check(version):
    """What a balancer sends for itself."""
    return b"PROXY UNKNOWN\r\n" if version == "1" else SIGNATURE + struct.pack("!BBH", LOCAL, 0, 0)
