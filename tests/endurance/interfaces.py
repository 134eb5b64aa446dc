"""Network devices by the hundred, for milliseconds, under other names and indexes.

    python -m tests.endurance.interfaces [--devices N] [--seconds N] [--times N]

All on real devices in network namespaces of its own, under the real daemon:

- crowd: N devices at once; each moves bytes.
- churn: taps that live for some milliseconds, 50 in a second, each with frames of known
  size; few names and indexes are used again and again.
- rename, swap, travel, remake: seeded; a device takes another's name, goes to another
  namespace and comes back, is removed and made again with its name and its index.

What a report says is compared to the byte with the kernel: with the counters of each
device, and with the frames that a tap's driver accepted.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import random
import socket
import struct
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from monitor.client.calling import request
from monitor.store import queries
from monitor.store.engine import open_store
from monitor.usage import Interval
from tests.e2e.daemon import Esimmon, wait_for
from tests.e2e.places import root_in
from tests.e2e.truth import Raw
from tests.namespaces import Namespace

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = """
[interfaces]
include = ["*"]
[sampling]
tick = "1 s"
flush = "5 s"
"""
FRAME_BYTES = 600
ALWAYS = Interval(0, 1 << 40)
_BROADCAST = bytes.fromhex("ffffffffffff020000000001") + b"\x08\x06"  # an ARP frame
_PATIENCE_S = 60.0  # a busy machine with 500 devices
_TUNSETIFF = 0x400454CA  # linux/if_tun.h
_IFF_TAP_NO_PI = 0x1002
_IFREQ = struct.Struct("=16sH22x")


class Tap:
    """A device that lives as long as its file: its driver has counters of its own."""

    def __init__(self, where: Namespace, name: str) -> None:
        """Make it, up.

        Args:
            where: in which namespace.
            name: of the device.
        """
        with where.inside():
            self._fd = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
            request = _IFREQ.pack(name.encode(), _IFF_TAP_NO_PI)
            fcntl.ioctl(self._fd, _TUNSETIFF, request)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                flags = struct.pack("16sH14x", name.encode(), 0x1043)  # IFF_UP too
                fcntl.ioctl(sock, 0x8914, flags)  # SIOCSIFFLAGS

    def receive(self, frames: int) -> int:
        """Let frames come in; returns their bytes."""
        frame = _BROADCAST + bytes(FRAME_BYTES - len(_BROADCAST))
        return sum(os.write(self._fd, frame) for _ in range(frames))

    def close(self) -> None:
        """Pull it out."""
        os.close(self._fd)


class Stage:
    """Two namespaces and a daemon in the first.

    Attributes:
        near: where the daemon is.
        far: where devices go.
        esimmon: the program.
    """

    def __init__(self, folder: Path) -> None:
        """Make the namespaces; nothing in them talks by itself.

        Args:
            folder: for the store.
        """
        self.near = Namespace(f"TIME-near-{os.getpid()}")
        self.far = Namespace(f"TIME-far-{os.getpid()}")
        for each in (self.near, self.far):
            with each.inside():
                quiet = Path("/proc/sys/net/ipv6/conf/default/disable_ipv6")
                quiet.write_text("1", encoding="ascii")
        home = folder / "store"
        home.mkdir()
        self.esimmon = Esimmon(home, root_in(self.near))
        self.esimmon.configure(CONFIG)
        self.daemon = self.esimmon.start()

    def booked(self) -> dict[str, Raw]:
        """What the daemon has of each device, up to now."""
        wait_for(self.flushed, "the store to be up to date")
        found: dict[str, Raw] = {}
        with open_store(self.esimmon.store, writable=False) as store:
            bills = queries.interface_bills(store, ALWAYS)
        for each in bills:
            rx, tx = found.get(each.name, Raw(0, 0))
            counter = each.counter
            found[each.name] = Raw(rx + counter.rx_bytes, tx + counter.tx_bytes)
        return found

    def flushed(self) -> bool:
        """Whether the store has all."""
        answer = request(self.daemon.control, "flush", {}, timeout_s=_PATIENCE_S)
        return bool((answer or {}).get("flushed"))

    def close(self) -> None:
        """Take all away."""
        self.esimmon.close()
        self.near.close()
        self.far.close()


@contextlib.contextmanager
def staged() -> Iterator[Stage]:
    """A stage that leaves nothing behind."""
    with tempfile.TemporaryDirectory(prefix="esimmon-interfaces-") as name:
        stage = Stage(Path(name))
        try:
            yield stage
        finally:
            stage.close()


def counters(where: Namespace) -> dict[str, Raw]:
    """The kernel's counters of all devices of a namespace but loopback."""
    with where.inside():
        text = Path("/proc/thread-self/net/dev").read_text(encoding="ascii")
    found = {}
    for line in text.splitlines()[2:]:
        name, _, numbers = line.partition(":")
        fields = [int(word) for word in numbers.split()]
        if name.strip() != "lo":
            found[name.strip()] = Raw(fields[0], fields[8])
    return found


