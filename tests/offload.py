"""Switching segmentation offload of a device on and off, as ethtool(8) does.

Source: include/uapi/linux/ethtool.h; names are those of `ethtool -k`.
"""

from __future__ import annotations

import array
import fcntl
import socket
import struct

_SIOCETHTOOL = 0x8946
_GSTRINGS, _GSSET_INFO, _SFEATURES = 0x1B, 0x37, 0x3B
_SET_OF_FEATURES = 4  # ETH_SS_FEATURES
_NAME_BYTES = 32

OFFLOADS = (
    "tx-tcp-segmentation",
    "tx-tcp6-segmentation",
    "tx-tcp-mangleid-segmentation",
    "tx-tcp-ecn-segmentation",
    "tx-generic-segmentation",
    "tx-udp-segmentation",
    "tx-sctp-segmentation",
    "rx-gro",
)


def _ethtool(device: str, request: array.array[int]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        address, _ = request.buffer_info()
        interface = struct.pack("16sP", device.encode(), address)
        fcntl.ioctl(control, _SIOCETHTOOL, interface)


def _feature_names(device: str) -> list[str]:
    header = struct.pack("=IIQI", _GSSET_INFO, 0, 1 << _SET_OF_FEATURES, 0)
    request = array.array("B", header)
    _ethtool(device, request)
    count = struct.unpack("=IIQI", request.tobytes())[3]
    header = struct.pack("=III", _GSTRINGS, _SET_OF_FEATURES, count)
    request = array.array("B", header + bytes(_NAME_BYTES * count))
    _ethtool(device, request)
    raw = request.tobytes()[len(header) :]
    return [
        raw[at : at + _NAME_BYTES].rstrip(b"\0").decode()
        for at in range(0, len(raw), _NAME_BYTES)
    ]


def set_offload(device: str, *, on: bool) -> None:
    """Switch all segmentation offloads of a device of this network namespace.

    Args:
        device: its name.
        on: wanted state; a feature that the device does not have is left out.
    """
    names = _feature_names(device)
    words = -(-len(names) // 32)
    valid, requested = [0] * words, [0] * words
    for bit, name in enumerate(names):
        if name in OFFLOADS:
            valid[bit // 32] |= 1 << bit % 32
            requested[bit // 32] |= on << bit % 32
    request = array.array("B", struct.pack("=II", _SFEATURES, words))
    for pair in zip(valid, requested, strict=True):
        request.frombytes(struct.pack("=II", *pair))
    _ethtool(device, request)
