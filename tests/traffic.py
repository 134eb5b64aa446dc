"""Small programs that make TCP traffic, each in a process of its own.

    python traffic.py COMMAND ARGUMENTS...

One function a command; its arguments are those of the function. Standard library only,
and no import of the rest of the tests: each starts within some 20 ms. A TCP
conversation is: 16 bytes that say how much comes up and goes down, then that. The
client closes after the server, and a moment after its last acknowledgement (virtual
links reorder packets), so that every packet finds a living socket.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Move = Callable[[socket.socket, int], object]

_BUFFER = b"x" * 65536
_HEADER = struct.Struct("=QQ")
_PR_SET_NAME = 15
_HANDED_DOWN_FD = 33
_MUCH = 100_000
_CALM_S = 0.02
_SHORT_PORTS = 20_000  # below those that the kernel gives away


def say(text: str) -> None:
    """Tell the test that a point is reached."""
    print(text, flush=True)  # noqa: T201 - the way to the test is standard output


def wait() -> None:
    """Wait until the test writes a line."""
    sys.stdin.readline()


def rename(comm: str) -> None:
    """Take another name, as the kernel knows it."""
    ctypes.CDLL(None).prctl(_PR_SET_NAME, os.fsencode(comm), 0, 0, 0)


def family(host: str) -> socket.AddressFamily:
    """Address family of an address."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def listener(host: str, port: str) -> socket.socket:
    """A listening socket."""
    sock = socket.socket(family(host), socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, int(port)))
    sock.listen(256)
    return sock


def receive(sock: socket.socket, count: int) -> bytes:
    """Receive that many bytes; returns the last of them."""
    last = b""
    while count:
        last = sock.recv(min(count, 1 << 18))
        if not last:
            raise ConnectionError("the other side closed early")
        count -= len(last)
    return last


def send(sock: socket.socket, count: int) -> None:
    """Send that many bytes."""
    while count:
        count -= sock.send(_BUFFER[: min(count, len(_BUFFER))])


def serve_one(sock: socket.socket, send: Move = send, receive: Move = receive) -> None:
    """The server's side of a conversation; moved by these functions."""
    header = b""
    while len(header) < _HEADER.size:
        more = sock.recv(_HEADER.size - len(header))
        if not more:
            return
        header += more
    up, down = _HEADER.unpack(header)
    receive(sock, up)
    send(sock, down)
    sock.shutdown(socket.SHUT_WR)
    sock.recv(1)
    sock.close()


def converse(
    sock: socket.socket,
    up: int,
    down: int,
    send: Move = send,
    receive: Move = receive,
) -> None:
    """The client's side of a conversation; moved by these functions."""
    sock.sendall(_HEADER.pack(up, down))
    send(sock, up)
    receive(sock, down)
    sock.recv(1)
    time.sleep(_CALM_S if up + down > _MUCH else _CALM_S / 10)
    sock.close()


# ---- servers ----


def serve(host: str, port: str, count: str = "1") -> None:
    """Accept and serve in one process; accept(2) asks for the peer's address."""
    with listener(host, port) as sock:
        say("ready")
        for _ in range(int(count)):
            connection, _ = sock.accept()
            serve_one(connection)


def serve_without_address(host: str, port: str) -> None:
    """The same, but accept(2) does not ask for the address."""
    with listener(host, port) as sock:
        say("ready")
        accepted = ctypes.CDLL(None).accept4(sock.fileno(), None, None, 0)
        serve_one(socket.socket(fileno=accepted))


def serve_in_child(host: str, port: str) -> None:
    """Accept, then let a child serve; says the child's pid."""
    with listener(host, port) as sock:
        say("ready")
        connection, _ = sock.accept()
        child = os.fork()
        if not child:
            serve_one(connection)
            os._exit(0)
        connection.close()
        say(str(child))
        os.waitpid(child, 0)


def serve_preforked(host: str, port: str, workers: str, comm: str = "") -> None:
    """Workers that were forked before accept and serve one each; says their pids."""
    if comm:
        rename(comm)
    with listener(host, port) as sock:
        children = []
        for number in range(int(workers)):
            child = os.fork()
            if not child:
                if comm:
                    rename(f"{comm}-{number}")
                connection, _ = sock.accept()
                serve_one(connection)
                os._exit(0)
            children.append(child)
        say(" ".join(map(str, children)))
        for child in children:
            os.waitpid(child, 0)


