"""Small programs that make UDP and ICMP traffic, each in a process of its own.

    python datagrams.py COMMAND ARGUMENTS...

One function a command; its arguments are those of the function. Standard library only,
and no import of the rest of the tests: each starts within some 20 ms.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys
import time

_PR_SET_NAME = 15
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
_UDP_SEGMENT, _UDP_GRO = 103, 104
_PLENTY = 1 << 26
_BURST = 64
_BURST_PAUSE_S = 0.002


def family(host: str) -> socket.AddressFamily:
    """Address family of an address."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def serve(host: str, port: str, every: str = "1", gro: str = "") -> None:
    """Answer every n-th datagram until a line comes; says how many bytes came."""
    sock = socket.socket(family(host), socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _PLENTY)
    if gro:
        sock.setsockopt(socket.IPPROTO_UDP, _UDP_GRO, 1)
    sock.bind((host, int(port)))
    sock.settimeout(0.02)
    os.set_blocking(sys.stdin.fileno(), False)
    print("ready", flush=True)  # noqa: T201 - the way to the test
    datagrams = received = 0
    while True:
        try:
            datagram, peer = sock.recvfrom(65536)
        except TimeoutError:
            if sys.stdin.readline():
                break
            continue
        datagrams += 1
        received += len(datagram)
        if datagrams % int(every) == 0:
            sock.sendto(datagram[:1200], peer)
    print(received)  # noqa: T201 - the way to the test


def send(host: str, port: str, size: str, count: str, how: str = "") -> None:
    """Send datagrams; how: connected, or a number for UDP_SEGMENT."""
    with socket.socket(family(host), socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, _PLENTY)
        if how == "connected":
            sock.connect((host, int(port)))
        elif how:
            sock.setsockopt(socket.IPPROTO_UDP, _UDP_SEGMENT, int(how))
        datagram = b"u" * int(size)
        for number in range(int(count)):
            if how == "connected":
                sock.send(datagram)
            else:
                sock.sendto(datagram, (host, int(port)))
            if number % _BURST == _BURST - 1:
                time.sleep(_BURST_PAUSE_S)
        time.sleep(0.1)  # answers


def ask(host: str, port: str, count: str, comm: str = "") -> None:
    """Questions with one answer each, from a new socket each, like DNS."""
    if comm:
        ctypes.CDLL(None).prctl(_PR_SET_NAME, comm.encode(), 0, 0, 0)
    for number in range(int(count)):
        with socket.socket(family(host), socket.SOCK_DGRAM) as sock:
            sock.settimeout(5)
            if number % 2:
                sock.connect((host, int(port)))
                sock.send(b"q" * 40)
            else:
                sock.sendto(b"q" * 40, (host, int(port)))
            sock.recv(2048)


def ping(host: str, kind: str, count: str, size: str) -> None:
    """Echo requests and their replies; kind: `dgram` or `raw`."""
    v6 = ":" in host
    protocol = socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP
    types = {"dgram": socket.SOCK_DGRAM, "raw": socket.SOCK_RAW}
    with socket.socket(family(host), types[kind], protocol) as sock:
        sock.settimeout(5)
        sock.connect((host, 0))
        for number in range(int(count)):
            head = [128 if v6 else 8, 0, 0, os.getpid() & 0xFFFF, number]
            body = b"p" * int(size)
            if kind == "raw" and not v6:
                head[2] = _checksum(struct.pack("!BBHHH", *head) + body)
            sock.send(struct.pack("!BBHHH", *head) + body)
            sock.recv(65536)


def _checksum(packet: bytes) -> int:
    """RFC 1071; the kernel does it in all other cases."""
    total: int = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
