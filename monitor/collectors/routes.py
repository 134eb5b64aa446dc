"""Which devices carry a default route, from /proc/net/route and ipv6_route.

Scope: this process's network namespace, main routing table only.
Privilege: none.
Cost: two files of a line a route.
Source: proc_pid_net(5), net/ipv4/fib_trie.c, net/ipv6/route.c.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from monitor.errors import SourceError

_V4_COLUMNS: Final = 11
_V6_COLUMNS: Final = 10
_RTF_UP: Final = 0x1
_RTF_REJECT: Final = 0x200


def parse_v4(text: str, path: Path) -> set[str]:
    """Devices of up routes to 0.0.0.0/0.

    Raises:
        SourceError: a line has another number of columns.
    """
    devices = set()
    for line in text.split("\n")[1:]:
        columns = _columns(line)
        if not columns:
            continue
        if len(columns) != _V4_COLUMNS:
            raise SourceError(f"{path}: {len(columns)} columns in {line!r}")
        device, destination, flags, mask = (columns[i] for i in (0, 1, 3, 7))
        if int(destination, 16) == int(mask, 16) == 0 and int(flags, 16) & _RTF_UP:
            devices.add(device)
    return devices


def parse_v6(text: str, path: Path) -> set[str]:
    """Devices of up routes to ::/0; the kernel's own reject route is none.

    Raises:
        SourceError: a line has another number of columns.
    """
    devices = set()
    for line in text.split("\n"):
        columns = _columns(line)
        if not columns:
            continue
        if len(columns) != _V6_COLUMNS:
            raise SourceError(f"{path}: {len(columns)} columns in {line!r}")
        prefix, length, flags, device = (columns[i] for i in (0, 1, 8, 9))
        up = int(flags, 16) & (_RTF_UP | _RTF_REJECT) == _RTF_UP
        if int(prefix, 16) == int(length, 16) == 0 and up:
            devices.add(device)
    return devices


def _columns(line: str) -> list[str]:
    # By the kernel's blanks alone: names of devices may hold what Python takes for one.
    return [each for each in line.replace("\t", " ").split(" ") if each]


def collect(net: Path = Path("/proc/self/net")) -> frozenset[str]:
    """Names of the devices with a default route.

    Args:
        net: the folder that holds `route` and `ipv6_route`; a kernel without IPv6
            has no second file.

    Raises:
        SourceError: a file cannot be read or understood.
    """
    devices: set[str] = set()
    for name, parse in (("route", parse_v4), ("ipv6_route", parse_v6)):
        path = net / name
        try:
            devices |= parse(os.fsdecode(path.read_bytes()), path)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise SourceError(f"{path}: {error}") from error
    return frozenset(devices)
