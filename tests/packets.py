"""Small programs that make packets themselves, or ask the kernel for uncommon ones.

    python packets.py COMMAND ARGUMENTS...

One function a command; its arguments are those of the function. Raw sockets, packet
sockets (AF_PACKET), extension headers of IPv6, multicast and broadcast.
"""

from __future__ import annotations

import contextlib
import ipaddress
import mmap
import os
import socket
import struct
import sys
import time
from pathlib import Path

if __package__ in {None, ""}:  # as a script
    sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.traffic import converse, family, say, wait

_SOL_PACKET = 263
_PACKET_VERSION, _PACKET_TX_RING, _PACKET_QDISC_BYPASS = 10, 13, 20
_TPACKET_V2, _TPACKET2_HEADER_LEN, _SEND_REQUEST = 1, 32, 1
_RING = (4096, 64, 2048, 128)  # block size, blocks, frame size, frames
_ETH_P_IP, _ETH_P_IPV6, _ETH_P_ALL = 0x0800, 0x86DD, 3
_IPV6_HDRINCL = 36
_IPV6_HOPOPTS, _IPV6_RTHDRDSTOPTS, _IPV6_RTHDR, _IPV6_DSTOPTS = 54, 55, 57, 59
_UDP_SEGMENT = 103
_SO_SNDBUFFORCE = 32
_PLENTY = 1 << 26
_CALM_S = 0.1


def datagram(source: str, target: str, port: int, size: int) -> bytes:
    """A whole UDP packet with its IP header.

    Args:
        source: address.
        target: address.
        port: of both sides.
        size: of the payload.

    Returns:
        The packet. It has no UDP checksum over IPv4, and a right one over IPv6.
    """
    kind = family(target)
    ends = socket.inet_pton(kind, source) + socket.inet_pton(kind, target)
    udp = struct.pack("!HHHH", port, port, 8 + size, 0) + b"r" * size
    if kind == socket.AF_INET6:
        total = checksum(ends + struct.pack("!II", len(udp), socket.IPPROTO_UDP) + udp)
        udp = udp[:6] + struct.pack("!H", total) + udp[8:]
        return struct.pack("!IHBB", 6 << 28, len(udp), 17, 64) + ends + udp
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0)
    total = checksum(head + ends)
    return head[:10] + struct.pack("!H", total) + ends + udp


def checksum(packet: bytes) -> int:
    """RFC 1071."""
    padded = packet + bytes(len(packet) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


# ---- raw sockets ----


def raw(source: str, target: str, port: str, size: str, count: str) -> None:
    """UDP through a raw socket, with an IP header of our own."""
    kind = family(target)
    with socket.socket(kind, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
        if kind == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_HDRINCL, 1)
        packet = datagram(source, target, int(port), int(size))
        for _ in range(int(count)):
            sock.sendto(packet, (target, 0))


def raw_protocol(target: str, protocol: str, size: str, count: str) -> None:
    """Packets of some protocol, with the kernel's IP header."""
    with socket.socket(family(target), socket.SOCK_RAW, int(protocol)) as sock:
        for _ in range(int(count)):
            sock.sendto(b"r" * int(size), (target, 0))


def overhear(kind: str, protocol: str) -> None:
    """Read all packets of a protocol beside their receivers, until a line comes.

    kind: `raw4` or `raw6` for raw sockets, `packet` for AF_PACKET.
    """
    if kind == "packet":
        every = socket.htons(_ETH_P_ALL)
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, every)
    else:
        families = {"raw4": socket.AF_INET, "raw6": socket.AF_INET6}
        sock = socket.socket(families[kind], socket.SOCK_RAW, int(protocol))
    with sock:
        say("ready")
        wait()


# ---- packet sockets ----


def packet(how: str, device: str, macs: str, ends: str, count: str) -> None:
    """UDP packets through AF_PACKET.

    Args:
        how: `frames`, `packets` (the kernel makes the Ethernet header), `bypass` (no
            queue), `ring` (memory shared with the kernel) or `unbound`.
        device: to send through.
        macs: of the device and of the next hop, separated by a comma.
        ends: source, target, port and payload size, separated by commas.
        count: as many.
    """
    ours, theirs = (bytes.fromhex(mac.replace(":", "")) for mac in macs.split(","))
    source, target, port, size = ends.split(",")
    whole = datagram(source, target, int(port), int(size))
    protocol = _ETH_P_IPV6 if ":" in target else _ETH_P_IP
    frame = theirs + ours + struct.pack("!H", protocol) + whole
    kind = socket.SOCK_DGRAM if how == "packets" else socket.SOCK_RAW
    with socket.socket(socket.AF_PACKET, kind, 0) as sock:
        if how != "unbound":
            sock.bind((device, 0))
        if how == "bypass":
            sock.setsockopt(_SOL_PACKET, _PACKET_QDISC_BYPASS, 1)
        if how == "ring":
            _send_by_ring(sock, frame, int(count))
            return
        for _ in range(int(count)):
            if how == "packets":
                sock.sendto(whole, (device, protocol, 0, 0, theirs))
            elif how == "unbound":
                sock.sendto(frame, (device, protocol))
            else:
                sock.send(frame)


