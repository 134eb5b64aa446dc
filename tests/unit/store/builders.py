"""Small makers of usage for the tests of the store, and ways to look at a file."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from monitor.devices import DeviceCounters
from monitor.store import queries
from monitor.store.batch import Batch, ProcessHour, ProcessRow
from monitor.store.engine import open_store
from monitor.store.writer import Writer
from monitor.usage import (
    Application,
    Attachment,
    Bill,
    Interval,
    Owner,
    Process,
    Share,
    SocketCounters,
    SocketKey,
    Traffic,
    total,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.store.engine import Store

HOUR_S = 3600
DAY_S = 86_400
T0 = 1_741_046_400
"""2025-03-04 00:00:00 UTC: a mark of a slot, an hour and a day."""

BOOT = "0c7a4f4e-1111-4222-8333-444455556666"
WWAN = Attachment("if:wwan0", "wwan0", billed=True)
WLAN = Attachment("if:wlan0", "wlan0", billed=True, metered=False)
BRIDGE = Attachment("if:br0", "br0", billed=False)
FIREFOX = Application("firefox", "executable")
CURL = Application("curl", "executable")
KERNEL = Share(None, kind="kernel")


def traffic(rx: int, tx: int = 0) -> Traffic:
    """Bytes, with a plausible number of packets."""
    return Traffic(rx, tx, rx // 1000, tx // 1000)


def bill(rx: int, tx: int = 0) -> Bill:
    """A bill whose raw counters have 14 bytes a packet more."""
    ip = traffic(rx, tx)
    return Bill(
        Traffic(
            rx + 14 * ip.rx_packets,
            tx + 14 * ip.tx_packets,
            ip.rx_packets,
            ip.tx_packets,
        ),
        ip,
    )


def share(application: Application = FIREFOX, uid: int = 1000) -> Share:
    """Bytes of an application's sockets."""
    return Share(application, uid=uid)


def process(pid: int = 77, comm: str = "firefox") -> Process:
    """A process with a plausible look."""
    return Process(
        owner=Owner(5_000_000_000 + pid, pid, 1),
        comm=comm,
        exe=f"/usr/bin/{comm}",
        argv=(comm, "--new tab"),
        uid=1000,
        ppid=1,
        cgroup="/user.slice/app.scope",
    )


def usage_batch(
    from_s: int, to_s: int, rx: int = 100_000, where: Attachment = WWAN
) -> Batch:
    """A batch of one piece: firefox has 80 % of it, the kernel 10 %."""
    piece = Interval(from_s, to_s)
    firefox = traffic(rx * 8 // 10)
    hour_s = from_s - from_s % HOUR_S
    return Batch(
        bill={(piece, where): bill(rx)},
        explanation={
            (piece, where, share()): firefox,
            (piece, where, KERNEL): traffic(rx // 10),
        },
        processes={
            ProcessHour(hour_s, where, FIREFOX, process()): ProcessRow(
                piece, "firefox", firefox
            )
        },
        devices=(DeviceCounters(where.device, 2, traffic(to_s)),),
        sockets_instance="map-1",
        sockets_changed={
            SocketKey(process().owner, 4_026_531_840, 2): SocketCounters(firefox, 9)
        },
    )


@contextmanager
def writing(path: Path, at_s: int = T0) -> Iterator[tuple[Store, Writer]]:
    """A store, made if need be, with a writer whose run has begun."""
    with open_store(path, writable=True, create=True) as store, Writer(store) as writer:
        writer.start(BOOT, at_s, "ebpf", "0.1.0", at_s - 1000)
        yield store, writer


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
        ).fetchall()
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr)  # noqa: S608 - our own table names
            for (name,) in names
        }


def billed(store: Store, from_s: int, to_s: int) -> Bill:
    """The sum of all bills of a period."""
    bills = queries.interface_bills(store, Interval(from_s, to_s))
    return Bill(total(row.counter for row in bills), total(row.l3 for row in bills))


def explained(store: Store, from_s: int, to_s: int) -> Traffic:
    """The sum of the explanation of a period."""
    rows = queries.explanation(store, Interval(from_s, to_s))
    return total(row.traffic for row in rows)
