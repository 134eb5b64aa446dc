"""What the kernel hands on: netlink, /proc, records of BPF, names of cgroups.

The kernel itself is trusted; names in its answers are not, and a truncated answer or
one of a kernel to come is no reason to fall over.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from monitor.applications import find_place, recognise
from monitor.collectors import netns, procstat, routes, rtnetlink
from monitor.collectors.bpf import mounts, processes, records, wire_records
from monitor.collectors.netlink import messages
from monitor.collectors.sockdiag import holders, places
from monitor.collectors.sockdiag import messages as sockdiag
from monitor.usage import Owner, Process
from tests.endurance.fuzzing.mutation import spoilt
from tests.endurance.fuzzing.target import Target

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

_Shape = tuple[struct.Struct, Callable[[bytes], object]]
_PID: Final = 4242
_SOURCE: Final = "rtnetlink"
_HEADER: Final = struct.Struct("=IHHII")
_SOCK_DIAG: Final = 4  # NETLINK_SOCK_DIAG
_LENGTHS: Final = (
    b"\x00\x00",
    b"\x03\x00",
    b"\x04\x00",
    b"\xff\xff",
    b"\x00\x00\x00\x00",
)


def netlink_links(_: Path) -> Target:
    """A list of devices, as rtnetlink gives it."""
    return _netlink(socket.NETLINK_ROUTE, 18, bytes(16), rtnetlink.parse)


def netlink_addresses(_: Path) -> Target:
    """A list of addresses."""
    return _netlink(socket.NETLINK_ROUTE, 22, bytes(8), places.parse)


def netlink_sockets(_: Path) -> Target:
    """A list of TCP sockets, by sock_diag."""
    body = sockdiag.request(socket.AF_INET)
    with socket.create_server(("127.0.0.1", 0)):
        return _netlink(_SOCK_DIAG, sockdiag.SOCK_DIAG_BY_FAMILY, body, sockdiag.parse)


def netlink_namespace(_: Path) -> Target:
    """The number of a network namespace."""
    good = _HEADER.pack(28, 88, 0, 1, 0) + bytes(4) + struct.pack("=HHi", 8, 1, 3)
    return Target(netns.parse, (good,), _LENGTHS, grown=lambda n: good + good[20:] * n)


def _netlink(
    protocol: int, kind: int, request: bytes, parse: Callable[..., object]
) -> Target:
    good = _dump(protocol, kind, request)
    length = int.from_bytes(good[:4], "little")

    def feed(given: bytes) -> None:
        parse(messages(given, _SOURCE))

    return Target(feed, (good,), _LENGTHS, grown=lambda n: good[:length] * n)


def _dump(protocol: int, kind: int, request: bytes) -> bytes:
    """The first datagram of this kernel's answer."""
    header = _HEADER.pack(_HEADER.size + len(request), kind, 0x301, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as netlink:
        netlink.settimeout(5)
        netlink.send(header + request)
        return netlink.recv(1 << 18)


def proc_routes(folder: Path) -> Target:
    """/proc/net/route and ipv6_route, with names of devices in them."""
    four = (
        b"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow"
        b"\tIRTT\nwwan0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    )
    six = b"0" * 32 + b" 00 " + b"0" * 32 + b" 00 " + b"0" * 32
    six += b" 00000400 00000001 00000000 00000001 wwan0\n"

    def feed(given: bytes) -> None:
        name = "route" if given.startswith(b"I") else "ipv6_route"
        (folder / name).write_bytes(given)
        try:
            routes.collect(folder)
        finally:
            (folder / name).unlink()

    return Target(feed, (four, six), (b"wwan0", b"\t"), grown=lambda n: four + six * n)


def proc_stat(_: Path) -> Target:
    """/proc/PID/stat, with the name that a process gave itself."""
    good = _stat(b"a) R 1 (b")
    return Target(procstat.parse, (good,), (b")", b") "), grown=lambda n: good * n)


def _stat(comm: bytes) -> bytes:
    return b"%d (%s) S 1 %s\n" % (_PID, comm, b" ".join(b"%d" % n for n in range(48)))


_FILES: Final = ("stat", "comm", "status", "cgroup", "cmdline")


def proc_process(folder: Path) -> Target:
    """All files of a process that are read where there is no eBPF."""
    own = folder / str(_PID)
    (own / "fd").mkdir(parents=True)
    (own / "exe").symlink_to("/usr/bin/x")
    good = b"\0\0\0".join(
        (
            *(_stat(b"x"), b"x\n"),
            b"Name:\tx\nUmask:\t0022\nUid:\t1000\t1000\t1000\t1000\nGid:\t0\t0\t0\t0\n",
            *(b"1:name=systemd:/\n0::/user.slice/x.scope\n", b"x\0--flag\0"),
        )
    )
    owner = Owner(19 * 10_000_000, _PID, 25)

    def feed(given: bytes) -> None:
        for name, content in zip(_FILES, given.split(b"\0\0\0"), strict=False):
            (own / name).write_bytes(content)
        with (
            patch.object(holders, "_PROC", str(folder)),
            patch.object(processes, "_PROC", folder),
        ):
            found = holders._read(_PID)
            processes.is_running(owner)
            processes.read_argv(owner, "x")
        if found is not None:
            recognise(found)

    words = (
        b"Uid:",
        b"\rUid:\t0",
        b"0::",
        b"\r0::/system.slice/cron.service",
        b"\0" * 3,
    )
    return Target(feed, (good,), words, grown=lambda n: good.replace(b"x", b"x" * n))


def proc_mountinfo(folder: Path) -> Target:
    """/proc/self/mountinfo: users choose where FUSE is mounted."""
    path = folder / "mountinfo"
    good = (
        b"36 35 98:0 / /sys/fs/bpf rw,noatime master:1 - bpf bpf rw\n"
        b"37 35 0:41 / /home/u/a\\040b rw,nosuid - fuse.sshfs u@h: rw\n"
    )

    def feed(given: bytes) -> None:
        path.write_bytes(given)
        for kind in ("bpf", "cgroup2", "fuse.sshfs"):
            mounts.mounts(path, kind)

    words = (b" - bpf bpf rw", b"\\012", "\u2028".encode(), b"\x0b")
    return Target(feed, (good,), words, grown=lambda n: good * n)


def cgroup_paths(_: Path) -> Target:
    """Cgroup and command line to an application: names of units are anybody's."""
    paths = (
        *(r"/user.slice/user-1000.slice/user@1000.service/app.slice", "/system.slice"),
        *("app-gnome-org.mozilla.firefox-123.scope", "snap.firefox.firefox-1.scope"),
        *(r"app-dbus\x2d:1.2\x2dorg.x@0.service", "docker-0123456789ab.scope"),
        *("vte-spawn-0a-b.scope", "session-3.scope", r"machine-qemu\x2d1\x2dwin.scope"),
        *("kubepods-pod1.slice", "lxc.payload.x", "cron.service", "app-x-1.slice"),
    )
    good = "/".join(paths).encode()
    words = tuple(each.encode() for each in paths)

    def feed(given: bytes) -> None:
        cgroup, *rest = os.fsdecode(given).split("\0")
        exe, *argv = rest or [""]
        find_place.cache_clear()
        recognise(Process(Owner(1, 2, 3), "x", exe, tuple(argv), 0, 1, cgroup))

    seeds = [f"{paths[0]}/{each}".encode() for each in paths[2:]]
    seeds += [
        b"\0".join((b"", program, program, *rest.split()))
        for program in (
            b"/usr/bin/python3.11",
            b"/bin/sh",
            b"/usr/bin/java",
            b"/bin/perl",
        )
        for rest in (b"-Im x.y", b"-c true", b"-cp a b.C", b"-x /a/b.py -", b"--")
    ]
    seeds.append(b"\0/tmp/.mount_abcdefgh/x\0/home/u/x.AppImage")
    return Target(
        feed, seeds, words, grown=lambda n: good * n + b"\0/x" + b"1" * 20 * n
    )


def bpf_records(_: Path) -> Target:
    """What the maps of the eBPF program hold; their sizes are the kernel's word."""
    shapes: tuple[_Shape, ...] = (
        *(
            (records.IDENTITY, records.parse_identity),
            (records.OWNER, records.parse_owner),
        ),
        *((records.KEY, records.parse_key), (records.ROW, records.parse_row)),
        *(
            (records.FACTS, records.parse_facts),
            (wire_records.HOP, wire_records.parse_hop),
        ),
        *((wire_records.PEER, wire_records.parse_peer),),
        (wire_records.REMOTE, wire_records.parse_remote),
    )
    summed: tuple[_Shape, ...] = (
        *(
            (records.LOSSES, records.parse_losses),
            (wire_records.WIRE, wire_records.parse_wire),
        ),
        (wire_records.PASSED, wire_records.parse_passed),
    )

    def feed(given: bytes) -> None:
        for shape, parse in shapes:
            parse(given[: shape.size].ljust(shape.size, b"\0"))
        for shape, parse in summed:
            count = max(1, len(given) // shape.size)
            parse(given[: count * shape.size].ljust(count * shape.size, b"\0"))
        whole = len(given) - len(given) % wire_records.TUN_HOLDER.size
        list(wire_records.parse_tun_holders(given[:whole]))
        records.parse_argv(given)

    good = records.FACTS.pack(1, 1000, 1, 20, 20, 20, 1, b"x", b"usr\0bin\0" * 128)
    make = partial(_record, good)
    return Target(feed, (good,), make=make)


def _record(good: bytes, chance: Random) -> bytes:
    return chance.randbytes(1_200) if chance.random() < 0.5 else spoilt(chance, good)
