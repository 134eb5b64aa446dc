"""Netlink as such: messages and attributes of a datagram, and how a dump is asked for.

Scope: this process's network namespace.
Privilege: none for what is asked here.
Source: netlink(7), linux/netlink.h.
Own parser: the libraries for netlink cost the daemon more memory than all of its code.
"""

from __future__ import annotations

import socket
import struct
import sys
from typing import TYPE_CHECKING, Final

from monitor.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_NLMSG_ERROR: Final = 2
DONE: Final = 3
"""Type of the message that ends a dump (NLMSG_DONE)."""
_NLM_F_REQUEST_DUMP: Final = 0x301
_TYPE_MASK: Final = 0x3FFF  # without NLA_F_NESTED and NLA_F_NET_BYTEORDER

_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
_ATTRIBUTE = struct.Struct("=HH")  # struct nlattr
_TIMEOUT_S = 2.0
DATAGRAM_BYTES: Final = 1 << 18
"""More than the kernel ever puts into one datagram."""


def attributes(payload: bytes, source: str) -> dict[int, bytes]:
    """Attribute type to value; a cut or senseless length is an error.

    Args:
        payload: attributes, one after the other.
        source: who sent them, for messages.

    Raises:
        SourceError: the bytes make no sense.
    """
    found = {}
    offset = 0
    while offset + _ATTRIBUTE.size <= len(payload):
        length, kind = _ATTRIBUTE.unpack_from(payload, offset)
        if length < _ATTRIBUTE.size or offset + length > len(payload):
            raise SourceError(f"{source}: attribute of {length} bytes at {offset}")
        found[kind & _TYPE_MASK] = payload[offset + _ATTRIBUTE.size : offset + length]
        offset += (length + 3) & ~3
    return found


def number(found: dict[int, bytes], kind: int) -> int:
    """The first 32 bits of an attribute; 0 without it."""
    return int.from_bytes(found.get(kind, b"")[:4], sys.byteorder)


def messages(datagram: bytes, source: str) -> Iterator[tuple[int, bytes]]:
    """Type and payload of each message, the end of a dump (`DONE`) included.

    Args:
        datagram: as the kernel sent it.
        source: who sent it, for messages.

    Raises:
        SourceError: the kernel reported an error, or the bytes make no sense.
    """
    offset = 0
    while offset + _HEADER.size <= len(datagram):
        length, kind, _, _, _ = _HEADER.unpack_from(datagram, offset)
        if length < _HEADER.size or offset + length > len(datagram):
            raise SourceError(f"{source}: message of {length} bytes at {offset}")
        payload = datagram[offset + _HEADER.size : offset + length]
        if kind == _NLMSG_ERROR:
            code = -int.from_bytes(payload[:4], sys.byteorder, signed=True)
            raise SourceError(f"{source}: the kernel answered error {code}")
        yield kind, payload
        offset += (length + 3) & ~3


def dump(
    protocol: int, kind: int, request: bytes, source: str
) -> Iterator[tuple[int, bytes]]:
    """Ask for a dump.

    Args:
        protocol: such as NETLINK_ROUTE.
        kind: type of the request.
        request: its body.
        source: who is asked, for messages.

    Yields:
        Type and payload of each message; it has to be read to its end.

    Raises:
        SourceError: the kernel refuses, does not answer, or answers nonsense.
    """
    header = _HEADER.pack(_HEADER.size + len(request), kind, _NLM_F_REQUEST_DUMP, 1, 0)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as netlink:
            netlink.settimeout(_TIMEOUT_S)
            netlink.send(header + request)
            while True:
                for message in messages(netlink.recv(DATAGRAM_BYTES), source):
                    if message[0] == DONE:
                        return
                    yield message
    except OSError as error:
        raise SourceError(f"{source}: {error}") from error
