"""Small programs whose sockets change hands: threads, children, images, namespaces.

    python handover.py COMMAND ARGUMENTS...

One function a command; its arguments are those of the function. The conversation is
that of traffic.py.
"""

from __future__ import annotations

import ctypes
import os
import select
import socket
import subprocess
import sys
import threading
from pathlib import Path

if __package__ in {None, ""}:  # as a script
    sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.traffic import converse, listener, say, serve_one

_LISTEN_FDS_START = 3
_CLONE_NEWNET = 0x40000000


def _again(*arguments: str) -> list[str]:
    return [sys.executable, "-S", "-E", __file__, *arguments]


# ---- threads ----


def serve_in_threads(host: str, port: str, count: str) -> None:
    """One thread accepts, others serve."""
    with listener(host, port) as sock:
        say("ready")
        threads = []
        for _ in range(int(count)):
            connection, _ = sock.accept()
            threads.append(threading.Thread(target=serve_one, args=[connection]))
            threads[-1].start()
        for thread in threads:
            thread.join()


def transfer_in_threads(host: str, port: str, down: str, count: str) -> None:
    """As many conversations at once, each in a thread."""

    def work() -> None:
        sock = socket.create_connection((host, int(port)))
        converse(sock, 0, int(down))

    threads = [threading.Thread(target=work) for _ in range(int(count))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# ---- socket activation, as systemd does it: sd_listen_fds(3) ----


def manage(host: str, port: str, accept: str) -> None:
    """Listen, and start a service when a client comes; accept is `yes` or `no`.

    Says the pid of the service. `no`: the service gets the listener; `yes`: it gets
    the connection.
    """
    with listener(host, port) as sock:
        say("ready")
        if accept == "yes":
            handed, _ = sock.accept()
        else:
            handed = sock
            select.select([sock], [], [])
        service = os.fork()
        if not service:
            os.dup2(handed.fileno(), _LISTEN_FDS_START)
            os.set_inheritable(_LISTEN_FDS_START, True)  # noqa: FBT003 - takes no keyword
            os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
            os.execv(sys.executable, _again("activated", accept))  # noqa: S606 - executing without a shell is the point
        if accept == "yes":
            handed.close()
        say(str(service))
        os.waitpid(service, 0)


def activated(accept: str) -> None:
    """The service."""
    if os.environ["LISTEN_PID"] != str(os.getpid()):
        raise RuntimeError("not for us")
    handed = socket.socket(fileno=_LISTEN_FDS_START)
    connection = handed if accept == "yes" else handed.accept()[0]
    serve_one(connection)


# ---- a socket made before exec ----


def transfer_by_program(host: str, port: str, up: str, down: str) -> None:
    """Connect; another program converses; says its pid. It is started by vfork."""
    with socket.create_connection((host, int(port))) as sock:
        fd = sock.fileno()
        command = _again("transfer_inherited", str(fd), up, down)
        program = subprocess.Popen(command, pass_fds=[fd])
    say(str(program.pid))
    program.wait()


def transfer_inherited(fd: str, up: str, down: str) -> None:
    """Converse through a connection that was inherited."""
    converse(socket.socket(fileno=int(fd)), int(up), int(down))


# ---- network namespaces ----


def transfer_from(namespace: str, host: str, port: str, up: str, down: str) -> None:
    """Make a socket in another network namespace, return, and converse."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    with Path(namespace).open("rb") as elsewhere:
        _enter(elsewhere.fileno())
    sock = socket.create_connection((host, int(port)))
    _enter(home)
    converse(sock, int(up), int(down))


def datagrams_from(namespace: str, host: str, port: str, count: str) -> None:
    """The same for UDP, but only the socket is made there: questions with answers."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    with Path(namespace).open("rb") as elsewhere:
        _enter(elsewhere.fileno())
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(kind, socket.SOCK_DGRAM) as sock:
        _enter(home)
        sock.settimeout(5)
        for _ in range(int(count)):
            sock.sendto(b"q" * 40, (host, int(port)))
            sock.recv(2048)


def _enter(namespace_fd: int) -> None:
    if ctypes.CDLL(None).setns(namespace_fd, _CLONE_NEWNET):
        raise OSError("setns")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
