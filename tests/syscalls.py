"""Small programs that move bytes by other system calls than send and recv.

    python syscalls.py COMMAND ARGUMENTS...

One function a command; its arguments are those of the function. The conversation is
that of traffic.py, so each end may also be a program of that file. HOW is one of:

    plain      send and recv
    sendfile   sendfile; recv
    splice     splice from a file through a pipe; splice through a pipe to nowhere
    vmsplice   vmsplice from memory through a pipe; recv
    zerocopy   send with MSG_ZEROCOPY; recv with MSG_TRUNC, which copies nothing
    mmsg       sendmmsg; recvmmsg
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if __package__ in {None, ""}:  # as a script
    sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.traffic import converse, family, listener, say, serve_one

if TYPE_CHECKING:
    from tests.traffic import Move

_CHUNK = 65536
_MESSAGES = 8
_DATAGRAM = 1200
_MSG_WAITFORONE, _MSG_ZEROCOPY, _MSG_ERRQUEUE = 0x10000, 0x4000000, 0x2000
_SO_ZEROCOPY, _SO_RCVBUFFORCE = 60, 33
_PLENTY = 1 << 26

_libc = ctypes.CDLL(None, use_errno=True)


class _Piece(ctypes.Structure):
    """The kernel's struct iovec."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """The kernel's struct msghdr."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("pieces", ctypes.POINTER(_Piece)),
        ("piece_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """The kernel's struct mmsghdr."""

    _fields_ = (("header", _Header), ("moved", ctypes.c_uint32))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


class Mover:
    """Moves bytes through a socket, each way by its own method."""

    def __init__(self, sock: socket.socket, chunk: int = _CHUNK) -> None:
        """Prepare it.

        Args:
            sock: the socket.
            chunk: as many bytes a call.
        """
        self._sock = sock
        self._chunk = chunk
        self._buffer = ctypes.create_string_buffer(chunk)
        self._null = os.open("/dev/null", os.O_WRONLY)
        self._pipe = os.pipe()
        self._file = os.memfd_create("esimmon")
        os.ftruncate(self._file, chunk)
        sock.setsockopt(socket.SOL_SOCKET, _SO_ZEROCOPY, 1)

    def send(self, how: str, count: int) -> None:
        """Send that many bytes."""
        way = getattr(self, f"_send_{how}")
        while count:
            count -= way(min(count, self._chunk))

    def receive(self, how: str, count: int) -> None:
        """Receive that many bytes."""
        way = getattr(self, f"_receive_{how}", self._receive_plain)
        while count:
            moved = way(min(count, self._chunk))
            if not moved:
                raise ConnectionError("the other side closed early")
            count -= moved

    def _send_plain(self, size: int) -> int:
        return self._sock.send(memoryview(self._buffer)[:size])

    def _receive_plain(self, size: int) -> int:
        return len(self._sock.recv(size))

    def _send_sendfile(self, size: int) -> int:
        return os.sendfile(self._sock.fileno(), self._file, 0, size)

    def _send_splice(self, size: int) -> int:
        filled = os.splice(self._file, self._pipe[1], size, offset_src=0)
        return self._drain(self._sock.fileno(), filled)

    def _receive_splice(self, size: int) -> int:
        filled = os.splice(self._sock.fileno(), self._pipe[1], size)
        return self._drain(self._null, filled)

    def _send_vmsplice(self, size: int) -> int:
        piece = _Piece(ctypes.addressof(self._buffer), size)
        filled = _checked(_libc.vmsplice(self._pipe[1], ctypes.byref(piece), 1, 0))
        return self._drain(self._sock.fileno(), filled)

    def _drain(self, target: int, count: int) -> int:
        left = count
        while left:
            left -= os.splice(self._pipe[0], target, left)
        return count

    def _send_zerocopy(self, size: int) -> int:
        sent = self._sock.send(memoryview(self._buffer)[:size], _MSG_ZEROCOPY)
        # The kernel keeps a report of each, and refuses when there are too many.
        with contextlib.suppress(BlockingIOError):
            self._sock.recvmsg(0, 128, _MSG_ERRQUEUE)
        return sent

    def _receive_zerocopy(self, size: int) -> int:
        fd = self._sock.fileno()
        return _checked(_libc.recv(fd, self._buffer, size, socket.MSG_TRUNC))

    def _messages(self, size: int, least: int = 1) -> ctypes.Array[_Message]:
        messages = (_Message * min(_MESSAGES, size))()
        for message in messages:
            share = max(least, size // len(messages))
            piece = _Piece(ctypes.addressof(self._buffer), share)
            message.header.pieces = ctypes.pointer(piece)
            message.header.piece_count = 1
        return messages

    def _send_mmsg(self, size: int) -> int:
        messages = self._messages(size)
        fd = self._sock.fileno()
        done = _checked(_libc.sendmmsg(fd, messages, len(messages), 0))
        return sum(message.moved for message in messages[:done])

    def _receive_mmsg(self, size: int) -> int:
        # All of a datagram, also when fewer bytes than messages are awaited.
        messages = self._messages(size, min(_DATAGRAM, len(self._buffer)))
        count, fd = len(messages), self._sock.fileno()
        done = _checked(_libc.recvmmsg(fd, messages, count, _MSG_WAITFORONE, None))
        return sum(message.moved for message in messages[:done])


def ways(how: str) -> tuple[Move, Move]:
    """Functions that send and receive in a way.

    Args:
        how: see the top of this file.

    Returns:
        Sending, receiving.
    """
    return (
        lambda sock, count: Mover(sock).send(how, count),
        lambda sock, count: Mover(sock).receive(how, count),
    )


# ---- TCP ----


def serve(host: str, port: str, how: str) -> None:
    """Serve one connection."""
    with listener(host, port) as sock:
        say("ready")
        connection, _ = sock.accept()
        serve_one(connection, *ways(how))


def serve_in_worker(host: str, port: str, how: str) -> None:
    """A worker, forked before accept, serves one; says its pid.

    It does not ask for the peer's address when it accepts.
    """
    with listener(host, port) as sock:
        worker = os.fork()
        if not worker:
            accepted = _checked(_libc.accept4(sock.fileno(), None, None, 0))
            serve_one(socket.socket(fileno=accepted), *ways(how))
            os._exit(0)
        say(str(worker))
        os.waitpid(worker, 0)


def serve_swallowing(host: str, port: str, down: str) -> None:
    """A worker does nothing but splice from its connection; says its pid."""
    with listener(host, port) as sock:
        worker = os.fork()
        if not worker:
            accepted = _checked(_libc.accept4(sock.fileno(), None, None, 0))
            connection = socket.socket(fileno=accepted)
            Mover(connection).receive("splice", int(down))
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)
            os._exit(0)
        say(str(worker))
        os.waitpid(worker, 0)


def pour(host: str, port: str, up: str) -> None:
    """Send that much, without a word before it."""
    with socket.create_connection((host, int(port))) as sock:
        Mover(sock).send("plain", int(up))
        sock.recv(1)
        sock.shutdown(socket.SHUT_WR)
        time.sleep(0.02)


def transfer(host: str, port: str, up: str, down: str, how: str) -> None:
    """One conversation."""
    sock = socket.create_connection((host, int(port)))
    converse(sock, int(up), int(down), *ways(how))


# ---- UDP ----

_WINDOW = 1200 * 8 * 16  # bytes: less than a virtual link drops when it is busy


def swallow(host: str, port: str, total: str, how: str) -> None:
    """Receive datagrams until there are so many bytes; say when there may be more."""
    with socket.socket(family(host), socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _PLENTY)
        sock.bind((host, int(port)))
        say("ready")
        _, peer = sock.recvfrom(1)
        sock.connect(peer)
        mover, left = Mover(sock), int(total)
        while left:
            mover.receive(how, min(left, _WINDOW))
            left -= min(left, _WINDOW)
            sock.send(b"done")


def shower(host: str, port: str, total: str, how: str) -> None:
    """Send datagrams of 1,200 bytes, so many bytes together, never too many at once."""
    with socket.socket(family(host), socket.SOCK_DGRAM) as sock:
        sock.connect((host, int(port)))
        sock.send(b"x")
        chunk = 1200 * (_MESSAGES if how == "mmsg" else 1)
        mover, left = Mover(sock, chunk), int(total)
        sock.settimeout(5)
        while left:
            for _ in range(min(left, _WINDOW) // chunk):
                mover.send(how, chunk)
            left -= min(left, _WINDOW)
            sock.recv(16)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