class Crowd(NamedTuple):
    """What a crowd of devices came to.

    Attributes:
        devices: that were there, each with traffic.
        wrong: of them, those whose report is not the kernel's counter.
        spans: rows of time that are stored of them.
        ticks: samples that were taken meanwhile.
        cpu_ms: processor time of the daemon for one of them and its flush.
    """

    devices: int
    wrong: int
    spans: int
    ticks: int
    cpu_ms: int


def _cpu_ms(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 // os.sysconf("SC_CLK_TCK")


def crowd(stage: Stage, devices: int) -> Crowd:
    """Many devices at once, each with traffic both ways.

    Args:
        stage: with a daemon.
        devices: how many, an even number: the ends of virtual pairs.
    """
    pairs = devices // 2
    lines = [f"link add c{i}a type veth peer name c{i}b" for i in range(pairs)]
    lines += [f"link set c{i}{end} up" for i in range(pairs) for end in "ab"]
    stage.near.ip(*lines)
    stage.booked()
    pid = stage.daemon.process.pid
    began_ms, rounds = _cpu_ms(pid), 5
    for _ in range(rounds):
        for number in range(pairs):
            _send(stage.near, f"c{number}a", 1)
        stage.booked()
    cpu_ms = (_cpu_ms(pid) - began_ms) // rounds
    booked, kernel = stage.booked(), counters(stage.near)
    there = {name: each for name, each in kernel.items() if name.startswith("c")}
    wrong = {
        name: (booked.get(name), each)
        for name, each in there.items()
        if booked.get(name) != each
    }
    if wrong:
        sys.stderr.write(f"crowd: {dict(list(wrong.items())[:5])}\n")
    with open_store(stage.esimmon.store, writable=False) as store, store.read() as c:
        spans = c.exec_driver_sql("SELECT count(*) FROM spans").scalar_one()
    stage.near.ip(*(f"link del c{i}a" for i in range(pairs)))
    return Crowd(len(there), len(wrong), spans, rounds, cpu_ms)


def _send(where: Namespace, device: str, frames: int) -> int:
    """Put frames on a device; returns their bytes."""
    frame = _BROADCAST + bytes(FRAME_BYTES - len(_BROADCAST))
    with (
        where.inside(),
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock,
    ):
        sock.bind((device, 0))
        return sum(sock.send(frame) for _ in range(frames))


class Churn(NamedTuple):
    """What devices came to that lived for milliseconds.

    Attributes:
        devices: how many there were.
        a_second: how many of them.
        moved_bytes: that the kernel took of their frames.
        booked_bytes: that the daemon has of them.
    """

    devices: int
    a_second: int
    moved_bytes: int
    booked_bytes: int


def churn(stage: Stage, chance: random.Random, seconds: float) -> Churn:
    """Devices that come and go, 50 in a second.

    Args:
        stage: with a daemon.
        chance: which name is used again, and how much each moves.
        seconds: for how long.
    """
    before = _sum(stage.booked())
    began = time.monotonic()
    devices = moved = 0
    while time.monotonic() - began < seconds:
        tap = Tap(stage.near, chance.choice(("usb0", "usb1", "wwan1")))
        moved += tap.receive(chance.randint(1, 20))
        tap.close()
        devices += 1
        time.sleep(max(0.0, began + devices / 50 - time.monotonic()))
    took_s = time.monotonic() - began
    booked = _sum(stage.booked()) - before
    return Churn(devices, int(devices / took_s), moved, booked.rx_bytes)


def _sum(found: dict[str, Raw]) -> Raw:
    return Raw(
        sum(each.rx_bytes for each in found.values()),
        sum(each.tx_bytes for each in found.values()),
    )


class Changes:
    """Devices that change what they are, and every byte that they moved.

    Attributes:
        moved: so far: received by taps, sent by virtual pairs.
        said: what happened.
    """

    def __init__(self, stage: Stage, chance: random.Random) -> None:
        """Begin with two devices."""
        self.said: list[str] = []
        self.moved = Raw(0, 0)
        self._stage, self._chance = stage, chance
        self._before = Raw(0, 0)
        self._before = self.booked()
        self._taps = {name: Tap(stage.near, name) for name in ("usb0", "usb1")}

    def move(self) -> None:
        """Let some bytes come in on each device."""
        for tap in self._taps.values():
            more = tap.receive(self._chance.randint(1, 20))
            self.moved = Raw(self.moved.rx_bytes + more, self.moved.tx_bytes)

    def happen(self) -> None:
        """One of the changes."""
        change = self._chance.choice(
            (self._rename, self._swap, self._travel, self._remake, self._altname)
        )
        self.said.append(change.__name__.strip("_"))
        self.move()
        change()
        self.move()

    def _name(self, old: str, new: str) -> None:
        self._stage.near.ip(
            f"link set {old} down", f"link set {old} name {new}", f"link set {new} up"
        )

    def _rename(self) -> None:
        """Both swap their names: each is for a moment nobody."""
        self._name("usb0", "other")
        self.move()
        self._name("usb1", "usb0")
        self._name("other", "usb1")
        self._taps = {"usb1": self._taps["usb0"], "usb0": self._taps["usb1"]}

    def _swap(self) -> None:
        """One is pulled out, another has its name at once, and a new one comes."""
        self._taps["usb0"].close()
        self._name("usb1", "usb0")
        self._taps["usb0"] = self._taps.pop("usb1")
        self.move()
        self._taps["usb1"] = Tap(self._stage.near, "usb1")

    def _travel(self) -> None:
        """One goes to another namespace, moves something there, and comes back."""
        near, far = self._stage.near, self._stage.far
        near.ip(f"link set usb0 netns {far.name}")
        far.ip("link set usb0 up")
        self.move()
        if self._chance.random() < 0.5:
            self._stage.booked()
            # Something else has its index when it comes back.
            near.ip("link add passer type veth peer name by", "link del passer")
        far.ip(f"link set usb0 netns {near.name}")
        near.ip("link set usb0 up")

    def _remake(self) -> None:
        """A driver is loaded anew: the same name and the same index."""
        near = self._stage.near
        for _ in range(self._chance.randint(1, 3)):
            near.ip(
                "link add wwan9 index 900 type veth peer name peer9",
                "link set wwan9 up",
                "link set peer9 up",
            )
            _send(near, "wwan9", self._chance.randint(1, 20))
            # A new device may drop some before it has its carrier.
            sent = counters(near)["wwan9"].tx_bytes
            self.moved = Raw(self.moved.rx_bytes, self.moved.tx_bytes + sent)
            near.ip("link del wwan9")

    def _altname(self) -> None:
        """A device has one more name."""
        self._stage.near.ip(
            "link property add dev usb0 altname enp0s20f0u1",
            "link property del dev usb0 altname enp0s20f0u1",
        )

    def booked(self) -> Raw:
        """What the daemon has of it; the far ends of virtual pairs left out."""
        found = self._stage.booked()
        found.pop("peer9", None)
        return _sum(found) - self._before

    def close(self) -> None:
        """Pull all out."""
        for tap in self._taps.values():
            tap.close()


def changes(stage: Stage, seed: int, times: int) -> str:
    """Let devices change.

    Args:
        stage: with a daemon.
        seed: of what happens.
        times: how many changes.

    Returns:
        What was wrong; empty when nothing was.
    """
    found = Changes(stage, random.Random(seed))  # noqa: S311 - repeated by its seed
    try:
        for number in range(times):
            found.happen()
            if number % 3 == 0 and found.booked() != found.moved:
                break
        booked = found.booked()
    finally:
        found.close()
    if booked == found.moved:
        return ""
    return f"seed {seed}: booked {booked}, moved {found.moved} after {found.said}"


def main() -> int:
    """Do all of it.

    Returns:
        1 when a promise was broken.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=500, help="at once")
    parser.add_argument("--seconds", type=float, default=60, help="of churn")
    parser.add_argument("--times", type=int, default=50, help="series of 12 changes")
    parser.add_argument("--seed", type=int, default=1, help="of the first")
    wanted = parser.parse_args()
    with staged() as stage:
        sys.stderr.write("churn\n")
        chance = random.Random(wanted.seed)  # noqa: S311 - repeated by its seed
        of_churn = churn(stage, chance, wanted.seconds)
        sys.stdout.write(f"churn: {of_churn}\n")
        wrong: list[str] = []
        for seed in range(wanted.seed, wanted.seed + wanted.times):
            sys.stderr.write(f"changes {seed}\n")
            wrong += filter(None, [changes(stage, seed, 12)])
        sys.stdout.write(f"changes: {12 * wanted.times}, wrong series: {len(wrong)}\n")
        sys.stderr.write("".join(f"{each}\n" for each in wrong))
        sys.stderr.write("crowd\n")
        of_crowd = crowd(stage, wanted.devices)
        sys.stdout.write(f"crowd: {of_crowd}\n")
        said = stage.daemon.said()
        sys.stderr.write(said)
    is_exact = of_churn.moved_bytes == of_churn.booked_bytes
    return int(bool(wrong or of_crowd.wrong or not is_exact or said))


if __name__ == "__main__":
    sys.exit(main())
