"""A tunnel as OpenVPN makes them: packets of a TUN device in UDP, by one process.

    python tun.py DEVICE ADDRESS PEER PORT [zlib]

Each packet gets a header of its own (operation code, session, authentication), as large
as that of OpenVPN with its default cipher; there is no encryption. Says `up` when the
device is there, and ends with its standard input.
"""

from __future__ import annotations

import fcntl
import os
import select
import socket
import struct
import sys
import zlib

_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_HEADER = b"\x48" + bytes(23)


def carry(device: str, address: str, peer: str, port: str, how: str = "") -> None:
    """Carry packets until standard input ends."""
    tun = os.open("/dev/net/tun", os.O_RDWR)
    wanted = struct.pack("16sH22x", device.encode(), _IFF_TUN | _IFF_NO_PI)
    fcntl.ioctl(tun, _TUNSETIFF, wanted)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    sock.bind((address, int(port)))
    print("up", flush=True)  # noqa: T201 - the way to the test
    there = (peer, int(port))
    while True:
        ready, _, _ = select.select([tun, sock, sys.stdin], [], [])
        if tun in ready:
            packet = os.read(tun, 65536)
            if how:
                packet = zlib.compress(packet, 1)
            sock.sendto(_HEADER + packet, there)
        if sock in ready:
            packet = sock.recv(65536)[len(_HEADER) :]
            os.write(tun, zlib.decompress(packet) if how else packet)
        if sys.stdin in ready:
            break


if __name__ == "__main__":
    carry(*sys.argv[1:])
