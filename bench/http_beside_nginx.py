#!/usr/bin/python3
"""http_beside_nginx: CPU time per request of meerkat and of nginx, one thread each, for the same small answer, without TLS.

    bench/http_beside_nginx.py BUILD [ROUNDS]

The answer is /.well-known/host-meta.json (178 bytes), which meerkat makes for each request and nginx reads from a file that it keeps open. CPU
time, because it says the same on a busy machine. The best of all rounds counts."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

PATH = "/.well-known/host-meta.json"
TICKS = os.sysconf("SC_CLK_TCK")
LOADS = {
    "HTTP/1.1, 32 connections": ("1", 60_000, ["--h1", "-c32"]),
    "HTTP/1.1, 8 connections, 16 pipelined": ("1", 100_000, ["--h1", "-c8", "-m16"]),
    "HTTP/2, 8 connections, 32 streams": ("2", 100_000, ["-c8", "-m32"]),
}
MEERKAT = """
[general]
hosts = ["localhost"]
default_server_domain = "localhost"
loglevel = "warning"
[auth.internal]
[meerkat]
state_dir = "{folder}/state"
loops = 1
[[listen.http]]
port = {first}
ip_address = "127.0.0.1"
[[listen.http.handlers.mongoose_websocket_handler]]
host = "_"
path = "/ws-xmpp"
[[listen.http.handlers.mongoose_bosh_handler]]
host = "_"
path = "/http-bind"
"""
NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
	access_log off;
	open_file_cache max=10;
	keepalive_requests 1000000000;
	types {{ application/json json; }}
	add_header access-control-allow-origin *;
	root {folder}/www;
	server {{ listen 127.0.0.1:{second}; }}
	server {{ listen 127.0.0.1:{third} http2; }}
}}
"""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def fetch(port):
    for _ in range(100):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}{PATH}").read()
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nobody answers on port {port}")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def measure(pid, port, requests, options):
    """Microseconds of CPU per request."""
    before = cpu_seconds(pid)
    done = subprocess.run(
        ["h2load", "-t1", "-n", str(requests), *options, f"http://127.0.0.1:{port}{PATH}"], capture_output=True, text=True, check=True
    )
    if f" {requests} succeeded" not in done.stdout:
        raise SystemExit(done.stdout)
    return (cpu_seconds(pid) - before) / requests * 1e6


def main():
    build, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    folder = tempfile.mkdtemp(prefix="meerkat-bench-")
    os.chmod(folder, 0o755)
    names = dict(zip(("first", "second", "third"), free_ports(3)), folder=folder)
    for name, text in (("meerkat.toml", MEERKAT), ("nginx.conf", NGINX)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text.format(**names))
    for name in ("state", "www/.well-known"):
        os.makedirs(os.path.join(folder, name))
    meerkat = subprocess.Popen([os.path.join(build, "meerkat"), "--config", f"{folder}/meerkat.toml"])
    with open(folder + "/www" + PATH, "wb") as file:
        file.write(fetch(names["first"]))
    nginx = subprocess.Popen(["nginx", "-c", f"{folder}/nginx.conf", "-e", f"{folder}/nginx.log"])
    try:
        fetch(names["second"])
        with open(f"/proc/{nginx.pid}/task/{nginx.pid}/children", encoding="utf-8") as file:
            worker = int(file.read().split()[0])
        for load, (version, requests, options) in LOADS.items():
            ours, theirs = [], []
            for _ in range(rounds):
                ours.append(measure(meerkat.pid, names["first"], requests, options))
                theirs.append(measure(worker, names["second" if version == "1" else "third"], requests, options))
            print(f"{load}: meerkat {min(ours):.1f} us, nginx {min(theirs):.1f} us, ratio {min(ours) / min(theirs):.2f}", flush=True)
    finally:
        for process in (meerkat, nginx):
            process.send_signal(signal.SIGTERM)
            process.wait()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
