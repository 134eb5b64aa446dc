"""Small programs whose TCP connections end, or live on, in uncommon ways.

    python endings.py COMMAND ARGUMENTS...

One function a command; its arguments are those of the function.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from pathlib import Path

if __package__ in {None, ""}:  # as a script
    sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.traffic import _HEADER, listener, receive, say, send

_SO_SNDBUFFORCE = 32
_PLENTY = 1 << 24
_CALM_S = 0.1  # longer than an acknowledgement is delayed


def serve_slowly(host: str, port: str) -> None:
    """Accept, wait, and read until the client closes; then close."""
    with listener(host, port) as sock:
        say("ready")
        connection, _ = sock.accept()
        time.sleep(_CALM_S)
        try:
            while connection.recv(1 << 18):
                pass
        except ConnectionResetError:
            return
        time.sleep(_CALM_S)
        connection.close()


def leave_early(host: str, port: str, up: str) -> None:
    """Leave bytes to the kernel, and end before it has sent them."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, _PLENTY)
    sock.connect((host, int(port)))
    sock.sendall(b"l" * int(up))


def reset(host: str, port: str, up: str) -> None:
    """Send, and end the connection by a reset."""
    sock = socket.create_connection((host, int(port)))
    sock.sendall(b"r" * int(up))
    time.sleep(2 * _CALM_S)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("=ii", 1, 0))
    sock.close()


def keep_alive(host: str, port: str, seconds: str) -> None:
    """Say nothing, but ask every second whether the other side is there."""
    sock = socket.create_connection((host, int(port)))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    time.sleep(float(seconds))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("=ii", 1, 0))
    sock.close()


def close_first(host: str, port: str, down: str) -> None:
    """Close while the server has nothing more to say but has not closed."""
    sock = socket.create_connection((host, int(port)))
    sock.sendall(_HEADER.pack(0, int(down)))
    receive(sock, int(down))
    sock.close()


def serve_closed_first(host: str, port: str) -> None:
    """Serve, and close only when the client's FIN is acknowledged already."""
    with listener(host, port) as sock:
        say("ready")
        connection, _ = sock.accept()
        _, down = _HEADER.unpack(connection.recv(_HEADER.size))
        send(connection, down)
        connection.recv(1)
        time.sleep(_CALM_S)
        connection.close()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
