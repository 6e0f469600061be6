"""The options of a listening socket, seen from outside: backlog, num_acceptors, reuse_port, max_connections."""
import os
import re
import signal
import socket
import time

from actor import PATIENCE, Actor
from world import case, require, wait_until

LOOPS = 3


def rows(world, name):
    """What the system says of the sockets that listen on a listener's port: lists of fields."""
    address, port = world.meerkat.endpoint(name)
    wanted = "%08X:%04X" % (int.from_bytes(socket.inet_aton(address), "little"), port)
    return [fields for fields in map(str.split, world.proc("net/tcp").splitlines()[1:]) if fields[1] == wanted and fields[3] == "0A"]


def listening(world, name):
    """The descriptors of the server among them."""
    inodes = {fields[9] for fields in rows(world, name)}
    folder, found = f"/proc/{world.meerkat.process.pid}/fd", set()
    for number in os.listdir(folder):
        match = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(f"{folder}/{number}"))
        if match and match[1] in inodes:
            found.add(int(number))
    return found


def watchers(world, name):
    """How many loops watch them."""
    ours, folder, count = listening(world, name), f"/proc/{world.meerkat.process.pid}/fd", 0
    for number in os.listdir(folder):
        if os.readlink(f"{folder}/{number}") == "anon_inode:[eventpoll]":
            watched = {int(n) for n in re.findall(r"tfd:\s+(\d+)", world.proc(f"fdinfo/{number}"))}
            count += bool(watched & ours)
    return count


def can_share(world, name):
    """May somebody else listen there too, who asks for it?"""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            other.bind(world.meerkat.endpoint(name))
            return True
        except OSError:
            return False


@case()
def acceptors(world):
    """num_acceptors and reuse_port: who listens, and on how many sockets"""
    world.start(
        "alice", loops=LOOPS,
        listeners={
            "one": "num_acceptors = 1", "two": "num_acceptors = 2", "all": "", "shared": "reuse_port = true",
            "shared_two": "reuse_port = true\nnum_acceptors = 2",
        },
    )  # fmt: skip
    for name, sockets, loops in (("one", 1, 1), ("two", 1, 2), ("all", 1, LOOPS), ("shared", LOOPS, LOOPS), ("shared_two", 2, 2)):
        found = len(listening(world, name)), watchers(world, name)
        require(found == (sockets, loops), f"{name} has {found[0]} sockets on {found[1]} loops, not {sockets} on {loops}")
        # T-NET-04
        require(can_share(world, name) == name.startswith("shared"), f"{name} shares its port, or does not")
        for n in range(8):
            Actor(world.meerkat, listener=name).login("alice", resource=f"r{n}").close()


def connect(world, name):
    """A connection that need not be there yet."""
    client = socket.socket()
    client.setblocking(False)
    try:
        client.connect(world.meerkat.endpoint(name))
    except BlockingIOError:
        pass
    return client


def queued(world, name):
    """How many connections wait to be accepted."""
    return sum(int(fields[4].partition(":")[2], 16) for fields in rows(world, name))


def all_stopped(world):
    """Each of its threads."""
    tasks = os.listdir(f"/proc/{world.meerkat.process.pid}/task")
    return all(world.proc(f"task/{task}/stat").rpartition(")")[2].split()[0] == "T" for task in tasks)


def is_connected(client):
    """In TCP_ESTABLISHED, as the system says (tcp_info)."""
    return client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == 1


@case()
def backlog(world):
    """backlog: so many connections wait for a server that is busy, and are served then"""
    world.start("alice", listeners={"short": "backlog = 3", "long": "backlog = 60"})
    os.kill(world.meerkat.process.pid, signal.SIGSTOP)
    wait_until(lambda: all_stopped(world), 5, "the server does not stop")
    try:
        waiting = {name: [connect(world, name) for _ in range(30)] for name in ("short", "long")}
        time.sleep(0.3)
        counts = {name: queued(world, name) for name in waiting}
    finally:
        os.kill(world.meerkat.process.pid, signal.SIGCONT)
    # The system takes one more than it is told.
    require(3 <= counts["short"] <= 4, f"{counts['short']} wait where three may")
    require(counts["long"] == 30, f"only {counts['long']} wait where 60 may")
    for client in waiting["long"]:
        client.setblocking(True)
        client.settimeout(5 * PATIENCE)
        client.send(b"<?xml version='1.0'?><a/>")
        require(b"<stream:error>" in client.recv(4096), "one that waited was not served")
        client.close()
    # Those that found no place try again by themselves.
    wait_until(lambda: all(map(is_connected, waiting["short"])), 10, "those that found no place are not let in later")
    for client in waiting["short"]:
        client.close()


@case()
def connections(world):
    """T-NET-02: max_connections is exact, with several loops that accept, and a place that is left is free at once"""
    world.allowed.append("a limit has acted")
    world.start("alice", loops=LOOPS, listeners={"few": "max_connections = 5", "others": "max_connections = 5"})
    for _ in range(5):
        clients = [connect(world, "few") for _ in range(40)]
        time.sleep(0.2 * PATIENCE)
        open_now = []
        for client in clients:
            client.setblocking(False)
            try:
                require(client.recv(1) == b"", "one that is refused is told something")
            except BlockingIOError:
                open_now.append(client)
            except OSError:
                pass
        require(len(open_now) == 5, f"{len(open_now)} connections are open where five may be")
        Actor(world.meerkat, listener="others").login("alice").close()
        for client in clients:
            client.close()
        wait_until(lambda: world.metric("connections_open") == 0, 5, "places that were left are not free")
