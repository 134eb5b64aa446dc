"""Traffic of the benchmark that tests/traffic.py has no command for.

    python bench_traffic.py COMMAND ARGUMENTS...

One function a command, as there. Each is one side of a conversation with a server of
tests/traffic.py, but for SCTP, which has a server of its own.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from typing import TYPE_CHECKING

if __package__ in {None, ""}:  # as a script
    sys.path.insert(0, os.path.dirname(os.path.dirname(__file__)))  # noqa: PTH120 - pathlib costs a start 10 ms

from tests.datagrams import ask
from tests.traffic import converse, family, receive, say, send, wait

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEP = 16384
_SO_RCVBUFFORCE, _PLENTY = 33, 1 << 26
_SCTP = 132  # include/uapi/linux/in.h; Python names it only where the libc does


def _pace(total: int, step: int, rate: int) -> Iterator[int]:
    """Parts of a total, each when a rate a second says that it is due."""
    began_s, done = time.monotonic(), 0
    while done < total:
        part = min(step, total - done)
        yield part
        done += part
        time.sleep(max(0.0, began_s + done / rate - time.monotonic()))


def drip(host: str, port: str, up: str, rate: str) -> None:
    """One upload at a rate, in bytes a second."""
    sock = socket.create_connection((host, int(port)))
    sock.sendall(int(up).to_bytes(8, sys.byteorder) + bytes(8))
    for part in _pace(int(up), _STEP, int(rate)):
        send(sock, part)
    sock.recv(1)
    sock.close()


def ask_at_a_rate(host: str, port: str, count: str, rate: str) -> None:
    """Questions with one answer each, from a new socket each, that many a second."""
    for _ in _pace(int(count), 1, int(rate)):
        ask(host, port, "1")


def many(host: str, port: str, count: str, up: str) -> None:
    """One connection after another, from one process."""
    for _ in range(int(count)):
        converse(socket.create_connection((host, int(port))), int(up), 0)


def hold_raw(protocol: str) -> None:
    """Take in all IPv4 packets of a protocol until a line comes.

    Unread: but while there is room, no error goes back to the sender.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, int(protocol)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _PLENTY)
        say("ready")
        wait()


def serve_sctp(host: str, port: str, down: str) -> None:
    """Send to the one who connects."""
    with socket.socket(family(host), socket.SOCK_STREAM, _SCTP) as sock:
        sock.bind((host, int(port)))
        sock.listen(1)
        say("ready")
        connection, _ = sock.accept()
        send(connection, int(down))
        connection.recv(1)
        connection.close()


def receive_sctp(host: str, port: str, down: str) -> None:
    """Connect, and receive."""
    with socket.socket(family(host), socket.SOCK_STREAM, _SCTP) as sock:
        sock.connect((host, int(port)))
        receive(sock, int(down))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
