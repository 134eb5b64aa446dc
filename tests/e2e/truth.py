"""What really moved, by the wire and by `ip -s link`, and what a report says of it."""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.lab import DEVICE, Both
from tests.load import next_line
from tests.namespaces import run
from tests.wire import Way

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.lab import Lab
    from tests.namespaces import Namespace

TRAFFIC = ("rx_bytes", "tx_bytes", "rx_packets", "tx_packets")
NOTHING = Both(Way(0, 0), Way(0, 0))

_PORTS = itertools.count(7800)
"""A port is used once: so the wire's counter of a port is that of one conversation."""


def free_port() -> int:
    """A port that no test of this run has used."""
    return next(_PORTS)


class Raw(NamedTuple):
    """Raw counters of a device, as in `ip -s link`."""

    rx_bytes: int
    tx_bytes: int

    def __sub__(self, other: Raw) -> Raw:
        return Raw(self.rx_bytes - other.rx_bytes, self.tx_bytes - other.tx_bytes)


def raw(namespace: Namespace, device: str = DEVICE) -> Raw:
    """Ask ip(8) for the counters of a device.

    Args:
        namespace: where it is.
        device: its name.
    """
    text = run("ip", "-n", namespace.name, "-s", "-j", "link", "show", "dev", device)
    stats = json.loads(text)[0]["stats64"]
    return Raw(stats["rx"]["bytes"], stats["tx"]["bytes"])


def billed(report: dict[str, Any]) -> Raw:
    """The raw counters of a report, all its interfaces together.

    Args:
        report: as JSON.
    """
    each = report["interfaces"]
    return Raw(
        sum(one["rx_counter_bytes"] for one in each),
        sum(one["tx_counter_bytes"] for one in each),
    )


def moved(rows: list[dict[str, Any]]) -> Both:
    """What rows of a report say, together.

    Args:
        rows: some of them.
    """
    rx, tx, rx_packets, tx_packets = (
        sum(row[name] for row in rows) for name in TRAFFIC
    )
    return Both(Way(rx, rx_packets), Way(tx, tx_packets))


def of_process(report: dict[str, Any], *pids: int) -> Both:
    """What a report by process says of some processes.

    Args:
        report: as JSON.
        pids: which.
    """
    return moved([row for row in report["rows"] if row["pid"] in pids])


def of_reason(report: dict[str, Any], reason: str) -> Both:
    """What a report says of bytes without an owner.

    Args:
        report: as JSON.
        reason: why they have none.
    """
    return moved([row for row in report["rows"] if row["reason"] == reason])


def adds_up(report: dict[str, Any]) -> bool:
    """Whether the rows are exactly the layer-3 bytes of the interfaces.

    Args:
        report: as JSON.
    """
    return moved(report["rows"]) == moved(report["interfaces"])


class Transfer:
    """One conversation between a process in near and one in far.

    Attributes:
        port: what all its packets have in common.
        client: the process in near.
    """

    def __init__(self, lab: Lab, *, up: int = 0, down: int = 0, comm: str = "") -> None:
        """Begin it.

        Args:
            lab: where.
            up: bytes from near.
            down: bytes to near.
            comm: name of the process in near.
        """
        self.port = free_port()
        self._lab = lab
        far = lab.address["far4"]
        self._server = lab.far.traffic("serve", far, self.port)
        next_line(self._server)
        self.client: subprocess.Popen[str] = lab.near.traffic(
            "transfer", far, self.port, up, down, comm
        )

    @property
    def pid(self) -> int:
        """Of the process in near."""
        return self.client.pid

    def is_over(self) -> bool:
        """Whether both sides have ended."""
        return self.client.poll() is not None and self._server.poll() is not None

    def wait(self) -> Both:
        """Wait for its end.

        Returns:
            What it put on the wire.
        """
        assert (self.client.wait(), self._server.wait()) == (0, 0)
        self._lab.wire()
        return self._lab.port(self.port)


def transfer(lab: Lab, **what: Any) -> tuple[int, Both]:  # noqa: ANN401 - see Transfer
    """One whole conversation.

    Args:
        lab: where.
        what: as for `Transfer`.

    Returns:
        The pid in near, and what was on the wire.
    """
    begun = Transfer(lab, **what)
    return begun.pid, begun.wait()


def kernel_ids(kind: str, pinned: list[Path]) -> set[int]:
    """The kernel's numbers of what is pinned.

    Args:
        kind: `link`, `map`, or `prog` for the programs of the links.
        pinned: paths of the pins.
    """
    field = "prog_id" if kind == "prog" else "id"
    shown = "map" if kind == "map" else "link"
    pins = [pin for pin in pinned if pin.name.startswith("link_") == (shown == "link")]
    return {
        json.loads(run("bpftool", "-j", shown, "show", "pinned", str(pin)))[field]
        for pin in pins
    }


def are_gone(kind: str, ids: set[int]) -> bool:
    """Whether the kernel has none of these any more.

    Args:
        kind: `link`, `map` or `prog`.
        ids: their numbers.
    """
    there = {one["id"] for one in json.loads(run("bpftool", "-j", kind, "show"))}
    return not ids & there


def on_disk(folder: Path, copy: Path) -> dict[str, Any]:
    """The report by process of a copy of a store: its daemon is not asked to flush.

    Args:
        folder: of the store.
        copy: where to make the copy.
    """
    copy.mkdir(exist_ok=True)
    for file in folder.glob("usage.db*"):
        shutil.copy(file, copy)
    command = [sys.executable, "-m", "monitor", "report", "--by", "process", "--json"]
    period = ("--period", "2020-01-01..2099-12-31")
    found: dict[str, Any] = json.loads(
        run(*command, *period, "--store", str(copy / "usage.db"))
    )
    return found


def spans(store: Path) -> list[tuple[int, int]]:
    """When each stored span begins and ends, in the order in which they were made.

    Args:
        store: the database.
    """
    with closing(sqlite3.connect(store)) as database:
        found = database.execute("SELECT from_s, to_s FROM spans ORDER BY span_id")
        return list(found)


def events(store: Path) -> list[str]:
    """Kinds of what was noted.

    Args:
        store: the database.
    """
    with closing(sqlite3.connect(store)) as database:
        return [kind for (kind,) in database.execute("SELECT kind FROM events")]
