#!/usr/bin/python3
"""authenticator: a program for auth.external, as operators write them. `authenticator.py FILE`: what it is asked is written to FILE.

Everybody's password is "secret" but those users are not there whose name begins with "no". Some names make it misbehave: hang, die, garbage,
chatty (it says more than it is asked)."""
import struct
import sys
import time


def read_exactly(count):
    data = b""
    while len(data) < count:
        piece = sys.stdin.buffer.read(count - len(data))
        if not piece:
            sys.exit(0)
        data += piece
    return data


def say(*words):
    sys.stdout.buffer.write(struct.pack(f">{len(words)}H", *words))
    sys.stdout.buffer.flush()


def answer(operation, user, rest):
    if user == "hang":
        time.sleep(60)
    if user == "die":
        sys.exit(1)
    if user == "garbage":
        sys.stdout.buffer.write(b"Hello, world!\n")
        sys.stdout.buffer.flush()
        return
    if user == "chatty":
        say(2, 0)
        say(2, 1)
        return
    is_there = not user.startswith("no")
    if operation == "auth":
        say(2, is_there and rest.endswith(":secret"))
    elif operation == "tryregister":
        say(2, not is_there)
    else:
        say(2, is_there)


def main():
    with open(sys.argv[1], "a", encoding="utf-8") as log:
        while True:
            (length,) = struct.unpack(">H", read_exactly(2))
            operation, user, rest = (read_exactly(length).decode() + ":").split(":", 2)
            print(operation, user, file=log, flush=True)
            answer(operation, user, rest.removesuffix(":"))


if __name__ == "__main__":
    main()
