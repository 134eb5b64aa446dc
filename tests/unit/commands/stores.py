"""A real database with two hours of known traffic, for the tests of the commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.store.batch import Batch, ProcessHour, ProcessRow
from monitor.store.engine import open_store
from monitor.store.writer import Writer
from monitor.usage import (
    SLOT_S,
    Application,
    Attachment,
    Bill,
    Interval,
    Owner,
    Process,
    Share,
    Traffic,
)

if TYPE_CHECKING:
    from pathlib import Path

START_S = 1_749_600_000  # 2025-06-11T00:00:00Z
BOOT = "b007b007-0000-4000-8000-000000000000"
HOURS = 2
WWAN = Attachment("if:wwan0", "wwan0", billed=True)
DOCKER = Attachment("if:docker0", "docker0", billed=False)
HOSTILE = "ev\x1b[31mil\n\u202e" + b"\xff".decode("utf-8", "surrogateescape")
APPLICATIONS = {"firefox": 6000, HOSTILE: 3000, "=1+1": 500}
SLOT_BILL = Bill(Traffic(10_140, 2028, 10, 2), Traffic(10_000, 2000, 10, 2))
SLOTS = HOURS * 3600 // SLOT_S


def make_store(path: Path) -> Path:
    """Write a run of two hours: every 5 minutes the same.

    Args:
        path: the file to make.

    Returns:
        The same path.
    """
    with open_store(path, writable=True, create=True) as store, Writer(store) as writer:
        writer.start(BOOT, START_S, "ebpf", "0.1.0", START_S - 1000)
        for slot in range(SLOTS):
            begin_s = START_S + slot * SLOT_S
            span = Interval(begin_s, begin_s + SLOT_S)
            writer.flush(_batch(span), span.to_s, trusted=True)
        writer.stop(START_S + HOURS * 3600)
    return path


def _batch(span: Interval) -> Batch:
    batch = Batch()
    batch.bill[span, WWAN] = SLOT_BILL
    batch.bill[span, DOCKER] = Bill(Traffic(77, 7, 1, 1), Traffic(63, 7, 1, 1))
    hour_s = span.from_s - span.from_s % 3600
    for pid, (name, rx_bytes) in enumerate(APPLICATIONS.items(), start=100):
        application = Application(name, "executable")
        traffic = Traffic(rx_bytes, rx_bytes // 10, rx_bytes // 1000, 0)
        share = Share(application, "socket", "unknown", pid - 100)
        batch.explanation[span, WWAN, share] = traffic
        owner = Owner(pid * 10**9, pid, 1)
        process = Process(owner, name[:15], f"/opt/{name}", (name,), pid - 100, 1, "/")
        key = ProcessHour(hour_s, WWAN, application, process)
        batch.processes[key] = ProcessRow(span, name[:15], traffic)
    kernel = Share(None, "kernel")
    batch.explanation[span, WWAN, kernel] = Traffic(300, 50, 1, 1)
    return batch
