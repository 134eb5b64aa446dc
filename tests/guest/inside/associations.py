"""Small programs that make SCTP traffic: `python associations.py COMMAND ARGUMENTS...`.

Like tests/traffic.py, for both kinds of sockets: one association each (a stream), or
many on one socket. Who closes stays until the other side has answered that.
"""

from __future__ import annotations

import socket
import sys
import time

_SCTP = 132  # IPPROTO_SCTP
_MESSAGE_BYTES = 8000  # several chunks
_CALM_S = 0.5


def _socket(host: str, kind: socket.SocketKind) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.socket(family, kind, _SCTP)


def _listener(host: str, port: str, kind: socket.SocketKind) -> socket.socket:
    sock = _socket(host, kind)
    sock.bind((host, int(port)))
    sock.listen(5)
    print("ready", flush=True)  # noqa: T201 - the way to the test
    return sock


def _receive(sock: socket.socket, count: int) -> None:
    while count > 0:
        count -= len(sock.recv(65536))


def _send(sock: socket.socket, count: int) -> None:
    for start in range(0, count, _MESSAGE_BYTES):
        sock.send(b"s" * min(_MESSAGE_BYTES, count - start))


def serve(host: str, port: str, up: str, down: str) -> None:
    """Accept an association; receive and send that much."""
    with _listener(host, port, socket.SOCK_STREAM) as sock, sock.accept()[0] as one:
        _receive(one, int(up))
        _send(one, int(down))
        one.recv(1)
    time.sleep(_CALM_S)


def transfer(host: str, port: str, up: str, down: str) -> None:
    """Connect; send and receive that much."""
    with _socket(host, socket.SOCK_STREAM) as sock:
        sock.connect((host, int(port)))
        _send(sock, int(up))
        _receive(sock, int(down))
    time.sleep(_CALM_S)


def serve_many(host: str, port: str, up: str) -> None:
    """Receive that much on a socket of many associations, until a line comes."""
    with _listener(host, port, socket.SOCK_SEQPACKET) as sock:
        _receive(sock, int(up))
        print("received", flush=True)  # noqa: T201 - the way to the test
        sys.stdin.readline()
    time.sleep(_CALM_S)


def send_many(host: str, port: str, up: str) -> None:
    """Send that much to an address, with no connection, and stay until a line comes."""
    with _socket(host, socket.SOCK_SEQPACKET) as sock:
        for _ in range(0, int(up), 1000):
            sock.sendto(b"s" * 1000, (host, int(port)))
        sys.stdin.readline()
    time.sleep(_CALM_S)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