def serve_by_inetd(host: str, port: str) -> None:
    """Accept, fork, and execute a server that inherits the connection; says its pid."""
    with listener(host, port) as sock:
        say("ready")
        connection, _ = sock.accept()
        child = os.fork()
        if not child:
            os.dup2(connection.fileno(), _HANDED_DOWN_FD, inheritable=True)
            execute("serve_inherited", str(_HANDED_DOWN_FD))
        connection.close()
        say(str(child))
        os.waitpid(child, 0)


def execute(*arguments: str) -> None:
    """Become another command of this file."""
    program = [sys.executable, "-S", "-E", __file__, *arguments]
    os.execv(sys.executable, program)  # noqa: S606 - executing without a shell is the point


def serve_inherited(fd: str) -> None:
    """Serve a connection that was inherited."""
    serve_one(socket.socket(fileno=int(fd)))


# ---- clients ----


def transfer(host: str, port: str, up: str, down: str, comm: str = "") -> None:
    """One conversation, under a name of its own."""
    if comm:
        rename(comm)
    converse(socket.create_connection((host, int(port))), int(up), int(down))


def transfer_later(host: str, port: str, up: str, down: str) -> None:
    """Connect, wait for a line, and converse then."""
    sock = socket.create_connection((host, int(port)))
    say("connected")
    wait()
    converse(sock, int(up), int(down))


def transfer_twice(host: str, port: str, down: str) -> None:
    """Two conversations; the second when a line came."""
    converse(socket.create_connection((host, int(port))), 0, int(down))
    say("first")
    wait()
    converse(socket.create_connection((host, int(port))), 0, int(down))


def transfer_in_child(host: str, port: str, up: str, down: str) -> None:
    """Connect; a child converses, and says its pid, when a line came."""
    sock = socket.create_connection((host, int(port)))
    child = os.fork()
    if not child:
        wait()
        converse(sock, int(up), int(down))
        os._exit(0)
    say(str(child))
    os.waitpid(child, 0)


def transfer_renamed(host: str, port: str, down: str, comms: str) -> None:
    """One conversation after each renaming, with names separated by commas."""
    for comm in comms.split(","):
        rename(comm)
        converse(socket.create_connection((host, int(port))), 0, int(down))


def transfer_and_execute(host: str, port: str, down: str) -> None:
    """Converse, execute this file again, and converse from the new image."""
    converse(socket.create_connection((host, int(port))), 0, int(down))
    execute("transfer", host, port, "0", down)


def pass_on(host: str, port: str, path: str) -> None:
    """Connect, and hand the connection to another process (SCM_RIGHTS)."""
    sock = socket.create_connection((host, int(port)))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as unix:
        unix.connect(path)
        socket.send_fds(unix, [b"x"], [sock.fileno()])
        unix.recv(1)


def take_over(path: str, up: str, down: str) -> None:
    """Receive a connection from another process, and converse when that has ended."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as unix:
        unix.bind(path)
        unix.listen(1)
        say("ready")
        giver, _ = unix.accept()
        _, (fd, *_), _, _ = socket.recv_fds(giver, 1, 1)
        giver.send(b"x")
        wait()
        converse(socket.socket(fileno=fd), int(up), int(down))
        giver.close()


def short_lived(host: str, port: str, count: str, down: str) -> None:
    """Children, one after another, each with a name, a conversation, and an end.

    Each has a port of its own, so that each is a flow of its own on the wire: the
    kernel would give the port of one that has ended to the next.
    """
    first = _SHORT_PORTS + os.getpid() % 10 * 1000
    for number in range(int(count)):
        child = os.fork()
        if not child:
            rename(f"short-{number}")
            ours = ("", first + number)
            sock = socket.create_connection((host, int(port)), source_address=ours)
            converse(sock, 0, int(down))
            os._exit(0)
        os.waitpid(child, 0)
        say(str(child))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
