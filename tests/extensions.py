"""Small programs that use extensions of TCP: fast open and MPTCP.

    python extensions.py COMMAND ARGUMENTS...

One function a command; its arguments are those of the function. The conversation is
that of traffic.py.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path

if __package__ in {None, ""}:  # as a script
    sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.traffic import converse, family, listener, say, send, serve_one

_MSG_FASTOPEN = 0x20000000
_TCP_FASTOPEN = 23
_IPPROTO_MPTCP = 262


def serve_fast_open(host: str, port: str, count: str) -> None:
    """Serve, and take the first bytes with the SYN."""
    with listener(host, port) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, _TCP_FASTOPEN, 16)
        say("ready")
        for _ in range(int(count)):
            connection, _ = sock.accept()
            serve_one(connection)


def transfer_fast_open(host: str, port: str, up: str, count: str) -> None:
    """Conversations whose first bytes go with the SYN, once there is a cookie."""
    for _ in range(int(count)):
        sock = socket.socket(family(host), socket.SOCK_STREAM)
        head = int(up).to_bytes(8, sys.byteorder) + bytes(8)
        sock.sendto(head, _MSG_FASTOPEN, (host, int(port)))
        send(sock, int(up))
        sock.recv(1)
        time.sleep(0.02)
        sock.close()


# ---- MPTCP ----


def serve_mptcp(host: str, port: str, who: str) -> None:
    """Serve a connection that may be MPTCP.

    who: `self`, or `child` for a child that says its pid.
    """
    sock = socket.socket(family(host), socket.SOCK_STREAM, _IPPROTO_MPTCP)
    with sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, int(port)))
        sock.listen(16)
        say("ready")
        connection, _ = sock.accept()
        child = os.fork() if who == "child" else 0
        if not child:
            serve_one(connection)
            return
        connection.close()
        say(str(child))
        os.waitpid(child, 0)


def transfer_mptcp(host: str, port: str, up: str, down: str) -> None:
    """One conversation over MPTCP."""
    sock = socket.socket(family(host), socket.SOCK_STREAM, _IPPROTO_MPTCP)
    sock.connect((host, int(port)))
    converse(sock, int(up), int(down))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