def _send_by_ring(sock: socket.socket, frame: bytes, count: int) -> None:
    sock.setsockopt(_SOL_PACKET, _PACKET_VERSION, _TPACKET_V2)
    sock.setsockopt(_SOL_PACKET, _PACKET_TX_RING, struct.pack("=IIII", *_RING))
    block_size, blocks, frame_size, frames = _RING
    if count > frames:
        raise ValueError(f"not more than {frames} at once")
    with mmap.mmap(sock.fileno(), block_size * blocks) as ring:
        for number in range(count):
            at = number * frame_size
            start = at + _TPACKET2_HEADER_LEN
            ring[start : start + len(frame)] = frame
            ring[at : at + 8] = struct.pack("=II", _SEND_REQUEST, len(frame))
        sock.send(b"")


# ---- extension headers ----


def _set_options(sock: socket.socket, target: str, which: str) -> None:
    """Extension headers for all packets of a socket; which: letters of `HRDr`.

    H hop-by-hop, D destination, R routing (of segments), r destination options before
    the routing header.
    """
    empty = bytes([0, 0, 1, 4, 0, 0, 0, 0])  # PadN
    segments = struct.pack("!BBBBBBH", 0, 2, 4, 0, 0, 0, 0)
    routing = segments + socket.inet_pton(socket.AF_INET6, target)
    for letter, option, header in (
        ("H", _IPV6_HOPOPTS, empty),
        ("R", _IPV6_RTHDR, routing),
        ("r", _IPV6_RTHDRDSTOPTS, empty),
        ("D", _IPV6_DSTOPTS, empty),
    ):
        if letter in which:
            sock.setsockopt(socket.IPPROTO_IPV6, option, header)


def transfer_extended(target: str, port: str, up: str, down: str, which: str) -> None:
    """A conversation of traffic.py over TCP with extension headers."""
    sock = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    _set_options(sock, target, which)
    sock.connect((target, int(port)))
    converse(sock, int(up), int(down))


def send_extended(target: str, port: str, size: str, count: str, which: str) -> None:
    """UDP with extension headers; size: of a datagram, or `SIZE/SEGMENT`."""
    length, _, segment = size.partition("/")
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, _PLENTY)
        _set_options(sock, target, which)
        if segment:
            sock.setsockopt(socket.IPPROTO_UDP, _UDP_SEGMENT, int(segment))
        for _ in range(int(count)):
            sock.sendto(b"x" * int(length), (target, int(port)))
        time.sleep(_CALM_S)


# ---- to many ----


def _group_socket(group: str, device: str) -> socket.socket:
    """A socket that sends to a group, or to everybody, through a device."""
    index = socket.if_nametoindex(device)
    sock = socket.socket(family(group), socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    if family(group) == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    else:
        chosen = struct.pack("=4s4si", bytes(4), bytes(4), index)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, chosen)
    return sock


def _join(sock: socket.socket, group: str, device: str) -> None:
    kind, index = family(group), socket.if_nametoindex(device)
    raw_group = socket.inet_pton(kind, group)
    if kind == socket.AF_INET6:
        wanted = raw_group + struct.pack("=I", index)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, wanted)
    elif ipaddress.ip_address(group).is_multicast:
        wanted = raw_group + struct.pack("=4si", bytes(4), index)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, wanted)


def hear(group: str, port: str, device: str, sockets: str) -> None:
    """Receive what is sent to many by so many sockets, until a line comes."""
    opened = []
    for _ in range(int(sockets)):
        sock = _group_socket(group, device)
        sock.bind((group, int(port)))
        _join(sock, group, device)
        opened.append(sock)
    say("ready")
    wait()
    received = 0
    for sock in opened:
        sock.settimeout(0)
        with sock, contextlib.suppress(BlockingIOError):
            while sock.recv(2048):
                received += 1
    say(str(received))


def speak(group: str, port: str, device: str, size: str, count: str) -> None:
    """Send to many."""
    with _group_socket(group, device) as sock:
        for _ in range(int(count)):
            sock.sendto(os.urandom(int(size)), (group, int(port)))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
